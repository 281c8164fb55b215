// Binaries and bitstrings: sizes, parts, conversions. (Searching is in binary_search.c.)

#include "bif/bif.h"
#include "bif/bytes.h"
#include "term/iodata.h"
#include "term/number.h"

enum {
    BYTES_PER_REDUCTION = 64,
    CELLS_PER_REDUCTION = 16,
    VECTOR_PART_MIN = 512,     // bytes from which iolist_to_iovec keeps a binary as it is
    VECTOR_JOINED_MAX = 65536, // bytes at most of smaller ones that it joins
};

// ---- sizes --------------------------------------------------------------------------------------------------------

BIF(erlang, byte_size, 1) {
    if (!is_bitstring(arguments[0]))
        return raise_badarg(self);
    return SMALL(bits_to_bytes(bitstring_size(arguments[0])));
}

BIF(erlang, bit_size, 1) {
    return is_bitstring(arguments[0]) ? SMALL(bitstring_size(arguments[0])) : raise_badarg(self);
}

BIF(binary, referenced_byte_size, 1) {
    term binary = arguments[0];
    if (!is_bitstring(binary))
        return raise_badarg(self);
    if (is_kind(binary, KIND_SLICE))
        return SMALL(((struct shared_binary *)boxed(binary)[2])->capacity);
    return SMALL(bits_to_bytes(bitstring_size(binary)));
}

// ---- parts --------------------------------------------------------------------------------------------------------

static term binary_part(struct process *self, term binary, term start_term, term length_term) {
    size_t start, length;
    if (!is_bitstring(binary) || !byte_range(start_term, length_term, bitstring_size(binary) >> 3, &start, &length))
        return raise_badarg(self);
    return heap_bitstring_part(&self->heap, binary, 8 * start, 8 * length);
}

static term binary_part_pair(struct process *self, term binary, term pair) {
    if (!is_tuple_of(pair, 2))
        return raise_badarg(self);
    return binary_part(self, binary, tuple_element(pair, 1), tuple_element(pair, 2));
}

BIF(erlang, binary_part, 2) {
    return binary_part_pair(self, arguments[0], arguments[1]);
}

BIF(erlang, binary_part, 3) {
    return binary_part(self, arguments[0], arguments[1], arguments[2]);
}

BIF(binary, part, 2) {
    return binary_part_pair(self, arguments[0], arguments[1]);
}

BIF(binary, part, 3) {
    return binary_part(self, arguments[0], arguments[1], arguments[2]);
}

BIF(erlang, split_binary, 2) {
    term binary = arguments[0];
    size_t at, none;
    if (!is_bitstring(binary) || !byte_range(arguments[1], SMALL(0), bitstring_size(binary) >> 3, &at, &none))
        return raise_badarg(self);
    return heap_tuple_of(&self->heap, 2, heap_bitstring_part(&self->heap, binary, 0, 8 * at),
                         heap_bitstring_part(&self->heap, binary, 8 * at, bitstring_size(binary) - 8 * at));
}

static term byte_at(struct process *self, term binary, size_t index) {
    if (index >= bitstring_size(binary) >> 3)
        return raise_badarg(self);
    return SMALL(bits_get_unsigned(bits_part(bitstring_bits(binary), 8 * index, 8)));
}

BIF(binary, at, 2) {
    if (!is_binary(arguments[0]) || !is_small(arguments[1]) || small_value(arguments[1]) < 0)
        return raise_badarg(self);
    return byte_at(self, arguments[0], (size_t)small_value(arguments[1]));
}

BIF(binary, first, 1) {
    return is_binary(arguments[0]) ? byte_at(self, arguments[0], 0) : raise_badarg(self);
}

BIF(binary, last, 1) {
    if (!is_binary(arguments[0]) || bitstring_size(arguments[0]) == 0)
        return raise_badarg(self);
    return byte_at(self, arguments[0], (bitstring_size(arguments[0]) >> 3) - 1);
}

// ---- to lists -----------------------------------------------------------------------------------------------------

// The bytes from `start` on, `length` of them, before `tail`.
static term list_of_bytes(struct process *self, term bitstring, size_t start, size_t length, term tail) {
    if (length == 0)
        return tail;
    size_t size;
    const uint8_t *bytes = bitstring_bytes(self, bitstring, &size) + start;
    term *cells = heap_alloc(&self->heap, 2 * length), *cell = cells;
    for (size_t i = 0; i < length; i++, cell += 2) {
        cell[0] = SMALL(bytes[i]);
        cell[1] = list_make(cell + 2);
    }
    cell[-1] = tail;
    work_charge(&self->work, (int64_t)length / CELLS_PER_REDUCTION);
    return list_make(cells);
}

BIF(erlang, binary_to_list, 1) {
    if (!is_binary(arguments[0]))
        return raise_badarg(self);
    return list_of_bytes(self, arguments[0], 0, bitstring_size(arguments[0]) >> 3, NIL);
}

BIF(erlang, binary_to_list, 3) { // first and last byte, counted from 1
    term binary = arguments[0];
    if (!is_bitstring(binary) || !are_small(arguments[1], arguments[2]))
        return raise_badarg(self);
    int64_t first = small_value(arguments[1]), last = small_value(arguments[2]);
    if (first < 1 || last < first || (size_t)last > bitstring_size(binary) >> 3)
        return raise_badarg(self);
    return list_of_bytes(self, binary, (size_t)first - 1, (size_t)(last - first) + 1, NIL);
}

BIF(erlang, bitstring_to_list, 1) {
    term bitstring = arguments[0];
    if (!is_bitstring(bitstring))
        return raise_badarg(self);
    size_t size = bitstring_size(bitstring), rest = size & 7;
    term tail = NIL;
    if (rest)
        tail = heap_cons(&self->heap, heap_bitstring_part(&self->heap, bitstring, size - rest, rest), NIL);
    return list_of_bytes(self, bitstring, 0, size >> 3, tail);
}

// ---- from lists ---------------------------------------------------------------------------------------------------

static term raise_iodata(struct process *self, enum iodata_status status) {
    return status == IODATA_LIMIT ? raise_system_limit(self) : raise_badarg(self);
}

static term binary_of_iodata(struct process *self, term data) {
    size_t size;
    enum iodata_status status = iodata_size(data, &size, &self->work);
    if (status != IODATA_OK)
        return raise_iodata(self, status);
    uint8_t *bytes;
    term binary = heap_binary_new(&self->heap, size, &bytes);
    iodata_copy(data, bytes, &self->work);
    return binary;
}

static term binary_of_list(struct process *self, term list) {
    return is_list(list) || is_nil(list) ? binary_of_iodata(self, list) : raise_badarg(self);
}

BIF(erlang, list_to_binary, 1) {
    return binary_of_list(self, arguments[0]);
}

BIF(binary, list_to_bin, 1) {
    return binary_of_list(self, arguments[0]);
}

BIF(erlang, iolist_to_binary, 1) {
    return is_binary(arguments[0]) ? arguments[0] : binary_of_iodata(self, arguments[0]);
}

BIF(erlang, iolist_size, 1) {
    size_t size;
    enum iodata_status status = iodata_size(arguments[0], &size, &self->work);
    if (status != IODATA_OK)
        return raise_iodata(self, status);
    return SMALL(size);
}

BIF(erlang, list_to_bitstring, 1) {
    if (!is_list(arguments[0]) && !is_nil(arguments[0]))
        return raise_badarg(self);
    size_t size;
    enum iodata_status status = iodata_size_bits(arguments[0], &size, &self->work);
    if (status != IODATA_OK)
        return raise_iodata(self, status);
    uint8_t *bytes;
    term bitstring = heap_bitstring_new(&self->heap, size, &bytes);
    iodata_copy_bits(arguments[0], bytes, &self->work);
    return bitstring;
}

// A list under construction, and the small pieces that are not in it yet.
struct vector {
    struct process *self;
    term first, *link;
    uint8_t *joined;
    size_t joined_size;
};

static void vector_add(struct vector *vector, term binary) {
    term cell = heap_cons(&vector->self->heap, binary, NIL);
    *vector->link = cell;
    vector->link = list_cell(cell) + 1;
}

static void vector_flush(struct vector *vector) {
    if (vector->joined_size)
        vector_add(vector, heap_binary(&vector->self->heap, vector->joined, vector->joined_size));
    vector->joined_size = 0;
}

// The data as a list of binaries: large ones as they are, the rest joined.
static void vector_of_iodata(struct vector *vector, term data) {
    struct iodata_walk walk;
    iodata_walk_begin(&walk, data);
    while (iodata_next(&walk)) {
        size_t size = walk.piece.size >> 3;
        if (size >= VECTOR_PART_MIN) {
            vector_flush(vector);
            vector_add(vector, walk.piece_term);
            continue;
        }
        if (vector->joined_size + size > VECTOR_JOINED_MAX)
            vector_flush(vector);
        bits_copy(vector->joined + vector->joined_size, 0, walk.piece);
        vector->joined_size += size;
    }
    iodata_walk_end(&walk);
    vector_flush(vector);
}

BIF(erlang, iolist_to_iovec, 1) {
    term data = arguments[0];
    if (is_binary(data))
        return bitstring_size(data) == 0 ? NIL : heap_cons(&self->heap, data, NIL);
    size_t size;
    enum iodata_status status = iodata_size(data, &size, &self->work);
    if (status != IODATA_OK)
        return raise_iodata(self, status);
    struct vector vector = {.self = self, .first = NIL};
    vector.link = &vector.first;
    vector.joined = proc_scratch(self, size < VECTOR_JOINED_MAX ? size + 1 : VECTOR_JOINED_MAX);
    vector_of_iodata(&vector, data);
    work_charge(&self->work, (int64_t)size / BYTES_PER_REDUCTION);
    return vector.first;
}

// ---- copies -------------------------------------------------------------------------------------------------------

static term binary_copies(struct process *self, term binary, term count_term) {
    if (!is_binary(binary) || !is_integer(count_term) || integer_is_negative(count_term))
        return raise_badarg(self);
    size_t size, total;
    const uint8_t *bytes = bitstring_bytes(self, binary, &size);
    if (size == 0 || count_term == SMALL(0))
        return heap_binary(&self->heap, "", 0);
    if (!is_small(count_term))
        return raise_badarg(self);
    size_t count = (size_t)small_value(count_term);
    if (__builtin_mul_overflow(size, count, &total) || total > (size_t)SMALL_MAX / 8)
        return raise_system_limit(self);
    uint8_t *to;
    term result = heap_binary_new(&self->heap, total, &to);
    for (size_t i = 0; i < count; i++) {
        memcpy(to + i * size, bytes, size);
        work_charge(&self->work, (int64_t)(1 + size / BYTES_PER_REDUCTION));
    }
    return result;
}

BIF(binary, copy, 1) {
    return binary_copies(self, arguments[0], SMALL(1));
}

BIF(binary, copy, 2) {
    return binary_copies(self, arguments[0], arguments[1]);
}

// ---- unsigned integers --------------------------------------------------------------------------------------------

static bool is_endianness(term t) {
    return t == ATOM_big || t == ATOM_little;
}

static term decode_unsigned(struct process *self, term binary, term endianness) {
    if (!is_binary(binary) || !is_endianness(endianness))
        return raise_badarg(self);
    return bits_get_integer(&self->heap, bitstring_bits(binary), false, endianness == ATOM_little);
}

BIF(binary, decode_unsigned, 1) {
    return decode_unsigned(self, arguments[0], ATOM_big);
}

BIF(binary, decode_unsigned, 2) {
    return decode_unsigned(self, arguments[0], arguments[1]);
}

static term encode_unsigned(struct process *self, term integer, term endianness) {
    if (!is_integer(integer) || integer_is_negative(integer) || !is_endianness(endianness))
        return raise_badarg(self);
    size_t size = integer == SMALL(0) ? 1 : bits_to_bytes(integer_bit_length(integer));
    uint8_t *bytes;
    term binary = heap_binary_new(&self->heap, size, &bytes);
    integer_to_bytes(integer, bytes, size, endianness == ATOM_little);
    return binary;
}

BIF(binary, encode_unsigned, 1) {
    return encode_unsigned(self, arguments[0], ATOM_big);
}

BIF(binary, encode_unsigned, 2) {
    return encode_unsigned(self, arguments[0], arguments[1]);
}

// ---- what binaries have in common ---------------------------------------------------------------------------------

static size_t common_prefix(const uint8_t *a, const uint8_t *b, size_t size) {
    size_t length = 0;
    while (length < size && a[length] == b[length])
        length++;
    return length;
}

static size_t common_suffix(const uint8_t *end_a, const uint8_t *end_b, size_t size) {
    size_t length = 0;
    while (length < size && end_a[-1 - (ptrdiff_t)length] == end_b[-1 - (ptrdiff_t)length])
        length++;
    return length;
}

static term longest_common(struct process *self, term list, bool suffix) {
    if (!is_list(list))
        return raise_badarg(self);
    const uint8_t *first = NULL;
    size_t first_size = 0, common = 0;
    for (; is_list(list); list = list_tail(list)) {
        if (!is_binary(list_head(list)))
            return raise_badarg(self);
        size_t size;
        const uint8_t *bytes = bitstring_bytes(self, list_head(list), &size);
        if (!first) {
            first = bytes;
            common = first_size = size;
        }
        size_t limit = size < common ? size : common;
        common = suffix ? common_suffix(first + first_size, bytes + size, limit) : common_prefix(first, bytes, limit);
        work_charge(&self->work, 1 + (int64_t)common / BYTES_PER_REDUCTION);
    }
    return is_nil(list) ? SMALL(common) : raise_badarg(self);
}

BIF(binary, longest_common_prefix, 1) {
    return longest_common(self, arguments[0], false);
}

BIF(binary, longest_common_suffix, 1) {
    return longest_common(self, arguments[0], true);
}
