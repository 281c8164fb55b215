// The distribution as net_kernel and its helpers drive it: this node's name, channels, their controllers.

#include "bif/bif.h"
#include "bif/node_name.h"
#include "dist/outgoing.h"
#include "dist/port_channel.h"
#include "io/port.h"
#include "proc/bond.h"
#include "proc/signal.h"
#include "term/bits.h"
#include "term/number.h"
#include "vm.h"

// ---- this node's name ---------------------------------------------------------------------------------------------

// In net_kernel: when it ends, this node loses its name.
static void take_name(struct process *owner, struct signal *signal) {
    if (owner && !bond_find(owner, BOND_CONTROLS, NIL))
        bond_add(owner, BOND_CONTROLS, NONE, NIL, NONE);
}

BIF(erlang, setnode, 2) {
    uint64_t creation;
    struct process *net_kernel = proc_lookup(proc_whereis(ATOM_net_kernel));
    if (!is_node_name(arguments[0]) || !is_integer(arguments[1]) || !integer_to_uint64(arguments[1], &creation) ||
        creation > UINT32_MAX || dist_is_alive() || !net_kernel)
        return raise_badarg(self);
    if (net_kernel == self) {
        take_name(self, NULL);
    } else {
        struct signal *signal = proc_signal_new(SIGNAL_CALL, self->pid, NONE, NONE);
        signal->call = take_name;
        if (!proc_signal(net_kernel, signal))
            return raise_badarg(self);
    }
    atomic_store(&vm.creation, (uint32_t)creation);
    atomic_store(&vm.node_name, arguments[0]);
    return ATOM_true;
}

// {erts_dflags, Default, Mandatory, Addable, Rejectable, StrictOrder}
BIF(erts_internal, get_dflags, 0) {
    struct heap *heap = &self->heap;
    return heap_tuple_of(heap, 6, ATOM_erts_dflags, heap_unsigned(heap, DIST_DEFAULT),
                         heap_unsigned(heap, DIST_MANDATORY), heap_unsigned(heap, DIST_ADDABLE),
                         heap_unsigned(heap, DIST_REJECTABLE), heap_unsigned(heap, DIST_STRICT_ORDER));
}

// ---- connections --------------------------------------------------------------------------------------------------

BIF(erts_internal, new_connection, 1) {
    if (!is_node_name(arguments[0]) || arguments[0] == atomic_load(&vm.node_name))
        return raise_badarg(self);
    bool made;
    struct channel *channel = channel_make(dist_node(arguments[0]), &made);
    term id = channel_handle(&self->heap, channel);
    channel_release(channel);
    return id;
}

// True when the connection was pending, and is not any more.
BIF(erts_internal, abort_pending_connection, 2) {
    struct channel *channel = channel_of_handle(arguments[1]);
    if (!is_atom(arguments[0]) || !channel)
        return raise_badarg(self);
    if (channel->node->name != arguments[0] || atomic_load(&channel->state) != CHANNEL_PENDING)
        return ATOM_false;
    return term_boolean(channel_down(channel, ATOM_noconnection));
}

static bool read_number(term value, uint64_t limit, uint64_t *number) {
    return is_integer(value) && integer_to_uint64(value, number) && *number <= limit;
}

// {dist_ctrlr, Controller, Node, Self} tells net_kernel whose end is the connection's.
static void tell_net_kernel(struct process *self, term node, term controller) {
    struct heap builder = {0};
    term message = heap_tuple_of(&builder, 4, ATOM_dist_ctrlr, controller, node, self->pid);
    proc_send_built(ATOM_net_kernel, &builder, message);
}

// In the controller: its end will be the channel's. Answers {Reference, Handle}.
static void take_channel(struct process *owner, struct signal *signal) {
    if (owner)
        bond_add(owner, BOND_CONTROLS, NONE, tuple_element(signal->value, 2), NONE);
    else
        channel_down(channel_of_handle(signal->value), ATOM_noproc);
    signal_reply(signal->from, signal->reference, owner ? signal->value : ATOM_badarg);
}

static term attach_process(struct process *self, term handle, uint64_t flags, uint32_t creation, term controller) {
    struct channel *channel = channel_of_handle(handle);
    struct process *process = proc_lookup(controller);
    if (!process || !channel_up(channel, flags, creation, controller))
        return ATOM_badarg;
    tell_net_kernel(self, channel->node->name, controller);
    if (process == self) {
        bond_add(self, BOND_CONTROLS, NONE, tuple_element(handle, 2), NONE);
        return ok_tuple(self, handle);
    }
    term reference = heap_reference(&self->heap);
    struct signal *signal = proc_signal_new(SIGNAL_CALL, self->pid, handle, reference);
    signal->call = take_channel;
    if (!signal_deliver(process, signal))
        signal_bury(controller, signal);
    return heap_tuple_of(&self->heap, 2, ATOM_message, reference);
}

static term attach_port(struct process *self, term handle, uint64_t flags, uint32_t creation, term controller) {
    struct channel *channel = channel_of_handle(handle);
    if (!port_channel_attach(controller, channel, flags, creation))
        return ATOM_badarg;
    tell_net_kernel(self, channel->node->name, controller);
    return ok_tuple(self, handle);
}

BIF(erts_internal, create_dist_channel, 3) {
    term name = arguments[0], controller = arguments[1], options = arguments[2];
    uint64_t flags, creation;
    if (!is_node_name(name) || !dist_is_alive() || name == atomic_load(&vm.node_name) || !is_tuple_of(options, 2) ||
        !read_number(tuple_element(options, 1), UINT64_MAX, &flags) ||
        !read_number(tuple_element(options, 2), UINT32_MAX, &creation) || (flags & DIST_MANDATORY) != DIST_MANDATORY ||
        !(is_local_pid(controller) || is_local_port(controller)))
        return ATOM_badarg;
    bool made;
    struct channel *channel = channel_make(dist_node(name), &made);
    term handle = channel_handle(&self->heap, channel), result; // holds it, also if we are killed while we give way
    channel_release(channel);
    do {
        channel_encode_postings(self, channel, flags);
        result = is_local_port(controller) ? attach_port(self, handle, flags, (uint32_t)creation, controller)
                                           : attach_process(self, handle, flags, (uint32_t)creation, controller);
    } while (result == ATOM_badarg && channel_has_postings(channel)); // more was sent meanwhile
    return result;
}

// ---- controllers that are processes -------------------------------------------------------------------------------

// The channel of a handle while it is up; NULL else.
static struct channel *channel_of(term handle) {
    struct channel *channel = channel_of_handle(handle);
    return channel && atomic_load(&channel->state) == CHANNEL_UP ? channel : NULL;
}

static struct channel *channel_controlled(const struct process *self, term handle) {
    struct channel *channel = channel_of(handle);
    return channel && channel->controller == self->pid ? channel : NULL;
}

BIF(erlang, dist_ctrl_input_handler, 2) {
    struct channel *channel = channel_controlled(self, arguments[0]);
    if (!channel || !is_local_pid(arguments[1]))
        return raise_badarg(self);
    atomic_store(&channel->input_handler, arguments[1]);
    return ATOM_ok;
}

BIF(erlang, dist_ctrl_put_data, 2) {
    struct channel *channel = channel_of(arguments[0]);
    if (!channel || atomic_load(&channel->input_handler) != self->pid)
        return raise_badarg(self);
    if (is_list(arguments[1]) || is_nil(arguments[1]))
        return bif_call(self, ATOM_erts_internal, ATOM_dist_ctrl_put_data, 2);
    if (!is_binary(arguments[1]))
        return raise_badarg(self);
    struct bits bits = bitstring_bits(arguments[1]);
    size_t size = bits.size / 8;
    uint8_t *bytes = bits.bytes;
    if (bits.offset) {
        bytes = proc_scratch(self, size);
        bits_copy(bytes, 0, bits);
    }
    if (!channel_input(channel, bytes, size))
        channel_kill(channel);
    return ATOM_ok;
}

// Frees the chunk alone; its reference goes to the binary.
static term chunk_binary(struct heap *heap, struct chunk *chunk) {
    term binary;
    if (chunk->shared) {
        binary = heap_slice(heap, chunk->shared, 8 * (size_t)(chunk->bytes - chunk->shared->bytes), 8 * chunk->size);
        chunk->shared = NULL;
    } else {
        binary = heap_binary(heap, chunk->bytes, chunk->size);
    }
    chunk->next = NULL;
    chunk_free(chunk);
    return binary;
}

// A list of binaries, one for each chunk; frees them.
static term chunk_binaries(struct heap *heap, struct chunk *chunks) {
    term first = NIL, *end = &first;
    for (struct chunk *next; chunks; chunks = next) {
        next = chunks->next;
        term cell = heap_cons(heap, chunk_binary(heap, chunks), NIL);
        *end = cell;
        end = &list_cell(cell)[1];
    }
    return first;
}

// none, [Binary, ...], or {Size, [Binary, ...]}
BIF(erlang, dist_ctrl_get_data, 1) {
    struct channel *channel = channel_controlled(self, arguments[0]);
    if (!channel)
        return channel_of_handle(arguments[0]) ? raise_badarg(self) : raise_error(self, ATOM_notsup);
    struct chunk *chunks = channel_pull(channel, 0);
    if (!chunks)
        return ATOM_none;
    size_t size = chunk_list_size(chunks);
    term data = chunk_binaries(&self->heap, chunks);
    return channel->get_size ? heap_tuple_of(&self->heap, 2, heap_unsigned(&self->heap, size), data) : data;
}

BIF(erlang, dist_ctrl_get_data_notification, 1) {
    struct channel *channel = channel_controlled(self, arguments[0]);
    if (!channel)
        return raise_badarg(self);
    channel_notify(channel);
    return ATOM_ok;
}

BIF(erlang, dist_ctrl_set_opt, 3) {
    struct channel *channel = channel_controlled(self, arguments[0]);
    if (!channel || arguments[1] != ATOM_get_size || (arguments[2] != ATOM_true && arguments[2] != ATOM_false))
        return raise_badarg(self);
    bool before = channel->get_size;
    channel->get_size = arguments[2] == ATOM_true;
    return term_boolean(before);
}

BIF(erlang, dist_ctrl_get_opt, 2) {
    struct channel *channel = channel_controlled(self, arguments[0]);
    if (!channel || arguments[1] != ATOM_get_size)
        return raise_badarg(self);
    return term_boolean(channel->get_size);
}

// {ok, PacketsIn, PacketsOut, Pending}
BIF(erlang, dist_get_stat, 1) {
    struct channel *channel = channel_of(arguments[0]);
    if (!channel)
        return raise_badarg(self);
    struct heap *heap = &self->heap;
    return heap_tuple_of(heap, 4, ATOM_ok, heap_unsigned(heap, atomic_load(&channel->packets_in)),
                         heap_unsigned(heap, atomic_load(&channel->packets_out)), SMALL(channel_pending(channel)));
}
