// Generic instructions to the interpreter's own: one translator each, or none where the operands stay as they are.

#include "exec/emit.h"

#include <stdlib.h>

#include "exec/link.h"
#include "exec/operation.h"
#include "sys/sys.h"
#include "term/atom.h"

// The instruction after sources[index] when it is of that opcode (so no label stands between), else NULL.
static const struct generic_instruction *followed_by(const struct preparation *preparation, uint32_t index,
                                                     enum opcode opcode) {
    if (index + 1 >= preparation->source_count || preparation->sources[index + 1].generic.opcode != opcode)
        return NULL;
    return &preparation->sources[index + 1].generic;
}

static const struct generic_instruction *at(const struct preparation *preparation, uint32_t index) {
    return &preparation->sources[index].generic;
}

// ---- nothing to do, and what is not code --------------------------------------------------------------------------

static uint32_t skip(struct preparation *preparation, uint32_t index) {
    return index + 1;
}

static uint32_t translate_label(struct preparation *preparation, uint32_t index) {
    emit_place_label(preparation, at(preparation, index)->operands[0].value);
    return index + 1;
}

static uint32_t translate_func_info(struct preparation *preparation, uint32_t index) {
    EMIT(preparation, function_clause, operand_pointer(preparation->function));
    return index + 1;
}

// ---- moves --------------------------------------------------------------------------------------------------------

static uint32_t translate_move(struct preparation *preparation, uint32_t index) {
    const struct operand *o = at(preparation, index)->operands;
    const struct generic_instruction *next = followed_by(preparation, index, OPCODE_move);
    if (next) {
        EMIT(preparation, move_two, o[0], o[1], next->operands[0], next->operands[1]);
        return index + 2;
    }
    EMIT(preparation, move, o[0], o[1]);
    return index + 1;
}

static uint32_t translate_init_yregs(struct preparation *preparation, uint32_t index) {
    const struct generic_instruction *generic = at(preparation, index);
    const struct operand *list = generic->list;
    if (generic->list_count == 1) {
        EMIT(preparation, init, list[0]);
    } else if (generic->list_count == 2) {
        EMIT(preparation, init_two, list[0], list[1]);
    } else {
        EMIT(preparation, init_registers, operand_number(generic->list_count));
        for (uint32_t i = 0; i < generic->list_count; i++)
            emit_source(preparation, &list[i]);
    }
    return index + 1;
}

// ---- lists and tuples ---------------------------------------------------------------------------------------------

static uint32_t translate_is_nonempty_list(struct preparation *preparation, uint32_t index) {
    const struct operand *o = at(preparation, index)->operands;
    const struct generic_instruction *next = followed_by(preparation, index, OPCODE_get_list);
    if (next && o[1].kind != OPERAND_TERM && operand_same(&o[1], &next->operands[0])) {
        EMIT(preparation, is_nonempty_list_get_list, o[0], o[1], next->operands[1], next->operands[2]);
        return index + 2;
    }
    EMIT(preparation, is_nonempty_list, o[0], o[1]);
    return index + 1;
}

static struct operand tuple_header(uint64_t arity) {
    return operand_number(HEADER(KIND_TUPLE, 0, arity));
}

static uint32_t translate_is_tuple(struct preparation *preparation, uint32_t index) {
    const struct operand *o = at(preparation, index)->operands;
    const struct generic_instruction *next = followed_by(preparation, index, OPCODE_test_arity);
    if (next && operand_same(&o[1], &next->operands[1]) && o[0].value == next->operands[0].value) {
        EMIT(preparation, is_tuple_of, o[0], o[1], tuple_header(next->operands[2].value));
        return index + 2;
    }
    EMIT(preparation, is_tuple, o[0], o[1]);
    return index + 1;
}

static uint32_t translate_test_arity(struct preparation *preparation, uint32_t index) {
    const struct operand *o = at(preparation, index)->operands;
    EMIT(preparation, test_arity, o[0], o[1], tuple_header(o[2].value));
    return index + 1;
}

static uint32_t translate_is_tagged_tuple(struct preparation *preparation, uint32_t index) {
    const struct operand *o = at(preparation, index)->operands;
    EMIT(preparation, is_tagged_tuple, o[0], o[1], tuple_header(o[2].value), o[3]);
    return index + 1;
}

static uint32_t translate_get_tuple_element(struct preparation *preparation, uint32_t index) {
    const struct operand *o = at(preparation, index)->operands;
    const struct generic_instruction *next = followed_by(preparation, index, OPCODE_get_tuple_element);
    struct operand element = operand_number(o[1].value + 1);
    if (next && operand_same(&o[0], &next->operands[0]) && !operand_same(&o[0], &o[2])) {
        EMIT(preparation, get_tuple_element_two, o[0], element, o[2], operand_number(next->operands[1].value + 1),
             next->operands[2]);
        return index + 2;
    }
    EMIT(preparation, get_tuple_element, o[0], element, o[2]);
    return index + 1;
}

static uint32_t translate_set_tuple_element(struct preparation *preparation, uint32_t index) {
    const struct operand *o = at(preparation, index)->operands;
    EMIT(preparation, set_tuple_element, o[0], o[1], operand_number(o[2].value + 1));
    return index + 1;
}

static uint32_t translate_put_tuple2(struct preparation *preparation, uint32_t index) {
    const struct generic_instruction *generic = at(preparation, index);
    const struct operand destination = generic->operands[0], *list = generic->list;
    if (generic->list_count == 2) {
        EMIT(preparation, put_tuple_two, destination, list[0], list[1]);
    } else if (generic->list_count == 3) {
        EMIT(preparation, put_tuple_three, destination, list[0], list[1], list[2]);
    } else {
        EMIT(preparation, put_tuple, destination, operand_number(generic->list_count));
        for (uint32_t i = 0; i < generic->list_count; i++)
            emit_source(preparation, &list[i]);
    }
    return index + 1;
}

// hint, size, source, destination, pairs
static uint32_t translate_update_record(struct preparation *preparation, uint32_t index) {
    const struct generic_instruction *generic = at(preparation, index);
    EMIT(preparation, update_record, generic->operands[2], generic->operands[3],
         operand_number(generic->list_count / 2));
    for (uint32_t i = 0; i < generic->list_count; i += 2) {
        emit_word(preparation, generic->list[i].value);
        emit_source(preparation, &generic->list[i + 1]);
    }
    return index + 1;
}

// ---- tests --------------------------------------------------------------------------------------------------------

// A constant that is equal to what has the same word only.
static bool is_plain(const struct operand *operand) {
    return operand->kind == OPERAND_TERM && !is_pointer(operand->value) && operand->value != FLONUM_ZERO;
}

// Equality with an immediate is equality of words. A constant goes second.
static uint32_t translate_exact(struct preparation *preparation, uint32_t index) {
    const struct generic_instruction *generic = at(preparation, index);
    struct operand a = generic->operands[1], b = generic->operands[2], label = generic->operands[0];
    if (a.kind == OPERAND_TERM) {
        struct operand swapped = a;
        a = b;
        b = swapped;
    }
    bool word_is_enough = is_plain(&b);
    if (generic->opcode == OPCODE_is_eq_exact) {
        if (word_is_enough)
            EMIT(preparation, is_same, label, a, b);
        else
            EMIT(preparation, is_eq_exact, label, a, b);
    } else {
        if (word_is_enough)
            EMIT(preparation, is_not_same, label, a, b);
        else
            EMIT(preparation, is_ne_exact, label, a, b);
    }
    return index + 1;
}

// ---- choices ------------------------------------------------------------------------------------------------------

struct choice {
    term value;
    uint64_t label;
};

static int compare_choices(const void *a, const void *b) {
    int64_t x = (int64_t)((const struct choice *)a)->value, y = (int64_t)((const struct choice *)b)->value;
    return x < y ? -1 : x > y;
}

#define SELECT_FEW 4

static void emit_choices(struct preparation *preparation, const struct choice *choices, uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        emit_word(preparation, choices[i].value);
    for (uint32_t i = 0; i < count; i++)
        emit_label(preparation, choices[i].label);
}

// A table by the value itself, when it would be at least a third full. The choices are small integers, sorted.
static bool emit_select_range(struct preparation *preparation, struct operand source, struct operand otherwise,
                              const struct choice *choices, uint32_t count) {
    int64_t least = small_value(choices[0].value);
    uint64_t span = (uint64_t)small_value(choices[count - 1].value) - (uint64_t)least + 1;
    if (count < SELECT_FEW || span == 0 || span / 3 > count)
        return false;
    EMIT(preparation, select_range, source, otherwise, operand_number(SMALL(least)), operand_number(span));
    for (uint64_t i = 0; i < span; i++) {
        bool chosen = choices->value == SMALL(least + (int64_t)i);
        emit_label(preparation, chosen ? choices->label : otherwise.value);
        choices += chosen;
    }
    return true;
}

static void emit_select(struct preparation *preparation, struct operand source, struct operand otherwise,
                        struct choice *choices, uint32_t count) {
    bool all_small = true;
    for (uint32_t i = 0; i < count; i++)
        all_small &= is_small(choices[i].value);
    qsort(choices, count, sizeof(*choices), compare_choices);
    if (all_small && emit_select_range(preparation, source, otherwise, choices, count))
        return;
    if (count <= SELECT_FEW)
        EMIT(preparation, select_few, source, otherwise, operand_number(count));
    else
        EMIT(preparation, select_sorted, source, otherwise, operand_number(count));
    emit_choices(preparation, choices, count);
}

static uint32_t translate_select_val(struct preparation *preparation, uint32_t index) {
    const struct generic_instruction *generic = at(preparation, index);
    struct operand source = generic->operands[0], otherwise = generic->operands[1];
    struct choice *choices = sys_alloc((generic->list_count / 2 + 1) * sizeof(*choices));
    uint32_t count = 0;
    for (uint32_t i = 0; i + 1 < generic->list_count; i += 2) {
        struct operand value = generic->list[i], label = generic->list[i + 1];
        if (is_plain(&value))
            choices[count++] = (struct choice){value.value, label.value};
        else
            EMIT(preparation, jump_if_same, label, source, value);
    }
    if (count)
        emit_select(preparation, source, otherwise, choices, count);
    else
        EMIT(preparation, jump, otherwise);
    sys_free(choices);
    return index + 1;
}

static uint32_t translate_select_tuple_arity(struct preparation *preparation, uint32_t index) {
    const struct generic_instruction *generic = at(preparation, index);
    EMIT(preparation, select_arity, generic->operands[0], generic->operands[1],
         operand_number(generic->list_count / 2));
    for (uint32_t i = 0; i < generic->list_count; i += 2)
        emit_word(preparation, HEADER(KIND_TUPLE, 0, generic->list[i].value));
    for (uint32_t i = 1; i < generic->list_count; i += 2)
        emit_label(preparation, generic->list[i].value);
    return index + 1;
}

// ---- calls --------------------------------------------------------------------------------------------------------

static struct operand callee(const struct preparation *preparation, const struct operand *label) {
    return operand_pointer(code_label_function(preparation->code, (uint32_t)label->value));
}

static uint32_t translate_call(struct preparation *preparation, uint32_t index) {
    const struct generic_instruction *generic = at(preparation, index);
    struct operand entry = generic->operands[1], function = callee(preparation, &entry);
    bool is_own = entry.value == preparation->function->entry_label;
    if (generic->opcode == OPCODE_call)
        EMIT(preparation, call, function);
    else if (generic->opcode == OPCODE_call_only && is_own)
        EMIT(preparation, call_only_self, function, entry);
    else if (generic->opcode == OPCODE_call_last && is_own)
        EMIT(preparation, call_last_self, function, generic->operands[2], entry);
    else if (generic->opcode == OPCODE_call_only)
        EMIT(preparation, call_only, function);
    else
        EMIT(preparation, call_last, function, generic->operands[2]);
    return index + 1;
}

static bool is_c_function(const struct export *export) {
    return export->bif && !exec_is_special(export->module, export->function, export->arity);
}

static uint32_t translate_apply_fun(struct preparation *preparation, uint32_t index) {
    const struct generic_instruction *generic = at(preparation, index);
    if (generic->opcode == OPCODE_call_ext)
        EMIT(preparation, apply_fun);
    else if (generic->opcode == OPCODE_call_ext_only)
        EMIT(preparation, apply_fun_only);
    else
        EMIT(preparation, apply_fun_last, generic->operands[2]);
    return index + 1;
}

static uint32_t translate_apply_list(struct preparation *preparation, uint32_t index) {
    const struct generic_instruction *generic = at(preparation, index);
    if (generic->opcode == OPCODE_call_ext)
        EMIT(preparation, apply_list);
    else if (generic->opcode == OPCODE_call_ext_only)
        EMIT(preparation, apply_list_only);
    else
        EMIT(preparation, apply_list_last, generic->operands[2]);
    return index + 1;
}

static uint32_t translate_call_ext(struct preparation *preparation, uint32_t index) {
    const struct generic_instruction *generic = at(preparation, index);
    const struct export *export = preparation->code->imports[generic->operands[1].value];
    if (exec_is_apply(export))
        return export->arity == 2 ? translate_apply_fun(preparation, index) : translate_apply_list(preparation, index);
    struct operand target = operand_pointer(export);
    bool is_bif = is_c_function(export);
    bool is_sqrt = is_bif && export->module == ATOM_math && export->function == ATOM_sqrt;
    if (generic->opcode == OPCODE_call_ext && is_sqrt)
        EMIT(preparation, call_sqrt, target);
    else if (generic->opcode == OPCODE_call_ext && is_bif)
        EMIT(preparation, call_bif, target);
    else if (generic->opcode == OPCODE_call_ext)
        EMIT(preparation, call_ext, target);
    else if (generic->opcode == OPCODE_call_ext_only && is_bif)
        EMIT(preparation, call_bif_only, target);
    else if (generic->opcode == OPCODE_call_ext_only)
        EMIT(preparation, call_ext_only, target);
    else if (is_bif)
        EMIT(preparation, call_bif_last, target, generic->operands[2]);
    else
        EMIT(preparation, call_ext_last, target, generic->operands[2]);
    return index + 1;
}

static uint32_t translate_send(struct preparation *preparation, uint32_t index) {
    EMIT(preparation, call_bif, operand_pointer(code_export(ATOM_erlang, ATOM_send, 2)));
    return index + 1;
}

static uint32_t translate_deallocate(struct preparation *preparation, uint32_t index) {
    struct operand size = at(preparation, index)->operands[0];
    if (followed_by(preparation, index, OPCODE_return)) {
        EMIT(preparation, deallocate_return, size);
        return index + 2;
    }
    EMIT(preparation, deallocate, size);
    return index + 1;
}

static uint32_t translate_trim(struct preparation *preparation, uint32_t index) {
    EMIT(preparation, trim, at(preparation, index)->operands[0]);
    return index + 1;
}

static uint32_t translate_allocate(struct preparation *preparation, uint32_t index) {
    const struct generic_instruction *generic = at(preparation, index);
    const struct operand *o = generic->operands;
    bool heap = generic->opcode == OPCODE_allocate_heap || generic->opcode == OPCODE_allocate_heap_zero;
    struct operand words = heap ? o[1] : operand_number(0), live = heap ? o[2] : o[1];
    if (generic->opcode == OPCODE_allocate || generic->opcode == OPCODE_allocate_heap)
        EMIT(preparation, allocate, o[0], words, live);
    else
        EMIT(preparation, allocate_zero, o[0], words, live);
    return index + 1;
}

// A call of a fun right before the function's end gives its frame up first: programs loop that way.
static uint32_t emit_call_fun(struct preparation *preparation, uint32_t index, struct operand arity,
                              struct operand fun) {
    const struct generic_instruction *next = followed_by(preparation, index, OPCODE_deallocate);
    if (next && followed_by(preparation, index + 1, OPCODE_return)) {
        EMIT(preparation, call_fun_last, arity, fun, next->operands[0]);
        return index + 3;
    }
    EMIT(preparation, call_fun, arity, fun);
    return index + 1;
}

static uint32_t translate_call_fun(struct preparation *preparation, uint32_t index) {
    struct operand arity = at(preparation, index)->operands[0];
    return emit_call_fun(preparation, index, arity, operand_x(arity.value));
}

static uint32_t translate_call_fun2(struct preparation *preparation, uint32_t index) {
    const struct operand *o = at(preparation, index)->operands;
    return emit_call_fun(preparation, index, o[1], o[2]);
}

static uint32_t translate_make_fun2(struct preparation *preparation, uint32_t index) {
    struct operand number = at(preparation, index)->operands[0], x0 = operand_x(0);
    struct lambda *lambda = preparation->code->lambdas[number.value];
    EMIT(preparation, test_heap, operand_number(3 + lambda->free_count), operand_number(lambda->free_count));
    EMIT(preparation, make_fun, x0, operand_pointer(lambda), operand_number(lambda->free_count));
    for (uint32_t i = 0; i < lambda->free_count; i++)
        emit_source(preparation, &(struct operand){.kind = OPERAND_X, .value = i});
    return index + 1;
}

static uint32_t translate_make_fun3(struct preparation *preparation, uint32_t index) {
    const struct generic_instruction *generic = at(preparation, index);
    struct operand number = generic->operands[0], destination = generic->operands[1];
    EMIT(preparation, make_fun, destination, operand_pointer(preparation->code->lambdas[number.value]),
         operand_number(generic->list_count));
    for (uint32_t i = 0; i < generic->list_count; i++)
        emit_source(preparation, &generic->list[i]);
    return index + 1;
}

// ---- receive ------------------------------------------------------------------------------------------------------

static uint32_t translate_loop_rec_end(struct preparation *preparation, uint32_t index) {
    struct operand loop = at(preparation, index)->operands[0];
    EMIT(preparation, loop_rec_end, loop);
    EMIT(preparation, jump, loop);
    return index + 1;
}

// A waiting process is shown at the line in force where its receive begins.
static void take_line_of_loop(struct preparation *preparation, uint32_t index) {
    const struct operand *loop = &at(preparation, index)->operands[0];
    for (uint32_t i = index; i-- > 0;)
        if (at(preparation, i)->opcode == OPCODE_label && at(preparation, i)->operands[0].value == loop->value)
            preparation->sources[index].line = preparation->sources[i].line;
}

static uint32_t translate_wait(struct preparation *preparation, uint32_t index) {
    const struct generic_instruction *generic = at(preparation, index);
    take_line_of_loop(preparation, index);
    if (generic->opcode == OPCODE_wait)
        EMIT_BARE(preparation, wait);
    else
        EMIT(preparation, wait_timeout, generic->operands[1]);
    EMIT(preparation, jump, generic->operands[0]);
    return index + 1;
}

// ---- arithmetic and guard built-ins -------------------------------------------------------------------------------

struct operator{
    term name;
    enum operation operation;
};

static const struct operator binary_operators[] = {
    {ATOM_op_plus, OPERATION_add},
    {ATOM_op_minus, OPERATION_subtract},
    {ATOM_op_multiply, OPERATION_multiply},
    {ATOM_op_divide, OPERATION_divide},
    {ATOM_div, OPERATION_div},
    {ATOM_rem, OPERATION_rem},
    {ATOM_band, OPERATION_band},
    {ATOM_bor, OPERATION_bor},
    {ATOM_bxor, OPERATION_bxor},
    {ATOM_bsl, OPERATION_bsl},
    {ATOM_bsr, OPERATION_bsr},
};

// A register plus a constant, or minus one that is not negative. Beside being common, this is where OTP's stack traces
// do not name the operator: for small integers of its size, of 60 bits. What is known to be a number does not fail.
#define OTP_SMALL_LIMIT ((int64_t)1 << 59)
static bool emit_increment(struct preparation *preparation, const struct operand *o, const struct export *export) {
    struct operand a = o[3], b = o[4];
    bool adds = export->function == ATOM_op_plus;
    if (adds && a.kind == OPERAND_TERM) {
        a = o[4];
        b = o[3];
    }
    if (o[0].value || a.kind == OPERAND_TERM || b.kind != OPERAND_TERM || !is_small(b.value) ||
        (!adds && export->function != ATOM_op_minus) ||
        !(code_type(preparation->code, a.type).types & ~(TYPE_INTEGER | TYPE_FLOAT)))
        return false;
    int64_t amount = small_value(b.value);
    if (amount >= OTP_SMALL_LIMIT || amount < (adds ? -OTP_SMALL_LIMIT : 0))
        return false;
    EMIT(preparation, increment, a, operand_number(SMALL(adds ? amount : -amount)), o[1], o[5]);
    return true;
}

// label, live, export, a, b, destination
static uint32_t translate_gc_bif2(struct preparation *preparation, uint32_t index) {
    const struct operand *o = at(preparation, index)->operands;
    const struct export *export = preparation->code->imports[o[2].value];
    if (export->module == ATOM_erlang && emit_increment(preparation, o, export))
        return index + 1;
    if (export->module == ATOM_erlang)
        for (size_t i = 0; i < sizeof(binary_operators) / sizeof(*binary_operators); i++)
            if (binary_operators[i].name == export->function) {
                struct operand a = o[3], b = o[4];
                struct operand operands[] = {o[0], a, b, o[1], o[5]};
                emit_operands(preparation, binary_operators[i].operation, operands, 5);
                return index + 1;
            }
    EMIT(preparation, bif2, o[0], operand_pointer(export), o[1], o[3], o[4], o[5]);
    return index + 1;
}

static uint32_t translate_gc_bif1(struct preparation *preparation, uint32_t index) {
    const struct operand *o = at(preparation, index)->operands;
    const struct export *export = preparation->code->imports[o[2].value];
    struct operand pointer = operand_pointer(export);
    bool erlang = export->module == ATOM_erlang;
    if (erlang && export->function == ATOM_abs)
        EMIT(preparation, abs, o[0], pointer, o[1], o[3], o[4]);
    else if (erlang && export->function == ATOM_byte_size)
        EMIT(preparation, byte_size, o[0], pointer, o[1], o[3], o[4]);
    else
        EMIT(preparation, bif1, o[0], pointer, o[1], o[3], o[4]);
    return index + 1;
}

static uint32_t translate_gc_bif3(struct preparation *preparation, uint32_t index) {
    const struct operand *o = at(preparation, index)->operands;
    const struct export *export = preparation->code->imports[o[2].value];
    EMIT(preparation, bif3, o[0], operand_pointer(export), o[1], o[3], o[4], o[5], o[6]);
    return index + 1;
}

static uint32_t translate_bif0(struct preparation *preparation, uint32_t index) {
    const struct operand *o = at(preparation, index)->operands;
    const struct export *export = preparation->code->imports[o[0].value];
    if (export->module == ATOM_erlang && export->function == ATOM_self)
        EMIT(preparation, self, o[1]);
    else
        EMIT(preparation, bif0, operand_label(0), operand_pointer(export), operand_number(EXEC_LIVE_UNKNOWN), o[1]);
    return index + 1;
}

static uint32_t translate_bif1(struct preparation *preparation, uint32_t index) {
    const struct operand *o = at(preparation, index)->operands;
    const struct export *export = preparation->code->imports[o[1].value];
    struct operand pointer = operand_pointer(export), live = operand_number(EXEC_LIVE_UNKNOWN);
    bool erlang = export->module == ATOM_erlang;
    if (erlang && export->function == ATOM_hd)
        EMIT(preparation, hd, o[0], pointer, live, o[2], o[3]);
    else if (erlang && export->function == ATOM_tl)
        EMIT(preparation, tl, o[0], pointer, live, o[2], o[3]);
    else if (erlang && export->function == ATOM_tuple_size)
        EMIT(preparation, tuple_size, o[0], pointer, live, o[2], o[3]);
    else
        EMIT(preparation, bif1, o[0], pointer, live, o[2], o[3]);
    return index + 1;
}

static uint32_t translate_bif2(struct preparation *preparation, uint32_t index) {
    const struct operand *o = at(preparation, index)->operands;
    const struct export *export = preparation->code->imports[o[1].value];
    struct operand pointer = operand_pointer(export), live = operand_number(EXEC_LIVE_UNKNOWN);
    if (export->module == ATOM_erlang && export->function == ATOM_element)
        EMIT(preparation, element, o[0], pointer, live, o[2], o[3], o[4]);
    else
        EMIT(preparation, bif2, o[0], pointer, live, o[2], o[3], o[4]);
    return index + 1;
}

// ---- maps ---------------------------------------------------------------------------------------------------------

static void emit_list(struct preparation *preparation, const struct generic_instruction *generic) {
    for (uint32_t i = 0; i < generic->list_count; i++)
        emit_source(preparation, &generic->list[i]);
}

static bool are_keys_plain(const struct generic_instruction *generic) {
    for (uint32_t i = 0; i < generic->list_count; i += 2)
        if (!is_plain(&generic->list[i]))
            return false;
    return true;
}

static uint32_t translate_map(struct preparation *preparation, uint32_t index) {
    const struct generic_instruction *generic = at(preparation, index);
    const struct operand *o = generic->operands;
    struct operand pairs = operand_number(generic->list_count / 2);
    bool plain = are_keys_plain(generic);
    if (generic->opcode == OPCODE_has_map_fields)
        EMIT(preparation, has_map_fields, o[0], o[1], operand_number(generic->list_count));
    else if (generic->opcode == OPCODE_get_map_elements && plain)
        EMIT(preparation, get_map_elements_plain, o[0], o[1], pairs);
    else if (generic->opcode == OPCODE_get_map_elements)
        EMIT(preparation, get_map_elements, o[0], o[1], pairs);
    else if (generic->opcode == OPCODE_put_map_assoc && plain)
        EMIT(preparation, put_map_assoc_plain, o[0], o[1], o[2], o[3], pairs);
    else if (generic->opcode == OPCODE_put_map_exact && plain)
        EMIT(preparation, put_map_exact_plain, o[0], o[1], o[2], o[3], pairs);
    else if (generic->opcode == OPCODE_put_map_assoc)
        EMIT(preparation, put_map_assoc, o[0], o[1], o[2], o[3], pairs);
    else
        EMIT(preparation, put_map_exact, o[0], o[1], o[2], o[3], pairs);
    emit_list(preparation, generic);
    return index + 1;
}

// ---- the table ----------------------------------------------------------------------------------------------------

struct translation {
    uint32_t (*translator)(struct preparation *preparation, uint32_t index);
    enum operation direct; // the operands as they are, when there is no translator
    bool known;
};

#define DIRECT(name) {NULL, OPERATION_##name, true}
#define BY(function) {function, 0, true}

static const struct translation translations[OPCODE_COUNT] = {
    [OPCODE_label] = BY(translate_label),
    [OPCODE_func_info] = BY(translate_func_info),
    [OPCODE_int_code_end] = BY(skip),
    [OPCODE_call] = BY(translate_call),
    [OPCODE_call_last] = BY(translate_call),
    [OPCODE_call_only] = BY(translate_call),
    [OPCODE_call_ext] = BY(translate_call_ext),
    [OPCODE_call_ext_last] = BY(translate_call_ext),
    [OPCODE_call_ext_only] = BY(translate_call_ext),
    [OPCODE_bif0] = BY(translate_bif0),
    [OPCODE_bif1] = BY(translate_bif1),
    [OPCODE_bif2] = BY(translate_bif2),
    [OPCODE_allocate] = BY(translate_allocate),
    [OPCODE_allocate_heap] = BY(translate_allocate),
    [OPCODE_allocate_zero] = BY(translate_allocate),
    [OPCODE_allocate_heap_zero] = BY(translate_allocate),
    [OPCODE_test_heap] = DIRECT(test_heap),
    [OPCODE_init] = DIRECT(init),
    [OPCODE_deallocate] = BY(translate_deallocate),
    [OPCODE_return] = DIRECT(return),
    [OPCODE_send] = BY(translate_send),
    [OPCODE_remove_message] = DIRECT(remove_message),
    [OPCODE_timeout] = DIRECT(timeout),
    [OPCODE_loop_rec] = DIRECT(loop_rec),
    [OPCODE_loop_rec_end] = BY(translate_loop_rec_end),
    [OPCODE_wait] = BY(translate_wait),
    [OPCODE_wait_timeout] = BY(translate_wait),
    [OPCODE_is_lt] = DIRECT(is_lt),
    [OPCODE_is_ge] = DIRECT(is_ge),
    [OPCODE_is_eq] = DIRECT(is_eq),
    [OPCODE_is_ne] = DIRECT(is_ne),
    [OPCODE_is_eq_exact] = BY(translate_exact),
    [OPCODE_is_ne_exact] = BY(translate_exact),
    [OPCODE_is_integer] = DIRECT(is_integer),
    [OPCODE_is_float] = DIRECT(is_float),
    [OPCODE_is_number] = DIRECT(is_number),
    [OPCODE_is_atom] = DIRECT(is_atom),
    [OPCODE_is_pid] = DIRECT(is_pid),
    [OPCODE_is_reference] = DIRECT(is_reference),
    [OPCODE_is_port] = DIRECT(is_port),
    [OPCODE_is_nil] = DIRECT(is_nil),
    [OPCODE_is_binary] = DIRECT(is_binary),
    [OPCODE_is_list] = DIRECT(is_list),
    [OPCODE_is_nonempty_list] = BY(translate_is_nonempty_list),
    [OPCODE_is_tuple] = BY(translate_is_tuple),
    [OPCODE_test_arity] = BY(translate_test_arity),
    [OPCODE_select_val] = BY(translate_select_val),
    [OPCODE_select_tuple_arity] = BY(translate_select_tuple_arity),
    [OPCODE_jump] = DIRECT(jump),
    [OPCODE_catch] = DIRECT(catch),
    [OPCODE_catch_end] = DIRECT(catch_end),
    [OPCODE_move] = BY(translate_move),
    [OPCODE_get_list] = DIRECT(get_list),
    [OPCODE_get_tuple_element] = BY(translate_get_tuple_element),
    [OPCODE_set_tuple_element] = BY(translate_set_tuple_element),
    [OPCODE_put_list] = DIRECT(put_list),
    [OPCODE_badmatch] = DIRECT(badmatch),
    [OPCODE_if_end] = DIRECT(if_end),
    [OPCODE_case_end] = DIRECT(case_end),
    [OPCODE_call_fun] = BY(translate_call_fun),
    [OPCODE_is_function] = DIRECT(is_function),
    [OPCODE_fmove] = BY(translate_fmove),
    [OPCODE_fconv] = BY(translate_fconv),
    [OPCODE_fadd] = BY(translate_float_operation),
    [OPCODE_fsub] = BY(translate_float_operation),
    [OPCODE_fmul] = BY(translate_float_operation),
    [OPCODE_fdiv] = BY(translate_float_operation),
    [OPCODE_fnegate] = BY(translate_float_operation),
    [OPCODE_make_fun2] = BY(translate_make_fun2),
    [OPCODE_try] = DIRECT(catch),
    [OPCODE_try_end] = DIRECT(try_end),
    [OPCODE_try_case] = DIRECT(try_case),
    [OPCODE_try_case_end] = DIRECT(try_case_end),
    [OPCODE_raise] = DIRECT(raise),
    [OPCODE_apply] = DIRECT(apply),
    [OPCODE_apply_last] = DIRECT(apply_last),
    [OPCODE_is_boolean] = DIRECT(is_boolean),
    [OPCODE_is_function2] = DIRECT(is_function_of),
    [OPCODE_gc_bif1] = BY(translate_gc_bif1),
    [OPCODE_gc_bif2] = BY(translate_gc_bif2),
    [OPCODE_is_bitstr] = DIRECT(is_bitstring),
    [OPCODE_trim] = BY(translate_trim),
    [OPCODE_on_load] = BY(skip),
    [OPCODE_gc_bif3] = BY(translate_gc_bif3),
    [OPCODE_bs_get_integer2] = BY(translate_get_integers),
    [OPCODE_bs_get_position] = BY(translate_get_position),
    [OPCODE_put_map_assoc] = BY(translate_map),
    [OPCODE_put_map_exact] = BY(translate_map),
    [OPCODE_is_map] = DIRECT(is_map),
    [OPCODE_has_map_fields] = BY(translate_map),
    [OPCODE_get_map_elements] = BY(translate_map),
    [OPCODE_is_tagged_tuple] = BY(translate_is_tagged_tuple),
    [OPCODE_build_stacktrace] = DIRECT(build_stacktrace),
    [OPCODE_raw_raise] = DIRECT(raw_raise),
    [OPCODE_get_hd] = DIRECT(get_hd),
    [OPCODE_get_tl] = DIRECT(get_tl),
    [OPCODE_put_tuple2] = BY(translate_put_tuple2),
    [OPCODE_swap] = DIRECT(swap),
    [OPCODE_make_fun3] = BY(translate_make_fun3),
    [OPCODE_init_yregs] = BY(translate_init_yregs),
    [OPCODE_recv_marker_bind] = DIRECT(recv_marker_bind),
    [OPCODE_recv_marker_clear] = DIRECT(recv_marker_clear),
    [OPCODE_recv_marker_reserve] = DIRECT(recv_marker_reserve),
    [OPCODE_recv_marker_use] = DIRECT(recv_marker_use),
    [OPCODE_call_fun2] = BY(translate_call_fun2),
    [OPCODE_nif_start] = BY(skip),
    [OPCODE_fclearerror] = BY(skip), // older compilers wrote these two: float operations check themselves
    [OPCODE_fcheckerror] = BY(skip),
    [OPCODE_badrecord] = DIRECT(badrecord),
    [OPCODE_update_record] = BY(translate_update_record),
    [OPCODE_executable_line] = BY(skip),
    [OPCODE_debug_line] = BY(skip),
};

uint32_t translate(struct preparation *preparation, uint32_t index) {
    const struct generic_instruction *generic = at(preparation, index);
    const struct translation *translation = &translations[generic->opcode];
    preparation->current = &preparation->sources[index];
    if (translation->translator)
        return translation->translator(preparation, index);
    if (translation->known)
        emit_operands(preparation, translation->direct, generic->operands, generic->count);
    else if (!translate_bits(preparation, generic))
        EMIT(preparation, unsupported, operand_term(atom_from_c(code_opcode_name(generic->opcode))));
    return index + 1;
}
