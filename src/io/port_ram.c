// The driver ram_file_drv: files in memory, for OTP's ram_file.erl (file:open(Data, [ram])).
//
// A command is a byte that says what is wanted, then its arguments as big-endian numbers, then data. The answer is
// {Port, {data, [Kind | Bytes]}}. Both as ram_file.erl has them; it sends no command that is too short, and gets no
// answer to one that it does not send.

#include <errno.h>

#include "io/port.h"
#include "io/posix_error.h"
#include "sys/sys.h"
#include "term/atom.h"

#define ROOM_STEP 1024

enum ram_command {
    RAM_OPEN = 1, // mode, then what the file begins with
    RAM_READ = 2, // size
    RAM_SEEK = 3, // offset, whence
    RAM_WRITE = 4,
    RAM_SYNC = 9,
    RAM_TRUNCATE = 14,
    RAM_PREAD = 17,  // position, size
    RAM_PWRITE = 18, // position
    RAM_DATASYNC = 19,
    RAM_GET = 30,
    RAM_SIZE = 37,
    RAM_ADVISE = 38,
    RAM_ALLOCATE = 39,
};
enum ram_answer { RAM_OK = 0, RAM_ERROR = 1, RAM_DATA = 2, RAM_NUMBER = 3 };
enum ram_mode { RAM_READS = 1, RAM_WRITES = 2 };
enum ram_whence { RAM_FROM_START = 0, RAM_FROM_HERE = 1, RAM_FROM_END = 2 };

struct ram_file {
    uint32_t mode; // enum ram_mode; 0: not open
    uint8_t *bytes;
    int64_t room; // zero behind `size`
    int64_t size;
    int64_t position; // may be behind the end
};

// ---- answers

static void answer(struct port *port, enum ram_answer kind, const uint8_t *head, size_t size, term tail,
                   struct heap *builder) {
    for (size_t i = size; i-- > 0;)
        tail = heap_cons(builder, SMALL(head[i]), tail);
    tail = heap_cons(builder, SMALL(kind), tail);
    port_message(port, builder, heap_tuple_of(builder, 2, ATOM_data, tail));
}

static void answer_ok(struct port *port) {
    struct heap builder = {0};
    answer(port, RAM_OK, NULL, 0, NIL, &builder);
}

static void answer_error(struct port *port, int error) {
    struct heap builder = {0};
    struct atom_text name = atom_text(posix_error_atom(error));
    answer(port, RAM_ERROR, (const uint8_t *)name.bytes, name.size, NIL, &builder);
}

static void write_number(uint8_t to[4], int64_t number) {
    for (int i = 0; i < 4; i++)
        to[i] = (uint8_t)(number >> 8 * (3 - i));
}

static void answer_number(struct port *port, int64_t number) {
    struct heap builder = {0};
    uint8_t bytes[4];
    write_number(bytes, number);
    answer(port, RAM_NUMBER, bytes, sizeof bytes, NIL, &builder);
}

static void answer_data(struct port *port, const struct ram_file *file, int64_t position, int64_t length) {
    struct heap builder = {0};
    const uint8_t *data = length > 0 ? file->bytes + position : (const uint8_t *)"";
    size_t size = (size_t)length;
    uint8_t bytes[4];
    write_number(bytes, (int64_t)size);
    term tail =
        port->flags & PORT_BINARY ? heap_binary(&builder, data, size) : heap_string(&builder, (const char *)data, size);
    answer(port, RAM_DATA, bytes, sizeof bytes, tail, &builder);
}

// ---- the file: errors are errno values

static int make_room(struct ram_file *file, int64_t size) {
    if (size <= file->room)
        return 0;
    int64_t room = (size + ROOM_STEP + ROOM_STEP / 2) / ROOM_STEP * ROOM_STEP;
    uint8_t *bytes = sys_try_realloc(file->bytes, (size_t)room);
    if (!bytes)
        return ENOMEM;
    memset(bytes + file->room, 0, (size_t)(room - file->room));
    file->bytes = bytes;
    file->room = room;
    return 0;
}

static int write_at(struct ram_file *file, int64_t position, const uint8_t *bytes, size_t size) {
    if (!(file->mode & RAM_WRITES))
        return EBADF;
    if (position < 0)
        return EINVAL;
    int64_t end = position + (int64_t)size;
    int error = make_room(file, end);
    if (error)
        return error;
    if (size > 0)
        memcpy(file->bytes + position, bytes, size); // NOLINT(*NonNullParamChecker): there is room now
    file->size = end > file->size ? end : file->size;
    return 0;
}

// *size: what is wanted, then what there is.
static int read_at(const struct ram_file *file, int64_t position, int64_t *size) {
    if (!(file->mode & RAM_READS))
        return EBADF;
    if (position < 0 || *size < 0)
        return EINVAL;
    int64_t left = position < file->size ? file->size - position : 0;
    *size = *size < left ? *size : left;
    return 0;
}

static int seek(struct ram_file *file, int64_t offset, int64_t whence) {
    if (!file->mode)
        return EBADF;
    if (whence < RAM_FROM_START || whence > RAM_FROM_END)
        return EINVAL;
    int64_t from = whence == RAM_FROM_HERE ? file->position : whence == RAM_FROM_END ? file->size : 0;
    if (from + offset < 0)
        return EINVAL;
    file->position = from + offset;
    return 0;
}

static int truncate_here(struct ram_file *file) {
    if (!(file->mode & RAM_WRITES))
        return EACCES;
    int error = make_room(file, file->position);
    if (error)
        return error;
    if (file->size > file->position)
        memset(file->bytes + file->position, 0, (size_t)(file->size - file->position));
    file->size = file->position;
    return 0;
}

// ---- commands

// What is left of a command.
struct command {
    const uint8_t *bytes;
    size_t size;
};

static bool take_number(struct command *command, int64_t *number) {
    if (command->size < 4)
        return false;
    const uint8_t *bytes = command->bytes;
    *number = (int32_t)((uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3]);
    command->bytes += 4;
    command->size -= 4;
    return true;
}

static void open_with(struct port *port, struct ram_file *file, int64_t mode, const struct command *data) {
    sys_free(file->bytes);
    *file = (struct ram_file){.mode = RAM_WRITES};
    int error = write_at(file, 0, data->bytes, data->size);
    file->mode = (uint32_t)mode;
    if (error)
        answer_error(port, error);
    else
        answer_number(port, 0);
}

static void read_and_answer(struct port *port, struct ram_file *file, int64_t position, int64_t size, bool moves) {
    int error = read_at(file, position, &size);
    if (error) {
        answer_error(port, error);
        return;
    }
    answer_data(port, file, position, size);
    if (moves)
        file->position = position + size;
}

static void write_and_answer(struct port *port, struct ram_file *file, int64_t position, const struct command *data,
                             bool moves) {
    int error = write_at(file, position, data->bytes, data->size);
    if (error) {
        answer_error(port, error);
        return;
    }
    if (moves)
        file->position = position + (int64_t)data->size;
    answer_number(port, (int64_t)data->size);
}

static void answer_to(struct port *port, int error) {
    if (error)
        answer_error(port, error);
    else
        answer_ok(port);
}

static void perform(struct port *port, enum ram_command what, struct command command) {
    struct ram_file *file = port->driver_data;
    int64_t a = 0, b = 0;
    bool has_one = false, has_two = false;
    if (what == RAM_OPEN || what == RAM_READ || what == RAM_SEEK || what == RAM_PREAD || what == RAM_PWRITE)
        has_one = take_number(&command, &a);
    if (what == RAM_SEEK || what == RAM_PREAD)
        has_two = has_one && take_number(&command, &b);
    int error;
    switch (what) {
    case RAM_OPEN:
        if (has_one)
            open_with(port, file, a, &command);
        break;
    case RAM_READ:
        if (has_one)
            read_and_answer(port, file, file->position, a, true);
        break;
    case RAM_PREAD:
        if (has_two)
            read_and_answer(port, file, a, b, false);
        break;
    case RAM_WRITE:
        write_and_answer(port, file, file->position, &command, true);
        break;
    case RAM_PWRITE:
        if (has_one)
            write_and_answer(port, file, a, &command, false);
        break;
    case RAM_SEEK:
        error = has_two ? seek(file, a, b) : EINVAL;
        if (error)
            answer_error(port, error);
        else
            answer_number(port, file->position);
        break;
    case RAM_TRUNCATE:
        answer_to(port, truncate_here(file));
        break;
    case RAM_GET:
        answer_data(port, file, 0, file->size);
        break;
    case RAM_SIZE:
        answer_number(port, file->size);
        break;
    case RAM_SYNC:
    case RAM_DATASYNC:
    case RAM_ADVISE:
    case RAM_ALLOCATE:
        answer_to(port, file->mode ? 0 : EBADF);
        break;
    }
}

static void output(struct port *port, struct chunk *chunk) {
    const uint8_t *bytes = chunk->bytes + port->packet_bytes;
    size_t size = chunk->size - port->packet_bytes;
    if (size > 0)
        perform(port, bytes[0], (struct command){bytes + 1, size - 1});
    chunk_free(chunk);
}

static void stop(struct port *port) {
    struct ram_file *file = port->driver_data;
    sys_free(file->bytes);
    sys_free(file);
}

static const struct driver driver_ram_file = {.name = "ram_file_drv", .output = output, .stop = stop};

term port_open_ram_file(struct process *self, const char *command, const struct port_options *options, term *error) {
    struct port *port = port_new(&driver_ram_file, self->pid, command, options);
    if (!port)
        return *error = ATOM_system_limit, NONE;
    port->driver_data = sys_alloc_zero(sizeof(struct ram_file));
    return port_opened(self, port, 0, error);
}
