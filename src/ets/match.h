// Match specifications: [{Head, Guards, Body}], compiled once and run for each object (or call).
//
// A program lies in a shared binary: the one who compiled it has one reference, and a magic reference to it is what
// ets:match_spec_compile/1 returns. It may be run by many threads at a time.

#ifndef PURLIN_ETS_MATCH_H
#define PURLIN_ETS_MATCH_H

#include "proc/proc.h"

struct match_program;
struct object;

enum match_dialect {
    MATCH_TABLE,   // heads match one object; the last expression of a body is the result
    MATCH_TRACE,   // heads match a list of arguments; bodies act on tracing
    MATCH_SEND,    // the same for [To, Message]: there is no caller
    MATCH_RECEIVE, // the same for [Node, From, Message]: the receiver may be in the middle of anything
};

// ---- compiling

// Where errors are told, in the words of OTP: [{error, "Text"}] in `list`, newest first. `heap` holds them.
struct match_errors {
    struct heap *heap;
    term list;
};
// NULL when the specification is wrong. `errors` may be NULL. With `keep` the program holds copies of the
// specification's values; without, they must outlive it.
struct match_program *match_compile(term specification, enum match_dialect dialect, bool keep,
                                    struct match_errors *errors);
// What it was compiled from; belongs to the program when it was kept.
term match_specification(const struct match_program *program);
void match_retain(struct match_program *program);
void match_release(struct match_program *program);
// A reference that keeps the program; takes over the caller's one.
term match_reference(struct heap *heap, struct match_program *program);
// The program that a reference keeps, or NULL.
struct match_program *match_from_reference(term reference);

// ---- running

// What a body of the trace dialect asks for.
struct match_actions {
    bool return_trace, exception_trace;
    term message; // NONE: none was asked for
    // Carries out one of the other actions; NULL: they do nothing and answer as in OTP's match_spec_test/3.
    term (*perform)(struct match_actions *actions, term action, const term *arguments, size_t count);
};

#define MATCH_LOCAL_VARIABLES 16

// One run after another of a program, by one process.
struct match_run {
    struct process *self;
    const struct match_program *program;
    struct match_actions *actions; // or NULL
    term subject;                  // the object, or the list of arguments
    const struct object *object;   // that the subject is the tuple of, or NULL: makes copying it cheaper
    term *variables;
    term local[MATCH_LOCAL_VARIABLES];
};
void match_begin(struct match_run *run, struct process *self, const struct match_program *program);
// The result of the first clause that matches, on self's heap; NONE when none does. In the trace dialect the result
// is true.
term match_object(struct match_run *run, term subject);

// ---- what a program says of keys, for the tables

// Calls `visit` with the key of each clause when all of them name one (a value without variables) at `keypos`; clauses
// that match no object are left out. False when some clause may match any key: then some may have been visited.
bool match_bound_keys(const struct match_program *program, size_t keypos, bool (*visit)(void *context, term key),
                      void *context);
// The key's pattern when the program has one clause and that a tuple; else NONE.
term match_key_pattern(const struct match_program *program, size_t keypos);
// The order of `key` against what the pattern may match: 0 also for keys that only might.
int match_key_order(term key, term pattern);
// Whether all results of the program are tuples with the key of the object that they came from.
bool match_keeps_key(const struct match_program *program, size_t keypos);

#endif
