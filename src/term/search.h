// Searching bytes for one or more patterns.
//
// A prepared search lies in one piece of memory, holds no addresses and may be used by many threads at once.

#ifndef PURLIN_TERM_SEARCH_H
#define PURLIN_TERM_SEARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "term/work.h"

struct search_pattern {
    const uint8_t *bytes;
    size_t size; // at least 1
};

struct search_match {
    size_t start, size;
};

// Sum of the patterns' sizes that one search takes at most.
#define SEARCH_BYTES_MAX ((size_t)UINT32_MAX / 2)

struct search;
// Bytes of memory (aligned to 8) that the search for these patterns needs at most.
size_t search_room(const struct search_pattern *patterns, size_t count);
void search_prepare(struct search *search, const struct search_pattern *patterns, size_t count);
// The first match in bytes[from..size): of those that begin there, the longest.
bool search_next(const struct search *search, struct work *work, const uint8_t *bytes, size_t size, size_t from,
                 struct search_match *match);

#endif
