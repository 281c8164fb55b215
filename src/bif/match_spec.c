// Match specifications by themselves: ets:match_spec_compile/1 and its kin, erlang:match_spec_test/3.

#include "bif/bif.h"
#include "ets/match.h"

BIF(ets, match_spec_compile, 1) {
    struct match_program *program = match_compile(arguments[0], MATCH_TABLE, true, NULL);
    return program ? match_reference(&self->heap, program) : raise_badarg(self);
}

BIF(ets, is_compiled_ms, 1) {
    return term_boolean(match_from_reference(arguments[0]) != NULL);
}

// The results for a list's elements, put one by one before the third argument.
BIF(ets, match_spec_run_r, 3) {
    struct match_program *program = match_from_reference(arguments[1]);
    if (!program)
        return raise_badarg(self);
    struct match_run run;
    match_begin(&run, self, program);
    term list = arguments[0], results = arguments[2];
    for (; is_list(list); list = list_tail(list)) {
        term result = match_object(&run, list_head(list));
        if (result != NONE)
            results = heap_cons(&self->heap, result, results);
        work_charge(&self->work, 1);
    }
    return is_nil(list) ? results : raise_badarg(self);
}

// ---- match_spec_test

static term reverse(struct heap *heap, term list) {
    term reversed = NIL;
    for (; is_list(list); list = list_tail(list))
        reversed = heap_cons(heap, list_head(list), reversed);
    return reversed;
}

static term flags_of(struct heap *heap, const struct match_actions *actions) {
    term flags = NIL;
    if (actions->exception_trace)
        flags = heap_cons(heap, ATOM_exception_trace, flags);
    if (actions->return_trace)
        flags = heap_cons(heap, ATOM_return_trace, flags);
    return flags;
}

// {ok, Result, Flags, []}: the result is false when nothing matched, and the message in the trace dialect.
static term test(struct process *self, const struct match_program *program, term subject) {
    struct heap *heap = &self->heap;
    struct match_actions actions = {.message = NONE};
    struct match_run run;
    match_begin(&run, self, program);
    run.actions = &actions;
    term result = match_object(&run, subject);
    if (result == NONE)
        result = ATOM_false;
    else if (actions.message != NONE)
        result = actions.message;
    return heap_tuple_of(heap, 4, ATOM_ok, result, flags_of(heap, &actions), NIL);
}

BIF(erlang, match_spec_test, 3) {
    term subject = arguments[0], dialect = arguments[2];
    bool is_trace = dialect == ATOM_trace;
    if ((!is_trace && dialect != ATOM_table) || (is_trace && !is_list(subject) && !is_nil(subject)))
        return raise_badarg(self);
    struct match_errors errors = {&self->heap, NIL};
    struct match_program *program = match_compile(arguments[1], is_trace ? MATCH_TRACE : MATCH_TABLE, false, &errors);
    if (!program)
        return error_tuple(self, reverse(&self->heap, errors.list));
    term answer = test(self, program, subject);
    match_release(program);
    return answer;
}
