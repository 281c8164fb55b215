// zlib: streams that compress and expand.

#include "bif/bif.h"

#include "io/zip_stream.h"
#include "term/iodata.h"

#define STEP_MAX (1 << 20)        // bytes of input or output in one step
#define BYTES_PER_REDUCTION 64    // of input and output together
#define DICTIONARY_MAX (32 << 10) // of an inflating stream: zlib's window

static term code_error(struct process *self, int code) {
    switch (code) {
    case Z_DATA_ERROR:
        return raise_error(self, ATOM_data_error);
    case Z_BUF_ERROR:
        return raise_error(self, ATOM_buf_error);
    case Z_MEM_ERROR:
        return raise_error(self, ATOM_enomem);
    case Z_STREAM_ERROR:
        return raise_error(self, ATOM_stream_error);
    default:
        return raise_badarg(self);
    }
}

static term ok_or_error(struct process *self, int code) {
    return code == Z_OK ? ATOM_ok : code_error(self, code);
}

// The stream of a reference that this process controls; NULL when it raised.
static struct zip_stream *stream_argument(struct process *self, term t) {
    struct zip_stream *zip = zip_of(t);
    if (!zip)
        raise_badarg(self);
    else if (zip->owner != self->pid)
        raise_error(self, ATOM_not_on_controlling_process);
    else
        return zip;
    return NULL;
}

// The same, in a state.
static struct zip_stream *stream_in_state(struct process *self, term t, enum zip_state state) {
    struct zip_stream *zip = stream_argument(self, t);
    if (!zip || zip->state == state)
        return zip;
    raise_error(self, ATOM_not_initialized);
    return NULL;
}

static struct zip_stream *initialized_stream(struct process *self, term t) {
    struct zip_stream *zip = stream_argument(self, t);
    if (!zip || zip->state == ZIP_DEFLATE || zip->state == ZIP_INFLATE)
        return zip;
    raise_error(self, ATOM_not_initialized);
    return NULL;
}

static bool are_small_arguments(const term *arguments, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (!is_small(arguments[i]) || small_value(arguments[i]) < INT32_MIN || small_value(arguments[i]) > INT32_MAX)
            return false;
    }
    return true;
}

static int int_argument(term t) {
    return (int)small_value(t);
}

// ---- life

BIF(zlib, open_nif, 0) {
    return heap_magic_reference(&self->heap, zip_new(self->pid));
}

BIF(zlib, close_nif, 1) {
    struct zip_stream *zip = stream_argument(self, arguments[0]);
    if (!zip)
        return NONE;
    if (zip->state == ZIP_CLOSED)
        return raise_error(self, ATOM_not_initialized);
    zip_close(zip);
    return ATOM_ok;
}

BIF(zlib, set_controller_nif, 2) {
    struct zip_stream *zip = stream_argument(self, arguments[0]);
    if (!zip)
        return NONE;
    if (!is_local_pid(arguments[1]))
        return raise_badarg(self);
    zip->owner = arguments[1];
    return ATOM_ok;
}

static struct zip_stream *fresh_stream(struct process *self, term t) {
    struct zip_stream *zip = stream_argument(self, t);
    if (!zip || zip->state == ZIP_NONE)
        return zip;
    raise_error(self, ATOM_already_initialized);
    return NULL;
}

BIF(zlib, deflateInit_nif, 6) {
    if (!zip_of(arguments[0]) || !are_small_arguments(arguments + 1, 5))
        return raise_badarg(self);
    struct zip_stream *zip = fresh_stream(self, arguments[0]);
    if (!zip)
        return NONE;
    return ok_or_error(self, zip_deflate_init(zip, int_argument(arguments[1]), int_argument(arguments[2]),
                                              int_argument(arguments[3]), int_argument(arguments[4]),
                                              int_argument(arguments[5])));
}

BIF(zlib, inflateInit_nif, 3) {
    if (!zip_of(arguments[0]) || !are_small_arguments(arguments + 1, 2))
        return raise_badarg(self);
    struct zip_stream *zip = fresh_stream(self, arguments[0]);
    if (!zip)
        return NONE;
    int end = int_argument(arguments[2]);
    if (end < ZIP_END_ERROR || end > ZIP_END_CUT)
        return raise_badarg(self);
    return ok_or_error(self, zip_inflate_init(zip, int_argument(arguments[1]), (enum zip_end)end));
}

BIF(zlib, deflateReset_nif, 1) {
    struct zip_stream *zip = stream_in_state(self, arguments[0], ZIP_DEFLATE);
    return zip ? ok_or_error(self, zip_reset(zip)) : NONE;
}

BIF(zlib, inflateReset_nif, 1) {
    struct zip_stream *zip = stream_in_state(self, arguments[0], ZIP_INFLATE);
    return zip ? ok_or_error(self, zip_reset(zip)) : NONE;
}

BIF(zlib, deflateEnd_nif, 1) {
    struct zip_stream *zip = stream_in_state(self, arguments[0], ZIP_DEFLATE);
    return zip ? ok_or_error(self, zip_end(zip)) : NONE;
}

BIF(zlib, inflateEnd_nif, 1) {
    struct zip_stream *zip = stream_in_state(self, arguments[0], ZIP_INFLATE);
    return zip ? ok_or_error(self, zip_end(zip)) : NONE;
}

BIF(zlib, deflateParams_nif, 3) {
    if (!are_small_arguments(arguments + 1, 2))
        return raise_badarg(self);
    struct zip_stream *zip = stream_in_state(self, arguments[0], ZIP_DEFLATE);
    if (!zip)
        return NONE;
    int code = deflateParams(&zip->z, int_argument(arguments[1]), int_argument(arguments[2]));
    return ok_or_error(self, code == Z_BUF_ERROR ? Z_OK : code); // the caller has flushed before
}

// ---- dictionaries

static uint8_t *dictionary_argument(struct process *self, term t, size_t *size) {
    if (iodata_size(t, size, &self->work) != IODATA_OK || *size > UINT32_MAX) {
        raise_badarg(self);
        return NULL;
    }
    uint8_t *bytes = proc_scratch(self, *size);
    iodata_copy(t, bytes, &self->work);
    return bytes;
}

BIF(zlib, deflateSetDictionary_nif, 2) {
    size_t size;
    uint8_t *bytes;
    struct zip_stream *zip = stream_in_state(self, arguments[0], ZIP_DEFLATE);
    if (!zip || !(bytes = dictionary_argument(self, arguments[1], &size)))
        return NONE;
    int code = deflateSetDictionary(&zip->z, bytes, (uInt)size);
    return code == Z_OK ? SMALL(zip->z.adler) : code_error(self, code);
}

BIF(zlib, inflateSetDictionary_nif, 2) {
    size_t size;
    uint8_t *bytes;
    struct zip_stream *zip = stream_in_state(self, arguments[0], ZIP_INFLATE);
    if (!zip || !(bytes = dictionary_argument(self, arguments[1], &size)))
        return NONE;
    return ok_or_error(self, inflateSetDictionary(&zip->z, bytes, (uInt)size));
}

BIF(zlib, inflateGetDictionary_nif, 1) {
    struct zip_stream *zip = stream_in_state(self, arguments[0], ZIP_INFLATE);
    if (!zip)
        return NONE;
    uint8_t *bytes = proc_scratch(self, DICTIONARY_MAX);
    uInt size = 0;
    int code = inflateGetDictionary(&zip->z, bytes, &size);
    return code == Z_OK ? heap_binary(&self->heap, bytes, size) : code_error(self, code);
}

// ---- data

BIF(zlib, enqueue_nif, 2) {
    struct zip_stream *zip = initialized_stream(self, arguments[0]);
    if (!zip)
        return NONE;
    term list = arguments[1];
    while (is_list(list) && is_binary(list_head(list)))
        list = list_tail(list);
    if (!is_nil(list))
        return raise_badarg(self);
    for (list = arguments[1]; is_list(list); list = list_tail(list))
        byte_queue_push(&zip->input, list_head(list));
    return ATOM_ok;
}

static term output_list(struct process *self, const uint8_t *bytes, size_t size) {
    return size ? heap_cons(&self->heap, heap_binary(&self->heap, bytes, size), NIL) : NIL;
}

// {continue, Output}, {finished, Output} or {need_dictionary, Adler, Output}; arguments: input and output size, flush.
static term step(struct process *self, struct zip_stream *zip, const term *arguments) {
    if (!are_small_arguments(arguments, 3))
        return raise_badarg(self);
    int64_t input = small_value(arguments[0]), output = small_value(arguments[1]);
    if (input <= 0 || input > STEP_MAX || output <= 0 || output > STEP_MAX)
        return raise_badarg(self);
    size_t made, before = zip->input.size;
    bool more = false;
    uint8_t *bytes = proc_scratch(self, (size_t)output);
    int code = zip_step(zip, (size_t)input, bytes, (size_t)output, int_argument(arguments[2]), &made, &more);
    if (code != Z_OK && code != Z_NEED_DICT)
        return code_error(self, code);
    term list = output_list(self, bytes, made);
    work_charge(&self->work, (int64_t)((before - zip->input.size + made) / BYTES_PER_REDUCTION));
    if (code == Z_NEED_DICT)
        return heap_tuple_of(&self->heap, 3, ATOM_need_dictionary, SMALL(zip->z.adler), list);
    return heap_tuple_of(&self->heap, 2, more ? ATOM_continue : ATOM_finished, list);
}

BIF(zlib, deflate_nif, 4) {
    struct zip_stream *zip = stream_in_state(self, arguments[0], ZIP_DEFLATE);
    return zip ? step(self, zip, arguments + 1) : NONE;
}

BIF(zlib, inflate_nif, 4) {
    struct zip_stream *zip = stream_in_state(self, arguments[0], ZIP_INFLATE);
    return zip ? step(self, zip, arguments + 1) : NONE;
}

// The checksum of the plain bytes of a raw stream; 0 for those that carry one of their own, as on OTP.
BIF(zlib, crc32_nif, 1) {
    struct zip_stream *zip = initialized_stream(self, arguments[0]);
    return zip ? SMALL(zip->crc) : NONE;
}

// ---- what zlib.erl keeps with a stream

BIF(zlib, getBufSize_nif, 1) {
    struct zip_stream *zip = stream_argument(self, arguments[0]);
    return zip ? SMALL(zip->buffer) : NONE;
}

BIF(zlib, setBufSize_nif, 2) {
    struct zip_stream *zip = stream_argument(self, arguments[0]);
    if (!zip)
        return NONE;
    if (!is_small(arguments[1]) || small_value(arguments[1]) <= 0 || small_value(arguments[1]) > STEP_MAX * 16)
        return raise_badarg(self);
    zip->buffer = (size_t)small_value(arguments[1]);
    return ATOM_ok;
}

BIF(zlib, getStash_nif, 1) {
    struct zip_stream *zip = stream_argument(self, arguments[0]);
    if (!zip)
        return NONE;
    if (zip->stash == NONE)
        return ATOM_empty;
    return ok_tuple(self, heap_copy(&self->heap, zip->stash));
}

static void clear_stash(struct zip_stream *zip) {
    heap_free(&zip->stash_heap);
    zip->stash_heap = (struct heap){0};
    zip->stash = NONE;
}

BIF(zlib, clearStash_nif, 1) {
    struct zip_stream *zip = stream_argument(self, arguments[0]);
    if (!zip)
        return NONE;
    clear_stash(zip);
    return ATOM_ok;
}

BIF(zlib, setStash_nif, 2) {
    struct zip_stream *zip = stream_argument(self, arguments[0]);
    if (!zip)
        return NONE;
    clear_stash(zip);
    zip->stash = heap_copy_all(&zip->stash_heap, arguments[1]);
    return ATOM_ok;
}
