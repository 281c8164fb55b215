// Pointing exports and functions at the stub they need.

#include "exec/link.h"

#include "exec/breakpoint.h"
#include "exec/instruction_table.h"
#include "exec/native.h"
#include "exec/saving.h"
#include "sys/account.h"
#include "sys/sys.h"
#include "sys/thread.h"
#include "vm.h"

static instruction *special_stub(term module, term function, uint32_t arity) {
    if (module != ATOM_erlang)
        return NULL;
    if (function == ATOM_yield && arity == 0)
        return instruction_stub_yield_u;
    if (function == ATOM_hibernate && arity == 3)
        return instruction_stub_hibernate_u;
    return NULL;
}

bool exec_is_special(term module, term function, uint32_t arity) {
    return special_stub(module, function, arity) != NULL;
}

bool exec_is_apply(const struct export *export) {
    return export->module == ATOM_erlang && export->function == ATOM_apply &&
           (export->arity == 2 || export->arity == 3);
}

bool exec_is_stub(word instruction_address) {
    static instruction *const stubs[] = {
        instruction_stub_prepare_u, instruction_stub_bif_u,       instruction_stub_undefined_u,
        instruction_stub_yield_u,   instruction_stub_hibernate_u, instruction_stub_trace_u,
        instruction_stub_native_u,  instruction_stub_save_u,      instruction_stub_closed_u,
    };
    for (size_t i = 0; i < sizeof(stubs) / sizeof(*stubs); i++)
        if ((word)stubs[i] == instruction_address)
            return true;
    return false;
}

static const word *stub_make(word stub[2], instruction *instruction_function, void *operand) {
    stub[0] = (word)instruction_function;
    stub[1] = (word)operand;
    return stub;
}

static const word *export_start(struct export *export) {
    instruction *special = special_stub(export->module, export->function, export->arity);
    if (special)
        return stub_make(export->stub, special, export);
    if (export->bif)
        return stub_make(export->stub, instruction_stub_bif_u, export);
    if (export->code)
        return atomic_load(&export->code->entry);
    return stub_make(export->stub, instruction_stub_undefined_u, export);
}

// ---- closed exports: each has a stub of its own, which lasts until all have gone on

static bool is_closed(const word *entry) {
    return entry && entry[0] == (word)instruction_stub_closed_u;
}

void exec_export_close(struct export *export) {
    if (export->bif || special_stub(export->module, export->function, export->arity) || is_closed(export_entry(export)))
        return;
    breakpoint_forget_export(export);
    export_lead(export, stub_make(sys_alloc(2 * sizeof(word)), instruction_stub_closed_u, export));
}

const word *exec_wait_open(struct export *export, const word *closed) {
    const word *entry;
    while ((entry = export_entry(export)) == closed)
        thread_relax();
    return entry;
}

void exec_export_link(struct export *export) {
    const word *before = export_entry(export);
    breakpoint_forget_export(export);
    export_lead(export, export_start(export));
    if (is_closed(before) && vm.hooks.retire)
        vm.hooks.retire((void *)before, sys_free);
    else if (is_closed(before))
        sys_free((void *)before);
}

void exec_function_link(struct function *function) {
    struct export *builtin = code_function_builtin(function);
    instruction *special = special_stub(function->code->name, function->name, function->arity);
    const word *entry = special   ? stub_make(function->stub, special, function)
                        : builtin ? stub_make(function->stub, instruction_stub_bif_u, builtin)
                                  : stub_make(function->stub, instruction_stub_prepare_u, function);
    atomic_store(&function->entry, entry);
}

void native_link(struct native *native) {
    struct function *function = native->function;
    native->stub[0] = (word)instruction_stub_native_u;
    native->stub[1] = (word)native;
    atomic_store(&function->native, native);
    if (!breakpoint_of_function(function))
        atomic_store(&function->entry, native->stub);
    struct export *export = code_export_find(function->code->name, function->name, function->arity);
    if (export && export->code == function && !breakpoint_of_export(export))
        export_lead(export, native->stub);
}

void exec_code_free(struct code *code) {
    for (uint32_t i = 0; i < code->function_count; i++) {
        struct function *function = &code->functions[i];
        breakpoint_forget_function(function);
        account_add(ACCOUNT_CODE, -(ptrdiff_t)(function->prepared_words * sizeof(word)));
        sys_free(function->prepared);
        function->prepared = NULL;
    }
}
