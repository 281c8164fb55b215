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

// In bs_get_integer2: label, context, live, size, unit, flags, destination.
enum { INTEGER_CONTEXT = 1, INTEGER_SIZE = 3, INTEGER_UNIT, INTEGER_FLAGS, INTEGER_DESTINATION };

// UINT64_MAX when the size is not known.
static uint64_t integer_bits(const struct operand *o) {
    struct operand size = size_operand(o[INTEGER_SIZE]);
    uint64_t bits;
    bool is_known = size.kind == OPERAND_TERM && segment_bits(size.value, o[INTEGER_UNIT].value, &bits);
    return is_known ? bits : UINT64_MAX;
}

static bool is_byte(const struct operand *o) {
    return integer_bits(o) == 8 && !(known_flags(o[INTEGER_FLAGS].value) & FIELD_SIGNED) &&
           o[INTEGER_CONTEXT].kind != OPERAND_TERM;
}

static void translate_get_integer(struct preparation *preparation, const struct operand *o) {
    struct operand size = size_operand(o[INTEGER_SIZE]), flags = flags_operand(o[INTEGER_FLAGS]);
    uint64_t bits = integer_bits(o);
    bool plain = !(flags.value & (FIELD_LITTLE | FIELD_SIGNED));
    bool little = !(flags.value & FIELD_SIGNED) && bits % 8 == 0 && bits > 0;
    if (is_byte(o))
        EMIT(preparation, bs_get_byte, o[0], o[1], o[6]);
    else if (bits <= UNSIGNED_MAX_BITS && plain)
        EMIT(preparation, bs_get_unsigned, o[0], o[1], operand_number(bits), o[6]);
    else if (bits <= UNSIGNED_MAX_BITS && little)
        EMIT(preparation, bs_get_little, o[0], o[1], operand_number(bits), o[6]);
    else
        EMIT(preparation, bs_get_integer, o[0], o[1], o[2], size, o[4], flags, o[6]);
}

// The word of a field of bs_get_fields; 0 when the instruction is no such field.
static word field_word(const struct generic_instruction *generic, const struct operand *context) {
    const struct operand *o = generic->operands;
    if (generic->opcode != OPCODE_bs_get_integer2 || !operand_same(&o[INTEGER_CONTEXT], context))
        return 0;
    uint64_t flags = known_flags(o[INTEGER_FLAGS].value), bits = integer_bits(o);
    bool little = flags & FIELD_LITTLE;
    if (bits == 0 || bits > UNSIGNED_MAX_BITS || flags & FIELD_SIGNED || (little && bits % 8))
        return 0;
    const struct operand *to = &o[INTEGER_DESTINATION];
    word destination = to->kind == OPERAND_X ? OPERAND_X_REGISTER(to->value) : OPERAND_Y_REGISTER(to->value);
    return FIELD_WORD(destination, bits, little);
}

// The fields from sources[index] on that bs_get_fields can get at once: their number, and their bits together.
static uint32_t count_fields(const struct preparation *preparation, uint32_t index, uint64_t *bits) {
    const struct operand *context = &preparation->sources[index].generic.operands[INTEGER_CONTEXT];
    uint32_t at = index;
    *bits = 0;
    for (bool more = true; more && at < preparation->source_count; at++) {
        const struct generic_instruction *generic = &preparation->sources[at].generic;
        word field = field_word(generic, context);
        if (!field || *bits + field_bits(field) > 64)
            break;
        *bits += field_bits(field);
        more = !operand_same(&generic->operands[INTEGER_DESTINATION], context);
    }
    return at - index;
}

// A test of the unit of what is left right behind the fields goes with them.
static bool is_unit_test(const struct preparation *preparation, uint32_t index, const struct operand *context) {
    if (index >= preparation->source_count)
        return false;
    const struct generic_instruction *generic = &preparation->sources[index].generic;
    return generic->opcode == OPCODE_bs_test_unit && operand_same(&generic->operands[1], context) &&
           generic->operands[2].value == 8 &&
           !operand_same(&preparation->sources[index - 1].generic.operands[INTEGER_DESTINATION], context);
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
        if (o[2].value == 8)
            EMIT(preparation, bs_test_bytes, o[0], o[1]);
        else
            EMIT(preparation, bs_test_unit, o[0], o[1], o[2]);
        return true;
    case OPCODE_bs_match_string:
        EMIT(preparation, bs_match_string, o[0], o[1], o[2], string_operand(preparation, o[3]));
        return true;
    case OPCODE_bs_get_tail:
        EMIT(preparation, bs_get_tail, o[0], o[1], o[2]);
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

// An unsigned byte that is not to be got together with what follows.
static bool is_lone_byte(const struct preparation *preparation, uint32_t index, const struct operand *context) {
    const struct generic_instruction *generic = &preparation->sources[index].generic;
    const struct operand *o = generic->operands;
    uint64_t bits;
    return generic->opcode == OPCODE_bs_get_integer2 && operand_same(&o[INTEGER_CONTEXT], context) && is_byte(o) &&
           count_fields(preparation, index, &bits) < 2 && !is_unit_test(preparation, index + 1, context);
}

uint32_t translate_get_integers(struct preparation *preparation, uint32_t index) {
    const struct operand *context = &preparation->sources[index].generic.operands[INTEGER_CONTEXT];
    uint64_t bits;
    uint32_t count = count_fields(preparation, index, &bits), end = index + (count ? count : 1);
    bool tests_unit = count > 0 && is_unit_test(preparation, end, context);
    if (count + tests_unit < 2 || context->kind == OPERAND_TERM) {
        translate_get_integer(preparation, preparation->sources[index].generic.operands);
        return index + 1;
    }
    end += tests_unit;
    EMIT(preparation, bs_get_fields, *context, operand_number(bits), operand_number(tests_unit ? 7 : 0),
         operand_number(count), operand_number(0));
    uint32_t fields = preparation->size;
    for (uint32_t i = 0; i < count; i++)
        emit_word(preparation, field_word(&preparation->sources[index + i].generic, context));
    for (uint32_t i = index; i < end; i++)
        if (!translate_matching(preparation, &preparation->sources[i].generic))
            translate_get_integer(preparation, preparation->sources[i].generic.operands);
    preparation->words[fields - 1] = preparation->size - fields;
    preparation->fused_end = fields; // who comes from there begins a sequence of its own
    return end;
}

// Functions that try one clause after another remember where they began, and mostly look at a byte then.
uint32_t translate_get_position(struct preparation *preparation, uint32_t index) {
    const struct operand *o = preparation->sources[index].generic.operands;
    struct operand context = o[0], position = o[1];
    bool more = index + 1 < preparation->source_count && !operand_same(&context, &position);
    if (more && is_lone_byte(preparation, index + 1, &context)) {
        const struct operand *byte = preparation->sources[index + 1].generic.operands;
        EMIT(preparation, bs_get_position_byte, byte[0], context, position, byte[INTEGER_DESTINATION]);
        return index + 2;
    }
    EMIT(preparation, bs_get_position, context, position);
    return index + 1;
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

// The first word of a segment (exec/bit_syntax.h).
static word segment_head(const struct operand *o) {
    enum segment_kind kind = segment_kind(o[0].value);
    uint64_t number = o[1].kind == OPERAND_TERM ? (uint64_t)small_value(o[1].value) : o[1].value;
    uint64_t unit = o[2].kind == OPERAND_TERM ? (uint64_t)small_value(o[2].value) : o[2].value;
    uint64_t flags = listed_flags(o[3].value);
    struct operand size = size_operand(o[5]);
    if (kind == SEGMENT_STRING)
        unit = 8;
    if (kind == SEGMENT_INTEGER || kind == SEGMENT_FLOAT || kind == SEGMENT_STRING)
        fix_size(size, &unit, &flags);
    if (kind == SEGMENT_INTEGER && flags & FIELD_FIXED && unit % 8 == 0 && unit > 0 && unit <= 64)
        flags |= FIELD_BYTES;
    if (size.kind == OPERAND_TERM && size.value == ATOM_all)
        flags |= FIELD_WHOLE;
    return kind | (unit & 0xffff) << 8 | flags << 24 | number << 32;
}

static void emit_segment(struct preparation *preparation, const struct operand *o) {
    struct operand source = o[4], size = size_operand(o[5]);
    emit_word(preparation, segment_head(o));
    if (segment_kind(o[0].value) == SEGMENT_STRING) {
        if (source.kind == OPERAND_TERM)
            source.value = (uint64_t)small_value(source.value);
        emit_word(preparation, string_operand(preparation, source).value);
    } else {
        emit_source(preparation, &source);
    }
    emit_source(preparation, &size);
}

// label, heap words, live, unit, destination, segments
static void translate_create_bin(struct preparation *preparation, const struct generic_instruction *generic) {
    const struct operand *o = generic->operands;
    struct bits_plan plan = {.count = generic->list_count / SEGMENT_OPERANDS};
    for (uint32_t i = 0; i < plan.count; i++) {
        word head = segment_head(generic->list + i * SEGMENT_OPERANDS);
        if (segment_has(&head, FIELD_FIXED))
            plan.fixed_bits += segment_fixed_bits(&head);
        else
            plan.variable++;
    }
    EMIT(preparation, bs_create_bin, o[0], o[1], o[2], o[4], operand_number(plan.count), operand_number(plan.variable),
         operand_number(plan.fixed_bits));
    for (uint32_t i = 0; i < plan.count; i++)
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
