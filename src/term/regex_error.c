// PCRE2's numbers of errors with PCRE 8's texts, and how much further on or back PCRE 8 saw the error. (References to
// groups that do not exist are the exception: PCRE 8 told of them at their end, PCRE2 does at their beginning.)

#include "term/regex_error.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdio.h>

static const struct {
    int number, shift;
    const char *text;
} errors[] = {
    {PCRE2_ERROR_END_BACKSLASH, 0, "\\ at end of pattern"},
    {PCRE2_ERROR_END_BACKSLASH_C, 0, "\\c at end of pattern"},
    {PCRE2_ERROR_UNKNOWN_ESCAPE, 0, "unrecognized character follows \\"},
    {PCRE2_ERROR_QUANTIFIER_OUT_OF_ORDER, 0, "numbers out of order in {} quantifier"},
    {PCRE2_ERROR_QUANTIFIER_TOO_BIG, 0, "number too big in {} quantifier"},
    {PCRE2_ERROR_MISSING_SQUARE_BRACKET, 0, "missing terminating ] for character class"},
    {PCRE2_ERROR_ESCAPE_INVALID_IN_CLASS, 0, "invalid escape sequence in character class"},
    {PCRE2_ERROR_CLASS_RANGE_ORDER, 0, "range out of order in character class"},
    {PCRE2_ERROR_QUANTIFIER_INVALID, 0, "nothing to repeat"},
    {PCRE2_ERROR_INVALID_AFTER_PARENS_QUERY, 0, "unrecognized character after (? or (?-"},
    {PCRE2_ERROR_POSIX_CLASS_NOT_IN_CLASS, 0, "POSIX named classes are supported only within a class"},
    {PCRE2_ERROR_POSIX_NO_SUPPORT_COLLATING, 0, "POSIX collating elements are not supported"},
    {PCRE2_ERROR_MISSING_CLOSING_PARENTHESIS, 0, "missing )"},
    {PCRE2_ERROR_BAD_SUBPATTERN_REFERENCE, 0, "reference to non-existent subpattern"},
    {PCRE2_ERROR_MISSING_COMMENT_CLOSING, 0, "missing ) after comment"},
    {PCRE2_ERROR_PARENTHESES_NEST_TOO_DEEP, 0, "parentheses are too deeply nested"},
    {PCRE2_ERROR_PATTERN_TOO_LARGE, 0, "regular expression is too large"},
    {PCRE2_ERROR_UNMATCHED_CLOSING_PARENTHESIS, 0, "unmatched parentheses"},
    {PCRE2_ERROR_MISSING_CONDITION_CLOSING, 0, "malformed number or name after (?("},
    {PCRE2_ERROR_LOOKBEHIND_NOT_FIXED_LENGTH, 0, "lookbehind assertion is not fixed length"},
    {PCRE2_ERROR_ZERO_RELATIVE_REFERENCE, 0, "a numbered reference must not be zero"},
    {PCRE2_ERROR_TOO_MANY_CONDITION_BRANCHES, 0, "conditional group contains more than two branches"},
    {PCRE2_ERROR_CONDITION_ASSERTION_EXPECTED, 1, "assertion expected after (?( or (?(?C)"},
    {PCRE2_ERROR_BAD_RELATIVE_REFERENCE, 1, "digit expected after (?+"},
    {PCRE2_ERROR_UNKNOWN_POSIX_CLASS, 0, "unknown POSIX class name"},
    {PCRE2_ERROR_CODE_POINT_TOO_BIG, 0, "character value in \\x{} or \\o{} is too large"},
    {PCRE2_ERROR_LOOKBEHIND_INVALID_BACKSLASH_C, 0, "\\C not allowed in lookbehind assertion"},
    {PCRE2_ERROR_UNSUPPORTED_ESCAPE_SEQUENCE, -1, "PCRE does not support \\L, \\l, \\N{name}, \\U, or \\u"},
    {PCRE2_ERROR_CALLOUT_NUMBER_TOO_BIG, 0, "number after (?C is > 255"},
    {PCRE2_ERROR_MISSING_CALLOUT_CLOSING, 0, "closing ) for (?C expected"},
    {PCRE2_ERROR_UNRECOGNIZED_AFTER_QUERY_P, 0, "unrecognized character after (?P"},
    {PCRE2_ERROR_MISSING_NAME_TERMINATOR, 0, "syntax error in subpattern name (missing terminator)"},
    {PCRE2_ERROR_DUPLICATE_SUBPATTERN_NAME, -1, "two named subpatterns have the same name"},
    {PCRE2_ERROR_INVALID_SUBPATTERN_NAME, 0, "group name must start with a non-digit"},
    {PCRE2_ERROR_MALFORMED_UNICODE_PROPERTY, 0, "malformed \\P or \\p sequence"},
    {PCRE2_ERROR_UNKNOWN_UNICODE_PROPERTY, -1, "unknown property name after \\P or \\p"},
    {PCRE2_ERROR_SUBPATTERN_NAME_TOO_LONG, 0, "subpattern name is too long (maximum 32 characters)"},
    {PCRE2_ERROR_TOO_MANY_NAMED_SUBPATTERNS, 0, "too many named subpatterns (maximum 10000)"},
    {PCRE2_ERROR_CLASS_INVALID_RANGE, -1, "invalid range in character class"},
    {PCRE2_ERROR_OCTAL_BYTE_TOO_BIG, -1, "octal value is greater than \\377 in 8-bit non-UTF-8 mode"},
    {PCRE2_ERROR_DEFINE_TOO_MANY_BRANCHES, 0, "DEFINE group contains more than one branch"},
    {PCRE2_ERROR_BACKSLASH_O_MISSING_BRACE, 0, "missing opening brace after \\o"},
    {PCRE2_ERROR_BACKSLASH_G_SYNTAX, 0,
     "\\g is not followed by a braced, angle-bracketed, or quoted name/number or by a plain number"},
    {PCRE2_ERROR_PARENS_QUERY_R_MISSING_CLOSING, 0, "(?R or (?[+-]digits must be followed by )"},
    {PCRE2_ERROR_VERB_ARGUMENT_NOT_ALLOWED, 0, "an argument is not allowed for (*ACCEPT), (*FAIL), or (*COMMIT)"},
    {PCRE2_ERROR_VERB_UNKNOWN, 0, "(*VERB) not recognized or malformed"},
    {PCRE2_ERROR_SUBPATTERN_NUMBER_TOO_BIG, 0, "number is too big"},
    {PCRE2_ERROR_SUBPATTERN_NAME_EXPECTED, 0, "subpattern name expected"},
    {PCRE2_ERROR_INVALID_OCTAL, 0, "non-octal character in \\o{} (closing brace missing?)"},
    {PCRE2_ERROR_SUBPATTERN_NAMES_MISMATCH, -1, "different names for subpatterns of the same number are not allowed"},
    {PCRE2_ERROR_MARK_MISSING_ARGUMENT, 0, "(*MARK) must have an argument"},
    {PCRE2_ERROR_INVALID_HEXADECIMAL, 0, "non-hex character in \\x{} (closing brace missing?)"},
    {PCRE2_ERROR_BACKSLASH_C_SYNTAX, 0, "\\c must be followed by an ASCII character"},
    {PCRE2_ERROR_BACKSLASH_K_SYNTAX, -1, "\\k is not followed by a braced, angle-bracketed, or quoted name"},
    {PCRE2_ERROR_BACKSLASH_N_IN_CLASS, -1, "\\N is not supported in a class"},
    {PCRE2_ERROR_UNICODE_DISALLOWED_CODE_POINT, 0, "disallowed Unicode code point (>= 0xd800 && <= 0xdfff)"},
    {PCRE2_ERROR_UTF_IS_DISABLED, 0, "setting UTF is disabled by the application"},
    {PCRE2_ERROR_VERB_NAME_TOO_LONG, 0, "name is too long in (*MARK), (*PRUNE), (*SKIP), or (*THEN)"},
    {PCRE2_ERROR_TOO_MANY_CAPTURES, 0, "too many capturing groups (maximum 65535)"},
    {PCRE2_ERROR_MISSING_OCTAL_OR_HEX_DIGITS, 0, "digits missing in \\x{} or \\o{}"},
    {PCRE2_ERROR_HEAP_FAILED, 0, "failed to get memory"},
    {PCRE2_ERROR_PATTERN_TOO_COMPLICATED, 0, "regular expression is too complicated"},
};

void regex_error_set(struct regex_error *error, int number, ptrdiff_t position) {
    const char *text = number < 0 ? "invalid UTF-8 string" : NULL;
    for (size_t i = 0; i < sizeof errors / sizeof *errors && !text; i++)
        if (errors[i].number == number) {
            text = errors[i].text;
            position += errors[i].shift;
        }
    error->position = position < 0 ? 0 : (size_t)position;
    if (text)
        snprintf(error->text, sizeof error->text, "%s", text);
    else
        pcre2_get_error_message(number, (PCRE2_UCHAR *)error->text, sizeof error->text);
}
