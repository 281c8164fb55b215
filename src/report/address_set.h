// A set of words in the order in which they were added, which may grow while it is walked.

#ifndef PURLIN_REPORT_ADDRESS_SET_H
#define PURLIN_REPORT_ADDRESS_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct address_set {
    uint64_t *items;
    size_t count, room;
    size_t *index; // open addressing: item's number + 1, 0 = free
    size_t mask;   // index size - 1
};

// Nothing happens when the word is there already, or when there is no memory for it.
void address_set_add(struct address_set *set, uint64_t word);
void address_set_clear(struct address_set *set);
void address_set_free(struct address_set *set);

#endif
