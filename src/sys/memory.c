// Memory of the system: what to do when there is no more, and pages.
// The allocator itself is the file that the build picks: memory_mimalloc.c, or memory_system.c for the sanitizers.

#include <sys/mman.h>

#include "sys/memory.h"
#include "sys/sys.h"

// Pages of ours hold pointers to blocks, which are no leaks then.
#if __has_feature(address_sanitizer)
#include <sanitizer/lsan_interface.h>
#define HOLDS_POINTERS(memory, bytes) __lsan_register_root_region(memory, bytes)
#define HOLDS_NOTHING(memory, bytes) __lsan_unregister_root_region(memory, bytes)
#else
#define HOLDS_POINTERS(memory, bytes)
#define HOLDS_NOTHING(memory, bytes)
#endif

void memory_exhausted(size_t bytes) {
    sys_fatal("eheap_alloc: Cannot allocate %zu bytes of memory (of type \"heap\").", bytes);
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
    HOLDS_POINTERS(memory, bytes);
}

void sys_decommit(void *memory, size_t bytes) {
    HOLDS_NOTHING(memory, bytes);
    madvise(memory, bytes, MADV_DONTNEED);
    mprotect(memory, bytes, PROT_NONE);
}

#define EMERGENCY_ROOM ((size_t)96 << 20) // two of the allocator's segments, and what lies between
static void *emergency_room;

void sys_keep_emergency_room(void) {
    void *memory = mmap(NULL, EMERGENCY_ROOM, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    emergency_room = memory == MAP_FAILED ? NULL : memory;
}

void sys_use_emergency_room(void) {
    if (emergency_room)
        munmap(emergency_room, EMERGENCY_ROOM);
    emergency_room = NULL;
}
