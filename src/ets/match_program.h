// What a compiled match specification looks like.
//
// Patterns and expressions are nodes in prefix order: a node, then its children. `end` is the index behind its last
// descendant, so that a part can be skipped.
//
//   pattern               matches
//   PATTERN_ANY           everything
//   PATTERN_BIND          everything; variable `count` is bound to it
//   PATTERN_BOUND         what is the same as variable `count`
//   PATTERN_VALUE         what is the same as `value`
//   PATTERN_TUPLE         a tuple of `count` elements, each child one
//   PATTERN_CELL          a list cell: head, tail
//   PATTERN_MAP           a map with each of `count` keys: children are PATTERN_VALUE (the key) and a pattern

#ifndef PURLIN_ETS_MATCH_PROGRAM_H
#define PURLIN_ETS_MATCH_PROGRAM_H

#include "code/code.h"
#include "ets/match.h"

enum match_operation : uint8_t {
    PATTERN_ANY,
    PATTERN_BIND,
    PATTERN_BOUND,
    PATTERN_VALUE,
    PATTERN_TUPLE,
    PATTERN_CELL,
    PATTERN_MAP,
    // expressions; children are the arguments
    VALUE,    // `value`
    VARIABLE, // number `count`
    SUBJECT,  // '$_'
    CELL,
    TUPLE,
    MAP, // keys and values by turns
    AND,
    OR,
    NOT,
    XOR,
    ANDALSO,
    ORELSE,
    COMPARE_SAME,
    COMPARE_NOT_SAME,
    COMPARE_EQUAL,
    COMPARE_NOT_EQUAL,
    COMPARE_LESS,
    COMPARE_LESS_EQUAL,
    COMPARE_GREATER,
    COMPARE_GREATER_EQUAL,
    IS_ATOM,
    IS_BINARY,
    IS_FLOAT,
    IS_FUNCTION,
    IS_INTEGER,
    IS_LIST,
    IS_MAP,
    IS_NUMBER,
    IS_PID,
    IS_PORT,
    IS_REFERENCE,
    IS_TUPLE,
    ELEMENT,
    CALL, // the built-in function `export` with `count` arguments
    SELF,
    MESSAGE,
    RETURN_TRACE,
    EXCEPTION_TRACE,
    ACTION, // `value` names it, `count` arguments
};

struct match_node {
    enum match_operation operation;
    bool copy; // the value goes into the result: it must not stay in the table's memory
    uint32_t count;
    uint32_t end;
    union {
        term value;
        const struct export *export;
    };
};

struct match_clause {
    uint32_t head;
    uint32_t guard, guard_end; // indices of nodes
    uint32_t body, body_end;
};

struct match_program {
    enum match_dialect dialect;
    uint32_t clause_count, node_count;
    uint32_t variable_count; // of the clause with most
    struct match_clause *clauses;
    struct match_node *nodes;
    term specification;
    struct heap constants; // copies of the specification's values, if kept
};

#endif
