// The module re: regular expressions with the options and answers of OTP.
//
// A compiled expression is {re_pattern, Captures, Unicode, UseCRLF, Binary}. The binary is the source (see
// term/regex.h):
//
//   0   "PuRE"
//   4   options, in the machine's byte order
//   8   newline, bsr_anycrlf, two bytes of zero
//   12  the text

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "bif/bif.h"
#include "bif/bytes.h"
#include "bif/re_options.h"
#include "term/atom.h"
#include "term/iodata.h"
#include "term/regex.h"

enum {
    PATTERN_MAGIC = 0x45527550, // "PuRE"
    PATTERN_HEAD = 12,
    BYTES_PER_REDUCTION = 256,
    SHORT_MATCH_LIMIT = 20000,   // what may be spent on a scheduler before a match goes to the slow-work pool
    LONG_MATCH_LIMIT = 10000000, // PCRE's default
};

// ---- patterns -----------------------------------------------------------------------------------------------------

static term pattern_make(struct process *self, const struct regex *regex, const struct regex_source *source) {
    uint8_t *bytes;
    term binary = heap_binary_new(&self->heap, PATTERN_HEAD + source->size, &bytes);
    memcpy(bytes, &(uint32_t){PATTERN_MAGIC}, 4);
    memcpy(bytes + 4, &source->options, 4);
    bytes[8] = source->newline;
    bytes[9] = source->bsr_anycrlf;
    bytes[10] = bytes[11] = 0;
    memcpy(bytes + PATTERN_HEAD, source->text, source->size);
    return heap_tuple_of(&self->heap, 5, ATOM_re_pattern, SMALL(regex_capture_count(regex)),
                         SMALL(regex_is_unicode(regex)), SMALL(regex_newline_may_be_crlf(regex)), binary);
}

// The source in a compiled pattern, which may come from anywhere.
static bool pattern_read(struct process *self, term pattern, struct regex_source *source) {
    if (!is_tuple_of(pattern, 5) || tuple_element(pattern, 1) != ATOM_re_pattern ||
        !is_binary(tuple_element(pattern, 5)))
        return false;
    size_t size;
    const uint8_t *bytes = bitstring_bytes(self, tuple_element(pattern, 5), &size);
    uint32_t magic;
    if (size < PATTERN_HEAD || (memcpy(&magic, bytes, 4), magic != PATTERN_MAGIC))
        return false;
    *source = (struct regex_source){.text = bytes + PATTERN_HEAD, .size = size - PATTERN_HEAD};
    memcpy(&source->options, bytes + 4, 4);
    source->newline = bytes[8];
    source->bsr_anycrlf = bytes[9];
    return !(source->options & ~re_compile_options()) && source->newline <= REGEX_NEWLINE_ANY && bytes[9] <= 1;
}

// Flattens iodata into scratch memory (a binary is used where it is).
static bool flat_bytes(struct process *self, term data, const uint8_t **bytes, size_t *size) {
    if (is_binary(data)) {
        *bytes = bitstring_bytes(self, data, size);
        return true;
    }
    if (iodata_size(data, size, &self->work) != IODATA_OK)
        return false;
    uint8_t *copy = proc_scratch(self, *size + 1);
    iodata_copy(data, copy, &self->work);
    *bytes = copy;
    return true;
}

// The source that an uncompiled expression and the options for it make. As on OTP it ends at a NUL.
static bool source_make(struct process *self, term text, const struct re_options *options,
                        struct regex_source *source) {
    *source = (struct regex_source){.options = options->compile};
    if (!flat_bytes(self, text, &source->text, &source->size))
        return false;
    const uint8_t *end = memchr(source->text, 0, source->size);
    if (end)
        source->size = (size_t)(end - source->text);
    re_apply_line_options(options, source);
    return true;
}

static term error_term(struct process *self, const struct regex_error *error) {
    term text = heap_string(&self->heap, error->text, strlen(error->text));
    return heap_tuple_of(&self->heap, 2, text, SMALL(error->position));
}

static bool is_chars(term t) {
    return is_list(t) || is_nil(t);
}

static term compile(struct process *self, term *arguments, term option_list) {
    struct re_options options;
    if (!re_parse_options(option_list, &options) || options.for_run)
        return raise_badarg_cause(self, ATOM_badopt);
    if (options.compile & PCRE2_UTF && is_chars(arguments[0])) {
        arguments[1] = option_list;
        return bif_call(self, ATOM_re, ATOM_ucompile, 2);
    }
    struct regex_source source;
    struct regex_error error;
    if (!source_make(self, arguments[0], &options, &source))
        return raise_badarg(self);
    struct regex *regex = regex_get(&source, &error);
    work_charge(&self->work, 10 + (int64_t)source.size);
    if (!regex)
        return error_tuple(self, error_term(self, &error));
    term pattern = pattern_make(self, regex, &source);
    regex_release(regex);
    return ok_tuple(self, pattern);
}

BIF(re, compile, 1) {
    return compile(self, arguments, NIL);
}

BIF(re, compile, 2) {
    return compile(self, arguments, arguments[1]);
}

// ---- what was captured --------------------------------------------------------------------------------------------

// A successful match.
struct capture {
    struct process *self;
    const struct re_options *options;
    const struct regex *regex;
    term subject; // as it was given
    const uint8_t *bytes;
    const size_t *groups; // pairs of offsets
    size_t count;         // of groups, the whole match being the first
};

static bool is_set(const struct capture *capture, size_t group) {
    return group < capture->count && capture->groups[2 * group] != REGEX_UNSET;
}

static term characters_of(struct heap *heap, const uint8_t *bytes, size_t size) {
    term first = NIL, *link = &first;
    uint32_t character;
    for (size_t at = 0, length; at < size; at += length) {
        length = utf8_decode(bytes + at, size - at, &character);
        if (length == 0)
            break;
        term cell = heap_cons(heap, SMALL(character), NIL);
        *link = cell;
        link = list_cell(cell) + 1;
    }
    return first;
}

static term group_value(const struct capture *capture, size_t group) {
    struct heap *heap = &capture->self->heap;
    bool set = is_set(capture, group);
    size_t start = set ? capture->groups[2 * group] : 0, end = set ? capture->groups[2 * group + 1] : 0;
    size_t size = end > start ? end - start : 0; // \K in a lookahead can put the start behind the end
    switch (capture->options->capture_type) {
    case RE_LIST:
        return regex_is_unicode(capture->regex) ? characters_of(heap, capture->bytes + start, size)
                                                : heap_string(heap, (const char *)capture->bytes + start, size);
    case RE_BINARY:
        return is_bitstring(capture->subject) ? heap_bitstring_part(heap, capture->subject, 8 * start, 8 * size)
                                              : heap_binary(heap, capture->bytes + start, size);
    default:
        return heap_tuple_of(heap, 2, set ? SMALL(start) : SMALL(-1), SMALL((int64_t)end - (int64_t)start));
    }
}

// The group of that name; of several the first that took part. SIZE_MAX when there is none.
static size_t group_named(const struct capture *capture, const uint8_t *name, size_t size) {
    size_t group = SIZE_MAX;
    for (size_t i = 0; i < regex_name_count(capture->regex); i++) {
        struct regex_name entry = regex_name_at(capture->regex, i);
        if (entry.size == size && memcmp(entry.name, name, size) == 0 &&
            (group == SIZE_MAX || (!is_set(capture, group) && is_set(capture, entry.group))))
            group = entry.group;
    }
    return group;
}

// A group's number, or its name as an atom or a string.
static bool group_of(const struct capture *capture, term id, size_t *group) {
    const uint8_t *name;
    size_t size;
    if (is_small(id)) {
        *group = (size_t)small_value(id);
        return small_value(id) >= 0;
    }
    if (is_atom(id)) {
        struct atom_text text = atom_text(id);
        name = text.bytes;
        size = text.size;
    } else if (is_nil(id) || !flat_bytes(capture->self, id, &name, &size)) {
        return false;
    }
    *group = group_named(capture, name, size);
    return true;
}

// The values of groups from..to, as {match, Values}.
static term range_result(const struct capture *capture, size_t from, size_t to) {
    struct heap *heap = &capture->self->heap;
    term values = NIL;
    for (size_t group = to; group > from; group--)
        values = heap_cons(heap, group_value(capture, group - 1), values);
    return heap_tuple_of(heap, 2, ATOM_match, values);
}

static term list_result(const struct capture *capture) {
    struct heap *heap = &capture->self->heap;
    term first = NIL, *link = &first, ids = capture->options->capture_ids;
    for (; is_list(ids); ids = list_tail(ids)) {
        size_t group;
        if (!group_of(capture, list_head(ids), &group))
            return raise_badarg(capture->self);
        term cell = heap_cons(heap, group_value(capture, group), NIL);
        *link = cell;
        link = list_cell(cell) + 1;
    }
    return is_nil(ids) ? heap_tuple_of(heap, 2, ATOM_match, first) : raise_badarg(capture->self);
}

// Each name once, in alphabetical order.
static term names_result(const struct capture *capture) {
    struct heap *heap = &capture->self->heap;
    term values = NIL;
    size_t count = regex_name_count(capture->regex);
    if (count == 0)
        return ATOM_match;
    for (size_t i = count; i > 0; i--) {
        struct regex_name name = regex_name_at(capture->regex, i - 1);
        if (i > 1 && strcmp(regex_name_at(capture->regex, i - 2).name, name.name) == 0)
            continue;
        size_t group = group_named(capture, (const uint8_t *)name.name, name.size);
        values = heap_cons(heap, group_value(capture, group), values);
    }
    return heap_tuple_of(heap, 2, ATOM_match, values);
}

static term match_result(const struct capture *capture) {
    switch (capture->options->capture) {
    case RE_NONE:
        return ATOM_match;
    case RE_FIRST:
        return range_result(capture, 0, 1);
    case RE_ALL_BUT_FIRST:
        return range_result(capture, 1, capture->count);
    case RE_NAMES:
        return names_result(capture);
    case RE_IDS:
        return list_result(capture);
    default:
        return range_result(capture, 0, capture->count);
    }
}

// ---- running ------------------------------------------------------------------------------------------------------

static void *allocate_scratch(size_t size, void *self) {
    return proc_scratch(self, size);
}

// Most matches end soon. One that does not is begun again, with the limit it was given, in the slow-work pool. Takes
// over the reference to the expression only to hand it on: on return the caller still has one.
static enum regex_result run_task(struct process *self, struct regex *regex, const struct re_options *options,
                                  struct regex_task *task, const size_t **groups, size_t *count) {
    uint32_t limit = options->match_limit ? options->match_limit : LONG_MATCH_LIMIT;
    task->match_limit = limit < SHORT_MATCH_LIMIT ? limit : SHORT_MATCH_LIMIT;
    enum regex_result result = regex_run(regex, task, groups, count);
    if (result == REGEX_LIMIT && limit > SHORT_MATCH_LIMIT) {
        proc_slow_enter(self, SLOW_COMPUTES);
        task->match_limit = limit;
        result = regex_run(regex, task, groups, count);
        proc_slow_leave(self);
    }
    work_charge(&self->work, 5 + (int64_t)(task->size - task->offset) / BYTES_PER_REDUCTION);
    return result;
}

static term run_compiled(struct process *self, term subject, struct regex *regex, const struct re_options *options,
                         bool first_call) {
    struct regex_task task = {.options = options->match | (first_call ? 0 : PCRE2_NO_UTF_CHECK),
                              .offset = options->offset,
                              .depth_limit = options->depth_limit,
                              .allocate = allocate_scratch,
                              .owner = self};
    if (!flat_bytes(self, subject, &task.subject, &task.size) || task.offset > task.size)
        return raise_badarg(self);
    struct capture capture = {
        .self = self, .options = options, .regex = regex, .subject = subject, .bytes = task.subject};
    switch (run_task(self, regex, options, &task, &capture.groups, &capture.count)) {
    case REGEX_MATCH:
        return match_result(&capture);
    case REGEX_BAD:
        return raise_badarg(self);
    case REGEX_LIMIT:
        return options->report_errors ? error_tuple(self, ATOM_match_limit) : ATOM_nomatch;
    case REGEX_DEPTH_LIMIT:
        return options->report_errors ? error_tuple(self, ATOM_match_limit_recursion) : ATOM_nomatch;
    default:
        return ATOM_nomatch;
    }
}

// Goes on in the Erlang part, which runs until nothing matches any more: re:grun(Subject, Pattern, {Options,
// HasCompileOptions}), and the expression as it was given for its error messages.
static term run_globally(struct process *self, term *arguments, term option_list, const struct regex *regex,
                         const struct regex_source *source, bool was_compiled) {
    if (was_compiled) {
        arguments[2] = heap_tuple_of(&self->heap, 2, option_list, ATOM_false);
    } else {
        arguments[2] = heap_tuple_of(&self->heap, 3, option_list, ATOM_true, arguments[1]);
        arguments[1] = pattern_make(self, regex, source);
    }
    return bif_call(self, ATOM_re, ATOM_grun, 3);
}

static term run(struct process *self, term *arguments, term option_list, bool first_call) {
    struct re_options options;
    struct regex_source source;
    struct regex_error error;
    if (!re_parse_options(option_list, &options))
        return raise_badarg_cause(self, ATOM_badopt);
    if (options.capture == RE_BAD)
        return raise_badarg(self);
    bool was_compiled = is_tuple(arguments[1]);
    if (was_compiled) {
        if (!pattern_read(self, arguments[1], &source) || options.for_compile)
            return raise_badarg(self);
        re_apply_line_options(&options, &source);
    } else if (options.compile & PCRE2_UTF && is_chars(arguments[1])) {
        arguments[2] = option_list;
        return bif_call(self, ATOM_re, ATOM_urun, 3);
    } else if (!source_make(self, arguments[1], &options, &source)) {
        return raise_badarg(self);
    }
    struct regex *regex = regex_get(&source, &error);
    if (!regex) {
        if (!options.report_errors)
            return raise_badarg(self);
        term reason = heap_tuple_of(&self->heap, 2, ATOM_compile, error_term(self, &error));
        return error_tuple(self, reason);
    }
    term result;
    if (regex_is_unicode(regex) && is_chars(arguments[0])) {
        arguments[2] = option_list;
        result = bif_call(self, ATOM_re, ATOM_urun, 3);
    } else if (options.global) {
        result = run_globally(self, arguments, option_list, regex, &source, was_compiled);
    } else {
        result = run_compiled(self, arguments[0], regex, &options, first_call);
    }
    regex_release(regex);
    return result;
}

BIF(re, run, 2) {
    return run(self, arguments, NIL, true);
}

BIF(re, run, 3) {
    return run(self, arguments, arguments[2], true);
}

BIF(re, internal_run, 4) {
    if (arguments[3] != ATOM_true && arguments[3] != ATOM_false)
        return raise_badarg(self);
    return run(self, arguments, arguments[2], arguments[3] == ATOM_true);
}

// ---- about expressions --------------------------------------------------------------------------------------------

BIF(re, inspect, 2) {
    struct regex_source source;
    struct regex_error error;
    struct regex *regex = NULL;
    if (arguments[1] != ATOM_namelist || !pattern_read(self, arguments[0], &source) ||
        !(regex = regex_get(&source, &error)))
        return raise_badarg(self);
    term names = NIL;
    for (size_t i = regex_name_count(regex); i > 0; i--) {
        struct regex_name name = regex_name_at(regex, i - 1);
        if (i > 1 && strcmp(regex_name_at(regex, i - 2).name, name.name) == 0)
            continue;
        names = heap_cons(&self->heap, heap_binary(&self->heap, name.name, name.size), names);
    }
    regex_release(regex);
    return heap_tuple_of(&self->heap, 2, ATOM_namelist, names);
}

BIF(re, version, 0) {
    char version[64];
    int size = pcre2_config(PCRE2_CONFIG_VERSION, version); // with the NUL
    return heap_binary(&self->heap, version, (size_t)size - 1);
}
