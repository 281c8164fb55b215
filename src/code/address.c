// Which function a code address belongs to: prepared functions by the pages that they lie on.
//
// A hash table from page numbers to chains of the functions that have words there. Read without a lock; an entry that
// is taken out is freed when no reader can be on it any more.

#include "code/table.h"
#include "sys/sys.h"
#include "vm.h"

#define PAGE_SHIFT 12

struct address_entry {
    _Atomic(struct address_entry *) next;
    uintptr_t page;
    uintptr_t begin, end;
    struct function *function;
};

static _Atomic(struct address_entry *) *bucket_of(uintptr_t page) {
    return &vm.code->addresses[index_mix(page, 0) % ADDRESS_BUCKETS];
}

void code_address_add(struct function *function) {
    uintptr_t begin = (uintptr_t)function->prepared;
    uintptr_t end = (uintptr_t)(function->prepared + function->prepared_words);
    code_lock();
    for (uintptr_t page = begin >> PAGE_SHIFT; page <= (end - 1) >> PAGE_SHIFT; page++) {
        struct address_entry *entry = sys_alloc(sizeof *entry);
        _Atomic(struct address_entry *) *bucket = bucket_of(page);
        entry->page = page;
        entry->begin = begin;
        entry->end = end;
        entry->function = function;
        atomic_store_explicit(&entry->next, atomic_load_explicit(bucket, memory_order_relaxed), memory_order_relaxed);
        atomic_store_explicit(bucket, entry, memory_order_release);
    }
    code_unlock();
}

static void unlink_entry(uintptr_t page, const struct function *function) {
    _Atomic(struct address_entry *) *link = bucket_of(page);
    struct address_entry *entry;
    while ((entry = atomic_load_explicit(link, memory_order_relaxed))) {
        if (entry->function == function && entry->page == page) {
            atomic_store_explicit(link, atomic_load_explicit(&entry->next, memory_order_relaxed), memory_order_release);
            if (vm.hooks.retire)
                vm.hooks.retire(entry, sys_free);
            else
                sys_free(entry);
            return;
        }
        link = &entry->next;
    }
}

void code_address_remove(struct function *function) {
    uintptr_t begin = (uintptr_t)function->prepared;
    uintptr_t end = (uintptr_t)(function->prepared + function->prepared_words);
    code_lock();
    for (uintptr_t page = begin >> PAGE_SHIFT; page <= (end - 1) >> PAGE_SHIFT; page++)
        unlink_entry(page, function);
    code_unlock();
}

struct function *code_find_address(const word *address) {
    uintptr_t at = (uintptr_t)address, page = at >> PAGE_SHIFT;
    for (struct address_entry *entry = atomic_load_explicit(bucket_of(page), memory_order_acquire); entry;
         entry = atomic_load_explicit(&entry->next, memory_order_acquire))
        if (entry->page == page && at >= entry->begin && at < entry->end)
            return entry->function;
    return NULL;
}
