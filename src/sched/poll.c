// Descriptors: arming them, and calling their owners.
//
// The kernel is told a descriptor's number, never an address: an event that was fetched just before its source was
// disarmed finds the source gone from the table.

#include "sched/scheduler.h"
#include "sys/sys.h"
#include "vm.h"

int poll_arm(struct poll_source *source, unsigned events) {
    struct schedulers *schedulers = vm.schedulers;
    size_t number = (size_t)source->descriptor;
    mutex_lock(&schedulers->poll_lock);
    if (number >= schedulers->source_room) {
        size_t room = number + 64;
        schedulers->sources = sys_realloc(schedulers->sources, room * sizeof *schedulers->sources);
        memset(schedulers->sources + schedulers->source_room, 0,
               (room - schedulers->source_room) * sizeof *schedulers->sources);
        schedulers->source_room = room;
    }
    unsigned armed = source->armed | events;
    bool known = schedulers->sources[number] == source;
    int error = 0;
    if (!known || armed != source->armed)
        error = poller_arm(&schedulers->descriptors, source->descriptor, (void *)(number + 1), armed & POLL_READ,
                           armed & POLL_WRITE, known);
    if (!error) {
        schedulers->sources[number] = source;
        source->armed = armed;
    }
    mutex_unlock(&schedulers->poll_lock);
    return error;
}

void poll_forget(struct poll_source *source) {
    struct schedulers *schedulers = vm.schedulers;
    size_t number = (size_t)source->descriptor;
    mutex_lock(&schedulers->poll_lock);
    if (number < schedulers->source_room && schedulers->sources[number] == source) {
        poller_forget(&schedulers->descriptors, source->descriptor);
        schedulers->sources[number] = NULL;
    }
    source->armed = 0;
    mutex_unlock(&schedulers->poll_lock);
}

size_t poll_count(void) {
    struct schedulers *schedulers = vm.schedulers;
    size_t count = 0;
    mutex_lock(&schedulers->poll_lock);
    for (size_t i = 0; i < schedulers->source_room; i++)
        count += schedulers->sources[i] != NULL;
    mutex_unlock(&schedulers->poll_lock);
    return count;
}

void poll_disarm(struct poll_source *source) {
    poll_forget(source);
    for (unsigned i = 0; i < vm.schedulers->options.schedulers; i++) {
        while (atomic_load(&vm.schedulers->all[i].ready_source) == source)
            thread_relax();
    }
}

static unsigned events_of(const struct poll_source *source, const struct poller_event *event) {
    unsigned events = (event->readable ? POLL_READ : 0) | (event->writable ? POLL_WRITE : 0);
    if (event->broken)
        events |= source->armed & POLL_ERROR ? POLL_ERROR : POLL_READ | POLL_WRITE;
    return source->armed & events;
}

// A scheduler got the event. One shot: what is still wanted must be armed again.
static void event(struct scheduler *scheduler, const struct poller_event *event) {
    struct schedulers *schedulers = vm.schedulers;
    size_t number = (size_t)event->data - 1;
    mutex_lock(&schedulers->poll_lock);
    struct poll_source *source = number < schedulers->source_room ? schedulers->sources[number] : NULL;
    unsigned events = 0;
    if (source) {
        events = events_of(source, event);
        // Nothing that it waits for: the event was for one that had the same number before, and this one stays armed.
        if (events)
            source->armed = 0;
        atomic_store(&scheduler->ready_source, events ? source : NULL);
    }
    mutex_unlock(&schedulers->poll_lock);
    if (events)
        source->ready(source, events);
    atomic_store(&scheduler->ready_source, NULL);
}

void poll_until(struct scheduler *scheduler, int64_t deadline) {
    struct poller_event events[POLLER_EVENTS];
    int count = poller_wait(&vm.schedulers->descriptors, events, deadline);
    if (deadline != 0)
        epoch_return(&scheduler->epoch);
    for (int i = 0; i < count; i++)
        event(scheduler, &events[i]);
}
