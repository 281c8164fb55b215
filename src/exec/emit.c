// Putting instructions into words: which form fits, where labels are.

#include "exec/emit.h"

#include <stdlib.h>

#include "sys/sys.h"

static void make_room(struct preparation *preparation, uint32_t words) {
    if (preparation->size + words <= preparation->room)
        return;
    preparation->room = 2 * preparation->room + words + 64;
    preparation->words = sys_realloc(preparation->words, preparation->room * sizeof(word));
}

void emit_word(struct preparation *preparation, word value) {
    make_room(preparation, 1);
    preparation->words[preparation->size++] = value;
}

// Addresses are known when all is placed; until then the word holds 0, which is what "no label" stays.
void emit_label(struct preparation *preparation, uint64_t label) {
    if (label) {
        if (preparation->fixup_count == preparation->fixup_room) {
            preparation->fixup_room = 2 * preparation->fixup_room + 32;
            preparation->fixups =
                sys_realloc(preparation->fixups, preparation->fixup_room * sizeof(*preparation->fixups));
        }
        preparation->fixups[preparation->fixup_count++] = (struct fixup){preparation->size, (uint32_t)label};
    }
    emit_word(preparation, 0);
}

void emit_place_label(struct preparation *preparation, uint64_t label) {
    preparation->label_offsets[label - preparation->function->first_label] = preparation->size;
}

void emit_source(struct preparation *preparation, const struct operand *operand) {
    emit_word(preparation, operand->kind == OPERAND_X   ? OPERAND_X_REGISTER(operand->value)
                           : operand->kind == OPERAND_Y ? OPERAND_Y_REGISTER(operand->value)
                                                        : operand->value);
}

// The site word describes the address behind itself.
static void emit_site(struct preparation *preparation) {
    const struct source_instruction *source = preparation->current;
    emit_word(preparation, SITE_WORD(preparation->size + 1, source->frameless, source->line));
}

static bool form_fits(char form, const struct operand *operand) {
    switch (form) {
    case 'x':
        return operand->kind == OPERAND_X;
    case 'y':
        return operand->kind == OPERAND_Y;
    case 'n':
        return operand->kind == OPERAND_TERM && is_small(operand->value);
    case 'i':
        return operand->kind == OPERAND_TERM && !is_pointer(operand->value);
    case 'c':
        return operand->kind == OPERAND_TERM;
    case 's':
        return operand->kind == OPERAND_TERM || operand->kind == OPERAND_X || operand->kind == OPERAND_Y;
    case 'd':
        return operand->kind == OPERAND_X || operand->kind == OPERAND_Y;
    case 'f':
        return operand->kind == OPERAND_LABEL;
    default: // u
        return operand->kind == OPERAND_UNSIGNED || operand->kind == OPERAND_FLOAT_REGISTER;
    }
}

static unsigned choose_form(const struct operation_info *info, size_t index, const struct operand *operand) {
    const char *forms = info->forms[index];
    for (unsigned choice = 0; forms[choice]; choice++)
        if (form_fits(forms[choice], operand))
            return choice;
    sys_fatal("exec: no form of %s takes operand %zu of kind %d", info->name, index + 1, operand->kind);
}

static void emit_operand(struct preparation *preparation, char form, const struct operand *operand) {
    switch (form) {
    case 'x':
    case 'y':
        emit_word(preparation, operand->value * sizeof(term));
        break;
    case 's':
    case 'd':
        emit_source(preparation, operand);
        break;
    case 'f':
        emit_label(preparation, operand->value);
        break;
    default:
        emit_word(preparation, operand->value);
    }
}

static int compare_fused(const void *key, const void *entry) {
    const struct fused_pair *a = key, *b = entry;
    return a->first != b->first ? a->first - b->first : a->second - b->second;
}

// An instruction's word. Where it and those before it are a known sequence, the first one's word does them all; theirs
// remain for whoever jumps there.
static void emit_instruction(struct preparation *preparation, unsigned number) {
    const struct fused_pair key = {(uint16_t)preparation->fused, (uint16_t)number, 0}, *pair = NULL;
    if (preparation->fused_end == preparation->size)
        pair = bsearch(&key, fused_pairs, FUSED_PAIR_COUNT, sizeof(key), compare_fused);
    if (pair) {
        preparation->fused = pair->both;
        preparation->words[preparation->fused_start] = (word)instruction_table[pair->both];
    } else {
        preparation->fused = number;
        preparation->fused_start = preparation->size;
    }
    emit_word(preparation, (word)instruction_table[number]);
}

static int compare_same(const void *key, const void *entry) {
    return (int)*(const unsigned *)key - ((const struct fused_same *)entry)->sequence;
}

// Where the sequence that ends here has a function for operands that are the same, and they are, that one does it.
static void use_same_operands(struct preparation *preparation) {
    const struct fused_same *entry =
        bsearch(&preparation->fused, fused_same, FUSED_SAME_COUNT, sizeof *entry, compare_same);
    if (!entry)
        return;
    word *words = preparation->words + preparation->fused_start;
    for (size_t i = 0; i < sizeof entry->same / sizeof *entry->same && entry->same[i][0]; i++) {
        if (words[entry->same[i][0]] != words[entry->same[i][1]])
            return;
    }
    words[0] = (word)entry->function;
}

void emit_operands(struct preparation *preparation, enum operation operation, const struct operand *operands,
                   size_t count) {
    const struct operation_info *info = &operation_table[operation];
    bool has_site = info->operands && info->forms[info->operands - 1][0] == 'e';
    assert_always(count + has_site == info->operands);
    char forms[INSTRUCTION_OPERANDS_MAX];
    unsigned variant = 0;
    for (size_t i = 0; i < count; i++) {
        unsigned choice = choose_form(info, i, &operands[i]);
        variant = variant * (unsigned)strlen(info->forms[i]) + choice;
        forms[i] = info->forms[i][choice];
    }
    emit_instruction(preparation, info->first + variant);
    for (size_t i = 0; i < count; i++)
        emit_operand(preparation, forms[i], &operands[i]);
    if (has_site)
        emit_site(preparation);
    preparation->fused_end = preparation->size;
    use_same_operands(preparation);
}
