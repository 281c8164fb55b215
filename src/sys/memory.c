// Memory of the system: what to do when there is no more, and pages.
// The allocator itself is the file that the build picks: memory_mimalloc.c, or memory_system.c for the sanitizers.

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sys/memory.h"
#include "sys/sys.h"

void (*sys_out_of_memory)(size_t bytes);

void memory_exhausted(size_t bytes) {
    // The message and the exit status are those that supervisors of OTP nodes know.
    fprintf(stderr, "\neheap_alloc: Cannot allocate %zu bytes of memory (of type \"heap\").\n", bytes);
    void (*report)(size_t) = sys_out_of_memory;
    sys_out_of_memory = NULL; // once, should the report need memory itself
    if (report)
        report(bytes);
    _exit(1);
}

void *sys_reserve(size_t bytes) {
    void *memory = mmap(NULL, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        memory_exhausted(bytes);
    return memory;
}

void sys_commit(void *memory, size_t bytes) {
    if (mprotect(memory, bytes, PROT_READ | PROT_WRITE) != 0)
        memory_exhausted(bytes);
}

void sys_decommit(void *memory, size_t bytes) {
    madvise(memory, bytes, MADV_DONTNEED);
    mprotect(memory, bytes, PROT_NONE);
}

void sys_unreserve(void *memory, size_t bytes) {
    munmap(memory, bytes);
}
