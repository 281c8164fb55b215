// Descriptors that libraries wait for: enif_select.
//
// A descriptor is bound to one resource from the first selection until ERL_NIF_SELECT_STOP. What is waited for is told
// once, by a message. The poller asks once for each descriptor, so what is still waited for is armed again.

#include <errno.h>
#include <limits.h>

#include "nif/resource.h"
#include "proc/signal.h"
#include "sched/sched.h"
#include "sys/sys.h"
#include "vm.h"

enum { WAY_READ, WAY_WRITE, WAY_ERROR, WAY_COUNT };

static const unsigned way_events[WAY_COUNT] = {POLL_READ, POLL_WRITE, POLL_ERROR};
static const int way_flags[WAY_COUNT] = {ERL_NIF_SELECT_READ, ERL_NIF_SELECT_WRITE, ERL_NIF_SELECT_ERROR};
static const int way_cancelled[WAY_COUNT] = {ERL_NIF_SELECT_READ_CANCELLED, ERL_NIF_SELECT_WRITE_CANCELLED,
                                             ERL_NIF_SELECT_ERROR_CANCELLED};
static const term way_ready[WAY_COUNT] = {ATOM_ready_input, ATOM_ready_output, ATOM_ready_error};

struct wanted {
    term pid; // NONE: nobody waits
    struct heap builder;
    term message;
};

struct nif_event {
    struct poll_source source; // first
    struct resource *resource; // counted
    struct wanted wanted[WAY_COUNT];
};

struct nif_events {
    pthread_mutex_t lock;
    struct nif_event **by_descriptor;
    size_t room;
};

// ---- under the lock

static struct nif_event *event_find(int descriptor) {
    struct nif_events *events = vm.nif->events;
    return (size_t)descriptor < events->room ? events->by_descriptor[descriptor] : NULL;
}

static void events_set(int descriptor, struct nif_event *event) {
    struct nif_events *events = vm.nif->events;
    size_t number = (size_t)descriptor;
    if (number >= events->room) {
        size_t room = number + 64;
        events->by_descriptor = sys_realloc(events->by_descriptor, room * sizeof(struct nif_event *));
        memset(events->by_descriptor + events->room, 0, (room - events->room) * sizeof(struct nif_event *));
        events->room = room;
    }
    events->by_descriptor[number] = event;
}

static bool drop(struct wanted *wanted) {
    if (wanted->pid == NONE)
        return false;
    heap_free(&wanted->builder);
    wanted->pid = NONE;
    return true;
}

static unsigned still_wanted(const struct nif_event *event) {
    unsigned events = 0;
    for (int way = 0; way < WAY_COUNT; way++)
        if (event->wanted[way].pid != NONE)
            events |= way_events[way];
    return events;
}

static void send_wanted(struct wanted *wanted) {
    struct epoch_member *visit = epoch_visit();
    proc_send_built(wanted->pid, &wanted->builder, wanted->message);
    wanted->pid = NONE;
    epoch_visit_end(visit);
}

// ---- the poller calls

static void event_ready(struct poll_source *source, unsigned events) {
    struct nif_event *event = (struct nif_event *)source;
    pthread_mutex_lock(&vm.nif->events->lock);
    for (int way = 0; way < WAY_COUNT; way++)
        if ((events & way_events[way]) && event->wanted[way].pid != NONE)
            send_wanted(&event->wanted[way]);
    unsigned rest = still_wanted(event);
    if (rest)
        poll_arm(source, rest);
    pthread_mutex_unlock(&vm.nif->events->lock);
}

// ---- selecting

struct selection {
    ErlNifEnv *env;
    int descriptor, flags;
    struct resource *resource;
    term pid;
    term reference; // of an ordinary message; or
    term message;   // one of the library's
    ErlNifEnv *message_env;
};

// It is kept until the descriptor is ready, and outlives modules.
static void make_message(const struct selection *selection, struct wanted *wanted, int way) {
    drop(wanted);
    struct heap *builder = &wanted->builder;
    *builder = (struct heap){0};
    if (!(selection->flags & ERL_NIF_SELECT_CUSTOM_MSG)) {
        term resource = resource_reference(builder, selection->resource);
        term reference = heap_copy_all(builder, selection->reference);
        wanted->message = heap_tuple_of(builder, 4, ATOM_select, resource, reference, way_ready[way]);
    } else if (selection->message_env) {
        *builder = selection->message_env->own;
        selection->message_env->own = (struct heap){0};
        wanted->message = selection->message;
        enif_clear_env(selection->message_env);
    } else {
        wanted->message = heap_copy_all(builder, selection->message);
    }
    wanted->pid = selection->pid;
}

static struct nif_event *event_new(const struct selection *selection) {
    struct nif_event *event = sys_alloc_zero(sizeof *event);
    event->source = (struct poll_source){selection->descriptor, event_ready, 0};
    event->resource = selection->resource;
    for (int way = 0; way < WAY_COUNT; way++)
        event->wanted[way].pid = NONE;
    enif_keep_resource(selection->resource->data);
    events_set(selection->descriptor, event);
    return event;
}

static int select_events(const struct selection *selection) {
    struct nif_event *event = event_find(selection->descriptor);
    if (event && event->resource != selection->resource)
        return INT_MIN | ERL_NIF_SELECT_INVALID_EVENT;
    if (!event)
        event = event_new(selection);
    unsigned events = 0;
    for (int way = 0; way < WAY_COUNT; way++) {
        if (selection->flags & way_flags[way]) {
            make_message(selection, &event->wanted[way], way);
            events |= way_events[way];
        }
    }
    int error = events ? poll_arm(&event->source, events) : 0;
    if (!error)
        return 0;
    for (int way = 0; way < WAY_COUNT; way++)
        if (selection->flags & way_flags[way])
            drop(&event->wanted[way]);
    return INT_MIN | (error == EBADF ? ERL_NIF_SELECT_INVALID_EVENT : ERL_NIF_SELECT_FAILED);
}

static int cancel(const struct selection *selection) {
    struct nif_event *event = event_find(selection->descriptor);
    int result = 0;
    for (int way = 0; event && way < WAY_COUNT; way++)
        if ((selection->flags & way_flags[way]) && drop(&event->wanted[way]))
            result |= way_cancelled[way];
    return result;
}

// ---- the end of a selection

// Takes the descriptor from the poller; what it is no longer bound to.
static struct nif_event *unbind(const struct selection *selection, int *result) {
    pthread_mutex_lock(&vm.nif->events->lock);
    struct nif_event *event = event_find(selection->descriptor);
    if (event && event->resource != selection->resource) {
        *result = INT_MIN | ERL_NIF_SELECT_INVALID_EVENT;
        event = NULL;
    } else if (event) {
        for (int way = 0; way < WAY_COUNT; way++)
            if (drop(&event->wanted[way]))
                *result |= way_cancelled[way];
        events_set(selection->descriptor, NULL);
    }
    pthread_mutex_unlock(&vm.nif->events->lock);
    return event;
}

static int stop(const struct selection *selection) {
    int result = 0;
    struct nif_event *event = unbind(selection, &result);
    if (result < 0)
        return result;
    if (event)
        poll_disarm(&event->source);
    ErlNifEnv env;
    environment_begin(&env, NULL, selection->resource->type->nif_library);
    selection->resource->type->callbacks.stop(&env, selection->resource->data, selection->descriptor, 1);
    environment_end(&env);
    if (event) {
        enif_release_resource(event->resource->data);
        sys_free(event);
    }
    return result | ERL_NIF_SELECT_STOP_CALLED;
}

static int select_any(const struct selection *selection) {
    if (selection->descriptor < 0)
        return INT_MIN | ERL_NIF_SELECT_INVALID_EVENT;
    if (!selection->resource->type->callbacks.stop)
        return INT_MIN | ERL_NIF_SELECT_NOTSUP;
    if (selection->flags & ERL_NIF_SELECT_STOP)
        return stop(selection);
    pthread_mutex_lock(&vm.nif->events->lock);
    int result = selection->flags & ERL_NIF_SELECT_CANCEL ? cancel(selection) : select_events(selection);
    pthread_mutex_unlock(&vm.nif->events->lock);
    return result;
}

void nif_events_init(void) {
    vm.nif->events = sys_alloc_zero(sizeof *vm.nif->events);
    pthread_mutex_init(&vm.nif->events->lock, NULL);
}

// ---- for libraries

static term recipient(ErlNifEnv *env, const ErlNifPid *pid) {
    return pid ? pid->pid : env && env->process ? env->process->pid : ATOM_undefined;
}

int enif_select(ErlNifEnv *env, ErlNifEvent descriptor, enum ErlNifSelectFlags flags, void *object,
                const ErlNifPid *pid, ERL_NIF_TERM reference) {
    struct selection selection = {
        env,  descriptor, (int)flags & ~ERL_NIF_SELECT_CUSTOM_MSG, resource_of(object), recipient(env, pid), reference,
        NONE, NULL};
    return select_any(&selection);
}

int enif_select_x(ErlNifEnv *env, ErlNifEvent descriptor, enum ErlNifSelectFlags flags, void *object,
                  const ErlNifPid *pid, ERL_NIF_TERM message, ErlNifEnv *message_env) {
    struct selection selection = {
        env, descriptor, (int)flags, resource_of(object), recipient(env, pid), ATOM_undefined, message, message_env};
    return select_any(&selection);
}
