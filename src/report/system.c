// Memory and the VM's own tables.

#include "report/sections.h"

#include "code/table.h"
#include "dist/dist.h"
#include "ets/table.h"
#include "io/port.h"
#include "proc/name.h"
#include "proc/table.h"
#include "sys/account.h"
#include "term/atom.h"
#include "vm.h"

static size_t tables_memory(void) {
    size_t words = 0;
    for (struct table *table = NULL; (table = table_after(table));)
        words += table_memory(table);
    return words * sizeof(term);
}

static void write_memory(struct writer *writer) {
    size_t total = account_resident(), processes = account_total(ACCOUNT_PROCESSES);
    writer_format(writer, "=memory\ntotal: %zu\nprocesses: %zu\nprocesses_used: %zu\n", total, processes, processes);
    writer_format(writer, "system: %zu\natom: %zu\natom_used: %zu\n", total > processes ? total - processes : 0,
                  atom_memory(), atom_memory());
    writer_format(writer, "binary: %zu\ncode: %zu\nets: %zu\n", account_total(ACCOUNT_BINARIES),
                  account_total(ACCOUNT_CODE), tables_memory());
}

static void write_hash_table(struct writer *writer, const char *name, struct hash_numbers numbers) {
    writer_format(writer, "=hash_table:%s\nsize: %zu\nused: %zu\nobjs: %zu\ndepth: %zu\n", name, numbers.size,
                  numbers.used, numbers.objects, numbers.depth);
}

// `room`: how many there may be before the table grows.
static void write_index_table(struct writer *writer, const char *name, size_t room, size_t limit, size_t entries) {
    writer_format(writer, "=index_table:%s\nsize: %zu\nlimit: %zu\nentries: %zu\n", name, room, limit, entries);
}

static void write_index(struct writer *writer, const char *name, const struct index *index) {
    struct hash_numbers numbers = index_numbers(index);
    write_hash_table(writer, name, numbers);
    write_index_table(writer, name, numbers.size * 3 / 4, UINT32_MAX, index_count(index));
}

void report_memory(struct writer *writer) {
    write_memory(writer);
    struct hash_numbers atoms = atom_table_numbers();
    write_hash_table(writer, "atom_tab", atoms);
    write_index_table(writer, "atom_tab", atoms.size / 2, atom_limit(), atoms.objects);
    write_index(writer, "module_code", &vm.code->modules);
    write_index(writer, "export_list", &vm.code->exports);
    write_hash_table(writer, "process_reg", name_table_numbers());
    write_hash_table(writer, "fun_table", index_numbers(&vm.code->lambdas));
    write_hash_table(writer, "node_table", dist_node_numbers());
    writer_format(writer, "=allocated_areas\natom_table: %zu\nloaded_code: %zu\nprocess_table: %zu\nport_table: %zu\n",
                  atom_memory(), account_total(ACCOUNT_CODE),
                  process_table_limit() * (sizeof(struct process *) + sizeof(uint32_t)),
                  port_limit() * sizeof(struct port *));
}
