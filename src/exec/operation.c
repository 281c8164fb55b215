// The slow parts of instructions.

#include "exec/operation.h"

#include "exec/exception.h"
#include "exec/instruction_table.h"
#include "proc/extra.h"
#include "proc/mailbox.h"
#include "proc/saved_calls.h"
#include "proc/trace.h"
#include "sys/sys.h"
#include "term/map_trie.h"

// Registers refer to the message that a receive looks at, whose memory is not the heap's yet. It becomes that, and the
// mailbox keeps a copy in its place.
static void stop_matching(struct process *process) {
    process->flags &= ~(uint32_t)FLAG_MATCHING;
    mailbox_detach(process);
}

// The hard-test build collects where nothing asks for it, too. A collection costs as much as the heap holds, so there a
// large heap has to have grown by an eighth.
#define LARGE_WORDS 256
static bool is_spared(const struct heap *heap, size_t need) {
    size_t used = (size_t)(heap->top - heap->start) + (size_t)(heap->end - heap->stack);
    return (size_t)(heap->stack - heap->top) >= need && used > LARGE_WORDS &&
           (size_t)(heap->top - heap->mature) < used / 8 && !heap_wants_collection(heap);
}

void exec_collect(struct process *process, size_t need, term *x, size_t live) {
    for (size_t i = live; HARD_TEST && i < X_REGISTERS / 4; i++) // what is dead must not be read again
        x[i] = IMMEDIATE_WORD(IMMEDIATE_MARK, 0xdead);
    if (HARD_TEST && is_spared(&process->heap, need))
        return;
    if (process->flags & FLAG_MATCHING)
        stop_matching(process);
    const word *instruction = process->instruction;
    process->instruction = NULL; // where it is now, nobody has written down; but see frames_of
    proc_collect(process, need, x, live, false);
    process->instruction = instruction;
}

void exec_after_bif(struct process *process, term *result) {
    if (process->scratch)
        proc_scratch_release(process);
    if (*result != NONE && (HARD_TEST ? !is_spared(&process->heap, 0) : heap_wants_collection(&process->heap)))
        proc_collect(process, 0, result, 1, false);
}

static bool takes_long(binary_operation *operation, term a, term b) {
    return number_is_long_work(a, b) &&
           (operation == number_multiply || operation == number_div || operation == number_rem);
}

term exec_binary(struct process *process, binary_operation *operation, term a, term b) {
    enum number_error error = NUMBER_BADARITH;
    bool slow = unlikely(is_bignum(a)) && takes_long(operation, a, b); // the library cannot give way
    if (slow)
        proc_slow_enter(process, SLOW_COMPUTES);
    term result = operation(&process->heap, a, b, &error);
    if (slow)
        proc_slow_leave(process);
    if (result == NONE)
        raise_error(process, error == NUMBER_LIMIT ? ATOM_system_limit : ATOM_badarith);
    return result;
}

// ---- maps ---------------------------------------------------------------------------------------------------------

// The map functions take pairs of terms; they get so many at a time.
#define PAIRS_AT_ONCE 32

static size_t read_pairs(struct process *process, const word *operands, size_t count, term *x, term *pairs) {
    size_t now = count < PAIRS_AT_ONCE ? count : PAIRS_AT_ONCE;
    for (size_t i = 0; i < 2 * now; i++)
        pairs[i] = operand_read(x, process->heap.stack, operands[i]);
    return now;
}

// With keys that are all easy and there; else NONE.
static term update_easy_map(struct process *process, term map, const word *operands, size_t count, term *x) {
    term *stack = process->heap.stack, first = count ? operand_read(x, stack, operands[0]) : NONE;
    if (!map_is_easy(map, first) || map_find_easy(map, first) < 0)
        return NONE;
    size_t words = 2 + map_size(map);
    term *copy = heap_alloc(&process->heap, words); // garbage when it does not work out
    memcpy(copy, boxed(map), words * sizeof(term));
    bool changed = false;
    for (size_t i = 0; i < count; i++) {
        term key = operand_read(x, stack, operands[2 * i]);
        ptrdiff_t index = map_is_easy(map, key) ? map_find_easy(map, key) : -1;
        if (index < 0)
            return NONE;
        term value = operand_read(x, stack, operands[2 * i + 1]);
        changed |= copy[2 + index] != value;
        copy[2 + index] = value;
    }
    return changed ? boxed_make(copy) : map;
}

term exec_put_map_assoc(struct process *process, term map, const word *operands, size_t count, term *x) {
    term pairs[2 * PAIRS_AT_ONCE];
    if (!is_map(map))
        return raise_error(process, heap_tuple_of(&process->heap, 2, ATOM_badmap, map));
    term updated = update_easy_map(process, map, operands, count, x);
    if (updated != NONE)
        return updated;
    for (size_t done = 0; done < count;) {
        size_t now = read_pairs(process, operands + 2 * done, count - done, x, pairs);
        map = map_put_many(&process->heap, map, pairs, now);
        done += now;
    }
    return map;
}

term exec_put_map_exact(struct process *process, term map, const word *operands, size_t count, term *x) {
    term pairs[2 * PAIRS_AT_ONCE], missing;
    if (!is_map(map))
        return raise_error(process, heap_tuple_of(&process->heap, 2, ATOM_badmap, map));
    term updated = update_easy_map(process, map, operands, count, x);
    if (updated != NONE)
        return updated;
    for (size_t done = 0; done < count;) {
        size_t now = read_pairs(process, operands + 2 * done, count - done, x, pairs);
        map = map_update_many(&process->heap, map, pairs, now, &missing);
        if (map == NONE)
            return raise_error(process, heap_tuple_of(&process->heap, 2, ATOM_badkey, missing));
        done += now;
    }
    return map;
}

// ---- calls --------------------------------------------------------------------------------------------------------

struct export *exec_fun_callee(struct process *process, term *x, size_t arity) {
    struct heap *heap = &process->heap;
    term fun = x[arity];
    if (is_kind(fun, KIND_EXPORT) && fun_export(fun)->arity == arity)
        return fun_export(fun);
    if (!is_fun(fun)) {
        raise_error(process, heap_tuple_of(heap, 2, ATOM_badfun, fun));
        return NULL;
    }
    term arguments = heap_list_of(heap, arity, x, NIL);
    if (!is_kind(fun, KIND_FUN) || header_aux(*boxed(fun)) != arity) {
        raise_error(process, heap_tuple_of(heap, 2, ATOM_badarity, heap_tuple_of(heap, 2, fun, arguments)));
        return NULL;
    }
    struct module *module = code_module(fun_lambda(fun)->module);
    bool purging = code_is_purging(fun_lambda(fun)->module);
    if (module && atomic_load(&module->current) && !purging) { // what is loaded does not have it
        raise_error(process, heap_tuple_of(heap, 2, ATOM_badfun, fun));
        return NULL;
    }
    x[0] = fun_lambda(fun)->module;
    x[1] = fun;
    x[2] = arguments;
    // While a purge is undecided the fun may come back: pending_purge_lambda only applies it again.
    if (purging)
        return code_export(ATOM_erts_code_purger, ATOM_pending_purge_lambda, 3);
    return code_export(process_error_handler(process), ATOM_undefined_lambda, 3);
}

static bool is_apply_list(term module, term function, size_t arity) {
    return module == ATOM_erlang && function == ATOM_apply && arity == 3;
}

struct export *exec_apply_callee(term module, term function, size_t arity) {
    if (!is_atom(module) || !is_atom(function) || is_apply_list(module, function, arity))
        return NULL;
    return code_export(module, function, (uint32_t)arity);
}

struct export *exec_apply_slowly(struct process *process, term *x, size_t arity, const word *where, const word *link) {
    if (is_apply_list(x[arity], x[arity + 1], arity))
        return exec_spread(process, x, where, link);
    exception_capture_apply(process, where, link, x, arity);
    return NULL;
}

struct export *exec_error_handler(struct process *process, term function, const struct export *export, term *x,
                                  const word *link) {
    term arguments = heap_list_of(&process->heap, export->arity, x, NIL);
    struct export *handler = code_export(process_error_handler(process), function, 3);
    if (!export_is_callable(handler)) {
        raise_error(process, ATOM_undef);
        exception_capture_undefined(process, link, link, export->module, export->function, arguments);
        return NULL;
    }
    x[0] = export->module;
    x[1] = export->function;
    x[2] = arguments;
    return handler;
}

// erlang:apply itself is the trace's first entry when its arguments are not what they should be.
static void raise_apply(struct process *process, term reason, const term *arguments, uint32_t count, const word *where,
                        const word *link) {
    raise_error(process, reason);
    exception_capture_bif(process, where, link, code_export(ATOM_erlang, ATOM_apply, count), arguments);
}

// Spreads the last argument over x[0..]; its length, or -1 when it is no list or longer than on OTP: it has as many
// registers, of which one stays free and the fun of apply/2 takes one.
static int spread_list(struct process *process, term *x, const term *arguments, uint32_t count, const word *where,
                       const word *link) {
    term list = arguments[count - 1];
    int length = 0, limit = X_REGISTERS - 1 - (count == 2);
    for (; is_list(list) && length < limit; list = list_tail(list))
        x[length++] = list_head(list);
    if (is_nil(list))
        return length;
    while (is_list(list))
        list = list_tail(list);
    raise_apply(process, is_nil(list) ? ATOM_system_limit : ATOM_badarg, arguments, count, where, link);
    return -1;
}

struct export *exec_spread(struct process *process, term *x, const word *where, const word *link) {
    for (;;) {
        term arguments[3] = {x[0], x[1], x[2]};
        if (!is_atom(x[0]) || !is_atom(x[1])) {
            raise_apply(process, ATOM_badarg, arguments, 3, where, link);
            return NULL;
        }
        int count = spread_list(process, x, arguments, 3, where, link);
        if (count < 0)
            return NULL;
        if (!is_apply_list(arguments[0], arguments[1], (size_t)count)) // as on OTP, such a call is none of its own
            return code_export(arguments[0], arguments[1], (uint32_t)count);
    }
}

int exec_spread_fun(struct process *process, term *x, const word *where, const word *link) {
    term arguments[2] = {x[0], x[1]};
    int count = spread_list(process, x, arguments, 2, where, link);
    if (count >= 0)
        x[count] = arguments[0];
    return count;
}

// ---- receive ------------------------------------------------------------------------------------------------------

enum exec_timer exec_receive_timer(struct process *process, term time) {
    if (process->flags & FLAG_RECEIVE_TIMER)
        return proc_timed_out(process) ? EXEC_TIMER_OVER : EXEC_TIMER_RUNS;
    if (time == SMALL(0))
        return EXEC_TIMER_OVER;
    if (time == ATOM_infinity) { // a timer that never fires
        process->flags |= FLAG_RECEIVE_TIMER;
        return EXEC_TIMER_RUNS;
    }
    if (!is_small(time) || small_value(time) < 0 || small_value(time) > UINT32_MAX) {
        raise_error(process, ATOM_timeout_value);
        return EXEC_TIMER_BAD;
    }
    process->flags |= FLAG_RECEIVE_TIMER;
    proc_timer_start(process, sys_monotonic_time() + small_value(time) * 1000000);
    return EXEC_TIMER_RUNS;
}

void exec_receive_done(struct process *process) {
    if (process->flags & FLAG_RECEIVE_TIMER) {
        process->flags &= ~(uint32_t)FLAG_RECEIVE_TIMER;
        proc_timer_stop(process);
    }
}

void exec_receive_timed_out(struct process *process) {
    saved_calls_note(process, ATOM_timeout);
    trace_received(process, ATOM_clock_service, ATOM_timeout);
}
