// Options that several built-in functions share.

#ifndef PURLIN_BIF_SPAWN_H
#define PURLIN_BIF_SPAWN_H

#include "proc/link.h"

#define HEAP_MINIMUM 233          // words: OTP's default, which is what programs are told; a heap has 0 in its place
#define BINARY_HEAP_MINIMUM 46422 // the same for min_bin_vheap_size

bool monitor_options_read(term list, struct monitor_options *options); // bif/monitor.c
bool priority_read(term value, enum priority *priority);
term priority_atom(enum priority priority);
// min_heap_size, min_bin_vheap_size: words, up to those of the largest heap that OTP can tell of.
#define HEAP_SIZE_MAX ((int64_t)1 << 58)
bool heap_size_read(term value, size_t *words);
// What is kept for the number asked for: `least` or more; 0 for `standard`.
size_t heap_size_kept(size_t words, size_t least, size_t standard);
// The same of a process: what is set for the VM or more. False when the value is none.
bool heap_minimum_read(term value, size_t *minimum);
bool binary_heap_minimum_read(term value, size_t *minimum);
static inline size_t heap_minimum_told(size_t kept) {
    return kept ? kept : HEAP_MINIMUM;
}
static inline size_t binary_heap_minimum_told(size_t kept) {
    return kept ? kept : BINARY_HEAP_MINIMUM;
}
struct heap_maximum {
    size_t words; // 0: none
    bool kill, log;
};
// Words | #{size, kill, error_logger, ...}: false when it is neither.
bool heap_maximum_read(term value, struct heap_maximum *maximum);
term heap_maximum_map(struct heap *heap, const struct heap_maximum *maximum);
struct vm_hooks;
void spawn_set_hooks(struct vm_hooks *hooks);

#endif
