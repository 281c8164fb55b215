// Nodes that this one knows of, and what ties processes here to processes there.

#include "report/sections.h"

#include "dist/dist.h"
#include "proc/bond.h"
#include "proc/table.h"
#include "term/atom.h"

static void write_pair(struct writer *writer, const char *field, term from, term to) {
    writer_format(writer, "%s: ", field);
    writer_term(writer, from);
    writer_format(writer, " ");
    writer_term(writer, to);
    writer_format(writer, "\n");
}

static bool is_of_channel(const struct bond *bond, const struct channel *channel, term name) {
    return bond->kind == BOND_NODE ? bond->other == name : bond->channel == channel->id;
}

static void write_bond(struct writer *writer, const struct process *process, const struct bond *bond) {
    switch (bond->kind) {
    case BOND_LINK:
        if (bond->value == NONE)
            write_pair(writer, "Remote link", process->pid, bond->other);
        break;
    case BOND_MONITOR:
    case BOND_NODE:
        write_pair(writer, "Remote monitoring", process->pid, bond->other);
        break;
    case BOND_WATCHED:
        write_pair(writer, "Remotely monitored by", process->pid, bond->other);
        break;
    default:
        break;
    }
}

static void write_bonds(struct writer *writer, const struct channel *channel, term name) {
    size_t position = 0;
    for (struct process *process; (process = process_table_next(&position));) {
        if (!report_may_read(process))
            continue;
        for (const struct bond *bond = bond_first(process); bond; bond = bond->newer)
            if (is_of_channel(bond, channel, name))
                write_bond(writer, process, bond);
    }
}

static void write_node(struct writer *writer, const struct node *node) {
    const struct channel *channel = node->channel;
    bool up = channel && atomic_load(&channel->state) == CHANNEL_UP;
    writer_format(writer, "=%s:%u\n",
                  !up               ? "not_connected"
                  : channel->hidden ? "hidden_node"
                                    : "visible_node",
                  (unsigned)atom_index(node->name));
    writer_field(writer, "Name", node->name);
    if (!up)
        return;
    writer_field(writer, "Controller", channel->controller);
    writer_format(writer, "Creation: %u\n", (unsigned)atomic_load(&node->creation));
    write_bonds(writer, channel, node->name);
}

void report_distribution(struct writer *writer) {
    writer_section(writer, "node", atomic_load(&vm.node_name));
    if (!dist_is_alive()) {
        writer_format(writer, "=no_distribution\n");
        return;
    }
    size_t bucket = 0;
    for (struct node *node = NULL; (node = dist_node_next(&bucket, node));)
        write_node(writer, node);
}
