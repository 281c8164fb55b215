// Equality and the order of terms.
//
// Both walk the two values side by side without recursion. What is left to compare is a stack of ranges: rows of
// words that stand beside each other in the two values, such as the elements of two tuples of the same size, or the two
// words of list cells. A range with nothing left is not kept, so a long list needs no depth.
//
// Two large maps of the same size ask more. If their tries are equal, so are they. Else the two terms differ, and one
// pair decides how: of the smallest key that only one map has, or of the smallest key with different values. That pair
// takes the place of all that was left to compare. (Only finding the smallest key recurses, for keys that are
// themselves large maps.)

#include "term/compare.h"

#include "sys/sys.h"
#include "term/atom.h"
#include "term/bits.h"
#include "term/fun.h"
#include "term/map.h"
#include "term/number.h"
#include "vm.h"

struct range {
    const term *a, *b;
    size_t count;
    bool exact;  // integers and floats are never equal: so it is for map keys
    bool leaves; // children of a trie's node: a list cell is a pair of a key and a value
};

struct ranges {
    struct range current;
    struct range *waiting; // `place` while that is enough
    size_t depth, room;
    struct range place[32];
    term decisive[2];
};

static void ranges_begin(struct ranges *ranges, const term *a, const term *b, bool exact) {
    ranges->current = (struct range){a, b, 1, exact, false};
    ranges->waiting = ranges->place;
    ranges->depth = 0;
    ranges->room = sizeof ranges->place / sizeof *ranges->place;
}

static void ranges_end(struct ranges *ranges) {
    if (ranges->waiting != ranges->place)
        sys_free(ranges->waiting);
}

// These words first, then what was current.
static void ranges_enter(struct ranges *ranges, const term *a, const term *b, size_t count, bool exact) {
    if (ranges->current.count > 0) {
        if (ranges->depth == ranges->room) {
            struct range *waiting = sys_alloc(2 * ranges->room * sizeof *waiting);
            memcpy(waiting, ranges->waiting, ranges->room * sizeof *waiting);
            ranges_end(ranges);
            ranges->waiting = waiting;
            ranges->room *= 2;
        }
        ranges->waiting[ranges->depth++] = ranges->current;
    }
    ranges->current = (struct range){a, b, count, exact, false};
}

// The next pair, false when all have been seen.
static bool ranges_next(struct ranges *ranges, term *a, term *b) {
    while (ranges->current.count == 0) {
        if (ranges->depth == 0)
            return false;
        ranges->current = ranges->waiting[--ranges->depth];
    }
    *a = *ranges->current.a++;
    *b = *ranges->current.b++;
    ranges->current.count--;
    return true;
}

// ---- identifiers: pids, ports and references of this node and others

struct identifier {
    term node;
    int64_t creation;
    uint64_t number;   // of a port; of a pid, with the serial above the id
    const term *words; // of a reference
    enum kind kind;
};

static struct identifier identify(term t) {
    struct identifier local = {.node = vm.node_name, .creation = vm.creation};
    if (!is_boxed(t)) {
        uint64_t payload = immediate_payload(t);
        // The serial counts more than the id, and stands above it; external pids have 32 bits for each.
        local.number = is_local_pid(t) ? (payload & 0x7fff) | payload >> 15 << 32 : payload;
        return local;
    }
    const term *words = boxed(t);
    enum kind kind = header_kind(words[0]);
    local.words = words;
    local.kind = kind;
    if (kind == KIND_REFERENCE || kind == KIND_MAGIC_REFERENCE)
        return local;
    struct identifier identifier = {words[1], small_value(words[2]), 0, words, kind};
    if (kind == KIND_EXTERNAL_PID)
        identifier.number = (uint64_t)small_value(words[3]) | (uint64_t)small_value(words[4]) << 32;
    else if (kind == KIND_EXTERNAL_PORT)
        identifier.number = (uint64_t)small_value(words[3]);
    return identifier;
}

static int order_nodes(const struct identifier *a, const struct identifier *b) {
    int order = atom_order(a->node, b->node);
    return order ? order : a->creation < b->creation ? -1 : a->creation > b->creation;
}

static int order_pids(term a, term b) { // the number counts before the node
    struct identifier x = identify(a), y = identify(b);
    if (x.number != y.number)
        return x.number < y.number ? -1 : 1;
    return order_nodes(&x, &y);
}

static int order_ports(term a, term b) { // the node counts before the number
    struct identifier x = identify(a), y = identify(b);
    int order = order_nodes(&x, &y);
    return order ? order : x.number < y.number ? -1 : x.number > y.number;
}

enum { REFERENCE_IDS = 5 };

static uint32_t reference_id(const struct identifier *reference, size_t index) {
    if (reference->kind == KIND_EXTERNAL_REFERENCE) {
        size_t count = header_size(reference->words[0]) - 2;
        return index < count ? (uint32_t)small_value(reference->words[3 + index]) : 0;
    }
    const term *ids = reference->words + (reference->kind == KIND_REFERENCE ? 1 : 3);
    return index > 2 ? 0 : (uint32_t)(ids[index / 2] >> index % 2 * 32);
}

// As one long number, the last id being its highest part. Ids that are not there count as zero.
static int order_references(term a, term b) {
    struct identifier x = identify(a), y = identify(b);
    int order = order_nodes(&x, &y);
    for (size_t i = REFERENCE_IDS; i-- > 0 && order == 0;) {
        uint32_t p = reference_id(&x, i), q = reference_id(&y, i);
        order = p < q ? -1 : p > q;
    }
    return order;
}

// ---- funs

static int order_unsigned(uint64_t a, uint64_t b) {
    return a < b ? -1 : a > b;
}

static int order_exports(const struct export *a, const struct export *b) {
    int order = atom_order(a->module, b->module);
    if (order == 0)
        order = atom_order(a->function, b->function);
    return order ? order : order_unsigned(a->arity, b->arity);
}

static size_t fun_free(term fun) {
    return header_size(*boxed(fun)) - 2;
}

// Which functions they are; what they captured is compared after that.
static int order_lambdas(term a, term b) {
    const struct lambda *x = fun_lambda(a), *y = fun_lambda(b);
    int order = x == y ? 0 : atom_order(x->module, y->module);
    if (order == 0)
        order = order_unsigned(x->index, y->index);
    if (order == 0)
        order = order_unsigned(x->old_uniq, y->old_uniq);
    return order ? order : order_unsigned(fun_free(a), fun_free(b));
}

static int order_funs(struct ranges *ranges, term a, term b) {
    bool local_a = is_kind(a, KIND_FUN), local_b = is_kind(b, KIND_FUN);
    if (local_a != local_b)
        return local_a ? -1 : 1;
    if (!local_a)
        return order_exports(fun_export(a), fun_export(b));
    int order = order_lambdas(a, b);
    if (order == 0)
        ranges_enter(ranges, boxed(a) + 3, boxed(b) + 3, fun_free(a), ranges->current.exact);
    return order;
}

// ---- equality

static void enter_small_maps(struct ranges *ranges, term a, term b, bool exact) { // keys first, then values
    size_t size = map_size(a);
    ranges_enter(ranges, boxed(a) + 2, boxed(b) + 2, size, exact);
    ranges_enter(ranges, boxed(boxed(a)[1]) + 1, boxed(boxed(b)[1]) + 1, size, true);
}

static bool equal_tries(struct ranges *ranges, const term *x, const term *y, bool exact) {
    size_t skip = header_kind(x[0]) == KIND_MAP_ROOT ? 2 : 1; // the size of the map, compared with the root's header
    if (x[0] != y[0] || (skip == 2 && x[1] != y[1]))
        return false;
    ranges_enter(ranges, x + skip, y + skip, header_size(x[0]) + 1 - skip, exact);
    ranges->current.leaves = true;
    return true;
}

// Equal headers mean: the same kind, the same size, and for a trie's node the same bitmap.
static bool equal_boxed(struct ranges *ranges, term a, term b, bool exact) {
    const term *x = boxed(a), *y = boxed(b);
    switch (header_kind(x[0])) {
    case KIND_TUPLE:
        if (x[0] != y[0])
            return false;
        ranges_enter(ranges, x + 1, y + 1, header_size(x[0]), exact);
        return true;
    case KIND_MAP:
        if (x[0] != y[0])
            return false;
        enter_small_maps(ranges, a, b, exact);
        return true;
    case KIND_MAP_ROOT:
    case KIND_MAP_BRANCH:
        return equal_tries(ranges, x, y, exact);
    case KIND_FUN:
        if (x[0] != y[0] || order_lambdas(a, b) != 0)
            return false;
        ranges_enter(ranges, x + 3, y + 3, fun_free(a), exact);
        return true;
    case KIND_BIGNUM:
        return x[0] == y[0] && memcmp(x + 1, y + 1, header_size(x[0]) * sizeof(term)) == 0;
    case KIND_FLOAT:
        return is_float(b) && float_value(a) == float_value(b);
    case KIND_EXPORT:
        return x[0] == y[0] && x[1] == y[1];
    case KIND_BITSTRING:
    case KIND_SLICE:
        return is_bitstring(b) && bits_equal(bitstring_bits(a), bitstring_bits(b));
    case KIND_EXTERNAL_PID:
        return is_pid(b) && order_pids(a, b) == 0;
    case KIND_EXTERNAL_PORT:
        return is_port(b) && order_ports(a, b) == 0;
    case KIND_EXTERNAL_REFERENCE:
    case KIND_REFERENCE:
    case KIND_MAGIC_REFERENCE:
        return is_reference(b) && order_references(a, b) == 0;
    case KIND_MATCH_CONTEXT:
        break;
    }
    return false;
}

// Two terms that are not identical: false when they show at once that they differ. What they are made of becomes the
// current range.
static bool equal_shallow(struct ranges *ranges, term a, term b) {
    bool exact = ranges->current.exact;
    if (is_list(a) && is_list(b)) {
        const term *x = list_cell(a), *y = list_cell(b);
        if (ranges->current.leaves) {
            ranges_enter(ranges, x + 1, y + 1, 1, exact);
            ranges_enter(ranges, x, y, 1, true);
        } else {
            ranges_enter(ranges, x, y, 2, exact);
        }
        return true;
    }
    if (!exact && is_number(a) && is_number(b))
        return number_compare(a, b) == 0;
    if (is_boxed(a) && is_boxed(b))
        return equal_boxed(ranges, a, b, exact);
    // 0.0 is immediate, -0.0 is boxed, and the two are the same.
    return is_float(a) && is_float(b) && float_value(a) == float_value(b);
}

// Immediates that are not identical may still be equal numbers.
static inline bool may_be_equal(term a, term b, bool exact) {
    return is_pointer(a) || is_pointer(b) || (!exact && (is_flonum(a) || is_flonum(b)));
}

static bool equal(term a, term b, bool exact) {
    struct ranges ranges;
    ranges_begin(&ranges, &a, &b, exact);
    bool result = true;
    for (term x, y; result && ranges_next(&ranges, &x, &y);)
        result = x == y || (may_be_equal(x, y, ranges.current.exact) && equal_shallow(&ranges, x, y));
    ranges_end(&ranges);
    return result;
}

// Most terms that programs compare are small, or differ soon. So lists, tuples and small maps are compared by recursion
// as far as it stays shallow, and only what lies deeper, or is of a rarer kind, by ranges.
enum { SHALLOW = 8 };

// A small map is, like a tuple, a row of terms: its keys, in a tuple, and its values.
static bool is_row(term t) {
    enum kind kind = header_kind(*boxed(t));
    return kind == KIND_TUPLE || kind == KIND_MAP;
}

static bool same_rare(term a, term b) {
    if (is_bitstring(a))
        return is_bitstring(b) && bits_equal(bitstring_bits(a), bitstring_bits(b));
    // 0.0 is immediate, -0.0 is boxed; else the tag tells.
    bool alike = (is_boxed(a) && is_boxed(b)) || (is_list(a) && is_list(b)) || (is_float(a) && is_float(b));
    return alike && equal(a, b, true);
}

static bool same_near(term a, term b, unsigned depth) {
    while (a != b) {
        const term *x, *y;
        size_t last;
        if (!is_pointer(a) && !is_pointer(b))
            return false;
        if (depth > 0 && is_list(a) && is_list(b)) {
            x = list_cell(a);
            y = list_cell(b);
            last = 1;
        } else if (depth > 0 && is_boxed(a) && is_boxed(b) && is_row(a)) {
            if (*boxed(a) != *boxed(b))
                return false;
            if (header_size(*boxed(a)) == 0)
                return true;
            x = boxed(a) + 1;
            y = boxed(b) + 1;
            last = header_size(*boxed(a)) - 1;
        } else {
            return same_rare(a, b);
        }
        for (size_t i = 0; i < last; i++) {
            if (!same_near(x[i], y[i], depth - 1))
                return false;
        }
        a = x[last];
        b = y[last];
    }
    return true;
}

bool term_same_slow(term a, term b) {
    return same_near(a, b, SHALLOW);
}

bool term_equal_slow(term a, term b) {
    return equal(a, b, false);
}

// ---- the order

enum rank {
    RANK_NUMBER,
    RANK_ATOM,
    RANK_REFERENCE,
    RANK_FUN,
    RANK_PORT,
    RANK_PID,
    RANK_TUPLE,
    RANK_MAP,
    RANK_NIL,
    RANK_LIST,
    RANK_BITSTRING,
};

static enum rank boxed_rank(term t) {
    switch (header_kind(*boxed(t))) {
    case KIND_TUPLE:
        return RANK_TUPLE;
    case KIND_MAP:
    case KIND_MAP_ROOT:
    case KIND_MAP_BRANCH:
        return RANK_MAP;
    case KIND_FUN:
    case KIND_EXPORT:
        return RANK_FUN;
    case KIND_EXTERNAL_PID:
        return RANK_PID;
    case KIND_EXTERNAL_PORT:
        return RANK_PORT;
    case KIND_EXTERNAL_REFERENCE:
    case KIND_REFERENCE:
    case KIND_MAGIC_REFERENCE:
        return RANK_REFERENCE;
    case KIND_BIGNUM:
    case KIND_FLOAT:
        return RANK_NUMBER;
    case KIND_BITSTRING:
    case KIND_SLICE:
    case KIND_MATCH_CONTEXT:
        break;
    }
    return RANK_BITSTRING;
}

static enum rank rank(term t) {
    if (is_small(t) || is_flonum(t))
        return RANK_NUMBER;
    if (is_list(t))
        return RANK_LIST;
    if (is_boxed(t))
        return boxed_rank(t);
    if (is_nil(t))
        return RANK_NIL;
    return is_local_pid(t) ? RANK_PID : is_local_port(t) ? RANK_PORT : RANK_ATOM;
}

static int order_numbers(term a, term b, bool exact) {
    if (exact && is_float(a) != is_float(b))
        return is_float(a) ? 1 : -1;
    return number_compare(a, b);
}

static int order_tuples(struct ranges *ranges, term a, term b) {
    size_t arity = tuple_arity(a);
    if (arity != tuple_arity(b))
        return arity < tuple_arity(b) ? -1 : 1;
    ranges_enter(ranges, boxed(a) + 1, boxed(b) + 1, arity, ranges->current.exact);
    return 0;
}

// The smallest key of a that b has not.
static term smallest_missing(term a, term b) {
    term smallest = NONE;
    for (struct map_iterator it = map_iterate(a); map_next(&it);) {
        if (map_get(b, it.key) == NONE && (smallest == NONE || term_compare_exact(it.key, smallest) < 0))
            smallest = it.key;
    }
    return smallest;
}

// Of the smallest key whose values differ, in maps with the same keys.
static void smallest_difference(term a, term b, bool exact, term values[2]) {
    term smallest = NONE;
    struct map_iterator x = map_iterate(a), y = map_iterate(b); // the same keys come in the same order
    while (map_next(&x) && map_next(&y)) {
        if (!equal(x.value, y.value, exact) && (smallest == NONE || term_compare_exact(x.key, smallest) < 0)) {
            smallest = x.key;
            values[0] = x.value;
            values[1] = y.value;
        }
    }
}

static void order_large_maps(struct ranges *ranges, term a, term b) {
    bool exact = ranges->current.exact;
    if (equal(a, b, exact))
        return;
    ranges->decisive[0] = smallest_missing(a, b);
    if (ranges->decisive[0] != NONE) {
        ranges->decisive[1] = smallest_missing(b, a); // of the same size, so b has such a key, too
        exact = true;
    } else {
        smallest_difference(a, b, exact, ranges->decisive);
    }
    ranges->depth = 0;
    ranges->current = (struct range){&ranges->decisive[0], &ranges->decisive[1], 1, exact, false};
}

static int order_maps(struct ranges *ranges, term a, term b) {
    if (map_size(a) != map_size(b))
        return map_size(a) < map_size(b) ? -1 : 1;
    if (map_is_small(a))
        enter_small_maps(ranges, a, b, ranges->current.exact);
    else
        order_large_maps(ranges, a, b);
    return 0;
}

// Two terms that are not identical: their order so far as it shows at once. What they are made of becomes the current
// range.
static int order_shallow(struct ranges *ranges, term a, term b) {
    // Tuples of one size, the commonest, need no ranks.
    if (is_boxed(a) && is_boxed(b) && *boxed(a) == *boxed(b) && header_kind(*boxed(a)) == KIND_TUPLE) {
        ranges_enter(ranges, boxed(a) + 1, boxed(b) + 1, tuple_arity(a), ranges->current.exact);
        return 0;
    }
    enum rank rank_a = rank(a), rank_b = rank(b);
    if (rank_a != rank_b)
        return rank_a < rank_b ? -1 : 1;
    switch (rank_a) {
    case RANK_NUMBER:
        return order_numbers(a, b, ranges->current.exact);
    case RANK_ATOM:
        return atom_order(a, b);
    case RANK_REFERENCE:
        return order_references(a, b);
    case RANK_FUN:
        return order_funs(ranges, a, b);
    case RANK_PORT:
        return order_ports(a, b);
    case RANK_PID:
        return order_pids(a, b);
    case RANK_TUPLE:
        return order_tuples(ranges, a, b);
    case RANK_MAP:
        return order_maps(ranges, a, b);
    case RANK_LIST:
        ranges_enter(ranges, list_cell(a), list_cell(b), 2, ranges->current.exact);
        return 0;
    case RANK_BITSTRING:
        return bits_compare(bitstring_bits(a), bitstring_bits(b));
    case RANK_NIL:
        break;
    }
    return 0;
}

static int order_by_ranges(term a, term b, bool exact) {
    struct ranges ranges;
    ranges_begin(&ranges, &a, &b, exact);
    int order = 0;
    for (term x, y; order == 0 && ranges_next(&ranges, &x, &y);) {
        if (x == y)
            continue;
        if (are_small(x, y))
            order = (int64_t)x < (int64_t)y ? -1 : 1;
        else
            order = order_shallow(&ranges, x, y);
    }
    ranges_end(&ranges);
    return order;
}

// As same_near, for the order.
static int order_near(term a, term b, bool exact, unsigned depth) {
    while (a != b) {
        const term *x, *y;
        size_t last;
        if (are_small(a, b))
            return (int64_t)a < (int64_t)b ? -1 : 1;
        if (is_atom(a) && is_atom(b))
            return atom_order(a, b);
        if (depth > 0 && is_list(a) && is_list(b)) {
            x = list_cell(a);
            y = list_cell(b);
            last = 1;
        } else if (depth > 0 && is_boxed(a) && is_boxed(b) && *boxed(a) == *boxed(b) &&
                   header_kind(*boxed(a)) == KIND_TUPLE && tuple_arity(a) > 0) {
            x = boxed(a) + 1;
            y = boxed(b) + 1;
            last = tuple_arity(a) - 1;
        } else {
            return order_by_ranges(a, b, exact);
        }
        for (size_t i = 0; i < last; i++) {
            int order = order_near(x[i], y[i], exact, depth - 1);
            if (order)
                return order;
        }
        a = x[last];
        b = y[last];
    }
    return 0;
}

int term_order(term a, term b, bool exact) {
    return order_near(a, b, exact, SHALLOW);
}
