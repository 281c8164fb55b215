// One pattern is looked for with the C library's memmem, several with the automaton of Aho and Corasick: a tree of the
// patterns' beginnings in which each node knows the longest of its proper endings that is in the tree too.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE // memmem
#endif
#include "term/search.h"

#include <string.h>

enum { BYTES_PER_REDUCTION = 64, WINDOW_BYTES = 1 << 16 };

// Nodes are named by their index; 0 is the root and stands for "none" as well.
struct node {
    uint32_t child, sibling; // children are a list
    uint32_t fallback;       // the longest proper ending of this node's text that is a node
    uint32_t pattern;        // the longest ending of this node's text, itself included, that is a pattern
    uint32_t depth;          // length of its text
    uint32_t queue_next;     // while preparing
    uint8_t byte;            // the last one of its text
    bool is_pattern;
};

struct search {
    size_t single_size; // of the only pattern; 0 when there are several
    uint32_t node_count;
    uint32_t first[256]; // the root's children by byte
    struct node nodes[]; // or the bytes of the only pattern
};

size_t search_room(const struct search_pattern *patterns, size_t count) {
    size_t total = 0;
    for (size_t i = 0; i < count; i++)
        total += patterns[i].size;
    return sizeof(struct search) + (count == 1 ? total : (total + 1) * sizeof(struct node));
}

// ---- several patterns ---------------------------------------------------------------------------------------------

static uint32_t child_of(const struct search *search, uint32_t parent, uint8_t byte) {
    if (parent == 0)
        return search->first[byte];
    uint32_t child = search->nodes[parent].child;
    while (child && search->nodes[child].byte != byte)
        child = search->nodes[child].sibling;
    return child;
}

static void add_pattern(struct search *search, struct search_pattern pattern) {
    uint32_t at = 0;
    for (size_t i = 0; i < pattern.size; i++) {
        uint8_t byte = pattern.bytes[i];
        uint32_t child = child_of(search, at, byte);
        if (child == 0) {
            child = search->node_count++;
            search->nodes[child] =
                (struct node){.sibling = search->nodes[at].child, .depth = (uint32_t)i + 1, .byte = byte};
            search->nodes[at].child = child;
            if (at == 0)
                search->first[byte] = child;
        }
        at = child;
    }
    search->nodes[at].is_pattern = true;
}

// The node of the longest ending of (the text of `node`, byte) that there is.
static uint32_t follow(const struct search *search, uint32_t node, uint8_t byte) {
    for (;;) {
        uint32_t next = child_of(search, node, byte);
        if (next || node == 0)
            return next;
        node = search->nodes[node].fallback;
    }
}

// Nearest to the root first, since a fallback is always nearer to it.
static void set_fallbacks(struct search *search) {
    struct node *nodes = search->nodes;
    uint32_t last = 0;
    for (uint32_t parent = 0, more = 1; more; more = nodes[parent].queue_next, parent = more) {
        for (uint32_t child = nodes[parent].child; child; child = nodes[child].sibling) {
            nodes[child].fallback = parent ? follow(search, nodes[parent].fallback, nodes[child].byte) : 0;
            nodes[child].pattern = nodes[child].is_pattern ? child : nodes[nodes[child].fallback].pattern;
            nodes[last].queue_next = child;
            last = child;
        }
    }
}

static bool next_of_several(const struct search *search, struct work *work, const uint8_t *bytes, size_t size,
                            size_t from, struct search_match *match) {
    const struct node *nodes = search->nodes;
    uint32_t state = 0;
    bool found = false;
    for (size_t at = from; at < size; at++) {
        state = follow(search, state, bytes[at]);
        uint32_t pattern = nodes[state].pattern;
        if (pattern) {
            size_t length = nodes[pattern].depth, start = at + 1 - length;
            if (!found || start < match->start || (start == match->start && length > match->size))
                *match = (struct search_match){start, length};
            found = true;
        }
        // What is still growing begins after the match?
        if (found && at + 1 - nodes[state].depth > match->start)
            break;
        if ((at - from + 1) % WINDOW_BYTES == 0)
            work_charge(work, 4 * WINDOW_BYTES / BYTES_PER_REDUCTION);
    }
    return found;
}

// ---- one pattern --------------------------------------------------------------------------------------------------

static bool next_of_one(const struct search *search, struct work *work, const uint8_t *bytes, size_t size, size_t from,
                        struct search_match *match) {
    size_t length = search->single_size;
    while (size - from >= length) {
        size_t window = size - from < WINDOW_BYTES + length ? size - from : WINDOW_BYTES + length;
        const uint8_t *found = memmem(bytes + from, window, search->nodes, length);
        if (found) {
            *match = (struct search_match){(size_t)(found - bytes), length};
            return true;
        }
        from += window - length + 1; // the next match begins here at the earliest
        work_charge(work, (int64_t)(window / BYTES_PER_REDUCTION));
    }
    return false;
}

void search_prepare(struct search *search, const struct search_pattern *patterns, size_t count) {
    if (count == 1) {
        search->single_size = patterns->size;
        memcpy(search->nodes, patterns->bytes, patterns->size);
        return;
    }
    search->single_size = 0;
    search->node_count = 1;
    search->nodes[0] = (struct node){0};
    memset(search->first, 0, sizeof search->first);
    for (size_t i = 0; i < count; i++)
        add_pattern(search, patterns[i]);
    set_fallbacks(search);
}

bool search_next(const struct search *search, struct work *work, const uint8_t *bytes, size_t size, size_t from,
                 struct search_match *match) {
    return search->single_size ? next_of_one(search, work, bytes, size, from, match)
                               : next_of_several(search, work, bytes, size, from, match);
}
