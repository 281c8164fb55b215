// Links, monitors and aliases as the running process makes and ends them. The built-in functions are thin over these.

#ifndef PURLIN_PROC_LINK_H
#define PURLIN_PROC_LINK_H

#include "proc/bond.h"
#include "proc/proc.h"

// Both take a local pid or port, or a pid or port of another node. A link to what does not exist is answered by an
// exit signal with the reason noproc.
void link_add(struct process *self, term other);
void link_remove(struct process *self, term other);

struct monitor_options {
    term tag; // NONE: 'DOWN'
    enum alias_mode alias;
};
// Watches a process or port: `target` is a pid, a port, or {Name, Node} with `owner` what the name stands for now
// (ATOM_undefined if nothing; the target itself when it is on another node). Returns the reference.
term monitor_add(struct process *self, term type, term target, term owner, const struct monitor_options *options);
// False when there is no such monitor.
bool monitor_remove(struct process *self, term reference);
// Tells the other side of a monitor that we no longer watch.
void monitor_send_end(struct process *self, const struct bond *monitor);
// The monitor has fired or was removed: its alias may live on. Frees the bond.
void monitor_ended(struct process *self, struct bond *monitor);

term alias_add(struct process *self, enum alias_mode mode);
bool alias_remove(struct process *self, term reference);
// A message came through the alias: true when it is active; ends those that end with the first message.
bool alias_accepts(struct process *self, term reference);
// A reference that says whose it is, so that messages can be sent to it.
term alias_reference(struct process *self);
// The pid in such a reference, or NONE.
static inline term alias_owner(term reference) {
    return is_kind(reference, KIND_REFERENCE) && boxed(reference)[3] != 0 ? boxed(reference)[3] : NONE;
}

#endif
