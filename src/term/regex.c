// Regular expressions: compiling, the cache, matching. See regex.h.

#include "term/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdatomic.h>
#include <string.h>

#include "sys/sys.h"
#include "sys/thread.h"
#include "term/regex_error.h"
#include "term/regex_tables.h"
#include "vm.h"

struct regex {
    _Atomic size_t references;
    uint64_t last_use; // of the cache's clock
    uint64_t hash;
    struct regex_source source; // its text lies behind
    pcre2_code *code;
    uint8_t text[];
};

// A hash table of sets: an expression may lie in any place of its set, and takes that of the one unused for longest.
enum { CACHE_SETS = 512, SET_PLACES = 4 };

struct regex_cache {
    mutex lock;
    uint64_t clock;
    const uint8_t *tables;
    struct regex *sets[CACHE_SETS][SET_PLACES];
};

static uint32_t pcre_newline(uint8_t newline) {
    static const uint32_t numbers[] = {PCRE2_NEWLINE_LF, PCRE2_NEWLINE_CR, PCRE2_NEWLINE_CRLF, PCRE2_NEWLINE_ANYCRLF,
                                       PCRE2_NEWLINE_ANY};
    return numbers[newline];
}

// ---- what PCRE 8 took and PCRE2 does not
//
// The text is compiled as it is; where that fails for one of these reasons it is changed at that place and compiled
// again. (What both take means the same in both.)

// PCRE 8's leading (*UTF8) is (*UTF) now: it stands for the option.
#define UTF8_VERB "(*UTF8)"

enum { REPAIRS_MAX = 100 };

// A text under repair.
struct draft {
    uint8_t *text;
    size_t size;
    uint32_t options, extra;
    ptrdiff_t shift; // what is to be added to a position to get the one in the original
};

static void draft_begin(struct draft *draft, const struct regex_source *source) {
    size_t skip = 0, verb = strlen(UTF8_VERB);
    *draft = (struct draft){.options = source->options, .extra = PCRE2_EXTRA_ALLOW_LOOKAROUND_BSK};
    if (source->size >= verb && memcmp(source->text, UTF8_VERB, verb) == 0 && !(source->options & PCRE2_NEVER_UTF)) {
        skip = verb;
        draft->shift = (ptrdiff_t)verb;
        draft->options |= PCRE2_UTF;
    }
    draft->size = source->size - skip;
    draft->text = sys_alloc(draft->size + REPAIRS_MAX);
    memcpy(draft->text, source->text + skip, draft->size);
}

// Changes the text where PCRE2 found the error; false when PCRE 8 saw one, too.
static bool draft_repair(struct draft *draft, int number, size_t position) {
    uint8_t *at = draft->text + position;
    bool inside = position < draft->size;
    if (number == PCRE2_ERROR_UNKNOWN_ESCAPE && !(draft->extra & PCRE2_EXTRA_BAD_ESCAPE_IS_LITERAL)) {
        draft->extra |= PCRE2_EXTRA_BAD_ESCAPE_IS_LITERAL;
        return true;
    }
    if (number == PCRE2_ERROR_CLASS_INVALID_RANGE && inside && *at == '-') { // [\d-z]: the hyphen is one
        memmove(at + 1, at, draft->size - position);
        *at = '\\';
        draft->size++;
        draft->shift--;
        return true;
    }
    if (number == PCRE2_ERROR_ESCAPE_INVALID_IN_CLASS && inside && position > 0 && strchr("BRX", *at)) { // the letter
        memmove(at - 1, at, draft->size - position);
        draft->size--;
        draft->shift++;
        return true;
    }
    return false;
}

// ---- compiling ----------------------------------------------------------------------------------------------------

static pcre2_code *compile_code(const struct regex_source *source, const uint8_t *tables, struct regex_error *error) {
    pcre2_compile_context *context = pcre2_compile_context_create(NULL);
    pcre2_set_newline(context, pcre_newline(source->newline));
    pcre2_set_bsr(context, source->bsr_anycrlf ? PCRE2_BSR_ANYCRLF : PCRE2_BSR_UNICODE);
    pcre2_set_character_tables(context, tables);
    struct draft draft;
    draft_begin(&draft, source);
    int number;
    PCRE2_SIZE position;
    pcre2_code *code = NULL;
    for (unsigned repairs = 0; repairs < REPAIRS_MAX; repairs++) {
        pcre2_set_compile_extra_options(context, draft.extra);
        code = pcre2_compile(draft.text, draft.size, draft.options, &number, &position, context);
        if (code || !draft_repair(&draft, number, position))
            break;
    }
    if (!code)
        regex_error_set(error, number, (ptrdiff_t)position + draft.shift);
    sys_free(draft.text);
    pcre2_compile_context_free(context);
    return code;
}

static struct regex *compile(const struct regex_source *source, const uint8_t *tables, struct regex_error *error) {
    pcre2_code *code = compile_code(source, tables, error);
    if (!code)
        return NULL;
    pcre2_jit_compile(code, PCRE2_JIT_COMPLETE); // without it (out of memory, say) the code is interpreted
    struct regex *regex = sys_alloc(sizeof *regex + source->size);
    *regex = (struct regex){.references = 1, .source = *source, .code = code};
    memcpy(regex->text, source->text, source->size);
    regex->source.text = regex->text;
    return regex;
}

void regex_retain(struct regex *regex) {
    atomic_fetch_add_explicit(&regex->references, 1, memory_order_relaxed);
}

void regex_release(struct regex *regex) {
    if (atomic_fetch_sub_explicit(&regex->references, 1, memory_order_acq_rel) > 1)
        return;
    pcre2_code_free(regex->code);
    sys_free(regex);
}

// ---- the cache ----------------------------------------------------------------------------------------------------

// FNV-1a.
static uint64_t hash_source(const struct regex_source *source) {
    uint64_t hash =
        0xcbf29ce484222325u ^ source->options ^ (uint64_t)source->newline << 32 ^ (uint64_t)source->bsr_anycrlf << 40;
    for (size_t i = 0; i < source->size; i++)
        hash = (hash ^ source->text[i]) * 0x100000001b3u;
    return hash ^ hash >> 32;
}

static bool same_source(const struct regex_source *a, const struct regex_source *b) {
    return a->size == b->size && a->options == b->options && a->newline == b->newline &&
           a->bsr_anycrlf == b->bsr_anycrlf && memcmp(a->text, b->text, a->size) == 0;
}

static struct regex_cache *cache(void) {
    struct regex_cache *existing = atomic_load_explicit(&vm.regexes, memory_order_acquire);
    if (existing)
        return existing;
    struct regex_cache *made = sys_alloc_zero(sizeof *made);
    mutex_init(&made->lock);
    made->tables = regex_tables_new();
    if (atomic_compare_exchange_strong(&vm.regexes, &existing, made))
        return made;
    pcre2_maketables_free(NULL, made->tables);
    sys_free(made);
    return existing;
}

// The place of that source in its set; else the place to use for it.
static struct regex **find_place(struct regex_cache *in, const struct regex_source *source, uint64_t hash) {
    struct regex **set = in->sets[hash % CACHE_SETS], **oldest = set;
    for (size_t i = 0; i < SET_PLACES; i++) {
        if (set[i] && set[i]->hash == hash && same_source(&set[i]->source, source))
            return &set[i];
        if (*oldest && (!set[i] || set[i]->last_use < (*oldest)->last_use))
            oldest = &set[i];
    }
    return oldest;
}

struct regex *regex_get(const struct regex_source *source, struct regex_error *error) {
    struct regex_cache *in = cache();
    uint64_t hash = hash_source(source);
    mutex_lock(&in->lock);
    struct regex *found = *find_place(in, source, hash);
    if (found && found->hash == hash && same_source(&found->source, source)) {
        found->last_use = ++in->clock;
        regex_retain(found);
        mutex_unlock(&in->lock);
        return found;
    }
    mutex_unlock(&in->lock);
    struct regex *regex = compile(source, in->tables, error);
    if (!regex)
        return NULL;
    regex->hash = hash;
    regex_retain(regex);
    mutex_lock(&in->lock);
    struct regex **place = find_place(in, source, hash), *old = *place;
    regex->last_use = ++in->clock;
    *place = regex;
    mutex_unlock(&in->lock);
    if (old)
        regex_release(old);
    return regex;
}

// ---- what is known of an expression -------------------------------------------------------------------------------

size_t regex_capture_count(const struct regex *regex) {
    uint32_t count;
    pcre2_pattern_info(regex->code, PCRE2_INFO_CAPTURECOUNT, &count);
    return count;
}

bool regex_is_unicode(const struct regex *regex) {
    return regex->source.options & PCRE2_UTF;
}

bool regex_newline_may_be_crlf(const struct regex *regex) {
    uint32_t newline;
    pcre2_pattern_info(regex->code, PCRE2_INFO_NEWLINE, &newline);
    return newline == PCRE2_NEWLINE_CRLF || newline == PCRE2_NEWLINE_ANYCRLF || newline == PCRE2_NEWLINE_ANY;
}

size_t regex_name_count(const struct regex *regex) {
    uint32_t count;
    pcre2_pattern_info(regex->code, PCRE2_INFO_NAMECOUNT, &count);
    return count;
}

// PCRE2's table of names: entries of one size, each the group's number in two bytes and the name.
struct regex_name regex_name_at(const struct regex *regex, size_t index) {
    uint32_t size;
    const uint8_t *table;
    pcre2_pattern_info(regex->code, PCRE2_INFO_NAMEENTRYSIZE, &size);
    pcre2_pattern_info(regex->code, PCRE2_INFO_NAMETABLE, &table);
    const uint8_t *entry = table + index * size;
    const char *name = (const char *)entry + 2;
    return (struct regex_name){name, strlen(name), (size_t)entry[0] << 8 | entry[1]};
}

// ---- matching -----------------------------------------------------------------------------------------------------

static void leave_to_owner(void *memory, void *owner) {
}

static enum regex_result result_of(int code) {
    if (code >= 0)
        return REGEX_MATCH;
    if (code == PCRE2_ERROR_MATCHLIMIT || code == PCRE2_ERROR_HEAPLIMIT || code == PCRE2_ERROR_RECURSELOOP)
        return REGEX_LIMIT;
    if (code == PCRE2_ERROR_DEPTHLIMIT)
        return REGEX_DEPTH_LIMIT;
    bool bad_utf = code <= PCRE2_ERROR_UTF8_ERR1 && code >= PCRE2_ERROR_UTF8_ERR21;
    return bad_utf || code == PCRE2_ERROR_BADUTFOFFSET ? REGEX_BAD : REGEX_NOMATCH;
}

enum regex_result regex_run(const struct regex *regex, const struct regex_task *task, const size_t **groups,
                            size_t *count) {
    pcre2_general_context *general = pcre2_general_context_create(task->allocate, leave_to_owner, task->owner);
    pcre2_match_context *context = pcre2_match_context_create(general);
    pcre2_match_data *data = pcre2_match_data_create_from_pattern(regex->code, general);
    if (task->match_limit)
        pcre2_set_match_limit(context, task->match_limit);
    if (task->depth_limit)
        pcre2_set_depth_limit(context, task->depth_limit);
    // The machine code keeps no account of the depth.
    uint32_t options = task->options | (task->depth_limit ? PCRE2_NO_JIT : 0);
    int code = pcre2_match(regex->code, task->subject, task->size, task->offset, options, data, context);
    if (code == PCRE2_ERROR_JIT_STACKLIMIT)
        code = pcre2_match(regex->code, task->subject, task->size, task->offset, options | PCRE2_NO_JIT, data, context);
    if (code > 0) {
        *groups = pcre2_get_ovector_pointer(data);
        *count = (size_t)code;
    }
    return result_of(code);
}
