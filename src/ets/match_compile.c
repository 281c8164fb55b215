// Match specifications to programs.

#include "ets/match_program.h"

#include <stdio.h>
#include <stdlib.h>

#include "sys/sys.h"
#include "term/atom.h"
#include "term/map.h"
#include "term/print.h"

// Deeper patterns and expressions are refused: compiling and running recurse.
enum { DEPTH_MAX = 400 };

struct compiler {
    struct match_program *program;
    struct match_errors *errors;
    bool failed;
    bool in_guard;
    uint32_t node_room;
    // variables of the clause: numbers[i] is the N of '$N'
    uint32_t *numbers;
    uint32_t variable_count, variable_room;
};

// ---- errors

static void fail(struct compiler *compiler, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void fail(struct compiler *compiler, const char *format, ...) {
    compiler->failed = true;
    struct match_errors *errors = compiler->errors;
    if (!errors)
        return;
    char message[1024];
    va_list list;
    va_start(list, format);
    int size = vsnprintf(message, sizeof message, format, list);
    va_end(list);
    size_t shown = (size_t)size < sizeof message ? (size_t)size : sizeof message - 1;
    term error = heap_tuple_of(errors->heap, 2, ATOM_error, heap_string(errors->heap, message, shown));
    errors->list = heap_cons(errors->heap, error, errors->list);
}

// As fail; the first %s in the format is `t` as text.
static void fail_with(struct compiler *compiler, const char *format, term t) {
    struct text text = {};
    term_print_limited(&text, t, 800);
    text_append(&text, "", 1);
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wformat-nonliteral"
    fail(compiler, format, text.bytes);
#pragma clang diagnostic pop
    text_free(&text);
}

static void fail_form(struct compiler *compiler, const char *format, term name, term call) {
    struct text text = {};
    term_print_limited(&text, call, 800);
    text_append(&text, "", 1);
    struct atom_text name_text = atom_text(name);
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wformat-nonliteral"
    fail(compiler, format, (int)name_text.size, (const char *)name_text.bytes, text.bytes);
#pragma clang diagnostic pop
    text_free(&text);
}

// ---- nodes

static uint32_t emit(struct compiler *compiler, struct match_node node) {
    struct match_program *program = compiler->program;
    if (program->node_count == compiler->node_room) {
        compiler->node_room = compiler->node_room ? compiler->node_room * 2 : 16;
        program->nodes = sys_realloc(program->nodes, compiler->node_room * sizeof *program->nodes);
    }
    node.end = program->node_count + 1;
    program->nodes[program->node_count] = node;
    return program->node_count++;
}

static void close_node(struct compiler *compiler, uint32_t node) {
    compiler->program->nodes[node].end = compiler->program->node_count;
}

// ---- variables

// N of '$N', or -1: digits without leading zeros.
static int64_t variable_number(term atom) {
    struct atom_text text = atom_text(atom);
    if (text.size < 2 || text.size > 10 || text.bytes[0] != '$' || (text.bytes[1] == '0' && text.size > 2))
        return -1;
    int64_t number = 0;
    for (unsigned i = 1; i < text.size; i++) {
        if (text.bytes[i] < '0' || text.bytes[i] > '9')
            return -1;
        number = number * 10 + (text.bytes[i] - '0');
    }
    return number;
}

static int64_t variable_find(const struct compiler *compiler, uint32_t number) {
    for (uint32_t i = 0; i < compiler->variable_count; i++)
        if (compiler->numbers[i] == number)
            return i;
    return -1;
}

static uint32_t variable_add(struct compiler *compiler, uint32_t number) {
    if (compiler->variable_count == compiler->variable_room) {
        compiler->variable_room = compiler->variable_room ? compiler->variable_room * 2 : 16;
        compiler->numbers = sys_realloc(compiler->numbers, compiler->variable_room * sizeof *compiler->numbers);
    }
    compiler->numbers[compiler->variable_count] = number;
    return compiler->variable_count++;
}

// ---- patterns

static void compile_pattern(struct compiler *compiler, term pattern, unsigned depth);

static void compile_pattern_atom(struct compiler *compiler, term atom) {
    int64_t number = variable_number(atom);
    if (atom == ATOM_match_anything) {
        emit(compiler, (struct match_node){.operation = PATTERN_ANY});
    } else if (number >= 0) {
        int64_t bound = variable_find(compiler, (uint32_t)number);
        enum match_operation operation = bound >= 0 ? PATTERN_BOUND : PATTERN_BIND;
        uint32_t index = bound >= 0 ? (uint32_t)bound : variable_add(compiler, (uint32_t)number);
        emit(compiler, (struct match_node){.operation = operation, .count = index});
    } else {
        emit(compiler, (struct match_node){.operation = PATTERN_VALUE, .value = atom});
    }
}

// A key of a map pattern must be a value: its nodes are replaced by one.
static void compile_pattern_key(struct compiler *compiler, term key, unsigned depth) {
    struct match_program *program = compiler->program;
    uint32_t start = program->node_count, variables = compiler->variable_count;
    compile_pattern(compiler, key, depth);
    for (uint32_t i = start; i < program->node_count && !compiler->failed; i++) {
        if (program->nodes[i].operation == PATTERN_ANY)
            fail(compiler, "Underscore found in map key.");
        else if (program->nodes[i].operation == PATTERN_BIND || program->nodes[i].operation == PATTERN_BOUND)
            fail(compiler, "Variable found in map key.");
    }
    compiler->variable_count = variables;
    program->node_count = start;
    emit(compiler, (struct match_node){.operation = PATTERN_VALUE, .value = key});
}

static void compile_pattern_map(struct compiler *compiler, term map, unsigned depth) {
    emit(compiler, (struct match_node){.operation = PATTERN_MAP, .count = (uint32_t)map_size(map)});
    for (struct map_iterator it = map_iterate(map); map_next(&it) && !compiler->failed;) {
        compile_pattern_key(compiler, it.key, depth + 1);
        compile_pattern(compiler, it.value, depth + 1);
    }
}

static void compile_pattern_tuple(struct compiler *compiler, term tuple, unsigned depth) {
    emit(compiler, (struct match_node){.operation = PATTERN_TUPLE, .count = (uint32_t)tuple_arity(tuple)});
    for (size_t i = 1; i <= tuple_arity(tuple) && !compiler->failed; i++)
        compile_pattern(compiler, tuple_element(tuple, i), depth + 1);
}

// Each cell is the last child of the one before, but compiled in a loop: lists may be long.
static void compile_pattern_list(struct compiler *compiler, term list, unsigned depth) {
    for (; is_list(list) && !compiler->failed; list = list_tail(list)) {
        emit(compiler, (struct match_node){.operation = PATTERN_CELL});
        compile_pattern(compiler, list_head(list), depth + 1);
    }
    compile_pattern(compiler, list, depth + 1);
}

// A part without variables becomes one value.
static void join_values(struct compiler *compiler, uint32_t start, term pattern) {
    struct match_program *program = compiler->program;
    for (uint32_t i = start; i < program->node_count; i++) {
        enum match_operation operation = program->nodes[i].operation;
        if (operation != PATTERN_VALUE && operation != PATTERN_TUPLE && operation != PATTERN_CELL)
            return;
    }
    program->node_count = start;
    emit(compiler, (struct match_node){.operation = PATTERN_VALUE, .value = pattern});
}

static void compile_pattern(struct compiler *compiler, term pattern, unsigned depth) {
    uint32_t start = compiler->program->node_count;
    if (depth > DEPTH_MAX) {
        fail(compiler, "Match head is too deep.");
    } else if (is_atom(pattern)) {
        compile_pattern_atom(compiler, pattern);
        return;
    } else if (is_list(pattern)) {
        compile_pattern_list(compiler, pattern, depth);
    } else if (is_tuple(pattern)) {
        compile_pattern_tuple(compiler, pattern, depth);
    } else if (is_map(pattern)) {
        compile_pattern_map(compiler, pattern, depth);
    } else {
        emit(compiler, (struct match_node){.operation = PATTERN_VALUE, .value = pattern});
        return;
    }
    close_node(compiler, start);
    join_values(compiler, start, pattern);
}

static bool is_proper_list(term list) {
    while (is_list(list))
        list = list_tail(list);
    return is_nil(list);
}

// A call's arguments are matched by a list of patterns, by '_' or by one variable.
static void compile_head(struct compiler *compiler, term head) {
    if (compiler->program->dialect != MATCH_TABLE) {
        bool is_whole = is_atom(head) && (head == ATOM_match_anything || variable_number(head) >= 0);
        if (is_list(head) && !is_proper_list(head))
            fail_with(compiler, "Match expression part %s is not a proper list.", head);
        else if (is_atom(head) && !is_whole)
            fail(compiler, "Match head is invalid in this context.");
    }
    if (!compiler->failed)
        compile_pattern(compiler, head, 0);
}

// ---- expressions

static void compile_expression(struct compiler *compiler, term expression, bool copy, unsigned depth);

enum form_rule : uint8_t { ANYWHERE, TRACE_BODY, TRACE_ANYWHERE, NOT_IN_TABLES, NOT_IN_GUARDS };

// What may be called. NONARY: any number of arguments but zero; operations CALL and ACTION go by the name.
struct form {
    term name;
    int8_t minimum, maximum;
    enum match_operation operation;
    enum form_rule rule;
};

enum { NONARY = 127 };

static const struct form forms[] = {
    {ATOM_and, 1, NONARY, AND, ANYWHERE},
    {ATOM_or, 1, NONARY, OR, ANYWHERE},
    {ATOM_andalso, 1, NONARY, ANDALSO, ANYWHERE},
    {ATOM_orelse, 1, NONARY, ORELSE, ANYWHERE},
    {ATOM_not, 1, 1, NOT, ANYWHERE},
    {ATOM_xor, 2, 2, XOR, ANYWHERE},
    {ATOM_op_same, 2, 2, COMPARE_SAME, ANYWHERE},
    {ATOM_op_not_same, 2, 2, COMPARE_NOT_SAME, ANYWHERE},
    {ATOM_op_equal, 2, 2, COMPARE_EQUAL, ANYWHERE},
    {ATOM_op_not_equal, 2, 2, COMPARE_NOT_EQUAL, ANYWHERE},
    {ATOM_op_less, 2, 2, COMPARE_LESS, ANYWHERE},
    {ATOM_op_less_equal, 2, 2, COMPARE_LESS_EQUAL, ANYWHERE},
    {ATOM_op_greater, 2, 2, COMPARE_GREATER, ANYWHERE},
    {ATOM_op_greater_equal, 2, 2, COMPARE_GREATER_EQUAL, ANYWHERE},
    {ATOM_is_atom, 1, 1, IS_ATOM, ANYWHERE},
    {ATOM_is_binary, 1, 1, IS_BINARY, ANYWHERE},
    {ATOM_is_float, 1, 1, IS_FLOAT, ANYWHERE},
    {ATOM_is_function, 1, 1, IS_FUNCTION, ANYWHERE},
    {ATOM_is_integer, 1, 1, IS_INTEGER, ANYWHERE},
    {ATOM_is_list, 1, 1, IS_LIST, ANYWHERE},
    {ATOM_is_map, 1, 1, IS_MAP, ANYWHERE},
    {ATOM_is_number, 1, 1, IS_NUMBER, ANYWHERE},
    {ATOM_is_pid, 1, 1, IS_PID, ANYWHERE},
    {ATOM_is_port, 1, 1, IS_PORT, ANYWHERE},
    {ATOM_is_reference, 1, 1, IS_REFERENCE, ANYWHERE},
    {ATOM_is_tuple, 1, 1, IS_TUPLE, ANYWHERE},
    {ATOM_element, 2, 2, ELEMENT, ANYWHERE},
    {ATOM_self, 0, 0, SELF, ANYWHERE},
    {ATOM_node, 0, 1, CALL, ANYWHERE},
    {ATOM_op_plus, 1, 2, CALL, ANYWHERE},
    {ATOM_op_minus, 1, 2, CALL, ANYWHERE},
    {ATOM_op_multiply, 2, 2, CALL, ANYWHERE},
    {ATOM_op_divide, 2, 2, CALL, ANYWHERE},
    {ATOM_div, 2, 2, CALL, ANYWHERE},
    {ATOM_rem, 2, 2, CALL, ANYWHERE},
    {ATOM_band, 2, 2, CALL, ANYWHERE},
    {ATOM_bor, 2, 2, CALL, ANYWHERE},
    {ATOM_bxor, 2, 2, CALL, ANYWHERE},
    {ATOM_bnot, 1, 1, CALL, ANYWHERE},
    {ATOM_bsl, 2, 2, CALL, ANYWHERE},
    {ATOM_bsr, 2, 2, CALL, ANYWHERE},
    {ATOM_abs, 1, 1, CALL, ANYWHERE},
    {ATOM_binary_part, 2, 3, CALL, ANYWHERE},
    {ATOM_bit_size, 1, 1, CALL, ANYWHERE},
    {ATOM_byte_size, 1, 1, CALL, ANYWHERE},
    {ATOM_float, 1, 1, CALL, ANYWHERE},
    {ATOM_hd, 1, 1, CALL, ANYWHERE},
    {ATOM_is_map_key, 2, 2, CALL, ANYWHERE},
    {ATOM_is_record, 3, 3, CALL, ANYWHERE},
    {ATOM_length, 1, 1, CALL, ANYWHERE},
    {ATOM_map_get, 2, 2, CALL, ANYWHERE},
    {ATOM_map_size, 1, 1, CALL, ANYWHERE},
    {ATOM_round, 1, 1, CALL, ANYWHERE},
    {ATOM_size, 1, 1, CALL, ANYWHERE},
    {ATOM_tl, 1, 1, CALL, ANYWHERE},
    {ATOM_trunc, 1, 1, CALL, ANYWHERE},
    {ATOM_message, 1, 1, MESSAGE, TRACE_BODY},
    {ATOM_return_trace, 0, 0, RETURN_TRACE, TRACE_BODY},
    {ATOM_exception_trace, 0, 0, EXCEPTION_TRACE, TRACE_BODY},
    {ATOM_process_dump, 0, 0, ACTION, TRACE_BODY},
    {ATOM_display, 1, 1, ACTION, TRACE_BODY},
    {ATOM_caller, 0, 0, ACTION, TRACE_BODY},
    {ATOM_caller_line, 0, 0, ACTION, TRACE_BODY},
    {ATOM_silent, 1, 1, ACTION, TRACE_BODY},
    {ATOM_trace, 2, 3, ACTION, TRACE_BODY},
    {ATOM_enable_trace, 1, 2, ACTION, TRACE_BODY},
    {ATOM_disable_trace, 1, 2, ACTION, TRACE_BODY},
    {ATOM_set_seq_token, 2, 2, ACTION, TRACE_BODY},
    {ATOM_get_seq_token, 0, 0, ACTION, TRACE_BODY},
    {ATOM_is_seq_trace, 0, 0, ACTION, TRACE_ANYWHERE},
    {ATOM_get_tcw, 0, 0, ACTION, NOT_IN_TABLES},
    {ATOM_set_tcw, 1, 1, ACTION, NOT_IN_GUARDS},
};

static const struct form *find_form(term name) {
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (forms[i].name == name)
            return &forms[i];
    return NULL;
}

// Functions are found by name and number of arguments; the others are special forms, whose misuse OTP explains.
static bool is_function_form(const struct form *form) {
    return form->operation != AND && form->operation != OR && form->operation != ANDALSO && form->operation != ORELSE &&
           form->operation != SELF && form->rule != TRACE_BODY && form->rule != TRACE_ANYWHERE;
}

static void fail_unknown(struct compiler *compiler, term name, size_t arity, const char *why) {
    struct text text = {};
    term_print(&text, name);
    fail(compiler, "Function %.*s/%zu %s.", (int)text.size, text.bytes, arity, why);
    text_free(&text);
}

// Whether an action of the trace dialect may be asked for.
static bool has_place(term name, enum match_dialect dialect) {
    switch (name) {
    case ATOM_message:
    case ATOM_return_trace: // of a message: it says nothing
    case ATOM_exception_trace:
    case ATOM_display:
        return dialect != MATCH_TABLE;
    case ATOM_caller:
    case ATOM_caller_line:
        return dialect == MATCH_TRACE;
    default:
        return dialect == MATCH_TRACE || dialect == MATCH_SEND;
    }
}

static bool check_special_form(struct compiler *compiler, const struct form *form, term call, size_t arity) {
    // OTP calls this one by its old name.
    term name = form->name == ATOM_set_seq_token ? ATOM_set_seq_trace : form->name;
    bool is_trace = form->rule == TRACE_BODY || form->rule == TRACE_ANYWHERE;
    if (is_trace && !has_place(form->name, compiler->program->dialect))
        fail_form(compiler, "Special form '%.*s' used in wrong dialect.", name, call);
    else if (form->rule == TRACE_BODY && compiler->in_guard)
        fail_form(compiler, "Special form '%.*s' called in guard context.", name, call);
    else if ((int)arity < form->minimum && form->maximum == NONARY)
        fail_form(compiler, "Special form '%.*s' called without arguments in %s.", name, call);
    else if (arity > 0 && form->maximum == 0)
        fail_form(compiler, "Special form '%.*s' called with arguments in %s.", name, call);
    else if ((int)arity < form->minimum || (form->maximum != NONARY && (int)arity > form->maximum))
        fail_form(compiler, "Special form '%.*s' called with wrong number of arguments in %s.", name, call);
    else
        return true;
    return false;
}

static bool check_function(struct compiler *compiler, const struct form *form, term name, size_t arity) {
    if (!form || (int)arity < form->minimum || (int)arity > form->maximum)
        fail_unknown(compiler, name, arity, "does_not_exist");
    else if ((form->rule != ANYWHERE && compiler->program->dialect == MATCH_TABLE) ||
             (form->rule == NOT_IN_GUARDS && compiler->in_guard))
        fail_unknown(compiler, name, arity, "cannot be called in this context");
    else
        return true;
    return false;
}

// Whether what a form returns may be a part of one of its arguments.
static bool returns_argument(enum match_operation operation) {
    return operation == ELEMENT || operation == CALL || operation == ANDALSO || operation == ORELSE;
}

static void compile_call(struct compiler *compiler, term call, bool copy, unsigned depth) {
    term name = tuple_element(call, 1);
    size_t arity = tuple_arity(call) - 1;
    const struct form *form = find_form(name);
    bool valid = form && !is_function_form(form) ? check_special_form(compiler, form, call, arity)
                                                 : check_function(compiler, form, name, arity);
    if (!valid)
        return;
    struct match_node node = {.operation = form->operation, .count = (uint32_t)arity, .value = name};
    node.copy = copy && returns_argument(form->operation);
    if (form->operation == CALL)
        node.export = code_export(ATOM_erlang, name, (uint32_t)arity);
    uint32_t start = emit(compiler, node);
    for (size_t i = 2; i <= 1 + arity; i++)
        compile_expression(compiler, tuple_element(call, i), form->operation == MESSAGE, depth + 1);
    close_node(compiler, start);
}

// {{...}} is a tuple, {const, Value} a value, {Name, ...} a call.
static void compile_tuple(struct compiler *compiler, term tuple, bool copy, unsigned depth) {
    size_t arity = tuple_arity(tuple);
    term first = arity > 0 ? tuple_element(tuple, 1) : NONE;
    if (arity == 1 && is_tuple(first)) {
        uint32_t start = emit(compiler, (struct match_node){.operation = TUPLE, .count = (uint32_t)tuple_arity(first)});
        for (size_t i = 1; i <= tuple_arity(first); i++)
            compile_expression(compiler, tuple_element(first, i), true, depth + 1);
        close_node(compiler, start);
    } else if (arity > 0 && first == ATOM_const) {
        if (arity == 2)
            emit(compiler, (struct match_node){.operation = VALUE, .copy = copy, .value = tuple_element(tuple, 2)});
        else
            fail_with(compiler, "Special form 'const' called with more than one argument in %s.", tuple);
    } else if (arity > 0 && is_atom(first) && variable_number(first) < 0) {
        compile_call(compiler, tuple, copy, depth);
    } else {
        fail_with(compiler, "%s is neither a function call, nor a tuple (tuples are written {{ ... }}).", tuple);
    }
}

static int compare_numbers(const void *a, const void *b) {
    uint32_t first = *(const uint32_t *)a, second = *(const uint32_t *)b;
    return (first > second) - (first < second);
}

// The list of all bound variables' values, in the order of their numbers.
static void compile_all_variables(struct compiler *compiler) {
    uint32_t count = compiler->variable_count;
    uint32_t *sorted = sys_alloc(count * sizeof *sorted + 1);
    if (count > 0)
        memcpy(sorted, compiler->numbers, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, compare_numbers);
    uint32_t first = compiler->program->node_count;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t index = (uint32_t)variable_find(compiler, sorted[i]);
        emit(compiler, (struct match_node){.operation = CELL});
        emit(compiler, (struct match_node){.operation = VARIABLE, .copy = true, .count = index});
    }
    emit(compiler, (struct match_node){.operation = VALUE, .value = NIL});
    for (uint32_t i = 0; i < count; i++)
        close_node(compiler, first + 2 * i);
    sys_free(sorted);
}

static void compile_atom(struct compiler *compiler, term atom, bool copy) {
    int64_t number = variable_number(atom);
    if (atom == ATOM_match_object) {
        emit(compiler, (struct match_node){.operation = SUBJECT, .copy = copy});
    } else if (atom == ATOM_match_all_variables) {
        compile_all_variables(compiler);
    } else if (number >= 0) {
        int64_t index = variable_find(compiler, (uint32_t)number);
        if (index < 0)
            fail_with(compiler, "Variable $%s is unbound.", SMALL(number));
        else
            emit(compiler, (struct match_node){.operation = VARIABLE, .copy = copy, .count = (uint32_t)index});
    } else {
        emit(compiler, (struct match_node){.operation = VALUE, .value = atom});
    }
}

static void compile_list(struct compiler *compiler, term list, unsigned depth) {
    uint32_t first = compiler->program->node_count;
    for (; is_list(list); list = list_tail(list)) {
        emit(compiler, (struct match_node){.operation = CELL});
        compile_expression(compiler, list_head(list), true, depth + 1);
    }
    compile_expression(compiler, list, true, depth + 1);
    // Only the first cell's end is used by others.
    close_node(compiler, first);
}

static void compile_map(struct compiler *compiler, term map, unsigned depth) {
    uint32_t start = emit(compiler, (struct match_node){.operation = MAP, .count = (uint32_t)map_size(map)});
    for (struct map_iterator it = map_iterate(map); map_next(&it);) {
        compile_expression(compiler, it.key, true, depth + 1);
        compile_expression(compiler, it.value, true, depth + 1);
    }
    close_node(compiler, start);
}

static void compile_expression(struct compiler *compiler, term expression, bool copy, unsigned depth) {
    if (depth > DEPTH_MAX)
        fail(compiler, "Match expression is too deep.");
    else if (is_atom(expression))
        compile_atom(compiler, expression, copy);
    else if (is_tuple(expression))
        compile_tuple(compiler, expression, copy, depth);
    else if (is_list(expression))
        compile_list(compiler, expression, depth);
    else if (is_map(expression))
        compile_map(compiler, expression, depth);
    else
        emit(compiler, (struct match_node){.operation = VALUE, .copy = copy, .value = expression});
}

// ---- clauses

static void compile_sequence(struct compiler *compiler, term list, bool is_guard) {
    compiler->in_guard = is_guard;
    if (!is_list(list) && !is_nil(list)) {
        fail(compiler, "Match expression is not a list.");
        return;
    }
    if (!is_proper_list(list)) {
        fail(compiler, "Match expression is not a proper list.");
        return;
    }
    for (; is_list(list); list = list_tail(list))
        compile_expression(compiler, list_head(list), !is_guard, 0);
}

static void compile_clause(struct compiler *compiler, struct match_clause *clause, term specification) {
    struct match_program *program = compiler->program;
    term body = tuple_element(specification, 3);
    compiler->variable_count = 0;
    clause->head = program->node_count;
    compile_head(compiler, tuple_element(specification, 1));
    if (compiler->failed)
        return;
    clause->guard = program->node_count;
    compile_sequence(compiler, tuple_element(specification, 2), true);
    clause->guard_end = clause->body = program->node_count;
    if (program->dialect == MATCH_TABLE && !is_list(body))
        fail(compiler, "Body clause does not return anything.");
    else
        compile_sequence(compiler, body, false);
    clause->body_end = program->node_count;
    if (compiler->variable_count > program->variable_count)
        program->variable_count = compiler->variable_count;
}

static size_t count_clauses(struct compiler *compiler, term specification) {
    size_t count = 0;
    term list = specification;
    for (; is_list(list); list = list_tail(list), count++) {
        if (!is_tuple_of(list_head(list), 3)) {
            fail(compiler, "Match program part is not a tuple of arity 3.");
            return 0;
        }
    }
    if (count == 0 || !is_nil(list))
        fail(compiler, "Match programs are not in a list.");
    return count;
}

static void program_destroy(struct shared_binary *shared) {
    struct match_program *program = (struct match_program *)shared->bytes;
    sys_free(program->clauses);
    sys_free(program->nodes);
    heap_free(&program->constants);
}

static struct shared_binary *shared_of(struct match_program *program) {
    return (struct shared_binary *)((uint8_t *)program - offsetof(struct shared_binary, bytes));
}

struct match_program *match_compile(term specification, enum match_dialect dialect, bool keep,
                                    struct match_errors *errors) {
    struct shared_binary *shared = shared_binary_new(sizeof(struct match_program));
    struct match_program *program = (struct match_program *)shared->bytes;
    *program = (struct match_program){.dialect = dialect};
    shared->destroy = program_destroy;
    struct compiler compiler = {.program = program, .errors = errors};
    size_t count = count_clauses(&compiler, specification);
    program->specification = keep ? heap_copy_all(&program->constants, specification) : specification;
    program->clauses = sys_alloc_zero(count * sizeof *program->clauses + 1);
    term list = program->specification;
    for (size_t i = 0; i < count && !compiler.failed; i++, list = list_tail(list))
        compile_clause(&compiler, &program->clauses[program->clause_count++], list_head(list));
    sys_free(compiler.numbers);
    if (!compiler.failed)
        return program;
    match_release(program);
    return NULL;
}

term match_specification(const struct match_program *program) {
    return program->specification;
}

void match_retain(struct match_program *program) {
    shared_binary_retain(shared_of(program));
}

void match_release(struct match_program *program) {
    shared_binary_release(shared_of(program));
}

term match_reference(struct heap *heap, struct match_program *program) {
    return heap_magic_reference(heap, shared_of(program));
}

struct match_program *match_from_reference(term reference) {
    if (!is_kind(reference, KIND_MAGIC_REFERENCE))
        return NULL;
    struct shared_binary *shared = (struct shared_binary *)boxed(reference)[2];
    return shared->destroy == program_destroy ? (struct match_program *)shared->bytes : NULL;
}
