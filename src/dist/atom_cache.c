// Atom caches of channels: reading and writing packets' headers.

#include "dist/atom_cache.h"

#include "sys/sys.h"
#include "term/atom.h"

enum { FLAG_NEW = 8, SEGMENT_MASK = 7, FLAG_LONG = 1 };

term *atom_cache_new(void) {
    term *cache = sys_alloc(CACHE_ATOMS * sizeof *cache);
    for (size_t i = 0; i < CACHE_ATOMS; i++)
        cache[i] = NONE;
    return cache;
}

static unsigned half_byte(const uint8_t *flags, unsigned index) {
    return flags[index / 2] >> (index % 2 ? 4 : 0) & 0xf;
}

static size_t flags_size(unsigned count) {
    return count / 2 + 1;
}

// ---- reading ------------------------------------------------------------------------------------------------------

// One atom's entry at *at; NONE when it is malformed.
static term read_entry(term *cache, unsigned flags, bool is_long, const uint8_t **at, const uint8_t *end) {
    if (*at == end)
        return NONE;
    term *slot = &cache[(flags & SEGMENT_MASK) << 8 | *(*at)++];
    if (!(flags & FLAG_NEW))
        return *slot;
    if (end - *at < (is_long ? 2 : 1))
        return NONE;
    size_t size = *(*at)++;
    if (is_long)
        size = size << 8 | *(*at)++;
    if ((size_t)(end - *at) < size)
        return NONE;
    term atom = atom_from_utf8(*at, size);
    *at += size;
    if (atom != NONE)
        *slot = atom;
    return atom;
}

size_t atom_cache_read(term *cache, const uint8_t *bytes, size_t size, term atoms[HEADER_ATOMS_MAX], unsigned *count) {
    if (size == 0)
        return 0;
    *count = bytes[0];
    if (*count == 0)
        return 1;
    const uint8_t *flags = bytes + 1, *at = flags + flags_size(*count), *end = bytes + size;
    if (size < 1 + flags_size(*count))
        return 0;
    bool is_long = half_byte(flags, *count) & FLAG_LONG;
    for (unsigned i = 0; i < *count; i++) {
        atoms[i] = read_entry(cache, half_byte(flags, i), is_long, &at, end);
        if (atoms[i] == NONE)
            return 0;
    }
    return (size_t)(at - bytes);
}

// ---- writing ------------------------------------------------------------------------------------------------------

static unsigned place_of(term atom) {
    return atom_index(atom) % CACHE_ATOMS;
}

static bool has_long_text(const term *atoms, unsigned count) {
    for (unsigned i = 0; i < count; i++)
        if (atom_text(atoms[i]).size > UINT8_MAX)
            return true;
    return false;
}

size_t atom_cache_size_max(const term *atoms, unsigned count) {
    size_t size = 1 + flags_size(count) + 3 * (size_t)count;
    for (unsigned i = 0; i < count; i++)
        size += atom_text(atoms[i]).size;
    return size;
}

size_t atom_cache_write(term *cache, const term *atoms, unsigned count, uint8_t *bytes) {
    bytes[0] = (uint8_t)count;
    if (count == 0)
        return 1;
    uint8_t *flags = bytes + 1, *at = flags + flags_size(count);
    bool is_long = has_long_text(atoms, count);
    memset(flags, 0, flags_size(count));
    for (unsigned i = 0; i < count; i++) {
        unsigned place = place_of(atoms[i]);
        bool is_new = cache[place] != atoms[i];
        unsigned half = place >> 8 | (is_new ? FLAG_NEW : 0);
        flags[i / 2] |= (uint8_t)(i % 2 ? half << 4 : half);
        *at++ = (uint8_t)place;
        if (!is_new)
            continue;
        cache[place] = atoms[i];
        struct atom_text text = atom_text(atoms[i]);
        if (is_long)
            *at++ = (uint8_t)(text.size >> 8);
        *at++ = (uint8_t)text.size;
        memcpy(at, text.bytes, text.size);
        at += text.size;
    }
    flags[count / 2] |= (uint8_t)((is_long ? FLAG_LONG : 0) << (count % 2 ? 4 : 0));
    return (size_t)(at - bytes);
}
