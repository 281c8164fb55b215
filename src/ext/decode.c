// From bytes to values.
//
// Bytes come from anywhere, so nothing they say is believed before it is checked. One rule keeps memory in proportion
// to the bytes: each value takes at least one, so the values still owed (by all the tuples, lists and maps that have
// begun) may never be more than the bytes that are left.
//
// Values are built where they will stay: a tuple's words are allocated when its header is read, and filled as the
// elements come. What remains to be filled is kept as frames on a stack of its own, so that nesting costs no C stack.

#include <math.h>

#include "ext/decode.h"
#include "ext/ext.h"
#include "ext/tag.h"
#include "term/atom.h"
#include "term/compare.h"
#include "term/fun.h"
#include "term/map.h"
#include "term/number.h"
#include "term/stack.h"
#include "vm.h"

// What remains to be filled of a value that has begun.
struct frame {
    enum {
        FRAME_WORDS,     // `left` words from `at` on
        FRAME_HEADS,     // the heads of `left` cells from `at` on
        FRAME_PAIRS,     // `left` words, by turns from `at` and from `other`: keys and values
        FRAME_SMALL_MAP, // nothing, but the order of the keys is to be checked: `at` is the map
        FRAME_LARGE_MAP, // nothing, but the map is to be made from `left` pairs at `other`, and put at `at`
    } kind;
    size_t left;
    term *at, *other;
};
#define FRAME_FIELDS 4

struct decoder {
    const uint8_t *at, *end;
    struct heap *heap;
    struct work *work;
    const struct ext_reader *reader;
    term node; // of this VM when the decoding began
    uint32_t creation;
    uint32_t cost; // since the last charge
    size_t owed;
    struct frame frame; // being filled; the ones around it are on the stack
    struct term_stack stack;
};

// ---- bytes --------------------------------------------------------------------------------------------------------

static bool has(const struct decoder *decoder, size_t size) {
    return (size_t)(decoder->end - decoder->at) >= size;
}

static uint64_t take(struct decoder *decoder, unsigned size) { // the caller has checked that they are there
    uint64_t value = 0;
    for (unsigned i = 0; i < size; i++)
        value = value << 8 | *decoder->at++;
    return value;
}

static const uint8_t *take_bytes(struct decoder *decoder, size_t size) {
    const uint8_t *bytes = decoder->at;
    decoder->at += size;
    return bytes;
}

// A number of `size` bytes; false when there are not so many left.
static bool read_number(struct decoder *decoder, unsigned size, uint64_t *value) {
    if (!has(decoder, size))
        return false;
    *value = take(decoder, size);
    return true;
}

// ---- frames -------------------------------------------------------------------------------------------------------

static void enter(struct decoder *decoder, struct frame frame) {
    struct frame *outer = &decoder->frame;
    if (outer->left > 0 || outer->kind >= FRAME_SMALL_MAP) {
        term_stack_reserve(&decoder->stack, FRAME_FIELDS);
        term_stack_push(&decoder->stack, (term)outer->kind);
        term_stack_push(&decoder->stack, outer->left);
        term_stack_push(&decoder->stack, (term)outer->at);
        term_stack_push(&decoder->stack, (term)outer->other);
    }
    *outer = frame;
}

static void leave(struct decoder *decoder) {
    struct frame *frame = &decoder->frame;
    frame->other = (term *)term_stack_pop(&decoder->stack);
    frame->at = (term *)term_stack_pop(&decoder->stack);
    frame->left = term_stack_pop(&decoder->stack);
    frame->kind = (int)term_stack_pop(&decoder->stack);
}

// Keys usually come in order, for that is how they are written.
static bool sort_small_map(term *map) {
    size_t size = header_size(map[0]) - 1;
    term *keys = boxed(map[1]) + 1, *values = map + 2;
    for (size_t i = 1; i < size; i++) {
        term key = keys[i], value = values[i];
        size_t place = i;
        int order = 1;
        while (place > 0 && (order = term_compare_exact(key, keys[place - 1])) < 0) {
            keys[place] = keys[place - 1];
            values[place] = values[place - 1];
            place--;
        }
        if (order == 0)
            return false;
        keys[place] = key;
        values[place] = value;
    }
    return true;
}

static bool make_large_map(struct heap *heap, const struct frame *frame) {
    *frame->at = map_from_pairs(heap, frame->other, frame->left);
    return map_size(*frame->at) == frame->left;
}

enum step { STEP_SLOT, STEP_DONE, STEP_MALFORMED };

// The word where the next value goes.
static enum step next_slot(struct decoder *decoder, term **slot) {
    struct frame *frame = &decoder->frame;
    for (;;) {
        if (frame->kind == FRAME_SMALL_MAP) {
            if (!sort_small_map(frame->at))
                return STEP_MALFORMED;
        } else if (frame->kind == FRAME_LARGE_MAP) {
            if (!make_large_map(decoder->heap, frame))
                return STEP_MALFORMED;
        } else if (frame->left > 0) {
            frame->left--;
            *slot = frame->at;
            if (frame->kind == FRAME_PAIRS) {
                frame->at = frame->other;
                frame->other = *slot + 1;
            } else {
                frame->at += frame->kind == FRAME_HEADS ? 2 : 1;
            }
            return STEP_SLOT;
        }
        if (decoder->stack.count == 0)
            return STEP_DONE;
        leave(decoder);
    }
}

// Whether so many more values can follow at all.
static bool owe(struct decoder *decoder, uint64_t count) {
    size_t left = (size_t)(decoder->end - decoder->at);
    if (decoder->owed > left || count > left - decoder->owed)
        return false;
    decoder->owed += count;
    return true;
}

// ---- atoms --------------------------------------------------------------------------------------------------------

static term atom_latin1(const struct decoder *decoder, const uint8_t *bytes, size_t size) {
    if (!decoder->reader->safe)
        return atom_from_latin1(bytes, size);
    uint8_t utf8[2 * ATOM_CHARACTERS_MAX];
    if (size > ATOM_CHARACTERS_MAX)
        return NONE;
    size_t length = 0;
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] >= 0x80)
            utf8[length++] = (uint8_t)(0xc0 | bytes[i] >> 6);
        utf8[length++] = bytes[i] >= 0x80 ? (0x80 | (bytes[i] & 0x3f)) : bytes[i];
    }
    return atom_existing_utf8(utf8, length);
}

static term atom_utf8(const struct decoder *decoder, const uint8_t *bytes, size_t size) {
    return decoder->reader->safe ? atom_existing_utf8(bytes, size) : atom_from_utf8(bytes, size);
}

// The atom whose tag was read; NONE when it is none.
static term read_atom_body(struct decoder *decoder, unsigned tag) {
    uint64_t size;
    switch (tag) {
    case EXT_ATOM:
    case EXT_ATOM_UTF8:
    case EXT_SMALL_ATOM:
    case EXT_SMALL_ATOM_UTF8:
        if (!read_number(decoder, tag == EXT_ATOM || tag == EXT_ATOM_UTF8 ? 2 : 1, &size) || !has(decoder, size))
            return NONE;
        if (tag == EXT_ATOM || tag == EXT_SMALL_ATOM)
            return atom_latin1(decoder, take_bytes(decoder, size), size);
        return atom_utf8(decoder, take_bytes(decoder, size), size);
    case EXT_ATOM_CACHE_REF:
        if (!read_number(decoder, 1, &size) || size >= decoder->reader->atom_count)
            return NONE;
        return decoder->reader->atoms[size];
    default:
        return NONE;
    }
}

static term read_atom(struct decoder *decoder) {
    return has(decoder, 1) ? read_atom_body(decoder, (unsigned)take(decoder, 1)) : NONE;
}

// ---- pids, ports, references --------------------------------------------------------------------------------------

// Creation 0 means any: it comes from before a node knew its own.
static bool is_local(const struct decoder *decoder, term node, uint64_t creation) {
    return node == decoder->node && (creation == decoder->creation || creation == 0);
}

static term read_pid_body(struct decoder *decoder, unsigned tag) {
    unsigned creation_size = tag == EXT_PID ? 1 : 4;
    term node = read_atom(decoder);
    if (node == NONE || !has(decoder, 8 + creation_size))
        return NONE;
    uint64_t id = take(decoder, 4), serial = take(decoder, 4), creation = take(decoder, creation_size);
    if (is_local(decoder, node, creation))
        return id >> 15 || serial >> 13 ? NONE : IMMEDIATE_WORD(IMMEDIATE_PID, serial << 15 | id);
    return heap_external(decoder->heap, KIND_EXTERNAL_PID, node, (uint32_t)creation, (uint64_t[]){id, serial}, 2);
}

static term read_pid(struct decoder *decoder) {
    if (!has(decoder, 1))
        return NONE;
    unsigned tag = (unsigned)take(decoder, 1);
    return tag == EXT_PID || tag == EXT_NEW_PID ? read_pid_body(decoder, tag) : NONE;
}

static term read_port_body(struct decoder *decoder, unsigned tag) {
    unsigned number_size = tag == EXT_V4_PORT ? 8 : 4, creation_size = tag == EXT_PORT ? 1 : 4;
    term node = read_atom(decoder);
    if (node == NONE || !has(decoder, number_size + creation_size))
        return NONE;
    uint64_t number = take(decoder, number_size), creation = take(decoder, creation_size);
    if (is_local(decoder, node, creation))
        return number >> 28 ? NONE : IMMEDIATE_WORD(IMMEDIATE_PORT, number);
    if (number > (uint64_t)SMALL_MAX)
        return NONE;
    return heap_external(decoder->heap, KIND_EXTERNAL_PORT, node, (uint32_t)creation, &number, 1);
}

#define REFERENCE_IDS_MAX 5
#define REFERENCE_IDS_LOCAL 3

static term read_reference_body(struct decoder *decoder, unsigned tag) {
    uint64_t count = 1;
    if (tag != EXT_REFERENCE && !read_number(decoder, 2, &count))
        return NONE;
    unsigned creation_size = tag == EXT_NEWER_REFERENCE ? 4 : 1;
    term node = read_atom(decoder);
    if (node == NONE || count > REFERENCE_IDS_MAX || !has(decoder, creation_size + 4 * count))
        return NONE;
    uint32_t ids[REFERENCE_IDS_MAX] = {};
    uint64_t creation = 0;
    if (tag == EXT_REFERENCE) { // the only one with the id first
        ids[0] = (uint32_t)take(decoder, 4);
        creation = take(decoder, 1);
    } else {
        creation = take(decoder, creation_size);
        for (unsigned i = 0; i < count; i++)
            ids[i] = (uint32_t)take(decoder, 4);
    }
    if (ids[0] >> 18)
        return NONE;
    if (count == 0) // OTP takes that for a zero
        count = 1;
    if (is_local(decoder, node, creation))
        return count > REFERENCE_IDS_LOCAL ? NONE : heap_reference_of(decoder->heap, ids);
    uint64_t numbers[REFERENCE_IDS_MAX];
    for (unsigned i = 0; i < count; i++)
        numbers[i] = ids[i];
    return heap_external(decoder->heap, KIND_EXTERNAL_REFERENCE, node, (uint32_t)creation, numbers, count);
}

// ---- numbers ------------------------------------------------------------------------------------------------------

static term read_big(struct decoder *decoder, unsigned size_bytes) {
    if (!has(decoder, size_bytes + 1))
        return NONE;
    uint64_t size = take(decoder, size_bytes), sign = take(decoder, 1);
    if (!has(decoder, size))
        return NONE;
    return integer_from_magnitude(decoder->heap, take_bytes(decoder, size), size, sign != 0);
}

static term read_float(struct decoder *decoder) {
    if (!has(decoder, 8))
        return NONE;
    uint64_t bits = take(decoder, 8);
    double value;
    memcpy(&value, &bits, 8);
    return isfinite(value) ? heap_float(decoder->heap, value) : NONE;
}

static term read_float_text(struct decoder *decoder) {
    if (!has(decoder, EXT_FLOAT_TEXT))
        return NONE;
    const char *text = (const char *)take_bytes(decoder, EXT_FLOAT_TEXT);
    double value;
    return float_parse(text, strnlen(text, EXT_FLOAT_TEXT), &value) ? heap_float(decoder->heap, value) : NONE;
}

// ---- bitstrings ---------------------------------------------------------------------------------------------------

#define SHARED_SIZE_MIN 4096 // below, a copy costs less than what the rest of the source holds

static bool may_share(const struct shared_binary *source, const uint8_t *bytes, size_t size) {
    return source && size >= SHARED_SIZE_MIN && size >= source->capacity / 2 && bytes >= source->bytes &&
           bytes + size <= source->bytes + source->capacity;
}

static term read_binary(struct decoder *decoder) {
    struct shared_binary *source = decoder->reader->source;
    uint64_t size;
    if (!read_number(decoder, 4, &size) || !has(decoder, size))
        return NONE;
    const uint8_t *bytes = take_bytes(decoder, size);
    if (may_share(source, bytes, size)) {
        shared_binary_retain(source);
        return heap_slice(decoder->heap, source, 8 * (size_t)(bytes - source->bytes), 8 * size);
    }
    decoder->cost += (uint32_t)(size / 64);
    return heap_binary(decoder->heap, bytes, size);
}

static term read_bit_binary(struct decoder *decoder) {
    if (!has(decoder, 5))
        return NONE;
    uint64_t size = take(decoder, 4), last = take(decoder, 1);
    if (!has(decoder, size) || last > 8 || (size == 0) != (last == 0))
        return NONE;
    uint8_t *bytes;
    term bitstring = heap_bitstring_new(decoder->heap, size ? (size - 1) * 8 + last : 0, &bytes);
    if (size > 0) {
        memcpy(bytes, take_bytes(decoder, size), size);
        bytes[size - 1] &= (uint8_t)(0xff00 >> last);
    }
    return bitstring;
}

// ---- funs ---------------------------------------------------------------------------------------------------------

static term read_export(struct decoder *decoder) {
    term module = read_atom(decoder), function = module == NONE ? NONE : read_atom(decoder);
    if (function == NONE || !has(decoder, 2))
        return NONE;
    unsigned tag = (unsigned)take(decoder, 1);
    unsigned size = tag == EXT_SMALL_INTEGER ? 1 : 4;
    if ((tag != EXT_SMALL_INTEGER && tag != EXT_INTEGER) || !has(decoder, size))
        return NONE;
    uint64_t arity = take(decoder, size);
    if (arity >> 31)
        return NONE;
    struct export *export =
        (decoder->reader->safe ? vm.hooks.export_find : vm.hooks.export_make)(module, function, (uint32_t)arity);
    if (!export)
        return NONE;
    term *words = heap_alloc(decoder->heap, 2);
    words[0] = HEADER(KIND_EXPORT, 0, 1);
    words[1] = (term) export;
    return boxed_make(words);
}

// An integer of up to 32 bits, as the two old fields of a fun are.
static bool read_old_number(struct decoder *decoder, uint32_t *number) {
    if (!has(decoder, 2))
        return false;
    unsigned tag = (unsigned)take(decoder, 1);
    uint64_t value;
    if (tag == EXT_SMALL_INTEGER) {
        if (!read_number(decoder, 1, &value))
            return false;
    } else if (tag == EXT_INTEGER) {
        if (!read_number(decoder, 4, &value))
            return false;
    } else if (tag == EXT_SMALL_BIG) { // above 2^31
        term integer = read_big(decoder, 1);
        if (integer == NONE || !integer_to_uint64(integer, &value) || value >> 32)
            return false;
    } else {
        return false;
    }
    *number = (uint32_t)value;
    return true;
}

static bool read_fun(struct decoder *decoder, term *slot) {
    if (!has(decoder, 4 + 1 + 16 + 4 + 4))
        return false;
    take(decoder, 4); // the size: what it counts says as much
    uint32_t arity = (uint32_t)take(decoder, 1);
    const uint8_t *uniq = take_bytes(decoder, 16);
    uint32_t index = (uint32_t)take(decoder, 4), free_count = (uint32_t)take(decoder, 4), old_index, old_uniq;
    term module = read_atom(decoder);
    if (module == NONE || !read_old_number(decoder, &old_index) || !read_old_number(decoder, &old_uniq))
        return false;
    term creator = read_pid(decoder);
    if (creator == NONE || !owe(decoder, free_count))
        return false;
    term *words = heap_alloc(decoder->heap, 3 + (size_t)free_count);
    words[0] = HEADER(KIND_FUN, arity, 2 + (size_t)free_count);
    words[1] = (term)vm.hooks.lambda_make(module, index, uniq, old_uniq, arity, free_count);
    words[2] = creator;
    *slot = boxed_make(words);
    enter(decoder, (struct frame){FRAME_WORDS, free_count, words + 3, NULL});
    return true;
}

// ---- containers ---------------------------------------------------------------------------------------------------

static bool read_tuple(struct decoder *decoder, term *slot, unsigned size_bytes) {
    uint64_t arity;
    if (!read_number(decoder, size_bytes, &arity) || !owe(decoder, arity))
        return false;
    term *words = heap_tuple(decoder->heap, arity);
    *slot = boxed_make(words);
    enter(decoder, (struct frame){FRAME_WORDS, arity, words + 1, NULL});
    return true;
}

static bool read_list(struct decoder *decoder, term *slot) {
    uint64_t length;
    if (!read_number(decoder, 4, &length) || !owe(decoder, length + 1))
        return false;
    if (length == 0) { // no cell: the tail is the value
        enter(decoder, (struct frame){FRAME_WORDS, 1, slot, NULL});
        return true;
    }
    term *cells = heap_alloc(decoder->heap, 2 * length);
    for (size_t i = 0; i + 1 < length; i++)
        cells[2 * i + 1] = list_make(cells + 2 * i + 2);
    *slot = list_make(cells);
    enter(decoder, (struct frame){FRAME_WORDS, 1, cells + 2 * length - 1, NULL});
    enter(decoder, (struct frame){FRAME_HEADS, length, cells, NULL});
    return true;
}

static term read_string(struct decoder *decoder) {
    uint64_t size;
    if (!read_number(decoder, 2, &size) || !has(decoder, size))
        return NONE;
    decoder->cost += (uint32_t)(size / 16);
    return heap_string(decoder->heap, (const char *)take_bytes(decoder, size), size);
}

static bool read_map(struct decoder *decoder, term *slot) {
    uint64_t size;
    if (!read_number(decoder, 4, &size) || !owe(decoder, 2 * size))
        return false;
    if (size == 0) {
        *slot = map_empty(decoder->heap);
        return true;
    }
    if (size <= MAP_SMALL_MAX) {
        term *keys = heap_tuple(decoder->heap, size), *map = heap_alloc(decoder->heap, 2 + size);
        map[0] = HEADER(KIND_MAP, 0, 1 + size);
        map[1] = boxed_make(keys);
        *slot = boxed_make(map);
        enter(decoder, (struct frame){FRAME_SMALL_MAP, 0, map, NULL});
        enter(decoder, (struct frame){FRAME_PAIRS, 2 * size, keys + 1, map + 2});
    } else { // the pairs become garbage on the heap: temporary memory would be lost if the process were killed
        term *pairs = heap_alloc(decoder->heap, 2 * size);
        *slot = NIL;
        enter(decoder, (struct frame){FRAME_LARGE_MAP, size, slot, pairs});
        enter(decoder, (struct frame){FRAME_WORDS, 2 * size, pairs, NULL});
    }
    return true;
}

// ---- any value ----------------------------------------------------------------------------------------------------

// A value without parts that are values; NONE when it is malformed or no such value.
static term read_leaf(struct decoder *decoder, unsigned tag) {
    uint64_t number;
    switch (tag) {
    case EXT_SMALL_INTEGER:
        return read_number(decoder, 1, &number) ? SMALL(number) : NONE;
    case EXT_INTEGER:
        return read_number(decoder, 4, &number) ? SMALL((int32_t)number) : NONE;
    case EXT_SMALL_BIG:
        return read_big(decoder, 1);
    case EXT_LARGE_BIG:
        return read_big(decoder, 4);
    case EXT_NEW_FLOAT:
        return read_float(decoder);
    case EXT_FLOAT:
        return read_float_text(decoder);
    case EXT_NIL:
        return NIL;
    case EXT_STRING:
        return read_string(decoder);
    case EXT_BINARY:
        return read_binary(decoder);
    case EXT_BIT_BINARY:
        return read_bit_binary(decoder);
    case EXT_PID:
    case EXT_NEW_PID:
        return read_pid_body(decoder, tag);
    case EXT_PORT:
    case EXT_NEW_PORT:
    case EXT_V4_PORT:
        return read_port_body(decoder, tag);
    case EXT_REFERENCE:
    case EXT_NEW_REFERENCE:
    case EXT_NEWER_REFERENCE:
        return read_reference_body(decoder, tag);
    case EXT_EXPORT:
        return read_export(decoder);
    default:
        return read_atom_body(decoder, tag);
    }
}

static bool read_value(struct decoder *decoder, term *slot) {
    if (!has(decoder, 1))
        return false;
    unsigned tag = (unsigned)take(decoder, 1);
    switch (tag) {
    case EXT_SMALL_TUPLE:
        return read_tuple(decoder, slot, 1);
    case EXT_LARGE_TUPLE:
        return read_tuple(decoder, slot, 4);
    case EXT_LIST:
        return read_list(decoder, slot);
    case EXT_MAP:
        return read_map(decoder, slot);
    case EXT_NEW_FUN:
        return read_fun(decoder, slot);
    default:
        *slot = read_leaf(decoder, tag);
        return *slot != NONE;
    }
}

#define COST_PER_REDUCTION 8

// Gives way only while the stack is in its first place: a process that is killed meanwhile leaves nothing behind.
static void charge(struct decoder *decoder) {
    if (++decoder->cost < 100 * COST_PER_REDUCTION || decoder->stack.items != decoder->stack.place)
        return;
    work_charge(decoder->work, decoder->cost / COST_PER_REDUCTION);
    decoder->cost = 0;
}

term ext_read(struct heap *heap, const struct ext_reader *reader, const uint8_t *bytes, size_t size, size_t *used,
              struct work *work) {
    term value = NONE, *slot;
    struct decoder decoder = {
        .at = bytes,
        .end = bytes + size,
        .heap = heap,
        .work = work,
        .reader = reader,
        .node = atomic_load(&vm.node_name),
        .creation = atomic_load(&vm.creation),
        .owed = 1,
        .frame = {FRAME_WORDS, 1, &value, NULL},
    };
    term_stack_begin(&decoder.stack);
    enum step step;
    while ((step = next_slot(&decoder, &slot)) == STEP_SLOT) {
        decoder.owed--;
        if (!read_value(&decoder, slot)) {
            step = STEP_MALFORMED;
            break;
        }
        charge(&decoder);
    }
    term_stack_end(&decoder.stack);
    *used = (size_t)(decoder.at - bytes);
    return step == STEP_DONE ? value : NONE;
}

term ext_decode(struct heap *heap, const uint8_t *bytes, size_t size, bool safe, size_t *used, struct work *work) {
    return ext_read(heap, &(struct ext_reader){.safe = safe}, bytes, size, used, work);
}
