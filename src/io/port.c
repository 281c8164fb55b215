// A port's life: locking, the messages and signals it gets and sends, its end.

#include "io/port.h"

#include <unistd.h>

#include "io/posix_error.h"
#include "proc/log.h"
#include "proc/signal.h"
#include "sys/sys.h"
#include "term/compare.h"
#include "term/iodata.h"

#define BYTES_PER_REDUCTION 512

// ---- locking and the end

void port_free(void *memory) {
    struct port *port = memory;
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
    while (port->queue) {
        struct chunk *chunk = port->queue;
        port->queue = chunk->next;
        chunk_free(chunk);
    }
    heap_free(&port->data_heap);
    pthread_mutex_destroy(&port->lock);
    sys_free(port->partial);
    sys_free(port->waiting);
    sys_free(port->title);
    sys_free(port);
}

static void source_close(struct poll_source *source, const struct poll_source *running) {
    if (source->descriptor < 0)
        return;
    if (source == running) // we are its `ready`
        poll_forget(source);
    else
        poll_disarm(source);
    close(source->descriptor);
    source->descriptor = -1;
}

// Nobody else will get hold of the port any more: it is closed, and this thread was the one to see it first.
static void port_release(struct port *port, const struct poll_source *running) {
    timer_cancel(&port->input_timer);
    source_close(&port->input, running);
    source_close(&port->output, running);
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

void port_unlock(struct port *port) {
    const struct poll_source *running = port->running;
    bool release = port->state == PORT_CLOSED && !port->released;
    term stale_name = port->state != PORT_OPEN ? port->name : NIL;
    port->running = NULL;
    port->released |= release;
    if (stale_name != NIL)
        port->name = NIL;
    pthread_mutex_unlock(&port->lock);
    if (stale_name != NIL)
        proc_unregister(stale_name);
    if (release)
        port_release(port, running);
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

void port_close(struct port *port, term reason) {
    if (port->state != PORT_OPEN) {
        port->state = PORT_CLOSED;
        return;
    }
    bool write_out = reason == ATOM_normal && port->queue;
    port->state = write_out ? PORT_CLOSING : PORT_CLOSED;
    for (struct port_link *link = port->links; link; link = link->next)
        exit_signal(link->pid, SIGNAL_EXIT_LINK, port->id, reason);
    for (struct port_monitor *monitor = port->monitors; monitor; monitor = monitor->next)
        signal_down(monitor->pid, monitor->reference, ATOM_port, port->id, reason);
    port_wake_waiting(port);
}

void port_message(struct port *port, struct heap *builder, term value) {
    term message = heap_tuple_of(builder, 2, port->id, value);
    proc_send_built(port->owner, builder, message);
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

// The open port of that id, locked.
static struct port *lock_id(term id) {
    struct port *port = port_lookup(id);
    return port && port_lock(port) ? port : NULL;
}

static bool hook_link(term pid, term id) {
    struct port *port = lock_id(id);
    if (!port)
        return false;
    port_link_add(port, pid);
    port_unlock(port);
    return true;
}

static void hook_unlink(term pid, term id) {
    struct port *port = lock_id(id);
    if (!port)
        return;
    link_remove(port, pid);
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

static bool hook_name(term id, term name) {
    struct port *port = lock_id(id);
    if (!port)
        return false;
    bool free = is_nil(name) || is_nil(port->name);
    if (free)
        port->name = name;
    port_unlock(port);
    return free;
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
    port_link_add(port, self->pid);
    port_input_arm(port);
    port_unlock(port);
    proc_link_add(self, id);
    return id;
}

// ---- signals

// A link broke, or exit/2. `normal` ends a port only when it comes from its owner.
static void hook_exit_signal(struct process *from, term id, term reason) {
    struct port *port = lock_id(id);
    if (!port)
        return;
    if (reason != ATOM_normal || from->pid == port->owner)
        port_close(port, reason);
    else
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
    port_unlock(port);
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

enum command_result port_command(struct process *self, term id, term data, unsigned options) {
    size_t size;
    if (iodata_size(data, &size) != IODATA_OK) {
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
            struct chunk *chunk = chunk_new(port->packet_bytes + size);
            iodata_copy(data, chunk->bytes + port->packet_bytes);
            port->output_bytes += size;
            port->driver->output(port, chunk);
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
        port_close(port, ATOM_normal);
        port_message(port, &builder, ATOM_closed);
    } else if (is_tuple_of(request, 2) && tuple_element(request, 1) == ATOM_connect &&
               is_local_pid(tuple_element(request, 2))) {
        port_message(port, &builder, ATOM_connected);
        port->owner = tuple_element(request, 2);
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

void port_set_hooks(struct vm_hooks *hooks) {
    hooks->port_send = hook_send;
    hooks->port_exit_signal = hook_exit_signal;
    hooks->port_link = hook_link;
    hooks->port_unlink = hook_unlink;
    hooks->port_monitor = hook_monitor;
    hooks->port_demonitor = hook_demonitor;
    hooks->port_name = hook_name;
}
