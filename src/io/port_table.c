// All ports: id -> port, looked up without a lock.
//
// A port's number counts up for ever; its slot is the number modulo the table's size, and a number whose slot is taken
// is passed over.

#include "io/port.h"

#include <termios.h>
#include <unistd.h>

#include "io/descriptor.h"
#include "io/port_trace.h"
#include "sys/sys.h"

extern char **environ;

#define RESTORE_MAX 16

struct port_table {
    pthread_mutex_t lock; // of what follows it
    uint64_t next;        // number
    _Atomic size_t count;
    size_t size, limit; // slots: a power of two
    struct environment *environment;
    int restore[RESTORE_MAX]; // descriptors to be made blocking again
    size_t restore_count;
    _Atomic bool in_break;
    _Atomic(const struct termios *) terminal_mode;
    _Atomic(struct port *) slots[];
};

static uint64_t port_number(term id) {
    return immediate_payload(id);
}

static _Atomic(struct port *) *slot_of(struct port_table *table, term id) {
    return &table->slots[port_number(id) & (table->size - 1)];
}

void io_init(size_t limit) {
    descriptor_open_standard();
    size_t size = 1024;
    while (size < limit)
        size *= 2;
    struct port_table *table = sys_alloc_zero(sizeof *table + size * sizeof *table->slots);
    pthread_mutex_init(&table->lock, NULL);
    table->next = 1; // OTP's port 0 is the one that starts programs
    table->size = table->limit = size;
    table->environment = environment_new(environ);
    vm.ports = table;
    port_set_hooks(&vm.hooks);
}

struct environment *io_environment(void) {
    return vm.ports->environment;
}
size_t port_count(void) {
    return atomic_load(&vm.ports->count);
}
size_t port_limit(void) {
    return vm.ports->limit;
}

struct port *port_lookup(term id) {
    struct port *port = atomic_load_explicit(slot_of(vm.ports, id), memory_order_acquire);
    return port && port->id == id ? port : NULL;
}

struct port *port_lookup_name(term id_or_name) {
    term id = is_atom(id_or_name) ? proc_whereis(id_or_name) : id_or_name;
    return is_local_port(id) ? port_lookup(id) : NULL;
}

struct port *port_next(size_t *position) {
    while (*position < vm.ports->size) {
        struct port *port = atomic_load_explicit(&vm.ports->slots[(*position)++], memory_order_acquire);
        if (port)
            return port;
    }
    return NULL;
}

// A number whose slot is free, NONE when there is none. The slot is not taken yet: the table's lock is held.
static term free_id(struct port_table *table) {
    for (size_t tries = 0; tries < table->size; tries++) {
        term id = IMMEDIATE_WORD(IMMEDIATE_PORT, table->next++);
        if (!atomic_load(slot_of(table, id)))
            return id;
    }
    return NONE;
}

static char *copy_text(const char *text) {
    size_t size = strlen(text) + 1;
    return memcpy(sys_alloc(size), text, size);
}

// Puts the port in the table under a fresh id; false when there are too many.
static bool publish(struct port_table *table, struct port *port) {
    pthread_mutex_lock(&table->lock);
    term id = atomic_load(&table->count) < table->limit ? free_id(table) : NONE;
    if (id != NONE) {
        port->id = id;
        atomic_fetch_add(&table->count, 1);
        atomic_store_explicit(slot_of(table, id), port, memory_order_release);
    }
    pthread_mutex_unlock(&table->lock);
    return id != NONE;
}

struct port *port_new(const struct driver *driver, term owner, const char *title, const struct port_options *options) {
    struct port *port = sys_alloc_zero(sizeof *port);
    port->driver = driver;
    pthread_mutex_init(&port->lock, NULL);
    port->flags = options->flags;
    port->owner = owner;
    port->name = NIL;
    port->title = copy_text(title);
    port->data = ATOM_undefined;
    port->system_pid = -1;
    port->input = (struct poll_source){.descriptor = -1, .ready = port_input_ready};
    port->output = (struct poll_source){.descriptor = -1, .ready = port_output_ready};
    port->framing = options->framing;
    port->packet_bytes = options->packet_bytes;
    port->line_limit = options->line_limit;
    port->queue_end = &port->queue;
    port->busy_high = options->busy_high;
    port->busy_low = options->busy_low;
    pthread_mutex_lock(&port->lock);
    if (publish(vm.ports, port)) {
        port_trace_opened(port);
        return port;
    }
    pthread_mutex_unlock(&port->lock);
    port_free(port);
    return NULL;
}

void port_table_remove(struct port *port) {
    atomic_store(slot_of(vm.ports, port->id), NULL);
    atomic_fetch_sub(&vm.ports->count, 1);
}

// ---- the VM's end

void io_flush(void) {
    size_t position = 0;
    for (struct port *port; (port = port_next(&position));)
        port_flush(port);
}

void io_restore_later(int descriptor) {
    struct port_table *table = vm.ports;
    pthread_mutex_lock(&table->lock);
    if (table->restore_count < RESTORE_MAX)
        table->restore[table->restore_count++] = descriptor;
    pthread_mutex_unlock(&table->lock);
}

void io_restore(void) {
    struct port_table *table = vm.ports;
    for (size_t i = 0; i < table->restore_count; i++)
        descriptor_set_blocking(table->restore[i]);
    io_set_terminal_mode(NULL);
}

void io_set_terminal_mode(const struct termios *before) {
    const struct termios *mode = atomic_exchange(&vm.ports->terminal_mode, before);
    if (!before && mode)
        tcsetattr(STDIN_FILENO, TCSADRAIN, mode);
}
const struct termios *io_terminal_mode(void) {
    return atomic_load(&vm.ports->terminal_mode);
}

void io_terminal_suspend(void) {
    const struct termios *before = io_terminal_mode();
    if (before)
        tcsetattr(STDIN_FILENO, TCSADRAIN, before);
}

bool io_set_break(bool shown) {
    return atomic_exchange(&vm.ports->in_break, shown);
}
bool io_in_break(void) {
    return atomic_load(&vm.ports->in_break);
}
