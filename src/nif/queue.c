// Vectors of bytes (ErlNifIOVec), and queues of them (ErlNifIOQueue).
//
// In an ErlNifIOVec, `ref_bins` has for each part the shared binary that it lies in, or NULL for a part in a term's
// own words; with IOVEC_OWNED each of those is counted.

#include "nif/environment.h"
#include "nif/io_queue.h"
#include "sys/sys.h"
#include "term/bits.h"
#include "term/iodata.h"

enum iovec_flag { IOVEC_OWNED = 1, IOVEC_ALLOCATED = 2, IOVEC_LARGE = 4 };

// ---- vectors

// How many parts the list begins with, at most `limit`, but one if there is any. False when something else comes first.
static bool count_parts(term list, size_t limit, size_t *count, term *tail) {
    size_t counted = 0;
    for (; is_list(list) && (counted < limit || counted == 0); list = list_tail(list), counted++)
        if (!iodata_is_vector_part(list_head(list)))
            return false;
    if (!is_list(list) && !is_nil(list))
        return false;
    *count = counted;
    *tail = list;
    return true;
}

static ErlNifIOVec *iovec_with_room(ErlNifEnv *env, ErlNifIOVec *given, size_t count) {
    ErlNifIOVec *vector = given;
    int flags = env ? 0 : IOVEC_OWNED;
    if (!vector) {
        vector = env ? environment_temporary(env, sizeof *vector) : sys_alloc(sizeof *vector);
        flags |= env ? 0 : IOVEC_ALLOCATED;
    }
    vector->iov = vector->small_iov;
    vector->ref_bins = vector->small_ref_bin;
    if (count > ERL_NIF_IOVEC_SIZE) {
        size_t bytes = count * (sizeof(SysIOVec) + sizeof(void *));
        vector->iov = env ? environment_temporary(env, bytes) : sys_alloc(bytes);
        vector->ref_bins = (void **)(vector->iov + count);
        flags |= env ? 0 : IOVEC_LARGE;
    }
    vector->iovcnt = 0;
    vector->size = 0;
    vector->flags = flags;
    return vector;
}

// A copy of the bits that needs no term.
static struct shared_binary *shared_copy(struct bits bits) {
    struct shared_binary *shared = shared_binary_new(bits.size / 8);
    if (bits.size > 0)
        bits_copy(shared->bytes, 0, bits);
    return shared;
}

static void iovec_add(ErlNifEnv *env, ErlNifIOVec *vector, term binary) {
    struct bits bits = bitstring_bits(binary);
    struct shared_binary *shared = is_kind(binary, KIND_SLICE) ? (struct shared_binary *)boxed(binary)[2] : NULL;
    uint8_t *bytes = bits.bytes;
    if (bits.offset != 0 || (!shared && !env)) {
        if (env) {
            shared = NULL;
            bytes = environment_temporary(env, bits.size / 8);
            bits_copy(bytes, 0, bits);
        } else {
            shared = shared_copy(bits);
            bytes = shared->bytes;
        }
    } else if (!env) {
        shared_binary_retain(shared);
    }
    int index = vector->iovcnt++;
    vector->iov[index] = (SysIOVec){(char *)bytes, bits.size / 8};
    vector->ref_bins[index] = shared;
    vector->size += bits.size / 8;
}

int enif_inspect_iovec(ErlNifEnv *env, size_t limit, ERL_NIF_TERM list, ERL_NIF_TERM *tail, ErlNifIOVec **vector) {
    size_t count;
    if (!count_parts(list, limit, &count, tail))
        return 0;
    ErlNifIOVec *filled = iovec_with_room(env, *vector, count);
    for (; count > 0; count--, list = list_tail(list))
        if (bitstring_size(list_head(list)) >= 8)
            iovec_add(env, filled, list_head(list));
    *vector = filled;
    return 1;
}

void enif_free_iovec(ErlNifIOVec *vector) {
    for (int i = 0; (vector->flags & IOVEC_OWNED) && i < vector->iovcnt; i++)
        shared_binary_release(vector->ref_bins[i]);
    if (vector->flags & IOVEC_LARGE)
        sys_free(vector->iov);
    if (vector->flags & IOVEC_ALLOCATED)
        sys_free(vector);
}

// ---- queues

// Room for one more part at that end.
static void make_room(struct erts_io_queue *queue, enum io_queue_end end) {
    size_t count = queue->tail - queue->head;
    if (count >= queue->room / 2) {
        queue->room = 2 * queue->room + 8;
        queue->parts = sys_realloc(queue->parts, queue->room * sizeof *queue->parts);
        queue->binaries = sys_realloc(queue->binaries, queue->room * sizeof(ErlDrvBinary *));
    }
    size_t head = end == IO_QUEUE_FRONT ? (queue->room - count + 1) / 2 : 0;
    memmove(queue->parts + head, queue->parts + queue->head, count * sizeof *queue->parts);
    memmove(queue->binaries + head, queue->binaries + queue->head, count * sizeof(ErlDrvBinary *));
    queue->head = head;
    queue->tail = head + count;
}

void io_queue_add(struct erts_io_queue *queue, enum io_queue_end end, struct shared_binary *shared, char *bytes,
                  size_t size) {
    if (size == 0) {
        shared_binary_release(shared);
        return;
    }
    if (end == IO_QUEUE_FRONT ? queue->head == 0 : queue->tail == queue->room)
        make_room(queue, end);
    size_t place = end == IO_QUEUE_FRONT ? --queue->head : queue->tail++;
    queue->parts[place] = (SysIOVec){bytes, size};
    queue->binaries[place] = binary_of_shared(shared);
    queue->size += size;
}

void io_queue_add_copy(struct erts_io_queue *queue, enum io_queue_end end, const void *bytes, size_t size) {
    if (size == 0)
        return;
    struct shared_binary *shared = shared_binary_new(size);
    memcpy(shared->bytes, bytes, size);
    io_queue_add(queue, end, shared, (char *)shared->bytes, size);
}

void io_queue_drop(struct erts_io_queue *queue, size_t count) {
    assert_debug(count <= queue->size);
    queue->size -= count;
    while (count > 0) {
        SysIOVec *part = &queue->parts[queue->head];
        size_t taken = count < part->iov_len ? count : part->iov_len;
        part->iov_base += taken;
        part->iov_len -= taken;
        count -= taken;
        if (part->iov_len == 0)
            shared_binary_release(binary_shared(queue->binaries[queue->head++]));
    }
}

void io_queue_clear(struct erts_io_queue *queue) {
    io_queue_drop(queue, queue->size);
    sys_free(queue->parts);
    sys_free(queue->binaries);
    *queue = (struct erts_io_queue){0};
}

// ---- for libraries

ErlNifIOQueue *enif_ioq_create(ErlNifIOQueueOpts options) {
    return options == ERL_NIF_IOQ_NORMAL ? sys_alloc_zero(sizeof(ErlNifIOQueue)) : NULL;
}

void enif_ioq_destroy(ErlNifIOQueue *queue) {
    io_queue_clear(queue);
    sys_free(queue);
}

size_t enif_ioq_size(ErlNifIOQueue *queue) {
    return queue->size;
}

// The queue takes over what the binary owns.
int enif_ioq_enq_binary(ErlNifIOQueue *queue, ErlNifBinary *binary, size_t skip) {
    if (skip > binary->size)
        return 0;
    char *bytes = (char *)binary->data + skip;
    if (binary->ref_bin)
        io_queue_add(queue, IO_QUEUE_BACK, binary->ref_bin, bytes, binary->size - skip);
    else
        io_queue_add_copy(queue, IO_QUEUE_BACK, bytes, binary->size - skip);
    binary->ref_bin = NULL;
    return 1;
}

int enif_ioq_enqv(ErlNifIOQueue *queue, ErlNifIOVec *vector, size_t skip) {
    if (skip > vector->size)
        return 0;
    for (int i = 0; i < vector->iovcnt; i++) {
        SysIOVec part = vector->iov[i];
        size_t skipped = skip < part.iov_len ? skip : part.iov_len;
        skip -= skipped;
        struct shared_binary *shared = vector->ref_bins[i];
        char *bytes = part.iov_base + skipped;
        if (shared) {
            shared_binary_retain(shared);
            io_queue_add(queue, IO_QUEUE_BACK, shared, bytes, part.iov_len - skipped);
        } else {
            io_queue_add_copy(queue, IO_QUEUE_BACK, bytes, part.iov_len - skipped);
        }
    }
    return 1;
}

int enif_ioq_deq(ErlNifIOQueue *queue, size_t count, size_t *left) {
    if (count > queue->size)
        return 0;
    io_queue_drop(queue, count);
    if (left)
        *left = queue->size;
    return 1;
}

SysIOVec *enif_ioq_peek(ErlNifIOQueue *queue, int *count) {
    *count = (int)(queue->tail - queue->head);
    return *count > 0 ? queue->parts + queue->head : NULL;
}

int enif_ioq_peek_head(ErlNifEnv *env, ErlNifIOQueue *queue, size_t *size, ERL_NIF_TERM *head) {
    if (queue->head == queue->tail)
        return 0;
    const SysIOVec *part = &queue->parts[queue->head];
    struct shared_binary *shared = binary_shared(queue->binaries[queue->head]);
    shared_binary_retain(shared);
    size_t offset = (size_t)((uint8_t *)part->iov_base - shared->bytes);
    *head = heap_slice(env->heap, shared, offset * 8, part->iov_len * 8);
    if (size)
        *size = part->iov_len;
    return 1;
}
