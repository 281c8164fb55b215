// The commands that are `erl` with arguments of their own: escript, erlc, dialyzer, ct_run, typer.

#ifndef PURLIN_TOOL_FRONTEND_H
#define PURLIN_TOOL_FRONTEND_H

#include "tool/erlexec.h"

#include <stdbool.h>

// Appends to `words` what `erl` must be called with to be that command; false when there is no such command.
// `arguments` are the command's own, without argv[0]. Sets the environment that the command's Erlang code reads.
bool frontend(const struct installation *installation, const char *command, char *const *arguments,
              struct arguments *words);

#endif
