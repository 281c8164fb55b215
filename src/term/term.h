// What a value is.
//
// A term is one 64-bit word. Its low bits say what the rest means:
//
//   low bits   meaning                         the rest
//   00         small integer                   62 bits, two's complement
//   11         float (flonum)                  a double with its exponent shifted, rotated left by 3 (see flonum_make)
//   001        list cell                       address of two words: head, tail
//   010        boxed                           address of a header followed by the value's words
//   101        immediate                       bits 3..5 say which (enum immediate), bits 6..63 are its payload
//   110        header                          found only as the first word of a boxed value
//
// A header:   bits 0..2 = 110 | bits 3..7 = enum kind | bits 8..31 = aux | bits 32..63 = words that follow
//
// Two consequences that the collector uses:
//   - an 8-byte aligned raw address has low bits 000 and so reads as a small integer: a value may hold raw addresses
//     among its terms;
//   - a forwarded value is known by its first word: a boxed term where a header stood, or MARK_MOVED in a list cell.
//
// Layouts of the boxed kinds (word 0 is the header; "raw" words are not terms):
//
//   KIND_TUPLE            elements 1..size
//   KIND_MAP              word 1 = tuple of the keys in term order (shared between maps), then the values in that order
//   KIND_MAP_ROOT         large map: word 1 = size as a small; aux = bitmap of the children that follow (term/map.c)
//   KIND_MAP_BRANCH       inner node: aux = bitmap of the children that follow
//   KIND_FUN              word 1 = struct lambda *; word 2 = creator pid; then the captured values (aux = arity of the
//   fun) KIND_EXTERNAL_PID     word 1 = node (atom); 2 = creation (small); 3 = id (small); 4 = serial (small)
//   KIND_EXTERNAL_PORT    word 1 = node (atom); 2 = creation (small); 3 = number (small: 62 bits are enough)
//   KIND_EXTERNAL_REFERENCE  word 1 = node (atom); 2 = creation (small); then one small per 32-bit id, at most 5
//   KIND_MATCH_CONTEXT    word 1 = the bitstring; 2 = position, 3 = end (bits from its start, smalls); 4 = address of
//   its first byte if that stays, or 0 (a small)
//   -- from here on the words are opaque to the collector --
//   KIND_BIGNUM           magnitude as libtommath digits (60 bits each, least significant first); aux = 1 when negative
//   KIND_FLOAT            a double whose exponent does not fit a flonum
//   KIND_REFERENCE        3 raw words: id0 | id1 << 32, id2, pid term of the process for an alias (or 0)
//   KIND_EXPORT           word 1 = struct export *
//   KIND_BITSTRING        in place: word 1 = size in bits (raw), then the bytes, padded with zeros to a word
//   -- from here on words 1 and 2 are `next` and an owned pointer: see struct off_heap in heap/heap.h --
//   KIND_SLICE            word 1 = next; 2 = struct shared_binary *; 3 = offset in bits (raw, of any sign: nif/ shows
//                         bytes that lie elsewhere); 4 = size in bits (raw)
//   KIND_MAGIC_REFERENCE  word 1 = next; 2 = struct shared_binary * with a destructor; 3, 4 = ids as in KIND_REFERENCE

#ifndef PURLIN_TERM_TERM_H
#define PURLIN_TERM_TERM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "sys/assert.h"

typedef uint64_t term;

// ---- tags ---------------------------------------------------------------------------------------------------------

enum { TAG_LIST = 1, TAG_BOXED = 2, TAG_IMMEDIATE = 5, TAG_HEADER = 6, TAG_MASK = 7 };

enum immediate {
    IMMEDIATE_ATOM = 0,
    IMMEDIATE_PID = 1,
    IMMEDIATE_PORT = 2,
    IMMEDIATE_NIL = 3,
    IMMEDIATE_MARK = 4,
    IMMEDIATE_RETURN = 5, // a return address on a stack
    IMMEDIATE_CATCH = 6,  // a handler's address in a stack slot
};

#define IMMEDIATE_WORD(which, payload) (((term)(payload) << 6) | ((term)(which) << 3) | TAG_IMMEDIATE)

#define NIL IMMEDIATE_WORD(IMMEDIATE_NIL, 0)
#define NONE IMMEDIATE_WORD(IMMEDIATE_MARK, 0) // "no value": what a built-in returns when it raised
#define MARK_MOVED IMMEDIATE_WORD(IMMEDIATE_MARK, 1)

static inline bool is_immediate(term t, enum immediate which) {
    return (t & 0x3f) == (((term)which << 3) | TAG_IMMEDIATE);
}
static inline uint64_t immediate_payload(term t) {
    return t >> 6;
}

static inline bool is_list(term t) { // a cell; not nil
    return (t & TAG_MASK) == TAG_LIST;
}
static inline bool is_nil(term t) {
    return t == NIL;
}
static inline bool is_boxed(term t) {
    return (t & TAG_MASK) == TAG_BOXED;
}
static inline bool is_header(term t) {
    return (t & TAG_MASK) == TAG_HEADER;
}
// Points at heap words: a list cell or a boxed value.
static inline bool is_pointer(term t) {
    return is_list(t) || is_boxed(t);
}

// ---- small integers -----------------------------------------------------------------------------------------------

#define SMALL_MAX (((int64_t)1 << 61) - 1)
#define SMALL_MIN (-((int64_t)1 << 61))
#define SMALL(n) ((term)((uint64_t)(int64_t)(n) << 2))

static inline bool is_small(term t) {
    return (t & 3) == 0;
}
static inline bool are_small(term a, term b) {
    return ((a | b) & 3) == 0;
}
static inline bool small_fits(int64_t n) {
    return n >= SMALL_MIN && n <= SMALL_MAX;
}
static inline int64_t small_value(term t) {
    return (int64_t)t >> 2;
}

// ---- atoms --------------------------------------------------------------------------------------------------------

#define ATOM_WORD(index) IMMEDIATE_WORD(IMMEDIATE_ATOM, index)

static inline bool is_atom(term t) {
    return is_immediate(t, IMMEDIATE_ATOM);
}
static inline uint32_t atom_index(term t) {
    return (uint32_t)immediate_payload(t);
}

// ---- local pids and ports -----------------------------------------------------------------------------------------

// Payload of a pid: id in bits 0..14, serial in bits 15..27, printed <0.Id.Serial>. (The split is OTP 25's.)
static inline bool is_local_pid(term t) {
    return is_immediate(t, IMMEDIATE_PID);
}
static inline bool is_local_port(term t) {
    return is_immediate(t, IMMEDIATE_PORT);
}

// ---- floats -------------------------------------------------------------------------------------------------------

// Adding this makes bits 62 and 61 of a double 11 where bits 62..60 were 011 or 100: exponents about 1e-77..1e77.
// Rotated left by 3 they are the tag, so that one addition and one rotation lead there and back.
#define FLONUM_BIAS 0x3000000000000000u
// Stands for +0.0; the double that would be encoded so, the smallest that fits, is boxed.
#define FLONUM_ZERO 3u

static inline bool is_flonum(term t) {
    return (t & 3) == 3;
}
// NONE when it does not fit.
static inline term flonum_make(double d) {
    uint64_t bits;
    memcpy(&bits, &d, 8);
    uint64_t biased = bits + FLONUM_BIAS;
    term t = biased << 3 | biased >> 61;
    if (__builtin_expect(is_flonum(t) && t != FLONUM_ZERO, 1))
        return t;
    return bits == 0 ? FLONUM_ZERO : NONE;
}
static inline double flonum_value(term t) {
    if (__builtin_expect(t == FLONUM_ZERO, 0))
        return 0.0;
    uint64_t bits = (t >> 3 | t << 61) - FLONUM_BIAS;
    double d;
    memcpy(&d, &bits, 8);
    return d;
}

// ---- lists --------------------------------------------------------------------------------------------------------

static inline term *list_cell(term t) {
    assert_debug(is_list(t));
    return (term *)(t - TAG_LIST);
}
static inline term list_head(term t) {
    return list_cell(t)[0];
}
static inline term list_tail(term t) {
    return list_cell(t)[1];
}
static inline term list_make(const term *cell) {
    return (term)cell | TAG_LIST;
}

// ---- boxed values -------------------------------------------------------------------------------------------------

enum kind {
    KIND_TUPLE,
    KIND_MAP,
    KIND_MAP_ROOT,
    KIND_MAP_BRANCH,
    KIND_FUN,
    KIND_EXTERNAL_PID,
    KIND_EXTERNAL_PORT,
    KIND_EXTERNAL_REFERENCE,
    KIND_MATCH_CONTEXT,
    KIND_OPAQUE = 16, // first kind whose words the collector does not read
    KIND_BIGNUM = KIND_OPAQUE,
    KIND_FLOAT,
    KIND_REFERENCE,
    KIND_EXPORT,
    KIND_BITSTRING,
    KIND_OFF_HEAP = 24, // first kind that begins as struct off_heap
    KIND_SLICE = KIND_OFF_HEAP,
    KIND_MAGIC_REFERENCE,
};

#define HEADER(kind, aux, size) (((term)(size) << 32) | ((term)(aux) << 8) | ((term)(kind) << 3) | TAG_HEADER)

static inline enum kind header_kind(term header) {
    return (enum kind)((header >> 3) & 31);
}
static inline uint32_t header_aux(term header) {
    return (uint32_t)(header >> 8) & 0xffffff;
}
static inline size_t header_size(term header) { // words after the header
    return header >> 32;
}

static inline term *boxed(term t) {
    assert_debug(is_boxed(t));
    return (term *)(t - TAG_BOXED);
}
static inline term boxed_make(const term *words) {
    return (term)words | TAG_BOXED;
}
static inline bool is_kind(term t, enum kind kind) {
    return is_boxed(t) && header_kind(*boxed(t)) == kind;
}

#define TUPLE_ARITY_MAX 0xffffff // OTP's limit

static inline bool is_tuple(term t) {
    return is_kind(t, KIND_TUPLE);
}
// A tuple's header has aux 0, so one comparison tests kind and arity.
static inline bool is_tuple_of(term t, size_t arity) {
    return is_boxed(t) && *boxed(t) == HEADER(KIND_TUPLE, 0, arity);
}
static inline size_t tuple_arity(term t) {
    return header_size(*boxed(t));
}
static inline term tuple_element(term t, size_t index) { // from 1
    return boxed(t)[index];
}

static inline bool is_bignum(term t) {
    return is_kind(t, KIND_BIGNUM);
}
static inline bool is_integer(term t) {
    return is_small(t) || is_bignum(t);
}
static inline bool is_float(term t) {
    return is_flonum(t) || is_kind(t, KIND_FLOAT);
}
static inline double float_value(term t) {
    if (__builtin_expect(is_flonum(t), 1))
        return flonum_value(t);
    double d;
    memcpy(&d, boxed(t) + 1, 8);
    return d;
}
static inline bool is_number(term t) {
    return is_integer(t) || is_float(t);
}
static inline bool is_map(term t) {
    if (!is_boxed(t))
        return false;
    enum kind kind = header_kind(*boxed(t));
    return kind == KIND_MAP || kind == KIND_MAP_ROOT;
}
static inline bool is_fun(term t) { // local or external
    if (!is_boxed(t))
        return false;
    enum kind kind = header_kind(*boxed(t));
    return kind == KIND_FUN || kind == KIND_EXPORT;
}
static inline bool is_pid(term t) {
    return is_local_pid(t) || is_kind(t, KIND_EXTERNAL_PID);
}
static inline bool is_port(term t) {
    return is_local_port(t) || is_kind(t, KIND_EXTERNAL_PORT);
}
static inline bool is_local_reference(term t) {
    return is_kind(t, KIND_REFERENCE) || is_kind(t, KIND_MAGIC_REFERENCE);
}
static inline bool is_reference(term t) {
    return is_local_reference(t) || is_kind(t, KIND_EXTERNAL_REFERENCE);
}
static inline bool is_bitstring(term t) {
    if (!is_boxed(t))
        return false;
    enum kind kind = header_kind(*boxed(t));
    return kind == KIND_BITSTRING || kind == KIND_SLICE;
}

// ---- bitstrings ---------------------------------------------------------------------------------------------------

#define BITSTRING_IN_PLACE_MAX 64 // bytes; longer ones are slices of a shared binary

// A view of a bitstring's bits. Valid while the term is.
struct bits {
    uint8_t *bytes; // first byte touched
    size_t offset;  // bits into *bytes, 0..7
    size_t size;    // bits
};

// What slices share is of heap/; its bytes lie right behind a head of this size.
struct shared_binary;
#define SHARED_BINARY_HEAD 32
static inline uint8_t *shared_binary_bytes(struct shared_binary *shared) {
    return (uint8_t *)shared + SHARED_BINARY_HEAD;
}

static inline size_t bitstring_size(term t) { // bits
    term *words = boxed(t);
    return header_kind(words[0]) == KIND_BITSTRING ? words[1] : words[4];
}
static inline struct bits bitstring_bits(term t) {
    term *words = boxed(t);
    if (header_kind(words[0]) == KIND_BITSTRING)
        return (struct bits){(uint8_t *)(words + 2), 0, words[1]};
    return (struct bits){shared_binary_bytes((struct shared_binary *)words[2]) + ((int64_t)words[3] >> 3), words[3] & 7,
                         words[4]};
}
// A binary is a bitstring of whole bytes.
static inline bool is_binary(term t) {
    return is_bitstring(t) && (bitstring_size(t) & 7) == 0;
}

// ---- booleans -----------------------------------------------------------------------------------------------------

#include "atoms.h" // generated: ATOM_name for every one that the sources mention

static inline term term_boolean(bool b) {
    return b ? ATOM_true : ATOM_false;
}

#endif
