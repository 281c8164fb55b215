// Bytes that wait to be read: a list of pieces of shared binaries.

#include "io/byte_queue.h"

#include "sys/sys.h"
#include "term/bits.h"

// A piece that shares the binary's bytes, or one of its own where they lie on a heap or begin within a byte.
static struct byte_piece *piece_new(term binary) {
    struct byte_piece *piece = sys_alloc(sizeof *piece);
    struct bits bits = bitstring_bits(binary);
    *piece = (struct byte_piece){.size = bits.size >> 3};
    if (is_kind(binary, KIND_SLICE) && bits.offset == 0) {
        piece->shared = ((struct off_heap *)boxed(binary))->shared;
        piece->offset = (size_t)(bits.bytes - piece->shared->bytes);
        shared_binary_retain(piece->shared);
    } else {
        piece->shared = shared_binary_new(piece->size);
        bits_copy(piece->shared->bytes, 0, bits);
    }
    return piece;
}

void byte_queue_push(struct byte_queue *queue, term binary) {
    if (bitstring_size(binary) == 0)
        return;
    struct byte_piece *piece = piece_new(binary);
    if (!queue->first)
        queue->end = &queue->first;
    *queue->end = piece;
    queue->end = &piece->next;
    queue->size += piece->size;
}

uint8_t *byte_queue_front(const struct byte_queue *queue, size_t *size) {
    struct byte_piece *piece = queue->first;
    *size = piece ? piece->size : 0;
    return piece ? piece->shared->bytes + piece->offset : NULL;
}

term byte_queue_front_binary(const struct byte_queue *queue, struct heap *heap) {
    struct byte_piece *piece = queue->first;
    if (!piece)
        return heap_binary(heap, NULL, 0);
    shared_binary_retain(piece->shared);
    return heap_slice(heap, piece->shared, piece->offset * 8, piece->size * 8);
}

void byte_queue_skip(struct byte_queue *queue, size_t size) {
    while (size > 0 && queue->first) {
        struct byte_piece *piece = queue->first;
        size_t step = size < piece->size ? size : piece->size;
        piece->offset += step;
        piece->size -= step;
        queue->size -= step;
        size -= step;
        if (piece->size > 0)
            return;
        queue->first = piece->next;
        shared_binary_release(piece->shared);
        sys_free(piece);
    }
}

void byte_queue_copy(const struct byte_queue *queue, uint8_t *to, size_t size) {
    for (struct byte_piece *piece = queue->first; piece && size > 0; piece = piece->next) {
        size_t step = size < piece->size ? size : piece->size;
        memcpy(to, piece->shared->bytes + piece->offset, step);
        to += step;
        size -= step;
    }
}

bool byte_queue_find(const struct byte_queue *queue, uint8_t byte, size_t *index) {
    size_t before = 0;
    for (struct byte_piece *piece = queue->first; piece; before += piece->size, piece = piece->next) {
        const uint8_t *bytes = piece->shared->bytes + piece->offset;
        const uint8_t *found = memchr(bytes, byte, piece->size);
        if (found) {
            *index = before + (size_t)(found - bytes);
            return true;
        }
    }
    return false;
}

void byte_queue_clear(struct byte_queue *queue) {
    byte_queue_skip(queue, queue->size);
}
