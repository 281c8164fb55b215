// Messages that drivers build: words that say what to push on a stack, at whose end lies one value.
//
// The words come from C and are trusted as far as their pointers; their order, numbers and identifiers are checked.

#include <math.h>

#include "driver/binary.h"
#include "driver/loaded.h"
#include "ext/ext.h"
#include "sched/sched.h"
#include "sys/sys.h"
#include "term/atom.h"
#include "term/map.h"

struct construction {
    struct heap *heap;
    term *stack;
    size_t depth, room;
    const ErlDrvTermData *at, *end;
};

static bool push(struct construction *work, term value) {
    if (work->depth == work->room) {
        work->room = work->room ? 2 * work->room : 32;
        work->stack = sys_realloc(work->stack, work->room * sizeof *work->stack);
    }
    work->stack[work->depth++] = value;
    return true;
}

// The topmost `count` values, taken off; NULL when there are not so many.
static term *pop(struct construction *work, ErlDrvTermData count) {
    if (count > work->depth)
        return NULL;
    work->depth -= count;
    return work->stack + work->depth;
}

static bool push_if(struct construction *work, bool good, term value) {
    return good && push(work, value);
}

static bool push_binary(struct construction *work, const ErlDrvTermData *operands) {
    ErlDrvBinary *binary = (ErlDrvBinary *)operands[0];
    if (!binary)
        return push_if(work, operands[1] == 0, heap_binary(work->heap, NULL, 0));
    return driver_binary_holds(binary, operands[2], operands[1]) &&
           push(work, driver_binary_term(work->heap, binary, operands[2], operands[1]));
}

// Characters before the value that lies on top.
static bool push_characters(struct construction *work, const char *characters, size_t count) {
    const term *tail = pop(work, 1);
    if (!tail)
        return false;
    term list = *tail;
    while (count > 0)
        list = heap_cons(work->heap, SMALL((uint8_t)characters[--count]), list);
    return push(work, list);
}

static bool push_float(struct construction *work, double value) {
    return isfinite(value) && push(work, heap_float(work->heap, value));
}

static bool push_decoded(struct construction *work, const uint8_t *bytes, size_t size) {
    size_t used;
    if (size == 0 || *bytes != EXT_VERSION)
        return false;
    term value = ext_decode(work->heap, bytes + 1, size - 1, false, &used, NULL);
    return push_if(work, value != NONE, value);
}

static bool push_tuple(struct construction *work, ErlDrvTermData arity) {
    const term *elements = pop(work, arity);
    if (!elements)
        return false;
    term *words = heap_tuple(work->heap, arity);
    if (arity > 0)
        memcpy(words + 1, elements, arity * sizeof(term));
    return push(work, boxed_make(words));
}

// The last of the values is the tail.
static bool push_list(struct construction *work, ErlDrvTermData count) {
    const term *elements = count > 0 ? pop(work, count) : NULL;
    return elements && push(work, heap_list_of(work->heap, count - 1, elements, elements[count - 1]));
}

static bool push_map(struct construction *work, ErlDrvTermData pairs) {
    const term *values = pairs <= work->depth ? pop(work, 2 * pairs) : NULL;
    term map = values ? map_from_pairs(work->heap, values, pairs) : NONE;
    return push_if(work, map != NONE, map);
}

static unsigned operand_count(ErlDrvTermData kind) {
    switch (kind) {
    case ERL_DRV_NIL:
        return 0;
    case ERL_DRV_BINARY:
        return 3;
    case ERL_DRV_STRING:
    case ERL_DRV_STRING_CONS:
    case ERL_DRV_EXT2TERM:
    case ERL_DRV_BUF2BINARY:
        return 2;
    default:
        return 1;
    }
}

static bool step(struct construction *work, ErlDrvTermData kind, const ErlDrvTermData *operands) {
    struct heap *heap = work->heap;
    switch (kind) {
    case ERL_DRV_NIL:
        return push(work, NIL);
    case ERL_DRV_ATOM:
        return push_if(work, is_atom(operands[0]), operands[0]);
    case ERL_DRV_INT:
        return push(work, heap_integer(heap, (ErlDrvSInt)operands[0]));
    case ERL_DRV_UINT:
        return push(work, heap_unsigned(heap, operands[0]));
    case ERL_DRV_INT64:
        return push(work, heap_integer(heap, *(const ErlDrvSInt64 *)operands[0]));
    case ERL_DRV_UINT64:
        return push(work, heap_unsigned(heap, *(const ErlDrvUInt64 *)operands[0]));
    case ERL_DRV_FLOAT:
        return push_float(work, *(const double *)operands[0]);
    case ERL_DRV_PORT:
        return push_if(work, is_local_port(operands[0]), operands[0]);
    case ERL_DRV_PID:
        return push_if(work, is_local_pid(operands[0]), operands[0]);
    case ERL_DRV_BINARY:
        return push_binary(work, operands);
    case ERL_DRV_BUF2BINARY:
        return push(work, heap_binary(heap, (const char *)operands[0], operands[1]));
    case ERL_DRV_STRING:
        return push(work, heap_string(heap, (const char *)operands[0], operands[1]));
    case ERL_DRV_STRING_CONS:
        return push_characters(work, (const char *)operands[0], operands[1]);
    case ERL_DRV_EXT2TERM:
        return push_decoded(work, (const uint8_t *)operands[0], operands[1]);
    case ERL_DRV_TUPLE:
        return push_tuple(work, operands[0]);
    case ERL_DRV_LIST:
        return push_list(work, operands[0]);
    case ERL_DRV_MAP:
        return push_map(work, operands[0]);
    default:
        return false;
    }
}

// NONE when the words make no sense.
static term construct(struct heap *heap, const ErlDrvTermData *words, size_t count) {
    struct construction work = {.heap = heap, .at = words, .end = words + count};
    bool good = true;
    while (good && work.at < work.end) {
        ErlDrvTermData kind = *work.at++;
        unsigned operands = operand_count(kind);
        good = (size_t)(work.end - work.at) >= operands && step(&work, kind, work.at);
        work.at += operands;
    }
    term value = good && work.depth == 1 ? work.stack[0] : NONE;
    sys_free(work.stack);
    return value;
}

// 1: sent; 0: there is no such process, or the port is closing or was; -1: the words are wrong, or there is no such
// port, which a driver's `stop` may still use if it had nothing to flush. From any thread: `port` may be read while
// this lasts. `to` NONE: its owner.
static int send_words(const struct port *port, term to, const ErlDrvTermData *words, int count) {
    if (!port)
        return -1;
    if (port->was_closing)
        return 0;
    if (to == NONE)
        to = port->owner;
    struct heap builder = {0};
    term message = count > 0 ? construct(&builder, words, (size_t)count) : NONE;
    if (message != NONE && is_local_pid(to))
        return proc_send_built(to, &builder, message);
    heap_free(&builder);
    return message == NONE ? -1 : 0;
}

static int send_from(term id, term to, const ErlDrvTermData *words, int count) {
    struct epoch_member *visit = epoch_visit();
    int result = send_words(is_local_port(id) ? port_lookup(id) : NULL, to, words, count);
    epoch_visit_end(visit);
    return result;
}

int erl_drv_send_term(ErlDrvTermData port, ErlDrvTermData to, ErlDrvTermData *words, int count) {
    return send_from(port, to, words, count);
}
int erl_drv_output_term(ErlDrvTermData port, ErlDrvTermData *words, int count) {
    return send_from(port, NONE, words, count);
}
int driver_send_term(ErlDrvPort port, ErlDrvTermData to, ErlDrvTermData *words, int count) {
    return send_from(port->port->id, to, words, count);
}
int driver_output_term(ErlDrvPort port, ErlDrvTermData *words, int count) {
    return send_from(port->port->id, NONE, words, count);
}

ErlDrvTermData driver_mk_atom(char *text) {
    return atom_from_latin1(text, strlen(text));
}
ErlDrvTermData driver_mk_port(ErlDrvPort port) {
    return port->port->id;
}
ErlDrvTermData driver_connected(ErlDrvPort port) {
    return port->port->owner;
}
ErlDrvTermData driver_caller(ErlDrvPort port) {
    return port->port->caller;
}
const ErlDrvTermData driver_term_nil = NIL;
ErlDrvTermData driver_mk_term_nil(void) {
    return NIL;
}
