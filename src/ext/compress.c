// Values with a version byte in front, compressed or not.
//
// The memory used is that of binaries on the heap, so that a process killed while it gives way leaves nothing behind.

#include <limits.h>
#include <zlib.h>

#include "ext/decode.h"
#include "ext/ext.h"
#include "ext/tag.h"
#include "sys/sys.h"

#define HEADER_BYTES 6 // version, tag, size when inflated

term ext_compress(struct heap *heap, term binary, int level) {
    const uint8_t *bytes = bitstring_bits(binary).bytes;
    size_t size = bitstring_size(binary) / 8 - 1; // of the value
    if (size <= HEADER_BYTES || size > UINT32_MAX)
        return binary;
    uLongf room = size - 4; // as OTP, which takes the compressed form though it be a byte longer
    uint8_t *out = sys_alloc(room);
    term result = binary;
    if (compress2(out, &room, bytes + 1, size, level) == Z_OK) {
        uint8_t *to;
        result = heap_binary_new(heap, HEADER_BYTES + room, &to);
        to[0] = EXT_VERSION;
        to[1] = EXT_COMPRESSED;
        for (int i = 0; i < 4; i++)
            to[2 + i] = (uint8_t)(size >> 8 * (3 - i));
        memcpy(to + HEADER_BYTES, out, room);
    }
    sys_free(out);
    return result;
}

// Deflate's best ratio: a claim beyond it is false, and no memory is spent on it.
#define RATIO_MAX 1032

// Inflates to exactly `out_size` bytes; returns the bytes read, 0 when malformed.
static size_t inflate_to(uint8_t *out, size_t out_size, const uint8_t *bytes, size_t size) {
    z_stream stream = {
        .next_in = (uint8_t *)bytes,
        .avail_in = size < UINT_MAX ? (uInt)size : UINT_MAX,
        .next_out = out,
        .avail_out = (uInt)out_size,
    };
    if (inflateInit(&stream) != Z_OK)
        return 0;
    int result = inflate(&stream, Z_FINISH);
    size_t used = stream.total_in;
    inflateEnd(&stream);
    return result == Z_STREAM_END && stream.avail_out == 0 ? used : 0;
}

static term decode_compressed(struct heap *heap, const struct ext_reader *reader, const uint8_t *bytes, size_t size,
                              size_t *used, struct work *work) {
    if (size < HEADER_BYTES)
        return NONE;
    size_t inflated = 0;
    for (int i = 0; i < 4; i++)
        inflated = inflated << 8 | bytes[2 + i];
    if (inflated / RATIO_MAX > size)
        return NONE;
    uint8_t *out;
    heap_binary_new(heap, inflated, &out);
    size_t read = inflate_to(out, inflated, bytes + HEADER_BYTES, size - HEADER_BYTES), inner;
    *used = HEADER_BYTES + read;
    return read ? ext_read(heap, reader, out, inflated, &inner, work) : NONE;
}

term ext_decode_binary(struct heap *heap, const uint8_t *bytes, size_t size, bool safe, size_t *used,
                       struct work *work) {
    struct ext_reader reader = {.safe = safe};
    *used = 0;
    if (size < 2 || bytes[0] != EXT_VERSION)
        return NONE;
    if (bytes[1] == EXT_COMPRESSED)
        return decode_compressed(heap, &reader, bytes, size, used, work);
    term value = ext_read(heap, &reader, bytes + 1, size - 1, used, work);
    *used += 1;
    return value;
}
