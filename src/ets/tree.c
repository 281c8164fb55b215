// The B-tree of ordered sets.

#include "ets/tree.h"

#include "sys/sys.h"

static struct tree_node *node_new(struct tree *tree) {
    tree->nodes++;
    struct tree_node *node = sys_alloc(sizeof *node);
    node->count = 0;
    return node;
}

static void node_free(struct tree *tree, struct tree_node *node) {
    tree->nodes--;
    sys_free(node);
}

static void node_insert(struct tree_node *node, uint32_t at, term key, void *slot) {
    assert_debug(node->count < TREE_FANOUT && at <= node->count);
    uint32_t behind = node->count - at;
    memmove(node->keys + at + 1, node->keys + at, behind * sizeof(term));
    memmove(node->slots + at + 1, node->slots + at, behind * sizeof(void *));
    node->keys[at] = key;
    node->slots[at] = slot;
    node->count++;
}

static void node_remove(struct tree_node *node, uint32_t at) {
    uint32_t behind = node->count - at - 1;
    memmove(node->keys + at, node->keys + at + 1, behind * sizeof(term));
    memmove(node->slots + at, node->slots + at + 1, behind * sizeof(void *));
    node->count--;
}

// Moves the entries from `at` on to the end of `to`.
static void node_move(struct tree_node *to, struct tree_node *from, uint32_t at) {
    uint32_t count = from->count - at;
    memcpy(to->keys + to->count, from->keys + at, count * sizeof(term));
    memcpy(to->slots + to->count, from->slots + at, count * sizeof(void *));
    to->count += count;
    from->count = at;
}

// ---- finding

// The first entry whose key is >= `key`; *equal tells which. A node has count entries, so the answer may be count.
static inline uint32_t node_search(const struct tree_node *node, term key, bool *equal) {
    uint32_t low = 0, high = node->count;
    *equal = false;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        int order = term_compare(node->keys[middle], key);
        if (order == 0) {
            *equal = true;
            return middle;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

// The child to go on in, given where a search in an inner node ended.
static inline uint32_t child_of(uint32_t found, bool equal) {
    return equal || found == 0 ? found : found - 1;
}

// Goes to where `key` is, or would be in its leaf (then at[depth] may be the leaf's count).
static bool descend(const struct tree *tree, struct tree_place *place, term key) {
    struct tree_node *node = tree->root;
    place->depth = tree->depth;
    for (unsigned level = 0;; level++) {
        bool equal;
        uint32_t found = node_search(node, key, &equal);
        place->nodes[level] = node;
        place->at[level] = level == tree->depth ? found : child_of(found, equal);
        if (level == tree->depth)
            return equal;
        node = node->slots[place->at[level]];
    }
}

struct object *tree_find(const struct tree *tree, term key) {
    struct tree_node *node = tree->root;
    if (!node)
        return NULL;
    for (unsigned level = 0;; level++) {
        bool equal;
        uint32_t found = node_search(node, key, &equal);
        if (level == tree->depth)
            return equal ? node->slots[found] : NULL;
        node = node->slots[child_of(found, equal)];
    }
}

// ---- changing

// The first key of the node at `level` is new: so is its parent's key for it, and so on while it is a first one there.
static void first_key_changed(struct tree_place *place, unsigned level) {
    for (; level > 0; level--) {
        term key = place->nodes[level]->keys[0];
        place->nodes[level - 1]->keys[place->at[level - 1]] = key;
        if (place->at[level - 1] > 0)
            return;
    }
}

struct object *tree_replace(struct tree_place *place, term key, struct object *object) {
    struct tree_node *leaf = place->nodes[place->depth];
    uint32_t at = place->at[place->depth];
    struct object *old = leaf->slots[at];
    leaf->keys[at] = key;
    leaf->slots[at] = object;
    if (at == 0)
        first_key_changed(place, place->depth);
    return old;
}

static void root_split(struct tree *tree, struct tree_node *right) {
    struct tree_node *root = node_new(tree);
    node_insert(root, 0, tree->root->keys[0], tree->root);
    node_insert(root, 1, right->keys[0], right);
    tree->root = root;
    tree->depth++;
    assert_always(tree->depth <= TREE_DEPTH_MAX);
}

// Inserts an entry at the place's position in `level`, splitting full nodes upwards.
static void insert_at(struct tree *tree, struct tree_place *place, unsigned level, term key, void *slot) {
    for (;;) {
        struct tree_node *node = place->nodes[level];
        uint32_t at = place->at[level];
        struct tree_node *right = NULL;
        if (node->count == TREE_FANOUT) {
            right = node_new(tree);
            if (at < TREE_FANOUT)
                node_move(right, node, TREE_FANOUT / 2);
        }
        if (right && at >= node->count)
            node_insert(right, at - node->count, key, slot);
        else
            node_insert(node, at, key, slot);
        if (at == 0)
            first_key_changed(place, level);
        if (!right)
            return;
        if (level == 0) {
            root_split(tree, right);
            return;
        }
        key = right->keys[0];
        slot = right;
        level--;
        place->at[level]++;
    }
}

struct object *tree_put(struct tree *tree, term key, struct object *object) {
    if (!tree->root)
        tree->root = node_new(tree);
    struct tree_place place;
    if (descend(tree, &place, key))
        return tree_replace(&place, key, object);
    insert_at(tree, &place, tree->depth, key, object);
    return NULL;
}

// Takes a thin node out of its parent: into a neighbour, or away when it is empty. False when it can stay.
static bool join(struct tree *tree, struct tree_node *parent, uint32_t at) {
    struct tree_node *node = parent->slots[at];
    if (node->count > 0) {
        uint32_t left = at + 1 < parent->count ? at : at - 1; // the left one of two neighbours
        if (parent->count < 2)
            return false;
        struct tree_node *to = parent->slots[left], *from = parent->slots[left + 1];
        if (to->count + from->count > TREE_FANOUT / 2)
            return false;
        node_move(to, from, 0);
        node = from;
        at = left + 1;
    }
    node_remove(parent, at);
    node_free(tree, node);
    return true;
}

static void remove_at(struct tree *tree, struct tree_place *place) {
    unsigned level = place->depth;
    node_remove(place->nodes[level], place->at[level]);
    for (; level > 0; level--) {
        struct tree_node *node = place->nodes[level], *parent = place->nodes[level - 1];
        uint32_t at = place->at[level - 1];
        if (node->count > 0 && parent->keys[at] != node->keys[0])
            first_key_changed(place, level);
        if (!join(tree, parent, at))
            return;
        if (at == 0 && parent->count > 0)
            first_key_changed(place, level - 1);
    }
    while (tree->root && (tree->root->count == 0 || (tree->depth > 0 && tree->root->count == 1))) {
        struct tree_node *root = tree->root;
        tree->root = root->count ? root->slots[0] : NULL;
        tree->depth -= tree->depth > 0;
        node_free(tree, root);
    }
    if (!tree->root)
        tree->depth = 0;
}

struct object *tree_remove(struct tree *tree, term key) {
    struct tree_place place;
    if (!tree->root || !descend(tree, &place, key))
        return NULL;
    struct object *object = tree_object(&place);
    remove_at(tree, &place);
    return object;
}

size_t tree_memory(const struct tree *tree) {
    return (sizeof(struct tree) + tree->nodes * sizeof(struct tree_node)) / sizeof(term);
}

static struct object *dissolve(struct tree *tree, struct tree_node *node, unsigned level, struct object *chain) {
    for (uint32_t i = node->count; i-- > 0;) {
        if (level < tree->depth) {
            chain = dissolve(tree, node->slots[i], level + 1, chain);
        } else {
            struct object *object = node->slots[i];
            object->fragment.next = object_fragment(chain);
            chain = object;
        }
    }
    node_free(tree, node);
    return chain;
}

struct object *tree_dissolve(struct tree *tree) {
    struct object *chain = tree->root ? dissolve(tree, tree->root, 0, NULL) : NULL;
    *tree = (struct tree){};
    return chain;
}

// ---- going through

int tree_compare_term(term key, const void *context) {
    return term_compare(key, *(const term *)context);
}

// The number of leading entries that lie before what is looked for.
static uint32_t count_before(const struct tree_node *node, tree_compare *compare, const void *context, bool or_equal) {
    uint32_t low = 0, high = node->count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        int order = compare(node->keys[middle], context);
        if (order < 0 || (order == 0 && or_equal))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

// Goes behind the last entry that lies before (or, with or_equal, at) what is looked for: to a gap between two objects.
static void seek_gap(const struct tree *tree, struct tree_place *place, tree_compare *compare, const void *context,
                     bool or_equal) {
    struct tree_node *node = tree->root;
    place->depth = tree->depth;
    for (unsigned level = 0;; level++) {
        uint32_t before = count_before(node, compare, context, or_equal);
        place->nodes[level] = node;
        place->at[level] = before;
        if (level == tree->depth)
            return;
        if (before > 0)
            place->at[level] = before - 1;
        node = node->slots[place->at[level]];
    }
}

// From the place's entry at `level` down along the first (or last) children.
static void go_down(struct tree_place *place, unsigned level, bool last) {
    for (; level < place->depth; level++) {
        struct tree_node *child = place->nodes[level]->slots[place->at[level]];
        place->nodes[level + 1] = child;
        place->at[level + 1] = last ? child->count - 1 : 0;
    }
}

bool tree_next(struct tree_place *place) {
    for (unsigned level = place->depth;; level--) {
        if (place->at[level] + 1 < place->nodes[level]->count) {
            place->at[level]++;
            go_down(place, level, false);
            return true;
        }
        if (level == 0)
            return false;
    }
}

bool tree_previous(struct tree_place *place) {
    for (unsigned level = place->depth;; level--) {
        if (place->at[level] > 0) {
            place->at[level]--;
            go_down(place, level, true);
            return true;
        }
        if (level == 0)
            return false;
    }
}

bool tree_seek_after(const struct tree *tree, struct tree_place *place, tree_compare *compare, const void *context,
                     bool or_equal) {
    if (!tree->root)
        return false;
    seek_gap(tree, place, compare, context, !or_equal);
    if (place->at[place->depth] < place->nodes[place->depth]->count)
        return true;
    place->at[place->depth]--;
    return tree_next(place);
}

bool tree_seek_before(const struct tree *tree, struct tree_place *place, tree_compare *compare, const void *context,
                      bool or_equal) {
    if (!tree->root)
        return false;
    seek_gap(tree, place, compare, context, or_equal);
    return tree_previous(place);
}

static bool seek_end(const struct tree *tree, struct tree_place *place, bool last) {
    if (!tree->root)
        return false;
    place->depth = tree->depth;
    place->nodes[0] = tree->root;
    place->at[0] = last ? tree->root->count - 1 : 0;
    go_down(place, 0, last);
    return true;
}

bool tree_seek_first(const struct tree *tree, struct tree_place *place) {
    return seek_end(tree, place, false);
}

bool tree_seek_last(const struct tree *tree, struct tree_place *place) {
    return seek_end(tree, place, true);
}

bool tree_seek_index(const struct tree *tree, struct tree_place *place, size_t index) {
    if (!tree_seek_first(tree, place))
        return false;
    for (;;) {
        uint32_t in_leaf = place->nodes[place->depth]->count;
        if (index < in_leaf) {
            place->at[place->depth] = (uint32_t)index;
            return true;
        }
        index -= in_leaf;
        place->at[place->depth] = in_leaf - 1;
        if (!tree_next(place))
            return false;
    }
}
