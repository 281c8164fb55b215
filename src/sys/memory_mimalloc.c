// Allocation by mimalloc: blocks freed by another thread than their maker's are its strong side, and messages are that.

#include <mimalloc.h>

#include "sys/memory.h"
#include "sys/sys.h"

// Collections free large blocks and soon allocate others: memory that is given back to the system at once, as mimalloc
// does after 25 ms, is mapped and cleared again and again (a tenth of the compiler's time).
#define GIVE_BACK_AFTER_MS 250

__attribute__((constructor)) static void keep_freed_memory(void) {
    mi_option_set_default(mi_option_decommit_delay, GIVE_BACK_AFTER_MS); // the environment may say otherwise
}

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
