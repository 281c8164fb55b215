// Searching binaries: binary:match, matches, split, compile_pattern.

#include "bif/bif.h"
#include "bif/bytes.h"
#include "term/search.h"

// ---- patterns -----------------------------------------------------------------------------------------------------

// A compiled pattern is {bm | ac, Reference}: of one pattern or several. The reference owns the prepared search; the
// destructor is there to tell it from other references that own something.
static void search_destroy(struct shared_binary *shared) {
}

static const struct search *compiled_search(term pattern) {
    if (!is_tuple_of(pattern, 2))
        return NULL;
    term tag = tuple_element(pattern, 1), reference = tuple_element(pattern, 2);
    if ((tag != ATOM_bm && tag != ATOM_ac) || !is_kind(reference, KIND_MAGIC_REFERENCE))
        return NULL;
    struct shared_binary *shared = (struct shared_binary *)boxed(reference)[2];
    return shared->destroy == search_destroy ? (const struct search *)shared->bytes : NULL;
}

// The non-empty binary or list of non-empty binaries as an array in scratch memory; 0 when it is no such thing.
static size_t patterns_of(struct process *self, term pattern, struct search_pattern **patterns) {
    term list = pattern;
    size_t count = 0, total = 0;
    if (is_bitstring(pattern)) {
        list = NIL;
        count = 1;
    }
    for (; is_list(list); list = list_tail(list))
        count++;
    if (!is_nil(list) || count == 0)
        return 0;
    *patterns = proc_scratch(self, count * sizeof **patterns);
    list = pattern;
    for (size_t i = 0; i < count; i++) {
        term binary = is_list(list) ? list_head(list) : list;
        if (!is_binary(binary) || bitstring_size(binary) == 0)
            return 0;
        (*patterns)[i].bytes = bitstring_bytes(self, binary, &(*patterns)[i].size);
        total += (*patterns)[i].size;
        if (is_list(list))
            list = list_tail(list);
    }
    return total <= SEARCH_BYTES_MAX ? count : 0;
}

BIF(binary, compile_pattern, 1) {
    struct search_pattern *patterns;
    size_t count = patterns_of(self, arguments[0], &patterns);
    if (count == 0)
        return raise_badarg(self);
    struct shared_binary *shared = shared_binary_new(search_room(patterns, count));
    shared->destroy = search_destroy;
    search_prepare((struct search *)shared->bytes, patterns, count);
    return heap_tuple_of(&self->heap, 2, count == 1 ? ATOM_bm : ATOM_ac, heap_magic_reference(&self->heap, shared));
}

// The search for a pattern, compiled or not; NULL when it is none.
static const struct search *search_of(struct process *self, term pattern) {
    if (is_tuple(pattern))
        return compiled_search(pattern);
    struct search_pattern *patterns;
    size_t count = patterns_of(self, pattern, &patterns);
    if (count == 0)
        return NULL;
    struct search *search = proc_scratch(self, search_room(patterns, count));
    search_prepare(search, patterns, count);
    return search;
}

// ---- arguments ----------------------------------------------------------------------------------------------------

struct options {
    term scope; // {Start, Length} or NONE
    bool global, trim, trim_all;
};

// `split` tells whether its own options are allowed. As on OTP the list's end is not looked at.
static bool parse_options(term list, bool split, struct options *options) {
    *options = (struct options){.scope = NONE};
    if (!is_list(list) && !is_nil(list))
        return false;
    for (; is_list(list); list = list_tail(list)) {
        term option = list_head(list);
        if (is_tuple_of(option, 2) && tuple_element(option, 1) == ATOM_scope &&
            is_tuple_of(tuple_element(option, 2), 2))
            options->scope = tuple_element(option, 2);
        else if (split && option == ATOM_global)
            options->global = true;
        else if (split && option == ATOM_trim)
            options->trim = true;
        else if (split && option == ATOM_trim_all)
            options->trim = options->trim_all = true;
        else
            return false;
    }
    return true;
}

// A search about to be made in the bytes [at, end) of the subject.
struct task {
    struct process *self;
    const struct search *search;
    const uint8_t *bytes;
    size_t at, end;
};

static bool set_scope(struct task *task, term scope) {
    size_t length;
    if (scope == NONE)
        return true;
    if (!byte_range(tuple_element(scope, 1), tuple_element(scope, 2), task->end, &task->at, &length))
        return false;
    task->end = task->at + length;
    return true;
}

// False when an argument is wrong.
static bool task_begin(struct task *task, struct process *self, term subject, term pattern, term scope) {
    if (!is_binary(subject))
        return false;
    *task = (struct task){.self = self};
    task->bytes = bitstring_bytes(self, subject, &task->end);
    if (!set_scope(task, scope))
        return false;
    if (task->at == task->end) // nothing to find, and as on OTP the pattern is not looked at
        return true;
    task->search = search_of(self, pattern);
    return task->search != NULL;
}

static bool task_next(struct task *task, struct search_match *match) {
    if (task->at == task->end || !search_next(task->search, &task->self->work, task->bytes, task->end, task->at, match))
        return false;
    task->at = match->start + match->size;
    return true;
}

// ---- match and matches --------------------------------------------------------------------------------------------

static term match_term(struct process *self, struct search_match match) {
    return heap_tuple_of(&self->heap, 2, SMALL(match.start), SMALL(match.size));
}

static term match_first(struct process *self, term subject, term pattern, term option_list) {
    struct options options;
    struct task task;
    if (!parse_options(option_list, false, &options) || !task_begin(&task, self, subject, pattern, options.scope))
        return raise_badarg(self);
    struct search_match match;
    return task_next(&task, &match) ? match_term(self, match) : ATOM_nomatch;
}

BIF(binary, match, 2) {
    return match_first(self, arguments[0], arguments[1], NIL);
}

BIF(binary, match, 3) {
    return match_first(self, arguments[0], arguments[1], arguments[2]);
}

static term match_all(struct process *self, term subject, term pattern, term option_list) {
    struct options options;
    struct task task;
    if (!parse_options(option_list, false, &options) || !task_begin(&task, self, subject, pattern, options.scope))
        return raise_badarg(self);
    struct search_match match;
    term first = NIL, *link = &first;
    while (task_next(&task, &match)) {
        term cell = heap_cons(&self->heap, match_term(self, match), NIL);
        *link = cell;
        link = list_cell(cell) + 1;
        work_charge(&self->work, 1);
    }
    return first;
}

BIF(binary, matches, 2) {
    return match_all(self, arguments[0], arguments[1], NIL);
}

BIF(binary, matches, 3) {
    return match_all(self, arguments[0], arguments[1], arguments[2]);
}

// ---- split --------------------------------------------------------------------------------------------------------

// The parts so far. Empty ones wait until something follows them: at the end, `trim` drops them.
struct parts {
    struct process *self;
    term subject;
    struct options options;
    term first, *link;
    size_t empty_waiting;
};

static void append_part(struct parts *parts, size_t start, size_t end) {
    struct heap *heap = &parts->self->heap;
    term cell = heap_cons(heap, heap_bitstring_part(heap, parts->subject, 8 * start, 8 * (end - start)), NIL);
    *parts->link = cell;
    parts->link = list_cell(cell) + 1;
}

static void add_part(struct parts *parts, size_t start, size_t end) {
    if (start == end && parts->options.trim) {
        parts->empty_waiting += !parts->options.trim_all;
        return;
    }
    for (; parts->empty_waiting > 0; parts->empty_waiting--)
        append_part(parts, 0, 0);
    append_part(parts, start, end);
}

static term split(struct process *self, term subject, term pattern, term option_list) {
    struct parts parts = {.self = self, .subject = subject, .first = NIL};
    struct task task;
    if (!parse_options(option_list, true, &parts.options) ||
        !task_begin(&task, self, subject, pattern, parts.options.scope))
        return raise_badarg(self);
    parts.link = &parts.first;
    size_t start = 0;
    struct search_match match;
    while (task_next(&task, &match)) {
        add_part(&parts, start, match.start);
        start = match.start + match.size;
        work_charge(&self->work, 1);
        if (!parts.options.global)
            break;
    }
    add_part(&parts, start, bitstring_size(subject) >> 3);
    return parts.first;
}

BIF(binary, split, 2) {
    return split(self, arguments[0], arguments[1], NIL);
}

BIF(binary, split, 3) {
    return split(self, arguments[0], arguments[1], arguments[2]);
}
