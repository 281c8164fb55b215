// Allocation by mimalloc: blocks freed by another thread than their maker's are its strong side, and messages are that.

#include <mimalloc.h>
#include <stdint.h>
#include <sys/mman.h>

#include "sys/memory.h"
#include "sys/sys.h"

// Collections free large blocks and soon allocate others: memory that is given back to the system at once, as mimalloc
// does after 25 ms, is mapped and cleared again and again (a tenth of the compiler's time).
#define GIVE_BACK_AFTER_MS 250

__attribute__((constructor)) static void keep_freed_memory(void) {
    mi_option_set_default(mi_option_decommit_delay, GIVE_BACK_AFTER_MS); // the environment may say otherwise
}

// The pages of a large block come from the system one by one, when they are first written, and that takes longer than
// what a collection does with them. Where the system lets programs ask for huge pages (512 of them at once), do.
#define HUGE_PAGE ((size_t)2 << 20)
static void ask_for_huge_pages(void *memory, size_t bytes) {
    uintptr_t start = ((uintptr_t)memory + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1);
    uintptr_t end = ((uintptr_t)memory + bytes) & ~(HUGE_PAGE - 1);
    if (end > start)
        (void)madvise((void *)start, end - start, MADV_HUGEPAGE); // only a wish
}

void *sys_try_alloc(size_t bytes) {
    void *memory = mi_malloc(bytes ? bytes : 1);
    if (memory && bytes >= 2 * HUGE_PAGE)
        ask_for_huge_pages(memory, bytes);
    return memory;
}

void *sys_alloc(size_t bytes) {
    void *memory = sys_try_alloc(bytes);
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

void *sys_alloc_aligned(size_t alignment, size_t bytes) {
    void *memory = mi_zalloc_aligned(bytes, alignment);
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

void *sys_try_realloc(void *memory, size_t bytes) {
    return mi_realloc(memory, bytes ? bytes : 1);
}

void sys_free(void *memory) {
    mi_free(memory);
}
