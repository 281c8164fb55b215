// erlang:load_nif/2.
//
// The preloaded modules' native functions are built in under their modules' names, so loading them is only a word. The
// functions of prim_socket and prim_net are not built in: called, those modules raise notsup.

#include "bif/bif.h"
#include "bif/native_name.h"

static bool is_built_in(const char *path) {
    static const char *const modules[] = {"erl_tracer", "prim_buffer", "prim_file", "zlib"};
    for (size_t i = 0; i < sizeof modules / sizeof *modules; i++) {
        if (strcmp(path, modules[i]) == 0)
            return true;
    }
    return false;
}

static term failure(struct process *self, const char *text) {
    term string = heap_string(&self->heap, text, strlen(text));
    return heap_tuple_of(&self->heap, 2, ATOM_error, heap_tuple_of(&self->heap, 2, ATOM_load_failed, string));
}

BIF(erlang, load_nif, 2) {
    size_t size;
    const char *path = is_list(arguments[0]) ? native_name(self, arguments[0], &size) : NULL;
    if (!path)
        return raise_badarg(self);
    return is_built_in(path) ? ATOM_ok : failure(self, "Purlin has no native library of that name");
}
