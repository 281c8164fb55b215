// Loading and unloading: who has loaded a driver, and when it may go.
//
// A driver stays for as long as a process that has loaded it lives and has not unloaded it again, then until its last
// port is closed. A load that comes meanwhile keeps it. No port is locked while drivers->lock is held, but it is taken
// while a port is locked.

#include "driver/loaded.h"

#include <dlfcn.h>

#include "proc/signal.h"
#include "sched/sched.h"
#include "sys/sys.h"
#include "term/atom.h"
#include "term/compare.h"
#include "term/print.h"
#include "vm.h"

#define OPEN_ERROR_BASE 10 // the first number in {open_error, -Number}, as OTP's

static struct loaded_driver *find(const char *name, size_t size) {
    struct loaded_driver *loaded = vm.drivers->loaded;
    while (loaded && !(strlen(loaded->name) == size && memcmp(loaded->name, name, size) == 0))
        loaded = loaded->next;
    return loaded;
}

static void lock(void) {
    pthread_mutex_lock(&vm.drivers->lock);
}
static void unlock(void) {
    pthread_mutex_unlock(&vm.drivers->lock);
}

static char *copy_text(const char *text) {
    size_t size = strlen(text) + 1;
    return memcpy(sys_alloc(size), text, size);
}

// ---- who waits ------------------------------------------------------------------------------------------------------

static void tell(struct driver_watch *watch, term what, term status) {
    struct process *process = proc_lookup(watch->pid);
    if (process) {
        struct heap builder = {0};
        term name = atom_from_utf8(watch->driver, strlen(watch->driver));
        term reference = heap_copy(&builder, watch->reference);
        term copy = is_pointer(status) ? heap_copy(&builder, status) : status;
        proc_send_built(watch->pid, &builder, heap_tuple_of(&builder, 5, what, reference, ATOM_driver, name, copy));
    }
    heap_free(&watch->heap);
    sys_free(watch->driver);
    sys_free(watch);
}

static struct driver_watch *watch_new(struct process *self, const char *driver) {
    struct driver_watch *watch = sys_alloc_zero(sizeof *watch);
    watch->pid = self->pid;
    watch->reference = heap_reference(&watch->heap);
    watch->driver = copy_text(driver);
    return watch;
}

enum watched_for { FOR_END, FOR_LOAD, FOR_LOAD_THAT_KEEPS };

static bool is_for(const struct driver_watch *watch, enum watched_for what) {
    if (what == FOR_LOAD)
        return watch->awaits_load;
    return !watch->awaits_load && (what == FOR_END || watch->told_of_load);
}

// (locked) Takes out those that wait for that of the driver.
static struct driver_watch *take_watches(const char *driver, enum watched_for what) {
    struct driver_watch *taken = NULL, **at = &vm.drivers->watches;
    while (*at) {
        struct driver_watch *watch = *at;
        if (strcmp(watch->driver, driver) != 0 || !is_for(watch, what)) {
            at = &watch->next;
            continue;
        }
        *at = watch->next;
        watch->next = taken;
        taken = watch;
    }
    return taken;
}

static void tell_all(struct driver_watch *watch, term what, term status) {
    while (watch) {
        struct driver_watch *next = watch->next;
        tell(watch, what, status);
        watch = next;
    }
}

// (locked) Returns a reference on the process's heap.
static term add_watch(struct process *self, struct driver_watch *watch, enum watched_for what) {
    watch->told_of_load = what == FOR_LOAD_THAT_KEEPS;
    watch->awaits_load = what == FOR_LOAD;
    watch->next = vm.drivers->watches;
    vm.drivers->watches = watch;
    return heap_copy(&self->heap, watch->reference);
}

// ---- the end --------------------------------------------------------------------------------------------------------

static void free_loaded(void *memory) {
    struct loaded_driver *loaded = memory;
    pthread_mutex_destroy(&loaded->lock);
    sys_free(loaded->path);
    sys_free(loaded->reload_path);
    sys_free(loaded->name);
    sys_free(loaded);
}

static void close_library(struct loaded_driver *loaded) {
    if (loaded->entry->finish)
        loaded->entry->finish();
    dlclose(loaded->handle);
    epoch_retire(loaded, free_loaded);
}

static void take_out(const struct loaded_driver *loaded) {
    struct loaded_driver **at = &vm.drivers->loaded;
    while (*at != loaded)
        at = &(*at)->next;
    *at = loaded->next;
}

static struct loaded_driver *load_library(struct heap *heap, const char *path, const struct driver_request *request,
                                          term *problem);

// (locked) Whether nobody needs it any more: then it is taken out of the list, and is the caller's to close.
static bool take_unused(struct loaded_driver *loaded, struct driver_watch **watches) {
    if (loaded->users || loaded->ports || loaded->jobs || loaded->permanent)
        return false;
    take_out(loaded);
    *watches = take_watches(loaded->name, FOR_END);
    return true;
}

// (locked) Whether only the one who wants it loaded anew needs it any more.
static bool may_reload(const struct loaded_driver *loaded) {
    bool is_alone = loaded->users && !loaded->users->next && !loaded->ports && !loaded->jobs;
    return loaded->reloader != NONE && is_alone && !loaded->permanent;
}

// (locked) What has been asked for is not wanted any more. Those who wait for it are the caller's to tell.
static struct driver_watch *cancel_reload(struct loaded_driver *loaded) {
    loaded->reloader = NONE;
    return take_watches(loaded->name, FOR_LOAD);
}

// (locked) With the lock held throughout, so that nobody finds the driver missing. Unlocks.
static void reload(struct loaded_driver *loaded) {
    struct heap heap = {0};
    struct driver_request request = {.name = loaded->name, .kill_ports = loaded->kill_ports};
    struct driver_watch *ends = take_watches(loaded->name, FOR_END), *loads = take_watches(loaded->name, FOR_LOAD);
    struct epoch_member *visit = epoch_visit(); // what is closed is still read
    take_out(loaded);
    close_library(loaded);
    term problem;
    struct loaded_driver *made = load_library(&heap, loaded->reload_path, &request, &problem);
    if (made)
        made->users = loaded->users;
    else
        sys_free(loaded->users);
    unlock();
    tell_all(ends, ATOM_DOWN, ATOM_unloaded);
    if (made)
        tell_all(loads, ATOM_UP, ATOM_loaded);
    else
        tell_all(loads, ATOM_DOWN, heap_tuple_of(&heap, 2, ATOM_load_failure, problem));
    heap_free(&heap);
    epoch_visit_end(visit);
}

void driver_retain(struct loaded_driver *loaded, size_t *count) {
    lock();
    ++*count;
    unlock();
}

// (locked) Whether it is an added one that was removed, and nobody calls it any more.
static bool is_left_over(const struct loaded_driver *loaded) {
    return loaded->removed && !loaded->ports && !loaded->jobs;
}

void driver_release(struct loaded_driver *loaded, size_t *count) {
    struct driver_watch *watches;
    lock();
    --*count;
    if (is_left_over(loaded))
        epoch_retire(loaded, free_loaded);
    if (may_reload(loaded)) {
        reload(loaded);
        return;
    }
    bool unused = take_unused(loaded, &watches);
    unlock();
    if (unused) {
        close_library(loaded);
        tell_all(watches, ATOM_DOWN, ATOM_unloaded);
    }
}

struct loaded_driver *driver_find(const char *command) {
    lock();
    struct loaded_driver *loaded = find(command, strcspn(command, " "));
    if (loaded)
        loaded->ports++;
    unlock();
    return loaded;
}

static void kill_ports(struct loaded_driver *loaded) {
    size_t position = 0;
    for (struct port *port; (port = port_next(&position));) {
        if (port->driver != &loaded->operations || !port_lock(port))
            continue;
        port_close(port, ATOM_driver_unloaded);
        port_unlock(port);
    }
}

// ---- users ----------------------------------------------------------------------------------------------------------

static struct driver_user **user_of(struct loaded_driver *loaded, term pid) {
    struct driver_user **at = &loaded->users;
    while (*at && (*at)->pid != pid)
        at = &(*at)->next;
    return at;
}

// (locked)
static void add_user(struct loaded_driver *loaded, struct process *self) {
    struct driver_user **at = user_of(loaded, self->pid);
    if (!*at) {
        *at = sys_alloc_zero(sizeof **at);
        (*at)->pid = self->pid;
    }
    (*at)->loads++;
    self->flags |= FLAG_DRIVERS;
}

static void remove_user(struct driver_user **at) {
    struct driver_user *user = *at;
    *at = user->next;
    sys_free(user);
}

// (locked) One that the process leaves, retained as by a job, or NULL.
static struct loaded_driver *take_left(term pid, struct driver_watch **cancelled) {
    for (struct loaded_driver *loaded = vm.drivers->loaded; loaded; loaded = loaded->next) {
        struct driver_user **at = user_of(loaded, pid);
        if (!*at)
            continue;
        remove_user(at);
        if (loaded->reloader == pid)
            *cancelled = cancel_reload(loaded);
        loaded->jobs++;
        return loaded;
    }
    return NULL;
}

static void process_gone(struct process *self) {
    for (;;) {
        struct driver_watch *cancelled = NULL;
        lock();
        struct loaded_driver *loaded = take_left(self->pid, &cancelled);
        bool last = loaded && !loaded->users;
        unlock();
        if (!loaded)
            return;
        tell_all(cancelled, ATOM_DOWN, ATOM_load_cancelled);
        if (last && loaded->kill_ports)
            kill_ports(loaded);
        driver_release(loaded, &loaded->jobs);
    }
}

// ---- loading --------------------------------------------------------------------------------------------------------

static term error_answer(struct process *self, term reason) {
    return heap_tuple_of(&self->heap, 2, ATOM_error, reason);
}

static term pending(struct process *self, term status, term reference) {
    return reference == NONE ? heap_tuple_of(&self->heap, 2, ATOM_ok, status)
                             : heap_tuple_of(&self->heap, 3, ATOM_ok, status, reference);
}

// (locked) The text without the file's name, under a number.
static term open_error(struct heap *heap, const char *file) {
    const char *text = dlerror();
    size_t prefix = strlen(file);
    if (!text)
        text = "Unknown dlload error";
    if (strncmp(text, file, prefix) == 0 && strncmp(text + prefix, ": ", 2) == 0)
        text += prefix + 2;
    char **errors = vm.drivers->errors;
    int number = 0;
    while (number < DRIVER_ERRORS - 1 && errors[number] && strcmp(errors[number], text) != 0)
        number++;
    if (!errors[number])
        errors[number] = copy_text(text);
    return heap_tuple_of(heap, 2, ATOM_open_error, SMALL(-(OPEN_ERROR_BASE + number)));
}

const char *driver_error_text(int64_t number) {
    int64_t index = -number - OPEN_ERROR_BASE;
    if (index < 0 || index >= DRIVER_ERRORS)
        return NULL;
    lock();
    const char *text = vm.drivers->errors[index];
    unlock();
    return text;
}

static bool is_version(const ErlDrvEntry *entry) {
    return entry->extended_marker == (int)ERL_DRV_EXTENDED_MARKER &&
           entry->major_version >= ERL_DRV_MIN_REQUIRED_MAJOR_VERSION_ON_LOAD &&
           entry->major_version <= ERL_DRV_EXTENDED_MAJOR_VERSION;
}

// The driver in the library; NULL when *problem says what is wrong with it.
static ErlDrvEntry *start(void *handle, const char *name, term *problem) {
    void *found = dlsym(handle, "driver_init");
    if (!found)
        return *problem = ATOM_no_driver_init, NULL;
    ErlDrvEntry *(*init)(void) = (ErlDrvEntry * (*)(void)) found, *entry = init();
    if (!entry)
        return *problem = ATOM_driver_init_failed, NULL;
    if (!is_version(entry))
        return *problem = ATOM_driver_incorrect_version, NULL;
    if (!entry->driver_name || strcmp(entry->driver_name, name) != 0)
        return *problem = ATOM_bad_driver_name, NULL;
    entry->handle = handle;
    if (entry->init && entry->init() != 0)
        return *problem = ATOM_driver_init_failed, NULL;
    return entry;
}

static struct loaded_driver *loaded_new(const char *path, const char *name, void *handle, ErlDrvEntry *entry) {
    struct loaded_driver *loaded = sys_alloc_zero(sizeof *loaded);
    loaded->name = copy_text(name);
    loaded->path = copy_text(path);
    loaded->entry = entry;
    loaded->reloader = NONE;
    loaded->handle = handle;
    loaded->locks_itself = entry->driver_flags & ERL_DRV_FLAG_USE_PORT_LOCKING;
    pthread_mutex_init(&loaded->lock, NULL);
    driver_operations_set(loaded);
    loaded->next = vm.drivers->loaded;
    vm.drivers->loaded = loaded;
    return loaded;
}

// (locked) NULL when *problem says what is wrong.
static struct loaded_driver *load_library(struct heap *heap, const char *path, const struct driver_request *request,
                                          term *problem) {
    struct text file = {0};
    text_format(&file, "%s/%s.so", path, request->name);
    text_append(&file, "", 1);
    void *handle = dlopen(file.bytes, RTLD_NOW);
    if (!handle)
        *problem = open_error(heap, file.bytes);
    text_free(&file);
    ErlDrvEntry *entry = handle ? start(handle, request->name, problem) : NULL;
    if (!entry) {
        if (handle)
            dlclose(handle);
        return NULL;
    }
    struct loaded_driver *made = loaded_new(path, request->name, handle, entry);
    made->kill_ports = request->kill_ports;
    return made;
}

// (locked)
static term load_new(struct process *self, const char *path, const struct driver_request *request) {
    term problem;
    struct loaded_driver *loaded = load_library(&self->heap, path, request, &problem);
    if (!loaded)
        return error_answer(self, problem);
    add_user(loaded, self);
    return heap_tuple_of(&self->heap, 2, ATOM_ok, ATOM_loaded);
}

// (locked) Of a driver that is there. One that was to go stays.
static term load_again(struct process *self, struct loaded_driver *loaded, const char *path,
                       const struct driver_request *request, struct driver_watch **cancelled) {
    if (loaded->permanent)
        return error_answer(self, ATOM_permanent);
    if (strcmp(loaded->path, path) != 0 || loaded->kill_ports != request->kill_ports)
        return error_answer(self, ATOM_inconsistent);
    if (!loaded->users)
        *cancelled = take_watches(loaded->name, FOR_LOAD_THAT_KEEPS);
    add_user(loaded, self);
    if (loaded->reloader != NONE)
        return pending(self, ATOM_pending_driver, add_watch(self, watch_new(self, loaded->name), FOR_LOAD));
    return heap_tuple_of(&self->heap, 2, ATOM_ok, ATOM_already_loaded);
}

// (locked) *begun: it is wanted now; the driver is retained as by a job.
static term ask_for_reload(struct process *self, struct loaded_driver *loaded, const char *path,
                           const struct driver_request *request, bool *begun) {
    struct driver_user **at = loaded ? user_of(loaded, self->pid) : NULL;
    if (!loaded)
        return error_answer(self, ATOM_not_loaded);
    if (loaded->permanent)
        return error_answer(self, ATOM_permanent);
    if (!*at)
        return error_answer(self, ATOM_not_loaded_by_this_process);
    if (loaded->kill_ports != request->kill_ports)
        return error_answer(self, ATOM_inconsistent);
    if (loaded->reloader != NONE)
        return error_answer(self, ATOM_pending_reload);
    if (!request->reload_shared && (loaded->users->next || (*at)->loads > 1))
        return error_answer(self, ATOM_pending_process);
    *begun = true;
    loaded->jobs++;
    loaded->reloader = self->pid;
    sys_free(loaded->reload_path);
    loaded->reload_path = copy_text(path);
    term reference = request->monitor ? add_watch(self, watch_new(self, request->name), FOR_LOAD) : NONE;
    return pending(self, request->reload_shared ? ATOM_pending_process : ATOM_pending_driver, reference);
}

term driver_load(struct process *self, const char *path, const struct driver_request *request) {
    struct driver_watch *cancelled = NULL;
    bool reloads = false;
    lock();
    struct loaded_driver *loaded = find(request->name, strlen(request->name));
    term answer = request->reload ? ask_for_reload(self, loaded, path, request, &reloads)
                  : loaded        ? load_again(self, loaded, path, request, &cancelled)
                                  : load_new(self, path, request);
    unlock();
    tell_all(cancelled, ATOM_UP, ATOM_unload_cancelled);
    if (reloads) {
        if (loaded->kill_ports)
            kill_ports(loaded);
        driver_release(loaded, &loaded->jobs);
    }
    return answer;
}

// ---- unloading ------------------------------------------------------------------------------------------------------

// (locked) *left: the last user is gone. Without an error the driver is retained as by a job.
static term leave(struct process *self, struct loaded_driver *loaded, const struct driver_request *request,
                  struct driver_watch **cancelled, bool *left) {
    struct driver_user **at = loaded ? user_of(loaded, self->pid) : NULL;
    if (!loaded)
        return error_answer(self, ATOM_not_loaded);
    if (loaded->permanent)
        return error_answer(self, ATOM_permanent);
    if (!*at && loaded->users)
        return error_answer(self, ATOM_not_loaded_by_this_process);
    if (*at && --(*at)->loads == 0) {
        remove_user(at);
        if (loaded->reloader == self->pid)
            *cancelled = cancel_reload(loaded);
    }
    *left = !loaded->users; // or it has been going before
    loaded->jobs++;
    if (*left && !loaded->ports)
        return pending(self, ATOM_unloaded, NONE);
    term reference = NONE;
    if (request->monitor)
        reference = add_watch(self, watch_new(self, request->name), FOR_LOAD_THAT_KEEPS);
    return pending(self, *left ? ATOM_pending_driver : ATOM_pending_process, reference);
}

term driver_unload(struct process *self, const struct driver_request *request) {
    struct driver_watch *cancelled = NULL;
    bool left = false;
    lock();
    struct loaded_driver *loaded = find(request->name, strlen(request->name));
    term answer = leave(self, loaded, request, &cancelled, &left);
    unlock();
    tell_all(cancelled, ATOM_DOWN, ATOM_load_cancelled);
    if (left && (loaded->kill_ports || request->kill_ports))
        kill_ports(loaded);
    if (tuple_element(answer, 1) == ATOM_ok)
        driver_release(loaded, &loaded->jobs);
    return answer;
}

// ---- drivers that libraries add themselves --------------------------------------------------------------------------

bool driver_is_added(const char *name) {
    lock();
    const struct loaded_driver *loaded = find(name, strlen(name));
    bool added = loaded && loaded->added;
    unlock();
    return added;
}

// Its version is not asked for, as on OTP.
void add_driver_entry(ErlDrvEntry *entry) {
    if (!entry->driver_name || (entry->init && entry->init() != 0))
        return;
    lock();
    struct loaded_driver *loaded = loaded_new("", entry->driver_name, NULL, entry);
    loaded->added = loaded->permanent = true;
    unlock();
}

// Its ports go on. 1, or 0 when it is not known, or -1 when erl_ddll has loaded it.
int remove_driver_entry(ErlDrvEntry *entry) {
    lock();
    struct loaded_driver *loaded = vm.drivers->loaded;
    while (loaded && loaded->entry != entry)
        loaded = loaded->next;
    bool added = loaded && loaded->added;
    if (added) {
        take_out(loaded);
        loaded->removed = true;
        if (is_left_over(loaded))
            epoch_retire(loaded, free_loaded);
    }
    unlock();
    return added ? 1 : loaded ? -1 : 0;
}

// ---- facts ----------------------------------------------------------------------------------------------------------

term driver_names(struct heap *heap, term tail) {
    lock();
    for (struct loaded_driver *loaded = vm.drivers->loaded; loaded; loaded = loaded->next)
        tail = heap_cons(heap, heap_string(heap, loaded->name, strlen(loaded->name)), tail);
    unlock();
    return tail;
}

// [{Pid, Count}]
static term users_term(struct heap *heap, const struct loaded_driver *loaded) {
    term list = NIL;
    for (const struct driver_user *user = loaded->users; user; user = user->next)
        list = heap_cons(heap, heap_tuple_of(heap, 2, user->pid, heap_unsigned(heap, user->loads)), list);
    return list;
}

static unsigned watch_count(const char *driver, term pid, enum watched_for what, const struct driver_watch *from) {
    unsigned count = 0;
    for (const struct driver_watch *watch = from; watch; watch = watch->next)
        count += watch->pid == pid && is_for(watch, what) && strcmp(watch->driver, driver) == 0;
    return count;
}

static term watches_term(struct heap *heap, const struct loaded_driver *loaded, enum watched_for what) {
    term list = NIL;
    for (const struct driver_watch *watch = vm.drivers->watches; watch; watch = watch->next) {
        // Counted at its last.
        if (strcmp(watch->driver, loaded->name) != 0 || !is_for(watch, what) ||
            watch_count(loaded->name, watch->pid, what, watch->next) > 0)
            continue;
        unsigned count = watch_count(loaded->name, watch->pid, what, vm.drivers->watches);
        list = heap_cons(heap, heap_tuple_of(heap, 2, watch->pid, SMALL(count)), list);
    }
    return list;
}

static term info_item(struct heap *heap, const struct loaded_driver *loaded, term item) {
    switch (item) {
    case ATOM_processes:
        return users_term(heap, loaded);
    case ATOM_driver_options:
        return loaded->kill_ports ? heap_cons(heap, ATOM_kill_ports, NIL) : NIL;
    case ATOM_port_count:
        return SMALL(loaded->ports);
    case ATOM_linked_in_driver:
        return ATOM_false;
    case ATOM_permanent:
        return term_boolean(loaded->permanent);
    case ATOM_awaiting_load:
        return watches_term(heap, loaded, FOR_LOAD);
    case ATOM_awaiting_unload:
        return watches_term(heap, loaded, FOR_END);
    default:
        return NONE;
    }
}

term driver_info(struct heap *heap, const char *name, term item) {
    lock();
    const struct loaded_driver *loaded = find(name, strlen(name));
    term answer = loaded ? info_item(heap, loaded, item) : NONE;
    unlock();
    return answer;
}

// What has happened already is told at once.
term driver_monitor(struct process *self, const char *name, term when) {
    struct driver_watch *watch = watch_new(self, name);
    term reference = heap_copy(&self->heap, watch->reference);
    lock();
    const struct loaded_driver *loaded = find(name, strlen(name));
    bool reloads = loaded && loaded->reloader != NONE, waits = when == ATOM_loaded ? reloads : loaded != NULL;
    if (waits)
        add_watch(self, watch,
                  when == ATOM_loaded                 ? FOR_LOAD
                  : when == ATOM_unloaded && !reloads ? FOR_LOAD_THAT_KEEPS
                                                      : FOR_END);
    unlock();
    if (!waits)
        tell(watch, loaded ? ATOM_UP : ATOM_DOWN, loaded ? ATOM_loaded : ATOM_unloaded);
    return reference;
}

bool driver_demonitor(struct process *self, term reference) {
    lock();
    struct driver_watch **at = &vm.drivers->watches;
    while (*at && !((*at)->pid == self->pid && term_same((*at)->reference, reference)))
        at = &(*at)->next;
    struct driver_watch *watch = *at;
    if (watch)
        *at = watch->next;
    unlock();
    if (!watch)
        return false;
    heap_free(&watch->heap);
    sys_free(watch->driver);
    sys_free(watch);
    return true;
}

void driver_init(void) {
    struct drivers *drivers = sys_alloc_zero(sizeof *drivers);
    pthread_mutexattr_t recursive; // what runs with the lock may add and remove drivers: `init`, `finish`
    pthread_mutexattr_init(&recursive);
    pthread_mutexattr_settype(&recursive, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&drivers->lock, &recursive);
    pthread_mutexattr_destroy(&recursive);
    for (int i = 0; i < DRIVER_LANES; i++) {
        struct driver_lane *lane = &drivers->lanes[i];
        pthread_mutex_init(&lane->lock, NULL);
        pthread_cond_init(&lane->filled, NULL);
        lane->end = &lane->jobs;
    }
    vm.drivers = drivers;
    vm.hooks.drivers_process_gone = process_gone;
    driver_monitors_init();
}
