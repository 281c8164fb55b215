// The instructions of the bit syntax.

#include "exec/bit_syntax.h"
#include "exec/emit.h"
#include "exec/operation.h"

#define UNSIGNED_MAX_BITS 60 // that surely are a small integer

// ---- operands -----------------------------------------------------------------------------------------------------

// A size is a value; the file may also have it as a bare number.
static struct operand size_operand(struct operand operand) {
    return operand.kind == OPERAND_UNSIGNED ? operand_term(SMALL(operand.value)) : operand;
}

static uint64_t known_flags(uint64_t flags) { // this machine's byte order is little
    return flags & FIELD_NATIVE ? flags | FIELD_LITTLE : flags;
}

static struct operand flags_operand(struct operand operand) {
    return operand_number(known_flags(operand.value));
}

static struct operand string_operand(const struct preparation *preparation, struct operand offset) {
    return operand_pointer(preparation->code->strings.bytes + offset.value);
}

// ---- matching -----------------------------------------------------------------------------------------------------

// label, context, live, size, unit, flags, destination
static void translate_get_integer(struct preparation *preparation, const struct operand *o) {
    struct operand size = size_operand(o[3]), flags = flags_operand(o[5]);
    uint64_t bits = UINT64_MAX;
    if (size.kind == OPERAND_TERM && !segment_bits(size.value, o[4].value, &bits))
        bits = UINT64_MAX;
    bool plain = !(flags.value & (FIELD_LITTLE | FIELD_SIGNED));
    bool little = !(flags.value & FIELD_SIGNED) && bits % 8 == 0 && bits > 0;
    if (bits == 8 && !(flags.value & FIELD_SIGNED) && o[1].kind != OPERAND_TERM)
        EMIT(preparation, bs_get_byte, o[0], o[1], o[6]);
    else if (bits <= UNSIGNED_MAX_BITS && plain)
        EMIT(preparation, bs_get_unsigned, o[0], o[1], operand_number(bits), o[6]);
    else if (bits <= UNSIGNED_MAX_BITS && little)
        EMIT(preparation, bs_get_little, o[0], o[1], operand_number(bits), o[6]);
    else
        EMIT(preparation, bs_get_integer, o[0], o[1], o[2], size, o[4], flags, o[6]);
}

static void translate_get_character(struct preparation *preparation, const struct generic_instruction *generic) {
    const struct operand *o = generic->operands;
    struct operand flags = flags_operand(o[3]);
    // What is skipped goes to a register that nobody reads.
    struct operand destination = generic->count > 4 ? o[4] : operand_x(X_REGISTERS - 1);
    if (generic->opcode == OPCODE_bs_get_utf8 || generic->opcode == OPCODE_bs_skip_utf8)
        EMIT(preparation, bs_get_utf8, o[0], o[1], destination, flags);
    else if (generic->opcode == OPCODE_bs_get_utf16 || generic->opcode == OPCODE_bs_skip_utf16)
        EMIT(preparation, bs_get_utf16, o[0], o[1], destination, flags);
    else
        EMIT(preparation, bs_get_utf32, o[0], o[1], destination, flags);
}

// label, or an atom that says that nothing can fail; live, source, destination
static void translate_start_match4(struct preparation *preparation, const struct operand *o) {
    struct operand label = o[0].kind == OPERAND_LABEL ? o[0] : operand_label(0);
    if (o[0].kind == OPERAND_TERM && o[0].value == ATOM_resume)
        EMIT(preparation, move, o[2], o[3]);
    else
        EMIT(preparation, bs_start_match, label, o[2], o[1], o[3]);
}

static bool translate_matching(struct preparation *preparation, const struct generic_instruction *generic) {
    const struct operand *o = generic->operands;
    switch (generic->opcode) {
    case OPCODE_bs_start_match3:
        EMIT(preparation, bs_start_match, o[0], o[1], o[2], o[3]);
        return true;
    case OPCODE_bs_start_match4:
        translate_start_match4(preparation, o);
        return true;
    case OPCODE_bs_get_integer2:
        translate_get_integer(preparation, o);
        return true;
    case OPCODE_bs_get_float2:
        EMIT(preparation, bs_get_float, o[0], o[1], o[2], size_operand(o[3]), o[4], flags_operand(o[5]), o[6]);
        return true;
    case OPCODE_bs_get_binary2:
        EMIT(preparation, bs_get_binary, o[0], o[1], o[2], size_operand(o[3]), o[4], o[6]);
        return true;
    case OPCODE_bs_skip_bits2:
        EMIT(preparation, bs_skip_bits, o[0], o[1], size_operand(o[2]), o[3]);
        return true;
    case OPCODE_bs_test_tail2:
        EMIT(preparation, bs_test_tail, o[0], o[1], o[2]);
        return true;
    case OPCODE_bs_test_unit:
        EMIT(preparation, bs_test_unit, o[0], o[1], o[2]);
        return true;
    case OPCODE_bs_match_string:
        EMIT(preparation, bs_match_string, o[0], o[1], o[2], string_operand(preparation, o[3]));
        return true;
    case OPCODE_bs_get_tail:
        EMIT(preparation, bs_get_tail, o[0], o[1], o[2]);
        return true;
    case OPCODE_bs_get_position:
        EMIT(preparation, bs_get_position, o[0], o[1]);
        return true;
    case OPCODE_bs_set_position:
        EMIT(preparation, bs_set_position, o[0], o[1]);
        return true;
    case OPCODE_bs_get_utf8:
    case OPCODE_bs_get_utf16:
    case OPCODE_bs_get_utf32:
    case OPCODE_bs_skip_utf8:
    case OPCODE_bs_skip_utf16:
    case OPCODE_bs_skip_utf32:
        translate_get_character(preparation, generic);
        return true;
    default:
        return false;
    }
}

// ---- building -----------------------------------------------------------------------------------------------------

static enum segment_kind segment_kind(term type) {
    return type == ATOM_integer          ? SEGMENT_INTEGER
           : type == ATOM_float          ? SEGMENT_FLOAT
           : type == ATOM_string         ? SEGMENT_STRING
           : type == ATOM_utf8           ? SEGMENT_UTF8
           : type == ATOM_utf16          ? SEGMENT_UTF16
           : type == ATOM_utf32          ? SEGMENT_UTF32
           : type == ATOM_append         ? SEGMENT_APPEND
           : type == ATOM_private_append ? SEGMENT_APPEND
                                         : SEGMENT_BINARY;
}

// A list of atoms.
static uint64_t listed_flags(term list) {
    uint64_t flags = 0;
    for (; is_list(list); list = list_tail(list)) {
        term flag = list_head(list);
        flags |= flag == ATOM_little ? FIELD_LITTLE : flag == ATOM_signed ? FIELD_SIGNED : 0;
        flags |= flag == ATOM_native ? FIELD_NATIVE : 0;
    }
    return known_flags(flags);
}

// A size that the code gives as a number, if it is one that a segment's word has room for.
static void fix_size(struct operand size, uint64_t *unit, uint64_t *flags) {
    uint64_t bits;
    if (size.kind == OPERAND_TERM && segment_bits(size.value, *unit, &bits) && bits <= UINT16_MAX) {
        *unit = bits;
        *flags |= FIELD_FIXED;
    }
}

// In the file a segment is type, number, unit, flags, source, size.
#define SEGMENT_OPERANDS 6

static void emit_segment(struct preparation *preparation, const struct operand *o) {
    enum segment_kind kind = segment_kind(o[0].value);
    uint64_t number = o[1].kind == OPERAND_TERM ? (uint64_t)small_value(o[1].value) : o[1].value;
    uint64_t unit = o[2].kind == OPERAND_TERM ? (uint64_t)small_value(o[2].value) : o[2].value;
    uint64_t flags = listed_flags(o[3].value);
    struct operand size = size_operand(o[5]);
    if (kind == SEGMENT_INTEGER || kind == SEGMENT_FLOAT)
        fix_size(size, &unit, &flags);
    emit_word(preparation, kind | (unit & 0xffff) << 8 | flags << 24 | number << 32);
    if (kind == SEGMENT_STRING) {
        struct operand offset = o[4];
        if (offset.kind == OPERAND_TERM)
            offset.value = (uint64_t)small_value(offset.value);
        emit_word(preparation, string_operand(preparation, offset).value);
    } else {
        emit_source(preparation, &o[4]);
    }
    emit_source(preparation, &size);
}

// label, heap words, live, unit, destination, segments
static void translate_create_bin(struct preparation *preparation, const struct generic_instruction *generic) {
    const struct operand *o = generic->operands;
    uint32_t count = generic->list_count / SEGMENT_OPERANDS;
    EMIT(preparation, bs_create_bin, o[0], o[1], o[2], o[3], o[4], operand_number(count));
    for (uint32_t i = 0; i < count; i++)
        emit_segment(preparation, generic->list + i * SEGMENT_OPERANDS);
}

static void emit_put(struct preparation *preparation, enum segment_kind kind, struct operand label, struct operand size,
                     struct operand unit, struct operand flags, struct operand source) {
    EMIT(preparation, bs_put, label, operand_number(kind), unit, flags_operand(flags), size_operand(size), source);
}

static bool translate_put(struct preparation *preparation, const struct generic_instruction *generic) {
    const struct operand *o = generic->operands;
    struct operand none = operand_term(NIL), one = operand_number(1);
    switch (generic->opcode) {
    case OPCODE_bs_put_integer:
        emit_put(preparation, SEGMENT_INTEGER, o[0], o[1], o[2], o[3], o[4]);
        return true;
    case OPCODE_bs_put_float:
        emit_put(preparation, SEGMENT_FLOAT, o[0], o[1], o[2], o[3], o[4]);
        return true;
    case OPCODE_bs_put_binary:
        emit_put(preparation, SEGMENT_BINARY, o[0], o[1], o[2], o[3], o[4]);
        return true;
    case OPCODE_bs_put_utf8:
        emit_put(preparation, SEGMENT_UTF8, o[0], none, one, o[1], o[2]);
        return true;
    case OPCODE_bs_put_utf16:
        emit_put(preparation, SEGMENT_UTF16, o[0], none, one, o[1], o[2]);
        return true;
    case OPCODE_bs_put_utf32:
        emit_put(preparation, SEGMENT_UTF32, o[0], none, one, o[1], o[2]);
        return true;
    case OPCODE_bs_put_string:
        EMIT(preparation, bs_put_string, o[0], string_operand(preparation, o[1]));
        return true;
    default:
        return false;
    }
}

static bool translate_building(struct preparation *preparation, const struct generic_instruction *generic) {
    const struct operand *o = generic->operands;
    struct operand no_words = operand_number(0);
    switch (generic->opcode) {
    case OPCODE_bs_create_bin:
        translate_create_bin(preparation, generic);
        return true;
    case OPCODE_bs_init2:
        EMIT(preparation, bs_init, o[0], size_operand(o[1]), operand_number(8), o[2], o[3], o[5]);
        return true;
    case OPCODE_bs_init_bits:
        EMIT(preparation, bs_init, o[0], size_operand(o[1]), operand_number(1), o[2], o[3], o[5]);
        return true;
    case OPCODE_bs_append:
        EMIT(preparation, bs_append, o[0], size_operand(o[1]), operand_number(1), o[2], o[3], o[4], o[5], o[7]);
        return true;
    case OPCODE_bs_private_append:
        EMIT(preparation, bs_append, o[0], size_operand(o[1]), operand_number(1), no_words,
             operand_number(EXEC_LIVE_UNKNOWN), o[2], o[3], o[5]);
        return true;
    case OPCODE_bs_init_writable:
        EMIT_BARE(preparation, bs_init_writable);
        return true;
    case OPCODE_bs_add:
        EMIT(preparation, bs_add, o[0], o[1], o[2], o[3], o[4]);
        return true;
    case OPCODE_bs_utf8_size:
        EMIT(preparation, bs_utf8_size, o[1], o[2]);
        return true;
    case OPCODE_bs_utf16_size:
        EMIT(preparation, bs_utf16_size, o[1], o[2]);
        return true;
    default:
        return false;
    }
}

bool translate_bits(struct preparation *preparation, const struct generic_instruction *generic) {
    return translate_matching(preparation, generic) || translate_building(preparation, generic) ||
           translate_put(preparation, generic);
}
