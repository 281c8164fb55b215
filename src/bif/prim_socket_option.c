// prim_socket: setting and getting options.
//
// The level is `otp`, `socket`, or the system's number. A native value is an integer, a boolean or the bytes as they
// are, for options that the table does not know.

#include "bif/bytes.h"
#include "bif/prim_socket.h"

#include <errno.h>
#include <limits.h>
#include <netinet/in.h>

#include "io/posix_error.h"
#include "io/socket_address.h"
#include "socket/option.h"
#include "term/bits.h"
#include "term/compare.h"
#include "term/number.h"

// Numbers of the options of level otp, as prim_socket.erl has them.
enum otp_option {
    OTP_DEBUG = 1001,
    OTP_WRAP = 1002,
    OTP_OWNER = 1003,
    OTP_RECEIVE_BUFFER = 1004,
    OTP_RECEIVE_CONTROL_BUFFER = 1006,
    OTP_SEND_CONTROL_BUFFER = 1007,
    OTP_DESCRIPTOR = 1008,
    OTP_META = 1009,
    OTP_USE_REGISTRY = 1010,
    OTP_DOMAIN = 1999,
};

#define NATIVE_SIZE_MAX (1 << 20)

// ---- level otp ----

// True when the value is good. *size and *count stay where they are not given.
static bool read_buffer_size(term value, size_t standard, size_t *size) {
    if (value == ATOM_default) {
        *size = standard;
        return true;
    }
    size_t given;
    if (!socket_size(value, &given) || given == 0)
        return false;
    *size = given;
    return true;
}

// A size, or {Count, Size}.
static bool set_receive_buffer(struct socket *socket, term value) {
    size_t count = 0, size;
    if (is_tuple_of(value, 2)) {
        if (!socket_size(tuple_element(value, 1), &count) || count == 0 || count > UINT32_MAX)
            return false;
        value = tuple_element(value, 2);
    }
    if (!read_buffer_size(value, SOCKET_RECEIVE_SIZE, &size))
        return false;
    socket->transfers.receive_size = size;
    socket->transfers.receive_count = (uint32_t)count;
    socket->received_count = 0;
    return true;
}

static bool set_flag(bool *flag, term value) {
    *flag = value == ATOM_true || (value != ATOM_false && *flag);
    return value == ATOM_true || value == ATOM_false;
}

// Only for the owner: ATOM_ok when it is.
static term owner_only(struct process *self, term reference) {
    term answer;
    struct socket *socket = socket_enter(self, reference, &answer);
    if (!socket)
        return answer;
    bool owns = socket->owner == self->pid;
    socket_leave(socket);
    return owns ? ATOM_ok : socket_error_invalid(self, ATOM_not_owner);
}

static term set_owner(struct process *self, term reference, term value) {
    term allowed = owner_only(self, reference);
    if (allowed != ATOM_ok)
        return allowed;
    if (!is_local_pid(value))
        return socket_invalid(self, ATOM_value);
    socket_set_owner(socket_of(reference), value);
    return ATOM_ok;
}

static term set_meta(struct process *self, term reference, term value) {
    term allowed = owner_only(self, reference), answer = ATOM_ok;
    if (allowed != ATOM_ok)
        return allowed;
    struct heap copy = {0}, before = {0};
    value = heap_copy_all(&copy, value);
    struct socket *socket = socket_enter(self, reference, &answer);
    if (socket) {
        before = socket->meta_heap;
        socket->meta_heap = copy;
        socket->meta = value;
        socket_leave(socket);
        answer = ATOM_ok;
    } else {
        before = copy;
    }
    heap_free(&before);
    return answer;
}

static term set_otp(struct process *self, term reference, int option, term value) {
    term answer;
    if (option == OTP_OWNER)
        return set_owner(self, reference, value);
    if (option == OTP_META)
        return set_meta(self, reference, value);
    struct socket *socket = socket_enter(self, reference, &answer);
    if (!socket)
        return answer;
    bool good = false, known = true;
    switch (option) {
    case OTP_DEBUG:
        good = set_flag(&socket->debug, value);
        break;
    case OTP_WRAP:
        good = set_flag(&socket->transfers.wrap, value);
        break;
    case OTP_RECEIVE_BUFFER:
        good = set_receive_buffer(socket, value);
        break;
    case OTP_RECEIVE_CONTROL_BUFFER:
        good = read_buffer_size(value, SOCKET_CONTROL_SIZE, &socket->transfers.receive_control_size);
        break;
    case OTP_SEND_CONTROL_BUFFER:
        good = read_buffer_size(value, SOCKET_CONTROL_SIZE, &socket->transfers.send_control_size);
        break;
    case OTP_USE_REGISTRY: // once registered, it stays so
        good = value == ATOM_true || (value == ATOM_false && !socket->registered);
        if (good && value == ATOM_true)
            socket_register(socket);
        break;
    default:
        known = false;
    }
    socket_leave(socket);
    if (!known)
        return socket_raise_invalid(self, heap_tuple_of(&self->heap, 2, ATOM_otp_socket_option, SMALL(option)));
    return good ? ATOM_ok : socket_invalid(self, ATOM_value);
}

// What of a socket an option of level otp tells; read under its lock.
struct otp_values {
    struct socket_transfers transfers;
    bool debug, registered;
    int descriptor, domain;
    term owner, meta;
};

static term otp_value(struct process *self, const struct otp_values *values, int option) {
    struct heap *heap = &self->heap;
    const struct socket_transfers *transfers = &values->transfers;
    term size = heap_unsigned(heap, transfers->receive_size);
    switch (option) {
    case OTP_DEBUG:
        return term_boolean(values->debug);
    case OTP_WRAP:
        return term_boolean(transfers->wrap);
    case OTP_OWNER:
        return values->owner;
    case OTP_RECEIVE_BUFFER:
        return transfers->receive_count == 0 ? size : heap_tuple_of(heap, 2, SMALL(transfers->receive_count), size);
    case OTP_RECEIVE_CONTROL_BUFFER:
        return heap_unsigned(heap, transfers->receive_control_size);
    case OTP_SEND_CONTROL_BUFFER:
        return heap_unsigned(heap, transfers->send_control_size);
    case OTP_DESCRIPTOR:
        return SMALL(values->descriptor);
    case OTP_META:
        return values->meta;
    case OTP_USE_REGISTRY:
        return term_boolean(values->registered);
    case OTP_DOMAIN:
        return socket_family(values->domain);
    default:
        return NONE;
    }
}

static term get_otp(struct process *self, term reference, int option) {
    term answer;
    struct socket *socket = socket_enter(self, reference, &answer);
    if (!socket)
        return answer;
    struct otp_values values = {
        .transfers = socket->transfers,
        .debug = socket->debug,
        .registered = socket->registered,
        .descriptor = socket->descriptor,
        .domain = socket->domain,
        .owner = socket->owner,
        .meta = option == OTP_META ? heap_copy(&self->heap, socket->meta) : ATOM_undefined,
    };
    socket_leave(socket);
    term value = otp_value(self, &values, option);
    return value == NONE ? socket_invalid(self, ATOM_socket_option) : ok_tuple(self, value);
}

// ---- the system's levels ----

struct place {
    bool otp;
    int level, number;
};

// False when the terms name no option.
static bool read_place(term level, term option, struct place *place) {
    place->otp = level == ATOM_otp;
    place->level = SOL_SOCKET;
    return integer_to_int(option, &place->number) &&
           (place->otp || level == ATOM_socket || integer_to_int(level, &place->level));
}

// Of a form, or native: an integer, a boolean, bytes. -1: the term is no such value.
static ptrdiff_t encode_native(struct process *self, term value, uint8_t *room, const uint8_t **bytes) {
    *bytes = room;
    if (is_binary(value)) {
        size_t size;
        *bytes = bitstring_bytes(self, value, &size);
        return size <= INT_MAX ? (ptrdiff_t)size : -1;
    }
    if (value == ATOM_true || value == ATOM_false)
        value = SMALL(value == ATOM_true);
    int number;
    if (!integer_to_int(value, &number))
        return -1;
    memcpy(room, &number, sizeof number);
    return sizeof number;
}

// Linux changes the priority with the type of service; OTP puts it back.
static int set_now(int descriptor, struct place place, const uint8_t *bytes, socklen_t size) {
    int priority;
    socklen_t priority_size = sizeof priority;
    bool disturbs = place.level == IPPROTO_IP && place.number == IP_TOS &&
                    getsockopt(descriptor, SOL_SOCKET, SO_PRIORITY, &priority, &priority_size) == 0;
    int error = setsockopt(descriptor, place.level, place.number, bytes, size) < 0 ? errno : 0;
    if (disturbs && !error)
        setsockopt(descriptor, SOL_SOCKET, SO_PRIORITY, &priority, sizeof priority);
    return error;
}

static term set_system(struct process *self, term reference, struct place place, term value, bool native) {
    alignas(16) uint8_t room[OPTION_ROOM] = {0};
    const uint8_t *bytes = room;
    term answer;
    const struct socket_option *option = native ? NULL : socket_option_find(place.level, place.number);
    struct socket *socket = socket_enter(self, reference, &answer);
    if (!socket)
        return answer;
    socket_leave(socket); // it is open: what is wrong with the value comes next
    if (!native && (!option || !option->form->encode))
        return socket_invalid(self, ATOM_socket_option);
    ptrdiff_t size = native ? encode_native(self, value, room, &bytes) : option->form->encode(value, room);
    if (size < 0) // of a native one, prim_socket.erl adds nothing
        return native ? socket_error_invalid(self, ATOM_value) : socket_invalid(self, ATOM_value);
    if (!(socket = socket_enter(self, reference, &answer)))
        return answer;
    int error = set_now(socket->descriptor, place, bytes, (socklen_t)size);
    socket_leave(socket);
    return error ? posix_error(&self->heap, error) : ATOM_ok;
}

BIF(prim_socket, nif_setopt, 5) {
    struct place place;
    if (!socket_of(arguments[0]) || !read_place(arguments[1], arguments[2], &place))
        return raise_badarg(self);
    bool native = arguments[4] != SMALL(0);
    if (place.otp)
        return native ? socket_invalid(self, ATOM_socket_option)
                      : set_otp(self, arguments[0], place.number, arguments[3]);
    return set_system(self, arguments[0], place, arguments[3], native);
}

// Asks the system; NONE when `bytes` and *size are filled, else the answer.
static term ask(struct process *self, term reference, struct place place, uint8_t *bytes, socklen_t *size) {
    term answer;
    struct socket *socket = socket_enter(self, reference, &answer);
    if (!socket)
        return answer;
    // NOLINTNEXTLINE(*StdCLibraryFunctions): see get_native_bytes
    int result = getsockopt(socket->descriptor, place.level, place.number, bytes, size), error = errno;
    socket_leave(socket);
    return result < 0 ? posix_error(&self->heap, error) : NONE;
}

// prim_socket.erl knows the names; 0 means `ip`, but among local sockets.
static term protocol_answer(struct process *self, const struct socket *socket, const uint8_t *bytes) {
    int protocol;
    memcpy(&protocol, bytes, sizeof protocol);
    return ok_tuple(self, protocol == 0 && socket->domain == AF_UNIX ? ATOM_default : SMALL(protocol));
}

BIF(prim_socket, nif_getopt, 3) {
    alignas(16) uint8_t bytes[OPTION_ROOM] = {0};
    struct place place;
    if (!socket_of(arguments[0]) || !read_place(arguments[1], arguments[2], &place))
        return raise_badarg(self);
    if (place.otp)
        return get_otp(self, arguments[0], place.number);
    const struct socket_option *option = socket_option_find(place.level, place.number);
    if (!option || !option->form->decode)
        return socket_invalid(self, ATOM_socket_option);
    socklen_t size = (socklen_t)option->form->room;
    term answer = ask(self, arguments[0], place, bytes, &size);
    if (answer == NONE && option->number == SO_PROTOCOL && option->level == SOL_SOCKET)
        return protocol_answer(self, socket_of(arguments[0]), bytes);
    return answer == NONE ? ok_tuple(self, option->form->decode(&self->heap, bytes, size)) : answer;
}

static term get_native_number(struct process *self, term reference, struct place place, bool is_boolean) {
    int value = 0;
    socklen_t size = sizeof value;
    term answer = ask(self, reference, place, (uint8_t *)&value, &size);
    if (answer != NONE)
        return answer;
    return ok_tuple(self, is_boolean ? term_boolean(value != 0) : SMALL(value));
}

static term get_native_bytes(struct process *self, term reference, struct place place, uint8_t *bytes, size_t room) {
    socklen_t size = (socklen_t)room;
    // With no room at all, the system is not even told where to put the size: it is a bad address then, as on OTP.
    term answer = ask(self, reference, place, room > 0 ? bytes : NULL, room > 0 ? &size : NULL);
    return answer == NONE ? ok_tuple(self, heap_binary(&self->heap, bytes, size < room ? size : room)) : answer;
}

// The last argument says what is wanted: integer, boolean, so many bytes, or bytes that are there at first.
BIF(prim_socket, nif_getopt, 4) {
    struct place place;
    term wanted = arguments[3];
    if (!socket_of(arguments[0]) || !read_place(arguments[1], arguments[2], &place))
        return raise_badarg(self);
    if (place.otp)
        return socket_invalid(self, ATOM_value);
    if (wanted == ATOM_integer || wanted == ATOM_boolean)
        return get_native_number(self, arguments[0], place, wanted == ATOM_boolean);
    if (is_binary(wanted)) {
        size_t size = bitstring_size(wanted) >> 3;
        uint8_t *bytes = proc_scratch(self, size + 1);
        bits_copy(bytes, 0, bitstring_bits(wanted));
        return get_native_bytes(self, arguments[0], place, bytes, size);
    }
    int given;
    if (!integer_to_int(wanted, &given))
        return socket_invalid(self, ATOM_value);
    if (given < 0) { // as the system says of a negative size, where it comes to look at it
        term answer = get_native_bytes(self, arguments[0], place, NULL, 0);
        term efault = posix_error(&self->heap, EFAULT);
        return term_same(answer, efault) ? posix_error(&self->heap, EINVAL) : answer;
    }
    size_t size = given < NATIVE_SIZE_MAX ? (size_t)given : NATIVE_SIZE_MAX; // no option is larger
    uint8_t *bytes = proc_scratch(self, size + 1);
    memset(bytes, 0, size);
    return get_native_bytes(self, arguments[0], place, bytes, size);
}
