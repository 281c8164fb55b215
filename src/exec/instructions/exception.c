// Catching and raising.
//
// A handler is entered with x0 = NONE, x1 = class, x2 = reason, x3 = captured stack.

#include "exec/exception.h"
#include "exec/instruction_table.h"
#include "exec/operation.h"

// A catch or try begins: its handler's address in a y register.
INSTRUCTION(catch, y, f) {
    WRITE(1, catch_make((const word *)ip[2]));
    NEXT;
}

INSTRUCTION(try_end, y) {
    WRITE(1, NIL);
    NEXT;
}

INSTRUCTION(try_case, y) {
    WRITE(1, NIL);
    x[0] = x[1];
    x[1] = x[2];
    x[2] = x[3];
    NEXT;
}

INSTRUCTION(catch_end, y) {
    WRITE(1, NIL);
    if (x[0] == NONE) {
        SAVE;
        x[0] = exception_caught(process, x[1], x[2], x[3]);
        RESTORE;
    }
    NEXT;
}

#define RAISE_ERROR(reason)                                                                                            \
    do {                                                                                                               \
        SAVE;                                                                                                          \
        raise_error(process, reason);                                                                                  \
        RAISE;                                                                                                         \
    } while (0)
#define RAISE_PAIR(tag)                                                                                                \
    do {                                                                                                               \
        term value = READ(1);                                                                                          \
        SAVE;                                                                                                          \
        raise_error(process, heap_tuple_of(&process->heap, 2, tag, value));                                            \
        RAISE;                                                                                                         \
    } while (0)

INSTRUCTION(badmatch, s, e) {
    RAISE_PAIR(ATOM_badmatch);
}

INSTRUCTION(case_end, s, e) {
    RAISE_PAIR(ATOM_case_clause);
}

INSTRUCTION(try_case_end, s, e) {
    RAISE_PAIR(ATOM_try_clause);
}

INSTRUCTION(badrecord, s, e) {
    RAISE_PAIR(ATOM_badrecord);
}

INSTRUCTION(if_end, e) {
    RAISE_ERROR(ATOM_if_clause);
}

INSTRUCTION(function_clause, u, e) {
    SAVE;
    raise_error(process, ATOM_function_clause);
    exception_capture_clause(process, AFTER, link, (struct function *)NUMBER(1), x);
    RAISE;
}

// The opcode is one that this interpreter does not know; its name.
INSTRUCTION(unsupported, i, e) {
    RAISE_PAIR(ATOM_unsupported_instruction);
}

// captured stack, reason: goes on with an exception that no clause caught
INSTRUCTION(raise, s, s, e) {
    term captured = READ(1), reason = READ(2);
    SAVE;
    exception_again(process, captured, reason);
    RAISE;
}

// As raise; the class is in x0, the reason in x1, the captured stack in x2.
INSTRUCTION(raw_raise, e) {
    SAVE;
    if (exception_raw_raise(process, x[0], x[1], x[2]))
        RAISE;
    x[0] = ATOM_badarg;
    NEXT;
}

INSTRUCTION(build_stacktrace) {
    SAVE;
    x[0] = exec_build_stacktrace(process, x[0]);
    RESTORE;
    NEXT;
}
