// A growing list of words: a command line under construction.

#ifndef PURLIN_TOOL_ARGUMENTS_H
#define PURLIN_TOOL_ARGUMENTS_H

#include <stddef.h>

struct arguments {
    char **words; // NULL-terminated; each from sys_alloc
    size_t count, room;
};

void arguments_add(struct arguments *arguments, const char *word); // copies it
void arguments_free(struct arguments *arguments);
void arguments_add_all(struct arguments *arguments, char *const *words);
// Splits a string as the shell would: blanks, quotes, backslashes; with `comments`, # to the end of the line is
// skipped.
void arguments_split(struct arguments *arguments, const char *text, bool comments);

#endif
