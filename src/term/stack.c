// A stack of words for walks over terms.

#include "term/stack.h"

void term_stack_grow(struct term_stack *stack, size_t more) {
    size_t room = stack->room * 2 > stack->count + more ? stack->room * 2 : stack->count + more;
    if (stack->items == stack->place) {
        stack->items = sys_alloc(room * sizeof(term));
        memcpy(stack->items, stack->place, stack->count * sizeof(term));
    } else {
        stack->items = sys_realloc(stack->items, room * sizeof(term));
    }
    stack->room = room;
}
