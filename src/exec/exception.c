// Exceptions: capturing the stack, finding the handler, and the shapes that programs see.

#include "exec/exception.h"

#include "exec/breakpoint.h"
#include "exec/frames.h"
#include "exec/native.h"
#include "proc/raise.h"
#include "proc/saved_calls.h"
#include "term/atom.h"
#include "term/bits.h"
#include "term/map.h"
#include "vm.h"

enum { CAPTURED_CLASS = 1, CAPTURED_ERROR_INFO, CAPTURED_GIVEN, CAPTURED_ENTRIES, ENTRY_TERMS = 5 };

// The first entry when it is not simply where execution stands.
struct first_entry {
    term module, function, arguments;
    bool instead; // of the innermost function's own entry, whose location it takes
    bool again;   // it is the innermost function's own entry, which follows once more
};

// ---- capturing ----------------------------------------------------------------------------------------------------

static term class_atom(enum exception_class class) {
    return class == CLASS_EXIT ? ATOM_exit : class == CLASS_THROW ? ATOM_throw : ATOM_error;
}

static size_t count_frames(struct frames frames, size_t limit) {
    size_t count = 0;
    while (count < limit && frames_next(&frames))
        count++;
    return count;
}

static term *write_entry(term *at, const struct frames *frames) {
    struct function *function = frames->function;
    term file = NIL;
    uint32_t line = 0;
    code_line(function->code, site_line(frames->address[-1]), &file, &line);
    at[0] = function->code->name;
    at[1] = function->name;
    at[2] = SMALL(function->arity);
    at[3] = file;
    at[4] = SMALL(line);
    return at + ENTRY_TERMS;
}

static void capture(struct process *process, const word *where, const word *link, const struct first_entry *first,
                    term error_info) {
    if (process->exception_trace != NIL)
        return;
    size_t depth = atomic_load_explicit(&vm.backtrace_depth, memory_order_relaxed);
    if (depth == 0) // on OTP, too, there is always one
        depth = 1;
    bool extra = first && !first->instead;
    struct frames frames = frames_begin(process, where, link), innermost = frames;
    size_t count = count_frames(frames, depth - extra);
    term *words = heap_tuple(&process->heap, CAPTURED_ENTRIES - 1 + ENTRY_TERMS * (count + extra));
    words[CAPTURED_CLASS] = class_atom(process->exception_class);
    words[CAPTURED_ERROR_INFO] = error_info;
    words[CAPTURED_GIVEN] = NIL;
    term *at = words + CAPTURED_ENTRIES, *start = at;
    if (extra && first->again) {
        frames_next(&innermost);
        at = write_entry(at, &innermost);
    } else if (extra) {
        term entry[ENTRY_TERMS] = {first->module, first->function, first->arguments, NIL, SMALL(0)};
        memcpy(at, entry, sizeof(entry));
        at += ENTRY_TERMS;
    }
    for (size_t i = 0; i < count && frames_next(&frames); i++)
        at = write_entry(at, &frames);
    if (first && first->instead && count)
        start[2] = first->arguments;
    process->exception_trace = boxed_make(words);
}

// The module that explains the failures of a module's built-in functions; NIL for those that OTP makes with its public
// C interface, which are not explained.
static term explaining_module(term module) {
    static const struct {
        term module, explains;
    } table[] = {
        {ATOM_binary, ATOM_erl_stdlib_errors},
        {ATOM_ets, ATOM_erl_stdlib_errors},
        {ATOM_lists, ATOM_erl_stdlib_errors},
        {ATOM_maps, ATOM_erl_stdlib_errors},
        {ATOM_math, ATOM_erl_stdlib_errors},
        {ATOM_re, ATOM_erl_stdlib_errors},
        {ATOM_unicode, ATOM_erl_stdlib_errors},
        {ATOM_os, ATOM_erl_kernel_errors},
        {ATOM_prim_file, NIL},
        {ATOM_prim_buffer, NIL},
        {ATOM_prim_net, NIL},
        {ATOM_prim_socket, NIL},
        {ATOM_zlib, NIL},
        {ATOM_erl_ddll, NIL}, // these two OTP does not explain either
        {ATOM_erts_debug, NIL},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
        if (table[i].module == module)
            return table[i].explains;
    return ATOM_erl_erts_errors;
}

static term error_info_map(struct process *process, term module) {
    term explains = explaining_module(module);
    if (explains == NIL)
        return NIL;
    struct heap *heap = &process->heap;
    term map = map_put(heap, map_empty(heap), ATOM_module, explains);
    if (process->exception_extra != NONE)
        map = map_put(heap, map, ATOM_cause, process->exception_extra);
    return map;
}

// An exception_extra without a built-in function: building a bitstring failed (exec/bit_syntax.c).
static term plain_error_info(struct process *process) {
    if (process->exception_extra == NONE)
        return NIL;
    return map_put(&process->heap, error_info_map(process, ATOM_erlang), ATOM_function, ATOM_format_bs_fail);
}

bool exception_is_of_caller(const struct export *bif) {
    static const term names[] = {ATOM_error, ATOM_exit, ATOM_throw, ATOM_raise};
    if (bif->module != ATOM_erlang || !bif->bif)
        return false;
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        if (bif->function == names[i])
            return bif->function != ATOM_exit || bif->arity == 1;
    return false;
}

// erlang:error(Reason, Arguments, [{error_info, Map}])
static term option_error_info(term options) {
    for (; is_list(options); options = list_tail(options)) {
        term option = list_head(options);
        if (is_tuple_of(option, 2) && tuple_element(option, 1) == ATOM_error_info && is_map(tuple_element(option, 2)))
            return tuple_element(option, 2);
    }
    return NIL;
}

void exception_capture_bif(struct process *process, const word *where, const word *link, const struct export *bif,
                           const term *arguments) {
    if (process->exception_trace != NIL)
        return;
    if (exception_is_of_caller(bif)) {
        saved_calls_note(process, (uint64_t)bif);
        term given = bif->arity >= 2 ? arguments[1] : NONE;
        struct first_entry first = {.arguments = given, .instead = true};
        bool has_arguments = bif->arity >= 2 && (is_list(given) || is_nil(given));
        term error_info = bif->function == ATOM_error && bif->arity == 3 ? option_error_info(arguments[2]) : NIL;
        capture(process, where, link, has_arguments ? &first : NULL, error_info);
        return;
    }
    term list = heap_list_of(&process->heap, bif->arity, arguments, NIL);
    struct first_entry first = {.module = bif->module, .function = bif->function, .arguments = list};
    capture(process, where, link, &first, error_info_map(process, bif->module));
}

void native_capture(struct process *process, const struct native *native, const term *arguments) {
    const struct function *function = native->function;
    term list = heap_list_of(&process->heap, function->arity, arguments, NIL);
    struct first_entry first = {.module = function->code->name, .function = function->name, .arguments = list};
    capture(process, process->instruction, process->link, &first, NIL);
}

void exception_capture_operator(struct process *process, const word *where, const word *link, term operator_name,
                                term a, term b) {
    term operands[2] = {a, b};
    term list = heap_list_of(&process->heap, b == NONE ? 1 : 2, operands, NIL);
    struct first_entry first = {.module = ATOM_erlang, .function = operator_name, .arguments = list};
    capture(process, where, link, &first, error_info_map(process, ATOM_erlang));
}

void exception_capture_clause(struct process *process, const word *where, const word *link,
                              const struct function *function, const term *x) {
    term list = heap_list_of(&process->heap, function->arity, x, NIL);
    struct first_entry first = {.arguments = list, .instead = true};
    capture(process, where, link, &first, NIL);
}

void exception_capture_apply(struct process *process, const word *where, const word *link, const term *x,
                             size_t arity) {
    raise_badarg(process);
    term arguments[3] = {x[arity], x[arity + 1], heap_list_of(&process->heap, arity, x, NIL)};
    term list = heap_list_of(&process->heap, 3, arguments, NIL);
    struct first_entry first = {.module = ATOM_erlang, .function = ATOM_apply, .arguments = list};
    capture(process, where, link, &first, error_info_map(process, ATOM_erlang));
}

void exception_capture_undefined(struct process *process, const word *where, const word *link, term module,
                                 term function, term arguments) {
    struct first_entry first = {.module = module, .function = function, .arguments = arguments};
    capture(process, where, link, &first, NIL);
}

void exception_capture_call(struct process *process, const word *where, const word *link) {
    struct first_entry first = {.again = true};
    capture(process, where, link, &first, NIL);
}

// ---- handling -----------------------------------------------------------------------------------------------------

// Cuts the stack back to the innermost frame that has a catch; its handler, or NULL. `from` is the return address that
// was not on the stack, or where the exception was raised.
static const word *find_handler(struct process *process, const word *where, const word *from) {
    term *frame = process->heap.stack;
    struct trace_unwinding traced = {.where = where};
    trace_unwind(process, &traced, from, frame);
    for (term *at = frame; at < process->heap.end; at++) {
        if (is_immediate(*at, IMMEDIATE_CATCH)) {
            trace_unwound(process, &traced);
            process->heap.stack = frame;
            return return_address(*at);
        }
        if (is_immediate(*at, IMMEDIATE_RETURN)) {
            frame = at + 1;
            trace_unwind(process, &traced, return_address(*at), frame);
        }
    }
    return NULL;
}

static term exit_reason(struct process *process) {
    struct heap *heap = &process->heap;
    term reason = process->exception_reason;
    if (process->exception_class == CLASS_EXIT)
        return reason;
    if (process->exception_class == CLASS_THROW)
        reason = heap_tuple_of(heap, 2, ATOM_nocatch, reason);
    return heap_tuple_of(heap, 2, reason, exec_build_stacktrace(process, process->exception_trace));
}

const word *exception_unwind(struct process *process, const word *where, const word *link, term *x) {
    if (process->exception_trace == NIL)
        capture(process, where, link, NULL, plain_error_info(process));
    const word *handler = find_handler(process, where, where && site_frameless(where[-1]) ? link : where);
    process->instruction = where;
    process->link = link;
    if (!handler) {
        term reason = exit_reason(process);
        proc_exit(process, reason);
        return NULL;
    }
    x[0] = NONE;
    x[1] = class_atom(process->exception_class);
    x[2] = process->exception_reason;
    x[3] = process->exception_trace;
    process->exception_reason = process->exception_trace = NIL;
    process->exception_extra = NONE;
    process->exception_class = CLASS_NONE;
    return handler;
}

PRESERVE_NONE enum exec_result unwind(REGISTERS) {
    const word *handler = exception_unwind(process, ip, link, x);
    if (!handler)
        return EXEC_EXITED;
    ip = handler;
    RESTORE;
    DISPATCH;
}

term exception_caught(struct process *process, term class, term reason, term captured) {
    struct heap *heap = &process->heap;
    if (class == ATOM_throw)
        return reason;
    if (class == ATOM_error)
        reason = heap_tuple_of(heap, 2, reason, exec_build_stacktrace(process, captured));
    return heap_tuple_of(heap, 2, ATOM_EXIT, reason);
}

static enum exception_class atom_class(term class) {
    return class == ATOM_error   ? CLASS_ERROR
           : class == ATOM_exit  ? CLASS_EXIT
           : class == ATOM_throw ? CLASS_THROW
                                 : CLASS_NONE;
}

// A program may hand over anything in place of what was captured.
static bool is_captured(term t) {
    return is_tuple(t) && tuple_arity(t) >= CAPTURED_ENTRIES - 1 &&
           (tuple_arity(t) - (CAPTURED_ENTRIES - 1)) % ENTRY_TERMS == 0;
}

void exception_again(struct process *process, term captured, term reason) {
    enum exception_class class =
        is_captured(captured) ? atom_class(tuple_element(captured, CAPTURED_CLASS)) : CLASS_NONE;
    raise_class(process, class == CLASS_NONE ? CLASS_ERROR : class, reason);
    if (class != CLASS_NONE)
        process->exception_trace = captured;
}

bool exception_raw_raise(struct process *process, term class, term reason, term captured) {
    enum exception_class raised = atom_class(class);
    if (raised == CLASS_NONE)
        return false;
    raise_class(process, raised, reason);
    if (!is_captured(captured))
        return true;
    if (tuple_element(captured, CAPTURED_CLASS) != class) { // the class goes with it to a later `raise`
        size_t words = 1 + tuple_arity(captured);
        term *copy = heap_alloc(&process->heap, words);
        memcpy(copy, boxed(captured), words * sizeof(term));
        copy[CAPTURED_CLASS] = class;
        captured = boxed_make(copy);
    }
    process->exception_trace = captured;
    return true;
}

term exception_given(struct process *process, term class, term stacktrace) {
    return heap_tuple_of(&process->heap, CAPTURED_ENTRIES - 1, class, NIL, stacktrace);
}

// ---- the trace as programs see it ---------------------------------------------------------------------------------

// The text of an atom as a list of characters.
static term atom_characters(struct heap *heap, term atom) {
    struct atom_text text = atom_text(atom);
    term list = NIL, *last = &list;
    for (size_t at = 0; at < text.size;) {
        uint32_t character;
        at += utf8_decode(text.bytes + at, text.size - at, &character);
        *last = heap_cons(heap, SMALL(character), NIL);
        last = &list_cell(*last)[1];
    }
    return list;
}

term exec_location(struct heap *heap, term file, uint32_t line, term error_info) {
    term location = NIL;
    if (error_info != NIL)
        location = heap_cons(heap, heap_tuple_of(heap, 2, ATOM_error_info, error_info), location);
    if (file == NIL)
        return location;
    location = heap_cons(heap, heap_tuple_of(heap, 2, ATOM_line, SMALL(line)), location);
    return heap_cons(heap, heap_tuple_of(heap, 2, ATOM_file, atom_characters(heap, file)), location);
}

term exec_build_stacktrace(struct process *process, term captured) {
    if (!is_captured(captured))
        return is_list(captured) ? captured : NIL;
    struct heap *heap = &process->heap;
    const term *words = boxed(captured);
    size_t count = (header_size(words[0]) - (CAPTURED_ENTRIES - 1)) / ENTRY_TERMS;
    term list = words[CAPTURED_GIVEN];
    for (size_t i = count; i-- > 0;) {
        const term *entry = words + CAPTURED_ENTRIES + i * ENTRY_TERMS;
        term location =
            exec_location(heap, entry[3], (uint32_t)small_value(entry[4]), i == 0 ? words[CAPTURED_ERROR_INFO] : NIL);
        list = heap_cons(heap, heap_tuple_of(heap, 4, entry[0], entry[1], entry[2], location), list);
    }
    return list;
}
