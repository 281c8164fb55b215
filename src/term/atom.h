// Atoms: names interned for the life of the VM.
//
// Every `ATOM_name` that the sources mention is made at start under its own name; names that are no C identifiers are
// listed in term/atoms.tab. Lookups take no lock; insertion takes one.

#ifndef PURLIN_TERM_ATOM_H
#define PURLIN_TERM_ATOM_H

#include "term/hash_numbers.h"
#include "term/term.h"

#define ATOM_CHARACTERS_MAX 255

struct atom_text {
    const uint8_t *bytes; // UTF-8, not terminated
    uint16_t size;        // bytes
    uint16_t characters;
    bool latin1; // every character is below 256
};

void atom_init(size_t limit);
// The atom of that UTF-8 text; NONE when it is not valid UTF-8, longer than 255 characters, or the table is full
// (the last ends the VM, as on OTP).
term atom_from_utf8(const void *bytes, size_t size);
term atom_from_latin1(const void *bytes, size_t size);
term atom_from_c(const char *text);
// The same, only if it exists already; NONE otherwise.
term atom_existing_utf8(const void *bytes, size_t size);
struct atom_text atom_text(term atom);
int atom_order(term a, term b); // by their texts: negative, zero, positive
uint32_t atom_hash(term atom);  // of the text, as phash2 needs it
size_t atom_count(void);
size_t atom_limit(void);
size_t atom_memory(void);
struct hash_numbers atom_table_numbers(void);

#endif
