// The registry: names of tables, their owners and heirs, who has fixed them; their making and end.

#include "ets/table.h"

#include <pthread.h>

#include "ets/persistent.h"
#include "proc/raise.h"
#include "sys/sys.h"
#include "term/atom.h"
#include "vm.h"

enum { PAGE_NAMES = 256 };

typedef _Atomic(struct table *) name_slot;

struct tables {
    pthread_mutex_t lock;
    _Atomic(name_slot *) *pages; // by atom index / PAGE_NAMES; a page is made with the first name in it
    size_t page_count;
    struct table *first; // of all
    size_t count;
};

// What a process has to do with tables.
struct process_tables {
    term pid;
    struct table *owned;
    struct fixation *fixations;
    bool super_user; // may do all with all tables: a debugger
};

// In place of the tables of a process that has ended: nothing is given to it any more.
static const struct process_tables gone;

static void registry_lock(void) {
    pthread_mutex_lock(&vm.tables->lock);
}
static void registry_unlock(void) {
    pthread_mutex_unlock(&vm.tables->lock);
}

// NULL when the process has ended.
static struct process_tables *tables_of(struct process *process) {
    struct process_tables *tables = atomic_load_explicit(&process->tables, memory_order_acquire);
    if (!tables) {
        struct process_tables *new = sys_alloc_zero(sizeof *new);
        new->pid = process->pid;
        if (atomic_compare_exchange_strong(&process->tables, &tables, new))
            return new;
        sys_free(new);
    }
    return tables == &gone ? NULL : tables;
}

// ---- names

static name_slot *name_find(term name) {
    size_t index = atom_index(name), page = index / PAGE_NAMES;
    if (page >= vm.tables->page_count)
        return NULL;
    name_slot *names = atomic_load_explicit(&vm.tables->pages[page], memory_order_acquire);
    return names ? &names[index % PAGE_NAMES] : NULL;
}

static name_slot *name_make(term name) { // under the lock
    size_t page = atom_index(name) / PAGE_NAMES;
    assert_always(page < vm.tables->page_count);
    if (!atomic_load_explicit(&vm.tables->pages[page], memory_order_relaxed))
        atomic_store_explicit(&vm.tables->pages[page], sys_alloc_zero(PAGE_NAMES * sizeof(name_slot)),
                              memory_order_release);
    return name_find(name);
}

static term name_of(const struct table *table) {
    return atomic_load_explicit(&table->name, memory_order_relaxed);
}
static term owner_of(const struct table *table) {
    return atomic_load_explicit(&table->owner, memory_order_relaxed);
}

// ---- finding

static void table_destroy(struct shared_binary *shared) {
    const struct table *table = (const struct table *)shared->bytes;
    assert_always(table->dead); // else its own reference to itself would have kept it
}

struct table *ets_find(term id, bool *valid) {
    struct table *table = NULL;
    *valid = true;
    if (is_atom(id)) {
        name_slot *slot = name_find(id);
        table = slot ? atomic_load_explicit(slot, memory_order_acquire) : NULL;
    } else if (is_kind(id, KIND_MAGIC_REFERENCE)) {
        struct shared_binary *shared = (struct shared_binary *)boxed(id)[2];
        if (shared->destroy == table_destroy)
            table = (struct table *)shared->bytes;
        *valid = table != NULL;
    } else {
        *valid = false;
    }
    return table;
}

static bool may(const struct process *self, const struct table *table, enum table_need need) {
    enum table_access access = atomic_load_explicit(&table->access, memory_order_relaxed);
    if (need == NEED_INFO || access == ACCESS_PUBLIC || (need == NEED_READ && access == ACCESS_PROTECTED) ||
        owner_of(table) == self->pid)
        return true;
    const struct process_tables *tables = atomic_load_explicit(&self->tables, memory_order_relaxed);
    return tables && tables->super_user;
}

bool ets_is_owner(const struct process *self, const struct table *table) {
    return owner_of(table) == self->pid;
}

static bool is_alive(struct table *table) {
    bool alive = table_enter(table, false);
    if (alive)
        table_leave(table, false);
    return alive;
}

struct table *ets_open(struct process *self, term id, enum table_need need) {
    bool valid;
    struct table *table = ets_find(id, &valid);
    if (!table)
        raise_badarg_cause(self, valid ? ATOM_id : ATOM_type);
    else if (!may(self, table, need))
        raise_badarg_cause(self, is_alive(table) ? ATOM_access : ATOM_id);
    else
        return table;
    return NULL;
}

term ets_raise_dead(struct process *self) {
    return raise_badarg_cause(self, ATOM_id);
}

term ets_identifier(struct heap *heap, const struct table *table) {
    return heap_copy(heap, table->identifier);
}

static term name_or_identifier(struct heap *heap, const struct table *table) {
    return table->named ? name_of(table) : ets_identifier(heap, table);
}

term ets_all(struct heap *heap) {
    term list = NIL;
    registry_lock();
    for (struct table *table = vm.tables->first; table; table = table->next)
        list = heap_cons(heap, name_or_identifier(heap, table), list);
    registry_unlock();
    return list;
}

size_t ets_count(void) {
    registry_lock();
    size_t count = vm.tables->count;
    registry_unlock();
    return count;
}

size_t ets_count_limit(void) {
    return 8192; // what OTP says; it is not enforced there either
}

struct table *table_after(const struct table *table) {
    return table ? table->next : vm.tables->first;
}

size_t ets_memory(void) {
    size_t words = 0;
    registry_lock();
    for (struct table *table = vm.tables->first; table; table = table->next)
        if (table_enter(table, false)) {
            words += table_memory(table);
            table_leave(table, false);
        }
    registry_unlock();
    return words * sizeof(term);
}

// ---- lists of owners and of all; under the lock

static void owner_add(struct table *table, struct process *owner) {
    struct process_tables *tables = tables_of(owner);
    atomic_store_explicit(&table->owner, owner->pid, memory_order_relaxed);
    table->next_of_owner = tables->owned;
    if (tables->owned)
        tables->owned->previous_of_owner = &table->next_of_owner;
    tables->owned = table;
    table->previous_of_owner = &tables->owned;
}

static void owner_remove(struct table *table) {
    *table->previous_of_owner = table->next_of_owner;
    if (table->next_of_owner)
        table->next_of_owner->previous_of_owner = table->previous_of_owner;
}

static void list_add(struct table *table) {
    table->next = vm.tables->first;
    if (table->next)
        table->next->previous = table;
    vm.tables->first = table;
    vm.tables->count++;
}

static void list_remove(struct table *table) {
    if (table->previous)
        table->previous->next = table->next;
    else
        vm.tables->first = table->next;
    if (table->next)
        table->next->previous = table->previous;
    vm.tables->count--;
}

static void heir_put(struct table *table, term heir, term data) {
    heap_free(&table->heir_heap);
    table->heir = heir;
    table->heir_data = heap_copy_all(&table->heir_heap, data);
}

// ---- making

static struct table *table_new(const struct table_options *options) {
    struct shared_binary *shared = shared_binary_new(sizeof(struct table));
    struct table *table = (struct table *)shared->bytes;
    memset(table, 0, sizeof *table);
    shared->destroy = table_destroy;
    table->type = (uint8_t)options->type;
    table->keypos = options->keypos;
    atomic_init(&table->access, (uint8_t)options->access);
    atomic_init(&table->name, options->name);
    table->named = options->named;
    table->compressed = options->compressed;
    table->read_concurrency = options->read_concurrency;
    table->decentralized_counters = options->decentralized_counters;
    table->write_concurrency = options->write_concurrency;
    if (options->type != TABLE_ORDERED_SET) {
        hash_init(&table->hash);
        if (options->write_concurrency != ATOM_false)
            table->stripes = sys_alloc_aligned(alignof(struct stripe), HASH_STRIPES * sizeof(struct stripe));
    }
    table->identifier = heap_magic_reference(&table->identity, shared);
    heir_put(table, options->heir, options->heir_data);
    return table;
}

static void table_release(void *memory) {
    struct table *table = memory;
    heap_free(&table->heir_heap);
    sys_free(table->stripes);
    // The table lies in what its identity refers to.
    struct heap identity = table->identity;
    heap_free(&identity);
}

static void table_retire(struct table *table) {
    if (vm.hooks.retire)
        vm.hooks.retire(table, table_release);
    else
        table_release(table);
}

term ets_new(struct process *self, const struct table_options *options) {
    struct table *table = table_new(options);
    registry_lock();
    name_slot *slot = options->named ? name_make(options->name) : NULL;
    bool taken = slot && atomic_load_explicit(slot, memory_order_relaxed);
    if (!taken) {
        if (slot)
            atomic_store_explicit(slot, table, memory_order_release);
        owner_add(table, self);
        list_add(table);
    }
    registry_unlock();
    if (taken) {
        table->dead = true;
        if (!table_is_ordered(table))
            hash_free_segments(&table->hash);
        table_release(table);
        return NONE;
    }
    return name_or_identifier(&self->heap, table);
}

// ---- fixing

static struct fixation *fixation_find(struct table *table, const struct process_tables *holder) {
    struct fixation *fixation = table->fixations;
    while (fixation && fixation->holder != holder)
        fixation = fixation->next_in_table;
    return fixation;
}

static void fixation_add(struct table *table, struct process_tables *holder) {
    struct fixation *fixation = sys_alloc(sizeof *fixation);
    *fixation = (struct fixation){table, holder, table->fixations, holder->fixations, 0};
    table->fixations = holder->fixations = fixation;
}

static void fixation_remove(struct fixation *fixation) {
    struct fixation **link = &fixation->table->fixations;
    while (*link != fixation)
        link = &(*link)->next_in_table;
    *link = fixation->next_in_table;
    link = &fixation->holder->fixations;
    while (*link != fixation)
        link = &(*link)->next_in_process;
    *link = fixation->next_in_process;
    sys_free(fixation);
}

void ets_fix(struct process *self, struct table *table) {
    registry_lock();
    if (table_enter(table, true)) {
        struct process_tables *holder = tables_of(self);
        if (!table->fixations) {
            table->fixed_monotonic = vm_monotonic_time(sys_monotonic_time());
            table->fixed_system = sys_system_time();
        }
        if (!fixation_find(table, holder))
            fixation_add(table, holder);
        fixation_find(table, holder)->count++;
        table->fixed++;
        table_leave(table, true);
    }
    registry_unlock();
}

// Under both locks.
static void unfix(struct fixation *fixation, size_t count) {
    struct table *table = fixation->table;
    fixation->count -= count;
    table->fixed -= count;
    if (fixation->count == 0)
        fixation_remove(fixation);
    if (table->fixed == 0 && !table_is_ordered(table))
        table_purge(table);
}

void ets_unfix(struct process *self, struct table *table) {
    registry_lock();
    struct fixation *fixation = fixation_find(table, atomic_load_explicit(&self->tables, memory_order_relaxed));
    if (fixation && table_enter(table, true)) {
        unfix(fixation, 1);
        table_leave(table, true);
    }
    registry_unlock();
}

term ets_fixers(struct heap *heap, struct table *table, bool monotonic) {
    term result = ATOM_false;
    registry_lock();
    if (table->fixations) {
        term list = NIL;
        for (struct fixation *fixation = table->fixations; fixation; fixation = fixation->next_in_table)
            list = heap_cons(
                heap, heap_tuple_of(heap, 2, fixation->holder->pid, heap_integer(heap, (int64_t)fixation->count)),
                list);
        int64_t microseconds = table->fixed_system / 1000;
        term time = monotonic ? heap_integer(heap, table->fixed_monotonic)
                              : heap_tuple_of(heap, 3, SMALL(microseconds / 1000000000000),
                                              SMALL(microseconds / 1000000 % 1000000), SMALL(microseconds % 1000000));
        result = heap_tuple_of(heap, 2, time, list);
    }
    registry_unlock();
    return result;
}

// ---- the end

// Makes it unreachable; returns its contents, or NULL when it was dead already. Under the registry's lock.
static struct shared_binary *kill_table(struct table *table) {
    if (!table_enter(table, true))
        return NULL;
    table->dead = true;
    if (!table_is_ordered(table)) {
        struct fixed_bucket *bucket = atomic_exchange(&table->fixed_buckets, NULL);
        while (bucket) {
            struct fixed_bucket *next = bucket->next;
            sys_free(bucket);
            bucket = next;
        }
    }
    struct shared_binary *contents = table_contents_take(table, false);
    table_leave(table, true);
    while (table->fixations)
        fixation_remove(table->fixations);
    if (table->named)
        atomic_store_explicit(name_find(name_of(table)), NULL, memory_order_release);
    owner_remove(table);
    list_remove(table);
    return contents;
}

bool ets_delete(struct process *self, struct table *table) {
    registry_lock();
    struct shared_binary *contents = kill_table(table);
    registry_unlock();
    if (!contents)
        return false;
    table_retire(table);
    table_contents_free(self, contents);
    return true;
}

// ---- changing hands, names, rights

bool ets_rename(struct table *table, term name, bool *taken) {
    *taken = false;
    registry_lock();
    bool alive = table_enter(table, true);
    if (alive && table->named) {
        name_slot *from = name_find(name_of(table)), *to = name_make(name);
        struct table *there = atomic_load_explicit(to, memory_order_relaxed);
        *taken = there && there != table;
        if (!*taken) {
            atomic_store_explicit(from, NULL, memory_order_release);
            atomic_store_explicit(to, table, memory_order_release);
        }
    }
    if (alive) {
        if (!*taken)
            atomic_store_explicit(&table->name, name, memory_order_relaxed);
        table_leave(table, true);
    }
    registry_unlock();
    return alive;
}

// {'ETS-TRANSFER', Table, From, Gift}
static void send_transfer(const struct table *table, term from, term to, term gift) {
    struct heap builder = {};
    term message = heap_tuple_of(&builder, 4, ATOM_ETS_TRANSFER, name_or_identifier(&builder, table), from,
                                 heap_copy_all(&builder, gift));
    proc_send_built(to, &builder, message);
}

static bool hand_over(struct table *table, struct process *to) { // under the registry's lock
    if (!tables_of(to))
        return false;
    owner_remove(table);
    owner_add(table, to);
    return true;
}

bool ets_give_away(struct process *self, struct table *table, struct process *to, term gift, bool *given) {
    registry_lock();
    bool alive = table_enter(table, true);
    *given = alive && hand_over(table, to);
    if (alive)
        table_leave(table, true);
    registry_unlock();
    if (*given)
        send_transfer(table, self->pid, to->pid, gift);
    return alive;
}

bool ets_set_heir(struct table *table, term heir, term data) {
    registry_lock();
    bool alive = table_enter(table, true);
    if (alive) {
        heir_put(table, heir, data);
        table_leave(table, true);
    }
    registry_unlock();
    return alive;
}

bool ets_set_access(struct table *table, enum table_access access) {
    bool alive = table_enter(table, true);
    if (alive) {
        atomic_store_explicit(&table->access, (uint8_t)access, memory_order_relaxed);
        table_leave(table, true);
    }
    return alive;
}

void ets_super_user(struct process *self, bool on) {
    registry_lock();
    tables_of(self)->super_user = on;
    registry_unlock();
}

// ---- a process's end

// To its heir, if that is alive. Under the registry's lock.
static struct process *inherit(struct process *self, struct table *table) {
    struct process *heir = is_local_pid(table->heir) && table->heir != self->pid ? proc_lookup(table->heir) : NULL;
    return heir && hand_over(table, heir) ? heir : NULL;
}

static void give_up_owned(struct process *self, struct process_tables *tables) {
    for (;;) {
        registry_lock();
        struct table *table = tables->owned;
        struct process *heir = table ? inherit(self, table) : NULL;
        term heir_pid = heir ? heir->pid : NONE;
        struct heap builder = {};
        term data = heir ? heap_copy_all(&builder, table->heir_data) : NONE;
        struct shared_binary *contents = table && !heir ? kill_table(table) : NULL;
        registry_unlock();
        if (!table)
            return;
        if (heir)
            send_transfer(table, self->pid, heir_pid, data);
        heap_free(&builder);
        if (contents) {
            table_retire(table);
            table_contents_free(self, contents);
        }
    }
}

static void process_gone(struct process *self) {
    // Most processes never have anything to do with tables, and take no lock here.
    struct process_tables *tables = NULL, *mark = (struct process_tables *)&gone;
    if (atomic_compare_exchange_strong(&self->tables, &tables, mark))
        return;
    registry_lock();
    atomic_store_explicit(&self->tables, mark, memory_order_release);
    while (tables->fixations) {
        struct fixation *fixation = tables->fixations;
        struct table *table = fixation->table;
        bool alive = table_enter(table, true);
        assert_always(alive); // a table's end takes its fixations along
        unfix(fixation, fixation->count);
        table_leave(table, true);
    }
    registry_unlock();
    give_up_owned(self, tables);
    sys_free(tables);
}

void ets_init(void) {
    struct tables *tables = sys_alloc_zero(sizeof *tables);
    pthread_mutex_init(&tables->lock, NULL);
    tables->page_count = atom_limit() / PAGE_NAMES + 1;
    tables->pages = sys_alloc_zero(tables->page_count * sizeof *tables->pages);
    vm.tables = tables;
    vm.hooks.process_gone = process_gone;
    persistent_init();
}
