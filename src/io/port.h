// Ports: processes' doors to the outside world.
//
// A port has a driver, which knows what is behind it, and an owner, who gets the messages {Port, {data, _}} and the
// like. Where everything else in the VM has one thread that may touch it, a port has a lock: commands run in the
// process that gives them, what the outside world does (a descriptor is ready, a program has ended) runs on whichever
// scheduler notices. No port's lock is held while another is taken, nor while a process gives way.
//
//   state           seen by Erlang code    descriptors
//   PORT_OPEN       yes                    open
//   PORT_CLOSING    in port_info, ports    open, until the queued output is written
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

// Bytes waiting to be written: its own, or a part of a shared binary, which is not copied.
struct chunk {
    struct chunk *next;
    size_t size, sent;
    uint8_t *bytes;
    struct shared_binary *shared; // one reference is the chunk's; NULL: `bytes` is `own`
    uint8_t own[];
};
// Room for `size` bytes.
struct chunk *chunk_new(size_t size);
// Takes over one reference.
struct chunk *chunk_of_shared(struct shared_binary *shared, uint8_t *bytes, size_t size);
// The bytes of good iodata: whole shared binaries as they are, what lies between them copied. NULL when there are none.
struct chunk *chunks_of_iodata(term data);
// Both are about the chunk and those behind it.
void chunk_free(struct chunk *chunk);
size_t chunk_list_size(const struct chunk *chunk);

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

// Whom a port belongs to once a distribution channel has taken it over (erlang:setnode/3). dist/ owns the functions and
// sets port->channel and port->channel_data with the port locked; they run with it locked, too, on any thread.
//
// What comes in goes to `input`, a packet at a time, when the socket is active; nothing of it goes to the owner. What
// is to be sent goes through port_channel_write. That the peer has closed is told to the owner, as ever, and then to
// `closed`.
struct port_channel {
    void (*input)(struct port *port, const uint8_t *packet, size_t size); // without its header
    void (*writable)(struct port *port);                                  // is not busy any more, or about to be closed
    void (*closed)(struct port *port, term reason);                       // once, whatever the reason
};

// What is behind a port. Functions marked (locked) run with the port locked and may close it with port_close.
struct driver {
    const char *name;
    bool soft_busy;   // understands port_command's `force`
    bool vectored;    // commands come as chunks_of_iodata gives them
    bool takes_lists; // output takes more than one chunk
    // (locked) A channel has taken the port for itself. NULL: that changes nothing.
    void (*attached)(struct port *port);
    // (locked) A command's bytes; takes over the chunk, whose first packet_bytes bytes are free for a header.
    void (*output)(struct port *port, struct chunk *chunk);
    // (locked) Bytes that came in, to be given on to port_input_bytes; NULL: as they are.
    void (*input)(struct port *port, const uint8_t *bytes, size_t size);
    // (locked) port_control: appends the answer's bytes; false is badarg.
    bool (*control)(struct port *port, unsigned operation, const uint8_t *bytes, size_t size, struct text *answer);
    // (locked) Closing: whether what is queued is to be written first; NULL: yes.
    bool (*keeps_output)(const struct port *port);
    // (locked) Closing, for whatever reason but kill, and all have been told: whether there is something of the
    // driver's own to be written first; then the driver calls port_close when that is done. NULL: no.
    bool (*flush)(struct port *port);
    // (locked) What port_info tells of the driver: the bytes it has queued, and the processes it watches, as a list of
    // pids. NULL: those of the port, and none.
    size_t (*queued)(const struct port *port);
    term (*watched)(const struct port *port, struct heap *heap);
    // (locked) port_call: the same with a value in the external format, and a value as the answer.
    bool (*call)(struct port *port, unsigned operation, const uint8_t *bytes, size_t size, struct text *answer);
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

// What is watched of the port's work, while it is locked (io/port_work.h).
struct port_work {
    bool watched;
    term callback;
    struct process *caller; // that is told not to be active meanwhile, or NULL
    int64_t began;          // ns
    enum microstate state;  // before
};

struct port {
    term id;
    const struct driver *driver;
    pthread_mutex_t lock;
    _Atomic enum port_state state; // this and the owner are set with the port locked, and looked at without, too
    bool released;                 // port_unlock has begun to free it
    _Atomic bool was_closing;      // it is closed now, or going to be
    bool tells_closed;             // ... and then answers the owner's `close`

    unsigned flags;     // enum port_flag
    _Atomic term owner; // a pid
    term name;          // registered, or NIL
    char *title;        // what open_port named
    struct port_link *links;
    struct port_monitor *monitors;
    struct heap data_heap;
    term data; // of port_set_data
    uint64_t input_bytes, output_bytes;
    int64_t system_pid;  // of the program, or -1
    bool answers_binary; // what port_control has answered is a binary, else a list
    term caller;         // whose command or control the driver is serving; NONE: a channel's
    const struct port_channel *channel;
    void *channel_data;
    bool more_follows; // the driver's output is called again at once

    // input: what has come in and is no whole packet or line yet
    struct poll_source input; // descriptor -1: none
    struct timer input_timer; // in place of polling: for what cannot be polled, or is not to be for a moment
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

    uint32_t trace_flags; // io/port_trace.h
    term tracer;
    struct port_note *notes;
    struct port_work work;

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
// The same for one that may be closing: it is still told of.
bool port_lock_unless_closed(struct port *port);
void port_unlock(struct port *port);
// (locked) The port ends: tells links and monitors. The queued output is still written, unless the reason is kill.
void port_close(struct port *port, term reason);
// (locked) The same when a process ends it: what was sent through its channel before is output, too.
void port_end(struct port *port, term reason);
// (locked) The same when a message has told the owner: no exit signal goes to him.
void port_close_told(struct port *port, term reason);
// (locked) The process is not linked to the port any more.
void port_unlink(struct port *port, term pid);
// (locked) Sends {Port, Value} to the owner; the builder holds `value`.
void port_message(struct port *port, struct heap *builder, term value);
// (locked) Closes one of the port's descriptors; events of it that are on their way are lost.
void port_close_descriptor(struct poll_source *source);
// (locked) Sends what a distribution channel has to say: takes over the chunks, the first with packet_bytes bytes free
// for a header. More than is wise to queue makes the port busy (port->busy). With `more` another call follows at once.
void port_channel_write(struct port *port, struct chunk *chunks, bool more);
void port_wake_waiting(struct port *port);

void port_set_hooks(struct vm_hooks *hooks);
void port_free(void *port); // of one that nobody can find
// (locked) False when it was linked already.
bool port_link_add(struct port *port, term pid);

enum command_option { COMMAND_FORCE = 1, COMMAND_NO_SUSPEND = 2 };
enum command_result { COMMAND_DONE, COMMAND_BUSY, COMMAND_GONE, COMMAND_BAD, COMMAND_UNSUPPORTED };
// Gives the bytes of iodata to the port; without COMMAND_NO_SUSPEND waits while it is busy.
enum command_result port_command(struct process *self, term id, term data, unsigned options);

// The same from any thread, whether the port is busy or not; false when it is gone or cannot take the data.
bool port_command_now(term id, term data);

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
// (locked) The same in steps, for drivers that handle errors their own way. port_queue appends the chunks and returns
// their size; port_write_queue writes until the queue is empty or the descriptor takes no more, and returns an errno or
// 0.
size_t port_queue(struct port *port, struct chunk *chunks);
int port_write_queue(struct port *port);
void port_drop_queue(struct port *port);
void port_output_ready(struct poll_source *source, unsigned events);
// (locked) port_write for a command: fills in the header, for which the chunk has packet_bytes in front.
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
port_opener port_open_terminal, port_open_tcp, port_open_udp, port_open_ram_file;
port_opener *port_opener_find(const char *command); // NULL when there is none of that name

// The end of opening, with the port locked: links it to its owner and arms its input, or, with an errno, closes it.
term port_opened(struct process *self, struct port *port, int error_number, term *error);

#endif
