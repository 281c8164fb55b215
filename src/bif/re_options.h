// The options of re:compile/2 and re:run/3.

#ifndef PURLIN_BIF_RE_OPTIONS_H
#define PURLIN_BIF_RE_OPTIONS_H

#include "term/regex.h"
#include "term/term.h"

// RE_BAD: what or how to capture is not known; an error like a wrong argument, not like an unknown option.
enum re_capture { RE_ALL, RE_ALL_BUT_FIRST, RE_FIRST, RE_NONE, RE_NAMES, RE_IDS, RE_BAD };
enum re_capture_type { RE_INDEX, RE_LIST, RE_BINARY };

struct re_options {
    uint32_t compile, match; // PCRE2's
    bool for_compile;        // has an option that only compiling takes
    bool for_run;            // has an option that only running takes
    bool global, report_errors;
    int newline;     // enum regex_newline, or -1: not given
    int bsr_anycrlf; // -1: not given
    size_t offset;
    uint32_t match_limit, depth_limit; // 0: not given
    enum re_capture capture;
    enum re_capture_type capture_type;
    term capture_ids; // RE_IDS: a list, not checked yet
};

// False for what is no list of options.
bool re_parse_options(term list, struct re_options *options);
// All of PCRE2's options that `compile` may have.
uint32_t re_compile_options(void);
// Sets the source's newline and bsr where they were given.
void re_apply_line_options(const struct re_options *options, struct regex_source *source);

#endif
