// A module's literals, decoded when the first of them is asked for.

#include "code/literal.h"

#include "code/file.h"
#include "code/operand.h"
#include "code/table.h"
#include "ext/ext.h"
#include "sys/sys.h"
#include "term/number.h"
#include "vm.h"

#define INFLATION_MAX 1032 // deflate's best ratio

// The chunk's contents, from the count on. *inflated is to be freed.
static bool open_chunk(const struct code *code, struct code_span *contents, uint8_t **inflated) {
    struct code_span chunk = code->literal_chunk;
    uint32_t size;
    *inflated = NULL;
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
    if (inflate_exactly(chunk, *inflated, size))
        return true;
    sys_free(*inflated);
    *inflated = NULL;
    return false;
}

static bool next_literal(struct code_span *contents, struct code_span *literal) {
    uint32_t size;
    return span_u32(contents, &size) && span_bytes(contents, size, literal);
}

bool literals_count(struct code *code) {
    struct code_span contents, literal;
    uint8_t *inflated;
    if (code->literal_chunk.size == 0)
        return true;
    if (!open_chunk(code, &contents, &inflated))
        return false;
    uint32_t count;
    bool ok = span_u32(&contents, &count);
    for (uint32_t i = 0; ok && i < count; i++)
        ok = next_literal(&contents, &literal);
    code->literal_count = ok ? count : 0;
    sys_free(inflated);
    return ok;
}

static void decode_chunk(struct code *code, struct heap *heap, term *values) {
    struct code_span contents, literal;
    uint8_t *inflated;
    uint32_t count;
    if (code->literal_count == 0)
        return;
    bool ok = open_chunk(code, &contents, &inflated) && span_u32(&contents, &count) && count == code->literal_count;
    assert_always(ok); // as literals_count has seen it
    for (uint32_t i = 0; i < count; i++) {
        size_t used;
        ok = next_literal(&contents, &literal);
        values[i] = ok ? ext_decode_binary(heap, literal.bytes, literal.size, false, &used, NULL) : NONE;
        if (values[i] == NONE)
            sys_fatal("literal %u of a module is damaged", i);
    }
    sys_free(inflated);
}

static term decode_big_integer(const struct code *code, struct heap *heap, uint32_t offset) {
    struct cursor cursor = {code->instructions.bytes + offset, code->instructions.bytes + code->instructions.size};
    struct raw_operand operand;
    bool ok = operand_read(&cursor, &operand) && operand.tag == RAW_BIG;
    assert_always(ok);
    return integer_from_bytes(heap, operand.digits, operand.value, true, false);
}

static term *decode_all(struct code *code) {
    struct heap builder = {};
    size_t count = (size_t)code->literal_count + code->big_integer_count;
    term *values = sys_alloc((count + 1) * sizeof *values);
    decode_chunk(code, &builder, values);
    for (uint32_t i = 0; i < code->big_integer_count; i++)
        values[code->literal_count + i] = decode_big_integer(code, &builder, code->big_integers[i]);
    code->literal_area = literal_area_new(values, count);
    heap_free(&builder);
    return values;
}

static term *all_literals(struct code *code) {
    term *literals = atomic_load_explicit(&code->literals, memory_order_acquire);
    if (literals)
        return literals;
    pthread_mutex_lock(&vm.code->literal_lock);
    literals = atomic_load_explicit(&code->literals, memory_order_acquire);
    if (!literals) {
        literals = decode_all(code);
        atomic_store_explicit(&code->literals, literals, memory_order_release);
    }
    pthread_mutex_unlock(&vm.code->literal_lock);
    return literals;
}

term code_literal(struct code *code, uint32_t index) {
    assert_debug(index < code->literal_count);
    return all_literals(code)[index];
}

term literal_big_integer(struct code *code, const uint8_t *operand) {
    uint32_t offset = (uint32_t)(operand - code->instructions.bytes), low = 0, high = code->big_integer_count;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (code->big_integers[middle] <= offset)
            low = middle;
        else
            high = middle;
    }
    assert_debug(code->big_integers[low] == offset);
    return all_literals(code)[code->literal_count + low];
}

void literals_free(struct code *code) {
    if (code->literal_area)
        literal_area_free(code->literal_area);
    sys_free(atomic_load(&code->literals));
}
