// The outside world: memory, clock, chance, threads. The only room that calls the operating system for these.
// (Polling is in sys/poller.h, C stacks in sys/context.h, files in sys/file.h.)

#ifndef PURLIN_SYS_SYS_H
#define PURLIN_SYS_SYS_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sys/assert.h"

// ---- memory -------------------------------------------------------------------------------------------------------

// Never return NULL: when memory runs out the VM ends with OTP's message and a crash dump.
__attribute__((returns_nonnull)) void *sys_alloc(size_t bytes);
__attribute__((returns_nonnull)) void *sys_alloc_zero(size_t bytes);
// Zeroed; bytes: a multiple of the alignment.
__attribute__((returns_nonnull)) void *sys_alloc_aligned(size_t alignment, size_t bytes);
__attribute__((returns_nonnull)) void *sys_realloc(void *memory, size_t bytes);
void sys_free(void *memory);
// For sizes that foreign code chooses: NULL when there is no such memory, as with malloc.
void *sys_try_alloc(size_t bytes);
void *sys_try_realloc(void *memory, size_t bytes);
// Pages straight from the system: reserve makes address space without memory, commit makes it usable, and decommit
// gives back what one call of commit made usable.
void *sys_reserve(size_t bytes);
void sys_commit(void *memory, size_t bytes);
void sys_decommit(void *memory, size_t bytes);
// Room in the address space for what is to be told when there is none left: kept from the start, given up at the end.
void sys_keep_emergency_room(void);
void sys_use_emergency_room(void);

// ---- time: nanoseconds --------------------------------------------------------------------------------------------

int64_t sys_monotonic_time(void);
int64_t sys_system_time(void); // since 1970
int64_t sys_cpu_time(void);    // of the whole program

// ---- chance -------------------------------------------------------------------------------------------------------

uint64_t sys_random(void);

// ---- the program's end --------------------------------------------------------------------------------------------

// A line on standard error. It ends in \r\n, as those of OTP's emulator, since the terminal may be in raw mode.
void sys_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
// Ends the program with such a line and status 1, or, once there is something to report on, with a crash dump: calls
// *sys_on_fatal with the line. The caller may be anywhere, and hold any lock but those that a report takes.
[[noreturn]] void sys_fatal(const char *format, ...) __attribute__((format(printf, 1, 2)));
extern void (*sys_on_fatal)(const char *slogan);

#endif
