// The `erl` command: turns its command line into the emulator's, as OTP's erlexec does.

#ifndef PURLIN_TOOL_ERLEXEC_H
#define PURLIN_TOOL_ERLEXEC_H

#include "tool/arguments.h"

// Where the running Purlin is installed: ROOT holds bin/, erts-VSN/bin/, lib/, releases/. Found from the executable's
// own path, once at start.
struct installation {
    char root[4096];
    char bindir[4096 + 64];
};
bool installation_find(struct installation *installation);

// Reads `words` (erl's arguments, without argv[0]) and the ERL_*FLAGS variables; sets the environment (ROOTDIR, BINDIR,
// EMU, PROGNAME, PATH, -env). The result's word 0 is the emulator's argv[0]. Starts epmd when the node is to be named.
// Ends the program for flags that only print or when something is wrong.
struct arguments erlexec(const struct installation *installation, const char *program, char *const *words);

#endif
