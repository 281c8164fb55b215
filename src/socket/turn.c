// Whose turn it is to read and to write, and who waits for it.

#include "socket/turn.h"

#include "io/posix_error.h"
#include "sys/sys.h"
#include "term/atom.h"
#include "term/compare.h"

static const unsigned side_events[SIDE_COUNT] = {POLL_READ, POLL_WRITE};

// ---- waiters ------------------------------------------------------------------------------------------------------

// One that waits keeps the socket.
static struct socket_waiter *waiter_new(struct socket *socket, term pid, term handle) {
    struct socket_waiter *waiter = sys_alloc_zero(sizeof *waiter);
    waiter->pid = pid;
    waiter->handle = heap_copy_all(&waiter->heap, handle);
    socket_retain(socket);
    return waiter;
}

static void waiter_free(struct socket *socket, struct socket_waiter *waiter) {
    heap_free(&waiter->heap);
    sys_free(waiter);
    socket_release(socket); // never the last: whoever calls has one
}

static bool waiter_tell(struct socket *socket, const struct socket_waiter *waiter, term what, term reason) {
    struct heap builder = {0};
    struct epoch_member *visit = epoch_visit();
    term named = heap_tuple_of(&builder, 2, ATOM_socket_tag, socket_reference(&builder, socket));
    term handle = heap_copy(&builder, waiter->handle);
    term info = what == ATOM_select ? handle : heap_tuple_of(&builder, 2, handle, reason);
    bool told = proc_send_built(waiter->pid, &builder, heap_tuple_of(&builder, 4, ATOM_socket_tag, named, what, info));
    epoch_visit_end(visit);
    return told;
}

// ---- a side -------------------------------------------------------------------------------------------------------

static void side_note(struct socket_side *side, enum socket_side_name name) {
    unsigned state = name == SIDE_READ ? SOCKET_ACCEPTING : SOCKET_CONNECTING;
    if (side->current && side->purpose == PURPOSE_ESTABLISH)
        side->states |= state;
    else
        side->states &= ~state;
}

static void drop_current(struct socket *socket, struct socket_side *side) {
    if (side->current)
        waiter_free(socket, side->current);
    side->current = NULL;
    side->armed = false;
}

static struct socket_waiter *queue_take(struct socket_side *side, struct socket_waiter **place) {
    struct socket_waiter *waiter = *place;
    *place = waiter->next;
    if (!*place)
        side->queue_end = place;
    waiter->next = NULL;
    return waiter;
}

static struct socket_waiter **queue_find(struct socket_side *side, term pid, term handle) {
    struct socket_waiter **at = &side->queue;
    while (*at && !((*at)->pid == pid && (handle == NONE || term_same((*at)->handle, handle))))
        at = &(*at)->next;
    return *at ? at : NULL;
}

static int arm(struct socket *socket, enum socket_side_name name) {
    struct socket_side *side = &socket->sides[name];
    int error = poll_arm(&socket->source, side_events[name]);
    side->armed = !error;
    side->states |= SOCKET_SELECTED;
    return error;
}

// It is the next one's turn who is still there, and who will be told when to try.
static void next_turn(struct socket *socket, enum socket_side_name name) {
    struct socket_side *side = &socket->sides[name];
    assert_debug(!side->current);
    while (side->queue && !side->current) {
        struct socket_waiter *waiter = queue_take(side, &side->queue);
        if (visit_is_alive(waiter->pid) && !arm(socket, name))
            side->current = waiter;
        else
            waiter_free(socket, waiter);
    }
    side_note(side, name);
}

// ---- the poller calls ---------------------------------------------------------------------------------------------

void socket_ready(struct poll_source *source, unsigned events) {
    struct socket *socket = (struct socket *)source;
    if (!socket_try_retain(socket)) // it is being destroyed, and waits for this call to return
        return;
    mutex_lock(&socket->lock);
    for (int name = 0; name < SIDE_COUNT; name++) {
        struct socket_side *side = &socket->sides[name];
        if (side->armed && (events & side_events[name])) {
            side->armed = false;
            if (!waiter_tell(socket, side->current, ATOM_select, NONE))
                socket_pass(socket, name);
        }
    }
    for (int name = 0; name < SIDE_COUNT; name++)
        if (socket->sides[name].armed)
            arm(socket, name);
    mutex_unlock(&socket->lock);
    socket_release_later(socket);
}

// ---- turns --------------------------------------------------------------------------------------------------------

void socket_forget_ended(struct socket *socket, enum socket_side_name name) {
    struct socket_side *side = &socket->sides[name];
    for (struct socket_waiter **place = &side->queue; *place;) {
        if (visit_is_alive((*place)->pid))
            place = &(*place)->next;
        else
            waiter_free(socket, queue_take(side, place));
    }
    if (side->current && !visit_is_alive(side->current->pid))
        socket_pass(socket, name);
}

enum socket_turn socket_turn(struct socket *socket, enum socket_side_name name, enum socket_purpose purpose,
                             const struct process *self, term handle) {
    struct socket_side *side = &socket->sides[name];
    socket_forget_ended(socket, name);
    if (!side->current)
        return TURN_MINE;
    if (side->purpose != purpose)
        return TURN_REFUSED;
    if (side->current->pid == self->pid)
        return TURN_MINE;
    if (queue_find(side, self->pid, NONE))
        return TURN_AGAIN;
    struct socket_waiter *waiter = waiter_new(socket, self->pid, handle);
    *side->queue_end = waiter;
    side->queue_end = &waiter->next;
    return TURN_LATER;
}

int socket_wait(struct socket *socket, enum socket_side_name name, enum socket_purpose purpose,
                const struct process *self, term handle) {
    struct socket_side *side = &socket->sides[name];
    assert_debug(!side->current || side->current->pid == self->pid);
    drop_current(socket, side);
    int error = arm(socket, name);
    if (error) {
        socket_abort(socket, name, posix_error_atom(error));
        return error;
    }
    side->current = waiter_new(socket, self->pid, handle);
    side->purpose = purpose;
    side_note(side, name);
    return 0;
}

void socket_pass(struct socket *socket, enum socket_side_name name) {
    struct socket_side *side = &socket->sides[name];
    drop_current(socket, side);
    next_turn(socket, name);
}

void socket_abort_all(struct socket *socket, enum socket_side_name name, term reason) {
    struct socket_side *side = &socket->sides[name];
    unsigned states = side->states;
    if (side->current)
        waiter_tell(socket, side->current, ATOM_abort, reason);
    socket_abort(socket, name, reason);
    side->states = states; // they tell what it was used for when it ended
}

void socket_abort(struct socket *socket, enum socket_side_name name, term reason) {
    struct socket_side *side = &socket->sides[name];
    drop_current(socket, side);
    while (side->queue) {
        struct socket_waiter *waiter = queue_take(side, &side->queue);
        waiter_tell(socket, waiter, ATOM_abort, reason);
        waiter_free(socket, waiter);
    }
    side_note(side, name);
}

term socket_cancel(struct socket *socket, enum socket_side_name name, enum socket_purpose purpose,
                   const struct process *self, term handle) {
    struct socket_side *side = &socket->sides[name];
    if (!side->current || side->purpose != purpose)
        return ATOM_not_found;
    if (side->current->pid == self->pid && term_same(side->current->handle, handle)) {
        bool sent = !side->armed;
        socket_pass(socket, name);
        return sent ? ATOM_select_sent : ATOM_ok;
    }
    struct socket_waiter **place = queue_find(side, self->pid, handle);
    if (!place)
        return ATOM_not_found;
    waiter_free(socket, queue_take(side, place));
    return ATOM_ok;
}

size_t socket_waiting(const struct socket *socket, enum socket_side_name name, enum socket_purpose purpose) {
    const struct socket_side *side = &socket->sides[name];
    size_t count = 0;
    if (side->current && side->purpose == purpose) {
        count++;
        for (const struct socket_waiter *at = side->queue; at; at = at->next)
            count++;
    }
    return count;
}
