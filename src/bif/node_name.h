// Names of nodes.

#ifndef PURLIN_BIF_NODE_NAME_H
#define PURLIN_BIF_NODE_NAME_H

#include "term/atom.h"

// Name@Host, with one @ and something on either side.
static inline bool is_node_name(term name) {
    if (!is_atom(name))
        return false;
    struct atom_text text = atom_text(name);
    const char *bytes = (const char *)text.bytes, *at = memchr(bytes, '@', text.size);
    return at && at > bytes && at < bytes + text.size - 1 && !memchr(at + 1, '@', (size_t)(bytes + text.size - at) - 1);
}

#endif
