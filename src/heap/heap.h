// Where values live: allocation, copying, collection, literals, shared binaries.
//
// struct heap is one process's memory, or, all zero, a builder of values that no process owns yet: it then consists of
// fragments only (a message under construction, a decoded term, a table's object).
//
//   block:   start ........ top            stack .......... end
//            values, growing up  -> free <-  stack, growing down
//
//   old block: values that survived two collections. Pointers lead from young to old, from both to literals, never
//   back. fragments: blocks linked to the heap between two collections: received messages, and what built-in functions
//              allocate when the block is full. The next collection moves what is alive out of them.
//
// Invariants:
//   - Values on a heap point only to that heap (block, old block, fragments) and to literals.
//   - Built-in functions never collect: a C local that holds a term stays valid for the whole call.
//   - Whoever allocates fills all the words before the next safe point.
//   - Every value of a kind from KIND_OFF_HEAP up is in exactly one off-heap list, that of the heap or fragment it is
//   in.

#ifndef PURLIN_HEAP_HEAP_H
#define PURLIN_HEAP_HEAP_H

#include <stdatomic.h>

#include "term/term.h"

// The first words of a value that owns something outside the heap.
struct off_heap {
    term header;
    struct off_heap *next;
    struct shared_binary *shared;
};

struct fragment {
    struct fragment *next;
    struct off_heap *off_heap;
    size_t words; // allocated behind the allocation's header, for the accounts
};

struct heap {
    term *start, *top, *stack, *end;
    term *mature; // values below it survived one collection
    struct off_heap *off_heap;
    struct fragment *fragments;
    term *fragment_top, *fragment_end; // free part of the newest fragment
    term *old_start, *old_top, *old_end;
    struct off_heap *old_off_heap;
    size_t fragment_words;   // in all fragments; with binary_bytes decides when to collect
    size_t binary_bytes;     // of shared binaries that this heap came to refer to since the last collection
    size_t old_binary_bytes; // of those, what was promoted to the old block since the last full collection
    size_t size_minimum;     // words; `min_heap_size`
    size_t size_maximum;     // words; `max_heap_size`, 0 = none
    size_t binary_minimum;   // words of binary_bytes that may come to be; `min_bin_vheap_size`, 0 = our own choice
    uint32_t minor_count;    // minor collections since the last full one
    uint32_t fullsweep_after;
    struct shared_binary *ahead; // so many references to it are taken, but not used yet: see heap_retain_ahead
    size_t ahead_count;
};

// ---- allocation ---------------------------------------------------------------------------------------------------

term *heap_alloc_fragment(struct heap *heap, size_t words);

// `words` consecutive words, from the block if they fit, else from a fragment. Never fails, never collects.
static inline term *heap_alloc(struct heap *heap, size_t words) {
    if ((size_t)(heap->stack - heap->top) >= words) {
        term *at = heap->top;
        heap->top += words;
        return at;
    }
    return heap_alloc_fragment(heap, words);
}

static inline term heap_cons(struct heap *heap, term head, term tail) {
    term *cell = heap_alloc(heap, 2);
    cell[0] = head;
    cell[1] = tail;
    return list_make(cell);
}
// A tuple with its header written; the caller fills elements 1..arity.
static inline term *heap_tuple(struct heap *heap, size_t arity) {
    term *words = heap_alloc(heap, 1 + arity);
    words[0] = HEADER(KIND_TUPLE, 0, arity);
    return words;
}
// The tuple of the given terms: heap_tuple_of(heap, 3, ATOM_ok, a, b). All the arguments after `arity` must be terms.
term heap_tuple_of(struct heap *heap, size_t arity, ...);
term heap_list_of(struct heap *heap, size_t length, const term *elements, term tail);

term heap_integer(struct heap *heap, int64_t value);
term heap_unsigned(struct heap *heap, uint64_t value);
term heap_float_boxed(struct heap *heap, double value);
static inline term heap_float(struct heap *heap, double value) { // must be finite
    term t = flonum_make(value);
    return t != NONE ? t : heap_float_boxed(heap, value);
}
// erlang:unique_integer.
term heap_unique_integer(struct heap *heap, bool positive, bool monotonic);
term heap_binary(struct heap *heap, const void *bytes, size_t size);
// A new binary of `size` bytes, uninitialised; *bytes says where to write them.
term heap_binary_new(struct heap *heap, size_t size, uint8_t **bytes);
// Another size for a shared binary that was made just now, and that nothing else refers to yet; its bytes may move.
uint8_t *heap_binary_resize(struct heap *heap, term binary, size_t size);
// As heap_binary_new, in bits; the bits after the last one in the last byte must be written as zero.
term heap_bitstring_new(struct heap *heap, size_t bits, uint8_t **bytes);
// The part of a bitstring; shares its bytes when that is worth it.
term heap_bitstring_part(struct heap *heap, term bitstring, size_t offset_bits, size_t size_bits);
// A binary over an existing shared binary; takes over one reference.
term heap_slice(struct heap *heap, struct shared_binary *shared, size_t offset_bits, size_t size_bits);
// A Latin-1 string as a list of characters.
term heap_string(struct heap *heap, const char *bytes, size_t size);
// A reference with a fresh number, and one that owns `shared` (takes over one reference).
term heap_reference(struct heap *heap);
// An alias of that local process; and the reference (or alias) with ids that came from outside.
term heap_alias(struct heap *heap, term pid);
term heap_reference_of(struct heap *heap, const uint32_t ids[3]);
void reference_ids(term reference, uint32_t ids[3]); // of one of this node's
// A pid (id, serial), port (number) or reference (ids) of another node; the numbers are small ones (term.h).
term heap_external(struct heap *heap, enum kind kind, term node, uint32_t creation, const uint64_t *numbers,
                   size_t count);
term heap_magic_reference(struct heap *heap, struct shared_binary *shared);
// The same with ids of the caller's, who wants the references to one object to be equal.
void heap_reference_ids(uint32_t ids[3]); // fresh ones
term heap_magic_reference_of(struct heap *heap, struct shared_binary *shared, const uint32_t ids[3]);

// ---- whole values -------------------------------------------------------------------------------------------------

size_t heap_size_of(term value); // words that a flat copy needs, literals not counted
// A flat copy (sharing is not kept). Literals are not copied unless they lie in the range being purged.
term heap_copy(struct heap *to, term value);
// The same, literals too: for tables and other places that outlive a module.
term heap_copy_all(struct heap *to, term value);
size_t heap_size_of_all(term value);
// A copy of a block of values that refer to nothing outside the block; returns where it is.
term *heap_copy_block(struct heap *to, const term *block, size_t words);

// Moves the fragments of a builder into `to`: its values belong to `to` from then on.
void heap_adopt(struct heap *to, struct heap *from);
void heap_adopt_fragment(struct heap *to, struct fragment *fragments);
// Releases all that a heap holds (block, old block, fragments, off-heap values).
void heap_free(struct heap *heap);
void fragment_free(struct fragment *fragments); // the whole list

// ---- collection ---------------------------------------------------------------------------------------------------

// Roots beside the heap's own stack.
struct heap_roots {
    term *terms;
    size_t count;
};

void heap_init(struct heap *heap, size_t words);
// Makes at least `need` free words between top and stack. Returns the words copied, which the caller charges as
// reductions; 0 words are never charged. When size_maximum is passed, *too_large is set and the collection is still
// done.
size_t heap_collect(struct heap *heap, size_t need, const struct heap_roots *roots, size_t root_count, bool full,
                    bool *too_large);
// How many words the next collection may have to look at, at most.
size_t heap_collection_words(const struct heap *heap, bool full);
// Collects into a block with no spare room, for hibernation.
size_t heap_shrink(struct heap *heap, const struct heap_roots *roots, size_t root_count);
// True when fragments or binaries have piled up enough that the next safe point should collect.
bool heap_wants_collection(const struct heap *heap);
// Moves out of literal ranges being purged all that the heap holds of them (see literal_purge_*).
void heap_copy_literals(struct heap *heap, const struct heap_roots *roots, size_t root_count);
// Whether a value refers to literals being purged: for values outside the heap's blocks (messages that wait).
bool heap_refers_to_purged(term value);

// ---- shared binaries ----------------------------------------------------------------------------------------------

// Reference-counted bytes outside all heaps. `used` lets one slice that ends there be extended in place (bs_append):
// whoever moves it owns the room behind it.
struct shared_binary {
    _Atomic size_t references;
    _Atomic size_t used;                     // bits; USED_ABROAD: others than the heap that made it may refer to it
    void (*destroy)(struct shared_binary *); // before the memory goes; NULL for plain bytes. Runs on any thread.
    size_t capacity;                         // bytes. Right before them: from here on it is an ErlDrvBinary
    alignas(16) uint8_t bytes[];
};
static_assert(offsetof(struct shared_binary, bytes) == SHARED_BINARY_HEAD);

struct shared_binary *shared_binary_new(size_t capacity);     // one reference; used = capacity * 8
struct shared_binary *shared_binary_try_new(size_t capacity); // NULL when there is no such memory
void shared_binary_release(struct shared_binary *shared);
void shared_binary_release_many(struct shared_binary *shared, size_t count);
#define USED_ABROAD ((size_t)1 << 63)
// Makes `extra` bits behind `end` the caller's, if nobody has taken them. What one heap alone refers to is seen by one
// thread at a time, and needs no compare-and-swap.
static inline bool shared_binary_extend(struct shared_binary *shared, size_t end, size_t extra) {
    if (end + extra > 8 * shared->capacity)
        return false;
    size_t used = atomic_load_explicit(&shared->used, memory_order_relaxed);
    if (used == end) {
        atomic_store_explicit(&shared->used, end + extra, memory_order_relaxed);
        return true;
    }
    used = end | USED_ABROAD;
    return atomic_compare_exchange_strong(&shared->used, &used, (end + extra) | USED_ABROAD);
}
// For whoever else keeps it, on this heap or elsewhere.
static inline void shared_binary_retain(struct shared_binary *shared) {
    size_t used = atomic_load_explicit(&shared->used, memory_order_relaxed);
    if (!(used & USED_ABROAD)) // so only the thread that made it knows of it
        atomic_store_explicit(&shared->used, used | USED_ABROAD, memory_order_relaxed);
    atomic_fetch_add_explicit(&shared->references, 1, memory_order_relaxed);
}

// For whoever has found it in a table of his own, from which its destructor takes it: false when that is about to run.
static inline bool shared_binary_try_retain(struct shared_binary *shared) {
    size_t references = atomic_load(&shared->references);
    while (references > 0)
        if (atomic_compare_exchange_weak(&shared->references, &references, references + 1))
            return true;
    return false;
}

// A reference for a slice on a process's heap. Who appends to a binary once will do so again, as a rule: so many are
// taken at a time, since counting together with other processors takes longer than the rest. The next collection gives
// back what is left.
void heap_retain_ahead(struct heap *heap, struct shared_binary *shared);
void heap_give_back(struct heap *heap);

// ---- literals -----------------------------------------------------------------------------------------------------

// Values that are never collected: modules' literals, persistent terms. All areas lie in one reserved range, so that
// is_literal is two instructions.
extern uintptr_t literal_base;
#define LITERAL_RANGE ((uintptr_t)1 << 34)

static inline bool is_literal(const void *address) {
    return (uintptr_t)address - literal_base < LITERAL_RANGE;
}

struct literal_area;
void literal_init(void);
// An area that holds flat copies of `values` (replaced by the copies), in order. NULL when all are immediates.
struct literal_area *literal_area_new(term *values, size_t count);
void literal_area_free(struct literal_area *area);
// While areas are being purged (one purge at a time; count > 0) heap_copy copies their values, and heap_copy_literals
// moves them. A purge that has ended is freed, with the areas, when nobody can be copying by it any more.
struct literal_purge;
struct work;
struct literal_purge *literal_purge_begin(struct literal_area **areas, size_t count);
void literal_purge_end(void);
void literal_purge_free(struct literal_purge *purge, struct work *work);
bool literal_purging(const void *address);

#endif
