// The mailbox, and the markers that let a receive skip what came before its reference was made.

#include "proc/mailbox.h"

#include "proc/extra.h"
#include "proc/saved_calls.h"
#include "proc/signal.h"
#include "sys/sys.h"

void mailbox_append(struct process *self, struct signal *message) {
    message->next = NULL;
    *self->mailbox_end = message;
    self->mailbox_end = &message->next;
    self->mailbox_length++;
    self->flags &= ~(uint32_t)FLAG_RECEIVING;
}

// For those who watch the process.
static void show_receiving(struct process *self, struct signal *message) {
    saved_calls_note(self, ATOM_receive);
    if (message->token != NIL || (self->flags & FLAG_SEQUENCED))
        sequence_received(self, message);
}

void mailbox_remove(struct process *self) {
    struct signal *message = *self->mailbox_save;
    if (message->token != NIL || (self->flags & (FLAG_SEQUENCED | FLAG_SAVES_CALLS)))
        show_receiving(self, message);
    if (self->extra) {
        for (size_t i = 0; i < MARKERS; i++) {
            if (self->extra->markers[i].place == &message->next)
                self->extra->markers[i].place = self->mailbox_save;
        }
    }
    *self->mailbox_save = message->next;
    if (self->mailbox_end == &message->next)
        self->mailbox_end = self->mailbox_save;
    self->mailbox_length--;
    self->mailbox_save = &self->mailbox;
    if (message->fragment.words == 0 && !message->fragment.next)
        fragment_free(&message->fragment); // an atom or a number: nothing of it lies there
    else
        heap_adopt_fragment(&self->heap, &message->fragment);
}

void mailbox_detach(struct process *self) {
    struct signal *message = *self->mailbox_save;
    struct signal *copy = proc_signal_new(message->kind, message->from, message->value, message->reference);
    struct heap builder = {};
    copy->token = message->token == NIL ? NIL : heap_copy(&builder, message->token);
    signal_adopt(copy, &builder);
    for (size_t i = 0; self->extra && i < MARKERS; i++)
        if (self->extra->markers[i].place == &message->next)
            self->extra->markers[i].place = &copy->next;
    if (self->mailbox_end == &message->next)
        self->mailbox_end = &copy->next;
    copy->next = message->next;
    *self->mailbox_save = copy;
    heap_adopt_fragment(&self->heap, &message->fragment);
}

static uint64_t reference_number(term reference) {
    return boxed(reference)[1] ^ (boxed(reference)[2] << 32);
}

static struct mailbox_marker *marker_of(struct process *self, term reference) {
    if (!self->extra || !is_kind(reference, KIND_REFERENCE))
        return NULL;
    for (size_t i = 0; i < MARKERS; i++) {
        struct mailbox_marker *marker = &self->extra->markers[i];
        if (marker->place && marker->bound && marker->number == reference_number(reference))
            return marker;
    }
    return NULL;
}

void mailbox_marker_reserve(struct process *self) {
    struct process_extra *extra = process_extra(self);
    extra->marker_next = (extra->marker_next + 1) % MARKERS;
    // What is in the inbox now may lie behind the marker too: that only makes the search a little longer.
    extra->markers[extra->marker_next] = (struct mailbox_marker){.place = self->mailbox_end};
}

void mailbox_marker_bind(struct process *self, term reference) {
    struct process_extra *extra = process_extra(self);
    struct mailbox_marker *marker = &extra->markers[extra->marker_next];
    if (!marker->place || marker->bound || !is_kind(reference, KIND_REFERENCE))
        return;
    marker->bound = true;
    marker->number = reference_number(reference);
}

void mailbox_marker_use(struct process *self, term reference) {
    struct mailbox_marker *marker = marker_of(self, reference);
    if (marker && self->mailbox_save == &self->mailbox)
        self->mailbox_save = marker->place;
}

void mailbox_marker_clear(struct process *self, term reference) {
    struct mailbox_marker *marker = marker_of(self, reference);
    if (marker)
        marker->place = NULL;
}

void mailbox_copy_literals(struct process *self) {
    for (struct signal *message = self->mailbox; message; message = message->next) {
        if (!heap_refers_to_purged(message->value))
            continue;
        struct heap builder = {};
        message->value = heap_copy(&builder, message->value); // the message's fragments now include the copy's
        signal_adopt(message, &builder);
    }
}
