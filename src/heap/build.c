// Making values: tuples, lists, numbers, references.

#include <stdarg.h>

#include "heap/heap.h"
#include "vm.h"

term heap_tuple_of(struct heap *heap, size_t arity, ...) {
    term *words = heap_tuple(heap, arity);
    va_list elements;
    va_start(elements, arity);
    for (size_t i = 1; i <= arity; i++)
        words[i] = va_arg(elements, term);
    va_end(elements);
    return boxed_make(words);
}

term heap_list_of(struct heap *heap, size_t length, const term *elements, term tail) {
    if (length == 0)
        return tail;
    term *cells = heap_alloc(heap, 2 * length);
    for (size_t i = 0; i < length; i++) {
        cells[2 * i] = elements[i];
        cells[2 * i + 1] = i + 1 < length ? list_make(cells + 2 * i + 2) : tail;
    }
    return list_make(cells);
}

term heap_string(struct heap *heap, const char *bytes, size_t size) {
    if (size == 0)
        return NIL;
    term *cells = heap_alloc(heap, 2 * size);
    for (size_t i = 0; i < size; i++) {
        cells[2 * i] = SMALL((uint8_t)bytes[i]);
        cells[2 * i + 1] = i + 1 < size ? list_make(cells + 2 * i + 2) : NIL;
    }
    return list_make(cells);
}

// ---- numbers ------------------------------------------------------------------------------------------------------

// libtommath's digits, least significant first.
#define DIGIT_BITS 60

static term bignum(struct heap *heap, uint64_t magnitude, bool negative) {
    size_t digits = magnitude >> DIGIT_BITS ? 2 : 1;
    term *words = heap_alloc(heap, 1 + digits);
    words[0] = HEADER(KIND_BIGNUM, negative, digits);
    words[1] = magnitude & (((uint64_t)1 << DIGIT_BITS) - 1);
    if (digits == 2)
        words[2] = magnitude >> DIGIT_BITS;
    return boxed_make(words);
}

term heap_integer(struct heap *heap, int64_t value) {
    if (small_fits(value))
        return SMALL(value);
    return bignum(heap, value < 0 ? -(uint64_t)value : (uint64_t)value, value < 0);
}

term heap_unsigned(struct heap *heap, uint64_t value) {
    return value <= (uint64_t)SMALL_MAX ? SMALL(value) : bignum(heap, value, false);
}

// Integers below zero unless `positive`; monotonic ones have a counter of their own, as their order is seen.
term heap_unique_integer(struct heap *heap, bool positive, bool monotonic) {
    _Atomic uint64_t *counter = monotonic ? &vm.unique_monotonic : &vm.unique;
    int64_t number = (int64_t)atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
    return heap_integer(heap, positive ? number + 1 : number - 576460752303423488); // OTP's smallest small
}

term heap_float_boxed(struct heap *heap, double value) {
    term *words = heap_alloc(heap, 2);
    words[0] = HEADER(KIND_FLOAT, 0, 1);
    memcpy(words + 1, &value, sizeof value);
    return boxed_make(words);
}

// ---- references ---------------------------------------------------------------------------------------------------

// The third id of an alias names its process, so that the alias is one again when it comes back from another node.
#define ALIAS_BIT ((uint32_t)1 << 31)

// A fresh counter's value as the ids of a reference. The first has 18 bits only: other nodes print and store no more.
void heap_reference_ids(uint32_t ids[3]) {
    uint64_t number = atomic_fetch_add_explicit(&vm.reference, 1, memory_order_relaxed);
    ids[0] = number & 0x3ffff;
    ids[1] = (uint32_t)(number >> 18);
    ids[2] = (uint32_t)(number >> 50);
}

term heap_reference_of(struct heap *heap, const uint32_t ids[3]) {
    term *words = heap_alloc(heap, 4);
    words[0] = HEADER(KIND_REFERENCE, 0, 3);
    words[1] = ids[0] | (term)ids[1] << 32;
    words[2] = ids[2];
    words[3] = ids[2] & ALIAS_BIT ? IMMEDIATE_WORD(IMMEDIATE_PID, ids[2] & ~ALIAS_BIT) : 0;
    return boxed_make(words);
}

void reference_ids(term reference, uint32_t ids[3]) {
    const term *words = boxed(reference);
    ids[0] = (uint32_t)words[1];
    ids[1] = (uint32_t)(words[1] >> 32);
    ids[2] = (uint32_t)words[2];
}

term heap_reference(struct heap *heap) {
    uint32_t ids[3];
    heap_reference_ids(ids);
    return heap_reference_of(heap, ids);
}

term heap_alias(struct heap *heap, term pid) {
    uint32_t ids[3];
    heap_reference_ids(ids);
    ids[2] = ALIAS_BIT | (uint32_t)immediate_payload(pid);
    return heap_reference_of(heap, ids);
}

term heap_external(struct heap *heap, enum kind kind, term node, uint32_t creation, const uint64_t *numbers,
                   size_t count) {
    term *words = heap_alloc(heap, 3 + count);
    words[0] = HEADER(kind, 0, 2 + count);
    words[1] = node;
    words[2] = SMALL(creation);
    for (size_t i = 0; i < count; i++)
        words[3 + i] = SMALL(numbers[i]);
    return boxed_make(words);
}

term heap_magic_reference(struct heap *heap, struct shared_binary *shared) {
    uint32_t ids[3];
    heap_reference_ids(ids);
    return heap_magic_reference_of(heap, shared, ids);
}

term heap_magic_reference_of(struct heap *heap, struct shared_binary *shared, const uint32_t ids[3]) {
    term *words = heap_alloc(heap, 5);
    struct off_heap *value = (struct off_heap *)words;
    *value = (struct off_heap){HEADER(KIND_MAGIC_REFERENCE, 0, 4), heap->off_heap, shared};
    heap->off_heap = value;
    words[3] = ids[0] | (term)ids[1] << 32;
    words[4] = ids[2];
    return boxed_make(words);
}
