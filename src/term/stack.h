// A stack of words for walks over terms: values nest as deep as memory allows, the C stack does not.

#ifndef PURLIN_TERM_STACK_H
#define PURLIN_TERM_STACK_H

#include "sys/sys.h"
#include "term/term.h"

struct term_stack {
    term *items; // `place` while that is enough, then from sys_alloc
    size_t count, room;
    term place[64];
};

static inline void term_stack_begin(struct term_stack *stack) {
    stack->items = stack->place;
    stack->count = 0;
    stack->room = sizeof stack->place / sizeof *stack->place;
}

static inline void term_stack_end(struct term_stack *stack) {
    if (stack->items != stack->place)
        sys_free(stack->items);
}

void term_stack_grow(struct term_stack *stack, size_t more);

// Makes sure that `more` pushes fit.
static inline void term_stack_reserve(struct term_stack *stack, size_t more) {
    if (stack->room - stack->count < more)
        term_stack_grow(stack, more);
}

static inline void term_stack_push(struct term_stack *stack, term t) {
    term_stack_reserve(stack, 1);
    stack->items[stack->count++] = t;
}

static inline term term_stack_pop(struct term_stack *stack) {
    assert_debug(stack->count > 0);
    return stack->items[--stack->count]; // NOLINT(*UndefReturn): what was pushed
}

#endif
