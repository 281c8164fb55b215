// Between the allocators and memory.c.

#ifndef PURLIN_SYS_MEMORY_H
#define PURLIN_SYS_MEMORY_H

#include <stddef.h>

// Says so in OTP's words and ends the program.
[[noreturn]] void memory_exhausted(size_t bytes);

#endif
