// What PCRE2 knows of single bytes: letters, digits, upper and lower case.

#ifndef PURLIN_TERM_REGEX_TABLES_H
#define PURLIN_TERM_REGEX_TABLES_H

#include <stdint.h>

// Tables for ISO 8859-1, as OTP has them: they also decide for characters below 256 in expressions with the option
// unicode, without ucp. Made anew on each call; they live as long as expressions that were compiled with them.
const uint8_t *regex_tables_new(void);

#endif
