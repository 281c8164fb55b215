// C stacks, and switching between them.
//
// A stack is a mapping with a guard page at its low end. Switching saves the callee-saved registers on the stack left
// and leaves its pointer in `struct stack`; whoever switches back goes on after the call, on whatever thread that is.

#ifndef PURLIN_SYS_CONTEXT_H
#define PURLIN_SYS_CONTEXT_H

#include <stddef.h>

struct stack {
    void *pointer; // while nobody runs on it
    char *memory;  // the mapping, guard page first; NULL for a thread's own stack
    size_t size;   // of the mapping
    void *fiber;   // what a sanitizer knows the stack by
};

#define STACK_GUARD 4096

// Maps a stack. The highest `reserved` bytes are the caller's to use; *base says where they begin (16-byte aligned).
void stack_new(struct stack *stack, size_t size, size_t reserved, void **base);
void stack_free(struct stack *stack);
// Describes the stack of the calling thread, so that it can be switched away from.
void stack_of_thread(struct stack *stack);
// The next switch to the stack will call entry(argument) on it, below `base`. What was on it is forgotten. `entry` must
// not return.
void stack_start(struct stack *stack, void *base, void (*entry)(void *argument), void *argument);
// Gives the memory below the used part back to the system. The stack must be one that stack_start has just set up.
void stack_shrink(struct stack *stack, void *base, size_t keep);
void stack_switch(struct stack *from, struct stack *to);

// ---- the machine's part: context_ARCHITECTURE.c

// Pushes the callee-saved registers, stores the stack pointer in *from, and takes `to` up.
void machine_switch(void **from, void *to);
// The stack pointer that makes machine_switch call entry(argument) with the stack's top at `base`.
void *machine_start(void *base, void (*entry)(void *argument), void *argument);

// ---- the sanitizers' part: context_plain.c, context_address.c, context_thread.c

void sanitizer_stack_new(struct stack *stack);
void sanitizer_stack_free(struct stack *stack);
void sanitizer_stack_of_thread(struct stack *stack);
void sanitizer_switch(struct stack *from, struct stack *to); // just before
void sanitizer_switched(struct stack *stack);                // just after, on the stack that goes on

#endif
