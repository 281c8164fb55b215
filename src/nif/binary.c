// Binaries and memory, for libraries.
//
// An ErlNifBinary with `ref_bin` set owns one reference to that shared binary; one that was only inspected points into
// a term, or into a temporary of the environment.

#include "nif/environment.h"

#include "ext/ext.h"
#include "sys/sys.h"
#include "term/bits.h"
#include "term/iodata.h"

void *enif_alloc(size_t size) {
    return sys_try_alloc(size);
}
void *enif_realloc(void *memory, size_t size) {
    return sys_try_realloc(memory, size);
}
void enif_free(void *memory) {
    sys_free(memory);
}

// ---- inspecting

int enif_inspect_binary(ErlNifEnv *env, ERL_NIF_TERM binary, ErlNifBinary *inspected) {
    if (!is_binary(binary))
        return 0;
    struct bits bits = bitstring_bits(binary);
    *inspected = (ErlNifBinary){.size = bits.size / 8, .data = bits.bytes};
    if (bits.offset != 0) {
        inspected->data = environment_temporary(env, inspected->size);
        bits_copy(inspected->data, 0, bits);
    }
    return 1;
}

int enif_inspect_iolist_as_binary(ErlNifEnv *env, ERL_NIF_TERM data, ErlNifBinary *inspected) {
    size_t size;
    if (is_binary(data))
        return enif_inspect_binary(env, data, inspected);
    if (iodata_size(data, &size, NULL) != IODATA_OK)
        return 0;
    *inspected = (ErlNifBinary){.size = size, .data = environment_temporary(env, size)};
    iodata_copy(data, inspected->data, NULL);
    return 1;
}

// ---- owning

static void own(ErlNifBinary *binary, struct shared_binary *shared, size_t size) {
    *binary = (ErlNifBinary){.size = size, .data = shared->bytes, .ref_bin = shared};
}

int enif_alloc_binary(size_t size, ErlNifBinary *binary) {
    struct shared_binary *shared = shared_binary_try_new(size);
    if (!shared)
        return 0;
    own(binary, shared, size);
    return 1;
}

int enif_realloc_binary(ErlNifBinary *binary, size_t size) {
    struct shared_binary *shared = shared_binary_try_new(size);
    if (!shared)
        return 0;
    memcpy(shared->bytes, binary->data, size < binary->size ? size : binary->size);
    enif_release_binary(binary);
    own(binary, shared, size);
    return 1;
}

void enif_release_binary(ErlNifBinary *binary) {
    if (binary->ref_bin)
        shared_binary_release(binary->ref_bin);
    binary->ref_bin = NULL;
}

// ---- terms

// The term takes over what the library owned; the bytes stay readable.
ERL_NIF_TERM enif_make_binary(ErlNifEnv *env, ErlNifBinary *binary) {
    if (!binary->ref_bin)
        return heap_binary(env->heap, binary->data, binary->size);
    struct shared_binary *shared = binary->ref_bin;
    binary->ref_bin = NULL;
    return heap_slice(env->heap, shared, 0, binary->size * 8);
}

unsigned char *enif_make_new_binary(ErlNifEnv *env, size_t size, ERL_NIF_TERM *binary) {
    uint8_t *bytes;
    *binary = heap_binary_new(env->heap, size, &bytes);
    return bytes;
}

ERL_NIF_TERM enif_make_sub_binary(ErlNifEnv *env, ERL_NIF_TERM binary, size_t position, size_t size) {
    if (!is_binary(binary) || position > bitstring_size(binary) / 8 || size > bitstring_size(binary) / 8 - position)
        return enif_make_badarg(env);
    return heap_bitstring_part(env->heap, binary, position * 8, size * 8);
}

// ---- the external term format

int enif_term_to_binary(ErlNifEnv *env, ERL_NIF_TERM value, ErlNifBinary *binary) {
    const struct ext_options options = {.flags = EXT_FLAGS_LOCAL, .minor_version = 1};
    struct text text = {0};
    *text_extend(&text, 1) = (char)EXT_VERSION;
    ext_encode(&text, value, &options, NULL);
    int done = enif_alloc_binary(text.size, binary);
    if (done)
        memcpy(binary->data, text.bytes, text.size);
    text_free(&text);
    return done;
}

// Not compressed ones: nor does OTP take them here.
size_t enif_binary_to_term(ErlNifEnv *env, const unsigned char *bytes, size_t size, ERL_NIF_TERM *value,
                           unsigned options) {
    size_t used;
    if ((options & ~(unsigned)ERL_NIF_BIN2TERM_SAFE) || size == 0 || bytes[0] != EXT_VERSION)
        return 0;
    term decoded = ext_decode(env->heap, bytes + 1, size - 1, options & ERL_NIF_BIN2TERM_SAFE, &used, NULL);
    if (decoded == NONE)
        return 0;
    *value = decoded;
    return 1 + used;
}
