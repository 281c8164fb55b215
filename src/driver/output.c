// What drivers send to their port's owner, how they end the port, and what they may ask about it.

#include "driver/binary.h"
#include "driver/loaded.h"
#include "io/posix_error.h"
#include "sys/sys.h"
#include "term/atom.h"

// ---- data -----------------------------------------------------------------------------------------------------------

// {data, Header ++ Tail} to the owner. The port is locked.
static int send_data(struct port *port, struct heap *builder, const char *header, size_t header_size, term tail,
                     size_t size) {
    if (port->state != PORT_OPEN) {
        heap_free(builder);
        return port->state == PORT_CLOSING ? 0 : -1;
    }
    for (size_t i = header_size; i-- > 0;)
        tail = heap_cons(builder, SMALL((uint8_t)header[i]), tail);
    port->input_bytes += header_size + size;
    port_message(port, builder, heap_tuple_of(builder, 2, ATOM_data, tail));
    return 0;
}

static term bytes_term(const struct port *port, struct heap *builder, const char *bytes, size_t size) {
    if (!bytes)
        return NIL;
    return port->flags & PORT_BINARY ? heap_binary(builder, bytes, size) : heap_string(builder, bytes, size);
}

int driver_output(ErlDrvPort port, char *bytes, ErlDrvSizeT size) {
    if (port->port->state == PORT_CLOSED)
        return -1;
    if (port->port->framing != FRAMING_LINE)
        return driver_output2(port, NULL, 0, bytes, size);
    if (port->port->state == PORT_OPEN)
        port_input_bytes(port->port, (const uint8_t *)bytes, size);
    return 0;
}

int driver_output2(ErlDrvPort port, char *header, ErlDrvSizeT header_size, char *bytes, ErlDrvSizeT size) {
    struct heap builder = {0};
    term tail = bytes_term(port->port, &builder, bytes, size);
    return send_data(port->port, &builder, header, header_size, tail, size);
}

int driver_output_binary(ErlDrvPort port, char *header, ErlDrvSizeT header_size, ErlDrvBinary *binary,
                         ErlDrvSizeT offset, ErlDrvSizeT size) {
    if (!driver_binary_holds(binary, offset, size))
        return -1;
    if (!(port->port->flags & PORT_BINARY))
        return driver_output2(port, header, header_size, binary->orig_bytes + offset, size);
    struct heap builder = {0};
    term tail = driver_binary_term(&builder, binary, offset, size);
    return send_data(port->port, &builder, header, header_size, tail, size);
}

ErlDrvSizeT driver_vec_to_buf(ErlIOVec *vector, char *buffer, ErlDrvSizeT room) {
    ErlDrvSizeT left = room;
    for (int i = 0; i < vector->vsize && left > 0; i++) {
        size_t size = vector->iov[i].iov_len < left ? vector->iov[i].iov_len : left;
        if (size > 0)
            memcpy(buffer, vector->iov[i].iov_base, size);
        buffer += size;
        left -= size;
    }
    return room - left;
}

int driver_outputv(ErlDrvPort port, char *header, ErlDrvSizeT header_size, ErlIOVec *vector, ErlDrvSizeT skip) {
    if (skip > vector->size)
        return -1;
    char *bytes = sys_alloc(vector->size + 1);
    driver_vec_to_buf(vector, bytes, vector->size);
    int result = driver_output2(port, header, header_size, bytes + skip, vector->size - skip);
    sys_free(bytes);
    return result;
}

// ---- the end --------------------------------------------------------------------------------------------------------

static int fail(ErlDrvPort port, term reason) {
    if (port->port->state == PORT_CLOSED)
        return -1;
    driver_queue_clear(port); // what is in it is not waited for
    port_close(port->port, reason);
    return 0;
}

int driver_failure_atom(ErlDrvPort port, char *reason) {
    return fail(port, atom_from_latin1(reason, strlen(reason)));
}
int driver_failure_posix(ErlDrvPort port, int error) {
    return fail(port, posix_error_atom(error));
}
int driver_failure(ErlDrvPort port, int error) {
    return fail(port, error == 0 ? ATOM_normal : posix_error_atom(error));
}
int driver_exit(ErlDrvPort port, int error) {
    return driver_failure(port, error);
}
int driver_failure_eof(ErlDrvPort port) {
    if (!(port->port->flags & PORT_EOF))
        return fail(port, ATOM_normal);
    if (port->port->state != PORT_OPEN)
        return -1;
    struct heap builder = {0};
    port_message(port->port, &builder, ATOM_eof);
    return 0;
}

// ---- about the port -------------------------------------------------------------------------------------------------

void set_busy_port(ErlDrvPort port, int on) {
    port->port->busy = on;
    if (!on)
        port_wake_waiting(port->port);
}
void set_port_control_flags(ErlDrvPort port, int flags) {
    port->binary_answers = flags & PORT_CONTROL_FLAG_BINARY;
}
// Commands never wait for the driver, so that there is nothing to limit: limits are only told.
void erl_drv_busy_msgq_limits(ErlDrvPort port, ErlDrvSizeT *low, ErlDrvSizeT *high) {
    bool never = port->loaded->entry->driver_flags & ERL_DRV_FLAG_NO_BUSY_MSGQ;
    ErlDrvSizeT *kept[] = {&port->busy_low, &port->busy_high}, *given[] = {low, high};
    if (never || (low && *low == ERL_DRV_BUSY_MSGQ_DISABLED) || (high && *high == ERL_DRV_BUSY_MSGQ_DISABLED))
        port->busy_low = port->busy_high = ERL_DRV_BUSY_MSGQ_DISABLED;
    for (int i = 0; i < 2; i++) {
        if (given[i] && *given[i] != ERL_DRV_BUSY_MSGQ_READ_ONLY && *kept[i] != ERL_DRV_BUSY_MSGQ_DISABLED)
            *kept[i] = *given[i];
        if (given[i])
            *given[i] = *kept[i];
    }
}
int get_port_flags(ErlDrvPort port) {
    return (port->port->flags & PORT_BINARY ? PORT_FLAG_BINARY : 0) |
           (port->port->framing == FRAMING_LINE ? PORT_FLAG_LINE : 0);
}
int erl_drv_consume_timeslice(ErlDrvPort port, int percent) {
    return percent >= 100;
}
void erl_drv_set_os_pid(ErlDrvPort port, ErlDrvSInt pid) {
    port->port->system_pid = pid;
}
int driver_lock_driver(ErlDrvPort port) {
    port->loaded->permanent = true;
    return 0;
}
int null_func(void) {
    return 0;
}
