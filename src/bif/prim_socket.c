// prim_socket: opening, naming, connecting and closing sockets.

#define _GNU_SOURCE // accept4

#include "bif/prim_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <unistd.h>

#include "bif/native_name.h"
#include "io/network_namespace.h"
#include "io/posix_error.h"
#include "io/socket_address.h"
#include "term/bits.h"
#include "term/map.h"
#include "term/number.h"
#include "vm.h"

// ---- what the files of prim_socket share ----

term socket_no_turn(struct process *self, enum socket_turn turn) {
    switch (turn) {
    case TURN_LATER:
        return ATOM_select;
    case TURN_AGAIN:
        return socket_raise_invalid(self, ATOM_state);
    default:
        return socket_error_invalid(self, ATOM_state);
    }
}

term socket_bad_number(struct process *self, term t) {
    if (!is_integer(t))
        return raise_badarg(self);
    return socket_invalid(self, heap_tuple_of(&self->heap, 2, ATOM_integer_range, t));
}

bool socket_size(term t, size_t *size) {
    int64_t number;
    if (!integer_within(t, 0, INT64_MAX, &number))
        return false;
    *size = (size_t)number;
    return true;
}

static term ok_or_errno(struct process *self, int result, int error) {
    return result < 0 ? posix_error(&self->heap, error) : ATOM_ok;
}

// ---- opening ----

// A boolean of a map of options; false when it is something else.
static bool flag_option(term options, term key, bool *flag) {
    term value = map_get(options, key);
    if (value == NONE)
        return true;
    *flag = value == ATOM_true;
    return value == ATOM_true || value == ATOM_false;
}

static bool common_options(term options, struct socket_options *made) {
    *made = (struct socket_options){.given = -1,
                                    .debug = atomic_load(&vm.sockets->socket_debug),
                                    .registered = atomic_load(&vm.sockets->use_registry),
                                    .transfers = {.receive_size = SOCKET_RECEIVE_SIZE,
                                                  .receive_control_size = SOCKET_CONTROL_SIZE,
                                                  .send_control_size = SOCKET_CONTROL_SIZE}};
    return flag_option(options, ATOM_debug, &made->debug) && flag_option(options, ATOM_use_registry, &made->registered);
}

// What the system knows of a descriptor.
static int descriptor_number(int descriptor, int option, int *number) {
    socklen_t size = sizeof *number;
    return getsockopt(descriptor, SOL_SOCKET, option, number, &size) < 0 ? errno : 0;
}

static int open_in(const char *namespace, const struct socket_options *options) {
    int back = -1;
    if (namespace && (back = network_namespace_enter(namespace)) < 0)
        return -1;
    int descriptor = socket(options->domain, options->type | SOCK_CLOEXEC | SOCK_NONBLOCK, options->protocol);
    if (namespace)
        network_namespace_leave(back);
    return descriptor;
}

BIF(prim_socket, nif_open, 4) {
    struct socket_options options;
    size_t size;
    if (!is_map(arguments[3]))
        return raise_badarg(self);
    bool good = common_options(arguments[3], &options);
    if (!integer_to_int(arguments[2], &options.protocol))
        return socket_bad_number(self, arguments[2]);
    if (!socket_family_read(arguments[0], &options.domain))
        return socket_invalid(self, ATOM_domain);
    if (!socket_type_read(arguments[1], &options.type))
        return socket_invalid(self, ATOM_type);
    if (!good)
        return raise_badarg(self);
    term netns = map_get(arguments[3], ATOM_netns);
    const char *namespace = netns == NONE ? NULL : native_name(self, netns, &size);
    if (netns != NONE && !namespace)
        return raise_badarg(self);
    int descriptor = open_in(namespace, &options);
    if (descriptor < 0)
        return posix_error(&self->heap, errno);
    descriptor_number(descriptor, SO_PROTOCOL, &options.protocol); // what 0 came to mean
    return ok_tuple(self, socket_new(self, descriptor, &options));
}

// What the options leave out, the system knows.
static term given_kind(struct process *self, int descriptor, term map, struct socket_options *options) {
    term domain = map_get(map, ATOM_domain), type = map_get(map, ATOM_type), protocol = map_get(map, ATOM_protocol);
    if (domain != NONE ? !socket_family_read(domain, &options->domain)
                       : descriptor_number(descriptor, SO_DOMAIN, &options->domain) != 0)
        return socket_invalid(self, ATOM_domain);
    if ((type == NONE || !socket_type_read(type, &options->type)) &&
        descriptor_number(descriptor, SO_TYPE, &options->type) != 0)
        return socket_invalid(self, ATOM_type);
    if (protocol != NONE && !integer_to_int(protocol, &options->protocol))
        return raise_badarg(self);
    int error = protocol == NONE ? descriptor_number(descriptor, SO_PROTOCOL, &options->protocol) : 0;
    return error ? posix_error(&self->heap, error) : ATOM_ok;
}

BIF(prim_socket, nif_open, 2) {
    struct socket_options options;
    int given;
    bool copies = true;
    if (!integer_to_int(arguments[0], &given))
        return socket_bad_number(self, arguments[0]);
    if (!is_map(arguments[1]) || !common_options(arguments[1], &options) ||
        !flag_option(arguments[1], ATOM_dup, &copies))
        return raise_badarg(self);
    term kind = given_kind(self, given, arguments[1], &options);
    if (kind != ATOM_ok)
        return kind;
    int descriptor = copies ? fcntl(given, F_DUPFD_CLOEXEC, 0) : given;
    if (descriptor < 0)
        return posix_error(&self->heap, errno);
    struct sockaddr_storage peer;
    socklen_t size = sizeof peer;
    options.given = given;
    options.connected = getpeername(descriptor, (struct sockaddr *)&peer, &size) == 0;
    fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK);
    fcntl(descriptor, F_SETFD, FD_CLOEXEC);
    return ok_tuple(self, socket_new(self, descriptor, &options));
}

// ---- names ----

BIF(prim_socket, nif_bind, 2) {
    struct sockaddr_storage address;
    socklen_t size;
    term answer;
    bool good = socket_address_read(arguments[1], &address, &size);
    struct socket *socket = socket_enter(self, arguments[0], &answer);
    if (!socket)
        return answer;
    int result = good ? bind(socket->descriptor, (struct sockaddr *)&address, size) : 0, error = errno;
    if (good && result == 0)
        socket->sides[SIDE_READ].states |= SOCKET_BOUND;
    socket_leave(socket);
    return good ? ok_or_errno(self, result, error) : socket_invalid(self, ATOM_sockaddr);
}

static term name_answer(struct process *self, term reference,
                        int (*name)(int descriptor, struct sockaddr *address, socklen_t *size)) {
    struct sockaddr_storage address = {0};
    socklen_t size = sizeof address;
    term answer;
    struct socket *socket = socket_enter(self, reference, &answer);
    if (!socket)
        return answer;
    int result = name(socket->descriptor, (struct sockaddr *)&address, &size), error = errno;
    socket_leave(socket);
    if (result < 0)
        return posix_error(&self->heap, error);
    return ok_tuple(self, socket_address_map(&self->heap, (struct sockaddr *)&address, size));
}

static int own_name(int descriptor, struct sockaddr *address, socklen_t *size) {
    return getsockname(descriptor, address, size);
}
static int peer_name(int descriptor, struct sockaddr *address, socklen_t *size) {
    return getpeername(descriptor, address, size);
}

BIF(prim_socket, nif_sockname, 1) {
    return name_answer(self, arguments[0], own_name);
}
BIF(prim_socket, nif_peername, 1) {
    return name_answer(self, arguments[0], peer_name);
}

// ---- connecting ----

static term connect_begin(struct process *self, struct socket *socket, const struct sockaddr_storage *address,
                          socklen_t size, term handle, int *error) {
    *error = 0;
    if (connect(socket->descriptor, (const struct sockaddr *)address, size) == 0) {
        socket->sides[SIDE_WRITE].states |= SOCKET_CONNECTED;
        return ATOM_ok;
    }
    *error = errno;
    if (*error != EINPROGRESS)
        return NONE;
    *error = socket_wait(socket, SIDE_WRITE, PURPOSE_ESTABLISH, self, handle);
    return *error ? NONE : ATOM_select;
}

static int connect_finish(struct socket *socket) {
    int error = 0;
    socklen_t size = sizeof error;
    socket_pass(socket, SIDE_WRITE);
    if (getsockopt(socket->descriptor, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
        error = errno;
    if (!error)
        socket->sides[SIDE_WRITE].states |= SOCKET_CONNECTED;
    return error;
}

// Whether a connect is under way: the caller's own, or another's.
enum connecting { CONNECTING_NOBODY, CONNECTING_SELF, CONNECTING_OTHER, CONNECTING_WRITER };

static enum connecting connecting(const struct process *self, struct socket *socket) {
    const struct socket_side *side = &socket->sides[SIDE_WRITE];
    socket_forget_ended(socket, SIDE_WRITE);
    if (!side->current)
        return CONNECTING_NOBODY;
    if (side->purpose != PURPOSE_ESTABLISH)
        return CONNECTING_WRITER;
    return side->current->pid == self->pid ? CONNECTING_SELF : CONNECTING_OTHER;
}

BIF(prim_socket, nif_connect, 3) {
    struct sockaddr_storage address;
    socklen_t size;
    int error = 0;
    term answer = NONE;
    bool good = socket_address_read(arguments[2], &address, &size);
    if (!is_reference(arguments[1]))
        return raise_badarg(self);
    struct socket *socket = socket_enter(self, arguments[0], &answer);
    if (!socket)
        return answer;
    enum connecting state = connecting(self, socket);
    if (good && state == CONNECTING_NOBODY)
        answer = connect_begin(self, socket, &address, size, arguments[1], &error);
    else if (good && state == CONNECTING_SELF)
        answer = (error = connect_finish(socket)) ? NONE : ATOM_ok;
    socket_leave(socket);
    if (!good)
        return socket_invalid(self, ATOM_sockaddr);
    if (state == CONNECTING_OTHER)
        return error_tuple(self, ATOM_already);
    if (state == CONNECTING_WRITER)
        return socket_error_invalid(self, ATOM_state);
    return error ? posix_error(&self->heap, error) : answer;
}

BIF(prim_socket, nif_connect, 1) {
    term answer;
    struct socket *socket = socket_enter(self, arguments[0], &answer);
    if (!socket)
        return answer;
    bool mine = connecting(self, socket) == CONNECTING_SELF;
    int error = mine ? connect_finish(socket) : 0;
    socket_leave(socket);
    if (!mine)
        return socket_raise_invalid(self, ATOM_state);
    return error ? posix_error(&self->heap, error) : ATOM_ok;
}

// ---- accepting ----

BIF(prim_socket, nif_listen, 2) {
    term answer;
    int backlog;
    if (!integer_to_int(arguments[1], &backlog))
        return socket_bad_number(self, arguments[1]);
    struct socket *socket = socket_enter(self, arguments[0], &answer);
    if (!socket)
        return answer;
    int result = listen(socket->descriptor, backlog), error = errno;
    if (result == 0)
        socket->sides[SIDE_READ].states |= SOCKET_LISTENING;
    socket_leave(socket);
    return ok_or_errno(self, result, error);
}

// A descriptor, or -1 with an errno value, or with 0: the caller waits now.
static int accept_one(struct process *self, struct socket *socket, term handle, int *error) {
    bool waited = socket->sides[SIDE_READ].current != NULL;
    socket->accepts.tries++;
    int descriptor = accept4(socket->descriptor, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    *error = descriptor < 0 ? errno : 0;
    if (descriptor >= 0) {
        socket->accepts.successes++;
        socket->sides[SIDE_WRITE].states |= SOCKET_CONNECTED; // so OTP: not the new one
        socket_pass(socket, SIDE_READ);
    } else if (*error == EAGAIN || *error == EINTR) {
        socket->accepts.waits += waited;
        *error = socket_wait(socket, SIDE_READ, PURPOSE_ESTABLISH, self, handle);
    } else {
        socket->accepts.fails++;
        socket_abort(socket, SIDE_READ, posix_error_atom(*error));
    }
    return descriptor;
}

BIF(prim_socket, nif_accept, 2) {
    term answer;
    int error = 0, descriptor = -1;
    if (!is_reference(arguments[1]))
        return raise_badarg(self);
    struct socket *socket = socket_enter(self, arguments[0], &answer);
    if (!socket)
        return answer;
    struct socket_options options = {.domain = socket->domain,
                                     .type = socket->type,
                                     .protocol = socket->protocol,
                                     .given = -1,
                                     .debug = socket->debug,
                                     .registered = socket->registered,
                                     .transfers = socket->transfers};
    enum socket_turn turn = socket_turn(socket, SIDE_READ, PURPOSE_ESTABLISH, self, arguments[1]);
    if (turn == TURN_MINE)
        descriptor = accept_one(self, socket, arguments[1], &error);
    socket_leave(socket);
    if (turn != TURN_MINE)
        return socket_no_turn(self, turn);
    if (descriptor < 0)
        return error ? posix_error(&self->heap, error) : ATOM_select;
    return ok_tuple(self, socket_new(self, descriptor, &options));
}

// ---- ending ----

BIF(prim_socket, nif_shutdown, 2) {
    term answer;
    int how = arguments[1] == ATOM_read         ? SHUT_RD
              : arguments[1] == ATOM_write      ? SHUT_WR
              : arguments[1] == ATOM_read_write ? SHUT_RDWR
                                                : -1;
    if (how < 0) // even of a closed one
        return socket_raise_invalid(self, heap_tuple_of(&self->heap, 2, ATOM_how, arguments[1]));
    struct socket *socket = socket_enter(self, arguments[0], &answer);
    if (!socket)
        return answer;
    int result = shutdown(socket->descriptor, how), error = errno;
    socket_leave(socket);
    return ok_or_errno(self, result, error);
}

BIF(prim_socket, nif_close, 1) {
    struct socket *socket = socket_of(arguments[0]);
    if (!socket)
        return raise_badarg(self);
    return socket_close(self, socket) ? ATOM_ok : error_tuple(self, ATOM_closed);
}

// OTP's second half of closing: nothing is left to do.
BIF(prim_socket, nif_finalize_close, 1) {
    struct socket *socket = socket_of(arguments[0]);
    if (!socket)
        return raise_badarg(self);
    mutex_lock(&socket->lock);
    bool closing = (socket->sides[SIDE_READ].states & SOCKET_CLOSING) != 0;
    bool closed = (socket->sides[SIDE_READ].states & SOCKET_CLOSED) != 0;
    for (int side = 0; closing && side < SIDE_COUNT; side++)
        socket->sides[side].states |= SOCKET_CLOSED;
    mutex_unlock(&socket->lock);
    return closing && !closed ? ATOM_ok : error_tuple(self, ATOM_closed);
}

// What an operation waits with: which side, what for.
static bool cancelled_operation(term operation, enum socket_side_name *side, enum socket_purpose *purpose) {
    switch (operation) {
    case ATOM_connect:
        *side = SIDE_WRITE;
        *purpose = PURPOSE_ESTABLISH;
        return true;
    case ATOM_accept:
        *side = SIDE_READ;
        *purpose = PURPOSE_ESTABLISH;
        return true;
    case ATOM_send:
    case ATOM_sendto:
    case ATOM_sendmsg:
    case ATOM_sendfile:
        *side = SIDE_WRITE;
        *purpose = PURPOSE_TRANSFER;
        return true;
    case ATOM_recv:
    case ATOM_recvfrom:
    case ATOM_recvmsg:
        *side = SIDE_READ;
        *purpose = PURPOSE_TRANSFER;
        return true;
    default:
        return false;
    }
}

BIF(prim_socket, nif_cancel, 3) {
    enum socket_side_name side;
    enum socket_purpose purpose;
    term answer;
    if (!is_reference(arguments[2]) || !is_atom(arguments[1]))
        return raise_badarg(self);
    if (!cancelled_operation(arguments[1], &side, &purpose))
        return raise_badarg(self);
    struct socket *socket = socket_enter(self, arguments[0], &answer);
    if (!socket)
        return answer;
    answer = socket_cancel(socket, side, purpose, self, arguments[2]);
    if (arguments[1] == ATOM_sendfile && answer != ATOM_not_found)
        socket_end_file(socket);
    socket_leave(socket);
    return answer;
}
