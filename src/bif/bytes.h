// Binaries as plain bytes, for built-in functions that read them.

#ifndef PURLIN_BIF_BYTES_H
#define PURLIN_BIF_BYTES_H

#include "proc/proc.h"
#include "term/bits.h"

// The whole bytes of a bitstring. Valid until the built-in function returns: when the bits do not begin at a byte they
// are copied to scratch memory.
static inline const uint8_t *bitstring_bytes(struct process *self, term bitstring, size_t *size) {
    struct bits bits = bitstring_bits(bitstring);
    *size = bits.size >> 3;
    if (bits.offset == 0)
        return bits.bytes;
    uint8_t *copy = proc_scratch(self, *size + 1);
    bits_copy(copy, 0, bits_part(bits, 0, 8 * *size));
    return copy;
}

// A proper list of bytes as text, with room for one more; NULL when it is none. Valid until the built-in function
// returns.
static inline char *list_bytes(struct process *self, term list, size_t *size) {
    size_t length = 0;
    for (term rest = list; !is_nil(rest); rest = list_tail(rest), length++) {
        if (!is_list(rest) || !is_small(list_head(rest)) || (uint64_t)small_value(list_head(rest)) > 255)
            return NULL;
    }
    work_charge(&self->work, (int64_t)(length / 64));
    char *text = proc_scratch(self, length + 1);
    *size = length;
    for (size_t i = 0; i < length; i++, list = list_tail(list))
        text[i] = (char)small_value(list_head(list));
    return text;
}

// The range of bytes that `start` and `length` name, of `size` bytes; a negative length reaches back from the start.
// False when the two name none.
static inline bool byte_range(term start_term, term length_term, size_t size, size_t *start, size_t *length) {
    if (!are_small(start_term, length_term))
        return false;
    int64_t from = small_value(start_term), count = small_value(length_term);
    if (count < 0) { // neither sum nor negation can overflow: smalls have 62 bits
        from += count;
        count = -count;
    }
    if (from < 0 || (uint64_t)from > size || (uint64_t)count > size - (uint64_t)from)
        return false;
    *start = (size_t)from;
    *length = (size_t)count;
    return true;
}

#endif
