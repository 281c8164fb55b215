// The sizes that OTP's heaps have, in words. Ours may have others, but what programs ask for is rounded up to these, so
// that they are told what OTP tells them.

#ifndef PURLIN_BIF_HEAP_SIZES_H
#define PURLIN_BIF_HEAP_SIZES_H

#include <stddef.h>

#define HEAP_SIZES 137
#define HEAP_SIZES_FIBONACCI 23 // so many are the sum of the two before, and one; each of the rest is larger by a fifth

void heap_sizes(size_t sizes[HEAP_SIZES]);
// The first that holds so many words; above all of them, the number itself.
size_t heap_size_round(size_t words);

#endif
