// Streams of zlib.

#include "io/zip_stream.h"

#include "sys/sys.h"

#define BUFFER_SIZE 4000 // what getBufSize says at first

static void zip_destroy(struct shared_binary *shared) {
    zip_close((struct zip_stream *)shared->bytes);
}

struct shared_binary *zip_new(term owner) {
    struct shared_binary *shared = shared_binary_new(sizeof(struct zip_stream));
    struct zip_stream *zip = (struct zip_stream *)shared->bytes;
    *zip = (struct zip_stream){.owner = owner, .stash = NONE, .buffer = BUFFER_SIZE};
    shared->destroy = zip_destroy;
    return shared;
}

struct zip_stream *zip_of(term reference) {
    if (!is_kind(reference, KIND_MAGIC_REFERENCE))
        return NULL;
    struct shared_binary *shared = ((struct off_heap *)boxed(reference))->shared;
    return shared->destroy == zip_destroy ? (struct zip_stream *)shared->bytes : NULL;
}

// ---- beginning and end

static int begin(struct zip_stream *zip, int code, enum zip_state state, bool raw) {
    if (code != Z_OK)
        return code;
    zip->state = state;
    zip->raw = raw;
    zip->ended = false;
    zip->crc = 0;
    return Z_OK;
}

int zip_deflate_init(struct zip_stream *zip, int level, int method, int bits, int memory, int strategy) {
    zip->z = (z_stream){0};
    return begin(zip, deflateInit2(&zip->z, level, method, bits, memory, strategy), ZIP_DEFLATE, bits < 0);
}

int zip_inflate_init(struct zip_stream *zip, int bits, enum zip_end end) {
    zip->z = (z_stream){0};
    zip->end = end;
    return begin(zip, inflateInit2(&zip->z, bits), ZIP_INFLATE, bits < 0);
}

int zip_reset(struct zip_stream *zip) {
    byte_queue_clear(&zip->input);
    zip->ended = false;
    zip->crc = 0;
    return zip->state == ZIP_DEFLATE ? deflateReset(&zip->z) : inflateReset(&zip->z);
}

int zip_end(struct zip_stream *zip) {
    bool whole = zip->ended && zip->input.size == 0;
    if (zip->state == ZIP_DEFLATE)
        deflateEnd(&zip->z);
    else if (zip->state == ZIP_INFLATE)
        inflateEnd(&zip->z);
    zip->state = ZIP_NONE;
    byte_queue_clear(&zip->input);
    return whole ? Z_OK : Z_DATA_ERROR;
}

void zip_close(struct zip_stream *zip) {
    zip_end(zip);
    heap_free(&zip->stash_heap);
    zip->stash_heap = (struct heap){0};
    zip->stash = NONE;
    zip->state = ZIP_CLOSED;
}

// ---- working

// Input came in behind the end of what is being inflated.
static int pass_end(struct zip_stream *zip) {
    switch (zip->end) {
    case ZIP_END_RESET:
        zip->ended = false;
        return inflateReset(&zip->z);
    case ZIP_END_CUT:
        byte_queue_clear(&zip->input);
        return Z_OK;
    case ZIP_END_ERROR:
        break;
    }
    return Z_DATA_ERROR;
}

static void add_checksum(struct zip_stream *zip, const uint8_t *bytes, size_t size) {
    if (zip->raw)
        zip->crc = (uint32_t)crc32(zip->crc, bytes, (uInt)size);
}

// Gives zlib the queue's front, at most `limit` bytes of it; *used is what it took.
static int feed(struct zip_stream *zip, size_t limit, int flush, size_t *used) {
    size_t size;
    uint8_t *front = byte_queue_front(&zip->input, &size);
    bool last = zip->input.size == size && size <= limit;
    size = size < limit ? size : limit;
    zip->z.next_in = front;
    zip->z.avail_in = (uInt)size;
    if (zip->state == ZIP_INFLATE) {
        uint8_t *out = zip->z.next_out;
        int code = inflate(&zip->z, flush);
        add_checksum(zip, out, (size_t)(zip->z.next_out - out));
        *used = size - zip->z.avail_in;
        byte_queue_skip(&zip->input, *used);
        return code;
    }
    int code = deflate(&zip->z, last ? flush : Z_NO_FLUSH); // a flush is for all of the input
    *used = size - zip->z.avail_in;
    if (*used > 0)
        add_checksum(zip, front, *used);
    byte_queue_skip(&zip->input, *used);
    return code;
}

int zip_step(struct zip_stream *zip, size_t input, uint8_t *bytes, size_t output, int flush, size_t *made, bool *more) {
    int code = Z_OK;
    *made = 0;
    if (zip->state == ZIP_INFLATE && zip->ended && zip->input.size > 0)
        code = pass_end(zip);
    if (zip->state == ZIP_DEFLATE && zip->ended && zip->input.size > 0)
        code = Z_STREAM_ERROR;
    if (code != Z_OK)
        return code;
    zip->z.next_out = bytes;
    zip->z.avail_out = (uInt)output;
    size_t used, before = zip->input.size;
    do {
        code = feed(zip, input, flush, &used);
        input -= used;
    } while (code == Z_OK && used > 0 && input > 0 && zip->input.size > 0 && zip->z.avail_out > 0);
    *made = output - zip->z.avail_out;
    if (code == Z_STREAM_END)
        zip->ended = true;
    *more = zip->input.size > 0 || (zip->z.avail_out == 0 && code != Z_STREAM_END);
    bool progress = *made > 0 || zip->input.size < before || before == 0;
    return code == Z_STREAM_END || (code == Z_BUF_ERROR && progress) ? Z_OK : code;
}
