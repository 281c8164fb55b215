// A function being prepared: its generic instructions, and the words that come out.

#ifndef PURLIN_EXEC_EMIT_H
#define PURLIN_EXEC_EMIT_H

#include "exec/instruction_table.h"

// A generic instruction, and what its place tells.
struct source_instruction {
    struct generic_instruction generic; // `list` belongs to the preparation
    uint32_t line;                      // operand of the last `line`
    bool frameless;                     // the function has no frame here
};

struct fixup {
    uint32_t at, label;
};

struct preparation {
    struct function *function;
    struct code *code;

    struct source_instruction *sources;
    uint32_t source_count, source_room;
    const struct source_instruction *current;

    word *words;
    uint32_t size, room;
    // The last instructions, as far as one function does them: where the first one is and where they end; in
    // instruction_table.
    uint32_t fused_start, fused_end;
    unsigned fused;
    uint32_t *label_offsets; // by label - function->first_label; 0: not reached yet
    struct fixup *fixups;
    uint32_t fixup_count, fixup_room;
};

// Operands as the emitting functions take them.
static inline struct operand operand_number(uint64_t value) {
    return (struct operand){.kind = OPERAND_UNSIGNED, .value = value};
}
static inline struct operand operand_pointer(const void *address) {
    return operand_number((uintptr_t)address);
}
static inline struct operand operand_term(term value) {
    return (struct operand){.kind = OPERAND_TERM, .value = value};
}
static inline struct operand operand_x(uint64_t number) {
    return (struct operand){.kind = OPERAND_X, .value = number};
}
static inline struct operand operand_label(uint64_t label) {
    return (struct operand){.kind = OPERAND_LABEL, .value = label};
}
static inline bool operand_same(const struct operand *a, const struct operand *b) {
    return a->kind == b->kind && a->value == b->value;
}

// Emits the form of the operation that fits the operands (all but the site word, which is added).
void emit_operands(struct preparation *preparation, enum operation operation, const struct operand *operands,
                   size_t count);
#define EMIT(preparation, name, ...)                                                                                   \
    emit_operands(preparation, OPERATION_##name, (struct operand[]){__VA_ARGS__},                                      \
                  sizeof((struct operand[]){__VA_ARGS__}) / sizeof(struct operand))
#define EMIT_BARE(preparation, name) emit_operands(preparation, OPERATION_##name, NULL, 0)
// The words that follow some instructions: operands as in form s (or d), labels, numbers.
void emit_source(struct preparation *preparation, const struct operand *operand);
void emit_label(struct preparation *preparation, uint64_t label);
void emit_word(struct preparation *preparation, word value);
void emit_place_label(struct preparation *preparation, uint64_t label);

// Translates sources[index] and perhaps some that follow; returns the index of the next one.
uint32_t translate(struct preparation *preparation, uint32_t index);
uint32_t translate_fmove(struct preparation *preparation, uint32_t index); // the same for fmove, and so on
uint32_t translate_fconv(struct preparation *preparation, uint32_t index);
uint32_t translate_float_operation(struct preparation *preparation, uint32_t index);
uint32_t translate_get_integers(struct preparation *preparation, uint32_t index);
uint32_t translate_get_position(struct preparation *preparation, uint32_t index);
// The other instructions of the bit syntax; false when this is none.
bool translate_bits(struct preparation *preparation, const struct generic_instruction *generic);

#endif
