// Allocation by the C library, which the sanitizers watch.

#include <stdlib.h>
#include <string.h>

#include "sys/memory.h"
#include "sys/sys.h"

void *sys_alloc(size_t bytes) {
    void *memory = malloc(bytes ? bytes : 1);
    if (!memory)
        memory_exhausted(bytes);
    return memory;
}

void *sys_alloc_zero(size_t bytes) {
    void *memory = calloc(1, bytes ? bytes : 1);
    if (!memory)
        memory_exhausted(bytes);
    return memory;
}

void *sys_alloc_aligned(size_t alignment, size_t bytes) {
    void *memory = aligned_alloc(alignment, bytes);
    if (!memory)
        memory_exhausted(bytes);
    return memset(memory, 0, bytes);
}

void *sys_realloc(void *memory, size_t bytes) {
    void *changed = realloc(memory, bytes ? bytes : 1);
    if (!changed)
        memory_exhausted(bytes);
    return changed;
}

void *sys_try_alloc(size_t bytes) {
    return malloc(bytes ? bytes : 1);
}

void *sys_try_realloc(void *memory, size_t bytes) {
    return realloc(memory, bytes ? bytes : 1);
}

void sys_free(void *memory) {
    free(memory);
}
