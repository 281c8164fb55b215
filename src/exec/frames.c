// Walking a stack, and what others ask of it.

#include "exec/frames.h"

#include "exec/native.h"
#include "exec/operation.h"

#include "exec/exception.h"
#include "proc/extra.h"

struct frames frames_begin(const struct process *process, const word *where, const word *link) {
    bool frameless = where && site_frameless(where[-1]);
    return (struct frames){NULL, NULL, where, frameless ? link : NULL, process->heap.stack, process->heap.end};
}

// While it is collected in the midst of a function only the link is known: it leads to where the function's last call
// returned, or to its caller.
struct frames frames_of(const struct process *process) {
    struct frames frames = process->instruction ? frames_begin(process, process->instruction, process->link)
                                                : frames_begin(process, process->link, NULL);
    frames.at += process->live; // saved registers hold no return addresses, and skipping them is all there is to it
    return frames;
}

static const word *next_address(struct frames *frames) {
    const word *address = frames->where;
    if (address) {
        frames->where = NULL;
        return address;
    }
    address = frames->link;
    if (address) {
        frames->link = NULL;
        return address;
    }
    while (frames->at < frames->end) {
        term t = *frames->at++;
        if (is_immediate(t, IMMEDIATE_RETURN))
            return return_address(t);
    }
    return NULL;
}

bool frames_next(struct frames *frames) {
    const word *address, *previous = frames->address;
    while ((address = next_address(frames))) {
        frames->address = address;
        frames->function = site_function(address);
        if (address != previous && frames->function)
            return true;
    }
    return false;
}

// ---- for others ---------------------------------------------------------------------------------------------------

static bool of_export(const struct export *export, term mfa[3]) {
    mfa[0] = export->module;
    mfa[1] = export->function;
    mfa[2] = SMALL(export->arity);
    return true;
}

bool exec_foreign_function(const struct process *process, term mfa[3]) {
    const struct foreign_call *call = process->extra ? process->extra->foreign : NULL;
    if (!call)
        return false;
    mfa[0] = call->module;
    mfa[1] = call->function;
    mfa[2] = SMALL(call->arity);
    return true;
}

// Where no frame is found the process is in the function it began with: that is a built-in one, or it is collected
// before it has called another.
bool exec_current_function(struct process *process, term mfa[3]) {
    struct frames frames = frames_of(process);
    if (exec_foreign_function(process, mfa))
        return true;
    struct export *first = exec_first_call(process);
    if (exec_is_hibernating(process))
        first = code_export(ATOM_erlang, ATOM_hibernate, 3);
    if (first)
        return of_export(first, mfa);
    if (frames_next(&frames)) {
        mfa[0] = frames.function->code->name;
        mfa[1] = frames.function->name;
        mfa[2] = SMALL(frames.function->arity);
        return true;
    }
    return process->initial_call && of_export(process->initial_call, mfa);
}

struct code *exec_calling_code(struct process *process) {
    struct frames frames = frames_of(process);
    bool applied = process->instruction == process->link; // by stub_bif: whoever called it is not known
    return !applied && frames_next(&frames) ? frames.function->code : NULL;
}

term exec_stacktrace(struct process *process, struct heap *heap, unsigned depth) {
    term list = NIL, *last = &list;
    struct frames frames = frames_of(process);
    for (unsigned i = 0; i < depth && frames_next(&frames); i++) {
        struct function *function = frames.function;
        term file = NIL;
        uint32_t line = 0;
        code_line(function->code, site_line(frames.address[-1]), &file, &line);
        term entry = heap_tuple_of(heap, 4, function->code->name, function->name, SMALL(function->arity),
                                   exec_location(heap, file, line, NIL));
        *last = heap_cons(heap, entry, NIL);
        last = &list_cell(*last)[1];
    }
    return list;
}

// A frame that holds a catch of the code has its return address, or that of what it called, on the stack: so the
// addresses suffice. Funs stay valid without their code (struct lambda lives for ever).
bool exec_uses_code(struct process *process, const struct code *code) {
    if (process->extra && process->extra->foreign && process->extra->foreign->code == code)
        return true;
    struct frames frames = frames_of(process);
    while (frames_next(&frames))
        if (frames.function->code == code)
            return true;
    return false;
}
