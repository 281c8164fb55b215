// What erlang:system_info/1 tells as text, in the form of OTP's crash dumps: info, loaded, dist, procs.

#include "bif/bif.h"
#include "bif/system_info.h"
#include "code/code.h"
#include "dist/dist.h"
#include "ets/ets.h"
#include "proc/ask.h"
#include "proc/bond.h"
#include "proc/table.h"
#include "sys/account.h"
#include "term/atom.h"
#include "term/print.h"
#include "vm.h"

static term finish(struct heap *heap, struct text *text) {
    term binary = heap_binary(heap, text->bytes, text->size);
    text_free(text);
    return binary;
}

term info_report(struct process *self) {
    struct text text = {0};
    size_t total = account_resident(), processes = account_total(ACCOUNT_PROCESSES);
    text_format(&text, "=memory\ntotal: %zu\nprocesses: %zu\nprocesses_used: %zu\n", total, processes, processes);
    text_format(&text, "system: %zu\natom: %zu\natom_used: %zu\n", total > processes ? total - processes : 0,
                atom_memory(), atom_memory());
    text_format(&text, "binary: %zu\ncode: %zu\nets: %zu\n", account_total(ACCOUNT_BINARIES),
                account_total(ACCOUNT_CODE), ets_memory());
    text_format(&text, "=index_table:atom_tab\nlimit: %zu\nentries: %zu\n", atom_limit(), atom_count());
    text_format(&text, "=index_table:module_code\nentries: %zu\n", code_module_count());
    text_format(&text, "=index_table:export_list\nentries: %zu\n", code_export_count());
    return finish(&self->heap, &text);
}

// ---- modules

static size_t code_bytes(const struct code *code) {
    size_t bytes = code->memory;
    for (uint32_t i = 0; i < code->function_count; i++)
        bytes += code->functions[i].prepared_words * sizeof(word);
    return bytes;
}

term info_loaded(struct process *self) {
    struct text text = {0}, modules = {0};
    size_t current_bytes = 0, old_bytes = 0;
    for (size_t i = 0; i < code_module_count(); i++) {
        struct module *module = code_module_at(i);
        const struct code *current = atomic_load(&module->current), *old = atomic_load(&module->old);
        if (old)
            old_bytes += code_bytes(old);
        if (!current)
            continue;
        size_t bytes = code_bytes(current);
        current_bytes += bytes;
        term_print(&modules, module->name);
        text_format(&modules, " %zu\n", bytes);
    }
    text_format(&text, "Current code: %zu\nOld code: %zu\n", current_bytes, old_bytes);
    text_append(&text, modules.bytes, modules.size);
    text_free(&modules);
    return finish(&self->heap, &text);
}

// ---- nodes

static void describe_channel(struct text *text, struct channel *channel) {
    text_format(text, "=%s:%u\nName: ", channel->hidden ? "hidden_node" : "visible_node", channel->id);
    term_print(text, channel->node->name);
    text_format(text, "\nController: ");
    term_print(text, channel->controller);
    text_format(text, "\nCreation: %u\n", atomic_load(&channel->node->creation));
}

term info_dist(struct process *self) {
    struct text text = {0};
    text_format(&text, "=node:");
    term_print(&text, atomic_load(&vm.node_name));
    text_format(&text, dist_is_alive() ? "\n" : "\n=no_distribution\n");
    size_t bucket = 0;
    for (struct node *node = NULL; (node = dist_node_next(&bucket, node));) {
        struct channel *channel = channel_get(node);
        if (channel && atomic_load(&channel->state) == CHANNEL_UP)
            describe_channel(&text, channel);
        if (channel)
            channel_release(channel);
    }
    return finish(&self->heap, &text);
}

// ---- processes

static void describe_links(struct text *text, struct process *process) {
    const char *before = "Link list: [";
    for (struct bond *bond = bond_first(process); bond; bond = bond->newer) {
        if (bond->kind != BOND_LINK || bond->value != NONE)
            continue;
        text_format(text, "%s", before);
        term_print(text, bond->other);
        before = ", ";
    }
    if (*before == ',')
        text_format(text, "]\n");
}

// Runs in the process that is asked.
static term describe_process(struct process *owner, term asked, struct heap *builder) {
    struct text text = {0};
    const struct heap *heap = &owner->heap;
    const struct export *call = owner->initial_call;
    text_format(&text, "=proc:");
    term_print(&text, owner->pid);
    text_format(&text, "\nState: %s\n", asked == owner->pid ? "Running" : "Waiting");
    term name = atomic_load(&owner->registered_name);
    if (name != NIL) {
        text_format(&text, "Name: ");
        term_print(&text, name);
        text_format(&text, "\n");
    }
    if (call) {
        text_format(&text, "Spawned as: ");
        term_print(&text, call->module);
        text_format(&text, ":");
        term_print(&text, call->function);
        text_format(&text, "/%u\n", (unsigned)call->arity);
    }
    text_format(&text, "Spawned by: ");
    term_print(&text, owner->parent);
    text_format(&text, "\nMessage queue length: %u\n", owner->mailbox_length);
    describe_links(&text, owner);
    text_format(&text, "Reductions: %llu\nStack+heap: %zu\nOldHeap: %zu\nHeap unused: %zu\nOldHeap unused: %zu\n",
                (unsigned long long)owner->reductions_total, (size_t)(heap->end - heap->start),
                (size_t)(heap->old_end - heap->old_start), (size_t)(heap->stack - heap->top),
                (size_t)(heap->old_end - heap->old_top));
    return finish(builder, &text);
}

term info_processes(struct process *self) {
    struct text text = {0};
    size_t position = 0;
    for (struct process *process; (process = process_table_next(&position));) {
        term told = proc_ask(self, process->pid, describe_process, self->pid);
        if (told != NONE)
            text_append(&text, (const char *)bitstring_bits(told).bytes, bitstring_size(told) / 8);
    }
    return finish(&self->heap, &text);
}
