// prim_socket: receiving.
//
// With the handle `zero` a receive answers at once, whoever's turn it is: `ok` says that there is nothing.

#include "bif/prim_socket.h"

#include <errno.h>
#include <sys/uio.h>

#include "io/posix_error.h"
#include "io/socket_address.h"
#include "socket/control.h"
#include "term/map.h"
#include "term/number.h"

#define COPIED_BYTES (64 << 10) // what fits is received into scratch memory, and copied to a binary of its size

// Where bytes go. Filled before the socket is locked.
struct room {
    uint8_t *bytes;
    size_t size;
    struct shared_binary *shared; // or NULL: scratch
};

static bool room_make(struct process *self, size_t size, struct room *room) {
    *room = (struct room){.size = size};
    if (size <= COPIED_BYTES) {
        room->bytes = proc_scratch(self, size + 1);
        return true;
    }
    room->shared = shared_binary_try_new(size);
    room->bytes = room->shared ? room->shared->bytes : NULL;
    return room->shared != NULL;
}

static void room_free(struct room *room) {
    if (room->shared)
        shared_binary_release(room->shared);
    room->shared = NULL;
}

// The first `done` bytes as a binary. The flag `trunc` makes the system tell how long a message was of which it gave
// only what there is room for: then the rest are zeros.
static term room_binary(struct process *self, struct room *room, size_t done) {
    if (room->shared && done >= room->size / 2 && done <= room->size) {
        term slice = heap_slice(&self->heap, room->shared, 0, done * 8);
        room->shared = NULL; // the slice has it
        return slice;
    }
    uint8_t *bytes;
    size_t there = done < room->size ? done : room->size;
    term binary = heap_binary_new(&self->heap, done, &bytes);
    memcpy(bytes, room->bytes, there);
    memset(bytes + there, 0, done - there);
    return binary;
}

// ---- one receive ----

enum outcome {
    RECEIVED_ALL,  // all that was asked for
    RECEIVED_MORE, // there may be more at once
    RECEIVED_PART, // less than was asked for, and the caller waits for the rest
    RECEIVED_NONE, // the caller waits
    RECEIVED_NOTHING,
    RECEIVED_ERROR,
    RECEIVED_CLOSED,
};
// recv, or recvfrom and recvmsg: these take one message, whose size OTP does not compare with the largest.
enum form { RECEIVES_BYTES, RECEIVES_MESSAGE };
struct received {
    enum outcome outcome;
    size_t size;
    int error;
};

// Of a message in several pieces, all but the last have been added up in received_size.
static void count_received(struct socket *socket, size_t size, bool is_maximum) {
    struct socket_side *side = &socket->sides[SIDE_READ];
    size_t whole = socket->received_size + size;
    side->packets++;
    side->bytes += size;
    if (is_maximum && whole > side->packet_maximum)
        side->packet_maximum = whole;
    socket->received_size = 0;
    socket->received_count = 0;
}

// Somebody who does not wait has taken what the current one was told of, or the current one itself is done.
static void pass(struct socket *socket, const struct process *self, term handle) {
    const struct socket_side *side = &socket->sides[SIDE_READ];
    if (handle != ATOM_zero || !side->current || side->current->pid == self->pid || !side->armed)
        socket_pass(socket, SIDE_READ);
}

static struct received failed(struct socket *socket, term handle, int error) {
    socket->sides[SIDE_READ].fails++;
    if (handle != ATOM_zero)
        socket_abort(socket, SIDE_READ, error ? posix_error_atom(error) : ATOM_closed);
    return (struct received){error ? RECEIVED_ERROR : RECEIVED_CLOSED, 0, error};
}

static struct received wait_for(struct process *self, struct socket *socket, term handle, enum outcome outcome,
                                size_t size) {
    if (handle == ATOM_zero)
        return (struct received){outcome == RECEIVED_NONE ? RECEIVED_NOTHING : outcome, size, 0};
    int error = socket_wait(socket, SIDE_READ, PURPOSE_TRANSFER, self, handle);
    return error ? failed(socket, handle, error) : (struct received){outcome, size, 0};
}

// Whether a receive for whatever there is goes on: it filled its buffer, and may do so more often.
static bool go_on(struct socket *socket, size_t size) {
    if (size < socket->transfers.receive_size || socket->received_count + 1 >= socket->transfers.receive_count)
        return false;
    socket->received_count++;
    socket->received_size += size;
    socket->sides[SIDE_READ].bytes += size;
    return true;
}

// (locked) `asked` is what the caller wants, 0: whatever there is.
static struct received receive_now(struct process *self, struct socket *socket, struct msghdr *header, int flags,
                                   size_t asked, enum form form, term handle) {
    struct socket_side *side = &socket->sides[SIDE_READ];
    side->tries++;
    ssize_t size = recvmsg(socket->descriptor, header, flags);
    int error = size < 0 ? errno : 0;
    size_t room = header->msg_iov->iov_len;
    if (error == EAGAIN || error == EINTR)
        return wait_for(self, socket, handle, RECEIVED_NONE, 0);
    if (error)
        return failed(socket, handle, error);
    if (size == 0 && socket->type == SOCK_STREAM && room > 0)
        return failed(socket, handle, 0);
    if (asked > 0 && (size_t)size < asked && socket->type == SOCK_STREAM && handle != ATOM_zero) {
        side->bytes += (size_t)size;
        return wait_for(self, socket, handle, RECEIVED_PART, (size_t)size);
    }
    if (form == RECEIVES_BYTES && asked == 0 && go_on(socket, (size_t)size))
        return (struct received){RECEIVED_MORE, (size_t)size, 0};
    count_received(socket, (size_t)size, form == RECEIVES_BYTES);
    pass(socket, self, handle);
    return (struct received){RECEIVED_ALL, (size_t)size, 0};
}

// What is left at 0, the socket's options say.
static void sizes_of(struct socket *socket, size_t *size, size_t *control_size) {
    mutex_lock(&socket->lock);
    if (*size == 0)
        *size = socket->transfers.receive_size;
    if (*control_size == 0)
        *control_size = socket->transfers.receive_control_size;
    mutex_unlock(&socket->lock);
}

static bool is_handle(term t) {
    return is_reference(t) || t == ATOM_zero;
}

// Takes the socket and a turn for a receive; NULL when the answer is ready.
static struct socket *begin(struct process *self, term reference, term handle, term *answer) {
    struct socket *socket = socket_enter(self, reference, answer);
    if (!socket)
        return NULL;
    const struct socket_side *side = &socket->sides[SIDE_READ];
    enum socket_turn turn = TURN_MINE;
    if (handle != ATOM_zero)
        turn = socket_turn(socket, SIDE_READ, PURPOSE_TRANSFER, self, handle);
    else if (side->current && side->purpose != PURPOSE_TRANSFER)
        turn = TURN_REFUSED;
    if (turn == TURN_MINE)
        return socket;
    socket_leave(socket);
    *answer = socket_no_turn(self, turn);
    return NULL;
}

static term plain_answer(struct process *self, struct received received) {
    switch (received.outcome) {
    case RECEIVED_NONE:
        return ATOM_select;
    case RECEIVED_NOTHING:
        return ATOM_ok;
    case RECEIVED_CLOSED:
        return error_tuple(self, ATOM_closed);
    default:
        return posix_error(&self->heap, received.error);
    }
}

// ---- from the arguments to the answer ----

struct reception;

// A receive's arguments, and what it answers when there are bytes.
struct request {
    term socket, size;
    term control_size; // NONE: the caller does not want control messages
    term flags, handle;
    enum form form;
    term (*answer)(struct process *self, struct reception *reception);
};

// What has come.
struct reception {
    struct room room, control;
    struct sockaddr_storage address;
    struct iovec vector;
    struct msghdr header;
    struct received received;
};

static bool reception_make(struct process *self, size_t size, size_t control_size, enum form form,
                           struct reception *made) {
    made->control = (struct room){0};
    if (!room_make(self, size, &made->room))
        return false;
    if (control_size > 0 && !room_make(self, control_size, &made->control)) {
        room_free(&made->room);
        return false;
    }
    made->vector = (struct iovec){made->room.bytes, made->room.size};
    made->header = (struct msghdr){.msg_iov = &made->vector,
                                   .msg_iovlen = 1,
                                   .msg_control = made->control.bytes,
                                   .msg_controllen = made->control.size};
    if (form == RECEIVES_MESSAGE) {
        made->address = (struct sockaddr_storage){0};
        made->header.msg_name = &made->address;
        made->header.msg_namelen = sizeof made->address;
    }
    return true;
}

static term request_answer(struct process *self, const struct request *request, struct reception *reception, int flags,
                           size_t asked) {
    term answer;
    struct socket *socket = begin(self, request->socket, request->handle, &answer);
    if (!socket)
        return answer;
    reception->received = receive_now(self, socket, &reception->header, flags, asked, request->form, request->handle);
    socket_leave(socket);
    return reception->received.outcome <= RECEIVED_PART ? request->answer(self, reception)
                                                        : plain_answer(self, reception->received);
}

static term receive(struct process *self, const struct request *request) {
    struct reception reception;
    int flags;
    size_t asked, size, control_size = 0;
    bool with_control = request->control_size != NONE;
    struct socket *socket = socket_of(request->socket);
    if (!socket || !is_handle(request->handle))
        return raise_badarg(self);
    if (!socket_size(request->size, &asked))
        return socket_bad_number(self, request->size);
    if (with_control && !socket_size(request->control_size, &control_size))
        return socket_bad_number(self, request->control_size);
    if (!integer_to_int(request->flags, &flags))
        return socket_bad_number(self, request->flags);
    size = asked;
    sizes_of(socket, &size, &control_size);
    if (!reception_make(self, size, with_control ? control_size : 0, request->form, &reception))
        return posix_error(&self->heap, ENOMEM);
    term answer = request_answer(self, request, &reception, flags, asked);
    room_free(&reception.room);
    room_free(&reception.control);
    return answer;
}

// ---- recv ----

static term bytes_answer(struct process *self, struct reception *reception) {
    term binary = room_binary(self, &reception->room, reception->received.size);
    switch (reception->received.outcome) {
    case RECEIVED_MORE:
        return heap_tuple_of(&self->heap, 2, ATOM_more, binary);
    case RECEIVED_PART:
        return heap_tuple_of(&self->heap, 2, ATOM_select, binary);
    default:
        return ok_tuple(self, binary);
    }
}

BIF(prim_socket, nif_recv, 4) {
    return receive(self, &(struct request){arguments[0], arguments[1], NONE, arguments[2], arguments[3], RECEIVES_BYTES,
                                           bytes_answer});
}

// ---- recvfrom ----

static term address_of(struct process *self, const struct msghdr *header) {
    return socket_address_map(&self->heap, header->msg_name, header->msg_namelen);
}

static term datagram_answer(struct process *self, struct reception *reception) {
    term binary = room_binary(self, &reception->room, reception->received.size);
    return ok_tuple(self, heap_tuple_of(&self->heap, 2, address_of(self, &reception->header), binary));
}

BIF(prim_socket, nif_recvfrom, 4) {
    return receive(self, &(struct request){arguments[0], arguments[1], NONE, arguments[2], arguments[3],
                                           RECEIVES_MESSAGE, datagram_answer});
}

// ---- recvmsg ----

static term message_answer(struct process *self, struct reception *reception) {
    struct heap *heap = &self->heap;
    struct msghdr *header = &reception->header;
    term binary = room_binary(self, &reception->room, reception->received.size);
    term pairs[] = {
        ATOM_flags, socket_message_flags(heap, header->msg_flags),
        ATOM_iov,   heap_cons(heap, binary, NIL),
        ATOM_ctrl,  socket_control_list(heap, header),
        ATOM_addr,  header->msg_namelen > 0 ? address_of(self, header) : NONE,
    };
    return ok_tuple(self, map_from_pairs(heap, pairs, header->msg_namelen > 0 ? 4 : 3));
}

BIF(prim_socket, nif_recvmsg, 5) {
    return receive(self, &(struct request){arguments[0], arguments[1], arguments[2], arguments[3], arguments[4],
                                           RECEIVES_MESSAGE, message_answer});
}
