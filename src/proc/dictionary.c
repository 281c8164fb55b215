// The process dictionary.
//
// The hash of a key depends on its value alone, so the index stays right when a collection moves the keys.

#include "proc/dictionary.h"

#include "sys/sys.h"
#include "term/compare.h"
#include "term/hash.h"

#define INDEX_FROM 9 // pairs

static uint32_t hash_of(term key) {
    return is_pointer(key) ? term_hash(key) : (uint32_t)((key * 0x9e3779b97f4a7c15u) >> 32);
}

// Where in the index the pair is, or would go.
static uint32_t index_slot(const struct process_dictionary *dictionary, term key) {
    uint32_t mask = dictionary->index_size - 1;
    for (uint32_t slot = hash_of(key) & mask;; slot = (slot + 1) & mask) {
        uint32_t entry = dictionary->index[slot];
        if (entry == 0 || term_same(dictionary->pairs[2 * (entry - 1)], key))
            return slot;
    }
}

static void index_rebuild(struct process_dictionary *dictionary) {
    sys_free(dictionary->index);
    dictionary->index = NULL;
    if (dictionary->room < INDEX_FROM)
        return;
    dictionary->index_size = dictionary->room * 2;
    dictionary->index = sys_alloc_zero(dictionary->index_size * sizeof *dictionary->index);
    for (uint32_t i = 0; i < dictionary->count; i++)
        dictionary->index[index_slot(dictionary, dictionary->pairs[2 * i])] = i + 1;
}

// The number of the key's pair, or count.
static uint32_t find(const struct process_dictionary *dictionary, term key) {
    if (dictionary->index) {
        uint32_t entry = dictionary->index[index_slot(dictionary, key)];
        return entry ? entry - 1 : dictionary->count;
    }
    uint32_t i = 0;
    while (i < dictionary->count && !term_same(dictionary->pairs[2 * i], key))
        i++;
    return i;
}

term dictionary_get(const struct process *self, term key) {
    const struct process_dictionary *dictionary = self->dictionary;
    if (!dictionary)
        return NONE;
    uint32_t i = find(dictionary, key);
    return i < dictionary->count ? dictionary->pairs[2 * i + 1] : NONE;
}

term dictionary_put(struct process *self, term key, term value) {
    struct process_dictionary *dictionary = self->dictionary;
    if (!dictionary)
        dictionary = self->dictionary = sys_alloc_zero(sizeof *dictionary);
    uint32_t i = find(dictionary, key);
    if (i < dictionary->count) {
        term old = dictionary->pairs[2 * i + 1];
        dictionary->pairs[2 * i + 1] = value;
        return old;
    }
    if (dictionary->count == dictionary->room) {
        dictionary->room = dictionary->room ? dictionary->room * 2 : 2;
        dictionary->pairs = sys_realloc(dictionary->pairs, dictionary->room * 2 * sizeof(term));
        index_rebuild(dictionary);
    }
    if (dictionary->index)
        dictionary->index[index_slot(dictionary, key)] = i + 1;
    dictionary->pairs[2 * i] = key;
    dictionary->pairs[2 * i + 1] = value;
    dictionary->count++;
    return NONE;
}

// Empties a slot of the index and moves up what lies behind it, so that no search ends too early.
static void index_remove(struct process_dictionary *dictionary, uint32_t slot) {
    uint32_t mask = dictionary->index_size - 1;
    for (uint32_t next = (slot + 1) & mask; dictionary->index[next]; next = (next + 1) & mask) {
        uint32_t home = hash_of(dictionary->pairs[2 * (dictionary->index[next] - 1)]) & mask;
        if (((next - home) & mask) >= ((next - slot) & mask)) {
            dictionary->index[slot] = dictionary->index[next];
            slot = next;
        }
    }
    dictionary->index[slot] = 0;
}

term dictionary_erase(struct process *self, term key) {
    struct process_dictionary *dictionary = self->dictionary;
    if (!dictionary)
        return NONE;
    uint32_t i = find(dictionary, key), last = dictionary->count - 1;
    if (i >= dictionary->count)
        return NONE;
    term *pairs = dictionary->pairs, old = pairs[2 * i + 1];
    if (dictionary->index) {
        index_remove(dictionary, index_slot(dictionary, key));
        if (i != last)
            dictionary->index[index_slot(dictionary, pairs[2 * last])] = i + 1;
    }
    pairs[2 * i] = pairs[2 * last];
    pairs[2 * i + 1] = pairs[2 * last + 1];
    if (--dictionary->count == 0)
        dictionary_free(self);
    return old;
}

struct heap_roots dictionary_roots(const struct process *self) {
    const struct process_dictionary *dictionary = self->dictionary;
    return dictionary ? (struct heap_roots){dictionary->pairs, 2 * (size_t)dictionary->count} : (struct heap_roots){0};
}

void dictionary_free(struct process *self) {
    if (!self->dictionary)
        return;
    sys_free(self->dictionary->pairs);
    sys_free(self->dictionary->index);
    sys_free(self->dictionary);
    self->dictionary = NULL;
}
