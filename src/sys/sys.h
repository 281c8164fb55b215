// The outside world: memory, clock, chance, threads. The only room that calls the operating system for these.
// (Polling is in sys/poll.h, C stacks in sys/context.h, files in sys/file.h.)

#ifndef PURLIN_SYS_SYS_H
#define PURLIN_SYS_SYS_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sys/assert.h"

// ---- memory -------------------------------------------------------------------------------------------------------

// Never return NULL: when memory runs out the VM ends with OTP's message and a crash dump.
void *sys_alloc(size_t bytes);
void *sys_alloc_zero(size_t bytes);
void *sys_realloc(void *memory, size_t bytes);
void sys_free(void *memory);
// Pages straight from the system: reserve makes address space without memory, commit makes it usable.
void *sys_reserve(size_t bytes);
void sys_commit(void *memory, size_t bytes);
void sys_decommit(void *memory, size_t bytes);
void sys_unreserve(void *memory, size_t bytes);
// Called once, before sys_alloc gives up on memory.
extern void (*sys_out_of_memory)(size_t bytes);

// ---- time: nanoseconds --------------------------------------------------------------------------------------------

int64_t sys_monotonic_time(void);
int64_t sys_system_time(void); // since 1970
int64_t sys_cpu_time(void);    // of the whole program

// ---- chance -------------------------------------------------------------------------------------------------------

uint64_t sys_random(void);

// ---- the program's end --------------------------------------------------------------------------------------------

// A line on standard error. It ends in \r\n, as those of OTP's emulator, since the terminal may be in raw mode.
void sys_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
[[noreturn]] void sys_fatal(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
