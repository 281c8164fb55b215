// The setting of erlang:system_monitor, and its messages.

#include "proc/system_monitor.h"

#include "proc/signal.h"
#include "sys/sys.h"
#include "sys/thread.h"
#include "term/number.h"

#define MILLISECOND 1000000
#define LARGE_HEAP_MINIMUM 16384 // words: OTP's

struct system_monitor {
    mutex lock;
    term pid; // NONE: nobody
    int64_t limits[MONITOR_EVENTS];
    bool set[MONITOR_EVENTS];
};

static const term event_names[MONITOR_EVENTS] = {ATOM_long_gc, ATOM_long_schedule, ATOM_large_heap, ATOM_busy_port,
                                                 ATOM_busy_dist_port};

// The least value that an event can be asked for with, as on OTP; 0 for those without a value.
static int64_t least_limit(enum system_monitor_event event) {
    return event == MONITOR_LARGE_HEAP ? LARGE_HEAP_MINIMUM : event < MONITOR_BUSY_PORT;
}

void system_monitor_init(void) {
    vm.system_monitor = sys_alloc_zero(sizeof *vm.system_monitor);
    mutex_init(&vm.system_monitor->lock);
    vm.system_monitor->pid = NONE;
}

static bool read_option(term option, struct system_monitor *setting) {
    for (enum system_monitor_event i = 0; i < MONITOR_EVENTS; i++) {
        bool with_value = i < MONITOR_BUSY_PORT;
        term name = with_value && is_tuple_of(option, 2) ? tuple_element(option, 1) : option;
        if (name != event_names[i] || with_value != is_tuple_of(option, 2))
            continue;
        int64_t value = 0;
        if (with_value && (!integer_to_int64(tuple_element(option, 2), &value) || value < 0))
            return false;
        setting->limits[i] = value < least_limit(i) ? least_limit(i) : value;
        setting->set[i] = true;
        return true;
    }
    return false;
}

static bool read_options(term options, struct system_monitor *setting) {
    for (; is_list(options); options = list_tail(options)) {
        if (!read_option(list_head(options), setting))
            return false;
    }
    return is_nil(options);
}

bool system_monitor_valid(term pid, term options) {
    struct system_monitor setting = {0};
    if (is_nil(options)) // whoever is to be told of nothing
        return true;
    return is_local_pid(pid) && proc_lookup(pid) && read_options(options, &setting);
}

// Under the lock.
static term describe(struct heap *heap, const struct system_monitor *setting) {
    if (setting->pid == NONE || !proc_lookup(setting->pid))
        return ATOM_undefined;
    term list = NIL;
    for (enum system_monitor_event i = 0; i < MONITOR_EVENTS; i++) {
        if (!setting->set[i])
            continue;
        term option = event_names[i];
        if (i < MONITOR_BUSY_PORT)
            option = heap_tuple_of(heap, 2, option, heap_integer(heap, setting->limits[i]));
        list = heap_cons(heap, option, list);
    }
    return heap_tuple_of(heap, 2, setting->pid, list);
}

term system_monitor_get(struct heap *heap) {
    struct system_monitor *setting = vm.system_monitor;
    mutex_lock(&setting->lock);
    term result = describe(heap, setting);
    mutex_unlock(&setting->lock);
    return result;
}

// Under the lock: what the others see of it without one.
static void publish(const struct system_monitor *setting) {
    uint32_t events = 0;
    for (int i = 0; setting->pid != NONE && i < MONITOR_EVENTS; i++)
        events |= (uint32_t)setting->set[i] << i;
    atomic_fetch_and(&vm.watched, ~(uint32_t)WATCH_MONITORED | events);
    atomic_fetch_or(&vm.watched, events);
}

term system_monitor_set(struct heap *heap, term pid, term options) {
    struct system_monitor *setting = vm.system_monitor;
    mutex_lock(&setting->lock);
    term old = describe(heap, setting);
    setting->pid = is_nil(options) ? NONE : pid;
    memset(setting->set, 0, sizeof setting->set);
    read_options(options, setting);
    publish(setting);
    mutex_unlock(&setting->lock);
    return old;
}

// ---- messages -----------------------------------------------------------------------------------------------------

int64_t system_monitor_limit(enum system_monitor_event event) {
    struct system_monitor *setting = vm.system_monitor;
    mutex_lock(&setting->lock);
    int64_t limit = setting->set[event] ? setting->limits[event] : INT64_MAX;
    mutex_unlock(&setting->lock);
    return limit;
}

void system_monitor_tell(enum system_monitor_event event, term subject, term value) {
    struct system_monitor *setting = vm.system_monitor;
    mutex_lock(&setting->lock);
    struct process *monitor = setting->set[event] && setting->pid != NONE ? proc_lookup(setting->pid) : NULL;
    if (!monitor && setting->pid != NONE && !proc_lookup(setting->pid)) { // it is gone, and so is its setting
        setting->pid = NONE;
        publish(setting);
    }
    mutex_unlock(&setting->lock);
    if (monitor && monitor->pid != subject)
        proc_signal(monitor, signal_tuple(SIGNAL_MESSAGE, NONE, NONE, 4,
                                          (term[]){ATOM_monitor, subject, event_names[event], value}));
}

// [{timeout, Milliseconds}, {old_heap_block_size, Words}, ...]; without the first where `milliseconds` is negative.
static term describe_heap(struct heap *builder, const struct heap *heap, int64_t milliseconds) {
    const struct {
        term name;
        int64_t value;
    } rows[] = {
        {ATOM_timeout, milliseconds},
        {ATOM_old_heap_block_size, heap->old_end - heap->old_start},
        {ATOM_heap_block_size, heap->end - heap->start},
        {ATOM_mbuf_size, (int64_t)heap->fragment_words},
        {ATOM_stack_size, heap->end - heap->stack},
        {ATOM_old_heap_size, heap->old_top - heap->old_start},
        {ATOM_heap_size, heap->top - heap->start},
    };
    term list = NIL;
    for (size_t i = sizeof rows / sizeof *rows; i-- > 0;)
        if (rows[i].value >= 0)
            list = heap_cons(builder, heap_tuple_of(builder, 2, rows[i].name, SMALL(rows[i].value)), list);
    return list;
}

void system_monitor_collected(struct process *self, int64_t duration) {
    const struct heap *heap = &self->heap;
    int64_t milliseconds = duration / MILLISECOND, size = (heap->end - heap->start) + (heap->old_end - heap->old_start);
    struct heap builder = {0};
    if (system_monitor_watches(MONITOR_LONG_GC) && milliseconds > system_monitor_limit(MONITOR_LONG_GC))
        system_monitor_tell(MONITOR_LONG_GC, self->pid, describe_heap(&builder, heap, milliseconds));
    if (system_monitor_watches(MONITOR_LARGE_HEAP) && size > system_monitor_limit(MONITOR_LARGE_HEAP))
        system_monitor_tell(MONITOR_LARGE_HEAP, self->pid, describe_heap(&builder, heap, -1));
    heap_free(&builder);
}
