// Traced calls: the stub at a breakpoint, and where functions return to whose end is to be told. Saved calls.

#include "exec/breakpoint.h"
#include "exec/instruction_table.h"
#include "exec/operation.h"
#include "exec/saving.h"
#include "proc/saved_calls.h"
#include "vm.h"

// The call passed this stub when its slice was spent: the function behind it can be where the process stops.
#define GO_ON(callee_arity)                                                                                            \
    do {                                                                                                               \
        if (unlikely(reductions <= 0)) {                                                                               \
            process->live = (callee_arity);                                                                            \
            TAIL(swap_out);                                                                                            \
        }                                                                                                              \
        DISPATCH;                                                                                                      \
    } while (0)

INSTRUCTION(stub_trace, u) {
    struct breakpoint *breakpoint = (struct breakpoint *)NUMBER(1);
    struct export *export = breakpoint->export;
    SAVE;
    process->instruction = process->link = link;
    ip = breakpoint_target(breakpoint);
    bool debugged = vm.hooks.trace_call(process, breakpoint, x); // collects in its end: the breakpoint may be gone
    RESTORE;
    link = process->link;
    if (likely(!debugged))
        GO_ON(export->arity);
    CALL_ERROR_HANDLER(ATOM_breakpoint, export);
}

INSTRUCTION(stub_save, u) {
    struct saving *saving = (struct saving *)NUMBER(1);
    saved_calls_note(process, (uint64_t)saving->export);
    ip = atomic_load(&saving->entry);
    GO_ON(saving->export->arity);
}

INSTRUCTION(trace_return) {
    SAVE;
    trace_returned(process, x[0]);
    POP_FRAME(TRACE_FRAME_SIZE);
    RETURN;
}
