// A module's literals.

#include "code/literal.h"

#include "code/file.h"
#include "code/operand.h"
#include "ext/ext.h"
#include "sys/sys.h"
#include "term/number.h"

#define INFLATION_MAX 1032 // deflate's best ratio

// The chunk's contents, from the count on. *inflated is to be freed.
static bool open_chunk(struct code_span chunk, struct code_span *contents, uint8_t **inflated) {
    uint32_t size;
    if (!span_u32(&chunk, &size))
        return false;
    if (size == 0) {
        *contents = chunk;
        return true;
    }
    if (size / INFLATION_MAX > chunk.size)
        return false;
    *inflated = sys_alloc(size);
    *contents = (struct code_span){*inflated, size};
    return inflate_exactly(chunk, *inflated, size);
}

static bool decode_next(struct code_span *contents, struct heap *builder, term *value) {
    struct code_span literal;
    uint32_t size;
    size_t used;
    if (!span_u32(contents, &size) || !span_bytes(contents, size, &literal))
        return false;
    *value = ext_decode_binary(builder, literal.bytes, literal.size, false, &used, NULL);
    return *value != NONE && used == literal.size;
}

static bool decode_all(struct code *code, struct code_span contents, struct heap *builder) {
    uint32_t count;
    if (!span_u32(&contents, &count) || count > contents.size / 4)
        return false;
    code->literals = sys_alloc((count + 1) * sizeof code->literals[0]);
    for (code->literal_count = 0; code->literal_count < count; code->literal_count++)
        if (!decode_next(&contents, builder, &code->literals[code->literal_count]))
            return false;
    return true;
}

bool literals_read(struct code *code, struct code_span chunk, struct heap *builder) {
    struct code_span contents;
    uint8_t *inflated = NULL;
    if (chunk.size == 0)
        return true;
    bool ok = open_chunk(chunk, &contents, &inflated) && decode_all(code, contents, builder);
    sys_free(inflated);
    return ok;
}

static term decode_big_integer(const struct code *code, struct heap *builder, uint32_t offset) {
    struct cursor cursor = {code->instructions.bytes + offset, code->instructions.bytes + code->instructions.size};
    struct raw_operand operand;
    bool ok = operand_read(&cursor, &operand) && operand.tag == RAW_BIG;
    assert_always(ok);
    return integer_from_bytes(builder, operand.digits, operand.value, true, false);
}

void literals_finish(struct code *code, struct heap *builder) {
    uint32_t count = code->literal_count + code->big_integer_count;
    if (code->big_integer_count > 0)
        code->literals = sys_realloc(code->literals, count * sizeof code->literals[0]);
    for (uint32_t i = 0; i < code->big_integer_count; i++)
        code->literals[code->literal_count + i] = decode_big_integer(code, builder, code->big_integers[i]);
    if (count > 0)
        code->literal_area = literal_area_new(code->literals, count);
    heap_free(builder);
}

term literal_big_integer(const struct code *code, const uint8_t *operand) {
    uint32_t offset = (uint32_t)(operand - code->instructions.bytes), low = 0, high = code->big_integer_count;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (code->big_integers[middle] <= offset)
            low = middle;
        else
            high = middle;
    }
    assert_debug(code->big_integers[low] == offset);
    return code->literals[code->literal_count + low];
}

void literals_free(struct code *code) {
    if (code->literal_area)
        literal_area_free(code->literal_area);
    sys_free(code->literals);
}
