// Maps.

#include "exec/exception.h"
#include "exec/instruction_table.h"
#include "exec/operation.h"
#include "term/map_trie.h"

// label, source, count, then pairs of key and destination
INSTRUCTION(get_map_elements, f, xys, u) {
    term map = READ(2);
    const word *pairs = AFTER;
    size_t count = NUMBER(3);
    for (size_t i = 0; i < count; i++) {
        term value = map_get_inline(map, operand_read(x, stack, pairs[2 * i]));
        if (value == NONE)
            JUMP(1);
        *operand_place(x, stack, pairs[2 * i + 1]) = value;
    }
    ip = pairs + 2 * count;
    DISPATCH;
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
    SAVE;                                                                                                              \
    if (unlikely(exec_wants_collection(process)))                                                                      \
        exec_collect(process, 0, x, NUMBER(4));                                                                        \
    term map = exec_put_map_##function(process, operand_read(x, process->heap.stack, ip[2]), AFTER, NUMBER(5), x);     \
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
