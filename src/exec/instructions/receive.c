// Sending and receiving.

#include "exec/exception.h"
#include "exec/instruction_table.h"
#include "exec/operation.h"
#include "proc/mailbox.h"

// The message at the save position, or where to wait.
INSTRUCTION(loop_rec, f, d, e) {
    struct signal *message = mailbox_current(process);
    if (!message) {
        SAVE;
        process->instruction = AFTER;
        process->link = link;
        bool killed = proc_take_signals(process);
        RESTORE;
        if (unlikely(killed)) {
            proc_exit(process, process->exception_reason);
            return EXEC_EXITED;
        }
        message = mailbox_current(process);
        if (!message)
            JUMP(1);
    }
    process->flags |= FLAG_MATCHING;
    WRITE(2, message->value);
    NEXT;
}

// No clause matched: the next message. A scan of a long mailbox pays for itself.
INSTRUCTION(loop_rec_end, f, e) {
    process->flags &= ~(uint32_t)FLAG_MATCHING;
    mailbox_next(process);
    const word *loop = (const word *)ip[1];
    if (unlikely(--reductions <= 0)) {
        process->live = 0;
        ip = AFTER; // a jump to the loop
        TAIL(swap_out);
    }
    ip = loop;
    DISPATCH;
}

INSTRUCTION(remove_message) {
    process->flags &= ~(uint32_t)FLAG_MATCHING;
    SAVE;
    mailbox_remove(process);
    exec_receive_done(process);
    RESTORE;
    // What came with the message may be due for a collection, which needs to know the live registers: the next call
    // does.
    if (unlikely(exec_wants_collection(process)))
        reductions = 1;
    NEXT;
}

// Behind both kinds of wait stands a jump to the loop: that is where the process goes on.
#define WAIT                                                                                                           \
    do {                                                                                                               \
        SAVE;                                                                                                          \
        process->instruction = AFTER;                                                                                  \
        process->link = link;                                                                                          \
        process->live = 0;                                                                                             \
        if (unlikely(exec_has_piled_up(process))) {                                                                    \
            exec_collect(process, 0, x, 0);                                                                            \
            RESTORE;                                                                                                   \
            ip = AFTER; /* the loop looks again: the collection may have given way, and messages have come */          \
            DISPATCH;                                                                                                  \
        }                                                                                                              \
        process->flags |= FLAG_RECEIVING;                                                                              \
        return EXEC_WAITING;                                                                                           \
    } while (0)
#define JUMP_WORDS 2

INSTRUCTION(wait, e) {
    WAIT;
}

// The timer runs from the first time that the loop gets here until a message is taken or the time is over. Only then
// the operand is looked at: it may be in a register, which a process that waits does not keep.
INSTRUCTION(wait_timeout, s, e) {
    SAVE;
    enum exec_timer timer = exec_receive_timer(process, READ(1));
    RESTORE;
    if (timer == EXEC_TIMER_RUNS)
        WAIT;
    if (timer == EXEC_TIMER_BAD)
        RAISE;
    ip = AFTER + JUMP_WORDS;
    DISPATCH;
}

INSTRUCTION(timeout) {
    if (unlikely(process->flags & (FLAG_TRACED | FLAG_SAVES_CALLS)))
        exec_receive_timed_out(process);
    exec_receive_done(process);
    mailbox_rewind(process);
    NEXT;
}

INSTRUCTION(recv_marker_reserve, d) {
    mailbox_marker_reserve(process);
    WRITE(1, ATOM_undefined);
    NEXT;
}

INSTRUCTION(recv_marker_bind, s, s) {
    mailbox_marker_bind(process, READ(2));
    NEXT;
}

INSTRUCTION(recv_marker_clear, s) {
    mailbox_marker_clear(process, READ(1));
    NEXT;
}

INSTRUCTION(recv_marker_use, s) {
    mailbox_marker_use(process, READ(1));
    NEXT;
}
