// Maps.

#include "exec/exception.h"
#include "exec/instruction_table.h"
#include "exec/operation.h"
#include "term/map_trie.h"

// The words of a small value, without the call or the vector loop that a compiler makes of it.
static inline void few_words_copy(term *to, const term *from, size_t count) {
#pragma clang loop vectorize(disable) unroll(disable)
    for (size_t i = 0; i < count; i++)
        to[i] = from[i];
}

// Where all keys are constants whose word is their value (plain), small maps are looked into and copied in place.

#define GET_MAP_ELEMENTS                                                                                               \
    do {                                                                                                               \
        term map = READ(2);                                                                                            \
        const word *pairs = AFTER;                                                                                     \
        size_t count = NUMBER(3);                                                                                      \
        for (size_t i = 0; i < count; i++) {                                                                           \
            term value = map_get_inline(map, operand_read(x, stack, pairs[2 * i]));                                    \
            if (value == NONE)                                                                                         \
                JUMP(1);                                                                                               \
            *operand_place(x, stack, pairs[2 * i + 1]) = value;                                                        \
        }                                                                                                              \
        ip = pairs + 2 * count;                                                                                        \
        DISPATCH;                                                                                                      \
    } while (0)

// label, source, count, then pairs of key and destination
INSTRUCTION(get_map_elements, f, xys, u) {
    GET_MAP_ELEMENTS;
}

INSTRUCTION(get_map_elements_plain, f, xys, u) {
    term map = READ(2);
    if (!map_is_small(map))
        TAIL(SLOW);
    const term *keys = small_keys(map), *values = small_values(map);
    size_t size = map_size(map), count = NUMBER(3);
    const word *pairs = AFTER;
    ptrdiff_t index = -1;
    for (size_t i = 0; i < count; i++) {
        index = map_find_easy_from(keys, size, pairs[2 * i], (size_t)(index + 1));
        if (index < 0)
            JUMP(1);
        *operand_place(x, stack, pairs[2 * i + 1]) = values[index];
    }
    ip = pairs + 2 * count;
    DISPATCH;
}

SLOW_PATH(get_map_elements_plain) {
    GET_MAP_ELEMENTS;
}

// label, source, count, then keys
INSTRUCTION(has_map_fields, f, xys, u) {
    term map = READ(2);
    const word *keys = AFTER;
    size_t count = NUMBER(3);
    for (size_t i = 0; i < count; i++)
        if (map_get_inline(map, operand_read(x, stack, keys[i])) == NONE)
            JUMP(1);
    ip = keys + count;
    DISPATCH;
}

// label or 0, source, destination, live, count, site; then pairs of key and value
#define PUT_MAP(function)                                                                                              \
    ENSURE_ROOM(2 + MAP_SMALL_MAX, NUMBER(4));                                                                         \
    SAVE;                                                                                                              \
    if (unlikely(exec_wants_collection(process)))                                                                      \
        exec_collect(process, 0, x, NUMBER(4));                                                                        \
    stack = process->heap.stack;                                                                                       \
    term map = exec_put_map_##function(process, READ(2), AFTER, NUMBER(5), x);                                         \
    RESTORE;                                                                                                           \
    if (unlikely(map == NONE))                                                                                         \
        FAIL_OR_RAISE(1);                                                                                              \
    WRITE(3, map);                                                                                                     \
    ip = AFTER + 2 * NUMBER(5);                                                                                        \
    DISPATCH

INSTRUCTION(put_map_assoc, f, s, d, u, u, e) {
    PUT_MAP(assoc);
}

INSTRUCTION(put_map_exact, f, s, d, u, u, e) {
    PUT_MAP(exact);
}

// The copy is made where the heap goes on; it stays there when all keys were in the map, and a value is another one.
#define UPDATE_SMALL_MAP                                                                                               \
    do {                                                                                                               \
        term map = READ(2);                                                                                            \
        if (!is_boxed(map) || !map_is_small(map) || !ROOM(2 + MAP_SMALL_MAX))                                          \
            TAIL(SLOW);                                                                                                \
        const term *words = boxed(map), *keys = small_keys(map);                                                       \
        size_t size = map_size(map), count = NUMBER(5);                                                                \
        const word *pairs = AFTER;                                                                                     \
        few_words_copy(top, words, 2 + size);                                                                          \
        bool changed = false;                                                                                          \
        ptrdiff_t index = -1;                                                                                          \
        for (size_t i = 0; i < count; i++) {                                                                           \
            index = map_find_easy_from(keys, size, pairs[2 * i], (size_t)(index + 1));                                 \
            if (index < 0)                                                                                             \
                TAIL(SLOW);                                                                                            \
            term value = operand_read(x, stack, pairs[2 * i + 1]);                                                     \
            changed |= top[2 + index] != value;                                                                        \
            top[2 + index] = value;                                                                                    \
        }                                                                                                              \
        WRITE(3, changed ? boxed_make(top) : map);                                                                     \
        top += changed ? 2 + size : 0;                                                                                 \
        ip = pairs + 2 * count;                                                                                        \
        DISPATCH;                                                                                                      \
    } while (0)

INSTRUCTION(put_map_assoc_plain, f, xys, xyd, u, u, e) {
    UPDATE_SMALL_MAP;
}

SLOW_PATH(put_map_assoc_plain) {
    PUT_MAP(assoc);
}

INSTRUCTION(put_map_exact_plain, f, xys, xyd, u, u, e) {
    UPDATE_SMALL_MAP;
}

SLOW_PATH(put_map_exact_plain) {
    PUT_MAP(exact);
}
