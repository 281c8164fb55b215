// Switching stacks on x86-64 (System V).
//
// A stack at rest, from its pointer up: r15, r14, r13, r12, rbx, rbp, the address to go on at.

#include <stdint.h>

#include "sys/context.h"

__attribute__((naked)) void machine_switch(void **from, void *to) {
    __asm__("pushq %rbp\n\t"
            "pushq %rbx\n\t"
            "pushq %r12\n\t"
            "pushq %r13\n\t"
            "pushq %r14\n\t"
            "pushq %r15\n\t"
            "movq %rsp, (%rdi)\n\t"
            "movq %rsi, %rsp\n\t"
            "popq %r15\n\t"
            "popq %r14\n\t"
            "popq %r13\n\t"
            "popq %r12\n\t"
            "popq %rbx\n\t"
            "popq %rbp\n\t"
            "retq");
}

// The first return of a new stack: entry is in r12, its argument in r13.
__attribute__((naked)) static void enter(void) {
    __asm__("movq %r13, %rdi\n\t"
            "xorl %ebp, %ebp\n\t"
            "callq *%r12\n\t"
            "ud2");
}

void *machine_start(void *base, void (*entry)(void *argument), void *argument) {
    uintptr_t *top = base;
    *--top = 0; // the call in `enter` must find the pointer at a multiple of 16
    *--top = 0;
    *--top = (uintptr_t)enter;
    *--top = 0;                   // rbp
    *--top = 0;                   // rbx
    *--top = (uintptr_t)entry;    // r12
    *--top = (uintptr_t)argument; // r13
    *--top = 0;                   // r14
    *--top = 0;                   // r15
    return top;
}
