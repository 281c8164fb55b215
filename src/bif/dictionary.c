// The process dictionary.

#include "proc/dictionary.h"
#include "bif/bif.h"
#include "term/compare.h"

static term or_undefined(term value) {
    return value == NONE ? ATOM_undefined : value;
}

BIF(erlang, get, 1) {
    return or_undefined(dictionary_get(self, arguments[0]));
}

BIF(erlang, put, 2) {
    return or_undefined(dictionary_put(self, arguments[0], arguments[1]));
}

BIF(erlang, erase, 1) {
    return or_undefined(dictionary_erase(self, arguments[0]));
}

static const term *pair(const struct process *self, uint32_t index) {
    return &self->dictionary->pairs[2 * index];
}

BIF(erlang, get, 0) {
    term list = NIL;
    for (uint32_t i = dictionary_count(self); i-- > 0;)
        list = heap_cons(&self->heap, heap_tuple_of(&self->heap, 2, pair(self, i)[0], pair(self, i)[1]), list);
    return list;
}

BIF(erlang, erase, 0) {
    term list = bif_erlang_get_0(self, arguments);
    dictionary_free(self);
    return list;
}

BIF(erlang, get_keys, 0) {
    term list = NIL;
    for (uint32_t i = dictionary_count(self); i-- > 0;)
        list = heap_cons(&self->heap, pair(self, i)[0], list);
    return list;
}

BIF(erlang, get_keys, 1) {
    term list = NIL;
    for (uint32_t i = dictionary_count(self); i-- > 0;) {
        if (term_same(pair(self, i)[1], arguments[0]))
            list = heap_cons(&self->heap, pair(self, i)[0], list);
    }
    return list;
}
