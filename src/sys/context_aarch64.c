// Switching stacks on aarch64 (AAPCS64).
//
// A stack at rest, from its pointer up: x19..x30 (12 words), d8..d15 (8 words).

#include <stdint.h>

#include "sys/context.h"

enum { SAVED_WORDS = 20, SAVED_X19 = 0, SAVED_X20 = 1, SAVED_X30 = 11 };

__attribute__((naked)) void machine_switch(void **from, void *to) {
    __asm__("sub sp, sp, #160\n\t"
            "stp x19, x20, [sp, #0]\n\t"
            "stp x21, x22, [sp, #16]\n\t"
            "stp x23, x24, [sp, #32]\n\t"
            "stp x25, x26, [sp, #48]\n\t"
            "stp x27, x28, [sp, #64]\n\t"
            "stp x29, x30, [sp, #80]\n\t"
            "stp d8, d9, [sp, #96]\n\t"
            "stp d10, d11, [sp, #112]\n\t"
            "stp d12, d13, [sp, #128]\n\t"
            "stp d14, d15, [sp, #144]\n\t"
            "mov x9, sp\n\t"
            "str x9, [x0]\n\t"
            "mov sp, x1\n\t"
            "ldp x19, x20, [sp, #0]\n\t"
            "ldp x21, x22, [sp, #16]\n\t"
            "ldp x23, x24, [sp, #32]\n\t"
            "ldp x25, x26, [sp, #48]\n\t"
            "ldp x27, x28, [sp, #64]\n\t"
            "ldp x29, x30, [sp, #80]\n\t"
            "ldp d8, d9, [sp, #96]\n\t"
            "ldp d10, d11, [sp, #112]\n\t"
            "ldp d12, d13, [sp, #128]\n\t"
            "ldp d14, d15, [sp, #144]\n\t"
            "add sp, sp, #160\n\t"
            "ret");
}

// The first return of a new stack: entry is in x19, its argument in x20.
__attribute__((naked)) static void enter(void) {
    __asm__("mov x0, x20\n\t"
            "mov x29, xzr\n\t"
            "blr x19\n\t"
            "brk #1");
}

void *machine_start(void *base, void (*entry)(void *argument), void *argument) {
    uintptr_t *top = (uintptr_t *)base - SAVED_WORDS;
    for (int i = 0; i < SAVED_WORDS; i++)
        top[i] = 0;
    top[SAVED_X19] = (uintptr_t)entry;
    top[SAVED_X20] = (uintptr_t)argument;
    top[SAVED_X30] = (uintptr_t)enter;
    return top;
}
