// Visiting all the words of a value without recursion on the C stack, however deep the value is.
//
//     struct walk walk = walk_begin(&value, 1);
//     while (walk_next(&walk, &word)) ... if (word's parts are wanted) walk_into(&walk, parts, count) ...
//     walk_end(&walk);

#ifndef PURLIN_HEAP_WALK_H
#define PURLIN_HEAP_WALK_H

#include "sys/sys.h"
#include "term/term.h"

struct walk_range {
    const term *at, *end;
};

#define WALK_LOCAL 32

struct walk {
    struct walk_range range;    // being visited
    struct walk_range *waiting; // to go on with, newest last
    size_t depth, room;
    struct walk_range local[WALK_LOCAL];
};

static inline void walk_begin(struct walk *walk, const term *words, size_t count) {
    walk->range = (struct walk_range){words, words + count};
    walk->waiting = walk->local;
    walk->depth = 0;
    walk->room = WALK_LOCAL;
}

void walk_grow(struct walk *walk);

// The words are visited next, then the walk goes on where it was. What has no words left is not kept waiting: so the
// depth for a list is that of its deepest element.
static inline void walk_into(struct walk *walk, const term *words, size_t count) {
    if (walk->range.at < walk->range.end) {
        if (walk->depth == walk->room)
            walk_grow(walk);
        walk->waiting[walk->depth++] = walk->range;
    }
    walk->range = (struct walk_range){words, words + count};
}

static inline bool walk_next(struct walk *walk, term *word) {
    while (walk->range.at == walk->range.end) {
        if (walk->depth == 0)
            return false;
        walk->range = walk->waiting[--walk->depth];
    }
    *word = *walk->range.at++;
    return true;
}

static inline void walk_end(struct walk *walk) {
    if (walk->waiting != walk->local)
        sys_free(walk->waiting);
}

#endif
