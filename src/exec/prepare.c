// One function: decode, find out where it has a frame, translate, publish.

#include "exec/prepare.h"

#include "exec/emit.h"
#include "exec/exec.h"
#include "exec/saving.h"
#include "sys/account.h"
#include "sys/sys.h"

// ---- decoding -----------------------------------------------------------------------------------------------------

static struct source_instruction *add_source(struct preparation *preparation) {
    if (preparation->source_count == preparation->source_room) {
        preparation->source_room = 2 * preparation->source_room + 32;
        preparation->sources =
            sys_realloc(preparation->sources, preparation->source_room * sizeof(*preparation->sources));
    }
    return &preparation->sources[preparation->source_count++];
}

static void decode(struct preparation *preparation) {
    struct code_reader reader;
    struct generic_instruction generic;
    uint32_t line = 0;
    code_function_begin(&reader, preparation->function);
    while (code_instruction_next(&reader, &generic)) {
        if (generic.opcode == OPCODE_line) {
            line = (uint32_t)generic.operands[0].value;
            continue;
        }
        if (generic.list_count) { // the reader's list is gone with the next instruction
            struct operand *list = sys_alloc(generic.list_count * sizeof(*list));
            memcpy(list, generic.list, generic.list_count * sizeof(*list));
            generic.list = list;
        } else {
            generic.list = NULL;
        }
        *add_source(preparation) = (struct source_instruction){generic, line, true};
    }
    code_reader_end(&reader);
}

static void free_sources(struct preparation *preparation) {
    for (uint32_t i = 0; i < preparation->source_count; i++)
        sys_free((void *)preparation->sources[i].generic.list);
    sys_free(preparation->sources);
}

// ---- frames -------------------------------------------------------------------------------------------------------
// Whether there is a frame at an instruction follows from how it is reached. It decides whether the link register
// counts in a stack trace.

enum flow { FLOW_UNKNOWN, FLOW_FRAMELESS, FLOW_FRAME };

static bool never_returns(const struct preparation *preparation, const struct generic_instruction *generic) {
    if (generic->opcode != OPCODE_call_ext)
        return false;
    const struct export *export = preparation->code->imports[generic->operands[1].value];
    return export->module == ATOM_erlang && (export->function == ATOM_error || export->function == ATOM_throw ||
                                             (export->function == ATOM_exit && export->arity == 1));
}

static bool goes_on(const struct preparation *preparation, const struct generic_instruction *generic) {
    switch (generic->opcode) {
    case OPCODE_func_info:
    case OPCODE_call_last:
    case OPCODE_call_only:
    case OPCODE_call_ext_last:
    case OPCODE_call_ext_only:
    case OPCODE_apply_last:
    case OPCODE_return:
    case OPCODE_jump:
    case OPCODE_select_val:
    case OPCODE_select_tuple_arity:
    case OPCODE_badmatch:
    case OPCODE_case_end:
    case OPCODE_try_case_end:
    case OPCODE_if_end:
    case OPCODE_badrecord:
    case OPCODE_raise:
    case OPCODE_wait:
    case OPCODE_loop_rec_end:
        return false;
    default:
        return !never_returns(preparation, generic);
    }
}

static enum flow flow_after(const struct generic_instruction *generic, enum flow flow) {
    switch (generic->opcode) {
    case OPCODE_allocate:
    case OPCODE_allocate_heap:
    case OPCODE_allocate_zero:
    case OPCODE_allocate_heap_zero:
        return FLOW_FRAME;
    case OPCODE_deallocate:
        return FLOW_FRAMELESS;
    default:
        return flow;
    }
}

static bool reach(const struct preparation *preparation, uint8_t *labels, const struct operand *operand,
                  enum flow flow) {
    if (operand->kind != OPERAND_LABEL || operand->value < preparation->function->first_label ||
        operand->value > preparation->function->last_label || flow == FLOW_UNKNOWN)
        return false;
    uint8_t *label = &labels[operand->value - preparation->function->first_label];
    if (*label)
        return false;
    *label = (uint8_t)flow;
    return true;
}

// One pass; true when it learned about a label that an earlier instruction may be reached from.
static bool flow_pass(struct preparation *preparation, uint8_t *labels) {
    bool learned = false;
    enum flow flow = FLOW_UNKNOWN;
    for (uint32_t i = 0; i < preparation->source_count; i++) {
        struct source_instruction *source = &preparation->sources[i];
        struct generic_instruction *generic = &source->generic;
        bool is_call = generic->opcode == OPCODE_call || generic->opcode == OPCODE_call_last ||
                       generic->opcode == OPCODE_call_only;
        if (generic->opcode == OPCODE_label) {
            learned |= reach(preparation, labels,
                             &(struct operand){.kind = OPERAND_LABEL, .value = generic->operands[0].value}, flow);
            flow = labels[generic->operands[0].value - preparation->function->first_label];
        }
        source->frameless = flow != FLOW_FRAME;
        for (unsigned j = 0; j < generic->count && !is_call && generic->opcode != OPCODE_label; j++)
            learned |= reach(preparation, labels, &generic->operands[j], flow);
        for (uint32_t j = 0; j < generic->list_count; j++)
            learned |= reach(preparation, labels, &generic->list[j], flow);
        flow = goes_on(preparation, generic) ? flow_after(generic, flow) : FLOW_UNKNOWN;
    }
    return learned;
}

static void find_frames(struct preparation *preparation) {
    struct function *function = preparation->function;
    uint8_t *labels = sys_alloc_zero(function->last_label - function->first_label + 1);
    labels[0] = FLOW_FRAMELESS;
    labels[function->entry_label - function->first_label] = FLOW_FRAMELESS;
    while (flow_pass(preparation, labels))
        ;
    sys_free(labels);
}

// ---- publishing ---------------------------------------------------------------------------------------------------

// The line of func_info is the function's own.
static uint32_t function_line(const struct preparation *preparation) {
    for (uint32_t i = 0; i < preparation->source_count; i++)
        if (preparation->sources[i].generic.opcode == OPCODE_func_info)
            return preparation->sources[i].line;
    return 0;
}

static word *finish(struct preparation *preparation) {
    word *prepared = sys_alloc(preparation->size * sizeof(word));
    memcpy(prepared, preparation->words, preparation->size * sizeof(word));
    for (uint32_t i = 0; i < preparation->fixup_count; i++) {
        const struct fixup *fixup = &preparation->fixups[i];
        uint32_t offset = preparation->label_offsets[fixup->label - preparation->function->first_label];
        assert_always(offset);
        prepared[fixup->at] = (word)(prepared + offset);
    }
    return prepared;
}

// From now on calls go to the prepared code, but for those that a breakpoint leads elsewhere.
static const word *publish(struct function *function) {
    const word *entry = atomic_load(&function->prepared) + PREPARED_HEADER, *expected = function->stub;
    atomic_compare_exchange_strong(&function->entry, &expected, entry);
    struct export *export = code_export_find(function->code->name, function->name, function->arity);
    if (export)
        export_lead_away(export, function->stub, entry);
    return entry;
}

// Several schedulers may prepare the same function at once: the first one wins.
static void keep(struct function *function, word *prepared, uint32_t words) {
    word *expected = NULL;
    if (!atomic_compare_exchange_strong(&function->prepared, &expected, prepared)) {
        sys_free(prepared);
        return;
    }
    function->prepared_words = words;
    account_add(ACCOUNT_CODE, (ptrdiff_t)(words * sizeof(word)));
}

const word *exec_prepare(struct function *function) {
    if (atomic_load(&function->prepared))
        return publish(function);
    struct preparation preparation = {.function = function, .code = function->code};
    uint32_t labels = function->last_label - function->first_label + 1;
    preparation.label_offsets = sys_alloc_zero(labels * sizeof(uint32_t));
    decode(&preparation);
    find_frames(&preparation);
    emit_word(&preparation, (word)function);
    emit_word(&preparation, SITE_WORD(PREPARED_HEADER, true, function_line(&preparation)));
    // The entry comes first. What stands before it, func_info, is put behind the rest.
    uint32_t body = 0;
    while (preparation.sources[body].generic.opcode != OPCODE_label ||
           preparation.sources[body].generic.operands[0].value != function->entry_label)
        body++;
    for (uint32_t i = body; i < preparation.source_count;)
        i = translate(&preparation, i);
    for (uint32_t i = 0; i < body;)
        i = translate(&preparation, i);
    word *prepared = finish(&preparation);
    free_sources(&preparation);
    sys_free(preparation.words);
    sys_free(preparation.label_offsets);
    sys_free(preparation.fixups);
    keep(function, prepared, preparation.size);
    return publish(function);
}
