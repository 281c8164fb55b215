// Exports that lead to stub_save, and back.

#include "exec/saving.h"

#include "exec/exception.h"
#include "exec/instruction_table.h"
#include "sys/sys.h"
#include "sys/thread.h"
#include "vm.h"

struct call_savers {
    mutex lock; // for all changes of where exports lead
    uint32_t count;
};

static struct saving *saving_of(const struct export *export) {
    const word *entry = atomic_load(&export->entry);
    return entry && entry[0] == (word)instruction_stub_save_u ? (struct saving *)entry[1] : NULL;
}

// Sending by operator is told as what it is, not as a call. What speaks for its caller is called without ado; it
// raises, and is noted then.
static bool is_covered(const struct export *export) {
    return !exception_is_of_caller(export) &&
           !(export->module == ATOM_erlang && export->function == ATOM_op_send && export->arity == 2);
}

// ---- under the lock

static void cover(struct export *export) {
    if (saving_of(export) || !is_covered(export))
        return;
    struct saving *saving = sys_alloc_zero(sizeof *saving);
    saving->stub[0] = (word)instruction_stub_save_u;
    saving->stub[1] = (word)saving;
    saving->export = export;
    saving->traced = export->traced;
    atomic_init(&saving->entry, atomic_load(&export->entry));
    export->traced = true;
    atomic_store(&export->entry, saving->stub);
}

static void uncover(struct export *export) {
    struct saving *saving = saving_of(export);
    if (!saving)
        return;
    atomic_store(&export->entry, atomic_load(&saving->entry));
    export->traced = saving->traced;
    vm.hooks.retire(saving, sys_free);
}

// ---- where exports lead

const word *export_entry(const struct export *export) {
    const struct saving *saving = saving_of(export);
    return saving ? atomic_load(&saving->entry) : atomic_load(&export->entry);
}

void export_lead(struct export *export, const word *entry) {
    struct call_savers *savers = vm.call_savers;
    mutex_lock(&savers->lock);
    struct saving *saving = saving_of(export);
    atomic_store(saving ? &saving->entry : &export->entry, entry);
    if (savers->count > 0)
        cover(export);
    mutex_unlock(&savers->lock);
}

void export_lead_away(struct export *export, const word *from, const word *entry) {
    mutex_lock(&vm.call_savers->lock);
    struct saving *saving = saving_of(export);
    atomic_compare_exchange_strong(saving ? &saving->entry : &export->entry, &from, entry);
    mutex_unlock(&vm.call_savers->lock);
}

void export_set_traced(struct export *export, bool traced) {
    mutex_lock(&vm.call_savers->lock);
    struct saving *saving = saving_of(export);
    if (saving)
        saving->traced = traced;
    else
        export->traced = traced;
    mutex_unlock(&vm.call_savers->lock);
}

// ---- who saves

// The first one covers all exports, and the last one uncovers them.
static void change(bool one_more) {
    struct call_savers *savers = vm.call_savers;
    mutex_lock(&savers->lock);
    savers->count += one_more ? 1 : -1;
    bool changes = savers->count == (one_more ? 1 : 0);
    for (size_t i = 0; changes && i < code_export_count(); i++)
        (one_more ? cover : uncover)(code_export_at(i));
    mutex_unlock(&savers->lock);
}

void saving_init(void) {
    vm.call_savers = sys_alloc_zero(sizeof *vm.call_savers);
    mutex_init(&vm.call_savers->lock);
    vm.hooks.call_savers_change = change;
}
