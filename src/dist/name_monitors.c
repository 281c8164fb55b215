// Monitors by name: a hash table whose keys are the numbers of the peer's references.

#include "dist/name_monitors.h"

#include "sys/sys.h"

#include <string.h>

#define ROOM_FIRST 16
#define IDS_MAX 5 // of a reference, see term.h

struct name_monitor {
    uint32_t creation, ids[IDS_MAX];
    term pid; // 0: free
};

// False when the reference is none of another node.
static bool read_reference(term reference, struct name_monitor *key) {
    if (!is_kind(reference, KIND_EXTERNAL_REFERENCE))
        return false;
    const term *words = boxed(reference);
    size_t count = header_size(words[0]) - 2;
    *key = (struct name_monitor){.creation = (uint32_t)small_value(words[2])};
    for (size_t i = 0; i < count && i < IDS_MAX; i++)
        key->ids[i] = (uint32_t)small_value(words[3 + i]);
    return true;
}

static bool is_same(const struct name_monitor *one, const struct name_monitor *other) {
    return one->creation == other->creation && !memcmp(one->ids, other->ids, sizeof one->ids);
}

static size_t first_place(const struct name_monitors *monitors, const struct name_monitor *key) {
    uint64_t hash = key->creation;
    for (size_t i = 0; i < IDS_MAX; i++)
        hash = (hash ^ key->ids[i]) * 0x9e3779b97f4a7c15u;
    return hash >> 20 & (monitors->room - 1);
}

// Where the key is, or the free place where it belongs.
static size_t place_of(const struct name_monitors *monitors, const struct name_monitor *key) {
    size_t at = first_place(monitors, key);
    while (monitors->slots[at].pid && !is_same(&monitors->slots[at], key))
        at = (at + 1) & (monitors->room - 1);
    return at;
}

static void grow(struct name_monitors *monitors) {
    struct name_monitors old = *monitors;
    monitors->room = old.room ? 2 * old.room : ROOM_FIRST;
    monitors->slots = sys_alloc_zero(monitors->room * sizeof *monitors->slots);
    for (size_t i = 0; i < old.room; i++)
        if (old.slots[i].pid)
            monitors->slots[place_of(monitors, &old.slots[i])] = old.slots[i];
    sys_free(old.slots);
}

void name_monitors_add(struct name_monitors *monitors, term reference, term pid) {
    struct name_monitor added;
    if (!read_reference(reference, &added))
        return;
    if (2 * monitors->count >= monitors->room)
        grow(monitors);
    added.pid = pid;
    struct name_monitor *slot = &monitors->slots[place_of(monitors, &added)];
    monitors->count += slot->pid == 0;
    *slot = added;
}

// Frees a place: what stands behind it and would not be found any more moves up.
static void free_place(struct name_monitors *monitors, size_t hole) {
    size_t mask = monitors->room - 1;
    for (size_t at = (hole + 1) & mask; monitors->slots[at].pid; at = (at + 1) & mask) {
        size_t first = first_place(monitors, &monitors->slots[at]);
        if (((at - first) & mask) >= ((at - hole) & mask)) {
            monitors->slots[hole] = monitors->slots[at];
            hole = at;
        }
    }
    monitors->slots[hole].pid = 0;
    monitors->count--;
}

term name_monitors_take(struct name_monitors *monitors, term reference) {
    struct name_monitor key;
    if (monitors->count == 0 || !read_reference(reference, &key))
        return NONE;
    size_t at = place_of(monitors, &key);
    term pid = monitors->slots[at].pid;
    if (!pid)
        return NONE;
    free_place(monitors, at);
    return pid;
}

void name_monitors_free(struct name_monitors *monitors) {
    sys_free(monitors->slots);
    *monitors = (struct name_monitors){0};
}
