// The process table.

#include "proc/table.h"
#include "proc/node_monitor.h"
#include "sys/sys.h"

#include "proc/clock.h"
#include "proc/name.h"
#include "proc/signal.h"
#include "proc/system_monitor.h"
#include "proc/system_profile.h"
#include "proc/trace.h"
#include "proc/tracer.h"
#include "sys/thread.h"
#include "vm.h"

#define PID_BITS 28 // of a pid's payload, see term.h

// `released` is a ring of the pids that slots will have next, one more than their number so that 0 means empty. The
// first `limit` takings find no entry: they are the slots in order.
struct process_table {
    size_t limit;
    unsigned slot_bits;
    _Atomic(struct process *) *slots;
    _Atomic uint32_t *released;
    _Atomic size_t taken, given; // positions in the ring, ever growing
    _Atomic size_t count;
};

void process_table_init(size_t limit) {
    struct process_table *table = sys_alloc_zero(sizeof *table);
    while (((size_t)1 << table->slot_bits) < limit)
        table->slot_bits++;
    table->limit = (size_t)1 << table->slot_bits;
    size_t bytes = table->limit * (sizeof *table->slots + sizeof *table->released);
    table->slots = sys_reserve(bytes);
    sys_commit((void *)table->slots, bytes);
    table->released = (_Atomic uint32_t *)(table->slots + table->limit);
    atomic_store(&table->given, table->limit);
    vm.processes = table;
}

size_t process_table_limit(void) {
    return vm.processes->limit;
}

bool process_table_reserve(struct process *process) {
    struct process_table *table = vm.processes;
    if (atomic_fetch_add(&table->count, 1) >= table->limit) {
        atomic_fetch_sub(&table->count, 1);
        return false;
    }
    size_t position = atomic_fetch_add(&table->taken, 1);
    uint32_t data = (uint32_t)position;
    if (position >= table->limit) {
        _Atomic uint32_t *entry = &table->released[position & (table->limit - 1)];
        while ((data = atomic_exchange(entry, 0)) == 0)
            thread_relax(); // the one who gives this place back is between its two steps
        data--;
    }
    process->pid = IMMEDIATE_WORD(IMMEDIATE_PID, data);
    return true;
}

static _Atomic(struct process *) *slot_of(term pid) {
    return &vm.processes->slots[immediate_payload(pid) & (vm.processes->limit - 1)];
}

void process_table_publish(struct process *process) {
    atomic_store_explicit(slot_of(process->pid), process, memory_order_release);
}

void process_table_remove(struct process *process) {
    struct process_table *table = vm.processes;
    uint32_t data = (uint32_t)immediate_payload(process->pid);
    atomic_store(slot_of(process->pid), NULL);
    data = (data + (1u << table->slot_bits)) & ((1u << PID_BITS) - 1);
    size_t position = atomic_fetch_add(&table->given, 1);
    atomic_store(&table->released[position & (table->limit - 1)], data + 1);
    atomic_fetch_sub(&table->count, 1);
}

struct process *process_table_next(size_t *position) {
    struct process_table *table = vm.processes;
    size_t end = atomic_load(&table->taken);
    if (end > table->limit)
        end = table->limit;
    while (*position < end) {
        struct process *process = atomic_load_explicit(&table->slots[(*position)++], memory_order_acquire);
        if (process)
            return process;
    }
    return NULL;
}

struct process *proc_lookup(term pid) {
    if (!is_local_pid(pid))
        return NULL;
    struct process *process = atomic_load_explicit(slot_of(pid), memory_order_acquire);
    return process && process->pid == pid ? process : NULL;
}

size_t proc_count(void) {
    return atomic_load(&vm.processes->count);
}

void proc_init(size_t limit) {
    process_table_init(limit);
    name_table_init();
    clock_init();
    system_monitor_init();
    system_profile_init();
    trace_init();
    tracer_init();
    node_monitor_init();
    foreign_init();
    atomic_store(&vm.system_logger, ATOM_logger);
}
