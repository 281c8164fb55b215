// os: the environment, the process's own number.

#include "bif/bif.h"

#include <stdio.h>
#include <unistd.h>

#include "bif/native_name.h"
#include "io/port.h"
#include "io/signals.h"
#include "sys/sys.h"

// A variable's name is a string without `=`; NULL when the term is none.
static const char *name_argument(struct process *self, term t) {
    size_t size;
    const char *name = is_list(t) || is_nil(t) ? native_name(self, t, &size) : NULL;
    return name && !strchr(name, '=') ? name : NULL;
}

static term string_of(struct heap *heap, const char *text, size_t size) {
    const uint8_t *bytes = (const uint8_t *)text;
    return native_name_is_valid(bytes, size) ? native_name_string(heap, bytes, size) : heap_string(heap, text, size);
}

BIF(os, getenv, 1) {
    const char *name = name_argument(self, arguments[0]);
    if (!name)
        return raise_badarg(self);
    char *value = environment_get(io_environment(), name);
    if (!value)
        return ATOM_false;
    term string = string_of(&self->heap, value, strlen(value));
    sys_free(value);
    return string;
}

BIF(os, putenv, 2) {
    size_t size;
    const char *name = name_argument(self, arguments[0]);
    const char *value = is_list(arguments[1]) || is_nil(arguments[1]) ? native_name(self, arguments[1], &size) : NULL;
    if (!name || !value)
        return raise_badarg(self);
    if (*name) // a variable without a name is accepted, and is not there
        environment_set(io_environment(), (struct environment_change){name, value});
    return ATOM_true;
}

BIF(os, unsetenv, 1) {
    const char *name = name_argument(self, arguments[0]);
    if (!name)
        return raise_badarg(self);
    environment_set(io_environment(), (struct environment_change){name, NULL});
    return ATOM_true;
}

BIF(os, env, 0) {
    struct heap *heap = &self->heap;
    term list = NIL;
    char **strings = environment_vector(io_environment(), NULL, 0);
    for (char **at = strings; *at; at++) {
        size_t name_size = strcspn(*at, "=");
        term name = string_of(heap, *at, name_size);
        term value = string_of(heap, *at + name_size + 1, strlen(*at + name_size + 1));
        list = heap_cons(heap, heap_tuple_of(heap, 2, name, value), list);
    }
    sys_free(strings);
    return list;
}

BIF(os, getpid, 0) {
    char text[16];
    int size = snprintf(text, sizeof text, "%d", getpid());
    return heap_string(&self->heap, text, (size_t)size);
}

BIF(os, set_signal, 2) {
    enum signal_disposition disposition;
    switch (arguments[1]) {
    case ATOM_default:
        disposition = SIGNAL_DEFAULT;
        break;
    case ATOM_ignore:
        disposition = SIGNAL_IGNORE;
        break;
    case ATOM_handle:
        disposition = SIGNAL_HANDLE;
        break;
    default:
        return raise_badarg_cause(self, ATOM_badopt);
    }
    return signals_set(arguments[0], disposition) ? ATOM_ok : raise_badarg(self);
}
