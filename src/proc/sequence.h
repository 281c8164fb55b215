// Sequential tracing: a token that goes with a process's messages, so that what follows from one of them can be told.
//
// A token is {Flags, Label, Serial, From, Previous}. It lies in a message's memory (struct signal's `token`), and with
// a process outside its heap: the label is any term. FLAG_SEQUENCED says that a process has one. A message received
// gives the process its token, one without takes it away.

#ifndef PURLIN_PROC_SEQUENCE_H
#define PURLIN_PROC_SEQUENCE_H

#include "proc/proc.h"

enum sequence_flag { // the numbers that programs see
    SEQUENCE_SEND = 1,
    SEQUENCE_RECEIVE = 2,
    SEQUENCE_PRINT = 4,
    SEQUENCE_TIMESTAMP = 8,
    SEQUENCE_STRICT_MONOTONIC_TIMESTAMP = 16,
    SEQUENCE_MONOTONIC_TIMESTAMP = 32,
};

// In struct process_extra.
struct sequence {
    uint32_t flags;
    int64_t serial, previous; // the token's
    int64_t clock, last;      // the process's own: the last serial it gave out, and the last one it received
    term from, label;
    struct heap storage; // of label and from
};

// The process's token; made, with nothing set, if there is none.
struct sequence *sequence_make(struct process *self);
void sequence_set_label(struct sequence *sequence, term label);
// Whether a term from another node is a token.
bool sequence_is_token(term token);
void sequence_clear(struct process *self);
void sequence_free(struct sequence *sequence);
// The token as a term, or NIL.
term sequence_token(const struct process *self, struct heap *heap);

// Before a message of the process is sent: tells the tracer; the token to go with it is put into the signal.
void sequence_sent(struct process *self, struct signal *signal, term to, term message);
// The same for a message to another node: returns the token, in the process's heap.
term sequence_sent_remote(struct process *self, term to, term message);
// A message is taken out of the mailbox.
void sequence_received(struct process *self, const struct signal *message);
void sequence_spawned(struct process *parent, struct process *child);
// seq_trace:print/1,2; false when it is not told.
bool sequence_print(struct process *self, term what);

#endif
