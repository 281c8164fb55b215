// Hashes of terms, and checksums and digests of iodata.

#include "term/hash.h"
#include "bif/bif.h"
#include "bif/bytes.h"
#include "term/iodata.h"
#include "term/md5.h"
#include "term/number.h"

#include <zlib.h>

// ---- of terms

// Ranges go up to 2^32: all the bits.
static bool read_range(term t, uint64_t *range) {
    return integer_to_uint64(t, range) && *range >= 1 && *range <= (uint64_t)1 << 32;
}

BIF(erlang, phash, 2) {
    uint64_t range;
    if (!read_range(arguments[1], &range))
        return raise_badarg(self);
    return SMALL(1 + term_phash(arguments[0]) % range);
}

BIF(erlang, phash2, 1) {
    return SMALL(term_phash2(arguments[0], &self->work) & 0x7ffffff); // the range is 2^27
}

BIF(erlang, phash2, 2) {
    uint64_t range;
    if (!read_range(arguments[1], &range))
        return raise_badarg(self);
    return SMALL(term_phash2(arguments[0], &self->work) % range);
}

// ---- of iodata

typedef void consumer(void *state, const uint8_t *bytes, size_t size);

// Hands the bytes of the iodata to `consume`, piece by piece; false when it is no iodata.
static bool consume_iodata(struct process *self, term data, consumer *consume, void *state) {
    enum { STEP = 4096 };
    size_t total;
    if (iodata_size(data, &total, &self->work) != IODATA_OK)
        return false;
    struct iodata_walk *walk = proc_scratch(self, sizeof *walk);
    iodata_walk_begin(walk, data);
    while (iodata_next(walk)) {
        uint8_t aligned[STEP];
        size_t size = walk->piece.size / 8;
        for (size_t at = 0; at < size; at += STEP) {
            size_t count = size - at < STEP ? size - at : STEP;
            const uint8_t *bytes = walk->piece.bytes + at;
            if (walk->piece.offset != 0) {
                bits_copy(aligned, 0, bits_part(walk->piece, 8 * at, 8 * count));
                bytes = aligned;
            }
            consume(state, bytes, count);
            work_charge(&self->work, (int64_t)(count / 64));
        }
    }
    iodata_walk_end(walk);
    return true;
}

static void consume_md5(void *state, const uint8_t *bytes, size_t size) {
    md5_update(state, bytes, size);
}

static void consume_crc32(void *state, const uint8_t *bytes, size_t size) {
    uLong *sum = state;
    *sum = crc32(*sum, bytes, (uInt)size);
}

static void consume_adler32(void *state, const uint8_t *bytes, size_t size) {
    uLong *sum = state;
    *sum = adler32(*sum, bytes, (uInt)size);
}

static term md5_digest(struct process *self, struct md5 *md5) {
    uint8_t digest[16];
    md5_final(md5, digest);
    return heap_binary(&self->heap, digest, sizeof digest);
}

// The state of a digest in progress is a binary that holds a struct md5.
static bool read_md5(struct process *self, term context, struct md5 *md5) {
    size_t size;
    if (!is_binary(context) || bitstring_size(context) != 8 * sizeof *md5)
        return false;
    memcpy(md5, bitstring_bytes(self, context, &size), sizeof *md5);
    return true;
}

BIF(erlang, md5, 1) {
    struct md5 md5;
    md5_init(&md5);
    return consume_iodata(self, arguments[0], consume_md5, &md5) ? md5_digest(self, &md5) : raise_badarg(self);
}

BIF(erlang, md5_init, 0) {
    struct md5 md5 = {0};
    md5_init(&md5);
    return heap_binary(&self->heap, &md5, sizeof md5);
}

BIF(erlang, md5_update, 2) {
    struct md5 md5;
    if (!read_md5(self, arguments[0], &md5) || !consume_iodata(self, arguments[1], consume_md5, &md5))
        return raise_badarg(self);
    return heap_binary(&self->heap, &md5, sizeof md5);
}

BIF(erlang, md5_final, 1) {
    struct md5 md5;
    return read_md5(self, arguments[0], &md5) ? md5_digest(self, &md5) : raise_badarg(self);
}

static bool read_uint32(term t, uLong *value) {
    uint64_t wide;
    if (!integer_to_uint64(t, &wide) || wide > UINT32_MAX)
        return false;
    *value = (uLong)wide;
    return true;
}

static term checksum(struct process *self, term start, term data, consumer *consume) {
    uLong sum;
    if (!read_uint32(start, &sum) || !consume_iodata(self, data, consume, &sum))
        return raise_badarg(self);
    return SMALL(sum);
}

static term combine(struct process *self, const term *arguments, uLong (*function)(uLong, uLong, z_off_t)) {
    uLong first, second, size;
    if (!read_uint32(arguments[0], &first) || !read_uint32(arguments[1], &second) || !read_uint32(arguments[2], &size))
        return raise_badarg(self);
    return SMALL(function(first, second, (z_off_t)size));
}

BIF(erlang, crc32, 1) {
    return checksum(self, SMALL(0), arguments[0], consume_crc32);
}

BIF(erlang, crc32, 2) {
    return checksum(self, arguments[0], arguments[1], consume_crc32);
}

BIF(erlang, crc32_combine, 3) {
    return combine(self, arguments, crc32_combine);
}

BIF(erlang, adler32, 1) {
    return checksum(self, SMALL(1), arguments[0], consume_adler32);
}

BIF(erlang, adler32, 2) {
    return checksum(self, arguments[0], arguments[1], consume_adler32);
}

// OTP returns the first sum when the second is of nothing; zlib looks at it all the same.
static uLong adler32_combine_some(uLong first, uLong second, z_off_t size) {
    return size == 0 ? first : adler32_combine(first, second, size);
}

BIF(erlang, adler32_combine, 3) {
    return combine(self, arguments, adler32_combine_some);
}
