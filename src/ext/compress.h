// Between the files of this room.

#ifndef PURLIN_EXT_COMPRESS_H
#define PURLIN_EXT_COMPRESS_H

#include "heap/heap.h"

// The encoded value in `binary` (version byte and all), compressed; `binary` itself when that is no shorter.
term ext_compress(struct heap *heap, term binary, int level);

#endif
