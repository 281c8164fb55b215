// How long functions run: trace_pattern's call_time.
//
// A process's time runs for one function at a time, the one that it called last (struct process_extra): when that
// calls another that is timed, the clock goes over to it, and a trace frame remembers whose it was and gives it back.
// A record, once made, is kept for ever, for the frames of any process may lead to it; its rows come and go.

#include "proc/trace.h"
#include "sys/sys.h"
#include "sys/thread.h"
#include "trace/trace.h"
#include "vm.h"

#define SECOND 1000000000
#define MICROSECOND 1000

struct row {
    term pid; // 0: free
    uint64_t count;
    int64_t time; // ns
};

struct call_times {
    const struct export *export;
    struct call_times *next; // in its bucket
    mutex lock;              // of what follows it
    bool active;
    struct row *rows; // open addressing, a power of two
    size_t count, room;
};

struct trace_times {
    mutex lock;
    struct call_times **buckets; // a power of two
    size_t count, size;
};

void trace_times_start(void) {
    vm.trace_times = sys_alloc_zero(sizeof *vm.trace_times);
    mutex_init(&vm.trace_times->lock);
    vm.hooks.call_time_goes_to = trace_time_goes_to;
}

// ---- records ------------------------------------------------------------------------------------------------------

static size_t bucket_of(const struct export *export, size_t size) {
    return ((uintptr_t)export >> 4) & (size - 1);
}

static void grow(struct trace_times *times) {
    size_t size = times->size ? times->size * 2 : 64;
    struct call_times **buckets = sys_alloc_zero(size * sizeof *buckets);
    for (size_t i = 0; i < times->size; i++) {
        for (struct call_times *record = times->buckets[i], *next; record; record = next) {
            next = record->next;
            record->next = buckets[bucket_of(record->export, size)];
            buckets[bucket_of(record->export, size)] = record;
        }
    }
    sys_free(times->buckets);
    times->buckets = buckets;
    times->size = size;
}

struct call_times *call_times_of(const struct export *export) {
    struct trace_times *times = vm.trace_times;
    mutex_lock(&times->lock);
    if (times->count >= times->size)
        grow(times);
    struct call_times **bucket = &times->buckets[bucket_of(export, times->size)], *record = *bucket;
    while (record && record->export != export)
        record = record->next;
    if (!record) {
        record = sys_alloc_zero(sizeof *record);
        record->export = export;
        mutex_init(&record->lock);
        record->next = *bucket;
        *bucket = record;
        times->count++;
    }
    mutex_unlock(&times->lock);
    return record;
}

void call_times_set(struct call_times *times, bool active, bool clear) {
    mutex_lock(&times->lock);
    times->active = active;
    if (clear) {
        sys_free(times->rows);
        times->rows = NULL;
        times->count = times->room = 0;
    }
    mutex_unlock(&times->lock);
}

// ---- rows ---------------------------------------------------------------------------------------------------------

static struct row *row_find(struct row *rows, size_t room, term pid) {
    size_t i = (pid >> 4) & (room - 1);
    while (rows[i].pid && rows[i].pid != pid)
        i = (i + 1) & (room - 1);
    return &rows[i];
}

// Under the lock.
static struct row *row_of(struct call_times *times, term pid) {
    if (2 * times->count >= times->room) {
        size_t room = times->room ? times->room * 2 : 4;
        struct row *rows = sys_alloc_zero(room * sizeof *rows);
        for (size_t i = 0; i < times->room; i++)
            if (times->rows[i].pid)
                *row_find(rows, room, times->rows[i].pid) = times->rows[i];
        sys_free(times->rows);
        times->rows = rows;
        times->room = room;
    }
    struct row *row = row_find(times->rows, times->room, pid);
    if (!row->pid) {
        row->pid = pid;
        times->count++;
    }
    return row;
}

static void add(struct call_times *times, term pid, uint64_t count, int64_t time) {
    mutex_lock(&times->lock);
    if (times->active) {
        struct row *row = row_of(times, pid);
        row->count += count;
        row->time += time;
    }
    mutex_unlock(&times->lock);
}

term call_times_list(struct heap *heap, struct call_times *times) {
    term list = NIL;
    mutex_lock(&times->lock);
    for (size_t i = 0; i < times->room; i++) {
        const struct row *row = &times->rows[i];
        if (row->pid && row->count) // the time alone: of a call from before
            list = heap_cons(heap,
                             heap_tuple_of(heap, 4, row->pid, SMALL(row->count), SMALL(row->time / SECOND),
                                           SMALL(row->time % SECOND / MICROSECOND)),
                             list);
    }
    mutex_unlock(&times->lock);
    return list;
}

// ---- the clock of a process ---------------------------------------------------------------------------------------

void trace_time_goes_to(struct process *self, uint64_t next) {
    struct process_extra *extra = process_extra(self);
    int64_t now = sys_monotonic_time();
    if (extra->timed)
        add(extra->timed, self->pid, 0, now - extra->timed_since);
    extra->timed = (struct call_times *)next;
    extra->timed_since = now;
    self->flags = next ? self->flags | FLAG_TIMED : self->flags & ~(uint32_t)FLAG_TIMED;
}

uint64_t trace_time_called(struct process *self, struct call_times *times) {
    struct call_times *previous = process_extra(self)->timed;
    add(times, self->pid, 1, 0);
    trace_time_goes_to(self, (uint64_t)times);
    return (uint64_t)previous;
}
