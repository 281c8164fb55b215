// What the Type chunk says of registers.
//
// Version 1 (OTP 25): the version, a count, then a set of types (16 bits), a minimum and a maximum (64 bits each) for
// each; a minimum above the maximum means that there is no range.

#include "code/code.h"
#include "code/file.h"

#define TYPES_VERSION 1
#define ENTRY_SIZE 18

static int64_t read_int64(const uint8_t *bytes) {
    uint64_t value = 0;
    for (int i = 0; i < 8; i++)
        value = value << 8 | bytes[i];
    return (int64_t)value;
}

struct type_hint code_type(const struct code *code, unsigned type) {
    const struct type_hint any = {.types = TYPE_ANY};
    struct code_span chunk = code->types;
    uint32_t version, count;
    if (type == 0 || !span_u32(&chunk, &version) || !span_u32(&chunk, &count) || version != TYPES_VERSION ||
        type > count || type > chunk.size / ENTRY_SIZE)
        return any;
    const uint8_t *entry = chunk.bytes + (size_t)(type - 1) * ENTRY_SIZE;
    struct type_hint hint = {
        .types = (uint16_t)((entry[0] << 8 | entry[1]) & TYPE_ANY),
        .minimum = read_int64(entry + 2),
        .maximum = read_int64(entry + 10),
    };
    hint.has_range = hint.minimum <= hint.maximum;
    return hint.types == 0 ? any : hint;
}
