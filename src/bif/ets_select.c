// ets: match specifications over tables.
//
// Continuations are the tuples that ets:repair_continuation/2 knows:
//
//   hash tables    {Table, Bucket, Limit, Program, Leftover, LeftoverCount}; Bucket -1: only the leftover is left
//   ordered sets   {Table, LastKey, [], Limit, Program, [], Reverse, 0}

#include "bif/bif.h"
#include "ets/ets.h"

enum { HASH_CONTINUATION = 6, ORDERED_CONTINUATION = 8 };

// ---- specifications

// The specification of match (body '$$') and match_object (body '$_').
static term from_pattern(struct heap *heap, term pattern, term result) {
    term clause = heap_tuple_of(heap, 3, pattern, NIL, heap_cons(heap, result, NIL));
    return heap_cons(heap, clause, NIL);
}

// ---- scans

// What a scan starts from. With `specification` the program is compiled, and kept for a continuation if `keep`.
static bool scan_prepare(struct process *self, struct scan *scan, term table, term specification, bool keep,
                         enum table_need need) {
    *scan = (struct scan){.key = NONE, .leftover = NIL};
    scan->table = ets_open(self, table, need);
    if (!scan->table)
        return false;
    scan->program = match_compile(specification, MATCH_TABLE, keep, NULL);
    scan->owns_program = scan->program != NULL;
    if (!scan->program)
        raise_badarg(self);
    return scan->program != NULL;
}

static bool run(struct process *self, struct scan *scan) {
    bool alive = ets_scan(self, scan);
    if (scan->owns_program)
        match_release(scan->program);
    if (!alive)
        ets_raise_dead(self);
    return alive;
}

static term select_all(struct process *self, term table, term specification, bool reverse) {
    struct scan scan;
    if (!scan_prepare(self, &scan, table, specification, false, NEED_READ))
        return NONE;
    scan.reverse = reverse;
    return run(self, &scan) ? scan.results : NONE;
}

// Runs a scan with a limit; `reference` keeps its program. Returns {Results, Continuation} or '$end_of_table'.
static term select_chunk(struct process *self, struct scan *scan, term table, term reference) {
    struct heap *heap = &self->heap;
    if (!run(self, scan))
        return NONE;
    if (scan->count == 0)
        return ATOM_end_of_table;
    term continuation = ATOM_end_of_table;
    if (!scan->ended && ets_type(scan->table) == TABLE_ORDERED_SET) {
        continuation = heap_tuple_of(heap, ORDERED_CONTINUATION, table, scan->key, NIL, SMALL(scan->limit), reference,
                                     NIL, SMALL(scan->reverse), SMALL(0));
    } else if (!scan->ended) {
        term bucket = scan->bucket == SCAN_ENDED ? SMALL(-1) : SMALL(scan->bucket);
        continuation = heap_tuple_of(heap, HASH_CONTINUATION, table, bucket, SMALL(scan->limit), reference,
                                     scan->leftover, SMALL(scan->leftover_count));
    }
    return heap_tuple_of(heap, 2, scan->results, continuation);
}

static term select_first(struct process *self, term table, term specification, term limit, bool reverse) {
    struct scan scan;
    bool valid = is_small(limit) && small_value(limit) > 0;
    if (!scan_prepare(self, &scan, table, specification, true, NEED_READ))
        return NONE;
    term reference = match_reference(&self->heap, scan.program);
    scan.owns_program = false;
    if (!valid)
        return raise_badarg(self);
    scan.reverse = reverse;
    scan.limit = (size_t)small_value(limit);
    return select_chunk(self, &scan, table, reference);
}

// ---- continuations: they come from the program, and may be anything

static bool read_limit(struct scan *scan, term limit, term reference) {
    scan->program = match_from_reference(reference);
    scan->limit = is_small(limit) && small_value(limit) > 0 ? (size_t)small_value(limit) : 0;
    return scan->program && scan->limit > 0;
}

static bool read_hash_continuation(struct scan *scan, const term *words) {
    term bucket = words[2];
    if (!is_small(bucket) || small_value(bucket) < -1)
        return false;
    scan->bucket = small_value(bucket) < 0 ? SCAN_ENDED : (size_t)small_value(bucket);
    scan->leftover = words[5];
    term list = scan->leftover;
    for (; is_list(list); list = list_tail(list))
        scan->leftover_count++;
    return is_nil(list) && read_limit(scan, words[3], words[4]);
}

static bool read_ordered_continuation(struct scan *scan, const term *words) {
    scan->key = words[2];
    scan->reverse = words[7] == SMALL(1);
    return is_small(words[7]) && read_limit(scan, words[4], words[5]);
}

static term select_next(struct process *self, term continuation) {
    struct scan scan = {.key = NONE, .leftover = NIL};
    if (continuation == ATOM_end_of_table)
        return continuation;
    if (!is_tuple(continuation) || tuple_arity(continuation) == 0)
        return raise_badarg(self);
    const term *words = boxed(continuation);
    scan.table = ets_open(self, words[1], NEED_READ);
    if (!scan.table)
        return NONE;
    bool is_ordered = ets_type(scan.table) == TABLE_ORDERED_SET;
    if (!is_tuple_of(continuation, is_ordered ? ORDERED_CONTINUATION : HASH_CONTINUATION) ||
        !(is_ordered ? read_ordered_continuation(&scan, words) : read_hash_continuation(&scan, words)))
        return raise_badarg(self);
    return select_chunk(self, &scan, words[1], is_ordered ? words[5] : words[4]);
}

// ---- select

// OTP takes an empty specification in select/2 and its kin, and finds nothing.
static bool is_empty(struct process *self, term *arguments, enum table_need need) {
    return is_nil(arguments[1]) && ets_open(self, arguments[0], need);
}

BIF(ets, select, 1) {
    return select_next(self, arguments[0]);
}

BIF(ets, select, 2) {
    if (is_empty(self, arguments, NEED_READ))
        return NIL;
    return select_all(self, arguments[0], arguments[1], false);
}

BIF(ets, select, 3) {
    return select_first(self, arguments[0], arguments[1], arguments[2], false);
}

BIF(ets, select_reverse, 1) {
    return select_next(self, arguments[0]);
}

BIF(ets, select_reverse, 2) {
    if (is_empty(self, arguments, NEED_READ))
        return NIL;
    return select_all(self, arguments[0], arguments[1], true);
}

BIF(ets, select_reverse, 3) {
    return select_first(self, arguments[0], arguments[1], arguments[2], true);
}

// ---- match

BIF(ets, match, 1) {
    return select_next(self, arguments[0]);
}

BIF(ets, match, 2) {
    return select_all(self, arguments[0], from_pattern(&self->heap, arguments[1], ATOM_match_all_variables), false);
}

BIF(ets, match, 3) {
    return select_first(self, arguments[0], from_pattern(&self->heap, arguments[1], ATOM_match_all_variables),
                        arguments[2], false);
}

BIF(ets, match_object, 1) {
    return select_next(self, arguments[0]);
}

BIF(ets, match_object, 2) {
    return select_all(self, arguments[0], from_pattern(&self->heap, arguments[1], ATOM_match_object), false);
}

BIF(ets, match_object, 3) {
    return select_first(self, arguments[0], from_pattern(&self->heap, arguments[1], ATOM_match_object), arguments[2],
                        false);
}

// ---- counting and changing

static term count_with(struct process *self, struct scan *scan, enum scan_action action) {
    scan->action = action;
    return run(self, scan) ? heap_unsigned(&self->heap, scan->count) : NONE;
}

BIF(ets, select_count, 2) {
    struct scan scan;
    if (is_empty(self, arguments, NEED_READ))
        return SMALL(0);
    if (!scan_prepare(self, &scan, arguments[0], arguments[1], false, NEED_READ))
        return NONE;
    return count_with(self, &scan, SCAN_COUNT);
}

BIF(ets, internal_select_delete, 2) {
    struct scan scan;
    if (is_empty(self, arguments, NEED_WRITE))
        return SMALL(0);
    if (!scan_prepare(self, &scan, arguments[0], arguments[1], false, NEED_WRITE))
        return NONE;
    return count_with(self, &scan, SCAN_DELETE);
}

BIF(ets, select_replace, 2) {
    struct scan scan;
    struct table *table = ets_open(self, arguments[0], NEED_WRITE);
    if (!table)
        return NONE;
    if (ets_type(table) == TABLE_BAG) // replacing could make two objects one
        return raise_badarg_cause(self, ATOM_table_type);
    if (is_nil(arguments[1]))
        return SMALL(0);
    if (!scan_prepare(self, &scan, arguments[0], arguments[1], false, NEED_WRITE))
        return NONE;
    if (!match_keeps_key(scan.program, ets_keypos(table))) {
        match_release(scan.program);
        return raise_badarg(self);
    }
    return count_with(self, &scan, SCAN_REPLACE);
}
