// A port's life: locking, the messages and signals it gets and sends, its end.

#include "io/port.h"

#include <unistd.h>

#include "ext/ext.h"
#include "io/port_trace.h"
#include "io/port_work.h"
#include "io/posix_error.h"
#include "proc/log.h"
#include "proc/signal.h"
#include "proc/system_monitor.h"
#include "sys/sys.h"
#include "term/compare.h"
#include "term/iodata.h"

#define BYTES_PER_REDUCTION 512

// ---- locking and the end

static void free_bonds(struct port *port) {
    while (port->monitors) {
        struct port_monitor *monitor = port->monitors;
        port->monitors = monitor->next;
        heap_free(&monitor->heap);
        sys_free(monitor);
    }
    while (port->links) {
        struct port_link *link = port->links;
        port->links = link->next;
        sys_free(link);
    }
}

void port_free(void *memory) {
    struct port *port = memory;
    free_bonds(port);
    chunk_free(port->queue);
    heap_free(&port->data_heap);
    pthread_mutex_destroy(&port->lock);
    sys_free(port->partial);
    sys_free(port->waiting);
    sys_free(port->title);
    sys_free(port);
}

void port_close_descriptor(struct poll_source *source) {
    if (source->descriptor < 0)
        return;
    poll_forget(source); // its `ready` may be running, and then waits for the port's lock
    close(source->descriptor);
    source->descriptor = -1;
}

// Nobody else will get hold of the port any more: it is closed, and this thread was the one to see it first.
static void port_release(struct port *port) {
    timer_cancel(&port->input_timer);
    port_close_descriptor(&port->input);
    port_close_descriptor(&port->output);
    if (port->driver->stop)
        port->driver->stop(port);
    port_table_remove(port);
    vm.hooks.retire(port, port_free);
}

bool port_lock(struct port *port) {
    pthread_mutex_lock(&port->lock);
    if (port->state == PORT_OPEN)
        return true;
    pthread_mutex_unlock(&port->lock);
    return false;
}

bool port_lock_unless_closed(struct port *port) {
    pthread_mutex_lock(&port->lock);
    if (port->state != PORT_CLOSED)
        return true;
    pthread_mutex_unlock(&port->lock);
    return false;
}

void port_unlock(struct port *port) {
    bool release = port->state == PORT_CLOSED && !port->released;
    term stale_name = port->state != PORT_OPEN ? port->name : NIL;
    struct port_note *notes = port_notes_take(port);
    struct port_work work = port->work;
    term id = port->id;
    port->work.watched = false;
    port->released |= release;
    if (stale_name != NIL)
        port->name = NIL;
    pthread_mutex_unlock(&port->lock);
    port_notes_send(notes);
    if (work.watched)
        port_work_end(id, &work);
    if (stale_name != NIL)
        proc_unregister(stale_name);
    if (release)
        port_release(port);
}

static void exit_signal(term pid, enum signal_kind kind, term from, term reason) {
    struct process *process = proc_lookup(pid);
    if (process)
        proc_signal(process, signal_exit(kind, from, reason));
}

// The signal that wakes has nothing else to do.
static void woken(struct process *owner, struct signal *signal) {
}

void port_wake_waiting(struct port *port) {
    for (size_t i = 0; i < port->waiting_count; i++) {
        struct process *process = proc_lookup(port->waiting[i]);
        if (!process)
            continue;
        struct signal *signal = proc_signal_new(SIGNAL_CALL, port->id, NONE, NONE);
        signal->call = woken;
        proc_signal(process, signal);
    }
    port->waiting_count = 0;
}

// The answer to the owner's `close`, once.
static void tell_closed(struct port *port) {
    struct heap builder = {0};
    if (port->tells_closed)
        port_message(port, &builder, ATOM_closed);
    port->tells_closed = false;
}

void port_close(struct port *port, term reason) {
    if (port->state != PORT_OPEN) {
        tell_closed(port);
        port->state = PORT_CLOSED;
        return;
    }
    bool write_out =
        reason != ATOM_kill && port->queue && (!port->driver->keeps_output || port->driver->keeps_output(port));
    port_trace(port, TRACE_PORTS, ATOM_closed, reason);
    if (port->name != NIL)
        port_trace(port, TRACE_PORTS, ATOM_unregister, port->name);
    bool flushes = reason != ATOM_kill && port->driver->flush;
    port->state = write_out || flushes ? PORT_CLOSING : PORT_CLOSED;
    port->was_closing = write_out;
    reason = reason == ATOM_kill ? ATOM_killed : reason;
    for (struct port_link *link = port->links; link; link = link->next)
        exit_signal(link->pid, SIGNAL_EXIT_LINK, port->id, reason);
    for (struct port_monitor *monitor = port->monitors; monitor; monitor = monitor->next)
        signal_down(monitor->pid, port->id, monitor->reference, ATOM_port, port->id, reason);
    free_bonds(port);
    port_wake_waiting(port);
    if (port->channel)
        port->channel->closed(port, reason);
    if (flushes && !port->driver->flush(port))
        port->state = PORT_CLOSED;
    if (port->state == PORT_CLOSED)
        tell_closed(port);
}

void port_end(struct port *port, term reason) {
    if (port->channel && reason != ATOM_kill)
        port->channel->writable(port);
    if (port->state == PORT_OPEN)
        port_close(port, reason);
}

void port_message(struct port *port, struct heap *builder, term value) {
    term message = heap_tuple_of(builder, 2, port->id, value);
    struct signal *signal = proc_signal_built(SIGNAL_MESSAGE, builder, message);
    signal->from = port->id;
    struct process *owner = proc_lookup(port->owner);
    port_trace_sent(port, value == ATOM_closed ? value : message, port->owner); // the first: as OTP has it
    if (owner)
        proc_signal(owner, signal);
    else
        signal_free(signal);
}

// ---- links, monitors, names: the hooks of vm.h

bool port_link_add(struct port *port, term pid) {
    for (struct port_link *link = port->links; link; link = link->next) {
        if (link->pid == pid)
            return false;
    }
    struct port_link *link = sys_alloc(sizeof *link);
    *link = (struct port_link){port->links, pid};
    port->links = link;
    port_trace(port, TRACE_PORTS, ATOM_getting_linked, pid);
    return true;
}

static bool link_remove(struct port *port, term pid) {
    for (struct port_link **at = &port->links; *at; at = &(*at)->next) {
        struct port_link *link = *at;
        if (link->pid == pid) {
            *at = link->next;
            sys_free(link);
            return true;
        }
    }
    return false;
}

void port_unlink(struct port *port, term pid) {
    struct process *process = proc_lookup(pid);
    if (link_remove(port, pid) && process)
        proc_signal(process, proc_signal_new(SIGNAL_UNLINK, port->id, NONE, NONE));
}

void port_close_told(struct port *port, term reason) {
    port_unlink(port, port->owner);
    port_close(port, reason);
}

// The open port of that id, locked.
static struct port *lock_id(term id) {
    struct port *port = port_lookup(id);
    return port && port_lock(port) ? port : NULL;
}

static bool hook_link(term pid, term id) {
    struct port *port = lock_id(id);
    if (!port)
        return false;
    port_trace_in(port, ATOM_link);
    port_link_add(port, pid);
    port_trace_out(port, ATOM_link);
    port_unlock(port);
    return true;
}

static void hook_unlink(term pid, term id) {
    struct port *port = lock_id(id);
    if (!port)
        return;
    port_trace_in(port, ATOM_unlink);
    if (link_remove(port, pid))
        port_trace(port, TRACE_PORTS, ATOM_getting_unlinked, pid);
    port_trace_out(port, ATOM_unlink);
    port_unlock(port);
}

static bool hook_monitor(term pid, term id, term reference) {
    struct port *port = lock_id(id);
    if (!port)
        return false;
    struct port_monitor *monitor = sys_alloc_zero(sizeof *monitor);
    monitor->next = port->monitors;
    monitor->pid = pid;
    monitor->reference = heap_copy(&monitor->heap, reference);
    port->monitors = monitor;
    port_unlock(port);
    return true;
}

static void hook_demonitor(term pid, term id, term reference) {
    struct port *port = lock_id(id);
    if (!port)
        return;
    for (struct port_monitor **at = &port->monitors; *at; at = &(*at)->next) {
        struct port_monitor *monitor = *at;
        if (monitor->pid == pid && term_same(monitor->reference, reference)) {
            *at = monitor->next;
            heap_free(&monitor->heap);
            sys_free(monitor);
            break;
        }
    }
    port_unlock(port);
}

static term hook_name(term id, term name) {
    struct port *port = lock_id(id);
    if (!port)
        return ATOM_none;
    bool free = is_nil(name) || is_nil(port->name);
    if (free) {
        port_trace(port, TRACE_PORTS, is_nil(name) ? ATOM_unregister : ATOM_register, is_nil(name) ? port->name : name);
        port->name = name;
    }
    port_unlock(port);
    return free ? ATOM_true : ATOM_registered_name;
}

// ---- opening

term port_opened(struct process *self, struct port *port, int error_number, term *error) {
    term id = port->id;
    if (error_number) {
        *error = posix_error_atom(error_number);
        port_close(port, *error);
        port_unlock(port);
        return NONE;
    }
    port_trace_in(port, ATOM_open);
    port_trace_out(port, ATOM_open);
    port_link_add(port, self->pid);
    port_input_arm(port);
    port_unlock(port);
    proc_link_add(self, id);
    trace_event_if(self, TRACE_PROCS, ATOM_link, id);
    return id;
}

// ---- signals

// A link broke, or exit/2. `normal` ends a port only when it comes from its owner.
static void hook_exit_signal(struct process *from, term id, term reason) {
    struct port *port = lock_id(id);
    if (!port)
        return;
    if (reason != ATOM_normal || from->pid == port->owner) {
        port_trace_request(port, from->pid, ATOM_close);
        port_end(port, reason);
    } else
        link_remove(port, from->pid);
    port_unlock(port);
}

static bool has_room(struct port *port, unsigned options) {
    return !port->busy || (options & COMMAND_FORCE);
}

static void wait_for_room(struct process *self, struct port *port) {
    if (port->waiting_count == port->waiting_room) {
        port->waiting_room = port->waiting_room ? port->waiting_room * 2 : 4;
        port->waiting = sys_realloc(port->waiting, port->waiting_room * sizeof(term));
    }
    port->waiting[port->waiting_count++] = self->pid;
    term id = port->id;
    port_unlock(port);
    if (system_monitor_watches(MONITOR_BUSY_PORT))
        system_monitor_tell(MONITOR_BUSY_PORT, self->pid, id);
    proc_wait(self);
}

static void report_bad_data(struct process *self, term id) {
    struct port *port = port_lookup(id);
    if (!port)
        return;
    struct heap builder = {0};
    term title = heap_string(&builder, port->title, strlen(port->title));
    log_error(self, "Bad value on output port '~s'~n~n", &builder, heap_cons(&builder, title, NIL));
}

// (locked)
static void give_output(struct port *port, term caller, term data, size_t size) {
    bool vectored = port->driver->vectored;
    struct chunk *chunk = vectored ? chunks_of_iodata(data) : chunk_new(port->packet_bytes + size);
    if (!vectored)
        iodata_copy(data, chunk->bytes + port->packet_bytes, NULL);
    port->output_bytes += size;
    port->caller = caller;
    port_trace_in(port, ATOM_command);
    port_trace_command(port, caller, data, size);
    port->driver->output(port, chunk);
    port_trace_out(port, ATOM_command);
}

enum command_result port_command(struct process *self, term id, term data, unsigned options) {
    size_t size;
    if (iodata_size(data, &size, &self->work) != IODATA_OK) {
        report_bad_data(self, id);
        return COMMAND_BAD;
    }
    work_charge(&self->work, (int64_t)(size / BYTES_PER_REDUCTION));
    for (struct port *port; (port = lock_id(id));) {
        if ((options & COMMAND_FORCE) && !port->driver->soft_busy) {
            port_unlock(port);
            return COMMAND_UNSUPPORTED;
        }
        if (has_room(port, options)) {
            give_output(port, self->pid, data, size);
            port_unlock(port);
            return COMMAND_DONE;
        }
        if (options & COMMAND_NO_SUSPEND) {
            port_unlock(port);
            return COMMAND_BUSY;
        }
        wait_for_room(self, port);
    }
    return COMMAND_GONE;
}

bool port_command_now(term id, term data) {
    size_t size;
    struct port *port = iodata_size(data, &size, NULL) == IODATA_OK ? lock_id(id) : NULL;
    if (!port)
        return false;
    give_output(port, port->owner, data, size);
    port_unlock(port);
    return true;
}

static void refuse(struct process *from, term id) {
    exit_signal(from->pid, SIGNAL_EXIT, id, ATOM_badsig);
}

// The owner's {command, Data}, close and {connect, Pid}. False when it is none of them.
static bool owner_request(struct process *from, term id, term request) {
    if (is_tuple_of(request, 2) && tuple_element(request, 1) == ATOM_command)
        return port_command(from, id, tuple_element(request, 2), 0) != COMMAND_BAD;
    struct port *port = lock_id(id);
    if (!port)
        return true;
    struct heap builder = {0};
    bool known = true;
    if (request == ATOM_close) {
        port_trace_in(port, ATOM_close);
        port_trace_request(port, from->pid, request);
        port->tells_closed = true;
        port_end(port, ATOM_normal);
    } else if (is_tuple_of(request, 2) && tuple_element(request, 1) == ATOM_connect &&
               is_local_pid(tuple_element(request, 2))) {
        port_trace_in(port, ATOM_connect);
        port_trace_request(port, from->pid, request);
        port_message(port, &builder, ATOM_connected);
        port->owner = tuple_element(request, 2);
        port_trace_out(port, ATOM_connect);
    } else {
        known = false;
    }
    port_unlock(port);
    return known;
}

// Port ! Message. What is not the owner's request is answered by an exit signal.
static bool hook_send(struct process *from, term id, term message) {
    struct port *port = lock_id(id);
    if (!port)
        return false;
    bool from_owner = is_tuple_of(message, 2) && tuple_element(message, 1) == port->owner;
    port_unlock(port);
    if (!from_owner || !owner_request(from, id, tuple_element(message, 2)))
        refuse(from, id);
    return true;
}

// ---- as a tracer

static bool hook_exists(term id) {
    const struct port *port = port_lookup(id);
    return port && port->state == PORT_OPEN;
}

static bool hook_tell(term id, term message) {
    static const struct ext_options options = {.flags = EXT_FLAGS_LOCAL, .minor_version = 2};
    struct port *port = lock_id(id);
    if (!port)
        return false;
    struct text text = {0};
    text_append(&text, &(char){(char)EXT_VERSION}, 1);
    ext_encode(&text, message, &options, NULL);
    struct chunk *chunk = chunk_new(port->packet_bytes + text.size);
    memcpy(chunk->bytes + port->packet_bytes, text.bytes, text.size);
    text_free(&text);
    port->driver->output(port, chunk);
    port_unlock(port);
    return true;
}

void port_set_hooks(struct vm_hooks *hooks) {
    hooks->port_exists = hook_exists;
    hooks->port_tell = hook_tell;
    hooks->port_send = hook_send;
    hooks->port_exit_signal = hook_exit_signal;
    hooks->port_link = hook_link;
    hooks->port_unlink = hook_unlink;
    hooks->port_monitor = hook_monitor;
    hooks->port_demonitor = hook_demonitor;
    hooks->port_name = hook_name;
}
