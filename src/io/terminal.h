// A line on a terminal that is being edited: what is on the screen since the last newline, and where the cursor is.
//
// Characters are counted as Erlang code counts them, one a code point; columns are the terminal's. What to send to the
// terminal is appended to `out`.
//
//   position   character before which the cursor stands, 0..length
//   row        column / width, below the row in which the line begins
//
// The cursor is never left behind the last column, where terminals differ: a full row is followed by the start of the
// next.

#ifndef PURLIN_IO_TERMINAL_H
#define PURLIN_IO_TERMINAL_H

#include "term/print.h"

// What to send for a step of the cursor.
struct terminal_steps {
    const char *up, *down, *left, *right;
};

struct terminal {
    struct terminal_steps steps;
    bool utf8;      // else Latin-1
    unsigned width; // columns
    uint32_t *line;
    size_t length, position, room; // characters
    struct text out;
};

// Bytes are UTF-8; what is malformed counts as Latin-1.
void terminal_put(struct terminal *terminal, const uint8_t *bytes, size_t size); // over what is there
void terminal_insert(struct terminal *terminal, const uint8_t *bytes, size_t size);
void terminal_delete(struct terminal *terminal, int count); // forwards, or, below zero, backwards
void terminal_move(struct terminal *terminal, int count);
void terminal_free(struct terminal *terminal);

#endif
