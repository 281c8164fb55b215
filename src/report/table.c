// Tables; the menu shows their objects, too.

#include "report/sections.h"

#include "ets/table.h"

static void write_bucket(struct writer *writer, size_t index, const struct object *object) {
    const char *before = "[";
    for (; object; object = object_next(object)) {
        if (object->deleted)
            continue;
        if (before[0] == '[')
            writer_format(writer, "%zu: ", index);
        writer_format(writer, "%s", before);
        writer_term(writer, object_tuple(object));
        before = ",";
    }
    if (before[0] == ',')
        writer_format(writer, "]\n");
}

static void write_hash(struct writer *writer, const struct table *table) {
    const struct hash *hash = &table->hash;
    struct hash_chains chains = hash_chains(hash);
    writer_format(writer, "Buckets: %zu\nChain Length Avg: %f\nChain Length Max: %zu\nChain Length Min: %zu\n",
                  hash_count(hash), chains.average, chains.longest, chains.shortest);
    writer_format(writer, "Chain Length Std Dev: %f\nChain Length Expected Std Dev: %f\nFixed: %s\n", chains.deviation,
                  chains.expected_deviation, table->fixed ? "true" : "false");
    for (size_t i = 0; writer->for_menu && i < hash_count(hash); i++)
        write_bucket(writer, i, *hash_bucket(hash, i));
}

static void write_tree(struct writer *writer, const struct table *table) {
    struct tree_place place;
    writer_format(writer, "Ordered set (AVL tree), Elements: %zu\n", table_items(table));
    if (!writer->for_menu || !tree_seek_first(&table->tree, &place))
        return;
    do {
        writer_term(writer, object_tuple(tree_object(&place)));
        writer_format(writer, "\n");
    } while (tree_next(&place));
}

static void write_table(struct writer *writer, const struct table *table) {
    term name = atomic_load(&table->name);
    writer_section(writer, "ets", atomic_load(&table->owner));
    writer_format(writer, "Slot: %zu\n", (size_t)table);
    writer_field(writer, "Table", table->named ? name : table->identifier);
    writer_field(writer, "Name", name);
    if (table_is_ordered(table))
        write_tree(writer, table);
    else
        write_hash(writer, table);
    writer_format(writer, "Objects: %zu\nWords: %zu\n", table_items(table), table_memory(table));
    writer_field(writer, "Type", table_type_atom(table));
    writer_field(writer, "Protection", table_access_atom(table));
    writer_field(writer, "Compressed", term_boolean(table->compressed));
    writer_field(writer, "Write Concurrency", table->write_concurrency);
    writer_field(writer, "Read Concurrency", term_boolean(table->read_concurrency));
}

void report_tables(struct writer *writer) {
    for (struct table *table = NULL; writer->left > 0 && (table = table_after(table));) {
        if (!table->dead)
            write_table(writer, table);
    }
}
