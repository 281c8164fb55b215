// unicode:characters_to_binary/2 and characters_to_list/2, from Latin-1 and UTF-8. (Other encodings are done by the
// module unicode itself.)
//
// Chardata is a binary, or a list of characters, binaries and such lists, whose tail may be a binary. A character's
// bytes may be spread over neighbouring binaries. Where something is no character the conversion stops and says what is
// left: the data from there on, in the shape that it came in.

#include "bif/bif.h"
#include "bif/bytes.h"
#include "term/number.h"
#include "term/stack.h"

enum { BYTES_PER_REDUCTION = 32 };

// ---- walking ------------------------------------------------------------------------------------------------------

struct walk {
    term rest;               // yet to be visited on the innermost level
    struct term_stack tails; // of the lists around it
    term element;            // an integer or a binary
    term cell;               // that it is the head of; NONE when it is the tail of a list or all there is
    bool bad;                // the element is neither
};

static void walk_begin(struct walk *walk, term data) {
    walk->rest = data;
    walk->bad = false;
    term_stack_begin(&walk->tails);
}

static bool walk_next(struct walk *walk) {
    for (;;) {
        term rest = walk->rest;
        if (is_list(rest)) {
            term head = list_head(rest);
            walk->rest = list_tail(rest);
            if (is_list(head) || is_nil(head)) {
                term_stack_push(&walk->tails, walk->rest);
                walk->rest = head;
                continue;
            }
            walk->element = head;
            walk->cell = rest;
            walk->bad = !is_integer(head) && !is_binary(head);
            return !walk->bad;
        }
        if (is_nil(rest)) {
            if (walk->tails.count == 0)
                return false;
            walk->rest = term_stack_pop(&walk->tails);
            continue;
        }
        walk->element = rest;
        walk->cell = NONE;
        walk->rest = NIL;
        walk->bad = !is_binary(rest);
        return !walk->bad;
    }
}

// The data from the current element on. `replacement` stands for the element unless it is NONE.
static term walk_left(struct walk *walk, struct heap *heap, term replacement) {
    term left = walk->cell == NONE ? walk->element : walk->cell;
    if (replacement != NONE)
        left = walk->cell == NONE ? replacement : heap_cons(heap, replacement, list_tail(walk->cell));
    for (size_t i = walk->tails.count; i > 0; i--)
        left = heap_cons(heap, left, walk->tails.items[i - 1]);
    return left;
}

// ---- converting ---------------------------------------------------------------------------------------------------

struct conversion {
    struct process *self;
    bool latin1; // what the bytes of binaries are
    struct walk walk;
    uint8_t *out;      // where the next byte goes, or NULL: to a list
    term first, *link; // the list so far and where its tail is
    uint8_t partial[4];
    size_t partial_size; // bytes of a character that has begun in a binary before
};

static void put_character(struct conversion *conversion, uint32_t character) {
    if (conversion->out) {
        conversion->out += utf8_encode(conversion->out, character);
        return;
    }
    term cell = heap_cons(&conversion->self->heap, SMALL(character), NIL);
    *conversion->link = cell;
    conversion->link = list_cell(cell) + 1;
}

// Length of the longest beginning that is UTF-8.
static size_t utf8_prefix(const uint8_t *bytes, size_t size) {
    size_t at = 0, length;
    uint32_t character;
    for (;;) {
        uint64_t eight;
        while (size - at >= 8 && (memcpy(&eight, bytes + at, 8), (eight & 0x8080808080808080) == 0))
            at += 8;
        length = utf8_decode(bytes + at, size - at, &character);
        if (length == 0)
            return at;
        at += length;
    }
}

// Converts as many bytes as are valid; returns how many.
static size_t put_bytes(struct conversion *conversion, const uint8_t *bytes, size_t size) {
    if (conversion->latin1) {
        for (size_t i = 0; i < size; i++)
            put_character(conversion, bytes[i]);
        return size;
    }
    size_t at = 0, length;
    if (conversion->out) {
        at = utf8_prefix(bytes, size);
        memcpy(conversion->out, bytes, at);
        conversion->out += at;
        return at;
    }
    uint32_t character;
    while ((length = utf8_decode(bytes + at, size - at, &character)) > 0) {
        put_character(conversion, character);
        at += length;
    }
    return at;
}

// Bytes of the character that begins so; 0 when none does. As on OTP the lead bytes that only begin too long forms or
// too large characters count.
static size_t lead_length(uint8_t lead) {
    return lead < 0xc0 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf8 ? 4 : 0;
}

enum step { STEP_ON, STEP_ERROR };

// Completes a character that has begun before. *used: how many bytes of the binary that took.
static enum step put_partial(struct conversion *conversion, const uint8_t *bytes, size_t size, size_t *used) {
    size_t length = lead_length(conversion->partial[0]), missing = length - conversion->partial_size;
    *used = size < missing ? size : missing;
    uint8_t whole[4];
    memcpy(whole, conversion->partial, conversion->partial_size);
    memcpy(whole + conversion->partial_size, bytes, *used);
    if (size >= missing) {
        uint32_t character;
        if (utf8_decode(whole, length, &character) != length)
            return STEP_ERROR;
        put_character(conversion, character);
        conversion->partial_size = 0;
    } else {
        memcpy(conversion->partial, whole, conversion->partial_size + *used);
        conversion->partial_size += *used;
    }
    return STEP_ON;
}

// *left: after an error, what is left of this binary; NONE when the whole of it is.
static enum step put_binary(struct conversion *conversion, term binary, term *left) {
    size_t size, at = 0;
    const uint8_t *bytes = bitstring_bytes(conversion->self, binary, &size);
    *left = NONE;
    if (conversion->partial_size && put_partial(conversion, bytes, size, &at) == STEP_ERROR)
        return STEP_ERROR;
    at += put_bytes(conversion, bytes + at, size - at);
    if (at == size)
        return STEP_ON;
    if (lead_length(bytes[at]) > size - at) {
        conversion->partial_size = size - at;
        memcpy(conversion->partial, bytes + at, size - at);
        return STEP_ON;
    }
    *left = heap_bitstring_part(&conversion->self->heap, binary, 8 * at, 8 * (size - at));
    return STEP_ERROR;
}

static enum step put_integer(struct conversion *conversion, term integer) {
    uint32_t limit = conversion->latin1 ? 0xff : 0x10ffff;
    if (conversion->partial_size || !is_small(integer) || small_value(integer) < 0 || small_value(integer) > limit ||
        !character_is_valid((uint32_t)small_value(integer)))
        return STEP_ERROR;
    put_character(conversion, (uint32_t)small_value(integer));
    return STEP_ON;
}

// ---- results ------------------------------------------------------------------------------------------------------

// Converts; *failure becomes NONE, ATOM_error or ATOM_incomplete, with what is left in *left.
static void convert(struct conversion *conversion, term data, term *failure, term *left) {
    struct walk *walk = &conversion->walk;
    struct heap *heap = &conversion->self->heap;
    *failure = NONE;
    walk_begin(walk, data);
    while (walk_next(walk)) {
        term left_of_binary = NONE;
        enum step step = is_integer(walk->element) ? put_integer(conversion, walk->element)
                                                   : put_binary(conversion, walk->element, &left_of_binary);
        if (step == STEP_ON)
            continue;
        *failure = ATOM_error;
        *left = walk_left(walk, heap, left_of_binary);
        break;
    }
    term_stack_end(&walk->tails);
    if (conversion->partial_size == 0)
        return;
    term begun = heap_binary(heap, conversion->partial, conversion->partial_size);
    if (*failure != NONE) {
        *left = heap_cons(heap, begun, heap_cons(heap, *left, NIL));
        return;
    }
    *failure = ATOM_incomplete;
    for (size_t i = 1; i < conversion->partial_size; i++)
        if ((conversion->partial[i] & 0xc0) != 0x80)
            *failure = ATOM_error;
    *left = begun;
}

// A bignum of OTP, whose small integers have 60 bits.
static bool is_large(term t) {
    return is_integer(t) && (!is_small(t) || small_value(t) >> 59 != small_value(t) >> 63);
}

// Checks the shape of the data, up to a large integer: as on OTP nothing behind one is looked at. *size: bytes that it
// takes in UTF-8 if all of it is valid.
static bool measure(term data, bool latin1, size_t *size) {
    struct walk walk;
    *size = 0;
    walk_begin(&walk, data);
    while (walk_next(&walk)) {
        if (is_small(walk.element) && (uint64_t)small_value(walk.element) <= 0x10ffff) {
            *size += bits_utf8_size((uint32_t)small_value(walk.element)) / 8;
        } else if (is_large(walk.element)) {
            break;
        } else if (is_bitstring(walk.element)) {
            struct bits bits = bitstring_bits(walk.element);
            *size += bits.size >> 3;
            for (size_t at = 0; latin1 && at < bits.size; at += 8)
                *size += bits_get_unsigned(bits_part(bits, at, 1));
        }
    }
    term_stack_end(&walk.tails);
    return !walk.bad;
}

static term to_binary(struct process *self, term data, bool latin1) {
    size_t size, used;
    if (is_list(data) && is_nil(list_tail(data)) && is_binary(list_head(data)))
        data = list_head(data); // as on OTP: seen in what is left after an error
    if (!measure(data, latin1, &size))
        return raise_badarg(self);
    work_charge(&self->work, (int64_t)size / BYTES_PER_REDUCTION);
    if (is_bitstring(data) && !latin1) {
        const uint8_t *bytes = bitstring_bytes(self, data, &used);
        if (utf8_prefix(bytes, size) == size)
            return data;
    }
    uint8_t *bytes;
    term binary = heap_binary_new(&self->heap, size, &bytes), failure, left = NONE;
    struct conversion conversion = {.self = self, .latin1 = latin1, .out = bytes};
    convert(&conversion, data, &failure, &left);
    work_charge(&self->work, (int64_t)size / BYTES_PER_REDUCTION);
    if (failure == NONE)
        return binary;
    used = (size_t)(conversion.out - bytes);
    return heap_tuple_of(&self->heap, 3, failure, heap_binary(&self->heap, bytes, used), left);
}

static term to_list(struct process *self, term data, bool latin1) {
    size_t size;
    if (!measure(data, latin1, &size))
        return raise_badarg(self);
    term failure, left = NONE;
    struct conversion conversion = {.self = self, .latin1 = latin1, .first = NIL};
    conversion.link = &conversion.first;
    convert(&conversion, data, &failure, &left);
    work_charge(&self->work, (int64_t)size / BYTES_PER_REDUCTION);
    if (failure == NONE)
        return conversion.first;
    return heap_tuple_of(&self->heap, 3, failure, conversion.first, left);
}

static bool is_utf8_name(term encoding) {
    return encoding == ATOM_unicode || encoding == ATOM_utf8;
}

BIF(unicode, characters_to_binary, 2) {
    if (arguments[1] == ATOM_latin1 || is_utf8_name(arguments[1]))
        return to_binary(self, arguments[0], arguments[1] == ATOM_latin1);
    return bif_call(self, ATOM_unicode, ATOM_characters_to_binary_int, 2);
}

BIF(unicode, characters_to_list, 2) {
    if (arguments[1] == ATOM_latin1 || is_utf8_name(arguments[1]))
        return to_list(self, arguments[0], arguments[1] == ATOM_latin1);
    return bif_call(self, ATOM_unicode, ATOM_characters_to_list_int, 2);
}

BIF(unicode, bin_is_7bit, 1) {
    if (!is_binary(arguments[0]))
        return ATOM_false;
    size_t size;
    const uint8_t *bytes = bitstring_bytes(self, arguments[0], &size);
    for (size_t i = 0; i < size; i++)
        if (bytes[i] >= 0x80)
            return ATOM_false;
    work_charge(&self->work, (int64_t)size / BYTES_PER_REDUCTION);
    return ATOM_true;
}
