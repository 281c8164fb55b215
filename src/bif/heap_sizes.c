// The sizes of OTP's heaps.

#include "bif/heap_sizes.h"

void heap_sizes(size_t sizes[HEAP_SIZES]) {
    sizes[0] = 12;
    sizes[1] = 38;
    for (size_t i = 2; i < HEAP_SIZES; i++)
        sizes[i] = i < HEAP_SIZES_FIBONACCI ? sizes[i - 1] + sizes[i - 2] + 1 : sizes[i - 1] + sizes[i - 1] / 5;
}

size_t heap_size_round(size_t words) {
    size_t sizes[HEAP_SIZES];
    heap_sizes(sizes);
    for (size_t i = 0; i < HEAP_SIZES; i++)
        if (sizes[i] >= words)
            return sizes[i];
    return words;
}
