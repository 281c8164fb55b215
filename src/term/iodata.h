// Lists of bytes, bitstrings and such lists: what Erlang calls iodata. Walked without recursion, so the depth of a list
// does not matter.

#ifndef PURLIN_TERM_IODATA_H
#define PURLIN_TERM_IODATA_H

#include "term/stack.h"
#include "term/term.h"
#include "term/work.h"

enum iodata_status {
    IODATA_OK,
    IODATA_BAD,   // neither a bitstring nor a list of the right things
    IODATA_LIMIT, // longer than any memory: lists may share parts
};

// Size of a binary or iolist in bytes. Bitstrings that are no binaries are IODATA_BAD. This and the next three charge
// `work` (NULL: never give way).
enum iodata_status iodata_size(term data, size_t *size, struct work *work);
// Writes the bytes of what iodata_size found good.
void iodata_copy(term data, uint8_t *to, struct work *work);

// The same in bits: any bitstrings are good. The bits after the last one, in the last byte, are written as zero.
enum iodata_status iodata_size_bits(term data, size_t *size, struct work *work);
void iodata_copy_bits(term data, uint8_t *to, struct work *work);

// Whether the term may be an element of an I/O vector, a list of bytes for one call of the system: a binary, or fewer
// bits than a byte has, which OTP takes for none.
bool iodata_is_vector_part(term t);

// The length of a flat list of bytes, of which the first `room` are written to `to`; -1 when the term is no such list.
ptrdiff_t bytes_of_list(term list, void *to, size_t room);

// Visits the pieces in order, one bitstring or a run of single bytes at a time:
//
//   struct iodata_walk walk;
//   iodata_walk_begin(&walk, data);
//   while (iodata_next(&walk)) ... walk.piece
//   if (walk.status != IODATA_OK) ...
//   iodata_walk_end(&walk);
#define IODATA_RUN_MAX 256
struct iodata_walk {
    term rest;               // yet to be visited: a list, nil, a bitstring, or NONE
    struct bits piece;       // valid until the next call
    term piece_term;         // the bitstring whose bits it is; NONE for a run of bytes
    struct term_stack tails; // of the lists that `rest` lies in, innermost last
    enum iodata_status status;
    unsigned uncharged; // pieces since the last charge
    uint8_t run[IODATA_RUN_MAX];
};
void iodata_walk_begin(struct iodata_walk *walk, term data);
bool iodata_next(struct iodata_walk *walk);
void iodata_walk_end(struct iodata_walk *walk);

#endif
