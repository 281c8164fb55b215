// Lists: the functions of the module lists that are written in C, and erlang's.

#include "bif/bif.h"
#include "term/compare.h"
#include "term/hash.h"

enum { CELLS_PER_REDUCTION = 16 };

// For a loop over cells: a reduction each CELLS_PER_REDUCTION of them.
static inline void charge_cell(struct process *self, int64_t count) {
    if (count % CELLS_PER_REDUCTION == 0)
        work_charge(&self->work, 1);
}

static term list_reverse_onto(struct process *self, term list, term tail) {
    term result = tail;
    for (int64_t count = 1; is_list(list); list = list_tail(list), count++) {
        result = heap_cons(&self->heap, list_head(list), result);
        charge_cell(self, count);
    }
    return is_nil(list) ? result : raise_badarg(self);
}

BIF(lists, reverse, 2) {
    return list_reverse_onto(self, arguments[0], arguments[1]);
}

BIF(lists, member, 2) {
    term list = arguments[1];
    for (int64_t count = 1; is_list(list); list = list_tail(list), count++) {
        if (term_same(list_head(list), arguments[0]))
            return ATOM_true;
        charge_cell(self, count);
    }
    return is_nil(list) ? ATOM_false : raise_badarg(self);
}

// ---- key functions ------------------------------------------------------------------------------------------------

// The first tuple of the list whose element at the position is equal (==) to the key; NIL when there is none, NONE
// after an error.
static term key_find(struct process *self, term key, term position, term list) {
    if (!is_small(position) || small_value(position) < 1)
        return raise_badarg(self);
    size_t index = (size_t)small_value(position);
    for (int64_t count = 1; is_list(list); list = list_tail(list), count++) {
        term candidate = list_head(list);
        if (is_tuple(candidate) && index <= tuple_arity(candidate) && term_equal(tuple_element(candidate, index), key))
            return candidate;
        charge_cell(self, count);
    }
    return is_nil(list) ? NIL : raise_badarg(self);
}

BIF(lists, keyfind, 3) {
    term found = key_find(self, arguments[0], arguments[1], arguments[2]);
    return is_nil(found) ? ATOM_false : found;
}

BIF(lists, keymember, 3) {
    term found = key_find(self, arguments[0], arguments[1], arguments[2]);
    return found == NONE ? NONE : term_boolean(!is_nil(found));
}

BIF(lists, keysearch, 3) {
    term found = key_find(self, arguments[0], arguments[1], arguments[2]);
    if (found == NONE)
        return NONE;
    return is_nil(found) ? ATOM_false : heap_tuple_of(&self->heap, 2, ATOM_value, found);
}

// ---- length, hd, tl -----------------------------------------------------------------------------------------------

// -1 when it is no proper list.
static int64_t list_length(struct process *self, term list) {
    int64_t length = 0;
    for (; is_list(list); list = list_tail(list))
        charge_cell(self, ++length);
    return is_nil(list) ? length : -1;
}

BIF(erlang, length, 1) {
    int64_t length = list_length(self, arguments[0]);
    return length < 0 ? raise_badarg(self) : SMALL(length);
}

BIF(erlang, hd, 1) {
    return is_list(arguments[0]) ? list_head(arguments[0]) : raise_badarg(self);
}

BIF(erlang, tl, 1) {
    return is_list(arguments[0]) ? list_tail(arguments[0]) : raise_badarg(self);
}

// ---- ++ and -------------------------------------------------------------------------------------------------------

static term list_append(struct process *self, term left, term right) {
    if (is_nil(left))
        return right;
    int64_t length = list_length(self, left);
    if (length < 0)
        return raise_badarg(self);
    if (is_nil(right))
        return left;
    term *cells = heap_alloc(&self->heap, 2 * (size_t)length), *cell = cells;
    for (int64_t count = 1; is_list(left); left = list_tail(left), cell += 2, count++) {
        cell[0] = list_head(left);
        cell[1] = list_make(cell + 2);
        charge_cell(self, count);
    }
    cell[-1] = right;
    return list_make(cells);
}

BIF_NAMED(erlang_plus_plus, "erlang", "++", 2) {
    return list_append(self, arguments[0], arguments[1]);
}

BIF(erlang, append, 2) {
    return list_append(self, arguments[0], arguments[1]);
}

// How often each term is still to be taken out: a hash table with linear probing, at most half full.
struct bag_entry {
    term element;
    size_t count;
};
struct bag {
    struct bag_entry *entries;
    size_t mask;
};

static struct bag_entry *bag_find(struct bag *bag, term element) {
    size_t at = term_hash(element) & bag->mask;
    while (bag->entries[at].element != NONE && !term_same(bag->entries[at].element, element))
        at = (at + 1) & bag->mask;
    return &bag->entries[at];
}

static struct bag bag_of_list(struct process *self, term list, size_t length) {
    size_t size = 8;
    while (size < 2 * length)
        size *= 2;
    struct bag bag = {proc_scratch(self, size * sizeof(struct bag_entry)), size - 1};
    for (size_t i = 0; i < size; i++)
        bag.entries[i] = (struct bag_entry){NONE, 0};
    int64_t at = 1;
    for (; is_list(list); list = list_tail(list)) {
        struct bag_entry *entry = bag_find(&bag, list_head(list));
        entry->element = list_head(list);
        entry->count++;
        charge_cell(self, at++);
    }
    return bag;
}

// What is left of `left` once all of `right` has been taken out is shared with `left`.
static term list_subtract(struct process *self, term left, term right) {
    int64_t length_left = list_length(self, left), length_right = list_length(self, right);
    if (length_left < 0 || length_right < 0)
        return raise_badarg(self);
    if (length_left == 0 || length_right == 0)
        return left;
    struct bag bag = bag_of_list(self, right, (size_t)length_right);
    term first = NIL, *link = &first;
    int64_t at = 1;
    for (int64_t to_take = length_right; is_list(left) && to_take > 0; left = list_tail(left)) {
        charge_cell(self, at++);
        struct bag_entry *entry = bag_find(&bag, list_head(left));
        if (entry->count > 0) {
            entry->count--;
            to_take--;
            continue;
        }
        term cell = heap_cons(&self->heap, list_head(left), NIL);
        *link = cell;
        link = list_cell(cell) + 1;
    }
    *link = left;
    return first;
}

BIF_NAMED(erlang_minus_minus, "erlang", "--", 2) {
    return list_subtract(self, arguments[0], arguments[1]);
}

BIF(erlang, subtract, 2) {
    return list_subtract(self, arguments[0], arguments[1]);
}

// ---- lists and tuples ---------------------------------------------------------------------------------------------

BIF(erlang, list_to_tuple, 1) {
    int64_t length = list_length(self, arguments[0]);
    if (length < 0 || length > TUPLE_ARITY_MAX)
        return raise_badarg(self);
    term *words = heap_tuple(&self->heap, (size_t)length), *element = words + 1;
    for (term list = arguments[0]; is_list(list); list = list_tail(list))
        *element++ = list_head(list);
    return boxed_make(words);
}

BIF(erlang, tuple_to_list, 1) {
    if (!is_tuple(arguments[0]))
        return raise_badarg(self);
    size_t arity = tuple_arity(arguments[0]);
    work_charge(&self->work, (int64_t)arity / CELLS_PER_REDUCTION);
    return heap_list_of(&self->heap, arity, boxed(arguments[0]) + 1, NIL);
}
