// Processes that a port watches: driver_monitor_process.
//
// The process knows its watcher as the port, and the monitor by its reference. When it ends it says so through
// vm.hooks.port_process_down; a monitor that was taken away is not found then.

#include "driver/loaded.h"
#include "sched/sched.h"
#include "sys/sys.h"
#include "vm.h"

// An ErlDrvMonitor holds the reference's ids.
static_assert(sizeof(ErlDrvMonitor) >= 3 * sizeof(uint32_t));

static struct driver_monitor **place_of(ErlDrvPort port, const void *ids) {
    struct driver_monitor **at = &port->monitors;
    while (*at && memcmp((*at)->ids, ids, sizeof(*at)->ids) != 0)
        at = &(*at)->next;
    return at;
}

static struct driver_monitor *take(struct driver_monitor **place) {
    struct driver_monitor *monitor = *place;
    if (monitor)
        *place = monitor->next;
    return monitor;
}

static void process_down(uint64_t id, uint64_t reference) {
    struct port *port = port_lookup(id);
    ErlDrvPort of = port ? port->driver_data : NULL;
    if (!of || !driver_port_lock(of))
        return;
    ErlDrvMonitor name = {0};
    reference_ids(reference, (uint32_t *)name.data);
    if (*place_of(of, name.data)) {
        driver_enter(of);
        of->loaded->entry->process_exit(of->data, &name); // which may ask about it, and end it
        driver_leave(of);
        sys_free(take(place_of(of, name.data)));
    }
    driver_port_unlock(of);
}

term driver_monitors_list(const struct port *port, struct heap *heap) {
    const struct _erl_drv_port *of = port->driver_data;
    term list = NIL;
    for (const struct driver_monitor *monitor = of->monitors; monitor; monitor = monitor->next)
        list = heap_cons(heap, monitor->pid, list);
    return list;
}

void driver_monitors_stop(ErlDrvPort port) {
    for (struct driver_monitor *monitor; (monitor = take(&port->monitors));) {
        visit_demonitor(monitor->pid, port->port->id, monitor->ids);
        sys_free(monitor);
    }
}

void driver_monitors_init(void) {
    vm.hooks.port_process_down = process_down;
}

// ---- for drivers

// 0, or positive when there is no such process, negative when the driver has no `process_exit`.
int driver_monitor_process(ErlDrvPort port, ErlDrvTermData pid, ErlDrvMonitor *given) {
    if (!port->loaded->entry->process_exit)
        return -1;
    struct driver_monitor *monitor = sys_alloc_zero(sizeof *monitor);
    monitor->pid = pid;
    heap_reference_ids(monitor->ids);
    if (!visit_monitor(pid, port->port->id, monitor->ids)) {
        sys_free(monitor);
        return 1;
    }
    monitor->next = port->monitors;
    port->monitors = monitor;
    *given = (ErlDrvMonitor){0};
    memcpy(given->data, monitor->ids, sizeof monitor->ids);
    return 0;
}

int driver_demonitor_process(ErlDrvPort port, const ErlDrvMonitor *given) {
    struct driver_monitor *monitor = take(place_of(port, given->data));
    if (!monitor)
        return 1;
    visit_demonitor(monitor->pid, port->port->id, monitor->ids);
    sys_free(monitor);
    return 0;
}

ErlDrvTermData driver_get_monitored_process(ErlDrvPort port, const ErlDrvMonitor *given) {
    const struct driver_monitor *monitor = *place_of(port, given->data);
    return monitor ? monitor->pid : driver_term_nil;
}

int driver_compare_monitors(const ErlDrvMonitor *a, const ErlDrvMonitor *b) {
    return memcmp(a->data, b->data, 3 * sizeof(uint32_t));
}
