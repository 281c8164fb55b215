// The ring of a process's last calls.

#include "proc/saved_calls.h"

#include "sys/sys.h"
#include "term/fun.h"
#include "vm.h"

struct saved_calls {
    uint32_t size, count;
    uint32_t next;      // where the next one goes
    uint64_t entries[]; // an atom, or the address of a struct export
};

uint32_t saved_calls_set(struct process *self, uint32_t size) {
    struct saved_calls *old = self->flags & FLAG_SAVES_CALLS ? self->extra->saved_calls : NULL;
    uint32_t old_size = old ? old->size : 0;
    self->flags &= ~(uint32_t)FLAG_SAVES_CALLS;
    if (size > 0) {
        struct saved_calls *saved = sys_alloc_zero(sizeof *saved + size * sizeof saved->entries[0]);
        saved->size = size;
        process_extra(self)->saved_calls = saved;
        self->flags |= FLAG_SAVES_CALLS;
    }
    if (!old != !size)
        vm.hooks.call_savers_change(size > 0);
    sys_free(old);
    return old_size;
}

void saved_calls_note(struct process *self, uint64_t entry) {
    if ((self->flags & (FLAG_SAVES_CALLS | FLAG_SENSITIVE)) != FLAG_SAVES_CALLS)
        return;
    struct saved_calls *saved = self->extra->saved_calls;
    saved->entries[saved->next] = entry;
    saved->next = (saved->next + 1) % saved->size;
    saved->count += saved->count < saved->size;
}

void saved_calls_each(const struct process *self, void (*visit)(void *argument, uint64_t entry), void *argument) {
    const struct saved_calls *saved = self->flags & FLAG_SAVES_CALLS ? self->extra->saved_calls : NULL;
    for (uint32_t i = 1; saved && i <= saved->count; i++)
        visit(argument, saved->entries[(saved->next + saved->size - i) % saved->size]);
}

struct growing_list {
    struct heap *heap;
    term list;
};

static void prepend(void *argument, uint64_t entry) {
    struct growing_list *calls = argument;
    const struct export *call = (const struct export *)entry;
    if (!is_atom(entry))
        entry = heap_tuple_of(calls->heap, 3, call->module, call->function, SMALL(call->arity));
    calls->list = heap_cons(calls->heap, entry, calls->list);
}

term saved_calls_list(const struct process *self, struct heap *heap) {
    struct growing_list calls = {heap, NIL};
    if (!(self->flags & FLAG_SAVES_CALLS))
        return ATOM_false;
    saved_calls_each(self, prepend, &calls);
    return calls.list;
}
