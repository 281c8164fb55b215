// What a match specification says of the keys of the objects that it matches: so that a table need not look at all.

#include "ets/match_program.h"

#include "term/atom.h"
#include "term/compare.h"

// A pattern that is deeper than this counts as one with variables.
enum { DEPTH_MAX = 100 };

static bool is_variable(term atom) {
    if (atom == ATOM_match_anything)
        return true;
    struct atom_text text = atom_text(atom);
    bool digits = text.size >= 2 && text.bytes[0] == '$';
    for (unsigned i = 1; digits && i < text.size; i++)
        digits = text.bytes[i] >= '0' && text.bytes[i] <= '9';
    return digits;
}

// Whether a pattern matches one value only. Maps match others too: those with more keys.
static bool is_value(term pattern, unsigned depth) {
    if (depth > DEPTH_MAX)
        return false;
    for (; is_list(pattern); pattern = list_tail(pattern))
        if (!is_value(list_head(pattern), depth + 1))
            return false;
    if (is_atom(pattern))
        return !is_variable(pattern);
    if (is_map(pattern))
        return false;
    for (size_t i = is_tuple(pattern) ? tuple_arity(pattern) : 0; i > 0; i--)
        if (!is_value(tuple_element(pattern, i), depth + 1))
            return false;
    return true;
}

static bool is_whole_pattern(term head) { // one that matches objects with any key
    return is_atom(head) && is_variable(head);
}

bool match_bound_keys(const struct match_program *program, size_t keypos, bool (*visit)(void *context, term key),
                      void *context) {
    for (term list = program->specification; is_list(list); list = list_tail(list)) {
        term head = tuple_element(list_head(list), 1);
        if (is_whole_pattern(head))
            return false;
        if (!is_tuple(head) || tuple_arity(head) < keypos)
            continue; // matches no object
        term key = tuple_element(head, keypos);
        if (!is_value(key, 0) || !visit(context, key))
            return false;
    }
    return true;
}

term match_key_pattern(const struct match_program *program, size_t keypos) {
    term head = tuple_element(list_head(program->specification), 1);
    if (program->clause_count != 1 || !is_tuple(head) || tuple_arity(head) < keypos)
        return NONE;
    return tuple_element(head, keypos);
}

// Compares part by part as terms are compared, up to the first variable. *open: one was met.
static int compare_parts(term key, term pattern, bool *open, unsigned depth) {
    if (depth > DEPTH_MAX || is_map(pattern) || (is_atom(pattern) && is_variable(pattern))) {
        *open = true;
        return 0;
    }
    int order = 0;
    if (is_list(pattern) && is_list(key)) {
        for (; order == 0 && !*open && is_list(pattern) && is_list(key);
             pattern = list_tail(pattern), key = list_tail(key))
            order = compare_parts(list_head(key), list_head(pattern), open, depth + 1);
        return order != 0 || *open ? order : compare_parts(key, pattern, open, depth + 1);
    }
    if (is_tuple(pattern) && is_tuple(key)) {
        size_t arity = tuple_arity(pattern);
        if (tuple_arity(key) != arity)
            return tuple_arity(key) < arity ? -1 : 1;
        for (size_t i = 1; order == 0 && !*open && i <= arity; i++)
            order = compare_parts(tuple_element(key, i), tuple_element(pattern, i), open, depth + 1);
        return order;
    }
    return term_compare(key, pattern);
}

int match_key_order(term key, term pattern) {
    bool open = false;
    return compare_parts(key, pattern, &open, 0);
}

// ---- keys of results

// Whether an expression gives the very value that the pattern has matched. `constant`: it is inside {const, _}.
static bool gives_matched(term pattern, term expression, bool constant, unsigned depth) {
    if (depth > DEPTH_MAX)
        return false;
    for (; is_list(pattern) && is_list(expression); pattern = list_tail(pattern), expression = list_tail(expression))
        if (!gives_matched(list_head(pattern), list_head(expression), constant, depth + 1))
            return false;
    if (is_atom(pattern) && is_variable(pattern))
        return !constant && pattern == expression && pattern != ATOM_match_anything;
    if (!is_tuple(expression))
        return !is_list(expression) && !is_map(expression) && term_same(pattern, expression);
    if (!constant && is_tuple_of(expression, 2) && tuple_element(expression, 1) == ATOM_const)
        return gives_matched(pattern, tuple_element(expression, 2), true, depth + 1);
    if (!constant) {
        if (!is_tuple_of(expression, 1))
            return false;
        expression = tuple_element(expression, 1);
    }
    if (!is_tuple(expression) || !is_tuple_of(pattern, tuple_arity(expression)))
        return false;
    for (size_t i = 1; i <= tuple_arity(pattern); i++)
        if (!gives_matched(tuple_element(pattern, i), tuple_element(expression, i), constant, depth + 1))
            return false;
    return true;
}

// {element, KeyPosition, '$_'}
static bool takes_key(term expression, size_t keypos) {
    return is_tuple_of(expression, 3) && tuple_element(expression, 1) == ATOM_element &&
           tuple_element(expression, 2) == SMALL(keypos) && tuple_element(expression, 3) == ATOM_match_object;
}

static bool body_keeps_key(term head, term body, size_t keypos) {
    if (!is_list(body) || !is_nil(list_tail(body)))
        return false;
    term expression = list_head(body);
    if (expression == ATOM_match_object)
        return true;
    bool constant = is_tuple_of(expression, 2) && tuple_element(expression, 1) == ATOM_const;
    if (!constant && !is_tuple_of(expression, 1))
        return false;
    term tuple = tuple_element(expression, constant ? 2 : 1);
    if (!is_tuple(tuple) || tuple_arity(tuple) < keypos)
        return false;
    term key = tuple_element(tuple, keypos);
    if (!constant && takes_key(key, keypos))
        return true;
    return is_tuple(head) && tuple_arity(head) >= keypos &&
           gives_matched(tuple_element(head, keypos), key, constant, 0);
}

bool match_keeps_key(const struct match_program *program, size_t keypos) {
    for (term list = program->specification; is_list(list); list = list_tail(list)) {
        term clause = list_head(list);
        if (!body_keeps_key(tuple_element(clause, 1), tuple_element(clause, 3), keypos))
            return false;
    }
    return true;
}
