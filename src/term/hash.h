// Hashes of terms. phash2 and phash are OTP's, bit for bit: programs store them.

#ifndef PURLIN_TERM_HASH_H
#define PURLIN_TERM_HASH_H

#include "term/term.h"
#include "term/work.h"

// 32 bits; erlang:phash2/1 takes the low 27. Charges `work` (NULL: never gives way).
uint32_t term_phash2(term t, struct work *work);
uint32_t term_phash(term t); // erlang:phash/2 before the modulus
// Ours, fast, for tables inside the VM: equal (=:=) terms hash the same.
uint32_t term_hash(term t);

#endif
