// erlang:load_nif/2.
//
// The preloaded modules' native functions are built in under their modules' names, so loading them is only a word.

#include "bif/bif.h"
#include "bif/native_name.h"
#include "exec/native.h"
#include "nif/nif.h"
#include "socket/socket.h"

static bool is_built_in(const char *path) {
    static const char *const modules[] = {"erl_tracer", "net", "prim_buffer", "prim_file", "prim_socket", "zlib"};
    for (size_t i = 0; i < sizeof modules / sizeof *modules; i++) {
        if (strcmp(path, modules[i]) == 0)
            return true;
    }
    return false;
}

BIF(erlang, load_nif, 2) {
    size_t size;
    const char *path = native_name(self, arguments[0], &size);
    if (!path)
        return raise_badarg(self);
    if (strcmp(path, "prim_socket") == 0)
        sockets_load(arguments[1]);
    return is_built_in(path) ? ATOM_ok : nif_load(self, exec_calling_code(self), path, arguments[1]);
}
