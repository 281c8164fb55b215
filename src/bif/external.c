// Values as bytes: term_to_binary and its kin.

#include "bif/bif.h"
#include "ext/ext.h"
#include "term/bits.h"

// ---- to bytes -----------------------------------------------------------------------------------------------------

struct encode_request {
    struct ext_options options;
    int level; // of compression, 0 for none
};

static const struct encode_request encode_default = {{EXT_FLAGS_LOCAL, .minor_version = 1}, 0};

#define LEVEL_DEFAULT 6 // zlib's
#define LEVEL_MAX 9
#define MINOR_VERSION_MAX 2

// {Name, 0..maximum}
static bool is_option(term option, term name, int maximum, int *value) {
    if (!is_tuple_of(option, 2) || tuple_element(option, 1) != name)
        return false;
    term number = tuple_element(option, 2);
    if (!is_small(number) || small_value(number) < 0 || small_value(number) > maximum)
        return false;
    *value = (int)small_value(number);
    return true;
}

static bool encode_options(term list, struct encode_request *request) {
    *request = encode_default;
    for (; is_list(list); list = list_tail(list)) {
        term option = list_head(list);
        if (option == ATOM_compressed)
            request->level = LEVEL_DEFAULT;
        else if (option == ATOM_deterministic)
            request->options.deterministic = true;
        else if (!is_option(option, ATOM_compressed, LEVEL_MAX, &request->level) &&
                 !is_option(option, ATOM_minor_version, MINOR_VERSION_MAX, &request->options.minor_version))
            return false;
    }
    return is_nil(list);
}

// zlib cannot give way: where there is much to compress, it works in the slow-work pool.
#define COMPRESSED_IN_PLACE ((size_t)32 << 10)

static term encode(struct process *self, term value, const struct encode_request *request) {
    term binary = ext_encode_binary(&self->heap, value, &request->options, &self->work);
    if (request->level == 0)
        return binary;
    bool slow = bitstring_size(binary) / 8 > COMPRESSED_IN_PLACE;
    if (slow)
        proc_slow_enter(self, SLOW_COMPUTES);
    binary = ext_compress(&self->heap, binary, request->level);
    if (slow)
        proc_slow_leave(self);
    return binary;
}

BIF(erlang, term_to_binary, 1) {
    return encode(self, arguments[0], &encode_default);
}

BIF(erlang, term_to_binary, 2) {
    struct encode_request request;
    return encode_options(arguments[1], &request) ? encode(self, arguments[0], &request) : raise_badarg(self);
}

// The parts, and what comes before, between and behind them: slices of `bytes`.
static term vector_with_parts(struct heap *heap, term bytes, const struct ext_parts *parts) {
    term vector = NIL;
    size_t end = bitstring_size(bytes);
    for (size_t i = parts->count; i-- > 0;) {
        const struct ext_part *part = &parts->list[i];
        size_t at = 8 * (1 + part->at); // behind the version, too
        if (at < end)
            vector = heap_cons(heap, heap_bitstring_part(heap, bytes, at, end - at), vector);
        shared_binary_retain(part->shared);
        size_t offset = (size_t)(part->bytes - part->shared->bytes);
        vector = heap_cons(heap, heap_slice(heap, part->shared, 8 * offset, 8 * part->size), vector);
        end = at;
    }
    return heap_cons(heap, heap_bitstring_part(heap, bytes, 0, end), vector);
}

// A list of binaries that together are what term_to_binary returns. Large binaries in it are not copied.
static term encode_vector(struct process *self, term value, const struct encode_request *request) {
    struct ext_parts parts = {0};
    struct ext_options options = request->options;
    options.parts = &parts;
    size_t size = request->level == 0 ? ext_encoded_size(value, &options, &self->work) : 0;
    if (parts.count == 0)
        return heap_cons(&self->heap, encode(self, value, request), NIL);
    parts.list = proc_scratch(self, parts.count * sizeof *parts.list);
    uint8_t *bytes;
    term binary = heap_binary_new(&self->heap, 1 + size, &bytes);
    bytes[0] = EXT_VERSION;
    ext_encode_to(bytes + 1, size, value, &options, &self->work);
    return vector_with_parts(&self->heap, binary, &parts);
}

BIF(erlang, term_to_iovec, 1) {
    return encode_vector(self, arguments[0], &encode_default);
}

BIF(erlang, term_to_iovec, 2) {
    struct encode_request request;
    return encode_options(arguments[1], &request) ? encode_vector(self, arguments[0], &request) : raise_badarg(self);
}

static term external_size(struct process *self, term value, const struct ext_options *options) {
    struct ext_options estimating = *options;
    estimating.estimates = true;
    return SMALL(1 + ext_encoded_size(value, &estimating, &self->work));
}

BIF(erlang, external_size, 1) {
    return external_size(self, arguments[0], &encode_default.options);
}

BIF(erlang, external_size, 2) { // takes {minor_version, 0 | 1} only
    struct ext_options options = encode_default.options;
    term list = arguments[1];
    while (is_list(list) && is_option(list_head(list), ATOM_minor_version, 1, &options.minor_version))
        list = list_tail(list);
    return is_nil(list) ? external_size(self, arguments[0], &options) : raise_badarg(self);
}

// ---- from bytes ---------------------------------------------------------------------------------------------------

static term decode(struct process *self, term binary, bool safe, size_t *used) {
    if (!is_binary(binary))
        return raise_badarg(self);
    size_t size = bitstring_size(binary) / 8;
    const uint8_t *bytes = binary_bytes(binary, bitstring_bits(binary).offset ? proc_scratch(self, size) : NULL);
    term value = ext_decode_binary(&self->heap, bytes, size, safe, used, &self->work);
    return value == NONE ? raise_badarg(self) : value;
}

BIF(erlang, binary_to_term, 1) {
    size_t used;
    return decode(self, arguments[0], false, &used);
}

BIF(erlang, binary_to_term, 2) {
    bool safe = false, wants_used = false;
    term list = arguments[1];
    for (; is_list(list); list = list_tail(list)) {
        if (list_head(list) == ATOM_safe)
            safe = true;
        else if (list_head(list) == ATOM_used)
            wants_used = true;
        else
            return raise_badarg(self);
    }
    if (!is_nil(list))
        return raise_badarg(self);
    size_t used;
    term value = decode(self, arguments[0], safe, &used);
    return value == NONE || !wants_used ? value : heap_tuple_of(&self->heap, 2, value, SMALL(used));
}

// ---- sizes on the heap --------------------------------------------------------------------------------------------

BIF(erts_debug, flat_size, 1) {
    return SMALL(heap_size_of_all(arguments[0]));
}
