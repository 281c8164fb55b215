// Loaded modules, and the funs that their code makes.

#include "report/sections.h"

#include <inttypes.h>

#include "code/table.h"
#include "vm.h"

static size_t memory_of(const struct code *code) {
    return code ? code->memory : 0;
}

static void write_totals(struct writer *writer) {
    size_t current = 0, old = 0;
    for (size_t i = 0; i < code_module_count(); i++) {
        struct module *module = code_module_at(i);
        current += memory_of(atomic_load(&module->current));
        old += memory_of(atomic_load(&module->old));
    }
    writer_format(writer, "Current code: %zu\nOld code: %zu\n", current, old);
}

static void write_chunk(struct writer *writer, const char *which, const char *field, struct code_span chunk) {
    if (chunk.size == 0)
        return;
    writer_format(writer, "%s %s: ", which, field);
    writer_base64(writer, chunk.bytes, chunk.size);
    writer_format(writer, "\n");
}

static void write_code(struct writer *writer, const char *which, const struct code *code) {
    if (!code)
        return;
    writer_format(writer, "%s size: %zu\n", which, code->memory);
    write_chunk(writer, which, "attributes", code->attributes);
    write_chunk(writer, which, "compilation info", code->compile_info);
}

void report_modules(struct writer *writer) {
    writer_format(writer, "=loaded_modules\n");
    write_totals(writer);
    for (size_t i = 0; i < code_module_count() && writer->left > 0; i++) {
        struct module *module = code_module_at(i);
        const struct code *current = atomic_load(&module->current), *old = atomic_load(&module->old);
        if (!current && !old)
            continue;
        writer_section(writer, "mod", module->name);
        write_code(writer, "Current", current);
        write_code(writer, "Old", old);
    }
}

void report_module_sizes(struct writer *writer) {
    write_totals(writer);
    for (size_t i = 0; i < code_module_count(); i++) {
        struct module *module = code_module_at(i);
        const struct code *current = atomic_load(&module->current), *old = atomic_load(&module->old);
        if (!current && !old)
            continue;
        writer_term(writer, module->name);
        writer_format(writer, " %zu", memory_of(current));
        if (old)
            writer_format(writer, " (%zu old)", memory_of(old));
        writer_format(writer, "\n");
    }
}

void report_funs(struct writer *writer) {
    const struct index *lambdas = &vm.code->lambdas;
    for (uint32_t i = 0; i < index_count(lambdas) && writer->left > 0; i++) {
        const struct lambda *lambda = index_at(lambdas, i);
        const struct function *function = atomic_load(&lambda->function);
        writer_format(writer, "=fun\n");
        writer_field(writer, "Module", lambda->module);
        writer_format(writer, "Uniq: %u\nIndex: %u\nAddress: 0x%016" PRIxPTR "\nRefc: 1\n", lambda->old_uniq,
                      lambda->index, function ? (uintptr_t)atomic_load(&function->entry) : (uintptr_t)0);
    }
}
