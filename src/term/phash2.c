// phash2: OTP's portable hash. Programs store its values, so it is OTP's bit for bit.
//
// The state is 32 bits. Each part of a term is stirred into it by the mixing step of Bob Jenkins' hash of 1996, with
// two numbers of the part and a multiple of the golden ratio that says of what type the part is. The pairs of a map
// have no order: each pair is hashed from zero, and the exclusive or of these is stirred in.

#include "term/atom.h"
#include "term/bignum.h"
#include "term/bits.h"
#include "term/fun.h"
#include "term/hash.h"
#include "term/map.h"
#include "term/stack.h"

enum { GOLDEN = 0x9e3779b9 };

enum part { // the multiples
    PART_INTEGER = 1,
    PART_FUN = 1,
    PART_NIL = 2,
    PART_ATOM = 3,
    PART_BYTES = 4,
    PART_PID = 5,
    PART_PORT = 6,
    PART_REFERENCE = 7,
    PART_TUPLE = 9,
    PART_NEGATIVE = 10,
    PART_POSITIVE = 11,
    PART_FLOAT = 12,
    PART_BINARY = 13,
    PART_FUNCTION_NAME = 14,
    PART_LAST_BITS = 15,
    PART_MAP = 16,
    PART_PAIRS = 19,
};

struct state {
    uint32_t a, b, c;
};

static inline void mix_round(struct state *s, int first, int second, int third) {
    s->a = (s->a - s->b - s->c) ^ s->c >> first;
    s->b = (s->b - s->c - s->a) ^ s->a << second;
    s->c = (s->c - s->a - s->b) ^ s->b >> third;
}

static inline void mix(struct state *s) {
    mix_round(s, 13, 8, 13);
    mix_round(s, 12, 16, 5);
    mix_round(s, 3, 10, 15);
}

static uint32_t stir(uint32_t hash, uint32_t x, uint32_t y, enum part part) {
    uint32_t constant = GOLDEN * (uint32_t)part;
    struct state s = {constant + x, constant + y, hash};
    mix(&s);
    return s.c;
}

// ---- values without parts

// Twelve bytes at a time; the length goes where the ninth byte of the last, shorter block would.
static uint32_t stir_bytes(uint32_t hash, struct bits bits, size_t size) {
    struct state s = {GOLDEN, GOLDEN, hash};
    size_t at = 0;
    for (;; at += 12) {
        uint8_t block[12] = {0};
        size_t left = size - at;
        bits_copy(block, 0, bits_part(bits, 8 * at, 8 * (left < 12 ? left : 12)));
        uint32_t words[3];
        memcpy(words, block, sizeof words);
        s.a += words[0];
        s.b += words[1];
        s.c += left < 12 ? (words[2] << 8) + (uint32_t)size : words[2];
        mix(&s);
        if (left < 12)
            return s.c;
    }
}

static uint32_t hash_bitstring(uint32_t hash, struct bits bits) {
    size_t size = bits.size / 8, rest = bits.size % 8;
    hash += GOLDEN * (uint32_t)PART_BINARY;
    if (bits.size == 0)
        return hash;
    hash = stir_bytes(hash, bits, size);
    if (rest > 0)
        hash = stir(hash, (uint32_t)rest, (uint32_t)bits_get_unsigned(bits_part(bits, 8 * size, rest)), PART_LAST_BITS);
    return hash;
}

// Up to 28 bits the value itself, with its opposite before it when it is negative; above that the magnitude.
static uint32_t hash_integer(uint32_t hash, term t) {
    if (is_small(t) && small_value(t) >> 27 == small_value(t) >> 63) {
        uint32_t value = (uint32_t)small_value(t);
        if (small_value(t) < 0)
            hash = stir(hash, -value, 0, PART_INTEGER);
        return stir(hash, value, 0, PART_INTEGER);
    }
    struct integer integer;
    integer_view(&integer, t);
    enum part part = integer.view.sign == MP_NEG ? PART_NEGATIVE : PART_POSITIVE;
    for (size_t i = 0, count = integer_words(&integer); i < count; i++) {
        uint64_t word = integer_word(&integer, i);
        hash = stir(hash, (uint32_t)word, (uint32_t)(word >> 32), part);
    }
    return hash;
}

static uint32_t hash_float(uint32_t hash, double d) {
    uint64_t word;
    d = d == 0 ? 0 : d; // no difference between the zeros
    memcpy(&word, &d, sizeof word);
    return stir(hash, (uint32_t)(word >> 32), (uint32_t)word, PART_FLOAT);
}

static uint32_t hash_port(uint32_t hash, uint64_t number) {
    return stir(hash, (uint32_t)number, (uint32_t)(number >> 32), PART_PORT);
}

static uint32_t hash_export(uint32_t hash, const struct export *export) {
    hash = stir(hash, export->arity, atom_hash(export->module), PART_FUN);
    return stir(hash, atom_hash(export->function), 0, PART_FUNCTION_NAME);
}

// An atom or nil that comes first is its own hash.
static uint32_t hash_atom(uint32_t hash, term atom) {
    return hash ? stir(hash, atom_hash(atom), 0, PART_ATOM) : atom_hash(atom);
}

static uint32_t hash_nil(uint32_t hash) {
    return hash ? stir(hash, 2, 0, PART_NIL) : 3468870702u;
}

// ---- the walk
//
// On the stack: terms to hash, and two marks. MARK_PAIR ends a pair; MARK_MAP ends a map and stands above the hash
// before the map and the pairs' of the map around it.

#define MARK_PAIR IMMEDIATE_WORD(IMMEDIATE_MARK, 16)
#define MARK_MAP IMMEDIATE_WORD(IMMEDIATE_MARK, 17)

struct walker {
    uint32_t hash;
    uint32_t pairs; // exclusive or of the current map's pairs so far
    struct term_stack stack;
};

static void push_reversed(struct term_stack *stack, const term *words, size_t count) {
    term_stack_reserve(stack, count);
    while (count-- > 0)
        term_stack_push(stack, words[count]);
}

// Bytes at the front of a list are taken four at a time.
static void walk_list(struct walker *walker, term list) {
    uint32_t bytes = 0;
    int count = 0;
    while (is_list(list) && is_small(list_head(list)) && (uint64_t)small_value(list_head(list)) < 256) {
        bytes = bytes << 8 | (uint32_t)small_value(list_head(list));
        if (++count == 4) {
            walker->hash = stir(walker->hash, bytes, 0, PART_BYTES);
            bytes = 0;
            count = 0;
        }
        list = list_tail(list);
    }
    if (count > 0)
        walker->hash = stir(walker->hash, bytes, 0, PART_BYTES);
    if (is_list(list)) {
        term_stack_push(&walker->stack, list_tail(list));
        term_stack_push(&walker->stack, list_head(list));
    } else {
        term_stack_push(&walker->stack, list);
    }
}

static void walk_map(struct walker *walker, term map) {
    walker->hash = stir(walker->hash, (uint32_t)map_size(map), 0, PART_MAP);
    if (map_size(map) == 0)
        return;
    term_stack_push(&walker->stack, SMALL(walker->pairs));
    term_stack_push(&walker->stack, SMALL(walker->hash));
    term_stack_push(&walker->stack, MARK_MAP);
    walker->hash = 0;
    walker->pairs = 0;
    for (struct map_iterator it = map_iterate(map); map_next(&it);) {
        term_stack_push(&walker->stack, MARK_PAIR);
        term_stack_push(&walker->stack, it.value);
        term_stack_push(&walker->stack, it.key);
    }
}

static void walk_mark(struct walker *walker, term mark) {
    if (mark == MARK_PAIR) {
        walker->pairs ^= walker->hash;
        walker->hash = 0;
    } else {
        assert_debug(mark == MARK_MAP);
        uint32_t before = (uint32_t)small_value(term_stack_pop(&walker->stack));
        walker->hash = stir(before, walker->pairs, 0, PART_PAIRS);
        walker->pairs = (uint32_t)small_value(term_stack_pop(&walker->stack));
    }
}

static void walk_fun(struct walker *walker, term fun) {
    const struct lambda *lambda = fun_lambda(fun);
    size_t free = header_size(*boxed(fun)) - 2;
    walker->hash = stir(walker->hash, (uint32_t)free, atom_hash(lambda->module), PART_FUN);
    walker->hash = stir(walker->hash, lambda->index, lambda->old_uniq, PART_FUN);
    push_reversed(&walker->stack, boxed(fun) + 3, free);
}

static void walk_boxed(struct walker *walker, term t) {
    const term *words = boxed(t);
    uint32_t hash = walker->hash;
    switch (header_kind(words[0])) {
    case KIND_TUPLE:
        walker->hash = stir(hash, (uint32_t)tuple_arity(t), 0, PART_TUPLE);
        push_reversed(&walker->stack, words + 1, tuple_arity(t));
        break;
    case KIND_MAP:
    case KIND_MAP_ROOT:
        walk_map(walker, t);
        break;
    case KIND_FUN:
        walk_fun(walker, t);
        break;
    case KIND_EXPORT:
        walker->hash = hash_export(hash, fun_export(t));
        break;
    case KIND_BIGNUM:
        walker->hash = hash_integer(hash, t);
        break;
    case KIND_FLOAT:
        walker->hash = hash_float(hash, float_value(t));
        break;
    case KIND_BITSTRING:
    case KIND_SLICE:
        walker->hash = hash_bitstring(hash, bitstring_bits(t));
        break;
    case KIND_EXTERNAL_PID:
        walker->hash = stir(hash, (uint32_t)small_value(words[3]), 0, PART_PID);
        break;
    case KIND_EXTERNAL_PORT:
        walker->hash = hash_port(hash, (uint64_t)small_value(words[3]));
        break;
    case KIND_EXTERNAL_REFERENCE:
        walker->hash = stir(hash, (uint32_t)small_value(words[3]), 0, PART_REFERENCE);
        break;
    case KIND_REFERENCE:
        walker->hash = stir(hash, (uint32_t)words[1], 0, PART_REFERENCE);
        break;
    case KIND_MAGIC_REFERENCE:
        walker->hash = stir(hash, (uint32_t)words[3], 0, PART_REFERENCE);
        break;
    case KIND_MAP_BRANCH:
    case KIND_MATCH_CONTEXT:
        break;
    }
}

static void walk(struct walker *walker, term t) {
    if (is_small(t))
        walker->hash = hash_integer(walker->hash, t);
    else if (is_flonum(t))
        walker->hash = hash_float(walker->hash, flonum_value(t));
    else if (is_list(t))
        walk_list(walker, t);
    else if (is_boxed(t))
        walk_boxed(walker, t);
    else if (is_atom(t))
        walker->hash = hash_atom(walker->hash, t);
    else if (is_nil(t))
        walker->hash = hash_nil(walker->hash);
    else if (is_local_pid(t))
        walker->hash = stir(walker->hash, (uint32_t)immediate_payload(t) & 0x7fff, 0, PART_PID); // the id only
    else if (is_local_port(t))
        walker->hash = hash_port(walker->hash, immediate_payload(t));
    else
        walk_mark(walker, t);
}

// Gives way only while no memory is held: a process that is killed meanwhile leaves nothing behind.
enum { VALUES_PER_REDUCTION = 8 };

uint32_t term_phash2(term t, struct work *work) {
    struct walker walker;
    walker.hash = walker.pairs = 0;
    term_stack_begin(&walker.stack);
    term_stack_push(&walker.stack, t);
    for (size_t count = 1; walker.stack.count > 0; count++) {
        walk(&walker, term_stack_pop(&walker.stack));
        if (count % VALUES_PER_REDUCTION == 0 && walker.stack.items == walker.stack.place)
            work_charge(work, 1);
    }
    term_stack_end(&walker.stack);
    return walker.hash;
}
