// From values to bytes.
//
// The bytes go to memory of exactly their size, which a first run has counted; or, for term_to_binary, into a binary
// that grows: one of the process's own, so that nothing is lost when it is killed while it has given way.
//
// What remains to be written is kept as frames on a stack of its own, so that nesting costs no C stack.

#include <stdio.h>
#include <stdlib.h>

#include "ext/ext.h"
#include "ext/tag.h"
#include "sys/sys.h"
#include "term/atom.h"
#include "term/bits.h"
#include "term/compare.h"
#include "term/fun.h"
#include "term/map.h"
#include "term/number.h"
#include "term/stack.h"
#include "vm.h"

// What remains to be written of a value that has begun.
struct frame {
    enum {
        FRAME_WORDS, // `left` values from `at` on
        FRAME_PAIRS, // `left` values, by turns from `at` and from `other`: keys and values
        FRAME_NODES, // the pairs of a large map: `left` children of a node from `at` on
        FRAME_CELLS, // a list: the cell at `at`, those behind it, and the tail
        FRAME_FUN,   // nothing, but a fun is complete: its size belongs at offset `left`
        FRAME_FREE,  // nothing, but the memory at `at` is done with
    } kind;
    size_t left;
    const term *at, *other;
};
#define FRAME_FIELDS 4

struct encoder {
    uint8_t *bytes;    // NULL while counting
    size_t size, room; // of what was written, of what may be
    struct heap *heap; // where a binary may take more, or NULL
    term binary;       // that binary, once there is one
    const struct ext_options *options;
    struct work *work;
    uint32_t cost; // since the last charge
    term node;     // of this VM when the encoding began: both runs must agree
    uint32_t creation;
    unsigned owned; // FRAME_FREEs there are
    unsigned funs;  // FRAME_FUNs there are
    struct frame frame;
    struct term_stack stack;
};

// ---- bytes --------------------------------------------------------------------------------------------------------

#define GROWN_MIN 4096

// Makes `bytes` hold at least `size`. False while counting.
__attribute__((noinline)) static bool make_room(struct encoder *encoder, size_t size) {
    if (!encoder->heap)
        return false;
    encoder->room = 2 * size < GROWN_MIN ? GROWN_MIN : 2 * size;
    if (encoder->binary == NONE) {
        uint8_t *bytes;
        encoder->binary = heap_binary_new(encoder->heap, encoder->room, &bytes);
        memcpy(bytes, encoder->bytes, encoder->size);
        encoder->bytes = bytes;
    } else {
        encoder->bytes = heap_binary_resize(encoder->heap, encoder->binary, encoder->room);
    }
    return true;
}

// Room for `size` bytes, or NULL while counting.
static inline uint8_t *put_room(struct encoder *encoder, size_t size) {
    size_t end = encoder->size + size;
    uint8_t *at = NULL;
    if (__builtin_expect(end <= encoder->room, true) || make_room(encoder, end))
        at = encoder->bytes + encoder->size;
    encoder->size = end;
    return at;
}

// Most sizes are constants: the loop is one store.
__attribute__((always_inline)) static inline void store(uint8_t *to, uint64_t value, unsigned size) {
    for (unsigned i = 0; i < size; i++)
        to[i] = (uint8_t)(value >> 8 * (size - 1 - i));
}

__attribute__((always_inline)) static inline void put(struct encoder *encoder, uint64_t value, unsigned size) {
    uint8_t *to = put_room(encoder, size);
    if (to)
        store(to, value, size);
}

__attribute__((always_inline)) static inline void put_tagged(struct encoder *encoder, uint8_t tag, uint64_t value,
                                                             unsigned size) {
    uint8_t *to = put_room(encoder, 1 + size);
    if (to) {
        *to = tag;
        store(to + 1, value, size);
    }
}

static void put_bytes(struct encoder *encoder, const void *bytes, size_t size) {
    uint8_t *at = put_room(encoder, size);
    if (at)
        memcpy(at, bytes, size);
}

// ---- frames -------------------------------------------------------------------------------------------------------

static void enter(struct encoder *encoder, struct frame frame) {
    struct frame *outer = &encoder->frame;
    if (outer->left > 0 || outer->kind >= FRAME_CELLS) {
        term_stack_reserve(&encoder->stack, FRAME_FIELDS);
        term_stack_push(&encoder->stack, (term)outer->kind);
        term_stack_push(&encoder->stack, outer->left);
        term_stack_push(&encoder->stack, (term)outer->at);
        term_stack_push(&encoder->stack, (term)outer->other);
    }
    *outer = frame;
}

static void leave(struct encoder *encoder) {
    struct frame *frame = &encoder->frame;
    frame->other = (const term *)term_stack_pop(&encoder->stack);
    frame->at = (const term *)term_stack_pop(&encoder->stack);
    frame->left = term_stack_pop(&encoder->stack);
    frame->kind = (int)term_stack_pop(&encoder->stack);
}

// Goes on with a child of a large map's node: a leaf is a cell, whose two words are key and value.
static void enter_child(struct encoder *encoder, term child) {
    if (is_list(child))
        enter(encoder, (struct frame){FRAME_WORDS, 2, list_cell(child), NULL});
    else
        enter(encoder, (struct frame){FRAME_NODES, header_size(*boxed(child)), boxed(child) + 1, NULL});
}

static term next_in_cells(struct frame *frame) {
    const term *cell = frame->at;
    if (is_list(cell[1]))
        frame->at = list_cell(cell[1]);
    else
        *frame = (struct frame){FRAME_WORDS, 1, cell + 1, NULL};
    return cell[0];
}

static term next_in_pairs(struct frame *frame) {
    const term *at = frame->at;
    frame->at = frame->other;
    frame->other = at + 1;
    return *at;
}

// The next value to write; false when all is written.
static bool next_value(struct encoder *encoder, term *value) {
    struct frame *frame = &encoder->frame;
    for (;;) {
        if (frame->kind == FRAME_CELLS) {
            *value = next_in_cells(frame);
            return true;
        }
        if (frame->kind == FRAME_FUN) {
            if (encoder->bytes)
                store(encoder->bytes + frame->left, encoder->size - frame->left, 4);
            encoder->funs--;
        } else if (frame->kind == FRAME_FREE) {
            sys_free((void *)frame->at);
            encoder->owned--;
        } else if (frame->left > 0) {
            frame->left--;
            if (frame->kind == FRAME_NODES) {
                enter_child(encoder, *frame->at++);
                continue;
            }
            *value = frame->kind == FRAME_PAIRS ? next_in_pairs(frame) : *frame->at++;
            return true;
        }
        if (encoder->stack.count == 0)
            return false;
        leave(encoder);
    }
}

// ---- leaves -------------------------------------------------------------------------------------------------------

static void put_latin1(struct encoder *encoder, struct atom_text text) {
    put_tagged(encoder, EXT_ATOM, text.characters, 2);
    uint8_t *to = put_room(encoder, text.characters);
    for (size_t i = 0; to && i < text.size; to++) {
        uint8_t byte = text.bytes[i++];
        *to = byte < 0x80 ? byte : (uint8_t)(byte << 6 | (text.bytes[i++] & 0x3f));
    }
}

// The atom's index among the message's atoms; EXT_ATOMS_MAX when there is no room for it.
static unsigned atom_number(struct ext_atoms *atoms, term atom) {
    for (uint32_t at = atom_index(atom) * 0x9e3779b1u >> 23;; at = (at + 1) % EXT_ATOM_SLOTS) {
        unsigned slot = atoms->slots[at];
        if (slot && atoms->atoms[slot - 1] == atom)
            return slot - 1;
        if (slot)
            continue;
        if (atoms->count < EXT_ATOMS_MAX) {
            atoms->atoms[atoms->count] = atom;
            atoms->slots[at] = (uint16_t)++atoms->count;
            return atoms->count - 1;
        }
        return EXT_ATOMS_MAX;
    }
}

static void put_atom(struct encoder *encoder, term atom) {
    unsigned number = encoder->options->atoms ? atom_number(encoder->options->atoms, atom) : EXT_ATOMS_MAX;
    if (number < EXT_ATOMS_MAX) {
        put_tagged(encoder, EXT_ATOM_CACHE_REF, number, 1);
        return;
    }
    struct atom_text text = atom_text(atom);
    if (encoder->options->minor_version < 2 && text.latin1) {
        put_latin1(encoder, text);
        return;
    }
    if (text.size < 256)
        put_tagged(encoder, EXT_SMALL_ATOM_UTF8, text.size, 1);
    else
        put_tagged(encoder, EXT_ATOM_UTF8, text.size, 2);
    put_bytes(encoder, text.bytes, text.size);
}

static void put_small(struct encoder *encoder, int64_t value) {
    if (value >= 0 && value < 256) {
        put_tagged(encoder, EXT_SMALL_INTEGER, (uint64_t)value, 1);
    } else if (value == (int32_t)value) {
        put_tagged(encoder, EXT_INTEGER, (uint32_t)value, 4);
    } else {
        uint64_t magnitude = value < 0 ? -(uint64_t)value : (uint64_t)value;
        unsigned size = (unsigned)(71 - __builtin_clzll(magnitude)) / 8;
        put_tagged(encoder, EXT_SMALL_BIG, size, 1);
        put(encoder, value < 0, 1);
        for (; magnitude > 0; magnitude >>= 8)
            put(encoder, magnitude & 0xff, 1);
    }
}

static void put_bignum(struct encoder *encoder, term integer) {
    size_t size = integer_magnitude_size(integer);
    if (size < 256)
        put_tagged(encoder, EXT_SMALL_BIG, size, 1);
    else
        put_tagged(encoder, EXT_LARGE_BIG, size, 4);
    put(encoder, integer_is_negative(integer), 1);
    uint8_t *to = put_room(encoder, size);
    if (to)
        integer_magnitude(integer, to);
}

static void put_float(struct encoder *encoder, double value) {
    if (encoder->options->minor_version == 0) {
        char text[EXT_FLOAT_TEXT + 1] = {0};
        snprintf(text, sizeof text, "%.20e", value);
        put(encoder, EXT_FLOAT, 1);
        put_bytes(encoder, text, EXT_FLOAT_TEXT);
        return;
    }
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    put_tagged(encoder, EXT_NEW_FLOAT, bits, 8);
}

// Whether the bytes stay where they are. Those in a fun count for its size: they are copied.
static bool leave_out(struct encoder *encoder, term bitstring, struct bits bits) {
    struct ext_parts *parts = encoder->options->parts;
    size_t size = bits.size / 8;
    if (!parts || size < EXT_PART_MIN || (bits.size | bits.offset) & 7 || encoder->funs > 0)
        return false;
    assert_debug(is_kind(bitstring, KIND_SLICE)); // so large as it is
    struct shared_binary *shared = ((struct off_heap *)boxed(bitstring))->shared;
    if (parts->list)
        parts->list[parts->count] = (struct ext_part){encoder->size, shared, bits.bytes + bits.offset / 8, size};
    parts->count++;
    parts->size += size;
    return true;
}

static void put_bitstring(struct encoder *encoder, term bitstring) {
    struct bits bits = bitstring_bits(bitstring);
    size_t size = (bits.size + 7) / 8;
    unsigned last = bits.size & 7;
    put_tagged(encoder, last ? EXT_BIT_BINARY : EXT_BINARY, size, 4);
    if (leave_out(encoder, bitstring, bits))
        return;
    if (last)
        put(encoder, last, 1);
    uint8_t *to = put_room(encoder, size);
    encoder->cost += (uint32_t)(size / 64);
    if (to && size > 0) {
        to[size - 1] = 0; // the bits behind the last
        bits_copy(to, 0, bits);
    }
}

// The pid with that payload (see IMMEDIATE_PID in term.h), or of another node.
static void put_pid(struct encoder *encoder, term pid) {
    put(encoder, EXT_NEW_PID, 1);
    if (is_local_pid(pid)) {
        uint64_t payload = immediate_payload(pid);
        put_atom(encoder, encoder->node);
        put(encoder, payload & 0x7fff, 4);
        put(encoder, payload >> 15, 4);
        put(encoder, encoder->creation, 4);
    } else {
        const term *words = boxed(pid);
        put_atom(encoder, words[1]);
        put(encoder, (uint64_t)small_value(words[3]), 4);
        put(encoder, (uint64_t)small_value(words[4]), 4);
        put(encoder, (uint64_t)small_value(words[2]), 4);
    }
}

#define PORT_NUMBER_BITS_OLD 28 // wider ones need the newer tag

static void put_port(struct encoder *encoder, term port) {
    bool is_local = is_local_port(port);
    uint64_t number = is_local ? immediate_payload(port) : (uint64_t)small_value(boxed(port)[3]);
    bool is_wide = number >> PORT_NUMBER_BITS_OLD && encoder->options->flags & EXT_FLAG_V4_NC;
    put(encoder, is_wide ? EXT_V4_PORT : EXT_NEW_PORT, 1);
    put_atom(encoder, is_local ? encoder->node : boxed(port)[1]);
    put(encoder, number, is_wide ? 8 : 4);
    put(encoder, is_local ? encoder->creation : (uint64_t)small_value(boxed(port)[2]), 4);
}

static void put_reference(struct encoder *encoder, term reference) {
    const term *words = boxed(reference);
    if (header_kind(words[0]) == KIND_EXTERNAL_REFERENCE) {
        size_t count = header_size(words[0]) - 2;
        put_tagged(encoder, EXT_NEWER_REFERENCE, count, 2);
        put_atom(encoder, words[1]);
        put(encoder, (uint64_t)small_value(words[2]), 4);
        for (size_t i = 0; i < count; i++)
            put(encoder, (uint64_t)small_value(words[3 + i]), 4);
        return;
    }
    const term *ids = words + (header_kind(words[0]) == KIND_REFERENCE ? 1 : 3);
    put_tagged(encoder, EXT_NEWER_REFERENCE, 3, 2);
    put_atom(encoder, encoder->node);
    put(encoder, encoder->creation, 4);
    put(encoder, ids[0] & 0xffffffff, 4);
    put(encoder, ids[0] >> 32, 4);
    put(encoder, ids[1], 4);
}

static void put_export(struct encoder *encoder, term fun) {
    const struct export *export = fun_export(fun);
    put(encoder, EXT_EXPORT, 1);
    put_atom(encoder, export->module);
    put_atom(encoder, export->function);
    put_small(encoder, export->arity);
}

// ---- containers ---------------------------------------------------------------------------------------------------

static void put_fun(struct encoder *encoder, term fun) {
    const struct lambda *lambda = fun_lambda(fun);
    const term *words = boxed(fun);
    put(encoder, EXT_NEW_FUN, 1);
    size_t size_offset = encoder->size;
    put(encoder, 0, 4);
    put(encoder, lambda->arity, 1);
    put_bytes(encoder, lambda->uniq, sizeof lambda->uniq);
    put(encoder, lambda->index, 4);
    put(encoder, header_size(words[0]) - 2, 4);
    put_atom(encoder, lambda->module);
    put_small(encoder, lambda->index); // the old index: compilers make both the same
    if (encoder->options->estimates && lambda->index <= UINT8_MAX)
        encoder->size += 3; // OTP reckons with an INTEGER_EXT
    put_small(encoder, lambda->old_uniq);
    put_pid(encoder, words[2]);
    encoder->funs++;
    enter(encoder, (struct frame){FRAME_FUN, size_offset, NULL, NULL});
    enter(encoder, (struct frame){FRAME_WORDS, header_size(words[0]) - 2, words + 3, NULL});
}

static void put_tuple(struct encoder *encoder, term tuple) {
    size_t arity = tuple_arity(tuple);
    if (arity < 256)
        put_tagged(encoder, EXT_SMALL_TUPLE, arity, 1);
    else
        put_tagged(encoder, EXT_LARGE_TUPLE, arity, 4);
    enter(encoder, (struct frame){FRAME_WORDS, arity, boxed(tuple) + 1, NULL});
}

#define STRING_SIZE_MAX 65535

static void put_list(struct encoder *encoder, term list) {
    size_t length = 0;
    bool is_string = true;
    term rest = list;
    for (; is_list(rest); rest = list_tail(rest), length++)
        is_string = is_string && is_small(list_head(rest)) && list_head(rest) <= SMALL(255);
    encoder->cost += (uint32_t)(length / 8);
    if (!is_string || !is_nil(rest) || length > STRING_SIZE_MAX) {
        put_tagged(encoder, EXT_LIST, length, 4);
        enter(encoder, (struct frame){FRAME_CELLS, 0, list_cell(list), NULL});
        return;
    }
    put_tagged(encoder, EXT_STRING, length, 2);
    uint8_t *to = put_room(encoder, length);
    for (rest = list; to && is_list(rest); rest = list_tail(rest))
        *to++ = (uint8_t)small_value(list_head(rest));
}

static int compare_pairs(const void *a, const void *b) {
    return term_compare_exact(*(const term *)a, *(const term *)b);
}

static void put_sorted_pairs(struct encoder *encoder, term map) {
    size_t size = map_size(map), count = 0;
    term *pairs = sys_alloc(2 * size * sizeof(term));
    for (struct map_iterator iterator = map_iterate(map); map_next(&iterator); count += 2) {
        pairs[count] = iterator.key;
        pairs[count + 1] = iterator.value;
    }
    qsort(pairs, size, 2 * sizeof(term), compare_pairs);
    encoder->owned++;
    enter(encoder, (struct frame){FRAME_FREE, 0, pairs, NULL});
    enter(encoder, (struct frame){FRAME_WORDS, count, pairs, NULL});
}

static void put_map(struct encoder *encoder, term map) {
    put_tagged(encoder, EXT_MAP, map_size(map), 4);
    const term *words = boxed(map);
    if (map_is_small(map))
        enter(encoder, (struct frame){FRAME_PAIRS, 2 * map_size(map), boxed(words[1]) + 1, words + 2});
    else if (encoder->options->deterministic)
        put_sorted_pairs(encoder, map);
    else
        enter(encoder, (struct frame){FRAME_NODES, header_size(words[0]) - 1, words + 2, NULL});
}

// ---- any value ----------------------------------------------------------------------------------------------------

static void put_boxed(struct encoder *encoder, term value) {
    switch (header_kind(*boxed(value))) {
    case KIND_TUPLE:
        put_tuple(encoder, value);
        break;
    case KIND_MAP:
    case KIND_MAP_ROOT:
        put_map(encoder, value);
        break;
    case KIND_FUN:
        put_fun(encoder, value);
        break;
    case KIND_EXPORT:
        put_export(encoder, value);
        break;
    case KIND_EXTERNAL_PID:
        put_pid(encoder, value);
        break;
    case KIND_EXTERNAL_PORT:
        put_port(encoder, value);
        break;
    case KIND_EXTERNAL_REFERENCE:
    case KIND_REFERENCE:
    case KIND_MAGIC_REFERENCE:
        put_reference(encoder, value);
        break;
    case KIND_BIGNUM:
        put_bignum(encoder, value);
        break;
    case KIND_FLOAT:
        put_float(encoder, float_value(value));
        break;
    case KIND_BITSTRING:
    case KIND_SLICE:
        put_bitstring(encoder, value);
        break;
    case KIND_MAP_BRANCH:
    case KIND_MATCH_CONTEXT:
        sys_fatal("The external format has no form for a value of kind %d.", (int)header_kind(*boxed(value)));
    }
}

static void put_value(struct encoder *encoder, term value) {
    if (is_small(value))
        put_small(encoder, small_value(value));
    else if (is_atom(value))
        put_atom(encoder, value);
    else if (is_list(value))
        put_list(encoder, value);
    else if (is_boxed(value))
        put_boxed(encoder, value);
    else if (is_nil(value))
        put(encoder, EXT_NIL, 1);
    else if (is_flonum(value))
        put_float(encoder, flonum_value(value));
    else if (is_local_pid(value))
        put_pid(encoder, value);
    else if (is_local_port(value))
        put_port(encoder, value);
    else
        sys_fatal("The external format has no form for the word %#llx.", (unsigned long long)value);
}

#define COST_PER_REDUCTION 8

// Gives way only while no memory is held: a process that is killed meanwhile leaves nothing behind.
static void charge(struct encoder *encoder) {
    if (++encoder->cost < 100 * COST_PER_REDUCTION || encoder->owned > 0 ||
        encoder->stack.items != encoder->stack.place)
        return;
    work_charge(encoder->work, encoder->cost / COST_PER_REDUCTION);
    encoder->cost = 0;
}

// Writes the value, or counts. Returns the size.
static size_t run(struct encoder *encoder, term value) {
    encoder->frame = (struct frame){FRAME_WORDS, 1, &value, NULL};
    term_stack_begin(&encoder->stack);
    for (term next; next_value(encoder, &next);) {
        put_value(encoder, next);
        charge(encoder);
    }
    term_stack_end(&encoder->stack);
    return encoder->size;
}

// To write into `room` bytes; NULL to count.
static void begin(struct encoder *encoder, const struct ext_options *options, struct work *work, uint8_t *bytes,
                  size_t room) {
    encoder->bytes = bytes;
    encoder->size = 0;
    encoder->room = room;
    encoder->heap = NULL;
    encoder->binary = NONE;
    encoder->options = options;
    encoder->work = work;
    encoder->cost = 0;
    encoder->owned = 0;
    encoder->funs = 0;
    if (options->parts)
        options->parts->count = options->parts->size = 0;
    encoder->node = atomic_load(&vm.node_name);
    encoder->creation = atomic_load(&vm.creation);
}

size_t ext_encoded_size(term value, const struct ext_options *options, struct work *work) {
    struct encoder encoder;
    begin(&encoder, options, work, NULL, 0);
    return run(&encoder, value);
}

void ext_encode_to(uint8_t *bytes, size_t size, term value, const struct ext_options *options, struct work *work) {
    struct encoder encoder;
    begin(&encoder, options, work, bytes, size);
    size_t written = run(&encoder, value);
    assert_always(written == size);
}

void ext_encode(struct text *out, term value, const struct ext_options *options, struct work *work) {
    struct encoder encoder;
    begin(&encoder, options, work, NULL, 0);
    size_t size = run(&encoder, value);
    encoder.bytes = (uint8_t *)text_extend(out, size);
    encoder.size = 0;
    encoder.room = size;
    size_t written = run(&encoder, value);
    assert_always(written == size);
}

enum { SMALL_ENCODING = 512 };

term ext_encode_binary(struct heap *heap, term value, const struct ext_options *options, struct work *work) {
    struct encoder encoder;
    uint8_t first[SMALL_ENCODING];
    begin(&encoder, options, work, first, sizeof first);
    encoder.heap = heap;
    put(&encoder, EXT_VERSION, 1);
    size_t size = run(&encoder, value);
    term binary = encoder.binary;
    if (binary == NONE)
        binary = heap_binary(heap, first, size);
    else
        heap_binary_resize(heap, binary, size);
    return binary;
}
