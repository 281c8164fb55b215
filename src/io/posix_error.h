// The system's errno values as the atoms that Erlang code matches: enoent, eacces, ...

#ifndef PURLIN_IO_POSIX_ERROR_H
#define PURLIN_IO_POSIX_ERROR_H

#include "heap/heap.h"

term posix_error_atom(int error);
// {error, enoent}
term posix_error(struct heap *heap, int error);

#endif
