// The addresses of IPv4 that the system's interfaces have.

#ifndef PURLIN_IO_INTERFACE_LIST_H
#define PURLIN_IO_INTERFACE_LIST_H

#include <net/if.h>
#include <stddef.h>

// One after the other, from sys_alloc: of each its interface's name and itself. Any socket may be asked. Errors: NULL,
// and errno says why.
struct ifreq *interface_list(int descriptor, size_t *count);

#endif
