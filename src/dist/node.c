// Nodes: name -> node, looked up without a lock. A node is never forgotten, as the atom of its name is not.

#include "dist/dist.h"
#include "sys/sys.h"

#define BUCKETS 256

struct nodes {
    mutex lock; // for adding
    _Atomic(struct node *) buckets[BUCKETS];
};

void dist_init(void) {
    vm.nodes = sys_alloc_zero(sizeof *vm.nodes);
    mutex_init(&vm.nodes->lock);
    dist_set_hooks(&vm.hooks);
}

bool dist_is_alive(void) {
    return atomic_load(&vm.node_name) != ATOM_nonode_nohost;
}

struct node *dist_node_find(term name) {
    struct node *node = atomic_load(&vm.nodes->buckets[atom_index(name) % BUCKETS]);
    while (node && node->name != name)
        node = node->next;
    return node;
}

struct node *dist_node(term name) {
    struct node *node = dist_node_find(name);
    if (node)
        return node;
    mutex_lock(&vm.nodes->lock);
    node = dist_node_find(name);
    if (!node) {
        _Atomic(struct node *) *bucket = &vm.nodes->buckets[atom_index(name) % BUCKETS];
        node = sys_alloc_zero(sizeof *node);
        node->name = name;
        node->next = atomic_load(bucket);
        mutex_init(&node->lock);
        atomic_store(bucket, node);
    }
    mutex_unlock(&vm.nodes->lock);
    return node;
}

struct node *dist_node_next(size_t *bucket, struct node *after) {
    if (after && after->next)
        return after->next;
    for (size_t i = after ? *bucket + 1 : 0; i < BUCKETS; i++) {
        *bucket = i;
        struct node *first = atomic_load(&vm.nodes->buckets[i]);
        if (first)
            return first;
    }
    return NULL;
}

struct hash_numbers dist_node_numbers(void) {
    struct hash_numbers numbers = {.size = BUCKETS};
    for (size_t i = 0; i < BUCKETS; i++) {
        size_t length = 0;
        for (const struct node *node = atomic_load(&vm.nodes->buckets[i]); node; node = node->next)
            length++;
        numbers.objects += length;
        numbers.used += length > 0;
        hash_numbers_deepen(&numbers, length);
    }
    return numbers;
}
