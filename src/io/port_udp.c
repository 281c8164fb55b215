// The driver udp_inet, as far as a starting node uses it: kernel opens a socket to ask for the host's name.
//
// port_control takes an operation's number and bytes; the answer's first byte says whether it went well. What is not
// here answers {error, enotsup}.

#include "io/port.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/posix_error.h"
#include "term/atom.h"
#include "term/print.h"

// Numbers of prim_inet's protocol (inet_int.hrl).
enum {
    CONTROL_BASE = 0x03f1a300,
    REQUEST_OPEN = 1,
    REQUEST_BIND = 6,
    REQUEST_SET_OPTIONS = 7,
    REQUEST_HOST_NAME = 12,
    REPLY_ERROR = 0,
    REPLY_OK = 1,
    FAMILY_INET = 1,
    TYPE_DATAGRAM = 2,
    OPTION_RECEIVE_BUFFER = 7,
    OPTION_READ_PACKETS = 22,
    OPTION_SIZE = 5, // its number and 32 bits
};

static uint32_t get_32(const uint8_t *bytes) {
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static int open_socket(struct port *port, const uint8_t *bytes, size_t size) {
    if (size < 2 || bytes[0] != FAMILY_INET || bytes[1] != TYPE_DATAGRAM)
        return ENOTSUP;
    if (port->output.descriptor >= 0)
        return EINVAL;
    port->output.descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    return port->output.descriptor < 0 ? errno : 0;
}

// Family, port, address; the answer has the port.
static int bind_socket(struct port *port, const uint8_t *bytes, size_t size, struct text *answer) {
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t address_size = sizeof address;
    if (size != 7 || bytes[0] != FAMILY_INET)
        return ENOTSUP;
    memcpy(&address.sin_port, bytes + 1, 2);
    memcpy(&address.sin_addr, bytes + 3, 4);
    if (bind(port->output.descriptor, (struct sockaddr *)&address, sizeof address) < 0 ||
        getsockname(port->output.descriptor, (struct sockaddr *)&address, &address_size) < 0)
        return errno;
    text_append(answer, &address.sin_port, 2);
    return 0;
}

static int set_options(struct port *port, const uint8_t *bytes, size_t size) {
    for (; size >= OPTION_SIZE; bytes += OPTION_SIZE, size -= OPTION_SIZE) {
        int value = (int)get_32(bytes + 1);
        if (bytes[0] == OPTION_READ_PACKETS) // how much is read at a time: nothing is read
            continue;
        if (bytes[0] != OPTION_RECEIVE_BUFFER)
            return ENOTSUP;
        if (setsockopt(port->output.descriptor, SOL_SOCKET, SO_RCVBUF, &value, sizeof value) < 0)
            return errno;
    }
    return size == 0 ? 0 : EINVAL;
}

static int host_name(struct text *answer) {
    char name[256];
    if (gethostname(name, sizeof name) < 0)
        return errno;
    name[sizeof name - 1] = 0;
    text_append(answer, name, strlen(name));
    return 0;
}

static int serve(struct port *port, unsigned request, const uint8_t *bytes, size_t size, struct text *answer) {
    switch (request) {
    case REQUEST_OPEN:
        return open_socket(port, bytes, size);
    case REQUEST_BIND:
        return bind_socket(port, bytes, size, answer);
    case REQUEST_SET_OPTIONS:
        return set_options(port, bytes, size);
    case REQUEST_HOST_NAME:
        return host_name(answer);
    default:
        return ENOTSUP;
    }
}

static bool control(struct port *port, unsigned operation, const uint8_t *bytes, size_t size, struct text *answer) {
    if (operation < CONTROL_BASE || operation > CONTROL_BASE + 0xff)
        return false;
    text_append(answer, &(uint8_t){REPLY_OK}, 1);
    int error = serve(port, operation - CONTROL_BASE, bytes, size, answer);
    if (error) {
        struct atom_text name = atom_text(posix_error_atom(error));
        answer->size = 0;
        text_append(answer, &(uint8_t){REPLY_ERROR}, 1);
        text_append(answer, name.bytes, name.size);
    }
    return true;
}

static void refuse_output(struct port *port, struct chunk *chunk) {
    chunk_free(chunk);
    port_close(port, ATOM_enotsup);
}

static const struct driver driver_udp = {.name = "udp_inet", .output = refuse_output, .control = control};

term port_open_udp(struct process *self, const char *command, const struct port_options *options, term *error) {
    struct port *port = port_new(&driver_udp, self->pid, command, options);
    if (!port)
        return *error = ATOM_system_limit, NONE;
    return port_opened(self, port, 0, error);
}
