// Ports: processes' doors to the outside world.
//
// A port has a driver, which knows what is behind it, and an owner, who gets the messages {Port, {data, _}} and the
// like. Where everything else in the VM has one thread that may touch it, a port has a lock: commands run in the
// process that gives them, what the outside world does (a descriptor is ready, a program has ended) runs on whichever
// scheduler notices. No port's lock is held while another is taken, nor while a process gives way.
//
//   state           seen by Erlang code    descriptors
//   PORT_OPEN       yes                    open
//   PORT_CLOSING    no                     open, until the queued output is written
//   PORT_CLOSED     no                     closed by the thread that unlocks it
//
// A port that was looked up stays valid until the looker's slice ends (its memory is retired by epochs), so every use
// is port_lock, which says whether it is still open, then port_unlock, which does what closing left to be done.

#ifndef PURLIN_IO_PORT_H
#define PURLIN_IO_PORT_H

#include <pthread.h>

#include "heap/heap.h"
#include "io/environment.h"
#include "proc/proc.h"
#include "sched/sched.h"
#include "vm.h"

struct port;
struct termios;
struct text;

enum port_state { PORT_OPEN, PORT_CLOSING, PORT_CLOSED };

enum port_flag {
    PORT_IN = 1 << 0,
    PORT_OUT = 1 << 1,
    PORT_BINARY = 1 << 2, // data comes as binaries, else as lists
    PORT_EOF = 1 << 3,
    PORT_EXIT_STATUS = 1 << 4,
    PORT_NO_STDIO = 1 << 5, // the program finds its pipes at 3 and 4
    PORT_STDERR = 1 << 6,   // the program's standard error goes with its output
    PORT_PARALLEL = 1 << 7, // only reported
};

enum framing { FRAMING_STREAM, FRAMING_PACKET, FRAMING_LINE };

// Bytes waiting to be written.
struct chunk {
    struct chunk *next;
    size_t size, sent;
    uint8_t bytes[];
};
// Room for `size` bytes.
struct chunk *chunk_new(size_t size);
void chunk_free(struct chunk *chunk);

// What open_port was asked for. Strings end in zero and live in the caller's scratch memory.
struct port_options {
    unsigned flags;
    enum framing framing;
    unsigned packet_bytes; // of a packet's header
    size_t line_limit;
    size_t busy_high, busy_low; // bytes queued; SIZE_MAX: never busy
    const char *directory;      // NULL: as it is
    const char *zeroth;         // argv[0], NULL: the program's name
    char **arguments;           // of spawn_executable, NULL-terminated, or NULL
    struct environment_change *environment;
    size_t environment_count;
};

// What is behind a port. Functions marked (locked) run with the port locked and may close it with port_close.
struct driver {
    const char *name;
    bool soft_busy; // understands port_command's `force`
    // (locked) A command's bytes; takes over the chunk, whose first packet_bytes bytes are free for a header.
    void (*output)(struct port *port, struct chunk *chunk);
    // (locked) Bytes that came in, to be given on to port_input_bytes; NULL: as they are.
    void (*input)(struct port *port, const uint8_t *bytes, size_t size);
    // (locked) port_control: appends the answer's bytes; false is badarg.
    bool (*control)(struct port *port, unsigned operation, const uint8_t *bytes, size_t size, struct text *answer);
    // When the last lock is released: closes what open made, but the descriptors of `input` and `output`.
    void (*stop)(struct port *port);
};

struct port_link {
    struct port_link *next;
    term pid;
};

struct port_monitor {
    struct port_monitor *next;
    term pid, reference;
    struct heap heap; // where the reference lies
};

struct port {
    term id;
    const struct driver *driver;
    pthread_mutex_t lock;
    enum port_state state;
    bool released;               // port_unlock has begun to free it
    struct poll_source *running; // whose `ready` holds the lock

    unsigned flags; // enum port_flag
    term owner;     // a pid
    term name;      // registered, or NIL
    char *title;    // what open_port named
    struct port_link *links;
    struct port_monitor *monitors;
    struct heap data_heap;
    term data; // of port_set_data
    uint64_t input_bytes, output_bytes;
    int64_t system_pid; // of the program, or -1

    // input: what has come in and is no whole packet or line yet
    struct poll_source input; // descriptor -1: none
    struct timer input_timer; // in place of polling, for what cannot be polled
    enum framing framing;
    unsigned packet_bytes;
    size_t line_limit;
    uint8_t *partial;
    size_t partial_size, partial_room;

    // the end: with PORT_EXIT_STATUS, the last of end of file and the program's exit
    bool input_ended, program_ended;
    int exit_status;

    // output
    struct poll_source output;
    struct chunk *queue, **queue_end;
    size_t queued;
    size_t busy_high, busy_low;
    bool busy;
    term *waiting; // pids of processes that wait for it not to be busy
    size_t waiting_count, waiting_room;

    void *driver_data;
};

// ---- all ports (port_table.c)

void io_init(size_t port_limit);
// Before the VM ends: writes out what is queued; leaves terminals and shared descriptors as they were.
void io_flush(void);
void io_restore(void);
void io_restore_later(int descriptor); // it was made non-blocking
// The mode that the terminal had before a port changed it; NULL: no port has. Setting it to NULL restores it.
void io_set_terminal_mode(const struct termios *before);
const struct termios *io_terminal_mode(void);
void io_terminal_suspend(void); // the mode from before, for a while
void io_terminal_resume(void);  // the port's mode again, also after a stop, when the shell has changed it
// While the menu of ^C is shown no port reads. Returns what it was before.
bool io_set_break(bool shown);
bool io_in_break(void);

struct port *port_lookup(term id); // NULL when there is none
// A port or a registered name; NULL when it names no open port.
struct port *port_lookup_name(term id_or_name);
size_t port_count(void);
size_t port_limit(void);
// The next open port at or after *position, which moves on; NULL at the end.
struct port *port_next(size_t *position);
struct environment *io_environment(void);

// A new open port, locked; NULL when there are too many.
struct port *port_new(const struct driver *driver, term owner, const char *title, const struct port_options *options);
void port_table_remove(struct port *port);

// ---- life (port.c)

// True when it is open and now locked.
bool port_lock(struct port *port);
void port_unlock(struct port *port);
// (locked) The port ends: tells links and monitors. With reason normal the queued output is still written.
void port_close(struct port *port, term reason);
// (locked) Sends {Port, Value} to the owner; the builder holds `value`.
void port_message(struct port *port, struct heap *builder, term value);
void port_wake_waiting(struct port *port);

void port_set_hooks(struct vm_hooks *hooks);
void port_free(void *port); // of one that nobody can find
// (locked) False when it was linked already.
bool port_link_add(struct port *port, term pid);

enum command_option { COMMAND_FORCE = 1, COMMAND_NO_SUSPEND = 2 };
enum command_result { COMMAND_DONE, COMMAND_BUSY, COMMAND_GONE, COMMAND_BAD, COMMAND_UNSUPPORTED };
// Gives the bytes of iodata to the port; without COMMAND_NO_SUSPEND waits while it is busy.
enum command_result port_command(struct process *self, term id, term data, unsigned options);

// ---- streams of bytes (port_input.c, port_output.c)

// (locked) Arms the descriptor for input.
void port_input_arm(struct port *port);
void port_input_ready(struct poll_source *source, unsigned events);
// (locked) Bytes came in: cuts them into what the owner asked for.
void port_input_bytes(struct port *port, const uint8_t *bytes, size_t size);
// (locked) End of file.
void port_input_end(struct port *port);
// (locked) The program behind the port ended.
void port_program_end(struct port *port, int status);
// (locked) Writes what it can and queues the rest; takes over the chunk.
void port_write(struct port *port, struct chunk *chunk);
void port_output_ready(struct poll_source *source, unsigned events);
// (locked) The same for a command: fills in the header, for which the chunk has packet_bytes in front.
void port_write_framed(struct port *port, struct chunk *chunk);
// Writes all that is queued, waiting as long as it takes.
void port_flush(struct port *port);

// ---- drivers

// Each opens a port of its kind and returns its id, or NONE with *error an atom: an errno's name, badarg, system_limit.
term port_open_fd(struct process *self, int in, int out, const struct port_options *options, term *error);
term port_open_command(struct process *self, const char *command, const struct port_options *options, term *error);
term port_open_executable(struct process *self, const char *program, const struct port_options *options, term *error);

// The drivers that open_port({spawn, "name arguments"}) knows by name.
typedef term port_opener(struct process *self, const char *command, const struct port_options *options, term *error);
port_opener port_open_terminal, port_open_udp;
port_opener *port_opener_find(const char *command); // NULL when there is none of that name

// The end of opening, with the port locked: links it to its owner and arms its input, or, with an errno, closes it.
term port_opened(struct process *self, struct port *port, int error_number, term *error);

#endif
