// What is wrong with a regular expression, in the words of PCRE 8: programs compare and print them.

#ifndef PURLIN_TERM_REGEX_ERROR_H
#define PURLIN_TERM_REGEX_ERROR_H

#include <stddef.h>

#include "term/regex.h"

// What an error of PCRE2's compiler at that position is.
void regex_error_set(struct regex_error *error, int number, ptrdiff_t position);

#endif
