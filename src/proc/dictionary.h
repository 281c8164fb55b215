// The process dictionary: pairs in the order they were put, and above a few of them an index by hash.

#ifndef PURLIN_PROC_DICTIONARY_H
#define PURLIN_PROC_DICTIONARY_H

#include "proc/proc.h"

struct process_dictionary {
    term *pairs; // key, value, key, value ...
    uint32_t count, room;
    uint32_t *index; // hash -> 1 + number of the pair, 0 = empty; open addressing; NULL while there are few pairs
    uint32_t index_size;
};

// All three return the old value, or NONE.
term dictionary_get(const struct process *self, term key);
term dictionary_put(struct process *self, term key, term value);
term dictionary_erase(struct process *self, term key);
static inline uint32_t dictionary_count(const struct process *self) {
    return self->dictionary ? self->dictionary->count : 0;
}
struct heap_roots dictionary_roots(const struct process *self);
void dictionary_free(struct process *self);

#endif
