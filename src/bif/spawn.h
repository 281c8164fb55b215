// Options that several built-in functions share.

#ifndef PURLIN_BIF_SPAWN_H
#define PURLIN_BIF_SPAWN_H

#include "proc/link.h"

#define HEAP_MINIMUM 233 // words: OTP's default, which is what programs are told

bool monitor_options_read(term list, struct monitor_options *options); // bif/monitor.c
bool priority_read(term value, enum priority *priority);
term priority_atom(enum priority priority);
struct heap_maximum {
    size_t words; // 0: none
    bool kill, log;
};
// Words | #{size, kill, error_logger, ...}: false when it is neither.
bool heap_maximum_read(term value, struct heap_maximum *maximum);
term heap_maximum_map(struct heap *heap, const struct heap_maximum *maximum);

#endif
