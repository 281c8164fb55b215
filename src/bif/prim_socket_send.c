// prim_socket: sending.

#include "bif/bytes.h"
#include "bif/prim_socket.h"

#include <errno.h>
#include <limits.h>
#include <sys/uio.h>

#include "io/posix_error.h"
#include "io/socket_address.h"
#include "socket/control.h"
#include "term/iodata.h"
#include "term/map.h"
#include "term/number.h"

// A message, read from its terms before the socket is locked.
struct outgoing {
    struct msghdr header;
    size_t size;
    bool partial; // the caller's list goes on: it sends the rest next
    int flags;
};

// How a send ended.
struct sent {
    enum { SENT_PART_WAIT, SENT_DONE, SENT_WAIT, SENT_FAILED } how;
    size_t written;
    int error;
};

static void count_sent(struct socket_side *side, size_t written) {
    side->packets++;
    side->bytes += written;
    if (written > side->packet_maximum)
        side->packet_maximum = written;
}

// (locked) It is the caller's turn.
static struct sent send_now(struct process *self, struct socket *socket, const struct outgoing *message, term handle) {
    struct socket_side *side = &socket->sides[SIDE_WRITE];
    side->tries++;
    ssize_t written = sendmsg(socket->descriptor, &message->header, message->flags);
    int error = written < 0 ? errno : 0;
    if (error && error != EAGAIN && error != EINTR) {
        side->fails++;
        socket_abort(socket, SIDE_WRITE, posix_error_atom(error));
        return (struct sent){SENT_FAILED, 0, error};
    }
    if (!error && ((size_t)written == message->size || socket->type != SOCK_STREAM)) {
        count_sent(side, (size_t)written);
        socket_pass(socket, SIDE_WRITE);
        return (struct sent){SENT_DONE, (size_t)written, 0};
    }
    side->waits++; // what was written is not counted, as on OTP
    error = socket_wait(socket, SIDE_WRITE, PURPOSE_TRANSFER, self, handle);
    if (error)
        return (struct sent){SENT_FAILED, 0, error};
    return written > 0 ? (struct sent){SENT_PART_WAIT, (size_t)written, 0} : (struct sent){SENT_WAIT, 0, 0};
}

static term sent_answer(struct process *self, const struct outgoing *message, struct sent sent) {
    term written = heap_unsigned(&self->heap, sent.written);
    switch (sent.how) {
    case SENT_PART_WAIT:
        return heap_tuple_of(&self->heap, 2, ATOM_select, written);
    case SENT_DONE:
        if (message->partial && sent.written == message->size)
            return heap_tuple_of(&self->heap, 2, ATOM_iov, written);
        return sent.written == message->size ? ATOM_ok : ok_tuple(self, written);
    case SENT_WAIT:
        return ATOM_select;
    default:
        return posix_error(&self->heap, sent.error);
    }
}

static term send_answer(struct process *self, term reference, const struct outgoing *message, term handle) {
    term answer;
    struct sent sent = {0};
    struct socket *socket = socket_enter(self, reference, &answer);
    if (!socket)
        return answer;
    enum socket_turn turn = socket_turn(socket, SIDE_WRITE, PURPOSE_TRANSFER, self, handle);
    if (turn == TURN_MINE)
        sent = send_now(self, socket, message, handle);
    socket_leave(socket);
    return turn == TURN_MINE ? sent_answer(self, message, sent) : socket_no_turn(self, turn);
}

static struct iovec bytes_of(struct process *self, term bitstring) {
    struct iovec vector;
    vector.iov_base = (void *)bitstring_bytes(self, bitstring, &vector.iov_len);
    return vector;
}

BIF(prim_socket, nif_send, 4) {
    struct outgoing message = {0};
    if (!is_binary(arguments[1]) || !is_reference(arguments[3]))
        return raise_badarg(self);
    if (!integer_to_int(arguments[2], &message.flags))
        return socket_bad_number(self, arguments[2]);
    struct iovec vector = bytes_of(self, arguments[1]);
    message.header.msg_iov = &vector;
    message.header.msg_iovlen = 1;
    message.size = vector.iov_len;
    return send_answer(self, arguments[0], &message, arguments[3]);
}

BIF(prim_socket, nif_sendto, 5) {
    struct outgoing message = {0};
    struct sockaddr_storage address;
    if (!is_binary(arguments[1]) || !is_reference(arguments[4]))
        return raise_badarg(self);
    if (!integer_to_int(arguments[3], &message.flags))
        return socket_bad_number(self, arguments[3]);
    if (!socket_address_read(arguments[2], &address, &message.header.msg_namelen))
        return socket_invalid(self, ATOM_sockaddr);
    struct iovec vector = bytes_of(self, arguments[1]);
    message.header.msg_name = &address;
    message.header.msg_iov = &vector;
    message.header.msg_iovlen = 1;
    message.size = vector.iov_len;
    return send_answer(self, arguments[0], &message, arguments[4]);
}

// The first parts of a list, as many as one call takes: what follows is looked at when it is its turn, as on OTP. False
// when it is malformed up to there.
static bool vector_argument(struct process *self, term list, struct outgoing *message) {
    size_t count = 0;
    term tail = list;
    for (; count < IOV_MAX && is_list(tail) && iodata_is_vector_part(list_head(tail)); tail = list_tail(tail))
        count++;
    message->partial = count == IOV_MAX && is_list(tail);
    if (!message->partial && !is_nil(tail))
        return false;
    struct iovec *vector = proc_scratch(self, (count + 1) * sizeof *vector);
    for (size_t i = 0; i < count; i++, list = list_tail(list)) {
        vector[i] = bytes_of(self, list_head(list));
        message->size += vector[i].iov_len;
    }
    message->header.msg_iov = vector;
    message->header.msg_iovlen = count;
    return true;
}

static bool control_argument(struct process *self, term list, size_t room, struct msghdr *header) {
    header->msg_control = proc_scratch(self, room + 1);
    header->msg_controllen = room;
    return socket_control_read(list, header);
}

BIF(prim_socket, nif_sendmsg, 5) {
    struct outgoing message = {0};
    struct sockaddr_storage address;
    struct socket *socket = socket_of(arguments[0]);
    if (!socket || !is_map(arguments[1]) || !is_reference(arguments[3]))
        return raise_badarg(self);
    if (!integer_to_int(arguments[2], &message.flags))
        return socket_bad_number(self, arguments[2]);
    mutex_lock(&socket->lock);
    size_t room = socket->transfers.send_control_size;
    bool closed = socket->descriptor < 0;
    mutex_unlock(&socket->lock);
    if (closed)
        return error_tuple(self, ATOM_closed);
    // Only a stream can be sent in several pieces.
    if (!vector_argument(self, arguments[4], &message) || (message.partial && socket->type != SOCK_STREAM))
        return socket_invalid(self, ATOM_iov);
    term to = map_get(arguments[1], ATOM_addr), control = map_get(arguments[1], ATOM_ctrl);
    if (to != NONE) {
        message.header.msg_name = &address;
        if (!socket_address_read(to, &address, &message.header.msg_namelen))
            return socket_invalid(self, ATOM_addr);
    }
    if (control != NONE && !control_argument(self, control, room, &message.header))
        return socket_invalid(self, ATOM_ctrl);
    return send_answer(self, arguments[0], &message, arguments[3]);
}
