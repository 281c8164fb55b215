// Ports: erts_internal:open_port/2, port_command/3 and their kin.
//
// The wrappers in erlang.erl turn an atom that is no result into an error of that name, and await a message with a
// reference when the answer is one. Only open_port answers so: what the others do is done when they return.

#include "io/port.h"
#include "bif/bif.h"
#include "bif/native_name.h"
#include "driver/driver.h"
#include "ext/ext.h"
#include "io/port_trace.h"
#include "term/atom.h"
#include "term/iodata.h"
#include "term/number.h"
#include "term/print.h"

#define BYTES_PER_REDUCTION 512

#define BUSY_HIGH 8192 // bytes queued, unless {busy_limits_port, _} says otherwise
#define BUSY_LOW 4096

// ---- open_port: options

static char *name_or_atom(struct process *self, term name) {
    size_t size;
    if (!is_atom(name))
        return native_name(self, name, &size);
    struct atom_text text = atom_text(name);
    return native_name(self, heap_binary(&self->heap, text.bytes, text.size), &size);
}

static bool strings_argument(struct process *self, term list, char ***strings) {
    size_t count = 0, size;
    for (term at = list; is_list(at); at = list_tail(at))
        count++;
    *strings = proc_scratch(self, (count + 1) * sizeof **strings);
    term at = list;
    for (size_t i = 0; i < count; i++, at = list_tail(at)) {
        if (!((*strings)[i] = native_name(self, list_head(at), &size)))
            return false;
    }
    (*strings)[count] = NULL;
    return is_nil(at);
}

// [{Name, Value | false}]
static bool environment_argument(struct process *self, term list, struct port_options *options) {
    size_t count = 0, size;
    for (term at = list; is_list(at); at = list_tail(at))
        count++;
    struct environment_change *changes = proc_scratch(self, (count + 1) * sizeof *changes);
    term at = list;
    for (size_t i = 0; i < count; i++, at = list_tail(at)) {
        term pair = list_head(at);
        if (!is_tuple_of(pair, 2))
            return false;
        term value = tuple_element(pair, 2);
        changes[i].name = native_name(self, tuple_element(pair, 1), &size);
        changes[i].value = value == ATOM_false ? NULL : native_name(self, value, &size);
        if (!changes[i].name || strchr(changes[i].name, '=') || (!changes[i].value && value != ATOM_false))
            return false;
    }
    options->environment = changes;
    options->environment_count = count;
    return is_nil(at);
}

static bool limits_argument(term limits, size_t *low, size_t *high) {
    if (limits == ATOM_disabled) {
        *low = *high = SIZE_MAX;
        return true;
    }
    if (!is_tuple_of(limits, 2) || !is_small(tuple_element(limits, 1)) || !is_small(tuple_element(limits, 2)))
        return false;
    int64_t a = small_value(tuple_element(limits, 1)), b = small_value(tuple_element(limits, 2));
    if (a < 0 || b < 0)
        return false;
    *low = (size_t)(a < b ? a : b);
    *high = (size_t)(a < b ? b : a);
    return true;
}

static bool packet_option(struct port_options *options, term size) {
    if (options->framing != FRAMING_STREAM || (size != SMALL(1) && size != SMALL(2) && size != SMALL(4)))
        return false;
    options->framing = FRAMING_PACKET;
    options->packet_bytes = (unsigned)small_value(size);
    return true;
}

static bool line_option(struct port_options *options, term limit) {
    if (options->framing != FRAMING_STREAM || !is_small(limit) || small_value(limit) <= 0)
        return false;
    options->framing = FRAMING_LINE;
    options->line_limit = (size_t)small_value(limit);
    return true;
}

static bool pair_option(struct process *self, term name, term value, struct port_options *options) {
    size_t low, high, size;
    switch (name) {
    case ATOM_packet:
        return packet_option(options, value);
    case ATOM_line:
        return line_option(options, value);
    case ATOM_cd:
        return (options->directory = name_or_atom(self, value));
    case ATOM_arg0:
        return (options->zeroth = native_name(self, value, &size));
    case ATOM_args:
        return strings_argument(self, value, &options->arguments);
    case ATOM_env:
        return environment_argument(self, value, options);
    case ATOM_parallelism:
        options->flags |= value == ATOM_true ? PORT_PARALLEL : 0;
        return value == ATOM_true || value == ATOM_false;
    case ATOM_busy_limits_port:
        return limits_argument(value, &options->busy_low, &options->busy_high);
    case ATOM_busy_limits_msgq: // commands are not queued as messages
        return limits_argument(value, &low, &high);
    default:
        return false;
    }
}

static bool plain_option(term name, struct port_options *options) {
    switch (name) {
    case ATOM_stream:
        options->framing = FRAMING_STREAM;
        options->packet_bytes = 0;
        return true;
    case ATOM_in:
        options->flags |= PORT_IN;
        return true;
    case ATOM_out:
        options->flags |= PORT_OUT;
        return true;
    case ATOM_binary:
        options->flags |= PORT_BINARY;
        return true;
    case ATOM_eof:
        options->flags |= PORT_EOF;
        return true;
    case ATOM_exit_status:
        options->flags |= PORT_EXIT_STATUS;
        return true;
    case ATOM_use_stdio:
        options->flags &= ~(unsigned)PORT_NO_STDIO;
        return true;
    case ATOM_nouse_stdio:
        options->flags |= PORT_NO_STDIO;
        return true;
    case ATOM_stderr_to_stdout:
        options->flags |= PORT_STDERR;
        return true;
    case ATOM_hide: // of Windows
    case ATOM_overlapped_io:
        return true;
    default:
        return false;
    }
}

static bool options_argument(struct process *self, term list, struct port_options *options) {
    *options = (struct port_options){.busy_high = BUSY_HIGH, .busy_low = BUSY_LOW};
    for (; is_list(list); list = list_tail(list)) {
        term option = list_head(list);
        bool good = is_tuple_of(option, 2)
                        ? pair_option(self, tuple_element(option, 1), tuple_element(option, 2), options)
                        : plain_option(option, options);
        if (!good)
            return false;
    }
    if (!(options->flags & (PORT_IN | PORT_OUT)))
        options->flags |= PORT_IN | PORT_OUT;
    return is_nil(list);
}

// ---- open_port: names

static term open_descriptors(struct process *self, term name, const struct port_options *options, term *error) {
    term in = tuple_element(name, 2), out = tuple_element(name, 3);
    *error = ATOM_badarg;
    if (!is_small(in) || !is_small(out))
        return NONE;
    *error = ATOM_einval;
    if (small_value(in) < 0 || small_value(out) < 0 || small_value(in) > INT32_MAX || small_value(out) > INT32_MAX)
        return NONE;
    return port_open_fd(self, (int)small_value(in), (int)small_value(out), options, error);
}

// {spawn, _}, {spawn_driver, _}, {spawn_executable, _}. Only the last has arguments.
static term open_command(struct process *self, term name, const struct port_options *options, term *error) {
    term how = tuple_element(name, 1);
    bool executable = how == ATOM_spawn_executable;
    const char *command = name_or_atom(self, tuple_element(name, 2));
    *error = ATOM_badarg;
    if (!command || !*command || (!executable && (options->arguments || options->zeroth)))
        return NONE;
    if (executable)
        return port_open_executable(self, command, options, error);
    port_opener *open = port_opener_find(command);
    if (open)
        return open(self, command, options, error);
    term loaded = driver_open(self, command, options, error);
    if (loaded != NONE || *error != NIL)
        return loaded;
    *error = ATOM_badarg;
    return how == ATOM_spawn ? port_open_command(self, command, options, error) : NONE;
}

static bool is_command(term name) {
    if (!is_tuple_of(name, 2))
        return false;
    term how = tuple_element(name, 1);
    return how == ATOM_spawn || how == ATOM_spawn_driver || how == ATOM_spawn_executable;
}

BIF(erts_internal, open_port, 2) {
    struct port_options options;
    term error = ATOM_badarg, port = NONE;
    if (!options_argument(self, arguments[1], &options))
        return ATOM_badopt;
    if (is_tuple_of(arguments[0], 3) && tuple_element(arguments[0], 1) == ATOM_fd)
        port = open_descriptors(self, arguments[0], &options, &error);
    else if (is_command(arguments[0]))
        port = open_command(self, arguments[0], &options, &error);
    return port == NONE ? error : port;
}

// ---- commands

BIF(erts_internal, port_command, 3) {
    unsigned options = 0;
    term list = arguments[2];
    for (; is_list(list); list = list_tail(list)) {
        if (list_head(list) == ATOM_force)
            options |= COMMAND_FORCE;
        else if (list_head(list) == ATOM_nosuspend)
            options |= COMMAND_NO_SUSPEND;
        else
            return ATOM_badopt;
    }
    struct port *port = port_lookup_name(arguments[0]);
    if (!port || !is_nil(list))
        return is_nil(list) ? ATOM_badarg : ATOM_badopt;
    switch (port_command(self, port->id, arguments[1], options)) {
    case COMMAND_DONE:
        return ATOM_true;
    case COMMAND_BUSY:
        return ATOM_false;
    case COMMAND_UNSUPPORTED:
        return ATOM_notsup;
    default:
        return ATOM_badarg;
    }
}

// The open port that the term names, locked; NULL when there is none.
static struct port *lock_argument(term t) {
    struct port *port = port_lookup_name(t);
    return port && port_lock(port) ? port : NULL;
}

BIF(erts_internal, port_close, 1) {
    struct port *port = lock_argument(arguments[0]);
    if (!port)
        return ATOM_badarg;
    port_trace_in(port, ATOM_close);
    port_trace_request(port, self->pid, ATOM_close);
    port_end(port, ATOM_normal);
    port_unlock(port);
    return ATOM_true;
}

BIF(erts_internal, port_connect, 2) {
    struct process *owner = is_local_pid(arguments[1]) ? proc_lookup(arguments[1]) : NULL;
    struct port *port = owner ? lock_argument(arguments[0]) : NULL;
    if (!port)
        return ATOM_badarg;
    term id = port->id;
    struct heap builder = {0};
    port_trace_in(port, ATOM_connect);
    port_trace_request(port, self->pid, heap_tuple_of(&builder, 2, ATOM_connect, arguments[1]));
    bool linked = port_link_add(port, arguments[1]);
    // OTP tells of this message, but sends it only where the request came as one.
    port_trace_sent(port, heap_tuple_of(&builder, 2, id, ATOM_connected), self->pid);
    port->owner = arguments[1];
    port_trace_out(port, ATOM_connect);
    heap_free(&builder);
    port_unlock(port);
    if (linked)
        proc_signal(owner, proc_signal_new(SIGNAL_LINK, id, NONE, NONE));
    return ATOM_true;
}

// port_control's answers come as lists, or as a binary where the driver says so.
BIF(erts_internal, port_control, 3) {
    uint64_t operation;
    size_t size;
    struct text answer = {0};
    if (!integer_to_uint64(arguments[1], &operation) || operation > UINT32_MAX ||
        iodata_size(arguments[2], &size, &self->work) != IODATA_OK)
        return ATOM_badarg;
    uint8_t *bytes = proc_scratch(self, size);
    iodata_copy(arguments[2], bytes, &self->work);
    struct port *port = lock_argument(arguments[0]);
    if (!port)
        return ATOM_badarg;
    port->caller = self->pid;
    port_trace_in(port, ATOM_control);
    port_trace_control(port, self->pid, (unsigned)operation, bytes, size);
    port->answers_binary = false;
    bool good = port->driver->control && port->driver->control(port, (unsigned)operation, bytes, size, &answer);
    if (good)
        port_trace_answer(port, self->pid, answer.bytes, answer.size);
    port_trace_out(port, ATOM_control);
    bool binary = port->answers_binary;
    port_unlock(port);
    term result = ATOM_badarg;
    if (good)
        result = binary ? heap_binary(&self->heap, answer.bytes, answer.size)
                        : heap_string(&self->heap, answer.bytes, answer.size);
    text_free(&answer);
    return result;
}

// A value in the external format that a driver has given; NONE when it is not that.
static term decode_answer(struct process *self, const struct text *answer) {
    size_t used;
    if (answer->size == 0 || answer->bytes[0] != (char)EXT_VERSION)
        return NONE;
    return ext_decode(&self->heap, (const uint8_t *)answer->bytes + 1, answer->size - 1, false, &used, &self->work);
}

BIF(erts_internal, port_call, 3) {
    static const struct ext_options options = {.flags = EXT_FLAGS_LOCAL, .minor_version = 1};
    uint64_t operation;
    if (!integer_to_uint64(arguments[1], &operation) || operation > UINT32_MAX)
        return ATOM_badarg;
    struct text question = {0}, answer = {0};
    *text_extend(&question, 1) = (char)EXT_VERSION;
    ext_encode(&question, arguments[2], &options, &self->work);
    term result = NONE;
    struct port *port = lock_argument(arguments[0]);
    if (port) {
        port->caller = self->pid;
        port_trace_in(port, ATOM_call);
        if (port->driver->call &&
            port->driver->call(port, (unsigned)operation, (const uint8_t *)question.bytes, question.size, &answer))
            result = decode_answer(self, &answer);
        port_trace_out(port, ATOM_call);
        port_unlock(port);
    }
    text_free(&question);
    text_free(&answer);
    return result == NONE ? ATOM_badarg : ok_tuple(self, result);
}

// ---- data

BIF(erlang, port_set_data, 2) {
    struct port *port = lock_argument(arguments[0]);
    if (!port)
        return raise_badarg(self);
    heap_free(&port->data_heap);
    port->data_heap = (struct heap){0};
    port->data = heap_copy_all(&port->data_heap, arguments[1]);
    port_unlock(port);
    return ATOM_true;
}

BIF(erlang, port_get_data, 1) {
    struct port *port = lock_argument(arguments[0]);
    if (!port)
        return raise_badarg(self);
    term data = heap_copy(&self->heap, port->data);
    port_unlock(port);
    return data;
}

// ---- information

static term pair(struct heap *heap, term name, term value) {
    return heap_tuple_of(heap, 2, name, value);
}

static term link_list(struct heap *heap, const struct port *port) {
    term list = NIL;
    for (const struct port_link *link = port->links; link; link = link->next)
        list = heap_cons(heap, link->pid, list);
    return list;
}

static term monitor_list(struct heap *heap, const struct port *port) {
    term list = NIL;
    for (const struct port_monitor *monitor = port->monitors; monitor; monitor = monitor->next)
        list = heap_cons(heap, monitor->pid, list);
    return list;
}

// [{process, Pid}]
static term watched_list(struct heap *heap, const struct port *port) {
    term list = NIL;
    for (term pids = port->driver->watched ? port->driver->watched(port, heap) : NIL; is_list(pids);
         pids = list_tail(pids))
        list = heap_cons(heap, pair(heap, ATOM_process, list_head(pids)), list);
    return list;
}

// {Item, Value}; [] for the name of a port that has none, NONE when there is no such item.
static term info_item(struct heap *heap, const struct port *port, term item) {
    switch (item) {
    case ATOM_registered_name:
        return is_nil(port->name) ? NIL : pair(heap, item, port->name);
    case ATOM_name:
        return pair(heap, item, heap_string(heap, port->title, strlen(port->title)));
    case ATOM_links:
        return pair(heap, item, link_list(heap, port));
    case ATOM_id:
        return pair(heap, item, SMALL(immediate_payload(port->id) * 8)); // OTP numbers them so
    case ATOM_connected:
        return pair(heap, item, port->owner);
    case ATOM_input:
        return pair(heap, item, heap_unsigned(heap, port->input_bytes));
    case ATOM_output:
        return pair(heap, item, heap_unsigned(heap, port->output_bytes));
    case ATOM_os_pid:
        return pair(heap, item, port->system_pid < 0 ? ATOM_undefined : SMALL(port->system_pid));
    case ATOM_monitors:
        return pair(heap, item, watched_list(heap, port));
    case ATOM_monitored_by:
        return pair(heap, item, monitor_list(heap, port));
    case ATOM_memory:
        return pair(heap, item, SMALL(sizeof *port + port->partial_room + port->queued));
    case ATOM_parallelism:
        return pair(heap, item, term_boolean(port->flags & PORT_PARALLEL));
    case ATOM_queue_size:
        return pair(heap, item, SMALL(port->driver->queued ? port->driver->queued(port) : port->queued));
    case ATOM_locking:
        return pair(heap, item, ATOM_port_level);
    default:
        return NONE;
    }
}

// The port that the term names, locked, unless it is closed.
static struct port *lock_present(term t) {
    struct port *port = port_lookup_name(t);
    return port && port_lock_unless_closed(port) ? port : NULL;
}

BIF(erts_internal, port_info, 1) {
    static const term items[] = {ATOM_os_pid, ATOM_output, ATOM_input, ATOM_connected,
                                 ATOM_id,     ATOM_links,  ATOM_name,  ATOM_registered_name};
    if (!is_atom(arguments[0]) && !is_port(arguments[0]))
        return ATOM_badarg;
    struct port *port = lock_present(arguments[0]);
    if (!port)
        return ATOM_undefined;
    term list = NIL;
    for (size_t i = 0; i < sizeof items / sizeof *items; i++) {
        term item = info_item(&self->heap, port, items[i]);
        if (!is_nil(item))
            list = heap_cons(&self->heap, item, list);
    }
    port_unlock(port);
    return list;
}

BIF(erts_internal, port_info, 2) {
    if (!is_atom(arguments[0]) && !is_port(arguments[0]))
        return ATOM_badarg;
    if (!is_atom(arguments[1]))
        return ATOM_badtype;
    struct port *port = lock_present(arguments[0]);
    if (!port)
        return ATOM_undefined;
    term item = info_item(&self->heap, port, arguments[1]);
    port_unlock(port);
    return item == NONE ? ATOM_badarg : item;
}

BIF(erlang, ports, 0) {
    term list = NIL, ordered = NIL;
    size_t position = 0;
    for (struct port *port; (port = port_next(&position));)
        list = heap_cons(&self->heap, port->id, list);
    for (; is_list(list); list = list_tail(list))
        ordered = heap_cons(&self->heap, list_head(list), ordered);
    return ordered;
}
