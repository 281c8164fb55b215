// C stacks: their memory, and the order of events in a switch.

#include "sys/context.h"

#include <stdint.h>
#include <sys/mman.h>

#include "sys/sys.h"

void stack_new(struct stack *stack, size_t size, size_t reserved, void **base) {
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED || mprotect(memory, STACK_GUARD, PROT_NONE) != 0)
        sys_fatal("cannot map a stack of %zu bytes", size);
    stack->memory = memory;
    stack->size = size;
    stack->pointer = NULL;
    *base = (void *)(((uintptr_t)memory + size - reserved) & ~(uintptr_t)15);
    sanitizer_stack_new(stack);
}

void stack_free(struct stack *stack) {
    sanitizer_stack_free(stack);
    munmap(stack->memory, stack->size);
}

void stack_of_thread(struct stack *stack) {
    *stack = (struct stack){0};
    sanitizer_stack_of_thread(stack);
}

// Every stack begins here, so that the sanitizer learns of the switch before the entry runs.
struct start {
    struct stack *stack;
    void (*entry)(void *argument);
    void *argument;
};

static void begin(void *argument) {
    struct start *start = argument;
    sanitizer_switched(start->stack);
    start->entry(start->argument);
    assert_always(!"a stack's entry returned");
}

void stack_start(struct stack *stack, void *base, void (*entry)(void *argument), void *argument) {
    if (stack->pointer) { // forget what the sanitizer knows of the old frames
        sanitizer_stack_free(stack);
        sanitizer_stack_new(stack);
    }
    struct start *start = (struct start *)base - 1;
    *start = (struct start){stack, entry, argument};
    stack->pointer = machine_start((void *)((uintptr_t)start & ~(uintptr_t)15), begin, start);
}

void stack_shrink(struct stack *stack, void *base, size_t keep) {
    char *low = stack->memory + STACK_GUARD;
    char *high = (char *)(((uintptr_t)base - keep) & ~(uintptr_t)(STACK_GUARD - 1));
    if (high > low)
        madvise(low, (size_t)(high - low), MADV_DONTNEED);
}

void stack_switch(struct stack *from, struct stack *to) {
    sanitizer_switch(from, to);
    machine_switch(&from->pointer, to->pointer);
    sanitizer_switched(from);
}
