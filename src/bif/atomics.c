// atomics, and what counters needs of its own: arrays of 64-bit integers that processes share.
//
// An array lies in a shared binary, named by a magic reference. Counters made with write_concurrency are one such array
// per stripe in OTP; here they are plain arrays.

#include "bif/bif.h"
#include "term/map.h"
#include "term/number.h"

struct array {
    uint64_t length : 62;
    bool is_signed : 1;
    bool counts : 1; // made by counters
    _Atomic uint64_t values[];
};

enum { OPTION_SIGNED = 1 };

static void array_destroy(struct shared_binary *shared) {
    (void)shared; // it only tells whose reference this is
}

static struct array *to_array(term t, bool counts) {
    if (!is_kind(t, KIND_MAGIC_REFERENCE))
        return NULL;
    struct shared_binary *shared = (struct shared_binary *)boxed(t)[2];
    struct array *array = (struct array *)shared->bytes;
    return shared->destroy == array_destroy && array->counts == counts ? array : NULL;
}

static _Atomic uint64_t *element(term *arguments, bool counts) {
    struct array *array = to_array(arguments[0], counts);
    term index = arguments[1];
    if (!array || !is_small(index) || small_value(index) < 1 || (uint64_t)small_value(index) > array->length)
        return NULL;
    return &array->values[small_value(index) - 1];
}

static bool is_signed(term reference, bool counts) {
    return to_array(reference, counts)->is_signed;
}

static term to_term(struct process *self, uint64_t value, bool as_signed) {
    return as_signed ? heap_integer(&self->heap, (int64_t)value) : heap_unsigned(&self->heap, value);
}

static bool to_value(term t, bool as_signed, uint64_t *value) {
    int64_t number;
    if (!as_signed)
        return integer_to_uint64(t, value);
    bool fits = integer_to_int64(t, &number);
    *value = (uint64_t)number;
    return fits;
}

// An increment may be anything of 64 bits, signed or not: it wraps around.
static bool to_increment(term t, uint64_t *value) {
    return to_value(t, true, value) || to_value(t, false, value);
}

static term array_new(struct process *self, term length, bool as_signed, bool counts) {
    if (is_bignum(length) && !integer_is_negative(length))
        return raise_system_limit(self);
    if (!is_small(length) || small_value(length) < 1)
        return raise_badarg(self);
    size_t count = (size_t)small_value(length);
    if (count > (SIZE_MAX >> 8) / sizeof(uint64_t))
        return raise_system_limit(self);
    struct shared_binary *shared = shared_binary_new(sizeof(struct array) + count * sizeof(uint64_t));
    struct array *array = (struct array *)shared->bytes;
    memset(array, 0, sizeof *array + count * sizeof(uint64_t));
    *array = (struct array){.length = count, .is_signed = as_signed, .counts = counts};
    shared->destroy = array_destroy;
    return heap_magic_reference(&self->heap, shared);
}

static size_t array_memory(const struct array *array) {
    return sizeof(struct shared_binary) + sizeof *array + array->length * sizeof(uint64_t);
}

static term get(struct process *self, term *arguments, bool counts) {
    _Atomic uint64_t *value = element(arguments, counts);
    return value ? to_term(self, atomic_load(value), is_signed(arguments[0], counts)) : raise_badarg(self);
}

static term put(struct process *self, term *arguments, bool counts) {
    _Atomic uint64_t *value = element(arguments, counts);
    uint64_t new;
    if (!value || !to_value(arguments[2], is_signed(arguments[0], counts), &new))
        return raise_badarg(self);
    atomic_store(value, new);
    return ATOM_ok;
}

static term add(struct process *self, term *arguments, bool counts, bool answer) {
    _Atomic uint64_t *value = element(arguments, counts);
    uint64_t increment;
    if (!value || !to_increment(arguments[2], &increment))
        return raise_badarg(self);
    uint64_t sum = atomic_fetch_add(value, increment) + increment;
    return answer ? to_term(self, sum, is_signed(arguments[0], counts)) : ATOM_ok;
}

// ---- atomics

BIF(erts_internal, atomics_new, 2) {
    if (!is_small(arguments[1]) || (small_value(arguments[1]) & ~OPTION_SIGNED))
        return raise_badarg(self);
    return array_new(self, arguments[0], small_value(arguments[1]) & OPTION_SIGNED, false);
}

BIF(atomics, get, 2) {
    return get(self, arguments, false);
}

BIF(atomics, put, 3) {
    return put(self, arguments, false);
}

BIF(atomics, add, 3) {
    return add(self, arguments, false, false);
}

BIF(atomics, add_get, 3) {
    return add(self, arguments, false, true);
}

BIF(atomics, exchange, 3) {
    _Atomic uint64_t *value = element(arguments, false);
    uint64_t new;
    if (!value || !to_value(arguments[2], is_signed(arguments[0], false), &new))
        return raise_badarg(self);
    return to_term(self, atomic_exchange(value, new), is_signed(arguments[0], false));
}

// ok, or the value that was there instead of the expected one.
BIF(atomics, compare_exchange, 4) {
    _Atomic uint64_t *value = element(arguments, false);
    uint64_t expected, desired;
    if (!value || !to_value(arguments[2], is_signed(arguments[0], false), &expected) ||
        !to_value(arguments[3], is_signed(arguments[0], false), &desired))
        return raise_badarg(self);
    if (atomic_compare_exchange_strong(value, &expected, desired))
        return ATOM_ok;
    return to_term(self, expected, is_signed(arguments[0], false));
}

// #{size, max, min, memory}
BIF(atomics, info, 1) {
    const struct array *array = to_array(arguments[0], false);
    if (!array)
        return raise_badarg(self);
    struct heap *heap = &self->heap;
    term maximum = array->is_signed ? heap_integer(heap, INT64_MAX) : heap_unsigned(heap, UINT64_MAX);
    term pairs[] = {ATOM_max,    maximum,
                    ATOM_memory, heap_unsigned(heap, array_memory(array)),
                    ATOM_min,    array->is_signed ? heap_integer(heap, INT64_MIN) : SMALL(0),
                    ATOM_size,   heap_unsigned(heap, array->length)};
    return map_from_pairs(heap, pairs, 4);
}

// ---- counters

BIF(erts_internal, counters_new, 1) {
    return array_new(self, arguments[0], true, true);
}

BIF(erts_internal, counters_get, 2) {
    return get(self, arguments, true);
}

BIF(erts_internal, counters_put, 3) {
    return put(self, arguments, true);
}

BIF(erts_internal, counters_add, 3) {
    return add(self, arguments, true, false);
}

BIF(erts_internal, counters_info, 1) {
    const struct array *array = to_array(arguments[0], true);
    if (!array)
        return raise_badarg(self);
    struct heap *heap = &self->heap;
    term pairs[] = {ATOM_memory, heap_unsigned(heap, array_memory(array)), ATOM_size,
                    heap_unsigned(heap, array->length)};
    return map_from_pairs(heap, pairs, 2);
}
