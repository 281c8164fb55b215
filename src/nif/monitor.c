// Resources that monitor processes.
//
// The monitored process knows its watcher as the atom `resource`, and the monitor by its reference. When it ends, or
// turns out to be gone already, it says so through vm.hooks.resource_down, which looks the reference up here: so a
// monitor that was taken away, or whose resource is gone, is simply not found.

#include "nif/resource.h"
#include "sched/sched.h"
#include "sys/sys.h"
#include "vm.h"

#define BUCKETS 256 // a power of two

struct nif_monitor {
    struct nif_monitor *next;          // in its bucket
    struct nif_monitor *newer, *older; // of its resource
    struct resource *resource;
    uint32_t ids[3]; // of the reference
    term pid;
};

struct nif_monitors {
    pthread_mutex_t lock;
    struct nif_monitor *buckets[BUCKETS];
};

// An ErlNifMonitor holds the reference's ids.
static_assert(sizeof(ErlNifMonitor) >= 3 * sizeof(uint32_t));

static struct nif_monitor **place_of(const uint32_t ids[3]) {
    struct nif_monitor **at = &vm.nif->monitors->buckets[ids[0] & (BUCKETS - 1)];
    while (*at && memcmp((*at)->ids, ids, sizeof(*at)->ids) != 0)
        at = &(*at)->next;
    return at;
}

// (locked) Takes it out of both lists.
static struct nif_monitor *take(struct nif_monitor **place) {
    struct nif_monitor *monitor = *place;
    *place = monitor->next;
    *(monitor->newer ? &monitor->newer->older : &monitor->resource->monitors) = monitor->older;
    if (monitor->older)
        monitor->older->newer = monitor->newer;
    return monitor;
}

static void insert(struct nif_monitor *monitor) {
    struct resource *resource = monitor->resource;
    pthread_mutex_lock(&vm.nif->monitors->lock);
    struct nif_monitor **bucket = &vm.nif->monitors->buckets[monitor->ids[0] & (BUCKETS - 1)];
    monitor->next = *bucket;
    *bucket = monitor;
    monitor->older = resource->monitors;
    if (resource->monitors)
        resource->monitors->newer = monitor;
    resource->monitors = monitor;
    pthread_mutex_unlock(&vm.nif->monitors->lock);
}

void resource_monitors_end(struct resource *resource) {
    for (;;) {
        pthread_mutex_lock(&vm.nif->monitors->lock);
        struct nif_monitor *monitor = resource->monitors ? take(place_of(resource->monitors->ids)) : NULL;
        pthread_mutex_unlock(&vm.nif->monitors->lock);
        if (!monitor)
            return;
        visit_demonitor(monitor->pid, ATOM_resource, monitor->ids);
        sys_free(monitor);
    }
}

static void resource_down(uint64_t reference, uint64_t pid) {
    uint32_t ids[3];
    reference_ids(reference, ids);
    pthread_mutex_lock(&vm.nif->monitors->lock);
    struct nif_monitor **place = place_of(ids), *monitor = *place ? take(place) : NULL;
    struct resource *resource =
        monitor && shared_binary_try_retain(resource_shared(monitor->resource)) ? monitor->resource : NULL;
    pthread_mutex_unlock(&vm.nif->monitors->lock);
    sys_free(monitor);
    if (!resource)
        return;
    ErlNifEnv env;
    ErlNifPid down_pid = {pid};
    ErlNifMonitor down_monitor = {0};
    memcpy(down_monitor.data, ids, sizeof ids);
    environment_begin(&env, NULL, resource->type->nif_library);
    resource->type->callbacks.down(&env, resource->data, &down_pid, &down_monitor);
    environment_end(&env);
    enif_release_resource(resource->data);
}

void nif_monitors_init(void) {
    vm.nif->monitors = sys_alloc_zero(sizeof *vm.nif->monitors);
    pthread_mutex_init(&vm.nif->monitors->lock, NULL);
    vm.hooks.resource_down = resource_down;
}

// ---- for libraries

// 0, or positive when there is no such process, negative when the type has no `down`.
int enif_monitor_process(ErlNifEnv *env, void *object, const ErlNifPid *pid, ErlNifMonitor *given) {
    struct resource *resource = resource_of(object);
    if (!resource->type->callbacks.down)
        return -1;
    if (!visit_is_alive(pid->pid))
        return 1;
    struct nif_monitor *monitor = sys_alloc_zero(sizeof *monitor);
    monitor->resource = resource;
    monitor->pid = pid->pid;
    heap_reference_ids(monitor->ids);
    ErlNifMonitor name = {0};
    memcpy(name.data, monitor->ids, sizeof monitor->ids);
    insert(monitor);
    if (!visit_monitor(monitor->pid, ATOM_resource, monitor->ids)) {
        enif_demonitor_process(env, object, &name);
        return 1;
    }
    if (given)
        *given = name;
    return 0;
}

int enif_demonitor_process(ErlNifEnv *env, void *object, const ErlNifMonitor *given) {
    uint32_t ids[3];
    memcpy(ids, given->data, sizeof ids);
    pthread_mutex_lock(&vm.nif->monitors->lock);
    struct nif_monitor **place = place_of(ids);
    struct nif_monitor *monitor = *place && (*place)->resource == resource_of(object) ? take(place) : NULL;
    pthread_mutex_unlock(&vm.nif->monitors->lock);
    if (!monitor)
        return 1;
    visit_demonitor(monitor->pid, ATOM_resource, monitor->ids);
    sys_free(monitor);
    return 0;
}

int enif_compare_monitors(const ErlNifMonitor *a, const ErlNifMonitor *b) {
    return memcmp(a->data, b->data, 3 * sizeof(uint32_t));
}

ERL_NIF_TERM enif_make_monitor_term(ErlNifEnv *env, const ErlNifMonitor *monitor) {
    uint32_t ids[3];
    memcpy(ids, monitor->data, sizeof ids);
    return heap_reference_of(env->heap, ids);
}
