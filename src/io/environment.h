// The environment variables as Erlang code sees and changes them. The C library's own are left as they were at start,
// because they cannot be changed while other threads read them.

#ifndef PURLIN_IO_ENVIRONMENT_H
#define PURLIN_IO_ENVIRONMENT_H

#include <stdbool.h>
#include <stddef.h>

struct environment;

struct environment_change {
    const char *name;
    const char *value; // NULL: taken away
};

// From strings NAME=VALUE, as main gets them.
struct environment *environment_new(char *const *strings);
// A copy that the caller frees with sys_free; NULL when there is no such variable.
char *environment_get(struct environment *environment, const char *name);
void environment_set(struct environment *environment, struct environment_change change);
// A NULL-terminated vector of the strings NAME=VALUE with the changes made, all in one allocation (sys_free).
char **environment_vector(struct environment *environment, const struct environment_change *changes, size_t count);

#endif
