// Sequential tracing.

#include "proc/sequence.h"

#include "proc/extra.h"
#include "proc/signal.h"
#include "proc/trace.h"
#include "proc/tracer.h"
#include "vm.h"

enum { TOKEN_FLAGS = 1, TOKEN_LABEL, TOKEN_SERIAL, TOKEN_FROM, TOKEN_PREVIOUS, TOKEN_ARITY = TOKEN_PREVIOUS };

// ---- the process's token ------------------------------------------------------------------------------------------

struct sequence *sequence_make(struct process *self) {
    struct sequence *sequence = &process_extra(self)->sequence;
    if (!(self->flags & FLAG_SEQUENCED)) {
        *sequence = (struct sequence){.from = self->pid, .label = SMALL(0)};
        self->flags |= FLAG_SEQUENCED;
    }
    return sequence;
}

static void store(struct sequence *sequence, term label, term from) {
    struct heap storage = {0};
    label = is_pointer(label) ? heap_copy_all(&storage, label) : label;
    from = is_pointer(from) ? heap_copy_all(&storage, from) : from;
    heap_free(&sequence->storage); // after the copies: the new terms may be the old ones
    sequence->storage = storage;
    sequence->label = label;
    sequence->from = from;
}

void sequence_set_label(struct sequence *sequence, term label) {
    store(sequence, label, sequence->from);
}

void sequence_free(struct sequence *sequence) {
    heap_free(&sequence->storage);
}

void sequence_clear(struct process *self) {
    if (self->flags & FLAG_SEQUENCED)
        sequence_free(&self->extra->sequence);
    self->flags &= ~(uint32_t)FLAG_SEQUENCED;
}

static term token_make(const struct sequence *sequence, struct heap *heap) {
    term label = is_pointer(sequence->label) ? heap_copy(heap, sequence->label) : sequence->label;
    term from = is_pointer(sequence->from) ? heap_copy(heap, sequence->from) : sequence->from;
    return heap_tuple_of(heap, TOKEN_ARITY, SMALL(sequence->flags), label, SMALL(sequence->serial), from,
                         SMALL(sequence->previous));
}

bool sequence_is_token(term token) {
    return is_tuple_of(token, TOKEN_ARITY) && is_small(tuple_element(token, TOKEN_FLAGS)) &&
           is_small(tuple_element(token, TOKEN_SERIAL)) && is_small(tuple_element(token, TOKEN_PREVIOUS)) &&
           is_pid(tuple_element(token, TOKEN_FROM));
}

term sequence_token(const struct process *self, struct heap *heap) {
    return self->flags & FLAG_SEQUENCED ? token_make(&self->extra->sequence, heap) : NIL;
}

// ---- telling ------------------------------------------------------------------------------------------------------

static bool is_tracer(const struct process *self) {
    return atomic_load(&vm.sequential_tracer) == self->pid;
}

// A process that tells of a message gives out a new serial. The tracer itself passes tokens on as they are.
static void count(struct process *self) {
    struct sequence *sequence = &self->extra->sequence;
    if (is_tracer(self))
        return;
    sequence->serial = ++sequence->clock;
    sequence->previous = sequence->last;
    sequence->from = self->pid;
}

static uint32_t timestamp_flags(uint32_t flags) {
    return (flags & SEQUENCE_TIMESTAMP ? TRACE_TIMESTAMP : 0) |
           (flags & SEQUENCE_STRICT_MONOTONIC_TIMESTAMP ? TRACE_STRICT_MONOTONIC_TIMESTAMP : 0) |
           (flags & SEQUENCE_MONOTONIC_TIMESTAMP ? TRACE_MONOTONIC_TIMESTAMP : 0);
}

// {seq_trace, Label, {Kind, {Previous, Serial}, From, To, Message}}, perhaps with a timestamp behind.
static bool tell(struct process *self, enum sequence_flag flag, term kind, term to, term message) {
    const struct sequence *sequence = &self->extra->sequence;
    term tracer = atomic_load(&vm.sequential_tracer);
    if (!(sequence->flags & flag) || !tracer || is_tracer(self))
        return false;
    struct heap builder = {0};
    term serials = heap_tuple_of(&builder, 2, SMALL(sequence->previous), SMALL(sequence->serial));
    term copy = is_pointer(message) ? heap_copy(&builder, message) : message;
    term from = is_pointer(sequence->from) ? heap_copy(&builder, sequence->from) : sequence->from;
    term event = heap_tuple_of(&builder, 5, kind, serials, from, is_pointer(to) ? heap_copy(&builder, to) : to, copy);
    term label = is_pointer(sequence->label) ? heap_copy(&builder, sequence->label) : sequence->label;
    uint32_t stamp = timestamp_flags(sequence->flags);
    if (tracer_is_module(tracer)) {
        bool served = tracer_module_tell(tracer, stamp, label, 2, (term[]){ATOM_seq_trace, event});
        heap_free(&builder);
        return served;
    }
    term words = stamp ? heap_tuple_of(&builder, 4, ATOM_seq_trace, label, event, trace_timestamp(&builder, stamp))
                       : heap_tuple_of(&builder, 3, ATOM_seq_trace, label, event);
    if (!is_local_port(tracer))
        return proc_send_built(tracer, &builder, words);
    bool told = vm.hooks.port_tell(tracer, words);
    heap_free(&builder);
    return told;
}

// ---- events -------------------------------------------------------------------------------------------------------

void sequence_sent(struct process *self, struct signal *signal, term to, term message) {
    count(self);
    tell(self, SEQUENCE_SEND, ATOM_send, to, message);
    struct heap builder = {0};
    signal->token = token_make(&self->extra->sequence, &builder);
    signal_adopt(signal, &builder);
}

term sequence_sent_remote(struct process *self, term to, term message) {
    count(self);
    tell(self, SEQUENCE_SEND, ATOM_send, to, message);
    return token_make(&self->extra->sequence, &self->heap);
}

void sequence_received(struct process *self, const struct signal *message) {
    if (message->token == NIL) {
        sequence_clear(self);
        return;
    }
    const term *token = boxed(message->token);
    struct sequence *sequence = sequence_make(self);
    sequence->flags = (uint32_t)small_value(token[TOKEN_FLAGS]);
    sequence->serial = sequence->last = small_value(token[TOKEN_SERIAL]);
    sequence->previous = small_value(token[TOKEN_PREVIOUS]);
    store(sequence, token[TOKEN_LABEL], token[TOKEN_FROM]);
    if (sequence->clock < sequence->serial)
        sequence->clock = sequence->serial;
    tell(self, SEQUENCE_RECEIVE, ATOM_receive, self->pid, message->value);
}

// Spawning counts as a request to the child and its reply, which are not told.
void sequence_spawned(struct process *parent, struct process *child) {
    count(parent);
    const struct sequence *from = &parent->extra->sequence;
    struct sequence *sequence = sequence_make(child);
    sequence->flags = from->flags;
    sequence->clock = sequence->last = from->serial;
    sequence_set_label(sequence, from->label);
    count(child);
}

bool sequence_print(struct process *self, term what) {
    if (!(self->flags & FLAG_SEQUENCED))
        return false;
    count(self);
    return tell(self, SEQUENCE_PRINT, ATOM_print, NIL, what);
}
