// The objects of an ordered_set: a B-tree in the order of keys (==, so 1 and 1.0 are one key).
//
//   - A leaf holds up to TREE_FANOUT objects in order, an inner node as many children. Beside each stands a key: the
//     object's own, or the smallest in the child. A search so touches no object but the one it finds, and few lines of
//     memory on the way.
//   - These keys are terms of the objects: when an object goes, the keys that came from it are replaced up to the root.
//   - Nodes are not kept half full: a node that gets thin is joined with a neighbour when both fit in half a node, and
//     an empty one is taken out. A node that is full at its end splits into itself and a new one, so that keys that
//     come in order fill the nodes.
//
// Nothing here locks.

#ifndef PURLIN_ETS_TREE_H
#define PURLIN_ETS_TREE_H

#include "ets/object.h"
#include "term/compare.h"

// The depth grows only when the root is full: 2^60 insertions, deletions between them, do not reach this one.
enum { TREE_FANOUT = 32, TREE_DEPTH_MAX = 20 };

struct tree_node {
    uint32_t count;
    term keys[TREE_FANOUT];
    void *slots[TREE_FANOUT]; // struct object in leaves, else struct tree_node
};

struct tree {
    struct tree_node *root; // NULL while empty
    unsigned depth;         // of the leaves: 0 when the root is one
    size_t nodes;
};

// A place in the tree: from the root (level 0) to a leaf. Any change of the tree makes it invalid.
struct tree_place {
    struct tree_node *nodes[TREE_DEPTH_MAX + 1];
    uint32_t at[TREE_DEPTH_MAX + 1];
    unsigned depth;
};

struct object *tree_find(const struct tree *tree, term key); // NULL when there is none
// Puts the object in; returns the one with the same key that it replaces, or NULL.
struct object *tree_put(struct tree *tree, term key, struct object *object);
struct object *tree_remove(struct tree *tree, term key); // NULL when there is none
size_t tree_memory(const struct tree *tree);             // words, without the objects

// Takes all objects out, chained by object_next.
struct object *tree_dissolve(struct tree *tree);

// What a search looks for: the sign of `key` against it. Monotonous in the order of keys.
typedef int tree_compare(term key, const void *context);
int tree_compare_term(term key, const void *context); // context is a const term *

// Goes to the first object whose key compares > 0, or >= 0; false when there is none.
bool tree_seek_after(const struct tree *tree, struct tree_place *place, tree_compare *compare, const void *context,
                     bool or_equal);
// Goes to the last object whose key compares < 0, or <= 0; false when there is none.
bool tree_seek_before(const struct tree *tree, struct tree_place *place, tree_compare *compare, const void *context,
                      bool or_equal);
bool tree_seek_first(const struct tree *tree, struct tree_place *place);
bool tree_seek_last(const struct tree *tree, struct tree_place *place);
bool tree_seek_index(const struct tree *tree, struct tree_place *place, size_t index); // from 0; linear in the nodes
bool tree_next(struct tree_place *place);                                              // false at the end
bool tree_previous(struct tree_place *place);

static inline struct object *tree_object(const struct tree_place *place) {
    return place->nodes[place->depth]->slots[place->at[place->depth]];
}
static inline term tree_key(const struct tree_place *place) {
    return place->nodes[place->depth]->keys[place->at[place->depth]];
}
// Puts `object`, whose key compares equal, at the place; returns the old one. The place stays valid.
struct object *tree_replace(struct tree_place *place, term key, struct object *object);

#endif
