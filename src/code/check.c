// The check of a module's instructions.
//
// One pass over the Code chunk: each operand is read and tested against the letter that opcodes.h has for it. Labels
// are collected in one byte each: where a function ends, those that its instructions mention must be defined in it;
// at the chunk's end those that calls mention must be entry labels.

#include "code/check.h"

#include <stdarg.h>
#include <stdio.h>

#include "code/operand.h"
#include "sys/sys.h"

#define X_MAX 1024
#define Y_MAX 1024
#define FLOAT_MAX 16 // float registers
#define ARITY_MAX 255
#define WORDS_MAX (1 << 24) // of heap in one instruction

const struct opcode_info opcode_infos[OPCODE_COUNT] = {
#define OPCODE(number, name, operands) [number] = {#name, operands},
    OPCODES(OPCODE)
#undef OPCODE
};

const char *code_opcode_name(unsigned opcode) {
    return opcode < OPCODE_COUNT ? opcode_infos[opcode].name : NULL;
}

enum label_flags {
    LABEL_DEFINED = 1,
    LABEL_MENTIONED = 2,
    LABEL_ENTRY = 4,
    LABEL_CALLED = 8,
};

struct check {
    struct code *code;
    struct cursor cursor;
    uint8_t *labels;           // enum label_flags
    struct function *function; // the one whose body is read, NULL before the first
    uint32_t functions_seen;
    uint32_t highest_mentioned; // label in this function
    unsigned opcode, last_opcode;
    unsigned operand_number;
    struct raw_operand operands[OPERANDS_MAX]; // of the instruction; a list's operand is its length
    uint32_t big_integer_room;
    char *why;
};

[[gnu::format(printf, 2, 3), gnu::cold]]
static bool bad(struct check *check, const char *format, ...) {
    int used = 0;
    if (check->function)
        used = snprintf(check->why, CODE_WHY_SIZE, "in function number %u, before byte %zu: ", check->functions_seen,
                        (size_t)(check->cursor.at - check->code->instructions.bytes));
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(check->why + used, CODE_WHY_SIZE - (size_t)used, format, arguments);
    va_end(arguments);
    return false;
}

[[gnu::cold]]
static bool bad_operand(struct check *check) {
    return bad(check, "operand %u of %s is not valid", check->operand_number + 1, opcode_infos[check->opcode].name);
}

// ---- operands

static void add_big_integer(struct check *check, const uint8_t *operand) {
    struct code *code = check->code;
    if (code->big_integer_count == check->big_integer_room) {
        check->big_integer_room = check->big_integer_room ? check->big_integer_room * 2 : 4;
        code->big_integers = sys_realloc(code->big_integers, check->big_integer_room * sizeof code->big_integers[0]);
    }
    code->big_integers[code->big_integer_count++] = (uint32_t)(operand - code->instructions.bytes);
}

static bool is_value(const struct check *check, const struct raw_operand *operand) {
    switch (operand->tag) {
    case RAW_X:
        return operand->value < X_MAX;
    case RAW_Y:
        return operand->value < Y_MAX;
    case RAW_INTEGER:
    case RAW_BIG:
        return true;
    case RAW_ATOM:
        return operand->value <= check->code->atom_count;
    case RAW_LITERAL:
        return operand->value < check->code->literal_count;
    default:
        return false;
    }
}

static bool is_label(struct check *check, const struct raw_operand *operand, bool may_be_none) {
    if (operand->tag != RAW_LABEL || operand->value >= check->code->label_count)
        return false;
    uint32_t label = (uint32_t)operand->value;
    if (label == 0)
        return may_be_none;
    if (!check->function || label < check->function->first_label)
        return false;
    check->labels[label] |= LABEL_MENTIONED;
    if (label > check->highest_mentioned)
        check->highest_mentioned = label;
    return true;
}

static bool is_entry(struct check *check, const struct raw_operand *operand) {
    if (operand->tag != RAW_LABEL || operand->value == 0 || operand->value >= check->code->label_count)
        return false;
    check->labels[operand->value] |= LABEL_CALLED;
    return true;
}

static bool is_string(const struct check *check, const struct raw_operand *operand) {
    const struct raw_operand *length = operand - 1;
    uint64_t bits =
        opcode_infos[check->opcode].operands[check->operand_number - 1] == 'p' ? length->value * 8 : length->value;
    return operand->tag == RAW_UNSIGNED && operand->value <= UINT32_MAX &&
           operand->value * 8 + bits <= (uint64_t)check->code->strings.size * 8;
}

static bool is_below(const struct raw_operand *operand, enum raw_tag tag, uint64_t limit) {
    return operand->tag == tag && operand->value < limit;
}

// One operand against its letter (see opcodes.h).
static bool operand_fits(struct check *check, char letter, const struct raw_operand *operand) {
    switch (letter) {
    case 's':
        return is_value(check, operand);
    case 'd':
        return is_below(operand, RAW_X, X_MAX) || is_below(operand, RAW_Y, Y_MAX);
    case 'y':
        return is_below(operand, RAW_Y, Y_MAX);
    case 'r':
        return is_below(operand, RAW_FLOAT_REGISTER, FLOAT_MAX);
    case 'R':
        return is_below(operand, RAW_FLOAT_REGISTER, FLOAT_MAX) || is_value(check, operand);
    case 'u':
    case 'p':
    case 'q':
        return is_below(operand, RAW_UNSIGNED, UINT32_MAX);
    case 'U':
        return is_below(operand, RAW_UNSIGNED, UINT32_MAX) || is_value(check, operand);
    case 'n':
        return is_below(operand, RAW_UNSIGNED, X_MAX);
    case 'N':
        return is_below(operand, RAW_UNSIGNED, Y_MAX + 1);
    case 'h':
        return is_below(operand, RAW_UNSIGNED, WORDS_MAX) || is_below(operand, RAW_WORDS, WORDS_MAX);
    case 'a':
        return operand->value > 0 && is_below(operand, RAW_ATOM, (uint64_t)check->code->atom_count + 1);
    case 'f':
        return is_label(check, operand, false);
    case 'j':
        return is_label(check, operand, true);
    case 'b':
        return operand->tag == RAW_ATOM ? is_value(check, operand) : is_label(check, operand, true);
    case 'e':
        return is_entry(check, operand);
    case 'L':
        return operand->value > 0 && (is_below(operand, RAW_UNSIGNED, check->code->label_count) ||
                                      is_below(operand, RAW_LABEL, check->code->label_count));
    case 'I':
        return is_below(operand, RAW_UNSIGNED, check->code->import_count);
    case 'F':
        return is_below(operand, RAW_UNSIGNED, check->code->lambda_count);
    case 'P':
        return is_string(check, operand);
    default:
        return false;
    }
}

static bool read_operand(struct check *check, char letter, struct raw_operand *operand) {
    const uint8_t *start = check->cursor.at;
    if (!operand_read(&check->cursor, operand) || !operand_fits(check, letter, operand))
        return bad_operand(check);
    if (operand->tag == RAW_BIG)
        add_big_integer(check, start);
    return true;
}

// A list of groups: `letters` up to ']' repeat.
static bool read_list(struct check *check, const char *letters, struct raw_operand *length) {
    if (!operand_read(&check->cursor, length) || length->tag != RAW_LIST)
        return bad_operand(check);
    const char *letter = letters;
    for (uint64_t i = 0; i < length->value; i++) {
        struct raw_operand element;
        if (!read_operand(check, *letter, &element))
            return false;
        letter++;
        if (*letter == ']')
            letter = letters;
    }
    return letter == letters || bad_operand(check);
}

static bool read_operands(struct check *check) {
    unsigned count = 0;
    for (const char *letter = opcode_infos[check->opcode].operands; *letter; letter++) {
        struct raw_operand *operand = &check->operands[count];
        check->operand_number = count++;
        if (*letter == '[') {
            if (!read_list(check, letter + 1, operand))
                return false;
            while (*letter != ']')
                letter++;
        } else if (!read_operand(check, *letter, operand)) {
            return false;
        }
    }
    return true;
}

// ---- whole instructions

static bool check_arity(struct check *check, unsigned import_operand, uint64_t arity) {
    const struct export *import = check->code->imports[check->operands[import_operand].value];
    return import->arity == arity ||
           bad(check, "%s does not fit the arity of what it calls", opcode_infos[check->opcode].name);
}

// What one operand demands of another.
static bool check_instruction(struct check *check) {
    switch (check->opcode) {
    case OPCODE_call_ext:
    case OPCODE_call_ext_only:
    case OPCODE_call_ext_last:
        return check_arity(check, 1, check->operands[0].value);
    case OPCODE_bif0:
        return check_arity(check, 0, 0);
    case OPCODE_bif1:
        return check_arity(check, 1, 1);
    case OPCODE_bif2:
        return check_arity(check, 1, 2);
    case OPCODE_bif3:
        return check_arity(check, 1, 3);
    case OPCODE_gc_bif1:
        return check_arity(check, 2, 1);
    case OPCODE_gc_bif2:
        return check_arity(check, 2, 2);
    case OPCODE_gc_bif3:
        return check_arity(check, 2, 3);
    case OPCODE_make_fun3: {
        const struct lambda *lambda = check->code->lambdas[check->operands[0].value];
        return lambda->free_count == check->operands[2].value || bad(check, "a fun does not capture what it should");
    }
    case OPCODE_on_load:
        check->code->on_load = check->function;
        return true;
    case OPCODE_nif_start:
        check->function->may_be_native = check->code->declares_natives = true;
        return true;
    default:
        return true;
    }
}

// ---- functions

// True for those after which a function may end: they do not go on to the next, or may be calls that never return.
static bool may_be_last(unsigned opcode) {
    switch (opcode) {
    case OPCODE_call:
    case OPCODE_call_last:
    case OPCODE_call_only:
    case OPCODE_call_ext:
    case OPCODE_call_ext_last:
    case OPCODE_call_ext_only:
    case OPCODE_call_fun:
    case OPCODE_call_fun2:
    case OPCODE_apply:
    case OPCODE_apply_last:
    case OPCODE_return:
    case OPCODE_loop_rec_end:
    case OPCODE_wait:
    case OPCODE_select_val:
    case OPCODE_select_tuple_arity:
    case OPCODE_jump:
    case OPCODE_badmatch:
    case OPCODE_if_end:
    case OPCODE_case_end:
    case OPCODE_try_case_end:
    case OPCODE_badrecord:
    case OPCODE_raise:
    case OPCODE_raw_raise:
        return true;
    default:
        return false;
    }
}

static bool define_label(struct check *check, uint64_t label) {
    if (check->labels[label] & LABEL_DEFINED)
        return bad(check, "label %u is defined twice", (unsigned)label);
    struct function *function = check->function;
    if (label < function->first_label)
        return bad(check, "label %u is out of order", (unsigned)label);
    check->labels[label] |= LABEL_DEFINED;
    if (label > function->last_label)
        function->last_label = (uint32_t)label;
    return true;
}

static bool end_function(struct check *check, const uint8_t *end) {
    struct function *function = check->function;
    if (!function)
        return true;
    function->end = (uint32_t)(end - check->code->instructions.bytes);
    if (!may_be_last(check->last_opcode))
        return bad(check, "the function runs off its end");
    if (check->highest_mentioned > function->last_label)
        return bad(check, "label %u is not in the function", check->highest_mentioned);
    for (uint32_t label = function->first_label; label <= function->last_label; label++)
        if ((check->labels[label] & (LABEL_DEFINED | LABEL_MENTIONED)) == LABEL_MENTIONED)
            return bad(check, "label %u is not in the function", label);
    return true;
}

static bool read_instruction(struct check *check) {
    if (check->cursor.at == check->cursor.end)
        return bad(check, "the code ends within a function");
    check->opcode = *check->cursor.at++;
    if (!opcode_infos[check->opcode].name)
        return bad(check, "instruction number %u is not known", check->opcode);
    return read_operands(check);
}

// At a label: does func_info, perhaps after a line, follow?
static bool begins_function(const struct check *check) {
    struct cursor ahead = check->cursor;
    struct raw_operand operand;
    ahead.at++;
    if (!operand_read(&ahead, &operand) || ahead.at == ahead.end)
        return false;
    if (*ahead.at == OPCODE_line) {
        ahead.at++;
        if (!operand_read(&ahead, &operand) || ahead.at == ahead.end)
            return false;
    }
    return *ahead.at == OPCODE_func_info;
}

static bool begin_function(struct check *check) {
    struct code *code = check->code;
    const uint8_t *begin = check->cursor.at;
    if (!end_function(check, begin))
        return false;
    uint32_t first = check->function ? check->function->last_label + 1 : 1;
    if (check->functions_seen == code->function_count)
        return bad(check, "there are more functions than the header says");
    struct function *function = &code->functions[check->functions_seen++];
    *function =
        (struct function){.code = code, .begin = (uint32_t)(begin - code->instructions.bytes), .first_label = first};
    check->function = function;
    check->highest_mentioned = 0;
    if (!read_instruction(check) || !define_label(check, check->operands[0].value))
        return false;
    function->first_label = (uint32_t)check->operands[0].value;
    do // a line may come before func_info
        if (!read_instruction(check))
            return false;
    while (check->opcode != OPCODE_func_info);
    if (code->atoms[check->operands[0].value] != code->name || check->operands[2].value > ARITY_MAX)
        return bad(check, "func_info is wrong");
    function->name = code->atoms[check->operands[1].value];
    function->arity = (uint32_t)check->operands[2].value;
    if (!read_instruction(check) || check->opcode != OPCODE_label)
        return bad(check, "func_info is not followed by a label");
    function->entry_label = (uint32_t)check->operands[0].value;
    check->labels[function->entry_label] |= LABEL_ENTRY;
    check->last_opcode = OPCODE_label;
    return define_label(check, function->entry_label);
}

static bool check_body_instruction(struct check *check) {
    if (!read_instruction(check))
        return false;
    if (!check->function || check->opcode == OPCODE_func_info)
        return bad(check, "%s is outside a function", opcode_infos[check->opcode].name);
    if (check->opcode == OPCODE_label && !define_label(check, check->operands[0].value))
        return false;
    check->last_opcode = check->opcode;
    return check_instruction(check);
}

static bool check_all(struct check *check) {
    while (check->cursor.at < check->cursor.end && *check->cursor.at != OPCODE_int_code_end)
        if (*check->cursor.at == OPCODE_label && begins_function(check)) {
            if (!begin_function(check))
                return false;
        } else if (!check_body_instruction(check)) {
            return false;
        }
    if (check->cursor.at == check->cursor.end)
        return bad(check, "the code has no end mark");
    if (!end_function(check, check->cursor.at))
        return false;
    if (check->functions_seen != check->code->function_count)
        return bad(check, "there are fewer functions than the header says");
    for (uint32_t label = 1; label < check->code->label_count; label++)
        if ((check->labels[label] & LABEL_CALLED) && !(check->labels[label] & LABEL_ENTRY))
            return bad(check, "label %u is called and begins no function", label);
    return true;
}

bool check_instructions(struct code *code, char why[CODE_WHY_SIZE]) {
    struct check check = {
        .code = code,
        .cursor = {code->instructions.bytes, code->instructions.bytes + code->instructions.size},
        .labels = sys_alloc_zero(code->label_count),
        .why = why,
    };
    bool ok = check_all(&check);
    sys_free(check.labels);
    return ok;
}
