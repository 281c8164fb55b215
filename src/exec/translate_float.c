// The instructions on floats: loads go with the operations behind them.

#include "exec/emit.h"

static const struct generic_instruction *source_at(const struct preparation *preparation, uint32_t index) {
    return &preparation->sources[index].generic;
}

static bool can_load(const struct operand *o) {
    return o->kind == OPERAND_X || o->kind == OPERAND_Y || (o->kind == OPERAND_TERM && !is_pointer(o->value));
}

// The loads of both operands and the operation.
static bool emit_float_both(struct preparation *preparation, const struct generic_instruction *first,
                            const struct generic_instruction *second, const struct generic_instruction *operation) {
    const struct operand *a = first->operands, *b = second->operands, *o = operation->operands + 1;
    bool in_order = operand_same(&o[0], &a[1]) && operand_same(&o[1], &b[1]);
    bool swapped = operand_same(&o[0], &b[1]) && operand_same(&o[1], &a[1]);
    if (in_order == swapped || !can_load(&a[0]) || !can_load(&b[0])) // both: the same register twice
        return false;
    const struct operand *left = in_order ? a : b, *right = in_order ? b : a;
    switch (operation->opcode) {
    case OPCODE_fadd:
        EMIT(preparation, float_add_both, left[0], left[1], right[0], right[1], o[2]);
        return true;
    case OPCODE_fsub:
        EMIT(preparation, float_subtract_both, left[0], left[1], right[0], right[1], o[2]);
        return true;
    case OPCODE_fmul:
        EMIT(preparation, float_multiply_both, left[0], left[1], right[0], right[1], o[2]);
        return true;
    case OPCODE_fdiv:
        EMIT(preparation, float_divide_both, left[0], left[1], right[0], right[1], o[2]);
        return true;
    default:
        return false;
    }
}

// The load of one operand and the operation.
static bool emit_float_one(struct preparation *preparation, const struct generic_instruction *load,
                           const struct generic_instruction *operation) {
    const struct operand *a = load->operands, *o = operation->operands + 1;
    bool is_first = operand_same(&o[0], &a[1]), is_second = operand_same(&o[1], &a[1]);
    if (is_first == is_second || !can_load(&a[0]))
        return false;
    struct operand other = o[is_first];
    if (operation->opcode == OPCODE_fadd)
        EMIT(preparation, float_add_first, a[0], a[1], other, o[2]);
    else if (operation->opcode == OPCODE_fmul)
        EMIT(preparation, float_multiply_first, a[0], a[1], other, o[2]);
    else if (operation->opcode == OPCODE_fsub && is_first)
        EMIT(preparation, float_subtract_first, a[0], a[1], other, o[2]);
    else if (operation->opcode == OPCODE_fsub)
        EMIT(preparation, float_subtract_second, a[0], a[1], other, o[2]);
    else if (operation->opcode == OPCODE_fdiv && is_first)
        EMIT(preparation, float_divide_first, a[0], a[1], other, o[2]);
    else if (operation->opcode == OPCODE_fdiv)
        EMIT(preparation, float_divide_second, a[0], a[1], other, o[2]);
    else
        return false;
    return true;
}

// The instructions that go with the load: 0 when it stands alone. What may raise stands where the operation does.
static uint32_t emit_float_loaded(struct preparation *preparation, uint32_t index) {
    const struct source_instruction *current = preparation->current;
    uint32_t rest = preparation->source_count - index;
    if (rest > 2 && source_at(preparation, index + 1)->opcode == OPCODE_fmove) {
        preparation->current = current + 2;
        if (emit_float_both(preparation, source_at(preparation, index), source_at(preparation, index + 1),
                            source_at(preparation, index + 2)))
            return 3;
    }
    if (rest > 1) {
        preparation->current = current + 1;
        if (emit_float_one(preparation, source_at(preparation, index), source_at(preparation, index + 1)))
            return 2;
    }
    preparation->current = current;
    return 0;
}

uint32_t translate_fmove(struct preparation *preparation, uint32_t index) {
    const struct operand *o = source_at(preparation, index)->operands;
    if (o[0].kind != OPERAND_FLOAT_REGISTER) {
        uint32_t taken = emit_float_loaded(preparation, index);
        if (taken)
            return index + taken;
        EMIT(preparation, float_load, o[0], o[1]);
    } else if (o[1].kind == OPERAND_FLOAT_REGISTER)
        EMIT(preparation, float_move, o[0], o[1]);
    else
        EMIT(preparation, float_store, o[0], o[1]);
    return index + 1;
}

uint32_t translate_fconv(struct preparation *preparation, uint32_t index) {
    const struct operand *o = source_at(preparation, index)->operands;
    if (o[0].kind == OPERAND_FLOAT_REGISTER)
        EMIT(preparation, float_move, o[0], o[1]);
    else
        EMIT(preparation, float_convert, o[0], o[1]);
    return index + 1;
}

uint32_t translate_float_operation(struct preparation *preparation, uint32_t index) {
    const struct generic_instruction *generic = source_at(preparation, index);
    const struct operand *o = generic->operands + 1; // behind the label
    switch (generic->opcode) {
    case OPCODE_fadd:
        EMIT(preparation, float_add, o[0], o[1], o[2]);
        break;
    case OPCODE_fsub:
        EMIT(preparation, float_subtract, o[0], o[1], o[2]);
        break;
    case OPCODE_fmul:
        EMIT(preparation, float_multiply, o[0], o[1], o[2]);
        break;
    case OPCODE_fdiv:
        EMIT(preparation, float_divide, o[0], o[1], o[2]);
        break;
    default:
        EMIT(preparation, float_negate, o[0], o[1]);
    }
    return index + 1;
}
