// The queue of a port, where a driver keeps what its device does not take yet, and the lock that lets other threads use
// it.
//
// A port that is closed while its queue is not empty lives on until it is.

#include <pthread.h>

#include "driver/binary.h"
#include "driver/loaded.h"
#include "sched/sched.h"
#include "sys/sys.h"

// ---- the data lock

struct erl_drv_port_data_lock {
    pthread_mutex_t lock;
    ErlDrvPort port; // its count of references is the lock's
};

ErlDrvPDL driver_pdl_create(ErlDrvPort port) {
    if (port->data_lock)
        return NULL;
    ErlDrvPDL made = sys_alloc_zero(sizeof *made);
    pthread_mutex_init(&made->lock, NULL);
    made->port = port;
    port->data_lock = made;
    return made;
}
void driver_pdl_lock(ErlDrvPDL lock) {
    driver_pdl_inc_refc(lock);
    pthread_mutex_lock(&lock->lock);
}
void driver_pdl_unlock(ErlDrvPDL lock) {
    pthread_mutex_unlock(&lock->lock);
    driver_pdl_dec_refc(lock);
}
ErlDrvSInt driver_pdl_get_refc(ErlDrvPDL lock) {
    return atomic_load(&lock->port->references);
}
ErlDrvSInt driver_pdl_inc_refc(ErlDrvPDL lock) {
    return atomic_fetch_add(&lock->port->references, 1) + 1;
}
ErlDrvSInt driver_pdl_dec_refc(ErlDrvPDL lock) {
    return driver_port_release(lock->port);
}

// ---- for the room

static void lock(ErlDrvPort port) {
    if (port->data_lock)
        driver_pdl_lock(port->data_lock);
}
static void unlock(ErlDrvPort port) {
    if (port->data_lock)
        driver_pdl_unlock(port->data_lock);
}

size_t driver_queue_size(ErlDrvPort port) {
    lock(port);
    size_t size = port->queue.size;
    unlock(port);
    return size;
}

void driver_queue_clear(ErlDrvPort port) {
    lock(port);
    io_queue_clear(&port->queue);
    unlock(port);
}

ErlDrvSInt driver_port_release(ErlDrvPort port) {
    ErlDrvSInt left = atomic_fetch_sub(&port->references, 1) - 1;
    if (left > 0)
        return left;
    if (port->data_lock)
        pthread_mutex_destroy(&port->data_lock->lock);
    sys_free(port->data_lock);
    io_queue_clear(&port->queue);
    epoch_retire(port, sys_free);
    return 0;
}

// ---- for drivers: -1 when there is less than what is asked for; but of vectors nothing is as good as something

static int add_bytes(ErlDrvPort port, enum io_queue_end end, const char *bytes, size_t size) {
    io_queue_add_copy(&port->queue, end, bytes, size);
    return 0;
}

static int add_binary(ErlDrvPort port, enum io_queue_end end, ErlDrvBinary *binary, size_t offset, size_t size) {
    if (!driver_binary_holds(binary, offset, size))
        return -1;
    driver_binary_inc_refc(binary);
    io_queue_add(&port->queue, end, binary_shared(binary), binary->orig_bytes + offset, size);
    return 0;
}

int driver_enq(ErlDrvPort port, char *bytes, ErlDrvSizeT size) {
    return add_bytes(port, IO_QUEUE_BACK, bytes, size);
}
int driver_pushq(ErlDrvPort port, char *bytes, ErlDrvSizeT size) {
    return add_bytes(port, IO_QUEUE_FRONT, bytes, size);
}
int driver_enq_bin(ErlDrvPort port, ErlDrvBinary *binary, ErlDrvSizeT offset, ErlDrvSizeT size) {
    return add_binary(port, IO_QUEUE_BACK, binary, offset, size);
}
int driver_pushq_bin(ErlDrvPort port, ErlDrvBinary *binary, ErlDrvSizeT offset, ErlDrvSizeT size) {
    return add_binary(port, IO_QUEUE_FRONT, binary, offset, size);
}

static void add_part(ErlDrvPort port, enum io_queue_end end, const ErlIOVec *vector, int i, size_t skip) {
    SysIOVec part = vector->iov[i];
    if (skip >= part.iov_len)
        return;
    ErlDrvBinary *binary = vector->binv[i];
    char *bytes = part.iov_base;
    if (!binary) {
        io_queue_add_copy(&port->queue, end, bytes + skip, part.iov_len - skip);
        return;
    }
    driver_binary_inc_refc(binary);
    io_queue_add(&port->queue, end, binary_shared(binary), bytes + skip, part.iov_len - skip);
}

int driver_enqv(ErlDrvPort port, ErlIOVec *vector, ErlDrvSizeT skip) {
    if (skip >= vector->size)
        return 0;
    for (int i = 0; i < vector->vsize; i++) {
        add_part(port, IO_QUEUE_BACK, vector, i, skip);
        skip -= skip < vector->iov[i].iov_len ? skip : vector->iov[i].iov_len;
    }
    return 0;
}

// From the last part to the first, so that the first comes to lie in front.
int driver_pushqv(ErlDrvPort port, ErlIOVec *vector, ErlDrvSizeT skip) {
    if (skip >= vector->size)
        return 0;
    size_t before = vector->size; // how many bytes lie before the part
    for (int i = vector->vsize; i-- > 0;) {
        before -= vector->iov[i].iov_len;
        add_part(port, IO_QUEUE_FRONT, vector, i, skip > before ? skip - before : 0);
    }
    return 0;
}

ErlDrvSizeT driver_deq(ErlDrvPort port, ErlDrvSizeT size) {
    if (size > port->queue.size)
        return (ErlDrvSizeT)-1;
    io_queue_drop(&port->queue, size);
    return port->queue.size;
}

ErlDrvSizeT driver_sizeq(ErlDrvPort port) {
    return port->queue.size;
}

SysIOVec *driver_peekq(ErlDrvPort port, int *count) {
    *count = (int)(port->queue.tail - port->queue.head);
    return *count > 0 ? port->queue.parts + port->queue.head : NULL;
}

ErlDrvSizeT driver_peekqv(ErlDrvPort port, ErlIOVec *vector) {
    struct erts_io_queue *queue = &port->queue;
    *vector = (ErlIOVec){0};
    if (queue->size > 0)
        *vector = (ErlIOVec){(int)(queue->tail - queue->head), queue->size, queue->parts + queue->head,
                             queue->binaries + queue->head};
    return queue->size;
}
