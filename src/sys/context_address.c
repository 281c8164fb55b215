#define _GNU_SOURCE
// AddressSanitizer: it must know the bounds of the stack that runs. `fiber` holds its fake stack while another runs.

#include <pthread.h>
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>

#include "sys/context.h"

void sanitizer_stack_new(struct stack *stack) {
    stack->fiber = NULL;
}
// Frames that were dropped have left their marks.
void sanitizer_stack_free(struct stack *stack) {
    __asan_unpoison_memory_region(stack->memory + STACK_GUARD, stack->size - STACK_GUARD);
}
void sanitizer_stack_of_thread(struct stack *stack) {
    pthread_attr_t attributes;
    void *low = NULL;
    size_t size = 0;
    if (pthread_getattr_np(pthread_self(), &attributes) == 0) {
        pthread_attr_getstack(&attributes, &low, &size);
        pthread_attr_destroy(&attributes);
    }
    stack->memory = low;
    stack->size = size;
}
void sanitizer_switch(struct stack *from, struct stack *to) {
    __sanitizer_start_switch_fiber(&from->fiber, to->memory, to->size);
}
void sanitizer_switched(struct stack *stack) {
    __sanitizer_finish_switch_fiber(stack->fiber, NULL, NULL);
}
