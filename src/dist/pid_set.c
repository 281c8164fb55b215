// Sets of local pids: open addressing. Before it grows, a set forgets the dead.

#include "dist/pid_set.h"

#include "proc/proc.h"
#include "sys/sys.h"

#define ROOM_FIRST 8

static term *slot_of(const struct pid_set *set, term pid) {
    size_t at = (pid * 0x9e3779b97f4a7c15u) >> 20;
    while (set->slots[at & (set->room - 1)] && set->slots[at & (set->room - 1)] != pid)
        at++;
    return &set->slots[at & (set->room - 1)];
}

static void rebuild(struct pid_set *set) {
    struct pid_set old = *set;
    size_t alive = 0;
    for (size_t i = 0; i < old.room; i++) {
        if (old.slots[i] && !proc_lookup(old.slots[i]))
            old.slots[i] = 0;
        alive += old.slots[i] != 0;
    }
    set->room = ROOM_FIRST;
    while (set->room < 4 * alive)
        set->room *= 2;
    set->slots = sys_alloc_zero(set->room * sizeof *set->slots);
    set->count = alive;
    for (size_t i = 0; i < old.room; i++)
        if (old.slots[i])
            *slot_of(set, old.slots[i]) = old.slots[i];
    sys_free(old.slots);
}

void pid_set_add(struct pid_set *set, term pid) {
    if (2 * set->count >= set->room)
        rebuild(set);
    term *slot = slot_of(set, pid);
    set->count += *slot == 0;
    *slot = pid;
}

bool pid_set_has(const struct pid_set *set, term pid) {
    return set->room > 0 && *slot_of(set, pid) == pid;
}

void pid_set_free(struct pid_set *set) {
    sys_free(set->slots);
    *set = (struct pid_set){0};
}
