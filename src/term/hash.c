// The VM's own hash of terms, and phash, an old one of OTP's. (phash2 is in phash2.c.)

#include "term/hash.h"

#include "heap/walk.h"
#include "term/atom.h"
#include "term/bignum.h"
#include "term/bits.h"
#include "term/fun.h"
#include "term/map.h"
#include "term/stack.h"

// ---- ours

static inline uint64_t mix(uint64_t hash, uint64_t word) {
    hash = (hash ^ word) * 0x9fb21c651e98df25u;
    return hash ^ hash >> 32;
}

// The number of the same value for all that is =:=, zeros included.
static uint64_t float_word(double d) {
    uint64_t bits;
    d = d == 0 ? 0 : d;
    memcpy(&bits, &d, sizeof bits);
    return bits;
}

static uint64_t hash_bits(uint64_t hash, struct bits bits) {
    size_t at = 0;
    for (; bits.size - at >= 64; at += 64)
        hash = mix(hash, bits_get_unsigned(bits_part(bits, at, 64)));
    if (at < bits.size)
        hash = mix(hash, bits_get_unsigned(bits_part(bits, at, bits.size - at)));
    return mix(hash, bits.size);
}

// The first two ids of a reference tell it from others well enough.
static uint64_t reference_word(const term *words) {
    if (header_kind(words[0]) != KIND_EXTERNAL_REFERENCE)
        return words[header_kind(words[0]) == KIND_REFERENCE ? 1 : 3];
    uint64_t first = (uint64_t)small_value(words[3]);
    return header_size(words[0]) > 3 ? first | (uint64_t)small_value(words[4]) << 32 : first;
}

// Equal terms have equal headers where it is mixed in here. What a value is made of is walked into.
static uint64_t hash_boxed(uint64_t hash, struct walk *walk, const term *words, term t) {
    size_t size = header_size(words[0]);
    switch (header_kind(words[0])) {
    case KIND_TUPLE:
    case KIND_MAP:
    case KIND_MAP_ROOT:
    case KIND_MAP_BRANCH:
        walk_into(walk, words + 1, size);
        return mix(hash, words[0]);
    case KIND_FUN:
        walk_into(walk, words + 3, size - 2);
        return mix(hash, words[1]);
    case KIND_BIGNUM:
        for (size_t i = 0; i <= size; i++)
            hash = mix(hash, words[i]);
        return hash;
    case KIND_FLOAT:
        return mix(hash, float_word(float_value(t)));
    case KIND_BITSTRING:
    case KIND_SLICE:
        return hash_bits(hash, bitstring_bits(t));
    case KIND_EXTERNAL_REFERENCE:
    case KIND_REFERENCE:
    case KIND_MAGIC_REFERENCE:
        return mix(hash, reference_word(words));
    case KIND_EXTERNAL_PID:
    case KIND_EXTERNAL_PORT:
        return mix(mix(hash, words[1]), words[3]);
    case KIND_EXPORT:
        return mix(hash, words[1]);
    case KIND_MATCH_CONTEXT:
        break;
    }
    return hash;
}

static uint64_t hash_pointer(term t) {
    enum { LIST = 0x5bd1e995 };
    uint64_t hash = 0;
    struct walk walk;
    walk_begin(&walk, &t, 1);
    for (term word; walk_next(&walk, &word);) {
        if (is_list(word)) {
            hash = mix(hash, LIST);
            walk_into(&walk, list_cell(word), 2);
        } else if (is_boxed(word)) {
            hash = hash_boxed(hash, &walk, boxed(word), word);
        } else {
            hash = mix(hash, is_flonum(word) ? float_word(flonum_value(word)) : word);
        }
    }
    walk_end(&walk);
    return hash;
}

uint32_t term_hash(term t) {
    uint64_t hash = is_pointer(t) ? hash_pointer(t) : mix(0, is_flonum(t) ? float_word(flonum_value(t)) : t);
    return (uint32_t)(hash ^ hash >> 29);
}

// ---- phash
//
// hash = hash * prime + number, all the way. Which prime goes with what is OTP's choice, and can never change: programs
// have stored the hashes.

enum {
    PRIME_1 = 268440163,
    PRIME_2 = 268439161,
    PRIME_3 = 268435459,
    PRIME_4 = 268436141,
    PRIME_5 = 268438633,
    PRIME_6 = 268437017,
    PRIME_8 = 268437511,
    PRIME_9 = 268439627,
    PRIME_10 = 268440479,
    PRIME_11 = 268440577,
    PRIME_12 = 268440581,
    PRIME_13 = 268440593,
    PRIME_14 = 268440611,
};

static uint32_t phash_bytes(uint32_t hash, uint64_t number, int count, uint32_t prime) {
    for (int i = 0; i < count; i++)
        hash = hash * prime + (uint8_t)(number >> 8 * i);
    return hash;
}

// An identifier is one number of 32 bits here.
static uint32_t phash_identifier(uint32_t hash, uint64_t number, uint32_t prime, uint32_t factor) {
    return phash_bytes(hash, number, 4, prime) * factor;
}

static uint32_t phash_port(uint32_t hash, uint64_t number) { // has more than 32 bits on new nodes
    if (number >> 32)
        hash = phash_bytes(hash, number >> 32, 4, PRIME_11);
    return phash_identifier(hash, number, PRIME_9, PRIME_10);
}

static uint32_t phash_integer(uint32_t hash, term t) {
    struct integer integer;
    integer_view(&integer, t);
    size_t words = integer_words(&integer);
    for (size_t i = 0; i < words; i++) {
        uint64_t word = integer_word(&integer, i);
        hash = phash_bytes(hash, word, i + 1 < words || word >> 32 ? 8 : 4, PRIME_2);
    }
    return hash * (integer.view.sign == MP_NEG ? PRIME_4 : PRIME_3);
}

static uint32_t phash_bitstring(uint32_t hash, struct bits bits) {
    size_t size = bits.size / 8, rest = bits.size % 8;
    for (size_t i = 0; i < size; i++)
        hash = hash * PRIME_1 + (uint32_t)bits_get_unsigned(bits_part(bits, 8 * i, 8));
    if (rest > 0) {
        uint32_t last = (uint32_t)bits_get_unsigned(bits_part(bits, 8 * size, rest));
        hash = (hash * PRIME_1 + last) * PRIME_12 + (uint32_t)rest;
    }
    return hash * PRIME_4 + (uint32_t)size;
}

static uint32_t phash_atom(uint32_t hash, term atom) {
    return hash * PRIME_1 + atom_hash(atom);
}

// What is still to be done: terms to hash, and these marks.
#define MARK_TUPLE_END IMMEDIATE_WORD(IMMEDIATE_MARK, 16) // the arity is below it
#define MARK_LIST_END IMMEDIATE_WORD(IMMEDIATE_MARK, 17)
#define MARK_TAIL IMMEDIATE_WORD(IMMEDIATE_MARK, 18) // the tail is below it

static void push_reversed(struct term_stack *stack, const term *words, size_t count) {
    term_stack_reserve(stack, count);
    while (count-- > 0)
        term_stack_push(stack, words[count]);
}

// From this cell on: bytes at once, else the head with the tail to follow.
static uint32_t phash_list(uint32_t hash, struct term_stack *stack, term list) {
    while (is_list(list) && is_small(list_head(list)) && (uint64_t)small_value(list_head(list)) < 256) {
        hash = hash * PRIME_2 + (uint32_t)small_value(list_head(list));
        list = list_tail(list);
    }
    if (is_list(list)) {
        term_stack_push(stack, list_tail(list));
        term_stack_push(stack, MARK_TAIL);
        term_stack_push(stack, list_head(list));
    } else {
        term_stack_push(stack, MARK_LIST_END);
        term_stack_push(stack, list);
    }
    return hash;
}

static uint32_t phash_boxed(uint32_t hash, struct term_stack *stack, term t) {
    const term *words = boxed(t);
    switch (header_kind(words[0])) {
    case KIND_TUPLE:
        term_stack_push(stack, SMALL(tuple_arity(t)));
        term_stack_push(stack, MARK_TUPLE_END);
        push_reversed(stack, words + 1, tuple_arity(t));
        return hash;
    case KIND_MAP:
    case KIND_MAP_ROOT:
        return hash * PRIME_13 + PRIME_14 + term_phash2(t, NULL);
    case KIND_FUN: {
        const struct lambda *lambda = fun_lambda(t);
        size_t free = header_size(words[0]) - 2;
        push_reversed(stack, words + 3, free);
        hash = phash_atom(hash * PRIME_10 + (uint32_t)free, lambda->module);
        return (hash * PRIME_2 + lambda->index) * PRIME_2 + lambda->old_uniq;
    }
    case KIND_EXPORT: {
        const struct export *export = fun_export(t);
        return phash_atom(phash_atom(hash * PRIME_11 + export->arity, export->module), export->function);
    }
    case KIND_BIGNUM:
        return phash_integer(hash, t);
    case KIND_FLOAT: {
        uint64_t word = float_word(float_value(t));
        return hash * PRIME_6 + (uint32_t)(word ^ word >> 32);
    }
    case KIND_BITSTRING:
    case KIND_SLICE:
        return phash_bitstring(hash, bitstring_bits(t));
    case KIND_EXTERNAL_PID:
        return phash_identifier(hash, (uint64_t)small_value(words[3]), PRIME_5, PRIME_6);
    case KIND_EXTERNAL_PORT:
        return phash_port(hash, (uint64_t)small_value(words[3]));
    case KIND_REFERENCE:
    case KIND_MAGIC_REFERENCE:
    case KIND_EXTERNAL_REFERENCE:
        return phash_identifier(hash, reference_word(words), PRIME_9, PRIME_10);
    case KIND_MAP_BRANCH:
    case KIND_MATCH_CONTEXT:
        break;
    }
    return hash;
}

static uint32_t phash_next(uint32_t hash, struct term_stack *stack, term t) {
    if (is_small(t))
        return phash_integer(hash, t);
    if (is_flonum(t)) {
        uint64_t word = float_word(flonum_value(t));
        return hash * PRIME_6 + (uint32_t)(word ^ word >> 32);
    }
    if (is_list(t))
        return phash_list(hash, stack, t);
    if (is_boxed(t))
        return phash_boxed(hash, stack, t);
    if (is_atom(t))
        return phash_atom(hash, t);
    if (is_nil(t))
        return hash * PRIME_3 + 1;
    if (is_local_pid(t))
        return phash_identifier(hash, immediate_payload(t) & 0x7fff, PRIME_5, PRIME_6); // the id only
    if (is_local_port(t))
        return phash_port(hash, immediate_payload(t));
    if (t == MARK_LIST_END)
        return hash * PRIME_8;
    if (t == MARK_TUPLE_END)
        return hash * PRIME_9 + (uint32_t)small_value(term_stack_pop(stack));
    assert_debug(t == MARK_TAIL);
    term tail = term_stack_pop(stack);
    if (is_list(tail))
        return phash_list(hash, stack, tail);
    term_stack_push(stack, MARK_LIST_END);
    term_stack_push(stack, tail);
    return hash;
}

uint32_t term_phash(term t) {
    struct term_stack stack;
    uint32_t hash = 0;
    term_stack_begin(&stack);
    term_stack_push(&stack, t);
    while (stack.count > 0)
        hash = phash_next(hash, &stack, term_stack_pop(&stack));
    term_stack_end(&stack);
    return hash;
}
