// Bonds: a hash table for finding them, and a list in the order in which they were made.

#include "proc/bond.h"

#include "sys/sys.h"
#include "term/compare.h"
#include "term/hash.h"

#define BUCKETS_FIRST 4

static uint32_t key_hash(enum bond_kind kind, term key) {
    uint64_t bits;
    if (is_kind(key, KIND_REFERENCE))
        bits = boxed(key)[1] ^ (boxed(key)[2] << 32);
    else if (is_boxed(key))
        bits = term_hash(key);
    else
        bits = key;
    return (uint32_t)(((bits + kind) * 0x9e3779b97f4a7c15u) >> 32);
}

static bool keyed_by_other(enum bond_kind kind) {
    return kind == BOND_LINK || kind == BOND_SUSPEND || kind == BOND_NODE;
}

static term key_of(const struct bond *bond) {
    return keyed_by_other(bond->kind) ? bond->other : bond->reference;
}

static size_t words_for(term value) {
    return is_pointer(value) ? heap_size_of_all(value) : 0;
}

static void insert(struct process_links *links, struct bond *bond) {
    struct bond **bucket = &links->buckets[bond->hash & (links->bucket_count - 1)];
    bond->next = *bucket;
    *bucket = bond;
}

static void resize(struct process_links *links, uint32_t bucket_count) {
    sys_free(links->buckets);
    links->bucket_count = bucket_count;
    links->buckets = sys_alloc_zero(bucket_count * sizeof *links->buckets);
    for (struct bond *bond = links->oldest; bond; bond = bond->newer)
        insert(links, bond);
}

struct bond *bond_add(struct process *self, enum bond_kind kind, term other, term reference, term value) {
    size_t words = words_for(other) + words_for(reference) + words_for(value);
    struct bond *bond = sys_alloc(sizeof *bond + words * sizeof(term));
    struct heap builder = {.start = bond->words, .top = bond->words};
    builder.stack = builder.end = bond->words + words;
    *bond =
        (struct bond){.kind = kind, .watched = NONE, .hash = key_hash(kind, keyed_by_other(kind) ? other : reference)};
    bond->other = is_pointer(other) ? heap_copy_all(&builder, other) : other;
    bond->reference = is_pointer(reference) ? heap_copy_all(&builder, reference) : reference;
    bond->value = is_pointer(value) ? heap_copy_all(&builder, value) : value;
    bond->off_heap = builder.off_heap;
    assert_debug(builder.top == builder.end && !builder.fragments);

    struct process_links *links = self->links;
    if (!links) {
        links = self->links = sys_alloc_zero(sizeof *links);
        resize(links, BUCKETS_FIRST);
    }
    bond->older = links->newest;
    *(links->newest ? &links->newest->newer : &links->oldest) = bond;
    links->newest = bond;
    if (++links->count > links->bucket_count)
        resize(links, links->bucket_count * 2);
    else
        insert(links, bond);
    return bond;
}

struct bond *bond_find(const struct process *self, enum bond_kind kind, term key) {
    if (!self->links)
        return NULL;
    uint32_t hash = key_hash(kind, key);
    struct bond *bond = self->links->buckets[hash & (self->links->bucket_count - 1)];
    while (bond && !(bond->hash == hash && bond->kind == kind && term_same(key_of(bond), key)))
        bond = bond->next;
    return bond;
}

static void bond_free(struct bond *bond) {
    // The only values with something outside the heap are references that own it (KIND_MAGIC_REFERENCE) and large
    // binaries in a tag. A fragment's end knows how to let go of them.
    if (bond->off_heap) {
        struct fragment *fragment = sys_alloc(sizeof *fragment);
        *fragment = (struct fragment){.off_heap = bond->off_heap};
        fragment_free(fragment);
    }
    sys_free(bond);
}

void bond_remove(struct process *self, struct bond *bond) {
    struct process_links *links = self->links;
    struct bond **link = &links->buckets[bond->hash & (links->bucket_count - 1)];
    while (*link != bond)
        link = &(*link)->next;
    *link = bond->next;
    *(bond->newer ? &bond->newer->older : &links->newest) = bond->older;
    *(bond->older ? &bond->older->newer : &links->oldest) = bond->newer;
    bond_free(bond);
    if (--links->count == 0)
        bond_free_all(self);
    else if (links->bucket_count > BUCKETS_FIRST * 4 && links->count < links->bucket_count / 4)
        resize(links, links->bucket_count / 2);
}

void bond_free_all(struct process *self) {
    struct process_links *links = self->links;
    if (!links)
        return;
    for (struct bond *bond = links->oldest, *newer; bond; bond = newer) {
        newer = bond->newer;
        bond_free(bond);
    }
    sys_free(links->buckets);
    sys_free(links);
    self->links = NULL;
}
