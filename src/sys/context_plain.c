// Builds without a sanitizer that follows stacks.

#include "sys/context.h"

void sanitizer_stack_new(struct stack *stack) {
}
void sanitizer_stack_free(struct stack *stack) {
}
void sanitizer_stack_of_thread(struct stack *stack) {
}
void sanitizer_switch(struct stack *from, struct stack *to) {
}
void sanitizer_switched(struct stack *stack) {
}
