// Pointing exports and functions at the stub they need.

#include "exec/link.h"

#include "exec/breakpoint.h"
#include "exec/instruction_table.h"
#include "sys/account.h"
#include "sys/sys.h"

static instruction *special_stub(term module, term function, uint32_t arity) {
    if (module != ATOM_erlang)
        return NULL;
    if (function == ATOM_apply)
        return arity == 2 ? instruction_stub_apply_fun_u : arity == 3 ? instruction_stub_apply_u : NULL;
    if (function == ATOM_yield && arity == 0)
        return instruction_stub_yield_u;
    if (function == ATOM_hibernate && arity == 3)
        return instruction_stub_hibernate_u;
    return NULL;
}

bool exec_is_special(term module, term function, uint32_t arity) {
    return special_stub(module, function, arity) != NULL;
}

bool exec_is_stub(word instruction_address) {
    static instruction *const stubs[] = {
        instruction_stub_prepare_u,   instruction_stub_bif_u,   instruction_stub_undefined_u,
        instruction_stub_apply_fun_u, instruction_stub_apply_u, instruction_stub_yield_u,
        instruction_stub_hibernate_u, instruction_stub_trace_u,
    };
    for (size_t i = 0; i < sizeof(stubs) / sizeof(*stubs); i++)
        if ((word)stubs[i] == instruction_address)
            return true;
    return false;
}

static void point(_Atomic(const word *) *entry, word stub[2], instruction *instruction_function, void *operand) {
    stub[0] = (word)instruction_function;
    stub[1] = (word)operand;
    atomic_store(entry, stub);
}

void exec_export_link(struct export *export) {
    breakpoint_forget_export(export);
    instruction *special = special_stub(export->module, export->function, export->arity);
    if (special)
        point(&export->entry, export->stub, special, export);
    else if (export->bif)
        point(&export->entry, export->stub, instruction_stub_bif_u, export);
    else if (export->code)
        atomic_store(&export->entry, atomic_load(&export->code->entry));
    else
        point(&export->entry, export->stub, instruction_stub_undefined_u, export);
}

void exec_function_link(struct function *function) {
    struct export *builtin = code_function_builtin(function);
    instruction *special = special_stub(function->code->name, function->name, function->arity);
    if (special)
        point(&function->entry, function->stub, special, function);
    else if (builtin)
        point(&function->entry, function->stub, instruction_stub_bif_u, builtin);
    else
        point(&function->entry, function->stub, instruction_stub_prepare_u, function);
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
