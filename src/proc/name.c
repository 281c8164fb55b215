// Registered names: a hash table of chains. Readers take no lock; changes are made under one, and what is unlinked is
// freed by epochs.

#include "proc/name.h"

#include "proc/table.h"
#include "sys/sys.h"
#include "sys/thread.h"
#include "vm.h"

#define BUCKETS 2048

struct name {
    _Atomic(struct name *) next;
    term name, owner;
};

struct name_table {
    mutex lock;
    _Atomic(struct name *) buckets[BUCKETS];
};

void name_table_init(void) {
    vm.names = sys_alloc_zero(sizeof *vm.names);
    mutex_init(&vm.names->lock);
}

static _Atomic(struct name *) *bucket(term name) {
    return &vm.names->buckets[atom_index(name) % BUCKETS];
}

term proc_whereis(term name) {
    struct name *entry = atomic_load_explicit(bucket(name), memory_order_acquire);
    while (entry && entry->name != name)
        entry = atomic_load_explicit(&entry->next, memory_order_acquire);
    return entry ? entry->owner : ATOM_undefined;
}

// Notes the name with its owner. As for proc_register, whose caller has seen whether the name is free.
static term owner_take_name(term owner, term name, bool is_free) {
    if (is_local_port(owner)) {
        return is_free && vm.hooks.port_name ? vm.hooks.port_name(owner, name) : ATOM_none;
    }
    struct process *process = proc_lookup(owner);
    if (!process || (atomic_load(&process->state) & STATE_EXITING))
        return ATOM_notalive;
    if (atomic_load(&process->registered_name) != NIL)
        return ATOM_registered_name;
    if (!is_free)
        return ATOM_none;
    atomic_store(&process->registered_name, name);
    // The process may have begun to exit in between; it then waits for the lock to forget this name.
    return ATOM_true;
}

term proc_register(term name, term pid_or_port) {
    mutex_lock(&vm.names->lock);
    term answer = owner_take_name(pid_or_port, name, proc_whereis(name) == ATOM_undefined);
    if (answer == ATOM_true) {
        struct name *entry = sys_alloc(sizeof *entry);
        entry->name = name;
        entry->owner = pid_or_port;
        atomic_init(&entry->next, atomic_load(bucket(name)));
        atomic_store_explicit(bucket(name), entry, memory_order_release);
    }
    mutex_unlock(&vm.names->lock);
    return answer;
}

// Unlinks the entry; returns its owner, or NONE. Under the lock.
static term take_out(term name) {
    _Atomic(struct name *) *link = bucket(name);
    struct name *entry;
    while ((entry = atomic_load(link)) && entry->name != name)
        link = &entry->next;
    if (!entry)
        return NONE;
    term owner = entry->owner;
    atomic_store(link, atomic_load(&entry->next));
    vm.hooks.retire(entry, sys_free);
    return owner;
}

bool proc_unregister(term name) {
    mutex_lock(&vm.names->lock);
    term owner = take_out(name);
    struct process *process = owner == NONE ? NULL : proc_lookup(owner);
    if (process)
        atomic_store(&process->registered_name, NIL);
    mutex_unlock(&vm.names->lock);
    if (is_local_port(owner) && vm.hooks.port_name)
        vm.hooks.port_name(owner, NIL);
    return owner != NONE;
}

void name_forget(struct process *process) {
    mutex_lock(&vm.names->lock);
    term name = atomic_exchange(&process->registered_name, NIL);
    if (name != NIL)
        take_out(name);
    mutex_unlock(&vm.names->lock);
}

void name_each(void (*visit)(void *argument, term name), void *argument) {
    mutex_lock(&vm.names->lock);
    for (size_t i = 0; i < BUCKETS; i++) {
        for (struct name *entry = atomic_load(&vm.names->buckets[i]); entry; entry = atomic_load(&entry->next))
            visit(argument, entry->name);
    }
    mutex_unlock(&vm.names->lock);
}

struct hash_numbers name_table_numbers(void) {
    struct hash_numbers numbers = {.size = BUCKETS};
    for (size_t i = 0; i < BUCKETS; i++) {
        size_t length = 0;
        for (const struct name *entry = atomic_load(&vm.names->buckets[i]); entry; entry = atomic_load(&entry->next))
            length++;
        numbers.objects += length;
        numbers.used += length > 0;
        hash_numbers_deepen(&numbers, length);
    }
    return numbers;
}
