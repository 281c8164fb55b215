// Walking iodata: see iodata.h.

#include "term/iodata.h"

#include "term/bits.h"

// More than any memory holds, and small enough that sums of sizes never overflow.
#define IODATA_BITS_MAX ((size_t)1 << 50)

void iodata_walk_begin(struct iodata_walk *walk, term data) {
    walk->rest = data;
    walk->status = IODATA_OK;
    walk->uncharged = 0;
    term_stack_begin(&walk->tails);
}

void iodata_walk_end(struct iodata_walk *walk) {
    term_stack_end(&walk->tails);
}

static bool is_byte(term t) {
    return is_small(t) && t <= SMALL(255);
}

static bool visit_bitstring(struct iodata_walk *walk, term bitstring) {
    walk->piece = bitstring_bits(bitstring);
    walk->piece_term = bitstring;
    return true;
}

static bool visit_run(struct iodata_walk *walk) {
    size_t count = 0;
    term list = walk->rest;
    do {
        walk->run[count++] = (uint8_t)small_value(list_head(list));
        list = list_tail(list);
    } while (count < IODATA_RUN_MAX && is_list(list) && is_byte(list_head(list)));
    walk->rest = list;
    walk->piece = bits_at(walk->run, 0, 8 * count);
    walk->piece_term = NONE;
    return true;
}

bool iodata_next(struct iodata_walk *walk) {
    for (;;) {
        term rest = walk->rest;
        if (is_list(rest)) {
            term head = list_head(rest);
            if (is_byte(head))
                return visit_run(walk);
            walk->rest = list_tail(rest);
            if (is_bitstring(head))
                return visit_bitstring(walk, head);
            if (is_list(head)) {
                if (!is_nil(walk->rest))
                    term_stack_push(&walk->tails, walk->rest);
                walk->rest = head;
            } else if (!is_nil(head)) {
                break;
            }
        } else if (is_nil(rest)) {
            if (walk->tails.count == 0)
                return false;
            walk->rest = term_stack_pop(&walk->tails);
        } else if (is_bitstring(rest)) {
            walk->rest = NIL;
            return visit_bitstring(walk, rest);
        } else {
            break;
        }
    }
    walk->status = IODATA_BAD;
    return false;
}

// For a piece of which so many bits were touched. Gives way only while no memory is held: a process that is killed
// meanwhile leaves nothing behind.
enum { BITS_PER_REDUCTION = 512 };
static void charge(struct iodata_walk *walk, struct work *work, size_t bits) {
    if (!work)
        return;
    work->reductions -= (int64_t)(bits / BITS_PER_REDUCTION);
    walk->uncharged++;
    if (walk->uncharged < 16 || walk->tails.items != walk->tails.place)
        return;
    walk->uncharged = 0;
    work_charge(work, 1);
}

enum iodata_status iodata_size_bits(term data, size_t *size, struct work *work) {
    struct iodata_walk walk;
    *size = 0;
    iodata_walk_begin(&walk, data);
    while (walk.status == IODATA_OK && iodata_next(&walk)) {
        *size += walk.piece.size;
        if (*size > IODATA_BITS_MAX)
            walk.status = IODATA_LIMIT;
        charge(&walk, work, walk.piece_term == NONE ? walk.piece.size : 0);
    }
    iodata_walk_end(&walk);
    return walk.status;
}

ptrdiff_t bytes_of_list(term list, void *to, size_t room) {
    size_t length = 0;
    for (; is_list(list); list = list_tail(list), length++) {
        if (!is_byte(list_head(list)))
            return -1;
        if (length < room)
            ((uint8_t *)to)[length] = (uint8_t)small_value(list_head(list));
    }
    return is_nil(list) ? (ptrdiff_t)length : -1;
}

bool iodata_is_vector_part(term t) {
    return is_bitstring(t) && (bitstring_size(t) < 8 || bitstring_size(t) % 8 == 0);
}

enum iodata_status iodata_size(term data, size_t *size, struct work *work) {
    struct iodata_walk walk;
    *size = 0;
    iodata_walk_begin(&walk, data);
    while (walk.status == IODATA_OK && iodata_next(&walk)) {
        *size += walk.piece.size >> 3;
        if (walk.piece.size & 7)
            walk.status = IODATA_BAD;
        else if (*size > IODATA_BITS_MAX >> 3)
            walk.status = IODATA_LIMIT;
        charge(&walk, work, walk.piece_term == NONE ? walk.piece.size : 0);
    }
    iodata_walk_end(&walk);
    return walk.status;
}

void iodata_copy(term data, uint8_t *to, struct work *work) {
    struct iodata_walk walk;
    iodata_walk_begin(&walk, data);
    for (; iodata_next(&walk); to += walk.piece.size >> 3) {
        bits_copy(to, 0, walk.piece);
        charge(&walk, work, walk.piece.size);
    }
    iodata_walk_end(&walk);
}

void iodata_copy_bits(term data, uint8_t *to, struct work *work) {
    struct iodata_walk walk;
    size_t at = 0;
    iodata_walk_begin(&walk, data);
    for (; iodata_next(&walk); at += walk.piece.size) {
        bits_copy(to, at, walk.piece);
        charge(&walk, work, walk.piece.size);
    }
    iodata_walk_end(&walk);
    if (at & 7)
        to[at >> 3] &= (uint8_t)(0xff << (8 - (at & 7)));
}
