// ThreadSanitizer: each stack is a fiber.

#include <sanitizer/tsan_interface.h>

#include "sys/context.h"

void sanitizer_stack_new(struct stack *stack) {
    stack->fiber = __tsan_create_fiber(0);
}
void sanitizer_stack_free(struct stack *stack) {
    __tsan_destroy_fiber(stack->fiber);
}
void sanitizer_stack_of_thread(struct stack *stack) {
    stack->fiber = __tsan_get_current_fiber();
}
// Its entry and its exit would be noted in different fibers, so they are not noted at all.
__attribute__((disable_sanitizer_instrumentation)) void sanitizer_switch(struct stack *from, struct stack *to) {
    __tsan_switch_to_fiber(to->fiber, 0);
}
void sanitizer_switched(struct stack *stack) {
}
