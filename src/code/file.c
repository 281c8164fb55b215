// A module's file: an IFF form of chunks.

#include "code/file.h"

#include <zlib.h>

#include "sys/sys.h"
#include "term/md5.h"

#define FILE_SIZE_MAX ((size_t)1 << 30)

bool span_bytes(struct code_span *span, size_t size, struct code_span *bytes) {
    if (size > span->size)
        return false;
    *bytes = (struct code_span){span->bytes, (uint32_t)size};
    span->bytes += size;
    span->size -= (uint32_t)size;
    return true;
}

static bool span_number(struct code_span *span, unsigned size, uint32_t *value) {
    struct code_span bytes;
    if (!span_bytes(span, size, &bytes))
        return false;
    *value = 0;
    for (unsigned i = 0; i < size; i++)
        *value = *value << 8 | bytes.bytes[i];
    return true;
}

bool span_u8(struct code_span *span, uint8_t *value) {
    uint32_t number;
    bool ok = span_number(span, 1, &number);
    *value = ok ? (uint8_t)number : 0;
    return ok;
}

bool span_u16(struct code_span *span, uint16_t *value) {
    uint32_t number;
    bool ok = span_number(span, 2, &number);
    *value = ok ? (uint16_t)number : 0;
    return ok;
}

bool span_u32(struct code_span *span, uint32_t *value) {
    return span_number(span, 4, value);
}

// ---- the form

static bool form_open(struct code_span *form, const uint8_t *bytes, size_t size) {
    if (size < 12 || size > FILE_SIZE_MAX || memcmp(bytes, "FOR1", 4) != 0 || memcmp(bytes + 8, "BEAM", 4) != 0)
        return false;
    *form = (struct code_span){bytes + 4, (uint32_t)size - 4};
    uint32_t form_size;
    if (!span_u32(form, &form_size) || form_size < 4 || form_size > form->size)
        return false;
    *form = (struct code_span){bytes + 12, form_size - 4};
    return true;
}

// The next chunk; false at the end, with *damaged set when it is not a clean one.
static bool form_next(struct code_span *form, const uint8_t **id, struct code_span *chunk, bool *damaged) {
    struct code_span name, padding;
    uint32_t size;
    if (form->size == 0)
        return false;
    if (!span_bytes(form, 4, &name) || !span_u32(form, &size) || !span_bytes(form, size, chunk)) {
        *damaged = true;
        return false;
    }
    span_bytes(form, -size & 3, &padding); // the last chunk's may be missing
    *id = name.bytes;
    return true;
}

bool code_chunk(const uint8_t *file, size_t size, const char id[4], struct code_span *chunk) {
    struct code_span form;
    const uint8_t *name;
    bool damaged = false;
    if (!form_open(&form, file, size))
        return false;
    while (form_next(&form, &name, chunk, &damaged))
        if (memcmp(name, id, 4) == 0)
            return true;
    return false;
}

// ---- compression

bool inflate_exactly(struct code_span compressed, uint8_t *out, size_t size) {
    z_stream stream = {
        .next_in = (uint8_t *)compressed.bytes, .avail_in = compressed.size, .next_out = out, .avail_out = (uInt)size};
    if (inflateInit(&stream) != Z_OK)
        return false;
    int result = inflate(&stream, Z_FINISH);
    inflateEnd(&stream);
    return result == Z_STREAM_END && stream.avail_out == 0;
}

// A gzip file ends with the size of what it holds.
static uint8_t *gunzip(const uint8_t *bytes, size_t size, size_t *inflated_size) {
    if (size < 18 || size > FILE_SIZE_MAX)
        return NULL;
    const uint8_t *end = bytes + size;
    *inflated_size = (size_t)end[-4] | (size_t)end[-3] << 8 | (size_t)end[-2] << 16 | (size_t)end[-1] << 24;
    if (*inflated_size > FILE_SIZE_MAX || *inflated_size / 1032 > size) // deflate's best ratio
        return NULL;
    uint8_t *out = sys_alloc(*inflated_size + 1);
    z_stream stream = {
        .next_in = (uint8_t *)bytes, .avail_in = (uInt)size, .next_out = out, .avail_out = (uInt)*inflated_size + 1};
    int result = inflateInit2(&stream, 15 + 16); // 16: with gzip's header
    if (result == Z_OK) {
        result = inflate(&stream, Z_FINISH);
        inflateEnd(&stream);
    }
    if (result == Z_STREAM_END && stream.total_out == *inflated_size)
        return out;
    sys_free(out);
    return NULL;
}

// ---- the chunks

struct chunk_place {
    char id[5];
    size_t offset;
};
static const struct chunk_place places[] = {
    {"AtU8", offsetof(struct code_file, atoms)},      {"Atom", offsetof(struct code_file, atoms_latin1)},
    {"Code", offsetof(struct code_file, code)},       {"StrT", offsetof(struct code_file, strings)},
    {"ImpT", offsetof(struct code_file, imports)},    {"ExpT", offsetof(struct code_file, exports)},
    {"FunT", offsetof(struct code_file, lambdas)},    {"LitT", offsetof(struct code_file, literals)},
    {"Line", offsetof(struct code_file, lines)},      {"Type", offsetof(struct code_file, types)},
    {"Attr", offsetof(struct code_file, attributes)}, {"CInf", offsetof(struct code_file, compile_info)},
    {"Meta", offsetof(struct code_file, meta)},
};

bool code_file_open(struct code_file *file, const uint8_t *bytes, size_t size) {
    *file = (struct code_file){};
    if (size >= 2 && bytes[0] == 0x1f && bytes[1] == 0x8b) {
        file->inflated = gunzip(bytes, size, &size);
        if (!file->inflated)
            return false;
        bytes = file->inflated;
    }
    struct code_span form, chunk;
    const uint8_t *id;
    bool damaged = false;
    if (!form_open(&form, bytes, size))
        return false;
    while (form_next(&form, &id, &chunk, &damaged))
        for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
            if (memcmp(id, places[i].id, 4) == 0) {
                struct code_span *place = (struct code_span *)((char *)file + places[i].offset);
                if (!place->bytes) // the first of a name counts
                    *place = chunk;
            }
    return !damaged;
}

void code_file_close(struct code_file *file) {
    sys_free(file->inflated);
}

// Chunks and their order are beam_lib's; the old uniqs of lambdas count as zeros, since compilers chose them by chance.
void code_file_md5(const struct code_file *file, uint8_t digest[16]) {
    static const uint8_t zeros[4];
    struct md5 md5;
    md5_init(&md5);
    md5_update(&md5, file->atoms_latin1.bytes, file->atoms_latin1.size);
    md5_update(&md5, file->atoms.bytes, file->atoms.size);
    md5_update(&md5, file->code.bytes, file->code.size);
    md5_update(&md5, file->strings.bytes, file->strings.size);
    md5_update(&md5, file->imports.bytes, file->imports.size);
    md5_update(&md5, file->exports.bytes, file->exports.size);
    struct code_span rest = file->lambdas, part;
    if (span_bytes(&rest, 4, &part))
        md5_update(&md5, part.bytes, part.size);
    while (rest.size >= 24) {
        span_bytes(&rest, 20, &part);
        md5_update(&md5, part.bytes, part.size);
        span_bytes(&rest, 4, &part);
        md5_update(&md5, zeros, 4);
    }
    md5_update(&md5, rest.bytes, rest.size);
    md5_update(&md5, file->literals.bytes, file->literals.size);
    md5_update(&md5, file->meta.bytes, file->meta.size);
    md5_final(&md5, digest);
}

bool code_module_md5(const uint8_t *bytes, size_t size, uint8_t md5[16]) {
    struct code_file file;
    bool ok = code_file_open(&file, bytes, size) && file.code.bytes;
    if (ok)
        code_file_md5(&file, md5);
    code_file_close(&file);
    return ok;
}
