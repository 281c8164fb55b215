// How much memory each kind of thing takes: what erlang:memory/0 tells.
//
// Counters are spread over the processors' cache lines, so counting costs little; a reader adds them up.

#ifndef PURLIN_SYS_ACCOUNT_H
#define PURLIN_SYS_ACCOUNT_H

#include <stdatomic.h>
#include <stddef.h>

enum account { ACCOUNT_PROCESSES, ACCOUNT_BINARIES, ACCOUNT_CODE, ACCOUNT_COUNT };

void account_add(enum account account, ptrdiff_t bytes);
size_t account_total(enum account account);
// What the whole program takes, in bytes: its resident memory.
size_t account_resident(void);

#endif
