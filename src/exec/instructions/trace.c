// Traced calls: the stub at a breakpoint, and where functions return to whose end is to be told.

#include "exec/breakpoint.h"
#include "exec/instruction_table.h"
#include "vm.h"

// A slice of its own for what a match specification computes: it must not give way, for the breakpoint may go.
#define TRACE_REDUCTIONS ((int64_t)1 << 40)

INSTRUCTION(stub_trace, u) {
    struct breakpoint *breakpoint = (struct breakpoint *)NUMBER(1);
    SAVE;
    process->work.reductions += TRACE_REDUCTIONS;
    process->instruction = process->link = link;
    vm.hooks.trace_call(process, breakpoint, x);
    process->work.reductions -= TRACE_REDUCTIONS;
    RESTORE;
    link = process->link;
    ip = breakpoint_target(breakpoint);
    DISPATCH;
}

INSTRUCTION(trace_return) {
    SAVE;
    trace_returned(process, x[0]);
    POP_FRAME(TRACE_FRAME_SIZE);
    RETURN;
}
