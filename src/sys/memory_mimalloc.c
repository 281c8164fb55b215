// Allocation by mimalloc: blocks freed by another thread than their maker's are its strong side, and messages are that.

#include <mimalloc.h>

#include "sys/memory.h"
#include "sys/sys.h"

void *sys_alloc(size_t bytes) {
    void *memory = mi_malloc(bytes ? bytes : 1);
    if (!memory)
        memory_exhausted(bytes);
    return memory;
}

void *sys_alloc_zero(size_t bytes) {
    void *memory = mi_calloc(1, bytes ? bytes : 1);
    if (!memory)
        memory_exhausted(bytes);
    return memory;
}

void *sys_realloc(void *memory, size_t bytes) {
    memory = mi_realloc(memory, bytes ? bytes : 1);
    if (!memory)
        memory_exhausted(bytes);
    return memory;
}

void sys_free(void *memory) {
    mi_free(memory);
}
