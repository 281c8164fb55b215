// Regular expressions: compiled with PCRE2 and kept.
//
// A compiled expression is named by its source: the text and the options. What Erlang code holds is the source; the
// code for the machine stays here, in a cache of limited size, shared by all threads. So an expression from another
// node or from a file can do no harm, and one that is given as text on every call is not compiled on every call.

#ifndef PURLIN_TERM_REGEX_H
#define PURLIN_TERM_REGEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum regex_newline {
    REGEX_NEWLINE_LF, // the default
    REGEX_NEWLINE_CR,
    REGEX_NEWLINE_CRLF,
    REGEX_NEWLINE_ANYCRLF,
    REGEX_NEWLINE_ANY,
};

struct regex_source {
    const uint8_t *text;
    size_t size;
    uint32_t options; // PCRE2's for compiling
    uint8_t newline;  // enum regex_newline
    bool bsr_anycrlf; // \R matches only CR, LF and CRLF
};

struct regex_error {
    char text[128]; // as PCRE 8 words it
    size_t position;
};

struct regex;

// From the cache or compiled anew; the caller releases it. NULL after an error.
struct regex *regex_get(const struct regex_source *source, struct regex_error *error);
void regex_retain(struct regex *regex);
void regex_release(struct regex *regex);

size_t regex_capture_count(const struct regex *regex); // without the whole match
bool regex_is_unicode(const struct regex *regex);      // by its options; what its text asks for does not count
bool regex_newline_may_be_crlf(const struct regex *regex);

// The names of groups, in alphabetical order. A name stands more than once when several groups have it.
struct regex_name {
    const char *name; // ends with a NUL
    size_t size;
    size_t group;
};
size_t regex_name_count(const struct regex *regex);
struct regex_name regex_name_at(const struct regex *regex, size_t index);

enum regex_result {
    REGEX_MATCH,
    REGEX_NOMATCH,
    REGEX_LIMIT,       // match_limit
    REGEX_DEPTH_LIMIT, // match_limit_recursion
    REGEX_BAD,         // the subject is not UTF-8, or the offset is not at a character
};

struct regex_task {
    const uint8_t *subject;
    size_t size, offset;
    uint32_t options;                  // PCRE2's for matching
    uint32_t match_limit, depth_limit; // 0: the default
    void *(*allocate)(size_t, void *); // for working memory: given back, if at all, by its owner
    void *owner;
};

#define REGEX_UNSET SIZE_MAX

// On a match *groups points to pairs of offsets, start and end, of the whole and of each group up to the last one that
// took part: *count pairs. A group that took no part has REGEX_UNSET.
enum regex_result regex_run(const struct regex *regex, const struct regex_task *task, const size_t **groups,
                            size_t *count);

#endif
