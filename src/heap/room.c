// Free pieces of a range, as a treap by address: each knows the largest below it, so that the first one that is large
// enough is found on one way down, and giving back costs no more when ten thousand lie apart.

#include "heap/room.h"

#include "sys/sys.h"

struct room_piece {
    struct room_piece *left, *right; // at lower addresses, at higher ones
    uintptr_t start;
    size_t size;
    size_t largest;    // size, of this one and all below
    uint64_t priority; // none below has a higher one: chance keeps the treap flat
};

// Evenly spread, also for addresses at even distances.
static uint64_t scattered(uint64_t number) {
    number *= 0x9e3779b97f4a7c15u;
    return (number ^ number >> 32) * 0x9e3779b97f4a7c15u;
}

static struct room_piece *piece_new(uintptr_t start, size_t size) {
    struct room_piece *piece = sys_alloc(sizeof *piece);
    *piece = (struct room_piece){NULL, NULL, start, size, size, scattered(start)};
    return piece;
}

static size_t largest(const struct room_piece *piece) {
    return piece ? piece->largest : 0;
}

static struct room_piece *updated(struct room_piece *piece) {
    size_t left = largest(piece->left), right = largest(piece->right), below = left > right ? left : right;
    piece->largest = below > piece->size ? below : piece->size;
    return piece;
}

// All pieces of `left` lie before those of `right`.
static struct room_piece *merge(struct room_piece *left, struct room_piece *right) {
    if (!left || !right)
        return left ? left : right;
    if (left->priority > right->priority) {
        left->right = merge(left->right, right);
        return updated(left);
    }
    right->left = merge(left, right->left);
    return updated(right);
}

// *left: the pieces that begin before `at`.
static void split(struct room_piece *piece, uintptr_t at, struct room_piece **left, struct room_piece **right) {
    if (!piece) {
        *left = *right = NULL;
    } else if (piece->start < at) {
        split(piece->right, at, &piece->right, right);
        *left = updated(piece);
    } else {
        split(piece->left, at, left, &piece->left);
        *right = updated(piece);
    }
}

// Returns what is left; there is a piece that is large enough.
static struct room_piece *take_first(struct room_piece *piece, size_t size, uintptr_t *start) {
    if (largest(piece->left) >= size) {
        piece->left = take_first(piece->left, size, start);
    } else if (piece->size < size) {
        piece->right = take_first(piece->right, size, start);
    } else {
        *start = piece->start;
        piece->start += size;
        piece->size -= size;
        if (piece->size == 0) {
            struct room_piece *rest = merge(piece->left, piece->right);
            sys_free(piece);
            return rest;
        }
    }
    return updated(piece);
}

static void free_all(struct room_piece *piece) {
    if (!piece)
        return;
    free_all(piece->left);
    free_all(piece->right);
    sys_free(piece);
}

static size_t total(const struct room_piece *piece) {
    return piece ? total(piece->left) + piece->size + total(piece->right) : 0;
}

// The last piece that begins before `at`.
static const struct room_piece *before(const struct room_piece *piece, uintptr_t at) {
    const struct room_piece *found = NULL;
    while (piece) {
        if (piece->start < at)
            found = piece;
        piece = piece->start < at ? piece->right : piece->left;
    }
    return found;
}

void room_init(struct room *room, uintptr_t start, size_t size) {
    room->free = piece_new(start, size);
}

void room_destroy(struct room *room) {
    free_all(room->free);
    room->free = NULL;
}

bool room_take(struct room *room, size_t size, uintptr_t *start) {
    if (largest(room->free) < size)
        return false;
    room->free = take_first(room->free, size, start);
    return true;
}

void room_give(struct room *room, uintptr_t start, size_t size) {
    const struct room_piece *neighbour = before(room->free, start);
    assert_always(!neighbour || neighbour->start + neighbour->size <= start); // given twice, otherwise
    bool touches = neighbour && neighbour->start + neighbour->size == start;
    uintptr_t from = touches ? neighbour->start : start;
    struct room_piece *left, *touching, *right; // `touching`: the neighbours that melt with it, two at most
    split(room->free, from, &left, &right);
    split(right, start + size + 1, &touching, &right);
    struct room_piece *piece = piece_new(from, total(touching) + size);
    free_all(touching);
    room->free = merge(merge(left, piece), right);
}

static bool is_valid(const struct room_piece *piece, uintptr_t from, uintptr_t to) {
    if (!piece)
        return true;
    uintptr_t end = piece->start + piece->size;
    size_t left = largest(piece->left), right = largest(piece->right), below = left > right ? left : right;
    return piece->size > 0 && piece->start > from && end < to &&
           piece->largest == (below > piece->size ? below : piece->size) && is_valid(piece->left, from, piece->start) &&
           is_valid(piece->right, end, to);
}

bool room_is_valid(const struct room *room) {
    return is_valid(room->free, 0, UINTPTR_MAX);
}
