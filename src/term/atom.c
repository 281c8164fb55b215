// The atom table.
//
// Entries stand in one array by atom index: the address space for `limit` of them is reserved at start, memory follows
// as atoms are made. The texts lie in blocks that are never freed. Finding an atom by its text goes through an open
// hash table of indices. All three only grow, which is what lets readers do without locks:
//
//   - an entry and its text are complete before the slot that names them is written (release / acquire);
//   - a full hash table is replaced by one of twice the size. The old one stays, since readers may be in it: all the
//     old ones together are smaller than the current one.
//
// A reader that misses in an old table has looked before the atom was made. atom_make looks again under the lock.

#include "term/atom.h"

#include <pthread.h>
#include <stdatomic.h>

#include "sys/sys.h"
#include "vm.h"

struct atom_entry {
    const uint8_t *bytes;
    uint64_t prefix; // the first bytes as a number, first byte highest, filled up with zeros: orders most atoms
    uint32_t hash;
    uint8_t characters;
    bool latin1;
    uint16_t size;
};

struct slots {
    struct slots *older;        // what somebody may be searching still: all of them together are smaller than this one
    size_t mask;                // slot count - 1
    _Atomic uint32_t indices[]; // index + 1, 0 = free; at most half of them are taken
};

struct atom_table {
    struct atom_entry *entries;
    _Atomic(struct slots *) slots;
    _Atomic size_t count;
    size_t limit;
    // below: under the lock
    pthread_mutex_t lock;
    size_t committed; // entries that have memory
    uint8_t *free_text, *free_text_end;
    _Atomic size_t memory; // may be read without
};

enum { FIRST_SLOTS = 4096, COMMIT_STEP = 4096, TEXT_BLOCK = 32 * 1024, BYTES_MAX = 4 * ATOM_CHARACTERS_MAX };

extern const char *const atom_initial[]; // generated
extern const size_t atom_initial_count;

// ---- texts

// Length of the UTF-8 sequence at `bytes` with its character, 0 when it is malformed.
static size_t utf8_next(const uint8_t *bytes, size_t size, uint32_t *character) {
    static const uint32_t smallest[5] = {0, 0, 0x80, 0x800, 0x10000};
    uint32_t c = bytes[0];
    if (c < 0x80) {
        *character = c;
        return 1;
    }
    size_t length = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
    if (c < 0xc2 || c > 0xf4 || length > size)
        return 0;
    c &= 0x7f >> length;
    for (size_t i = 1; i < length; i++) {
        if ((bytes[i] & 0xc0) != 0x80)
            return 0;
        c = c << 6 | (bytes[i] & 0x3f);
    }
    if (c < smallest[length] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
        return 0;
    *character = c;
    return length;
}

static uint64_t prefix_of(const uint8_t *bytes, size_t size) {
    uint64_t prefix = 0;
    for (size_t i = 0; i < sizeof prefix; i++)
        prefix = prefix << 8 | (i < size ? bytes[i] : 0);
    return prefix;
}

// What a text is, or false when it cannot be an atom's. The hash is the one that phash2 shows to programs: the classic
// one of P. J. Weinberger, over the characters below 256 as one byte each and over the UTF-8 bytes of the others.
static bool describe(const uint8_t *bytes, size_t size, struct atom_entry *entry) {
    if (size > BYTES_MAX)
        return false;
    uint32_t hash = 0;
    size_t characters = 0;
    bool latin1 = true;
    for (size_t at = 0, length; at < size; at += length) {
        uint32_t character;
        length = utf8_next(bytes + at, size - at, &character);
        if (length == 0)
            return false;
        characters++;
        latin1 = latin1 && character < 256;
        for (size_t i = 0; i < (character < 256 ? 1 : length); i++) {
            hash = (hash << 4) + (character < 256 ? character : bytes[at + i]);
            uint32_t high = hash & 0xf0000000;
            hash ^= high | high >> 24;
        }
    }
    *entry = (struct atom_entry){.bytes = bytes,
                                 .prefix = prefix_of(bytes, size),
                                 .hash = hash,
                                 .characters = (uint8_t)characters,
                                 .latin1 = latin1,
                                 .size = (uint16_t)size};
    return characters <= ATOM_CHARACTERS_MAX;
}

// ---- the table

static struct slots *slots_new(struct atom_table *atoms, size_t count) {
    size_t bytes = sizeof(struct slots) + count * sizeof(uint32_t);
    struct slots *slots = sys_alloc_zero(bytes);
    slots->mask = count - 1;
    atoms->memory += bytes;
    return slots;
}

// The hash is poor in its low bits, hence the product.
static size_t first_slot(const struct atom_entry *wanted) {
    return ((uint64_t)wanted->hash * 0x9e3779b97f4a7c15u) >> 32;
}

// Where a search ended: at the slot that names the atom, or at a free one, where it belongs.
struct place {
    _Atomic uint32_t *slot;
    uint32_t index; // as the search saw it, + 1; 0 = free. By now another atom may have taken the slot.
};

static struct place find_place(struct atom_table *atoms, struct slots *slots, const struct atom_entry *wanted) {
    for (size_t at = first_slot(wanted);; at++) {
        _Atomic uint32_t *slot = &slots->indices[at & slots->mask];
        uint32_t index = atomic_load_explicit(slot, memory_order_acquire);
        if (index == 0)
            return (struct place){slot, 0};
        const struct atom_entry *entry = &atoms->entries[index - 1];
        if (entry->hash == wanted->hash && entry->size == wanted->size &&
            memcmp(entry->bytes, wanted->bytes, wanted->size) == 0)
            return (struct place){slot, index};
    }
}

static term find(struct atom_table *atoms, const struct atom_entry *wanted) {
    struct slots *slots = atomic_load_explicit(&atoms->slots, memory_order_acquire);
    uint32_t index = find_place(atoms, slots, wanted).index;
    return index ? ATOM_WORD(index - 1) : NONE;
}

static void grow_slots(struct atom_table *atoms, struct slots *old, size_t count) {
    struct slots *slots = slots_new(atoms, 2 * (old->mask + 1));
    slots->older = old;
    for (size_t i = 0; i < count; i++)
        atomic_store_explicit(find_place(atoms, slots, &atoms->entries[i]).slot, (uint32_t)i + 1, memory_order_relaxed);
    atomic_store_explicit(&atoms->slots, slots, memory_order_release);
}

static const uint8_t *keep_text(struct atom_table *atoms, const uint8_t *bytes, size_t size) {
    if ((size_t)(atoms->free_text_end - atoms->free_text) < size) {
        atoms->free_text = sys_alloc(TEXT_BLOCK);
        atoms->free_text_end = atoms->free_text + TEXT_BLOCK;
        atoms->memory += TEXT_BLOCK;
    }
    uint8_t *copy = atoms->free_text;
    atoms->free_text += size;
    if (size > 0)
        memcpy(copy, bytes, size);
    return copy;
}

// NONE when the table is full.
static term insert(struct atom_table *atoms, const struct atom_entry *entry) {
    term atom = find(atoms, entry);
    if (atom != NONE)
        return atom;
    size_t count = atomic_load_explicit(&atoms->count, memory_order_relaxed);
    if (count >= atoms->limit)
        return NONE;
    if (count == atoms->committed) {
        size_t bytes = COMMIT_STEP * sizeof(struct atom_entry);
        sys_commit(atoms->entries + count, bytes);
        atoms->committed += COMMIT_STEP;
        atoms->memory += bytes;
    }
    struct slots *slots = atomic_load_explicit(&atoms->slots, memory_order_relaxed);
    if (2 * count > slots->mask) {
        grow_slots(atoms, slots, count);
        slots = atomic_load_explicit(&atoms->slots, memory_order_relaxed);
    }
    atoms->entries[count] = *entry;
    atoms->entries[count].bytes = keep_text(atoms, entry->bytes, entry->size);
    atomic_store_explicit(&atoms->count, count + 1, memory_order_release);
    atomic_store_explicit(find_place(atoms, slots, entry).slot, (uint32_t)count + 1, memory_order_release);
    return ATOM_WORD(count);
}

// Latin-1 as UTF-8; the result's size. `out` has room for twice the size.
static size_t utf8_from_latin1(uint8_t *out, const uint8_t *bytes, size_t size) {
    size_t length = 0;
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] >= 0x80)
            out[length++] = 0xc0 | bytes[i] >> 6;
        out[length++] = bytes[i] < 0x80 ? bytes[i] : 0x80 | (bytes[i] & 0x3f);
    }
    return length;
}

void atom_init(size_t limit) {
    struct atom_table *atoms = sys_alloc_zero(sizeof *atoms);
    size_t steps = (limit + COMMIT_STEP - 1) / COMMIT_STEP;
    atoms->limit = limit;
    atoms->entries = sys_reserve(steps * COMMIT_STEP * sizeof(struct atom_entry));
    pthread_mutex_init(&atoms->lock, NULL);
    atomic_init(&atoms->slots, slots_new(atoms, FIRST_SLOTS));
    vm.atoms = atoms;
    for (size_t i = 0; i < atom_initial_count; i++) {
        term atom = atom_from_c(atom_initial[i]);
        assert_always(atom == ATOM_WORD(i));
    }
}

term atom_existing_utf8(const void *bytes, size_t size) {
    struct atom_entry wanted;
    return describe(bytes, size, &wanted) ? find(vm.atoms, &wanted) : NONE;
}

term atom_from_utf8(const void *bytes, size_t size) {
    struct atom_entry entry;
    if (!describe(bytes, size, &entry))
        return NONE;
    term atom = find(vm.atoms, &entry);
    if (atom != NONE)
        return atom;
    pthread_mutex_lock(&vm.atoms->lock);
    atom = insert(vm.atoms, &entry);
    pthread_mutex_unlock(&vm.atoms->lock);
    if (atom == NONE)
        sys_fatal("no more index entries in atom_tab (max=%zu)", vm.atoms->limit);
    return atom;
}

term atom_from_latin1(const void *bytes, size_t size) {
    uint8_t utf8[2 * ATOM_CHARACTERS_MAX];
    if (size > ATOM_CHARACTERS_MAX)
        return NONE;
    return atom_from_utf8(utf8, utf8_from_latin1(utf8, bytes, size));
}

term atom_from_c(const char *text) {
    return atom_from_utf8(text, strlen(text));
}

struct atom_text atom_text(term atom) {
    const struct atom_entry *entry = &vm.atoms->entries[atom_index(atom)];
    return (struct atom_text){entry->bytes, entry->size, entry->characters, entry->latin1};
}

int atom_order(term a, term b) {
    const struct atom_entry *x = &vm.atoms->entries[atom_index(a)], *y = &vm.atoms->entries[atom_index(b)];
    if (x->prefix != y->prefix)
        return x->prefix < y->prefix ? -1 : 1;
    int order = memcmp(x->bytes, y->bytes, x->size < y->size ? x->size : y->size);
    return order ? order : x->size < y->size ? -1 : x->size > y->size;
}

uint32_t atom_hash(term atom) {
    return vm.atoms->entries[atom_index(atom)].hash;
}

size_t atom_count(void) {
    return atomic_load_explicit(&vm.atoms->count, memory_order_acquire);
}

size_t atom_limit(void) {
    return vm.atoms->limit;
}

size_t atom_memory(void) {
    return atomic_load_explicit(&vm.atoms->memory, memory_order_relaxed);
}

struct hash_numbers atom_table_numbers(void) {
    struct slots *slots = atomic_load_explicit(&vm.atoms->slots, memory_order_acquire);
    struct hash_numbers numbers = {.size = slots->mask + 1, .objects = atom_count()};
    for (size_t i = 0; i < numbers.objects; i++) {
        const struct atom_entry *entry = &vm.atoms->entries[i];
        size_t at = (size_t)(find_place(vm.atoms, slots, entry).slot - slots->indices);
        hash_numbers_deepen(&numbers, ((at - first_slot(entry)) & slots->mask) + 1);
    }
    numbers.used = numbers.objects;
    return numbers;
}
