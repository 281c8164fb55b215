// Reading the options of the module re.

#include "bif/re_options.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

enum use { FOR_COMPILE = 1, FOR_RUN = 2, FOR_BOTH = 3 };

// Options that are an atom.
static const struct flag {
    term name;
    enum use use;
    uint32_t compile, match;
} flags[] = {
    {ATOM_anchored, FOR_BOTH, PCRE2_ANCHORED, PCRE2_ANCHORED},
    {ATOM_caseless, FOR_COMPILE, PCRE2_CASELESS, 0},
    {ATOM_dollar_endonly, FOR_COMPILE, PCRE2_DOLLAR_ENDONLY, 0},
    {ATOM_dotall, FOR_COMPILE, PCRE2_DOTALL, 0},
    {ATOM_dupnames, FOR_COMPILE, PCRE2_DUPNAMES, 0},
    {ATOM_extended, FOR_COMPILE, PCRE2_EXTENDED, 0},
    {ATOM_firstline, FOR_COMPILE, PCRE2_FIRSTLINE, 0},
    {ATOM_multiline, FOR_COMPILE, PCRE2_MULTILINE, 0},
    {ATOM_never_utf, FOR_COMPILE, PCRE2_NEVER_UTF, 0},
    {ATOM_no_auto_capture, FOR_COMPILE, PCRE2_NO_AUTO_CAPTURE, 0},
    {ATOM_no_start_optimize, FOR_COMPILE, PCRE2_NO_START_OPTIMIZE, 0},
    {ATOM_ucp, FOR_COMPILE, PCRE2_UCP, 0},
    {ATOM_ungreedy, FOR_COMPILE, PCRE2_UNGREEDY, 0},
    {ATOM_unicode, FOR_COMPILE, PCRE2_UTF, 0},
    {ATOM_notbol, FOR_RUN, 0, PCRE2_NOTBOL},
    {ATOM_notempty, FOR_RUN, 0, PCRE2_NOTEMPTY},
    {ATOM_notempty_atstart, FOR_RUN, 0, PCRE2_NOTEMPTY_ATSTART},
    {ATOM_noteol, FOR_RUN, 0, PCRE2_NOTEOL},
};
static const size_t flag_count = sizeof flags / sizeof *flags;

uint32_t re_compile_options(void) {
    uint32_t all = 0;
    for (size_t i = 0; i < flag_count; i++)
        all |= flags[i].compile;
    return all;
}

static bool read_atom(term name, struct re_options *options) {
    for (size_t i = 0; i < flag_count; i++)
        if (flags[i].name == name) {
            options->compile |= flags[i].compile;
            options->match |= flags[i].match;
            options->for_compile |= flags[i].use == FOR_COMPILE;
            options->for_run |= flags[i].use == FOR_RUN;
            return true;
        }
    if (name == ATOM_bsr_anycrlf || name == ATOM_bsr_unicode) {
        options->bsr_anycrlf = name == ATOM_bsr_anycrlf;
        return true;
    }
    options->for_run = true;
    options->global |= name == ATOM_global;
    options->report_errors |= name == ATOM_report_errors;
    return name == ATOM_global || name == ATOM_report_errors;
}

static bool read_newline(term value, struct re_options *options) {
    static const term names[] = {ATOM_lf, ATOM_cr, ATOM_crlf, ATOM_anycrlf, ATOM_any}; // as in enum regex_newline
    for (int i = 0; i <= REGEX_NEWLINE_ANY; i++)
        if (names[i] == value) {
            options->newline = i;
            return true;
        }
    return false;
}

static void read_capture(term what, term type, struct re_options *options) {
    static const struct {
        term name;
        enum re_capture capture;
    } names[] = {
        {ATOM_all, RE_ALL},         {ATOM_all_but_first, RE_ALL_BUT_FIRST},
        {ATOM_first, RE_FIRST},     {ATOM_none, RE_NONE},
        {ATOM_all_names, RE_NAMES}, {NIL, RE_NONE},
    };
    bool known = is_list(what);
    options->capture = RE_IDS;
    options->capture_ids = what;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].name == what) {
            options->capture = names[i].capture;
            known = true;
        }
    options->capture_type = type == ATOM_list ? RE_LIST : type == ATOM_binary ? RE_BINARY : RE_INDEX;
    if (!known || (type != ATOM_index && type != ATOM_list && type != ATOM_binary))
        options->capture = RE_BAD;
}

static bool read_limit(term value, uint32_t *limit) {
    if (!is_small(value) || small_value(value) < 0 || small_value(value) > UINT32_MAX)
        return false;
    *limit = (uint32_t)small_value(value);
    return true;
}

static bool read_pair(term name, term value, struct re_options *options) {
    if (name == ATOM_newline)
        return read_newline(value, options);
    options->for_run = true;
    if (name == ATOM_capture) {
        read_capture(value, ATOM_index, options);
        return true;
    }
    if (name == ATOM_match_limit)
        return read_limit(value, &options->match_limit);
    if (name == ATOM_match_limit_recursion)
        return read_limit(value, &options->depth_limit);
    if (name != ATOM_offset || !is_small(value) || small_value(value) < 0)
        return false;
    options->offset = (size_t)small_value(value);
    return true;
}

static bool read_option(term option, struct re_options *options) {
    if (is_atom(option))
        return read_atom(option, options);
    if (is_tuple_of(option, 2))
        return read_pair(tuple_element(option, 1), tuple_element(option, 2), options);
    if (!is_tuple_of(option, 3) || tuple_element(option, 1) != ATOM_capture)
        return false;
    options->for_run = true;
    read_capture(tuple_element(option, 2), tuple_element(option, 3), options);
    return true;
}

bool re_parse_options(term list, struct re_options *options) {
    *options = (struct re_options){.newline = -1, .bsr_anycrlf = -1};
    for (; is_list(list); list = list_tail(list))
        if (!read_option(list_head(list), options))
            return false;
    return is_nil(list);
}

void re_apply_line_options(const struct re_options *options, struct regex_source *source) {
    if (options->newline >= 0)
        source->newline = (uint8_t)options->newline;
    if (options->bsr_anycrlf >= 0)
        source->bsr_anycrlf = options->bsr_anycrlf;
}
