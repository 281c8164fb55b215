// prim_socket: sending files. The bytes go from file to socket without passing through the VM.
//
// Where the socket takes no more, the socket keeps a descriptor of its own for the file, and the caller goes on from
// where it got to when it is told to.

#include "bif/prim_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include "io/file.h"
#include "io/posix_error.h"
#include "term/number.h"

#define STEP_MAX 0x7ffff000 // more the system does not send at a time

struct part {
    off_t offset;
    size_t count; // 0: all that there is
    size_t sent;
    bool waits;
    int error;
};

// (locked) As much as goes at once.
static void send_part(struct socket *socket, struct part *part) {
    while (part->count == 0 || part->sent < part->count) {
        size_t rest = part->count == 0 ? STEP_MAX : part->count - part->sent;
        ssize_t put =
            sendfile(socket->descriptor, socket->file.descriptor, &part->offset, rest < STEP_MAX ? rest : STEP_MAX);
        socket->file.calls++;
        if (put > 0 && (uint64_t)put > socket->file.call_maximum)
            socket->file.call_maximum = (uint64_t)put;
        if (put < 0 && errno == EINTR)
            continue;
        part->waits = put < 0 && errno == EAGAIN;
        part->error = put < 0 && !part->waits ? errno : 0;
        if (put <= 0)
            return;
        part->sent += (size_t)put;
    }
}

static void count_part(struct socket *socket, const struct part *part) {
    socket->file.fails += part->error != 0;
    socket->file.waits += part->waits;
    if (part->error || part->sent == 0)
        return;
    socket->file.packets++;
    socket->file.bytes += part->sent;
    if (part->sent > socket->file.packet_maximum)
        socket->file.packet_maximum = part->sent;
}

// (locked) It is the caller's turn, and the file is there.
static void send_file(struct process *self, struct socket *socket, struct part *part, term handle) {
    send_part(socket, part);
    count_part(socket, part);
    if (part->waits)
        part->error = socket_wait(socket, SIDE_WRITE, PURPOSE_TRANSFER, self, handle);
    else if (part->error)
        socket_abort(socket, SIDE_WRITE, posix_error_atom(part->error));
    else
        socket_pass(socket, SIDE_WRITE);
    if (part->error || !part->waits)
        socket_end_file(socket);
}

static term part_answer(struct process *self, const struct part *part) {
    term sent = heap_unsigned(&self->heap, part->sent);
    if (part->error)
        return posix_error(&self->heap, part->error);
    return part->waits ? heap_tuple_of(&self->heap, 2, ATOM_select, sent) : ok_tuple(self, sent);
}

static bool part_arguments(const term *arguments, struct part *part) {
    int64_t offset;
    if (!is_reference(arguments[1]) || !integer_to_int64(arguments[2], &offset) ||
        !socket_size(arguments[3], &part->count))
        return false;
    part->offset = (off_t)offset;
    return true;
}

// A descriptor of our own for the file behind a handle; -1 when it is closed.
static int copy_descriptor(struct file_handle *file) {
    if (!file_begin(file))
        return -1;
    int descriptor = fcntl(file->descriptor, F_DUPFD_CLOEXEC, 0);
    file_end(file);
    return descriptor;
}

BIF(prim_socket, nif_sendfile, 5) {
    struct part part = {0};
    term answer = NONE;
    struct file_handle *file = file_handle(arguments[4]);
    if (!file || !part_arguments(arguments, &part))
        return raise_badarg(self);
    struct socket *socket = socket_enter(self, arguments[0], &answer);
    if (!socket)
        return answer;
    bool busy = socket->file.descriptor >= 0;
    enum socket_turn turn = busy ? TURN_REFUSED : socket_turn(socket, SIDE_WRITE, PURPOSE_TRANSFER, self, arguments[1]);
    if (turn == TURN_MINE) {
        socket->file.used = true;
        socket->file.descriptor = copy_descriptor(file);
        part.error = socket->file.descriptor < 0 ? EINVAL : 0;
        if (part.error)
            socket->file.fails++;
        else {
            socket->file.tries++;
            send_file(self, socket, &part, arguments[1]);
        }
    }
    socket_leave(socket);
    return turn == TURN_MINE ? part_answer(self, &part) : socket_no_turn(self, turn);
}

// Goes on, when it was told to.
BIF(prim_socket, nif_sendfile, 4) {
    struct part part = {0};
    term answer;
    if (!part_arguments(arguments, &part))
        return raise_badarg(self);
    struct socket *socket = socket_enter(self, arguments[0], &answer);
    if (!socket)
        return answer;
    const struct socket_waiter *current = socket->sides[SIDE_WRITE].current;
    bool mine = socket->file.descriptor >= 0 && (!current || current->pid == self->pid);
    if (mine)
        send_file(self, socket, &part, arguments[1]);
    socket_leave(socket);
    return mine ? part_answer(self, &part) : socket_raise_invalid(self, ATOM_state);
}

// OTP's registry process closes files so that nobody else could; here none is left.
BIF(prim_socket, nif_sendfile, 1) {
    return socket_of(arguments[0]) ? ATOM_ok : raise_badarg(self);
}
