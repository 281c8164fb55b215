// Bonds: what ties a process to others. Links, monitors (either side), aliases.
//
// A bond lies in its own memory, with copies of the terms that it holds, outside all heaps: bonds are no roots of
// collections. A process keeps them in a hash table (struct process_links) that grows with their number.
//
//   kind            key         other                     value
//   BOND_LINK       other       pid or port               the number of an unlink under way, or NONE while linked
//   BOND_MONITOR    reference   pid, port, {Name, Node}   tag of the DOWN message, or NONE for 'DOWN'
//                               or the atom clock_service
//   BOND_WATCHED    reference   the watcher's pid; the    the name by which we are watched, or NONE
//                               atom resource or socket: nif/, socket/ know;
//                               a port: its driver knows
//   BOND_ALIAS      reference   NONE                      NONE
//   BOND_SUSPEND    other       the process we suspend    how many times (a small)
//   BOND_NODE       other       a node's name             how many times (a small): monitor_node/2
//   BOND_SPAWN      reference   NONE                      a request to another node: see proc/remote.h
//   BOND_CONTROLS   reference   NONE                      NONE: we control that channel, or, when the
//                                                         reference is NIL, give this node its name
//
// A monitor with an alias is one BOND_MONITOR with `alias` set.

#ifndef PURLIN_PROC_BOND_H
#define PURLIN_PROC_BOND_H

#include "proc/proc.h"

enum bond_kind {
    BOND_LINK,
    BOND_MONITOR,
    BOND_WATCHED,
    BOND_ALIAS,
    BOND_SUSPEND,
    BOND_NODE,
    BOND_SPAWN,
    BOND_CONTROLS,
};

struct bond {
    struct bond *next; // in its bucket
    struct bond *newer, *older;
    enum bond_kind kind : 8;
    enum alias_mode alias : 8;
    uint32_t hash;
    uint32_t channel; // with what is on another node: through which channel (dist/); else 0
    term other, reference, value;
    term watched;              // BOND_MONITOR: the local pid or port that was told, or NONE
    struct off_heap *off_heap; // none of these terms has any; the copy wants the list
    term words[];
};

struct process_links {
    struct bond **buckets; // bucket_count is a power of two
    uint32_t bucket_count, count;
    struct bond *oldest, *newest; // all bonds, in the order they were made
    uint64_t unlinks;             // numbers of unlinks
};

struct bond *bond_add(struct process *self, enum bond_kind kind, term other, term reference, term value);
// By key: `other` for links, suspensions and nodes, else the reference. NULL when there is none.
struct bond *bond_find(const struct process *self, enum bond_kind kind, term key);
void bond_remove(struct process *self, struct bond *bond);
void bond_free_all(struct process *self);
// Walks all bonds: for (bond = bond_first(self); bond; bond = bond->newer)
static inline struct bond *bond_first(const struct process *self) {
    return self->links ? self->links->oldest : NULL;
}

#endif
