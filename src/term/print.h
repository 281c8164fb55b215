// Terms as text, as erlang:display/1 and the emulator's own messages print them.

#ifndef PURLIN_TERM_PRINT_H
#define PURLIN_TERM_PRINT_H

#include "term/term.h"

// Growing text.
struct text {
    char *bytes; // from sys_alloc; NULL while empty
    size_t size, room;
};

// Makes the text longer by `size` bytes and returns where they are to be written.
char *text_extend(struct text *text, size_t size);
void text_append(struct text *text, const void *bytes, size_t size);
void text_format(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_free(struct text *text);

void term_print(struct text *text, term t);
void term_print_limited(struct text *text, term t, size_t limit); // about `limit` bytes, then ...
// "<0.1.0>", "#Port<0.1>", "#Ref<0.1.2.3>": what pid_to_list and its kin return.
void term_print_identifier(struct text *text, term t);

#endif
