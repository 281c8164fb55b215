// sendfile: a file's bytes go to the socket without passing through the VM.
//
// The answer is {sendfile, Socket, {ok, Low, High}} (the number of bytes in two halves of 32 bits) or {sendfile,
// Socket, {error, Reason}}, to the process that asked.

#include "io/tcp.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include "io/posix_error.h"
#include "sys/sys.h"

#define STEP (1 << 20) // bytes at a time: a file that is not in memory is read meanwhile

struct tcp_file {
    int descriptor; // ours
    term caller;
    off_t offset;
    uint64_t left, sent;
};

static void finish(struct port *port, struct heap *builder, term result) {
    struct tcp *tcp = tcp_of(port);
    struct tcp_file *file = tcp->file;
    tcp->file = NULL;
    close(file->descriptor);
    proc_send_built(file->caller, builder, heap_tuple_of(builder, 3, ATOM_sendfile, port->id, result));
    sys_free(file);
}

void tcp_file_fail(struct port *port, term reason) {
    struct heap builder = {0};
    if (tcp_of(port)->file)
        finish(port, &builder, heap_tuple_of(&builder, 2, ATOM_error, reason));
}

static void file_sent(struct port *port) {
    struct heap builder = {0};
    uint64_t sent = tcp_of(port)->file->sent;
    inet_count(&inet_of(port)->sent, sent);
    finish(port, &builder, heap_tuple_of(&builder, 3, ATOM_ok, SMALL((uint32_t)sent), SMALL((uint32_t)(sent >> 32))));
}

void tcp_file_writable(struct port *port) {
    struct tcp_file *file = tcp_of(port)->file;
    while (file->left > 0) {
        size_t step = file->left < STEP ? (size_t)file->left : STEP;
        ssize_t put = sendfile(port->output.descriptor, file->descriptor, &file->offset, step);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0 && errno == EAGAIN)
            return;
        if (put < 0) {
            int error = errno;
            tcp_file_fail(port, posix_error_atom(error));
            if (error == EPIPE || error == ECONNRESET)
                tcp_send_failed(port, NONE, error);
            return;
        }
        if (put == 0) // the file's end
            break;
        file->sent += (uint64_t)put;
        file->left -= (uint64_t)put;
    }
    file_sent(port);
}

// The file's descriptor as the machine writes it, offset and length with 64 bits.
term tcp_send_file(struct port *port, unsigned request, struct inet_reader *reader, struct text *answer) {
    struct tcp *tcp = tcp_of(port);
    int descriptor;
    const uint8_t *handle = inet_read_bytes(reader, sizeof descriptor);
    uint64_t offset = inet_read_64(reader), length = inet_read_64(reader);
    if (reader->bad || reader->size > 0 || tcp->file || offset > INT64_MAX)
        return ATOM_einval;
    if (!(tcp->inet.state & INET_CONNECTED))
        return ATOM_enotconn;
    memcpy(&descriptor, handle, sizeof descriptor);
    descriptor = fcntl(descriptor, F_DUPFD_CLOEXEC, 3);
    if (descriptor < 0)
        return inet_errno();
    tcp->file = sys_alloc(sizeof *tcp->file);
    *tcp->file = (struct tcp_file){descriptor, port->caller, (off_t)offset, length, 0};
    if (!port->queue)
        tcp_file_writable(port);
    tcp_arm(port);
    return INET_OK;
}
