// Options of sockets: which there are, their numbers, and the forms of their values.
//
// A name without a number is one that socket.erl knows and OTP 25 does not support on this system.

#ifndef PURLIN_SOCKET_OPTION_H
#define PURLIN_SOCKET_OPTION_H

#include <sys/socket.h>

#include "heap/heap.h"

#define OPTION_ROOM 512 // bytes that any value takes, but a list of addresses

// How the value of an option is written, in the system's memory and as a term.
struct option_form {
    size_t room; // bytes that the system fills
    // NULL: cannot be read
    term (*decode)(struct heap *heap, const uint8_t *bytes, size_t size);
    // Bytes written, or -1 when the term is no such value. NULL: cannot be written.
    ptrdiff_t (*encode)(term value, uint8_t *bytes);
};

struct socket_option {
    int level, number; // number -1: not supported
    term name;
    const struct option_form *form;
};
extern const struct socket_option socket_options_known[]; // in the order of levels
extern const size_t socket_option_count;

// NULL when there is none of that number.
const struct socket_option *socket_option_find(int level, int number);

#endif
