// Descriptors that a driver waits for: driver_select.
//
// Unlike what the poller does for us, what was selected stays so until it is deselected.

#include "driver/loaded.h"
#include "io/port_work.h"
#include "sched/sched.h"
#include "sys/sys.h"

static void call_ready(struct driver_event *event, unsigned events, unsigned way,
                       void (*ready)(ErlDrvData, ErlDrvEvent)) {
    if (event->gone || !(event->events & events & way) || !ready || event->port->port->state == PORT_CLOSED)
        return;
    port_work_begin(event->port->port, way == POLL_READ ? ATOM_input : ATOM_output);
    driver_enter(event->port);
    ready(event->port->data, (ErlDrvEvent)(intptr_t)event->source.descriptor);
    driver_leave(event->port);
}

// The memory of both is retired by epochs, so they may be looked at although they are gone.
static void event_ready(struct poll_source *source, unsigned events) {
    struct driver_event *event = (struct driver_event *)source;
    ErlDrvPort port = event->port;
    if (!driver_port_lock(port))
        return;
    const ErlDrvEntry *entry = port->loaded->entry;
    call_ready(event, events, POLL_READ, entry->ready_input);
    call_ready(event, events, POLL_WRITE, entry->ready_output);
    if (!event->gone && event->events && port->port->state != PORT_CLOSED)
        poll_arm(source, event->events);
    driver_port_unlock(port);
}

static struct driver_event *event_find(ErlDrvPort port, int descriptor) {
    struct driver_event *event = port->events;
    while (event && event->source.descriptor != descriptor)
        event = event->next;
    return event;
}

static struct driver_event *event_new(ErlDrvPort port, int descriptor) {
    struct driver_event *event = sys_alloc_zero(sizeof *event);
    event->source = (struct poll_source){.descriptor = descriptor, .ready = event_ready};
    event->port = port;
    event->next = port->events;
    port->events = event;
    return event;
}

static void stop_select(const struct driver_event *event) {
    const ErlDrvEntry *entry = event->port->loaded->entry;
    if (event->used && entry->stop_select)
        entry->stop_select((ErlDrvEvent)(intptr_t)event->source.descriptor, NULL);
}

static void event_remove(struct driver_event *event) {
    struct driver_event **at = &event->port->events;
    while (*at != event)
        at = &(*at)->next;
    *at = event->next;
    event->gone = true;
    poll_forget(&event->source);
    epoch_retire(event, sys_free);
}

static int deselect(ErlDrvPort port, int descriptor, unsigned ways, int mode) {
    struct driver_event *event = event_find(port, descriptor);
    if (!event) {
        // OTP calls stop_select for one that was never selected, too.
        struct driver_event never = {.port = port, .source.descriptor = descriptor, .used = true};
        if ((mode & ERL_DRV_USE) && (mode & ERL_DRV_USE_NO_CALLBACK) != ERL_DRV_USE_NO_CALLBACK)
            stop_select(&never);
        return 0;
    }
    event->events &= ~ways;
    if (mode & ERL_DRV_USE) {
        if ((mode & ERL_DRV_USE_NO_CALLBACK) == ERL_DRV_USE_NO_CALLBACK)
            event->used = false;
        poll_forget(&event->source);
        stop_select(event);
        event_remove(event);
    } else if (!event->events) {
        poll_forget(&event->source);
        if (!event->used)
            event_remove(event);
    }
    return 0;
}

int driver_select(ErlDrvPort port, ErlDrvEvent descriptor_event, int mode, int on) {
    int descriptor = (int)(intptr_t)descriptor_event;
    unsigned ways = (mode & ERL_DRV_READ ? POLL_READ : 0) | (mode & ERL_DRV_WRITE ? POLL_WRITE : 0);
    if (descriptor < 0)
        return -1;
    if (!on)
        return deselect(port, descriptor, ways, mode);
    if (port->port->state == PORT_CLOSED)
        return -1;
    struct driver_event *event = event_find(port, descriptor);
    if (!event)
        event = event_new(port, descriptor);
    event->events |= ways;
    event->used |= (mode & ERL_DRV_USE) != 0;
    if (!event->events || poll_arm(&event->source, event->events) == 0)
        return 0;
    event_remove(event);
    return -1;
}

void driver_events_stop(ErlDrvPort port) {
    while (port->events) {
        struct driver_event *event = port->events;
        poll_forget(&event->source);
        stop_select(event);
        event_remove(event);
    }
}
