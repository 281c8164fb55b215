// The public C interface: libraries that others wrote against OTP's erl_nif.h load unmodified.
//
// The interface is OTP's own header, which the build takes from the installed erlang-dev: so the compiler checks every
// function here against it, and the executable exports them all by name. An ERL_NIF_TERM is our term; libraries look
// into none. The functions that the header declares are not declared again in this room.
//
// What there is:
//
//   struct enif_environment_t   where a library makes terms: the heap of the process that called it, or a builder
//                               (environment.h)
//   struct nif_library          a loaded library with the functions that it put into a module's place (library.h)
//   struct enif_resource_type_t, struct resource
//                               objects of libraries behind references (resource.h)
//
// A native function runs to its end on the C stack of the process that called it, on a scheduler; one that is marked
// dirty runs in a thread of the slow-work pool. It allocates as built-in functions do, so terms stay where they are
// for the whole call. Between two functions that follow one another (enif_schedule_nif) the process may be collected
// and may give way.
//
// Any thread may call what needs no environment of a process; such threads count as visitors to the epochs
// (epoch_visit) for as long as they look at processes.

#ifndef PURLIN_NIF_NIF_H
#define PURLIN_NIF_NIF_H

#include "code/code.h"
#include "proc/proc.h"

void nif_init(void);

// What erlang:load_nif(Path, Info) answers when called by a function of `code`: ok or {error, {Reason, Text}}. `path`
// lacks the ".so". `code` NULL: the caller is not known.
term nif_load(struct process *self, struct code *code, const char *path, term info);

// The modules that have tried to load libraries, oldest first: erlang:system_info(taints).
term nif_taints(struct heap *heap);
// The same one by one, without a lock: the VM stands still. NONE when there are no more.
term nif_taint(size_t index);

#endif
