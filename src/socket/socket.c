// The life of sockets, and who owns them.
//
// The owner is monitored under the socket's own number: its end is told through vm.hooks.socket_owner_gone with that
// number, which is looked up in a hash table of the open ones. A socket that is not there has ended meanwhile.

#include "socket/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proc/raise.h"
#include "socket/turn.h"
#include "sys/sys.h"
#include "term/atom.h"
#include "term/map.h"
#include "vm.h"

#define BUCKETS 1024 // a power of two

// ---- references ---------------------------------------------------------------------------------------------------

static void socket_destroy(struct shared_binary *shared);

static struct shared_binary *shared_of(struct socket *socket) {
    return (struct shared_binary *)((uint8_t *)socket - SHARED_BINARY_HEAD);
}

struct socket *socket_of(term reference) {
    if (!is_kind(reference, KIND_MAGIC_REFERENCE))
        return NULL;
    struct shared_binary *shared = (struct shared_binary *)boxed(reference)[2];
    return shared->destroy == socket_destroy ? (struct socket *)shared->bytes : NULL;
}

term socket_reference(struct heap *heap, struct socket *socket) {
    socket_retain(socket);
    return heap_magic_reference_of(heap, shared_of(socket), socket->ids);
}

void socket_retain(struct socket *socket) {
    shared_binary_retain(shared_of(socket));
}

static void release(void *socket) {
    shared_binary_release(shared_of(socket));
}

void socket_release(struct socket *socket) {
    release(socket);
}

void socket_release_later(struct socket *socket) {
    epoch_retire(socket, release);
}

bool socket_try_retain(struct socket *socket) {
    return shared_binary_try_retain(shared_of(socket));
}

// ---- the open ones ------------------------------------------------------------------------------------------------

// Which of the node's counters count it.
static void count_kinds(const struct socket *socket, int by) {
    uint64_t *counts = vm.sockets->counts, step = (uint64_t)(int64_t)by;
    counts[KIND_SOCKETS] += step;
    counts[KIND_INET] += socket->domain == AF_INET ? step : 0;
    counts[KIND_INET6] += socket->domain == AF_INET6 ? step : 0;
    counts[KIND_LOCAL] += socket->domain == AF_UNIX ? step : 0;
    counts[KIND_STREAM] += socket->type == SOCK_STREAM ? step : 0;
    counts[KIND_DGRAM] += socket->type == SOCK_DGRAM ? step : 0;
    counts[KIND_SEQPACKET] += socket->type == SOCK_SEQPACKET ? step : 0;
    counts[KIND_IP] += socket->protocol == IPPROTO_IP ? step : 0;
    counts[KIND_SCTP] += socket->protocol == IPPROTO_SCTP ? step : 0;
    counts[KIND_TCP] += socket->protocol == IPPROTO_TCP ? step : 0;
    counts[KIND_UDP] += socket->protocol == IPPROTO_UDP ? step : 0;
}

static struct socket **place_of(const uint32_t ids[3]) {
    struct socket **at = &vm.sockets->buckets[ids[0] & (BUCKETS - 1)];
    while (*at && memcmp((*at)->ids, ids, sizeof(*at)->ids) != 0)
        at = &(*at)->next;
    return at;
}

static void insert(struct socket *socket) {
    mutex_lock(&vm.sockets->lock);
    struct socket **bucket = &vm.sockets->buckets[socket->ids[0] & (BUCKETS - 1)];
    socket->next = *bucket;
    *bucket = socket;
    count_kinds(socket, 1);
    mutex_unlock(&vm.sockets->lock);
}

static void take_out(struct socket *socket) {
    mutex_lock(&vm.sockets->lock);
    struct socket **place = place_of(socket->ids);
    if (*place) {
        *place = socket->next;
        count_kinds(socket, -1);
    }
    mutex_unlock(&vm.sockets->lock);
}

// ---- the owner ----------------------------------------------------------------------------------------------------

// OTP's registry process is told of those that are to be registered.
static void tell_registry(struct socket *socket, term what) {
    term registry = atomic_load(&vm.sockets->registry);
    if (!socket->registered || registry == ATOM_undefined)
        return;
    struct heap builder = {0};
    struct epoch_member *visit = epoch_visit();
    term named = heap_tuple_of(&builder, 2, ATOM_socket_tag, socket_reference(&builder, socket));
    proc_send_built(registry, &builder, heap_tuple_of(&builder, 3, ATOM_socket_tag, what, named));
    epoch_visit_end(visit);
}

void socket_register(struct socket *socket) {
    bool was = socket->registered;
    socket->registered = true;
    if (!was)
        tell_registry(socket, ATOM_add);
}

// ---- opening ------------------------------------------------------------------------------------------------------

term socket_new(struct process *owner, int descriptor, const struct socket_options *options) {
    struct shared_binary *shared = shared_binary_new(sizeof(struct socket));
    struct socket *socket = (struct socket *)shared->bytes;
    shared->destroy = socket_destroy;
    *socket = (struct socket){.descriptor = descriptor,
                              .domain = options->domain,
                              .type = options->type,
                              .protocol = options->protocol,
                              .given = options->given,
                              .owner = owner->pid,
                              .transfers = options->transfers,
                              .debug = options->debug,
                              .registered = options->registered,
                              .meta = ATOM_undefined,
                              .file.descriptor = -1};
    mutex_init(&socket->lock);
    heap_reference_ids(socket->ids);
    socket->source = (struct poll_source){descriptor, socket_ready, 0};
    for (int side = 0; side < SIDE_COUNT; side++)
        socket->sides[side].queue_end = &socket->sides[side].queue;
    socket->sides[SIDE_WRITE].states = options->connected ? SOCKET_CONNECTED : 0;
    term reference = heap_magic_reference_of(&owner->heap, shared, socket->ids);
    insert(socket);
    visit_monitor(owner->pid, ATOM_socket, socket->ids);
    tell_registry(socket, ATOM_add);
    return reference;
}

struct socket *socket_enter(struct process *self, term reference, term *answer) {
    struct socket *socket = socket_of(reference);
    if (!socket) {
        *answer = raise_badarg(self);
        return NULL;
    }
    mutex_lock(&socket->lock);
    if (socket->descriptor >= 0)
        return socket;
    mutex_unlock(&socket->lock);
    *answer = heap_tuple_of(&self->heap, 2, ATOM_error, ATOM_closed);
    return NULL;
}

void socket_leave(struct socket *socket) {
    mutex_unlock(&socket->lock);
}

void socket_end_file(struct socket *socket) {
    if (socket->file.descriptor >= 0)
        close(socket->file.descriptor);
    socket->file.descriptor = -1;
}

// ---- closing ------------------------------------------------------------------------------------------------------

// Ends all waiting; the descriptor, which nobody uses any more, is the caller's to close. -1 when it was closed before.
static int detach(struct socket *socket, unsigned states) {
    mutex_lock(&socket->lock);
    int descriptor = socket->descriptor;
    term owner = socket->owner;
    if (descriptor >= 0) {
        for (int side = 0; side < SIDE_COUNT; side++) {
            socket_abort_all(socket, side, ATOM_closed);
            socket->sides[side].states |= states;
        }
        socket_end_file(socket);
        socket->descriptor = -1;
        socket->owner = ATOM_undefined;
    }
    mutex_unlock(&socket->lock);
    if (descriptor < 0)
        return -1;
    poll_disarm(&socket->source);
    take_out(socket);
    visit_demonitor(owner, ATOM_socket, socket->ids); // unless it has ended
    tell_registry(socket, ATOM_del);
    return descriptor;
}

bool socket_close(struct process *self, struct socket *socket) {
    int descriptor = detach(socket, SOCKET_CLOSING);
    if (descriptor < 0)
        return false;
    struct linger linger = {0};
    socklen_t size = sizeof linger;
    bool lingers = getsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, &size) == 0 && linger.l_onoff;
    if (lingers) { // until what was sent has arrived
        fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) & ~O_NONBLOCK);
        proc_slow_enter(self, SLOW_BLOCKS);
    }
    close(descriptor);
    if (lingers)
        proc_slow_leave(self);
    return true;
}

// Nobody waits for it to linger: the system sends in the background what is left.
static void close_unattended(int descriptor) {
    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &(struct linger){0}, sizeof(struct linger));
    close(descriptor);
}

// The end of its owner, unless it has another one by now.
static void orphaned(struct socket *socket, term pid) {
    mutex_lock(&socket->lock);
    bool ends = socket->owner == pid;
    if (ends)
        socket->owner = ATOM_undefined;
    mutex_unlock(&socket->lock);
    int descriptor = ends ? detach(socket, SOCKET_CLOSING | SOCKET_CLOSED) : -1;
    if (descriptor >= 0)
        close_unattended(descriptor);
}

void socket_set_owner(struct socket *socket, term pid) {
    mutex_lock(&socket->lock);
    term before = socket->owner;
    bool changes = socket->descriptor >= 0 && before != pid;
    if (changes)
        socket->owner = pid;
    mutex_unlock(&socket->lock);
    if (!changes)
        return;
    visit_demonitor(before, ATOM_socket, socket->ids);
    if (!visit_monitor(pid, ATOM_socket, socket->ids))
        orphaned(socket, pid);
}

static void owner_gone(uint64_t reference, uint64_t pid) {
    const term *words = boxed(reference);
    uint32_t ids[3] = {(uint32_t)words[1], (uint32_t)(words[1] >> 32), (uint32_t)words[2]};
    mutex_lock(&vm.sockets->lock);
    struct socket *socket = *place_of(ids);
    if (socket && !socket_try_retain(socket))
        socket = NULL;
    mutex_unlock(&vm.sockets->lock);
    if (!socket)
        return;
    orphaned(socket, pid);
    socket_release(socket);
}

// Nobody waits: those who do hold a reference.
static void socket_destroy(struct shared_binary *shared) {
    struct socket *socket = (struct socket *)shared->bytes;
    if (socket->descriptor >= 0) {
        poll_disarm(&socket->source);
        take_out(socket);
        visit_demonitor(socket->owner, ATOM_socket, socket->ids);
        close_unattended(socket->descriptor);
    }
    socket_end_file(socket);
    heap_free(&socket->meta_heap);
    pthread_mutex_destroy(&socket->lock);
}

// ---- all of them --------------------------------------------------------------------------------------------------

void sockets_init(void) {
    struct sockets *sockets = sys_alloc_zero(sizeof *sockets);
    sockets->buckets = sys_alloc_zero(BUCKETS * sizeof *sockets->buckets);
    mutex_init(&sockets->lock);
    atomic_store(&sockets->use_registry, true);
    atomic_store(&sockets->registry, ATOM_undefined);
    vm.sockets = sockets;
    vm.hooks.socket_owner_gone = owner_gone;
}

static bool boolean_option(term options, term key) {
    return map_get(options, key) == ATOM_true;
}

void sockets_load(term options) {
    if (!is_map(options))
        return;
    term registry = map_get(options, ATOM_registry);
    if (registry != NONE && is_local_pid(registry))
        atomic_store(&vm.sockets->registry, registry);
    if (map_get(options, ATOM_use_registry) == ATOM_false)
        atomic_store(&vm.sockets->use_registry, false);
    atomic_store(&vm.sockets->debug, boolean_option(options, ATOM_debug));
    atomic_store(&vm.sockets->socket_debug, boolean_option(options, ATOM_socket_debug));
}
