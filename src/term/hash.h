// Hashes of terms. phash2 and phash are OTP's, bit for bit: programs store them.

#ifndef PURLIN_TERM_HASH_H
#define PURLIN_TERM_HASH_H

#include "term/term.h"

uint32_t term_phash2(term t); // 32 bits; erlang:phash2/1 takes the low 27
uint32_t term_phash(term t);  // erlang:phash/2 before the modulus
// Ours, fast, for tables inside the VM: equal (=:=) terms hash the same.
uint32_t term_hash(term t);

#endif
