// Asking other nodes for processes.

#include "bif/bif.h"
#include "bif/spawn.h"
#include "proc/bond.h"
#include "proc/remote.h"
#include "proc/signal.h"
#include "vm.h"

// What a request asks of this side; what it asks of the other is in `options`.
struct request {
    bool link, monitor, reply_ok, reply_error;
    struct monitor_options monitoring;
    term reply_tag;
    term options; // link, monitor, and all that are not for this side
};

static bool reply_read(term value, struct request *request) {
    request->reply_ok = value == ATOM_yes || value == ATOM_success_only;
    request->reply_error = value == ATOM_yes || value == ATOM_error_only;
    return request->reply_ok || request->reply_error || value == ATOM_no;
}

// False when an option for this side is bad.
static bool pair_read(struct process *self, term option, struct request *request) {
    term name = is_tuple_of(option, 2) ? tuple_element(option, 1) : NONE;
    if (name == ATOM_reply)
        return reply_read(tuple_element(option, 2), request);
    if (name == ATOM_reply_tag) {
        request->reply_tag = tuple_element(option, 2);
        return true;
    }
    if (name == ATOM_monitor) {
        request->monitor = true;
        return monitor_options_read(tuple_element(option, 2), &request->monitoring);
    }
    if (name == ATOM_async_dist)
        return tuple_element(option, 2) == ATOM_true || tuple_element(option, 2) == ATOM_false;
    request->options = heap_cons(&self->heap, option, request->options);
    return true;
}

static bool options_read(struct process *self, term list, struct request *request) {
    *request = (struct request){.reply_ok = true,
                                .reply_error = true,
                                .reply_tag = ATOM_spawn_reply,
                                .monitoring = {.tag = NONE},
                                .options = NIL};
    bool valid = true;
    for (; is_list(list); list = list_tail(list)) {
        term option = list_head(list);
        if (option == ATOM_link)
            request->link = true;
        else if (option == ATOM_monitor)
            request->monitor = true;
        else
            valid &= pair_read(self, option, request);
    }
    if (request->monitor)
        request->options = heap_cons(&self->heap, ATOM_monitor, request->options);
    if (request->link)
        request->options = heap_cons(&self->heap, ATOM_link, request->options);
    return valid;
}

static bool list_length(term list, int64_t *length) {
    for (*length = 0; is_list(list); list = list_tail(list))
        ++*length;
    return is_nil(list);
}

static void fail(struct process *self, const struct request *request, term reference, term reason) {
    if (request->reply_error)
        proc_signal(self, signal_tuple(SIGNAL_MESSAGE, NONE, NONE, 4,
                                       (term[]){request->reply_tag, reference, ATOM_error, reason}));
}

static void await_reply(struct process *self, const struct request *request, term reference, uint32_t channel) {
    term value = heap_tuple_of(&self->heap, 6, request->reply_tag, term_boolean(request->reply_error),
                               term_boolean(request->reply_ok), term_boolean(request->link),
                               term_boolean(request->monitor), request->monitoring.tag);
    struct bond *bond = bond_add(self, BOND_SPAWN, NONE, reference, value);
    bond->alias = request->monitor ? request->monitoring.alias : ALIAS_NONE;
    bond->channel = channel;
}

// dist_spawn_request(Node, {Module, Function, Arguments}, Options, spawn_request | spawn_opt)
BIF(erts_internal, dist_spawn_request, 4) {
    term node = arguments[0], call = arguments[1], type = arguments[3];
    int64_t arity, options_length;
    if (!is_atom(node) || !is_tuple_of(call, 3) || !is_atom(tuple_element(call, 1)) ||
        !is_atom(tuple_element(call, 2)) || !list_length(tuple_element(call, 3), &arity) ||
        !list_length(arguments[2], &options_length) || (type != ATOM_spawn_request && type != ATOM_spawn_opt))
        return ATOM_badarg;
    struct request request;
    bool valid = options_read(self, arguments[2], &request);
    struct heap *heap = &self->heap;
    term reference =
        request.monitor && request.monitoring.alias != ALIAS_NONE ? alias_reference(self) : heap_reference(heap);
    if (valid) {
        term function = heap_tuple_of(heap, 3, tuple_element(call, 1), tuple_element(call, 2), SMALL(arity));
        term fields[] = {self->group_leader, function, request.options, tuple_element(call, 3)};
        struct signal *signal = signal_tuple(SIGNAL_SPAWN_REQUEST, self->pid, reference, 4, fields);
        uint32_t channel = remote_signal(self, heap_tuple_of(heap, 2, ATOM_undefined, node), signal, 0);
        if (channel)
            await_reply(self, &request, reference, channel);
        else
            fail(self, &request, reference, ATOM_noconnection);
    } else {
        fail(self, &request, reference, ATOM_badopt);
    }
    return type == ATOM_spawn_request ? reference : heap_tuple_of(heap, 2, reference, term_boolean(request.monitor));
}

// True when the reply had not come yet; nothing is told then when it does.
BIF(erlang, spawn_request_abandon, 1) {
    if (!is_reference(arguments[0]))
        return raise_badarg(self);
    struct bond *request = bond_find(self, BOND_SPAWN, arguments[0]);
    if (!request)
        return ATOM_false;
    bond_remove(self, request);
    return ATOM_true;
}
