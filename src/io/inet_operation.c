// What processes wait for at a socket, and until when. A socket that nobody waits for has none of these.
//
// An operation's memory is retired by epochs, as its port's is: its timer may be firing while it ends.

#include "io/inet.h"

#include "sys/sys.h"

static bool is_listed(const struct inet_operation *operation) {
    for (const struct inet_operation *at = inet_of(operation->port)->operations; at; at = at->next) {
        if (at == operation)
            return true;
    }
    return false;
}

static void timer_fired(struct timer *timer) {
    struct inet_operation *operation =
        (struct inet_operation *)((char *)timer - offsetof(struct inet_operation, timer));
    struct port *port = operation->port;
    if (!port_lock(port))
        return;
    if (is_listed(operation))
        operation->expired(operation);
    port_unlock(port);
}

struct inet_operation *inet_operation_begin(struct port *port, enum inet_operation_kind kind, uint32_t timeout,
                                            void (*expired)(struct inet_operation *)) {
    struct inet *inet = inet_of(port);
    struct inet_operation *operation = sys_alloc_zero(sizeof *operation);
    operation->port = port;
    operation->kind = kind;
    operation->number = inet->next_number++;
    operation->caller = port->caller;
    operation->expired = expired;
    if (!inet->operations)
        inet->operations_end = &inet->operations;
    *inet->operations_end = operation;
    inet->operations_end = &operation->next;
    if (timeout != INET_FOREVER)
        timer_start(&operation->timer, sys_monotonic_time() + (int64_t)timeout * 1000000, timer_fired);
    return operation;
}

struct inet_operation *inet_operation_find(const struct port *port, enum inet_operation_kind kind) {
    struct inet_operation *operation = inet_of(port)->operations;
    while (operation && operation->kind != kind)
        operation = operation->next;
    return operation;
}

void inet_operation_end(struct inet_operation *operation) {
    struct inet *inet = inet_of(operation->port);
    struct inet_operation **at = &inet->operations;
    while (*at != operation)
        at = &(*at)->next;
    *at = operation->next;
    if (!operation->next)
        inet->operations_end = at;
    timer_cancel(&operation->timer);
    vm.hooks.retire(operation, sys_free);
}

void inet_operation_reply(struct inet_operation *operation, struct heap *builder, term result) {
    term message = heap_tuple_of(builder, 4, ATOM_inet_async, operation->port->id, SMALL(operation->number), result);
    term caller = operation->caller;
    inet_operation_end(operation);
    proc_send_built(caller, builder, message);
}

void inet_operation_fail(struct inet_operation *operation, term reason) {
    struct heap builder = {0};
    inet_operation_reply(operation, &builder, heap_tuple_of(&builder, 2, ATOM_error, reason));
}

void inet_operations_fail(struct port *port, term reason) {
    for (struct inet_operation *operation; (operation = inet_of(port)->operations);) {
        if (operation->kind == OPERATION_SEND)
            inet_operation_end(operation);
        else
            inet_operation_fail(operation, reason);
    }
}
