// Making processes.

#include "code/code.h"
#include "options.h"
#include "proc/bond.h"
#include "proc/link.h"
#include "proc/log.h"
#include "proc/table.h"
#include "proc/trace.h"
#include "sys/sys.h"
#include "vm.h"

// The first block: room for the arguments, what the interpreter saves to begin with, and a little more. Most of a
// process's memory is its first block, so it is small; the first collection makes a larger one.
#define HEAP_FIRST 40
#define START_STACK 8 // words that the interpreter wants beside the arguments
#define ARGUMENTS_MAX 255

void proc_spawn_defaults(struct spawn_options *options) {
    *options = (struct spawn_options){.monitor_tag = NONE, .priority = PRIORITY_NORMAL, .group_leader = NONE};
    options->fullsweep_after = vm.options->fullsweep_after;
    options->heap_minimum = vm.options->heap_minimum;
    options->heap_maximum = vm.options->heap_maximum;
    options->binary_heap_minimum = vm.options->binary_heap_minimum;
    options->flags = (vm.options->heap_maximum_kill ? 0 : FLAG_HEAP_MAXIMUM_SPARES) |
                     (vm.options->heap_maximum_log ? 0 : FLAG_HEAP_MAXIMUM_QUIET) |
                     (vm.options->off_heap_messages ? FLAG_OFF_HEAP_MESSAGES : 0);
}

static void work_gives_way(struct work *work) {
    vm.hooks.give_way((struct process *)work, -1);
}

static struct process *process_new(const struct spawn_options *options, size_t words) {
    struct process *process = sys_alloc_zero(sizeof *process);
    process->work.give_way = work_gives_way;
    heap_init(&process->heap, words);
    process->heap.size_minimum = options->heap_minimum;
    process->heap.size_maximum = options->heap_maximum;
    process->heap.binary_minimum = options->binary_heap_minimum;
    process->heap.fullsweep_after = options->fullsweep_after;
    process->mailbox_end = &process->mailbox;
    process->mailbox_save = &process->mailbox;
    process->flags = options->flags;
    process->priority = (uint8_t)options->priority;
    process->exception_reason = process->exception_extra = NONE;
    process->exception_trace = NIL;
    process->group_leader = process->parent = NIL;
    atomic_init(&process->registered_name, NIL);
    atomic_init(&process->state, STATE_RUNNABLE | (options->system ? STATE_SYSTEM : 0));
    return process;
}

// Ties parent and child before the child can run, so that no signal is needed.
static void tie(struct process *parent, struct process *child, const struct spawn_options *options, term *reference) {
    if (options->link) {
        bond_add(parent, BOND_LINK, child->pid, NONE, NONE);
        bond_add(child, BOND_LINK, parent->pid, NONE, NONE);
    }
    if (options->monitor) {
        enum alias_mode alias = options->monitor_alias;
        *reference = alias == ALIAS_NONE ? heap_reference(&parent->heap) : alias_reference(parent);
        struct bond *monitor = bond_add(parent, BOND_MONITOR, child->pid, *reference, options->monitor_tag);
        monitor->alias = alias;
        monitor->watched = child->pid;
        bond_add(child, BOND_WATCHED, parent->pid, *reference, NONE);
    }
}

struct process *proc_spawn_prepare(struct process *parent, term module, term function, term arguments,
                                   const struct spawn_options *options, term *reference) {
    term copies[ARGUMENTS_MAX];
    unsigned arity = 0;
    term leader = options->group_leader != NONE ? options->group_leader : parent ? parent->group_leader : NIL;
    size_t words = is_pointer(leader) ? heap_size_of(leader) : 0;
    for (term rest = arguments; is_list(rest); rest = list_tail(rest), arity++) {
        assert_always(arity < ARGUMENTS_MAX);
        words += is_pointer(list_head(rest)) ? heap_size_of(list_head(rest)) : 0;
    }
    words += arity + START_STACK;
    words = words < HEAP_FIRST ? HEAP_FIRST : words;
    struct process *child = process_new(options, words < options->heap_minimum ? options->heap_minimum : words);
    if (!process_table_reserve(child)) {
        heap_free(&child->heap);
        sys_free(child);
        log_too_many_processes(parent);
        return NULL;
    }

    unsigned i = 0;
    for (term rest = arguments; is_list(rest); rest = list_tail(rest)) {
        term value = list_head(rest);
        copies[i++] = is_pointer(value) ? heap_copy(&child->heap, value) : value;
    }
    child->group_leader = is_pointer(leader) ? heap_copy(&child->heap, leader) : leader == NIL ? child->pid : leader;
    child->parent = parent ? parent->pid : ATOM_undefined;
    child->initial_call = code_export(module, function, arity);
    vm.hooks.process_start(child, child->initial_call, copies, arity);
    if (parent)
        tie(parent, child, options, reference);
    if (parent && ((parent->flags & FLAG_TRACED) ||
                   atomic_load_explicit(&vm.traces_new[TRACE_NEW_PROCESS], memory_order_relaxed)))
        trace_spawned(parent, child, module, function, arguments, options->link);
    if (parent && (parent->flags & FLAG_SEQUENCED))
        sequence_spawned(parent, child);
    return child;
}

term proc_spawn_launch(struct process *child) {
    term pid = child->pid;
    process_table_publish(child);
    vm.hooks.enqueue(child); // it may be gone by the time this returns
    return pid;
}

term proc_spawn(struct process *parent, term module, term function, term arguments, const struct spawn_options *options,
                term *reference) {
    struct process *child = proc_spawn_prepare(parent, module, function, arguments, options, reference);
    return child ? proc_spawn_launch(child) : NONE;
}
