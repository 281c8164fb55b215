// The setting of erlang:system_monitor.

#include "proc/system_monitor.h"

#include "sys/sys.h"
#include "sys/thread.h"
#include "vm.h"

enum { LONG_GC, LONG_SCHEDULE, LARGE_HEAP, BUSY_PORT, BUSY_DIST_PORT, OPTION_COUNT };

struct system_monitor {
    mutex lock;
    term pid; // NONE: nobody
    int64_t values[OPTION_COUNT];
    bool set[OPTION_COUNT];
};

static const term option_names[OPTION_COUNT] = {ATOM_long_gc, ATOM_long_schedule, ATOM_large_heap, ATOM_busy_port,
                                                ATOM_busy_dist_port};

void system_monitor_init(void) {
    vm.system_monitor = sys_alloc_zero(sizeof *vm.system_monitor);
    mutex_init(&vm.system_monitor->lock);
    vm.system_monitor->pid = NONE;
}

static bool read_option(term option, struct system_monitor *setting) {
    for (int i = 0; i < OPTION_COUNT; i++) {
        bool with_value = i < BUSY_PORT;
        term name = with_value && is_tuple_of(option, 2) ? tuple_element(option, 1) : option;
        if (name != option_names[i] || with_value != is_tuple_of(option, 2))
            continue;
        term value = with_value ? tuple_element(option, 2) : SMALL(0);
        if (!is_small(value) || small_value(value) < 0)
            return false;
        setting->values[i] = small_value(value);
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
    return is_local_pid(pid) && proc_lookup(pid) && read_options(options, &setting);
}

// Under the lock.
static term describe(struct heap *heap, const struct system_monitor *setting) {
    if (setting->pid == NONE || !proc_lookup(setting->pid))
        return ATOM_undefined;
    term list = NIL;
    for (int i = 0; i < OPTION_COUNT; i++) {
        if (!setting->set[i])
            continue;
        term option = option_names[i];
        if (i < BUSY_PORT)
            option = heap_tuple_of(heap, 2, option, heap_integer(heap, setting->values[i]));
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

term system_monitor_set(struct heap *heap, term pid, term options) {
    struct system_monitor *setting = vm.system_monitor;
    mutex_lock(&setting->lock);
    term old = describe(heap, setting);
    setting->pid = is_nil(options) ? NONE : pid;
    memset(setting->set, 0, sizeof setting->set);
    read_options(options, setting);
    mutex_unlock(&setting->lock);
    return old;
}
