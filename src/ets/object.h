// An object of a table: a tuple with all that it refers to, in one allocation.
//
//   struct object | tuple: header, elements | what the elements refer to
//
// A flat object is one whose elements refer to nothing: then the words are the tuple's alone, and copying is memcpy.

#ifndef PURLIN_ETS_OBJECT_H
#define PURLIN_ETS_OBJECT_H

#include "heap/heap.h"

struct object {
    struct fragment fragment; // first: an object is freed as a fragment. `next` is the chain it is in.
    uint32_t hash;            // of its key, in hash tables
    bool deleted;             // no longer in the table, but kept in its chain for those who fixed the table
    term words[];             // the tuple stands first
};

struct object *object_new(term tuple);
// The same, with element `position` replaced by `value` (as update_element does).
struct object *object_new_with(term tuple, size_t position, term value);
void object_free(struct object *object);
void object_free_chain(struct object *first);

static inline term object_tuple(const struct object *object) {
    return boxed_make(object->words);
}
static inline size_t object_arity(const struct object *object) {
    return header_size(object->words[0]);
}
static inline bool object_is_flat(const struct object *object) {
    return object->fragment.words == 1 + object_arity(object);
}
static inline size_t object_memory(const struct object *object) { // words
    return sizeof(struct object) / sizeof(term) + object->fragment.words;
}
// What `next` leads to it with; of NULL, NULL.
static inline struct fragment *object_fragment(struct object *object) {
    return (struct fragment *)object;
}
static inline struct object *object_next(const struct object *object) {
    return (struct object *)object->fragment.next;
}
// A copy of the tuple on a process's heap.
static inline term object_copy(struct heap *heap, const struct object *object) {
    if (!object_is_flat(object))
        return boxed_make(heap_copy_block(heap, object->words, object->fragment.words));
    term *words = heap_alloc(heap, object->fragment.words);
    memcpy(words, object->words, object->fragment.words * sizeof(term));
    return boxed_make(words);
}
static inline term object_copy_element(struct heap *heap, term element) {
    return is_pointer(element) ? heap_copy(heap, element) : element;
}

// True when no element refers to anything.
static inline bool tuple_is_flat(term tuple) {
    const term *words = boxed(tuple);
    for (size_t i = header_size(words[0]); i > 0; i--)
        if (is_pointer(words[i]))
            return false;
    return true;
}

#endif
