// Reads the instructions of a checked module, one function at a time.

#include "code/check.h"
#include "code/literal.h"
#include "code/operand.h"
#include "sys/sys.h"
#include "term/number.h"

void code_function_begin(struct code_reader *reader, struct function *function) {
    struct code *code = function->code;
    *reader = (struct code_reader){
        .code = code,
        .at = code->instructions.bytes + function->begin,
        .end = code->instructions.bytes + function->end,
    };
}

void code_reader_end(struct code_reader *reader) {
    sys_free(reader->list);
    reader->list = NULL;
    reader->list_room = 0;
}

static void set_operand(struct operand *operand, enum operand_kind kind, uint64_t value) {
    *operand = (struct operand){.kind = (uint8_t)kind, .value = value};
}

static void set_register(struct operand *operand, enum operand_kind kind, const struct raw_operand *raw) {
    *operand = (struct operand){.kind = (uint8_t)kind, .type = raw->type, .value = raw->value};
}

// Reads the next operand into `operand`; returns its raw tag.
static enum raw_tag next_operand(struct code_reader *reader, struct operand *operand) {
    const uint8_t *start = reader->at;
    struct cursor cursor = {reader->at, reader->end};
    struct raw_operand raw;
    bool ok = operand_read(&cursor, &raw);
    assert_always(ok);
    reader->at = cursor.at;
    switch ((enum raw_tag)raw.tag) {
    case RAW_UNSIGNED:
    case RAW_WORDS:
    case RAW_LIST:
        set_operand(operand, OPERAND_UNSIGNED, raw.value);
        break;
    case RAW_INTEGER:
        set_operand(operand, OPERAND_TERM, SMALL((int64_t)raw.value));
        break;
    case RAW_BIG:
        set_operand(operand, OPERAND_TERM, literal_big_integer(reader->code, start));
        break;
    case RAW_ATOM:
        set_operand(operand, OPERAND_TERM, reader->code->atoms[raw.value]);
        break;
    case RAW_LITERAL:
        set_operand(operand, OPERAND_TERM, reader->code->literals[raw.value]);
        break;
    case RAW_X:
        set_register(operand, OPERAND_X, &raw);
        break;
    case RAW_Y:
        set_register(operand, OPERAND_Y, &raw);
        break;
    case RAW_LABEL:
        set_operand(operand, OPERAND_LABEL, raw.value);
        break;
    case RAW_FLOAT_REGISTER:
        set_operand(operand, OPERAND_FLOAT_REGISTER, raw.value);
        break;
    case RAW_CHARACTER:
        assert_always(false); // the check lets none through
    }
    return (enum raw_tag)raw.tag;
}

static void read_list(struct code_reader *reader, uint32_t length) {
    if (length > reader->list_room) {
        reader->list_room = length + 16;
        sys_free(reader->list);
        reader->list = sys_alloc(reader->list_room * sizeof reader->list[0]);
    }
    for (uint32_t i = 0; i < length; i++)
        next_operand(reader, &reader->list[i]);
}

bool code_instruction_next(struct code_reader *reader, struct generic_instruction *instruction) {
    if (reader->at == reader->end)
        return false;
    instruction->opcode = *reader->at++;
    instruction->list = NULL;
    instruction->list_count = 0;
    uint8_t count = 0;
    for (const char *letter = opcode_infos[instruction->opcode].operands; *letter; letter++) {
        struct operand *operand = &instruction->operands[count++];
        if (next_operand(reader, operand) == RAW_LIST) {
            operand->kind = OPERAND_LIST;
            read_list(reader, (uint32_t)operand->value);
            instruction->list = reader->list;
            instruction->list_count = (uint32_t)operand->value;
            break; // a list is the last operand
        }
    }
    instruction->count = count;
    return true;
}

struct function *code_label_function(const struct code *code, uint32_t label) {
    uint32_t low = 0, high = code->function_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        struct function *function = &code->functions[middle];
        if (label < function->first_label)
            high = middle;
        else if (label > function->last_label)
            low = middle + 1;
        else
            return function->entry_label == label ? function : NULL;
    }
    return NULL;
}
