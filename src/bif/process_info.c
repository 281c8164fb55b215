// process_info/1,2: one function for each item, all of them run in the process that is asked.

#include "bif/bif.h"
#include "bif/spawn.h"
#include "code/code.h"
#include "exec/exec.h"
#include "options.h"
#include "proc/ask.h"
#include "proc/bond.h"
#include "proc/dictionary.h"
#include "proc/extra.h"
#include "proc/memory.h"
#include "proc/saved_calls.h"
#include "proc/sequence.h"
#include "term/print.h"
#include "vm.h"

#define BACKTRACE_DEPTH 1000

// What an item's function gets.
struct subject {
    struct process *process;
    struct heap *heap; // where the answer goes
    bool asked_by_itself;
    bool stopped_in_receive; // before it woke to answer
};
typedef term item_function(const struct subject *subject);

// Values of the subject are copied where the answer does not lie in the subject's own heap.
static term give(const struct subject *subject, term value) {
    return subject->asked_by_itself || !is_pointer(value) ? value : heap_copy(subject->heap, value);
}
static term number(const struct subject *subject, size_t value) {
    return heap_unsigned(subject->heap, value);
}
static term property(struct heap *heap, term name, term value, term list) {
    return heap_cons(heap, heap_tuple_of(heap, 2, name, value), list);
}

// ---- what it is and does ------------------------------------------------------------------------------------------

static term item_registered_name(const struct subject *subject) {
    return atomic_load(&subject->process->registered_name);
}

static term item_current_function(const struct subject *subject) {
    term mfa[3];
    if (!exec_current_function(subject->process, mfa))
        return ATOM_undefined;
    return heap_tuple_of(subject->heap, 3, mfa[0], mfa[1], mfa[2]);
}

static term item_current_stacktrace(const struct subject *subject) {
    return exec_stacktrace(subject->process, subject->heap,
                           atomic_load_explicit(&vm.backtrace_depth, memory_order_relaxed));
}

static term item_current_location(const struct subject *subject) {
    term mfa[3];
    if (exec_foreign_function(subject->process, mfa))
        return heap_tuple_of(subject->heap, 4, mfa[0], mfa[1], mfa[2], NIL);
    term trace = exec_stacktrace(subject->process, subject->heap, 1);
    return is_list(trace) ? list_head(trace) : ATOM_undefined;
}

static term item_initial_call(const struct subject *subject) {
    const struct export *call = subject->process->initial_call;
    return heap_tuple_of(subject->heap, 3, call->module, call->function, SMALL(call->arity));
}

static term item_status(const struct subject *subject) {
    uint32_t state = atomic_load(&subject->process->state);
    if (subject->asked_by_itself || (state & STATE_FOREIGN))
        return ATOM_running;
    if (state & STATE_EXITING)
        return ATOM_exiting;
    if (state & STATE_SUSPENDED)
        return ATOM_suspended;
    // It is running only to answer this.
    return subject->stopped_in_receive ? ATOM_waiting : ATOM_runnable;
}

static term item_priority(const struct subject *subject) {
    return priority_atom(subject->process->priority);
}
static term item_trap_exit(const struct subject *subject) {
    return term_boolean(subject->process->flags & FLAG_TRAP_EXIT);
}
static term item_error_handler(const struct subject *subject) {
    return process_error_handler(subject->process);
}
static term item_group_leader(const struct subject *subject) {
    return give(subject, subject->process->group_leader);
}
static term item_parent(const struct subject *subject) {
    return give(subject, subject->process->parent);
}
static term item_reductions(const struct subject *subject) {
    const struct process *process = subject->process;
    return number(subject, process->reductions_total + (uint64_t)(process->slice - process->work.reductions));
}

// ---- messages and dictionary --------------------------------------------------------------------------------------

static term item_message_queue_len(const struct subject *subject) {
    return number(subject, subject->process->mailbox_length);
}

static term item_messages(const struct subject *subject) {
    term list = NIL, *last = &list;
    if (subject->process->flags & FLAG_SENSITIVE)
        return NIL;
    for (struct signal *message = subject->process->mailbox; message; message = message->next) {
        term copy = is_pointer(message->value) ? heap_copy(subject->heap, message->value) : message->value;
        *last = heap_cons(subject->heap, copy, NIL);
        last = &list_cell(*last)[1];
    }
    return list;
}

static term item_message_queue_data(const struct subject *subject) {
    return subject->process->flags & FLAG_OFF_HEAP_MESSAGES ? ATOM_off_heap : ATOM_on_heap;
}

static term item_dictionary(const struct subject *subject) {
    term list = NIL;
    if (subject->process->flags & FLAG_SENSITIVE)
        return NIL;
    for (uint32_t i = dictionary_count(subject->process); i-- > 0;) {
        const term *pair = &subject->process->dictionary->pairs[2 * i];
        list = property(subject->heap, give(subject, pair[0]), give(subject, pair[1]), list);
    }
    return list;
}

// ---- bonds --------------------------------------------------------------------------------------------------------

static term item_links(const struct subject *subject) {
    term list = NIL;
    for (struct bond *bond = bond_first(subject->process); bond; bond = bond->newer) {
        if (bond->kind == BOND_LINK && bond->value == NONE)
            list = heap_cons(subject->heap, heap_copy_all(subject->heap, bond->other), list);
    }
    return list;
}

static term monitored_type(const struct bond *bond) {
    return bond->other == ATOM_clock_service                      ? ATOM_time_offset
           : is_port(bond->other) || is_local_port(bond->watched) ? ATOM_port
                                                                  : ATOM_process;
}

static term item_monitors(const struct subject *subject) {
    term list = NIL;
    for (struct bond *bond = bond_first(subject->process); bond; bond = bond->newer) {
        if (bond->kind == BOND_MONITOR)
            list = property(subject->heap, monitored_type(bond), heap_copy_all(subject->heap, bond->other), list);
    }
    return list;
}

static term item_monitored_by(const struct subject *subject) {
    term list = NIL;
    for (struct bond *bond = bond_first(subject->process); bond; bond = bond->newer) {
        if (bond->kind == BOND_WATCHED && bond->other != ATOM_resource && bond->other != ATOM_socket)
            list = heap_cons(subject->heap, heap_copy_all(subject->heap, bond->other), list);
    }
    return list;
}

static term item_suspending(const struct subject *subject) {
    term list = NIL;
    for (struct bond *bond = bond_first(subject->process); bond; bond = bond->newer) {
        if (bond->kind == BOND_SUSPEND)
            list = heap_cons(subject->heap, heap_tuple_of(subject->heap, 3, bond->other, bond->value, SMALL(0)), list);
    }
    return list;
}

// ---- memory -------------------------------------------------------------------------------------------------------

static size_t young_words(const struct heap *heap) {
    return (size_t)(heap->end - heap->start);
}
static size_t old_words(const struct heap *heap) {
    return (size_t)(heap->old_end - heap->old_start);
}

static term item_heap_size(const struct subject *subject) {
    return number(subject, young_words(&subject->process->heap));
}
static term item_stack_size(const struct subject *subject) {
    const struct heap *heap = &subject->process->heap;
    return number(subject, (size_t)(heap->end - heap->stack));
}
static term item_total_heap_size(const struct subject *subject) {
    const struct heap *heap = &subject->process->heap;
    return number(subject, young_words(heap) + old_words(heap) + heap->fragment_words);
}

static term item_memory(const struct subject *subject) {
    return number(subject, proc_memory(subject->process));
}

static term item_min_heap_size(const struct subject *subject) {
    return number(subject, heap_minimum_told(subject->process->heap.size_minimum));
}
static term item_min_bin_vheap_size(const struct subject *subject) {
    return number(subject, binary_heap_minimum_told(subject->process->heap.binary_minimum));
}
static term item_fullsweep_after(const struct subject *subject) {
    return number(subject, subject->process->heap.fullsweep_after);
}

static term item_max_heap_size(const struct subject *subject) {
    const struct process *process = subject->process;
    struct heap_maximum maximum = {process->heap.size_maximum, !(process->flags & FLAG_HEAP_MAXIMUM_SPARES),
                                   !(process->flags & FLAG_HEAP_MAXIMUM_QUIET)};
    return heap_maximum_map(subject->heap, &maximum);
}

static term item_garbage_collection(const struct subject *subject) {
    struct heap *heap = subject->heap;
    term list = property(heap, ATOM_minor_gcs, number(subject, subject->process->heap.minor_count), NIL);
    list = property(heap, ATOM_fullsweep_after, item_fullsweep_after(subject), list);
    list = property(heap, ATOM_min_heap_size, item_min_heap_size(subject), list);
    list = property(heap, ATOM_min_bin_vheap_size, item_min_bin_vheap_size(subject), list);
    return property(heap, ATOM_max_heap_size, item_max_heap_size(subject), list);
}

static term item_garbage_collection_info(const struct subject *subject) {
    const struct heap *its = &subject->process->heap;
    const struct {
        term name;
        size_t value;
    } rows[] = {
        {ATOM_old_heap_block_size, old_words(its)},
        {ATOM_heap_block_size, young_words(its)},
        {ATOM_mbuf_size, its->fragment_words},
        {ATOM_recent_size, (size_t)(its->mature - its->start)},
        {ATOM_stack_size, (size_t)(its->end - its->stack)},
        {ATOM_old_heap_size, (size_t)(its->old_top - its->old_start)},
        {ATOM_heap_size, (size_t)(its->top - its->start)},
        {ATOM_bin_vheap_size, its->binary_bytes / sizeof(term)},
        {ATOM_bin_vheap_block_size, binary_heap_minimum_told(its->binary_minimum)},
        {ATOM_bin_old_vheap_size, its->old_binary_bytes / sizeof(term)},
        {ATOM_bin_old_vheap_block_size, binary_heap_minimum_told(its->binary_minimum)},
    };
    term list = NIL;
    for (size_t i = sizeof rows / sizeof *rows; i-- > 0;)
        list = property(subject->heap, rows[i].name, number(subject, rows[i].value), list);
    return list;
}

// {Address, Size, References} of each shared binary that the heap refers to.
static term list_binaries(const struct subject *subject, const struct off_heap *off_heap, term list) {
    for (; off_heap; off_heap = off_heap->next) {
        if (header_kind(off_heap->header) != KIND_SLICE)
            continue;
        struct shared_binary *shared = off_heap->shared;
        const struct heap *heap = &subject->process->heap;
        size_t references = atomic_load(&shared->references) - (heap->ahead == shared ? heap->ahead_count : 0);
        term row = heap_tuple_of(subject->heap, 3, heap_unsigned(subject->heap, (uintptr_t)shared),
                                 number(subject, shared->capacity), number(subject, references));
        list = heap_cons(subject->heap, row, list);
    }
    return list;
}

static term item_binary(const struct subject *subject) {
    const struct heap *heap = &subject->process->heap;
    const struct off_heap *young = heap->off_heap; // what is allocated for the answer goes before it
    term list = list_binaries(subject, heap->old_off_heap, NIL);
    for (struct fragment *fragment = heap->fragments; fragment; fragment = fragment->next)
        list = list_binaries(subject, fragment->off_heap, list);
    return list_binaries(subject, young, list);
}

// ---- the rest -----------------------------------------------------------------------------------------------------

static term item_backtrace(const struct subject *subject) {
    struct text text = {0};
    term trace = exec_stacktrace(subject->process, subject->heap, BACKTRACE_DEPTH);
    for (; is_list(trace); trace = list_tail(trace)) {
        term_print(&text, list_head(trace));
        text_append(&text, "\n", 1);
    }
    term binary = heap_binary(subject->heap, text.bytes, text.size);
    text_free(&text);
    return binary;
}

static term item_catchlevel(const struct subject *subject) {
    const struct heap *heap = &subject->process->heap;
    size_t count = 0;
    for (const term *at = heap->stack; at < heap->end; at++)
        count += is_immediate(*at, IMMEDIATE_CATCH);
    return number(subject, count);
}

static term item_token(const struct subject *subject) {
    return sequence_token(subject->process, subject->heap);
}
static term item_none(const struct subject *subject) {
    return NIL;
}
static term item_last_calls(const struct subject *subject) {
    return saved_calls_list(subject->process, subject->heap);
}
static term item_zero(const struct subject *subject) {
    return SMALL(0);
}

// In the order of process_info/1 first, then those that must be asked for.
static const struct item {
    term name;
    item_function *function;
    bool standard;
} items[] = {
    {ATOM_registered_name, item_registered_name, true},
    {ATOM_current_function, item_current_function, true},
    {ATOM_initial_call, item_initial_call, true},
    {ATOM_status, item_status, true},
    {ATOM_message_queue_len, item_message_queue_len, true},
    {ATOM_links, item_links, true},
    {ATOM_dictionary, item_dictionary, true},
    {ATOM_trap_exit, item_trap_exit, true},
    {ATOM_error_handler, item_error_handler, true},
    {ATOM_priority, item_priority, true},
    {ATOM_group_leader, item_group_leader, true},
    {ATOM_total_heap_size, item_total_heap_size, true},
    {ATOM_heap_size, item_heap_size, true},
    {ATOM_stack_size, item_stack_size, true},
    {ATOM_reductions, item_reductions, true},
    {ATOM_garbage_collection, item_garbage_collection, true},
    {ATOM_suspending, item_suspending, true},
    {ATOM_backtrace, item_backtrace, false},
    {ATOM_binary, item_binary, false},
    {ATOM_catchlevel, item_catchlevel, false},
    {ATOM_current_location, item_current_location, false},
    {ATOM_current_stacktrace, item_current_stacktrace, false},
    {ATOM_fullsweep_after, item_fullsweep_after, false},
    {ATOM_garbage_collection_info, item_garbage_collection_info, false},
    {ATOM_last_calls, item_last_calls, false},
    {ATOM_magic_ref, item_none, false},
    {ATOM_max_heap_size, item_max_heap_size, false},
    {ATOM_memory, item_memory, false},
    {ATOM_message_queue_data, item_message_queue_data, false},
    {ATOM_messages, item_messages, false},
    {ATOM_min_bin_vheap_size, item_min_bin_vheap_size, false},
    {ATOM_min_heap_size, item_min_heap_size, false},
    {ATOM_monitored_by, item_monitored_by, false},
    {ATOM_monitors, item_monitors, false},
    {ATOM_parent, item_parent, false},
    {ATOM_sequential_trace_token, item_token, false},
    {ATOM_trace, item_zero, false},
};
#define ITEM_COUNT (sizeof items / sizeof *items)

static const struct item *item_find(term name) {
    for (size_t i = 0; i < ITEM_COUNT; i++) {
        if (items[i].name == name)
            return &items[i];
    }
    return NULL;
}

// ---- asking -------------------------------------------------------------------------------------------------------

static term row(const struct subject *subject, const struct item *item) {
    return heap_tuple_of(subject->heap, 2, item->name, item->function(subject));
}

// `question`: an item's name, a list of names, or `undefined` for what process_info/1 tells.
static term answer(struct process *owner, term question, struct heap *builder) {
    struct subject subject = {owner, builder, builder == &owner->heap, (owner->flags & FLAG_RECEIVING) != 0};
    if (question != ATOM_undefined && is_atom(question))
        return row(&subject, item_find(question));
    term list = NIL, *last = &list;
    for (size_t i = 0; question == ATOM_undefined && i < ITEM_COUNT && items[i].standard; i++) {
        if (i == 0 && item_registered_name(&subject) == NIL)
            continue;
        *last = heap_cons(builder, row(&subject, &items[i]), NIL);
        last = &list_cell(*last)[1];
    }
    for (; is_list(question); question = list_tail(question)) {
        *last = heap_cons(builder, row(&subject, item_find(list_head(question))), NIL);
        last = &list_cell(*last)[1];
    }
    return list;
}

static bool valid_list(term names) {
    for (; is_list(names); names = list_tail(names)) {
        if (!item_find(list_head(names)))
            return false;
    }
    return is_nil(names);
}

static term ask(struct process *self, term pid, term question) {
    term result = proc_ask(self, pid, answer, question);
    return result == NONE ? ATOM_undefined : result;
}

BIF(erlang, process_info, 1) {
    return is_local_pid(arguments[0]) ? ask(self, arguments[0], ATOM_undefined) : raise_badarg(self);
}

BIF(erlang, process_info, 2) {
    term pid = arguments[0], names = arguments[1];
    if (!is_local_pid(pid) || !(item_find(names) || valid_list(names)))
        return raise_badarg(self);
    term result = ask(self, pid, names);
    if (names == ATOM_registered_name && is_tuple(result) && tuple_element(result, 2) == NIL)
        return NIL;
    return result;
}
