// Running match specifications.

#include "ets/match_program.h"

#include "ets/object.h"
#include "term/compare.h"
#include "term/map.h"

void match_begin(struct match_run *run, struct process *self, const struct match_program *program) {
    run->self = self;
    run->program = program;
    run->actions = NULL;
    run->object = NULL;
    run->variables = run->local;
    if (program->variable_count > MATCH_LOCAL_VARIABLES)
        run->variables = proc_scratch(self, program->variable_count * sizeof(term));
}

// ---- patterns

static bool match(struct match_run *run, const struct match_node **at, term value);

static bool match_elements(struct match_run *run, const struct match_node **at, uint32_t count, term value) {
    if (!is_tuple_of(value, count))
        return false;
    const term *words = boxed(value);
    for (uint32_t i = 1; i <= count; i++)
        if (!match(run, at, words[i]))
            return false;
    return true;
}

static bool match_cells(struct match_run *run, const struct match_node **at, term value) {
    for (;;) {
        if (!is_list(value) || !match(run, at, list_head(value)))
            return false;
        value = list_tail(value);
        if ((*at)->operation != PATTERN_CELL)
            return match(run, at, value);
        ++*at;
    }
}

static bool match_pairs(struct match_run *run, const struct match_node **at, uint32_t count, term value) {
    if (!is_map(value))
        return false;
    for (; count > 0; count--) {
        term key = (*at)++->value, found = map_get(value, key);
        if (found == NONE || !match(run, at, found))
            return false;
    }
    return true;
}

static bool match(struct match_run *run, const struct match_node **at, term value) {
    const struct match_node *node = (*at)++;
    switch (node->operation) {
    case PATTERN_ANY:
        return true;
    case PATTERN_BIND:
        run->variables[node->count] = value;
        return true;
    case PATTERN_BOUND:
        return term_same(run->variables[node->count], value);
    case PATTERN_VALUE:
        return term_same(node->value, value);
    case PATTERN_TUPLE:
        return match_elements(run, at, node->count, value);
    case PATTERN_CELL:
        return match_cells(run, at, value);
    case PATTERN_MAP:
        return match_pairs(run, at, node->count, value);
    default:
        assert_always(!"a pattern's operation");
        return false;
    }
}

// ---- expressions

// One clause's evaluation. A failure ends a guard; in a body it gives the value 'EXIT', and the body goes on.
struct evaluation {
    struct match_run *run;
    const struct match_node *at;
    bool in_guard;
    bool failed; // only in guards
};

static term evaluate(struct evaluation *evaluation);

static term failure(struct evaluation *evaluation) {
    evaluation->failed = evaluation->in_guard;
    return ATOM_EXIT;
}

static struct heap *heap_of(struct evaluation *evaluation) {
    return &evaluation->run->self->heap;
}

static term copy_if(struct evaluation *evaluation, const struct match_node *node, term value) {
    if (!node->copy || !is_pointer(value))
        return value;
    return heap_copy(heap_of(evaluation), value);
}

static term copy_subject(struct evaluation *evaluation) {
    const struct match_run *run = evaluation->run;
    return run->object ? object_copy(heap_of(evaluation), run->object) : heap_copy(heap_of(evaluation), run->subject);
}

static term evaluate_cells(struct evaluation *evaluation) {
    term list = NIL, *end = &list;
    for (;;) {
        term head = evaluate(evaluation);
        if (evaluation->failed)
            return list;
        *end = heap_cons(heap_of(evaluation), head, NIL);
        end = list_cell(*end) + 1;
        if (evaluation->at->operation != CELL)
            break;
        evaluation->at++;
    }
    *end = evaluate(evaluation);
    return list;
}

static term evaluate_tuple(struct evaluation *evaluation, uint32_t count) {
    term *words = heap_tuple(heap_of(evaluation), count);
    for (uint32_t i = 1; i <= count; i++)
        words[i] = NIL; // a failing guard leaves it as it is
    for (uint32_t i = 1; i <= count && !evaluation->failed; i++)
        words[i] = evaluate(evaluation);
    return boxed_make(words);
}

static term evaluate_map(struct evaluation *evaluation, uint32_t count) {
    term map = map_empty(heap_of(evaluation));
    for (; count > 0 && !evaluation->failed; count--) {
        term key = evaluate(evaluation);
        term value = evaluation->failed ? NIL : evaluate(evaluation);
        map = map_put(heap_of(evaluation), map, key, value);
    }
    return map;
}

static bool is_boolean(term t) {
    return t == ATOM_true || t == ATOM_false;
}

// 'and' and 'or' look at all their arguments.
static term evaluate_all(struct evaluation *evaluation, const struct match_node *node) {
    bool is_and = node->operation == AND, result = is_and, valid = true;
    for (uint32_t i = 0; i < node->count && !evaluation->failed; i++) {
        term value = evaluate(evaluation);
        valid &= is_boolean(value);
        result = is_and ? result && value == ATOM_true : result || value == ATOM_true;
    }
    return valid ? term_boolean(result) : failure(evaluation);
}

// 'andalso' and 'orelse' stop at the first that decides; the last argument may be anything.
static term evaluate_until(struct evaluation *evaluation, const struct match_node *node, const struct match_node *end) {
    term decisive = node->operation == ORELSE ? ATOM_true : ATOM_false, value = decisive;
    for (uint32_t i = 0; i < node->count; i++) {
        value = evaluate(evaluation);
        if (evaluation->failed || value == decisive || i + 1 == node->count)
            break;
        if (!is_boolean(value)) {
            value = failure(evaluation);
            break;
        }
    }
    evaluation->at = end;
    return copy_if(evaluation, node, value);
}

#define CALL_ARGUMENTS_MAX 4

// Evaluates the arguments of a call; false when that failed.
static bool evaluate_arguments(struct evaluation *evaluation, uint32_t count, term *values) {
    assert_debug(count <= CALL_ARGUMENTS_MAX);
    for (uint32_t i = 0; i < count; i++) {
        values[i] = evaluate(evaluation);
        if (evaluation->failed)
            return false;
    }
    return true;
}

static term call(struct evaluation *evaluation, const struct match_node *node, term *arguments) {
    term (*bif)(struct process *, term *) = node->export->bif;
    term value = bif ? bif(evaluation->run->self, arguments) : NONE;
    return value == NONE ? failure(evaluation) : copy_if(evaluation, node, value);
}

static term element(struct evaluation *evaluation, const struct match_node *node, const term *arguments) {
    term index = arguments[0], tuple = arguments[1];
    if (!is_small(index) || !is_tuple(tuple) || small_value(index) < 1 ||
        (size_t)small_value(index) > tuple_arity(tuple))
        return failure(evaluation);
    return copy_if(evaluation, node, tuple_element(tuple, (size_t)small_value(index)));
}

static term negate(struct evaluation *evaluation, term value) {
    return is_boolean(value) ? term_boolean(value == ATOM_false) : failure(evaluation);
}

static term exclusive_or(struct evaluation *evaluation, term a, term b) {
    return is_boolean(a) && is_boolean(b) ? term_boolean(a != b) : failure(evaluation);
}

// ---- what the trace dialect asks for

// match_spec_test/3 shows what it is told to, and does nothing else.
static term display(struct evaluation *evaluation, term value) {
    const struct export *export = code_export_find(ATOM_erlang, ATOM_display, 1);
    return export && export->bif ? export->bif(evaluation->run->self, &value) : ATOM_true;
}

static term default_answer(struct evaluation *evaluation, term action, const term *arguments) {
    switch (action) {
    case ATOM_display:
        return display(evaluation, arguments[0]);
    case ATOM_caller:
    case ATOM_caller_line:
        return ATOM_undefined;
    case ATOM_get_tcw:
    case ATOM_set_tcw:
        return SMALL(0);
    case ATOM_get_seq_token:
    case ATOM_set_seq_token:
        return NIL;
    case ATOM_is_seq_trace:
        return ATOM_false;
    default:
        return ATOM_true;
    }
}

static term act(struct evaluation *evaluation, const struct match_node *node, const term *arguments) {
    struct match_actions *actions = evaluation->run->actions;
    switch (node->operation) {
    case RETURN_TRACE:
        actions->return_trace = true;
        return ATOM_true;
    case EXCEPTION_TRACE:
        actions->exception_trace = true;
        return ATOM_true;
    case MESSAGE:
        actions->message = arguments[0];
        return ATOM_true;
    default:
        return actions->perform ? actions->perform(actions, node->value, arguments, node->count)
                                : default_answer(evaluation, node->value, arguments);
    }
}

static term operate(struct evaluation *evaluation, const struct match_node *node, term *a) {
    switch (node->operation) {
    case NOT:
        return negate(evaluation, a[0]);
    case XOR:
        return exclusive_or(evaluation, a[0], a[1]);
    case COMPARE_SAME:
        return term_boolean(term_same(a[0], a[1]));
    case COMPARE_NOT_SAME:
        return term_boolean(!term_same(a[0], a[1]));
    case COMPARE_EQUAL:
        return term_boolean(term_equal(a[0], a[1]));
    case COMPARE_NOT_EQUAL:
        return term_boolean(!term_equal(a[0], a[1]));
    case COMPARE_LESS:
        return term_boolean(term_compare(a[0], a[1]) < 0);
    case COMPARE_LESS_EQUAL:
        return term_boolean(term_compare(a[0], a[1]) <= 0);
    case COMPARE_GREATER:
        return term_boolean(term_compare(a[0], a[1]) > 0);
    case COMPARE_GREATER_EQUAL:
        return term_boolean(term_compare(a[0], a[1]) >= 0);
    case IS_ATOM:
        return term_boolean(is_atom(a[0]));
    case IS_BINARY:
        return term_boolean(is_binary(a[0]));
    case IS_FLOAT:
        return term_boolean(is_float(a[0]));
    case IS_FUNCTION:
        return term_boolean(is_fun(a[0]));
    case IS_INTEGER:
        return term_boolean(is_integer(a[0]));
    case IS_LIST:
        return term_boolean(is_list(a[0]) || is_nil(a[0]));
    case IS_MAP:
        return term_boolean(is_map(a[0]));
    case IS_NUMBER:
        return term_boolean(is_number(a[0]));
    case IS_PID:
        return term_boolean(is_pid(a[0]));
    case IS_PORT:
        return term_boolean(is_port(a[0]));
    case IS_REFERENCE:
        return term_boolean(is_reference(a[0]));
    case IS_TUPLE:
        return term_boolean(is_tuple(a[0]));
    case ELEMENT:
        return element(evaluation, node, a);
    case CALL:
        return call(evaluation, node, a);
    case SELF:
        return evaluation->run->self->pid;
    default:
        return act(evaluation, node, a);
    }
}

static term evaluate(struct evaluation *evaluation) {
    const struct match_node *node = evaluation->at++;
    switch (node->operation) {
    case VALUE:
        return copy_if(evaluation, node, node->value);
    case VARIABLE:
        return copy_if(evaluation, node, evaluation->run->variables[node->count]);
    case SUBJECT:
        return node->copy ? copy_subject(evaluation) : evaluation->run->subject;
    case CELL:
        return evaluate_cells(evaluation);
    case TUPLE:
        return evaluate_tuple(evaluation, node->count);
    case MAP:
        return evaluate_map(evaluation, node->count);
    case AND:
    case OR:
        return evaluate_all(evaluation, node);
    case ANDALSO:
    case ORELSE:
        return evaluate_until(evaluation, node, evaluation->run->program->nodes + node->end);
    default: {
        term arguments[CALL_ARGUMENTS_MAX] = {0};
        if (!evaluate_arguments(evaluation, node->count, arguments))
            return ATOM_EXIT;
        return operate(evaluation, node, arguments);
    }
    }
}

// ---- clauses

// What a guard built on the way is dropped when nothing but the block's top has moved.
struct mark {
    term *top;
    struct off_heap *off_heap;
    struct fragment *fragments;
};

static struct mark heap_mark(const struct heap *heap) {
    return (struct mark){heap->top, heap->off_heap, heap->fragments};
}
static void heap_reset(struct heap *heap, struct mark mark) {
    if (heap->off_heap == mark.off_heap && heap->fragments == mark.fragments)
        heap->top = mark.top;
}

static bool guard_holds(struct match_run *run, const struct match_clause *clause) {
    if (clause->guard == clause->guard_end)
        return true;
    const struct match_node *nodes = run->program->nodes;
    struct evaluation evaluation = {.run = run, .at = nodes + clause->guard, .in_guard = true};
    struct mark mark = heap_mark(&run->self->heap);
    bool holds = true;
    while (holds && evaluation.at < nodes + clause->guard_end)
        holds = evaluate(&evaluation) == ATOM_true && !evaluation.failed;
    heap_reset(&run->self->heap, mark);
    return holds;
}

static term evaluate_body(struct match_run *run, const struct match_clause *clause) {
    const struct match_node *nodes = run->program->nodes;
    struct evaluation evaluation = {.run = run, .at = nodes + clause->body};
    term value = ATOM_true;
    while (evaluation.at < nodes + clause->body_end)
        value = evaluate(&evaluation);
    return run->program->dialect == MATCH_TABLE ? value : ATOM_true;
}

term match_object(struct match_run *run, term subject) {
    const struct match_program *program = run->program;
    run->subject = subject;
    for (uint32_t i = 0; i < program->clause_count; i++) {
        const struct match_clause *clause = &program->clauses[i];
        const struct match_node *at = program->nodes + clause->head;
        if (match(run, &at, subject) && guard_holds(run, clause))
            return evaluate_body(run, clause);
    }
    return NONE;
}
