// Making and freeing the objects of tables.

#include "ets/object.h"

#include "sys/sys.h"

static struct object *object_alloc(size_t words) {
    struct object *object = sys_alloc(sizeof(struct object) + words * sizeof(term));
    object->fragment = (struct fragment){.words = words};
    object->hash = 0;
    object->deleted = false;
    return object;
}

// A builder that serves exactly the object's own words.
static struct heap builder_in(struct object *object) {
    term *end = object->words + object->fragment.words;
    return (struct heap){.start = object->words, .top = object->words, .stack = end, .end = end};
}

struct object *object_new(term tuple) {
    struct object *object;
    if (tuple_is_flat(tuple)) {
        object = object_alloc(1 + tuple_arity(tuple));
        memcpy(object->words, boxed(tuple), object->fragment.words * sizeof(term));
    } else {
        object = object_alloc(heap_size_of_all(tuple));
        struct heap builder = builder_in(object);
        term copy = heap_copy_all(&builder, tuple);
        assert_always(copy == object_tuple(object) && !builder.fragments);
        object->fragment.off_heap = builder.off_heap;
    }
    return object;
}

struct object *object_new_with(term tuple, size_t position, term value) {
    size_t arity = tuple_arity(tuple), words = 1 + arity;
    for (size_t i = 1; i <= arity; i++) {
        term element = i == position ? value : tuple_element(tuple, i);
        if (is_pointer(element))
            words += heap_size_of_all(element);
    }
    struct object *object = object_alloc(words);
    struct heap builder = builder_in(object);
    term *copy = heap_tuple(&builder, arity);
    for (size_t i = 1; i <= arity; i++) {
        term element = i == position ? value : tuple_element(tuple, i);
        copy[i] = is_pointer(element) ? heap_copy_all(&builder, element) : element;
    }
    assert_always(builder.fragments == NULL);
    object->fragment.off_heap = builder.off_heap;
    return object;
}

void object_free(struct object *object) {
    object->fragment.next = NULL;
    fragment_free(&object->fragment);
}

void object_free_chain(struct object *first) {
    if (first)
        fragment_free(&first->fragment);
}
