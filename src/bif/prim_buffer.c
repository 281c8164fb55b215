// prim_buffer: the read buffers of raw files.

#include "bif/bif.h"

#include <pthread.h>

#include "io/byte_queue.h"
#include "sys/sys.h"

struct buffer {
    pthread_mutex_t mutex; // the reference may have been given to another process
    bool taken;            // by try_lock
    struct byte_queue queue;
};

static void buffer_destroy(struct shared_binary *shared) {
    struct buffer *buffer = (struct buffer *)shared->bytes;
    byte_queue_clear(&buffer->queue);
    pthread_mutex_destroy(&buffer->mutex);
}

// The buffer of a reference, locked; NULL when the term is none.
static struct buffer *take(term reference) {
    if (!is_kind(reference, KIND_MAGIC_REFERENCE))
        return NULL;
    struct shared_binary *shared = ((struct off_heap *)boxed(reference))->shared;
    if (shared->destroy != buffer_destroy)
        return NULL;
    struct buffer *buffer = (struct buffer *)shared->bytes;
    pthread_mutex_lock(&buffer->mutex);
    return buffer;
}

static void give_back(struct buffer *buffer) {
    pthread_mutex_unlock(&buffer->mutex);
}

BIF(prim_buffer, new, 0) {
    struct shared_binary *shared = shared_binary_new(sizeof(struct buffer));
    struct buffer *buffer = (struct buffer *)shared->bytes;
    *buffer = (struct buffer){0};
    pthread_mutex_init(&buffer->mutex, NULL);
    shared->destroy = buffer_destroy;
    return heap_magic_reference(&self->heap, shared);
}

BIF(prim_buffer, size, 1) {
    struct buffer *buffer = take(arguments[0]);
    if (!buffer)
        return raise_badarg(self);
    size_t size = buffer->queue.size;
    give_back(buffer);
    return SMALL(size);
}

BIF(prim_buffer, peek_head, 1) {
    struct buffer *buffer = take(arguments[0]);
    if (!buffer)
        return raise_badarg(self);
    term head = buffer->queue.size ? byte_queue_front_binary(&buffer->queue, &self->heap) : NONE;
    give_back(buffer);
    return head == NONE ? raise_badarg(self) : head;
}

// Sizes are the caller's to have checked: more than there is is badarg.
static bool size_argument(const struct buffer *buffer, term t, size_t *size) {
    *size = (size_t)small_value(t);
    return is_small(t) && small_value(t) >= 0 && *size <= buffer->queue.size;
}

BIF(prim_buffer, copying_read, 2) {
    size_t size;
    struct buffer *buffer = take(arguments[0]);
    if (!buffer)
        return raise_badarg(self);
    term binary = NONE;
    if (size_argument(buffer, arguments[1], &size)) {
        uint8_t *bytes;
        binary = heap_binary_new(&self->heap, size, &bytes);
        byte_queue_copy(&buffer->queue, bytes, size);
        byte_queue_skip(&buffer->queue, size);
    }
    give_back(buffer);
    return binary == NONE ? raise_badarg(self) : binary;
}

BIF(prim_buffer, skip, 2) {
    size_t size;
    struct buffer *buffer = take(arguments[0]);
    if (!buffer)
        return raise_badarg(self);
    bool good = size_argument(buffer, arguments[1], &size);
    if (good)
        byte_queue_skip(&buffer->queue, size);
    give_back(buffer);
    return good ? ATOM_ok : raise_badarg(self);
}

static bool is_list_of_binaries(term list) {
    while (is_list(list) && is_binary(list_head(list)))
        list = list_tail(list);
    return is_nil(list);
}

BIF(prim_buffer, write, 2) {
    struct buffer *buffer = is_list_of_binaries(arguments[1]) ? take(arguments[0]) : NULL;
    if (!buffer)
        return raise_badarg(self);
    for (term list = arguments[1]; is_list(list); list = list_tail(list))
        byte_queue_push(&buffer->queue, list_head(list));
    give_back(buffer);
    return ATOM_ok;
}

BIF(prim_buffer, find_byte_index, 2) {
    size_t index;
    term byte = arguments[1];
    struct buffer *buffer = is_small(byte) && byte <= SMALL(255) ? take(arguments[0]) : NULL;
    if (!buffer)
        return raise_badarg(self);
    bool found = byte_queue_find(&buffer->queue, (uint8_t)small_value(byte), &index);
    give_back(buffer);
    return found ? ok_tuple(self, SMALL(index)) : ATOM_not_found;
}

BIF(prim_buffer, try_lock, 1) {
    struct buffer *buffer = take(arguments[0]);
    if (!buffer)
        return raise_badarg(self);
    bool busy = buffer->taken;
    buffer->taken = true;
    give_back(buffer);
    return busy ? ATOM_busy : ATOM_acquired;
}

BIF(prim_buffer, unlock, 1) {
    struct buffer *buffer = take(arguments[0]);
    if (!buffer)
        return raise_badarg(self);
    bool was_taken = buffer->taken;
    buffer->taken = false;
    give_back(buffer);
    return was_taken ? ATOM_ok : raise_error(self, ATOM_lock_order_violation);
}
