// Building bitstrings from segments.

#include "exec/bit_syntax.h"

#include "exec/instruction.h"
#include "proc/raise.h"
#include "term/number.h"

struct segment {
    enum segment_kind kind;
    unsigned unit, flags, number;
    term source, size;
};

static struct segment segment_at(const word *words, term *x, term *stack) {
    struct segment segment = {
        .kind = words[0] & 0xff,
        .unit = (words[0] >> 8) & 0xffff,
        .flags = (words[0] >> 24) & 0xff,
        .number = (unsigned)(words[0] >> 32),
    };
    segment.source = segment.kind == SEGMENT_STRING ? words[1] : operand_read(x, stack, words[1]);
    segment.size = segment.flags & FIELD_FIXED ? NIL : operand_read(x, stack, words[2]);
    return segment;
}

// ---- errors: badarg, with a cause that erl_erts_errors turns into words -------------------------------------------

static term kind_atom(enum segment_kind kind) {
    static const term atoms[] = {ATOM_integer, ATOM_float, ATOM_binary, ATOM_string,
                                 ATOM_utf8,    ATOM_utf16, ATOM_utf32,  ATOM_binary};
    return atoms[kind];
}

static bool segment_failed(struct process *process, const struct segment *segment, term error, term value) {
    raise_error(process, error == ATOM_too_big ? ATOM_system_limit : ATOM_badarg);
    if (segment->number)
        process->exception_extra = heap_tuple_of(&process->heap, 4, SMALL(segment->number), kind_atom(segment->kind),
                                                 error == ATOM_too_big ? ATOM_size : error, value);
    return false;
}

// ---- sizes --------------------------------------------------------------------------------------------------------

// What the size does not depend on is looked at in turn with the writing, as on OTP: so the same one of several bad
// segments is named.

static bool size_failed(struct process *process, const struct segment *segment) {
    bool too_big = is_integer(segment->size) && !integer_is_negative(segment->size);
    return segment_failed(process, segment, too_big ? ATOM_too_big : ATOM_size, segment->size);
}

static bool measure_binary(struct process *process, const struct segment *segment, uint64_t *bits) {
    bool whole = segment->size == ATOM_all, is_binary = is_bitstring(segment->source);
    if (whole && !is_binary)
        return segment_failed(process, segment, ATOM_type, segment->source);
    if (!whole && !segment_bits(segment->size, segment->unit, bits))
        return size_failed(process, segment);
    uint64_t there = is_binary ? bitstring_size(segment->source) : 0;
    if (whole)
        *bits = there;
    else if (*bits > there) // check_binary will fail; no need for room
        *bits = 0;
    return true;
}

static bool check_binary(struct process *process, const struct segment *segment) {
    if (!is_bitstring(segment->source))
        return segment_failed(process, segment, ATOM_type, segment->source);
    uint64_t there = bitstring_size(segment->source), wanted;
    if (segment->size == ATOM_all)
        return is_multiple(there, segment->unit) || segment_failed(process, segment, ATOM_unit, segment->source);
    return (segment_bits(segment->size, segment->unit, &wanted) && wanted <= there) ||
           segment_failed(process, segment, ATOM_short, segment->source);
}

static bool check_character(struct process *process, const struct segment *segment) {
    return is_character(segment->source) || segment_failed(process, segment, ATOM_type, segment->source);
}

static bool measure_character(struct process *process, const struct segment *segment, uint64_t *bits) {
    *bits = 32;
    if (segment->kind == SEGMENT_UTF32)
        return check_character(process, segment);
    if (is_character(segment->source)) {
        uint32_t character = (uint32_t)small_value(segment->source);
        *bits = segment->kind == SEGMENT_UTF8 ? bits_utf8_size(character) : bits_utf16_size(character);
    }
    return true;
}

static bool measure_variable(struct process *process, const struct segment *segment, uint64_t *bits) {
    switch (segment->kind) {
    case SEGMENT_APPEND:
    case SEGMENT_BINARY:
        return measure_binary(process, segment, bits);
    case SEGMENT_UTF8:
    case SEGMENT_UTF16:
    case SEGMENT_UTF32:
        return measure_character(process, segment, bits);
    case SEGMENT_STRING:
        *bits = 8 * (uint64_t)small_value(segment->size);
        return true;
    default:
        return segment_bits(segment->size, segment->unit, bits) || size_failed(process, segment);
    }
}

static inline bool measure(struct process *process, const struct segment *segment, uint64_t *bits) {
    *bits = segment->unit;
    return segment->flags & FIELD_FIXED || measure_variable(process, segment, bits);
}

// ---- writing ------------------------------------------------------------------------------------------------------

static bool put_number(struct process *process, struct bits_builder *builder, const struct segment *segment,
                       uint64_t bits) {
    bool little = segment->flags & FIELD_LITTLE;
    if (segment->kind == SEGMENT_INTEGER) {
        if (!is_integer(segment->source))
            return segment_failed(process, segment, ATOM_type, segment->source);
        bits_put_integer(builder->bytes, builder->offset, segment->source, bits, little);
        return true;
    }
    if (!is_number(segment->source))
        return segment_failed(process, segment, ATOM_type, segment->source);
    if (bits_put_float(builder->bytes, builder->offset, segment->source, bits, little))
        return true;
    return bits == 16 || bits == 32 || bits == 64 ? segment_failed(process, segment, ATOM_no_float, segment->source)
                                                  : segment_failed(process, segment, ATOM_invalid, SMALL(bits));
}

static bool put(struct process *process, struct bits_builder *builder, const struct segment *segment, uint64_t bits) {
    uint8_t *to = builder->bytes;
    size_t offset = builder->offset;
    bool little = segment->flags & FIELD_LITTLE;
    switch (segment->kind) {
    case SEGMENT_INTEGER:
    case SEGMENT_FLOAT:
        if (!put_number(process, builder, segment, bits))
            return false;
        break;
    case SEGMENT_STRING:
        bits_copy(to, offset, bits_at((const uint8_t *)segment->source, 0, bits));
        break;
    case SEGMENT_UTF8:
        if (!check_character(process, segment))
            return false;
        bits_put_utf8(to, offset, (uint32_t)small_value(segment->source));
        break;
    case SEGMENT_UTF16:
        if (!check_character(process, segment))
            return false;
        bits_put_utf16(to, offset, (uint32_t)small_value(segment->source), little);
        break;
    case SEGMENT_UTF32:
        bits_put_utf32(to, offset, (uint32_t)small_value(segment->source), little);
        break;
    default:
        if (!check_binary(process, segment))
            return false;
        bits_copy(to, offset, bits_part(bitstring_bits(segment->source), 0, bits));
    }
    builder->offset += bits;
    return true;
}

// ---- the whole ----------------------------------------------------------------------------------------------------

// What most segments are is looked at first, without taking them apart.

static bool measure_at(struct process *process, const word *words, term *x, uint64_t *bits) {
    struct segment segment = segment_at(words, x, process->heap.stack);
    if (segment_has(words, FIELD_WHOLE) && is_bitstring(segment.source)) {
        *bits = bitstring_size(segment.source);
        return true;
    }
    return measure_variable(process, &segment, bits);
}

// As many segments as are small integers in whole bytes, as long as they begin at a byte. Returns their number.
static size_t put_small_integers(struct bits_builder *builder, const word *words, size_t count, term *x, term *stack) {
    if (builder->offset & 7)
        return 0;
    uint8_t *start = builder->bytes + (builder->offset >> 3), *to = start;
    size_t done = 0;
    for (; done < count && segment_has(words, FIELD_BYTES); done++, words += SEGMENT_WORDS) {
        term source = operand_read(x, stack, words[1]);
        if (!is_small(source))
            break;
        uint64_t bits = segment_fixed_bits(words), value = (uint64_t)small_value(source);
        bytes_put(to, segment_has(words, FIELD_LITTLE) ? value : __builtin_bswap64(value << (64 - bits)), bits >> 3);
        to += bits >> 3;
    }
    builder->offset += 8 * (size_t)(to - start);
    return done;
}

static bool put_all(struct process *process, struct bits_builder *builder, const word *segments, size_t count,
                    term *x) {
    term *stack = process->heap.stack;
    uint64_t bits;
    for (size_t i = 0; (i += put_small_integers(builder, segments + i * SEGMENT_WORDS, count - i, x, stack)) < count;
         i++) {
        struct segment segment = segment_at(segments + i * SEGMENT_WORDS, x, stack);
        measure(process, &segment, &bits);
        if (!put(process, builder, &segment, bits))
            return false;
    }
    return true;
}

// `added`: bits of the segments that follow it. As on OTP they were measured before it is looked at.
static term append(struct process *process, const word *words, term *x, uint64_t added, struct bits_builder *builder) {
    struct segment head = segment_at(words, x, process->heap.stack);
    if (!check_binary(process, &head))
        return NONE;
    if (bitstring_size(head.source) + added > BITS_MAX)
        return raise_system_limit(process);
    return bits_append(&process->heap, head.source, added, builder);
}

term bits_create(struct process *process, const struct bits_plan *plan, const word *segments, term *x) {
    bool appends = plan->count && (segments[0] & 0xff) == SEGMENT_APPEND;
    const word *others = segments + appends * SEGMENT_WORDS, *words = others;
    uint64_t total = plan->fixed_bits, bits = 0;
    for (size_t left = plan->variable - appends; left > 0; words += SEGMENT_WORDS) {
        if (segment_has(words, FIELD_FIXED))
            continue;
        if (!measure_at(process, words, x, &bits))
            return NONE;
        total += bits;
        if (total > BITS_MAX)
            return raise_system_limit(process);
        left--;
    }
    struct bits_builder builder;
    term result = appends ? append(process, segments, x, total, &builder) : bits_new(&process->heap, total, &builder);
    return result != NONE && put_all(process, &builder, others, plan->count - appends, x) ? result : NONE;
}

bool bits_put_segment(struct process *process, struct bits_builder *builder, enum segment_kind kind, uint64_t unit,
                      uint64_t flags, term size, term source) {
    struct segment segment = {kind, (unsigned)unit, (unsigned)flags, 0, source, size};
    uint64_t bits;
    if (!measure(process, &segment, &bits))
        return false;
    if (builder->offset + bits > builder->end) {
        raise_badarg(process);
        return false;
    }
    return put(process, builder, &segment, bits);
}
