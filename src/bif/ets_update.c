// ets: update_counter and update_element.

#include "bif/bif.h"
#include "ets/ets.h"
#include "ets/object.h"
#include "term/number.h"

// ---- update_counter

// {Position, Increment, Threshold, Value}; without the last two `threshold` is NONE.
struct counter_operation {
    size_t position;
    term increment, threshold, value;
};

static bool all_integers(term tuple) {
    for (size_t i = 1; i <= tuple_arity(tuple); i++)
        if (!is_integer(tuple_element(tuple, i)))
            return false;
    return true;
}

static bool read_operation(term t, struct counter_operation *operation) {
    if ((!is_tuple_of(t, 2) && !is_tuple_of(t, 4)) || !all_integers(t) || !is_small(tuple_element(t, 1)))
        return false;
    int64_t position = small_value(tuple_element(t, 1));
    operation->position = position > 0 ? (size_t)position : 0; // 0 lies outside every object
    operation->increment = tuple_element(t, 2);
    operation->threshold = tuple_arity(t) == 4 ? tuple_element(t, 3) : NONE;
    operation->value = tuple_arity(t) == 4 ? tuple_element(t, 4) : NONE;
    return true;
}

static term count(struct heap *heap, term old, const struct counter_operation *operation) {
    enum number_error error;
    term sum = number_add(heap, old, operation->increment, &error);
    if (sum == NONE || operation->threshold == NONE)
        return sum;
    int order = number_compare(sum, operation->threshold);
    bool passed = integer_is_negative(operation->increment) ? order < 0 : order > 0;
    return passed ? operation->value : sum;
}

// Applies one operation to the words of a tuple; returns the new value, or NONE with the cause of the failure.
static term apply(struct heap *heap, term *words, size_t keypos, const struct counter_operation *operation,
                  term *cause) {
    size_t position = operation->position;
    *cause = ATOM_none;
    if (position == 0 || position > header_size(words[0]))
        *cause = ATOM_position;
    else if (position == keypos)
        *cause = ATOM_keypos;
    else if (is_integer(words[position]))
        return words[position] = count(heap, words[position], operation);
    return NONE;
}

// Applies a list of operations to `words`, and to the object when all have succeeded: then the result is the list of
// the new values, else NONE with the cause.
static term apply_all(struct heap *heap, struct spot *spot, term *words, size_t keypos, term operations, term *cause) {
    size_t length = 0;
    struct counter_operation operation;
    term results = NIL;
    term *end = &results;
    for (term list = operations; is_list(list); list = list_tail(list), length++) {
        *cause = ATOM_none;
        if (!read_operation(list_head(list), &operation))
            return NONE;
        term value = apply(heap, words, keypos, &operation, cause);
        if (value == NONE)
            return NONE;
        *end = heap_cons(heap, value, NIL);
        end = list_cell(*end) + 1;
    }
    for (term list = operations; is_list(list); list = list_tail(list)) {
        read_operation(list_head(list), &operation);
        spot_set(spot, operation.position, words[operation.position]);
    }
    return results;
}

static term *copy_words(struct heap *heap, term tuple) {
    size_t words = 1 + tuple_arity(tuple);
    return memcpy(heap_alloc(heap, words), boxed(tuple), words * sizeof(term));
}

static bool is_proper_list(term list) {
    while (is_list(list))
        list = list_tail(list);
    return is_nil(list);
}

// `default_object` is NONE in update_counter/3.
static term update_counter(struct process *self, term *arguments, term default_object) {
    struct heap *heap = &self->heap;
    struct table *table = ets_open(self, arguments[0], NEED_WRITE);
    if (!table)
        return NONE;
    if (ets_type(table) > TABLE_ORDERED_SET)
        return raise_badarg_cause(self, ATOM_table_type);
    size_t keypos = ets_keypos(table);
    term operations = arguments[2];
    bool is_single = !is_nil(operations) && !is_list(operations);
    if (is_integer(operations))
        operations = heap_tuple_of(heap, 2, SMALL(keypos + 1), operations);
    if (is_single)
        operations = heap_cons(heap, operations, NIL);
    if (!is_proper_list(operations) || (default_object != NONE && !table_has_key_position(table, default_object)))
        return raise_badarg(self);

    struct spot spot;
    if (!spot_open(&spot, table, arguments[1]))
        return ets_raise_dead(self);
    bool is_new = !spot.object;
    term cause = ATOM_badkey, results = NONE;
    if (!is_new || default_object != NONE) {
        term *words = copy_words(heap, is_new ? default_object : object_tuple(spot.object));
        if (is_new) {
            words[keypos] = arguments[1];
            spot_insert(&spot, boxed_make(words));
        }
        results = apply_all(heap, &spot, words, keypos, operations, &cause);
    }
    if (is_new && spot.object && results == NONE)
        spot_remove(&spot);
    spot_close(&spot);
    if (results == NONE)
        return cause == ATOM_none ? raise_badarg(self) : raise_badarg_cause(self, cause);
    return is_single ? list_head(results) : results;
}

BIF(ets, update_counter, 3) {
    return update_counter(self, arguments, NONE);
}

BIF(ets, update_counter, 4) {
    return update_counter(self, arguments, arguments[3]);
}

// ---- update_element

static bool is_element_operation(term t) {
    return is_tuple_of(t, 2) && is_small(tuple_element(t, 1)) && small_value(tuple_element(t, 1)) > 0;
}

static bool are_element_operations(term list) {
    for (; is_list(list); list = list_tail(list))
        if (!is_element_operation(list_head(list)))
            return false;
    return is_nil(list);
}

// NONE when each position is one of the object other than the key's, else the cause.
static term wrong_position(const struct object *object, size_t keypos, term operations) {
    for (; is_list(operations); operations = list_tail(operations)) {
        size_t position = (size_t)small_value(tuple_element(list_head(operations), 1));
        if (position == keypos)
            return ATOM_keypos;
        if (position > object_arity(object))
            return ATOM_none;
    }
    return NONE;
}

BIF(ets, update_element, 3) {
    struct table *table = ets_open(self, arguments[0], NEED_WRITE);
    term operations = arguments[2];
    if (!table)
        return NONE;
    if (is_tuple(operations))
        operations = heap_cons(&self->heap, operations, NIL);
    if (ets_type(table) > TABLE_ORDERED_SET)
        return raise_badarg(self);

    // When there is no such key OTP does not look at what should be done with it.
    bool valid = are_element_operations(operations);
    struct spot spot;
    if (!spot_open(&spot, table, arguments[1]))
        return ets_raise_dead(self);
    bool found = spot.object != NULL;
    term cause = found && !valid ? ATOM_none
                 : found         ? wrong_position(spot.object, ets_keypos(table), operations)
                                 : NONE;
    for (term list = operations; found && cause == NONE && is_list(list); list = list_tail(list))
        spot_set(&spot, (size_t)small_value(tuple_element(list_head(list), 1)), tuple_element(list_head(list), 2));
    spot_close(&spot);
    if (cause != NONE)
        return cause == ATOM_none ? raise_badarg(self) : raise_badarg_cause(self, cause);
    return term_boolean(found);
}
