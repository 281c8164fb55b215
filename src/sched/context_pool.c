// Contexts: C stacks for running processes. Each scheduler keeps a few that are not in use, the rest go back to the
// system.

#include "sched/scheduler.h"
#include "sys/sys.h"

#define STACK_BYTES (256 * 1024)
#define POOL_MAX 8

static struct context *context_new(void) {
    struct stack stack;
    void *base;
    stack_new(&stack, STACK_BYTES, sizeof(struct context), &base);
    struct context *context = base;
    context->stack = stack;
    context->process = NULL;
    context->fresh = true;
    stack_start(&context->stack, context, scheduler_main, context);
    return context;
}

struct context *context_take(struct scheduler *scheduler) {
    struct context *context = scheduler->pool;
    if (!context)
        return context_new();
    scheduler->pool = context->next;
    scheduler->pool_count--;
    return context;
}

void context_give(struct scheduler *scheduler, struct context *context) {
    context->process = NULL;
    if (scheduler->pool_count < POOL_MAX) {
        context->next = scheduler->pool;
        scheduler->pool = context;
        scheduler->pool_count++;
        return;
    }
    struct stack stack = context->stack; // it lies in what is freed
    stack_free(&stack);
}

void context_drop(struct scheduler *scheduler, struct context *context) {
    stack_start(&context->stack, context, scheduler_main, context);
    context_give(scheduler, context);
}
