// Beginning, stopping and going on.

#include "exec/exec.h"

#include "exec/exception.h"
#include "exec/instruction_table.h"
#include "exec/link.h"
#include "exec/operation.h"
#include "exec/saving.h"
#include "vm.h"

// Code of the VM's own: a site word that belongs to no function, and an instruction.
static const word process_end[] = {0, (word)instruction_process_end};
static const word process_enter[] = {0, (word)instruction_process_enter};
static const word process_apply[] = {0, (word)instruction_process_apply};

void exec_init(void) {
    atomic_store(&vm.backtrace_depth, BACKTRACE_DEPTH);
    saving_init();
    vm.hooks.export_link = exec_export_link;
    vm.hooks.export_close = exec_export_close;
    vm.hooks.function_link = exec_function_link;
    vm.hooks.code_free = exec_code_free;
    vm.hooks.uses_code = exec_uses_code;
    vm.hooks.process_start = exec_start;
}

// The export is a raw address, which the collector takes for a small integer.
void exec_start(struct process *process, struct export *target, const term *arguments, unsigned arity) {
    struct heap *heap = &process->heap;
    assert_always((size_t)(heap->stack - heap->top) > arity);
    assert_always(target->arity == arity);
    heap->stack -= 1 + arity;
    heap->stack[0] = (term)target;
    if (arity > 0)
        memcpy(heap->stack + 1, arguments, arity * sizeof(term));
    process->live = 1 + arity;
    process->instruction = process_enter + 1;
    process->link = process_end + 1;
}

enum exec_result exec_run(struct process *process, struct context *context) {
    struct heap *heap = &process->heap;
    term *x = context->x;
    memcpy(x, heap->stack, process->live * sizeof(term));
    heap->stack += process->live;
    process->live = 0;
    process->flags &= ~(uint32_t)FLAG_RECEIVING;
    const word *ip = process->instruction;
    return ((instruction *)*ip)(ip, x, heap->stack, process, heap->top, process->work.reductions, process->link);
}

PRESERVE_NONE enum exec_result swap_out(REGISTERS) {
    uint32_t live = process->live;
    if (exec_is_stub(*ip)) {
        process->live = 0;
        DISPATCH;
    }
    SAVE;
    process->link = link;
    if ((size_t)(stack - top) < live || exec_wants_collection(process))
        exec_collect(process, live, x, live);
    process->heap.stack -= live;
    memcpy(process->heap.stack, x, live * sizeof(term));
    process->instruction = ip;
    process->link = link;
    return EXEC_SLICE_ENDED;
}

struct export *exec_first_call(const struct process *process) {
    return process->instruction == process_enter + 1 ? (struct export *)process->heap.stack[0] : NULL;
}

bool exec_is_hibernating(const struct process *process) {
    return process->instruction == process_apply + 1;
}

bool exec_hibernate(struct process *process, term *x, const word *link) {
    size_t length = 0;
    term list = x[2];
    for (; is_list(list) && length <= 255; list = list_tail(list))
        length++;
    if (!is_atom(x[0]) || !is_atom(x[1]) || !is_nil(list) || length > 255) {
        raise_badarg(process);
        exception_capture_bif(process, link, link, code_export(ATOM_erlang, ATOM_hibernate, 3), x);
        return false;
    }
    struct heap *heap = &process->heap;
    heap->stack = heap->end;
    process->instruction = process_apply + 1;
    process->link = process_end + 1;
    proc_shrink(process, x, 3);
    if (heap->stack - heap->top < 3)
        proc_collect(process, 3, x, 3, false);
    heap->stack -= 3;
    memcpy(heap->stack, x, 3 * sizeof(term));
    process->live = 3;
    return true;
}
