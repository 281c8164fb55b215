// Ports.

#include "report/sections.h"

#include "io/port.h"

static bool is_driver(const struct port *port, const char *name) {
    return !strcmp(port->driver->name, name);
}

static void write_state(struct writer *writer, const struct port *port) {
    writer_format(writer, "State: CONNECTED%s%s%s\n", port->flags & PORT_BINARY ? "|BINARY_IO" : "",
                  port->flags & PORT_EOF ? "|SOFT_EOF" : "", port->state == PORT_CLOSING ? "|CLOSING" : "");
}

static void write_links(struct writer *writer, const struct port *port) {
    if (!port->links)
        return;
    writer_format(writer, "Links: ");
    for (const struct port_link *link = port->links; link; link = link->next)
        writer_term(writer, link->pid);
    writer_format(writer, "\n");
}

static void write_monitors(struct writer *writer, const struct port *port) {
    if (!port->monitors)
        return;
    writer_format(writer, "Monitors: ");
    for (const struct port_monitor *monitor = port->monitors; monitor; monitor = monitor->next) {
        writer_format(writer, "(");
        writer_term(writer, monitor->pid);
        writer_format(writer, ",");
        writer_term(writer, monitor->reference);
        writer_format(writer, ")");
    }
    writer_format(writer, "\n");
}

static void write_port(struct writer *writer, const struct port *port) {
    writer_section(writer, "port", port->id);
    write_state(writer, port);
    writer_format(writer, "Slot: %llu\n", (unsigned long long)immediate_payload(port->id));
    writer_field(writer, "Connected", port->owner);
    write_links(writer, port);
    if (port->name != NIL)
        writer_field(writer, "Registered as", port->name);
    write_monitors(writer, port);
    writer_format(writer, "%s: %s\n",
                  is_driver(port, "fd")      ? "Port is UNIX fd not opened by emulator"
                  : is_driver(port, "spawn") ? "Port controls external process"
                                             : "Port controls linked-in driver",
                  port->title);
    writer_format(writer, "Input: %llu\nOutput: %llu\nQueue: %zu\n", (unsigned long long)port->input_bytes,
                  (unsigned long long)port->output_bytes, port->queued);
    if (port->data != ATOM_undefined)
        writer_field(writer, "Port Data", port->data);
}

void report_ports(struct writer *writer) {
    size_t position = 0;
    for (struct port *port; writer->left > 0 && (port = port_next(&position));)
        write_port(writer, port);
}
