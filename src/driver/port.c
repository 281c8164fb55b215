// A port whose driver was loaded: what io/ calls, handed on; its timer.

#include <errno.h>

#include "driver/binary.h"
#include "driver/loaded.h"
#include "io/port_work.h"
#include "io/posix_error.h"
#include "proc/signal.h"
#include "sched/sched.h"
#include "sys/sys.h"
#include "term/print.h"

#define ANSWER_ROOM 64 // what OTP offers a driver for its answer
#define BUSY_LOW 4096  // limits of commands that wait, unless the driver changes them
#define BUSY_HIGH 8192

void driver_enter(ErlDrvPort port) {
    if (!port->loaded->locks_itself)
        pthread_mutex_lock(&port->loaded->lock);
}

void driver_leave(ErlDrvPort port) {
    if (!port->loaded->locks_itself)
        pthread_mutex_unlock(&port->loaded->lock);
    for (ErlDrvPort created; (created = port->created);) {
        port->created = created->created;
        created->created = NULL;
        driver_port_unlock(created);
    }
}

bool driver_port_lock(ErlDrvPort port) {
    return port_lock_unless_closed(port->port);
}

void driver_port_unlock(ErlDrvPort port) {
    if (port->port->state == PORT_CLOSING && driver_queue_size(port) == 0)
        port_close(port->port, ATOM_normal);
    port_unlock(port->port);
}

// ---- how a start has gone

// What a driver says of its start; NIL: it has.
static term error_of_start(ErlDrvData data, int error_number) {
    if (data == ERL_DRV_ERROR_GENERAL)
        return ATOM_einval;
    if (data == ERL_DRV_ERROR_ERRNO)
        return posix_error_atom(error_number);
    if (data == ERL_DRV_ERROR_BADARG)
        return ATOM_badarg;
    return NIL;
}

// The opener's reference where the driver says later whether it has started, or NONE.
static term await_start(struct process *self, ErlDrvPort of) {
    if (!(of->loaded->entry->driver_flags & ERL_DRV_FLAG_USE_INIT_ACK))
        return NONE;
    of->opener = self->pid;
    heap_reference_ids(of->start_ids);
    return heap_reference_of(&self->heap, of->start_ids);
}

// Tells the opener what has become of it, unless he knows.
static void tell_start(ErlDrvPort of, term result) {
    if (of->opener == NONE)
        return;
    struct heap builder = {0};
    term reference = heap_reference_of(&builder, of->start_ids);
    proc_send_built(of->opener, &builder, heap_tuple_of(&builder, 2, reference, result));
    of->opener = NONE;
}

// What `start` has returned counts until this.
void erl_drv_init_ack(ErlDrvPort port, ErlDrvData data) {
    term opener = port->opener, error = error_of_start(data, errno);
    if (opener == NONE || port->port->state == PORT_CLOSED)
        return;
    tell_start(port, error == NIL ? port->port->id : error);
    if (error == NIL) {
        port->data = data;
        return;
    }
    port_unlink(port->port, opener);
    driver_failure(port, 0);
}

// ---- what io/ calls; the port is locked but in `stop`

// That of the chunk, or a copy which is the chunk's from then on.
static ErlDrvBinary *binary_of_chunk(struct chunk *chunk) {
    if (!chunk->shared) {
        chunk->shared = shared_binary_new(chunk->size);
        memcpy(chunk->shared->bytes, chunk->bytes, chunk->size);
        chunk->bytes = chunk->shared->bytes;
    }
    return binary_of_shared(chunk->shared);
}

// The first vector is room for a header, as OTP leaves it.
static void output_vector(ErlDrvPort of, struct chunk *chunks) {
    size_t count = 1;
    for (const struct chunk *chunk = chunks; chunk; chunk = chunk->next)
        count++;
    SysIOVec *parts = sys_alloc(count * (sizeof *parts + sizeof(ErlDrvBinary *)));
    ErlIOVec vector = {1, 0, parts, (ErlDrvBinary **)(parts + count)};
    vector.iov[0] = (SysIOVec){NULL, 0};
    vector.binv[0] = NULL;
    for (struct chunk *chunk = chunks; chunk; chunk = chunk->next) {
        vector.binv[vector.vsize] = binary_of_chunk(chunk);
        vector.iov[vector.vsize++] = (SysIOVec){(char *)chunk->bytes, chunk->size};
        vector.size += chunk->size;
    }
    of->loaded->entry->outputv(of->data, &vector);
    sys_free(parts);
}

static void output(struct port *port, struct chunk *chunk) {
    ErlDrvPort of = port->driver_data;
    const ErlDrvEntry *entry = of->loaded->entry;
    driver_enter(of);
    if (entry->outputv)
        output_vector(of, chunk);
    else if (entry->output)
        entry->output(of->data, (char *)chunk->bytes, chunk->size);
    driver_leave(of);
    chunk_free(chunk);
}

// The answer is in `room`, in memory of the driver's, or, where it has said so, a binary.
static void take_answer(ErlDrvPort of, char *answer, const char *room, size_t size, struct text *out) {
    bool own = answer != room;
    of->port->answers_binary = of->binary_answers && answer;
    if (!answer)
        return;
    if (own && of->binary_answers) {
        ErlDrvBinary *binary = (ErlDrvBinary *)answer;
        text_append(out, binary->orig_bytes, (size_t)binary->orig_size);
        driver_free_binary(binary);
        return;
    }
    text_append(out, answer, size);
    if (own)
        driver_free(answer);
}

static bool control(struct port *port, unsigned operation, const uint8_t *bytes, size_t size, struct text *out) {
    ErlDrvPort of = port->driver_data;
    if (!of->loaded->entry->control)
        return false;
    char room[ANSWER_ROOM], *answer = room;
    driver_enter(of);
    ErlDrvSSizeT answered = of->loaded->entry->control(of->data, operation, (char *)bytes, size, &answer, sizeof room);
    driver_leave(of);
    if (answered < 0)
        return false;
    take_answer(of, answer, room, (size_t)answered, out);
    return true;
}

static bool call(struct port *port, unsigned operation, const uint8_t *bytes, size_t size, struct text *out) {
    ErlDrvPort of = port->driver_data;
    if (!of->loaded->entry->call)
        return false;
    char room[ANSWER_ROOM], *answer = room;
    unsigned flags = 0;
    driver_enter(of);
    ErlDrvSSizeT answered =
        of->loaded->entry->call(of->data, operation, (char *)bytes, size, &answer, sizeof room, &flags);
    driver_leave(of);
    if (answered <= 0)
        return false;
    text_append(out, answer, (size_t)answered);
    if (answer != room && !(flags & DRIVER_CALL_KEEP_BUFFER))
        driver_free(answer);
    return true;
}

static size_t queued(const struct port *port) {
    return driver_queue_size(port->driver_data);
}

static bool flush(struct port *port) {
    ErlDrvPort of = port->driver_data;
    if (driver_queue_size(of) == 0)
        return false;
    port->was_closing = true;
    if (of->loaded->entry->flush) {
        driver_enter(of);
        of->loaded->entry->flush(of->data);
        driver_leave(of);
    }
    return driver_queue_size(of) > 0;
}

// Nobody can lock the port any more.
static void stop(struct port *port) {
    ErlDrvPort of = port->driver_data;
    struct loaded_driver *loaded = of->loaded;
    tell_start(of, port->id);
    driver_cancel_timer(of);
    if (of->started && loaded->entry->stop) {
        driver_enter(of);
        loaded->entry->stop(of->data);
        driver_leave(of);
    }
    driver_events_stop(of);
    driver_monitors_stop(of);
    driver_port_release(of);
    driver_release(loaded, &loaded->ports);
}

void driver_operations_set(struct loaded_driver *loaded) {
    const ErlDrvEntry *entry = loaded->entry;
    loaded->operations = (struct driver){.name = loaded->name,
                                         .soft_busy = entry->driver_flags & ERL_DRV_FLAG_SOFT_BUSY,
                                         .vectored = entry->outputv,
                                         .takes_lists = entry->outputv,
                                         .output = output,
                                         .flush = flush,
                                         .queued = queued,
                                         .watched = driver_monitors_list,
                                         .control = control,
                                         .call = call,
                                         .stop = stop};
}

// ---- opening

// NIL when it has started.
static term start(ErlDrvPort of, const char *command) {
    if (!of->loaded->entry->start)
        return ATOM_einval;
    errno = 0;
    driver_enter(of);
    ErlDrvData data = of->loaded->entry->start(of, (char *)command);
    int error_number = errno;
    driver_leave(of);
    term error = error_of_start(data, error_number);
    if (error == NIL) {
        of->data = data;
        of->started = true;
    }
    return error;
}

static ErlDrvPort port_made(struct port *port, struct loaded_driver *loaded) {
    ErlDrvPort of = sys_alloc_zero(sizeof *of);
    *of = (struct _erl_drv_port){
        .port = port, .loaded = loaded, .references = 1, .opener = NONE, .busy_low = BUSY_LOW, .busy_high = BUSY_HIGH};
    port->driver_data = of;
    return of;
}

term driver_open(struct process *self, const char *command, const struct port_options *options, term *error) {
    struct loaded_driver *loaded = driver_find(command);
    *error = NIL;
    if (!loaded)
        return NONE;
    // Packets are for programs: a driver gets what was sent, with no room for a header before it.
    struct port_options own = *options;
    own.packet_bytes = 0;
    if (own.framing == FRAMING_PACKET)
        own.framing = FRAMING_STREAM;
    struct port *port = port_new(&loaded->operations, self->pid, command, &own);
    if (!port) {
        driver_release(loaded, &loaded->ports);
        *error = ATOM_system_limit;
        return NONE;
    }
    ErlDrvPort of = port_made(port, loaded);
    port->caller = self->pid;
    *error = start(of, command);
    if (*error == NIL && port->state != PORT_OPEN)
        *error = ATOM_badarg; // it ended itself
    if (*error == NIL) {
        term reference = await_start(self, of);
        term id = port_opened(self, port, 0, error);
        return reference == NONE ? id : reference;
    }
    port_close(port, *error);
    port_unlock(port);
    return NONE;
}

// A port of the same driver, which is not asked to start it. It stays locked until the driver's call has ended.
ErlDrvPort driver_create_port(ErlDrvPort creator, ErlDrvTermData owner, char *name, ErlDrvData data) {
    struct process *process = is_local_pid(owner) ? proc_lookup(owner) : NULL;
    if (!process)
        return (ErlDrvPort)-1;
    struct loaded_driver *loaded = creator->loaded;
    driver_retain(loaded, &loaded->ports);
    struct port *port = port_new(&loaded->operations, owner, name, &(struct port_options){.flags = PORT_IN | PORT_OUT});
    if (!port) {
        driver_release(loaded, &loaded->ports);
        return (ErlDrvPort)-1;
    }
    ErlDrvPort of = port_made(port, loaded);
    of->data = data;
    of->started = true;
    of->created = creator->created;
    creator->created = of;
    port_link_add(port, owner);
    if (!proc_signal(process, proc_signal_new(SIGNAL_LINK, port->id, NONE, NONE)))
        port_close(port, ATOM_noproc);
    return of;
}

// ---- the timer

static void time_out(struct timer *timer) {
    ErlDrvPort of = (ErlDrvPort)((char *)timer - offsetof(struct _erl_drv_port, timer));
    if (!driver_port_lock(of))
        return;
    // It may have been cancelled, or set again, while this waited for the lock.
    if (of->timing && sys_monotonic_time() >= of->deadline) {
        of->timing = false;
        port_work_begin(of->port, ATOM_timeout);
        if (of->loaded->entry->timeout) {
            driver_enter(of);
            of->loaded->entry->timeout(of->data);
            driver_leave(of);
        }
    }
    driver_port_unlock(of);
}

int driver_cancel_timer(ErlDrvPort port) {
    port->timing = false;
    timer_cancel(&port->timer);
    return 0;
}

int driver_set_timer(ErlDrvPort port, unsigned long milliseconds) {
    if (port->port->state == PORT_CLOSED)
        return -1;
    driver_cancel_timer(port);
    port->timing = true;
    port->deadline = sys_monotonic_time() + (int64_t)milliseconds * 1000000;
    timer_start(&port->timer, port->deadline, time_out);
    return 0;
}

int driver_read_timer(ErlDrvPort port, unsigned long *milliseconds) {
    int64_t left = port->timing ? port->deadline - sys_monotonic_time() : 0;
    *milliseconds = left > 0 ? (unsigned long)(left / 1000000) : 0;
    return 0;
}
