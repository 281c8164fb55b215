// epmd's server: one thread, one poll. Whoever connects is a stranger until it has sent a whole request in time.

#define _GNU_SOURCE // accept4
#include "tool/epmd.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sys/sys.h"
#include "term/bits.h"
#include "tool/systemd.h"

#define LISTENERS_MAX 32
#define REQUEST_MAX 2048        // bytes behind the size; a name and extra at their longest do not fit together
#define NAME_CHARACTERS_MAX 255 // OTP's limits
#define EXTRA_BYTES_MAX 1020
#define DESCRIPTORS_RESERVED 64 // for listeners, standard streams and whatever we inherited
#define GONE_MAX 1000           // names that are remembered
#define SECOND 1000000000

enum client_state {
    CLIENT_STRANGER, // has to send a request until its deadline
    CLIENT_NODE,     // has registered a name, which is taken until the connection ends
    CLIENT_LEAVING,  // has to read its answer until its deadline
};

struct client {
    int descriptor;
    enum client_state state;
    bool is_local;
    int64_t deadline;
    size_t size; // of the request so far
    uint8_t request[2 + REQUEST_MAX];
    uint8_t *output;
    size_t output_size, output_sent;
    // Of a node: who registered before it, and parts of its request.
    struct client *older;
    const uint8_t *details; // port:16, type, protocol, highest:16, lowest:16
    const uint8_t *name, *extra;
    size_t name_size, extra_size;
};

#define NODE_DETAILS 8

// Of a node that has been here.
struct gone_name {
    struct gone_name *next; // that went after it
    size_t port;
    int descriptor;
    size_t size;
    uint8_t name[];
};

struct server {
    const struct epmd_options *options;
    int listeners[LISTENERS_MAX];
    size_t listener_count;
    struct client **clients;
    size_t count, room, limit;
    struct client *nodes;   // those of the clients that are, the newest first
    struct gone_name *gone; // who went first
    size_t gone_count;
    uint32_t creation;
    bool ended;
};

__attribute__((format(printf, 2, 3))) static void say(const struct server *server, const char *format, ...) {
    if (!server->options->debug)
        return;
    va_list list;
    va_start(list, format);
    fputs("epmd: ", stderr);
    vfprintf(stderr, format, list);
    fputc('\n', stderr);
    va_end(list);
}

// ---- listening ----------------------------------------------------------------------------------------------------

static bool listen_on(struct server *server, const char *text) {
    struct sockaddr_in ip4 = {.sin_family = AF_INET, .sin_port = htons(server->options->port)};
    struct sockaddr_in6 ip6 = {.sin6_family = AF_INET6, .sin6_port = htons(server->options->port)};
    bool is_ip4 = inet_pton(AF_INET, text, &ip4.sin_addr) == 1;
    if (!is_ip4 && inet_pton(AF_INET6, text, &ip6.sin6_addr) != 1) {
        errno = EINVAL;
        return false;
    }
    int one = 1;
    int descriptor = socket(is_ip4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor < 0)
        return false;
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (!is_ip4)
        setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
    const struct sockaddr *address = is_ip4 ? (const struct sockaddr *)&ip4 : (const struct sockaddr *)&ip6;
    if (bind(descriptor, address, is_ip4 ? sizeof ip4 : sizeof ip6) < 0 || listen(descriptor, 128) < 0) {
        int error = errno;
        close(descriptor);
        errno = error;
        return false;
    }
    server->listeners[server->listener_count++] = descriptor;
    return true;
}

// The addresses that were asked for, and the loopback interface. False when one cannot be had (of the loopback's two,
// IPv6 may be missing on this machine).
static bool open_listeners(struct server *server) {
    if (server->options->systemd)
        return (server->listener_count = systemd_listeners(server->listeners, LISTENERS_MAX)) > 0;
    bool all4 = false, all6 = false;
    char *list = strdup(server->options->addresses ? server->options->addresses : ""), *rest = list;
    bool valid = list != NULL;
    for (char *word; valid && (word = strsep(&rest, ", "));) {
        if (!*word || !strcmp(word, "127.0.0.1") || !strcmp(word, "::1"))
            continue;
        all4 |= !strcmp(word, "0.0.0.0");
        all6 |= !strcmp(word, "::");
        valid = server->listener_count + 2 < LISTENERS_MAX && listen_on(server, word);
    }
    free(list);
    if (valid && !all4)
        valid = listen_on(server, "127.0.0.1");
    if (valid && !all6)
        listen_on(server, "::1");
    return valid;
}

// ---- clients ------------------------------------------------------------------------------------------------------

static bool is_local(const struct sockaddr_storage *address) {
    if (address->ss_family == AF_INET)
        return ntohl(((const struct sockaddr_in *)address)->sin_addr.s_addr) >> 24 == 127;
    if (address->ss_family != AF_INET6)
        return address->ss_family == AF_UNIX; // systemd may give us one of these
    const struct in6_addr *ip6 = &((const struct sockaddr_in6 *)address)->sin6_addr;
    return IN6_IS_ADDR_LOOPBACK(ip6) || (IN6_IS_ADDR_V4MAPPED(ip6) && ip6->s6_addr[12] == 127);
}

static void forget(struct server *server, struct gone_name **at) {
    struct gone_name *name = *at;
    *at = name->next;
    server->gone_count--;
    sys_free(name);
}

static void forget_gone(struct server *server, const uint8_t *name, size_t size) {
    struct gone_name **at = &server->gone;
    while (*at && !((*at)->size == size && !memcmp((*at)->name, name, size)))
        at = &(*at)->next;
    if (*at)
        forget(server, at);
}

static size_t number16(const uint8_t *bytes) {
    return (size_t)bytes[0] << 8 | bytes[1];
}

static void remember_gone(struct server *server, const struct client *node) {
    struct gone_name *name = sys_alloc(sizeof *name + node->name_size), **end = &server->gone;
    *name =
        (struct gone_name){.port = number16(node->details), .descriptor = node->descriptor, .size = node->name_size};
    memcpy(name->name, node->name, node->name_size);
    while (*end)
        end = &(*end)->next;
    *end = name;
    if (++server->gone_count > GONE_MAX)
        forget(server, &server->gone);
}

static void unregister(struct server *server, const struct client *node) {
    struct client **at = &server->nodes;
    while (*at != node)
        at = &(*at)->older;
    *at = node->older;
    say(server, "unregistering '%.*s'", (int)node->name_size, node->name);
    remember_gone(server, node);
}

static void drop_client(struct server *server, size_t index) {
    struct client *client = server->clients[index];
    if (client->state == CLIENT_NODE)
        unregister(server, client);
    close(client->descriptor);
    sys_free(client->output);
    sys_free(client);
    server->clients[index] = server->clients[--server->count];
}

// The name is free at once; the connection goes in its turn.
static void leave(struct server *server, struct client *client) {
    unregister(server, client);
    client->state = CLIENT_LEAVING;
    client->deadline = 0;
    shutdown(client->descriptor, SHUT_RDWR);
}

// With no descriptor to spare, whoever has waited longest without being a node makes room.
static bool make_room(struct server *server) {
    size_t oldest = server->count;
    for (size_t i = 0; i < server->count; i++)
        if (server->clients[i]->state != CLIENT_NODE &&
            (oldest == server->count || server->clients[i]->deadline < server->clients[oldest]->deadline))
            oldest = i;
    if (oldest == server->count)
        return false;
    drop_client(server, oldest);
    return true;
}

static void accept_client(struct server *server, int listener) {
    struct sockaddr_storage address = {0};
    socklen_t size = sizeof address;
    if (server->options->delay_accept)
        sleep((unsigned)server->options->delay_accept);
    int descriptor = accept4(listener, (struct sockaddr *)&address, &size, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (descriptor < 0)
        return;
    if (server->count >= server->limit && !make_room(server)) {
        close(descriptor);
        return;
    }
    if (server->count == server->room) {
        server->room = server->room ? 2 * server->room : 16;
        server->clients = sys_realloc(server->clients, server->room * sizeof *server->clients);
    }
    struct client *client = sys_alloc_zero(sizeof *client);
    client->descriptor = descriptor;
    client->is_local = is_local(&address);
    client->deadline = sys_monotonic_time() + server->options->packet_timeout * (int64_t)SECOND;
    server->clients[server->count++] = client;
}

static struct client *find_node(const struct server *server, const uint8_t *name, size_t size) {
    struct client *node = server->nodes;
    while (node && !(node->name_size == size && !memcmp(node->name, name, size)))
        node = node->older;
    return node;
}

static void answer(struct client *client, const void *bytes, size_t size) {
    client->output = sys_realloc(client->output, client->output_size + size);
    memcpy(client->output + client->output_size, bytes, size);
    client->output_size += size;
}

// Sends what the connection takes now. False when it is over.
static bool send_output(const struct server *server, struct client *client) {
    if (server->options->delay_write)
        sleep((unsigned)server->options->delay_write);
    while (client->output_sent < client->output_size) {
        ssize_t sent = send(client->descriptor, client->output + client->output_sent,
                            client->output_size - client->output_sent, MSG_NOSIGNAL);
        if (sent < 0)
            return errno == EAGAIN;
        client->output_sent += (size_t)sent;
    }
    client->output_size = client->output_sent = 0;
    return client->state == CLIENT_NODE;
}

// ---- requests: each leaves an answer, or none -----------------------------------------------------------------------

static void answer16(struct client *client, size_t number) {
    answer(client, (uint8_t[]){(uint8_t)(number >> 8), (uint8_t)number}, 2);
}

static bool is_name(const uint8_t *name, size_t size) {
    size_t characters = 0;
    for (size_t at = 0; at < size; characters++) {
        uint32_t character;
        size_t length = utf8_decode(name + at, size - at, &character);
        if (length == 0 || character == 0)
            return false;
        at += length;
    }
    return characters <= NAME_CHARACTERS_MAX;
}

// 'x' details, name, extra. A malformed request gets no answer, a name that cannot be had gets a 1.
static void register_node(struct server *server, struct client *client, const uint8_t *body, size_t size) {
    if (!client->is_local || size < 12)
        return;
    size_t name_size = number16(body + 8);
    const uint8_t *name = body + 10;
    if (name_size == 0 || size < 12 + name_size || memchr(name, 0, name_size))
        return;
    size_t extra_size = number16(name + name_size);
    if (size < 12 + name_size + extra_size)
        return;
    bool refused =
        !is_name(name, name_size) || extra_size > EXTRA_BYTES_MAX || find_node(server, name, name_size) != NULL;
    if (!refused) {
        client->state = CLIENT_NODE;
        client->older = server->nodes;
        server->nodes = client;
        client->details = body;
        client->name = name;
        client->name_size = name_size;
        client->extra = name + name_size + 2;
        client->extra_size = extra_size;
        forget_gone(server, name, name_size);
        if (++server->creation < 4)
            server->creation = 4; // 1 to 3 are those of old nodes
        say(server, "registering '%.*s'", (int)name_size, name);
    }
    uint32_t creation = refused ? 99 : server->creation;
    uint8_t newer[] = {'v',
                       refused,
                       (uint8_t)(creation >> 24),
                       (uint8_t)(creation >> 16),
                       (uint8_t)(creation >> 8),
                       (uint8_t)creation};
    uint8_t older[] = {'y', refused, 0, (uint8_t)(refused ? 99 : creation % 3 + 1)};
    bool is_new = number16(body + 4) >= 6; // the highest version it can speak
    answer(client, is_new ? newer : older, is_new ? sizeof newer : sizeof older);
}

// 'z' name. What can be no name gets no answer.
static void tell_port(const struct server *server, struct client *client, const uint8_t *name, size_t size) {
    if (size > 0 && name[size - 1] == 0) // some clients end it so
        size--;
    if (size == 0 || !is_name(name, size))
        return;
    const struct client *node = find_node(server, name, size);
    answer(client, (uint8_t[]){'w', !node}, 2);
    if (!node)
        return;
    answer(client, node->details, NODE_DETAILS);
    answer16(client, node->name_size);
    answer(client, node->name, node->name_size);
    answer16(client, node->extra_size);
    answer(client, node->extra, node->extra_size);
}

static void tell_names(const struct server *server, struct client *client) {
    answer16(client, 0);
    answer16(client, server->options->port);
    for (const struct client *node = server->nodes; node; node = node->older) {
        char end[32];
        answer(client, "name ", 5);
        answer(client, node->name, node->name_size);
        answer(client, end, (size_t)snprintf(end, sizeof end, " at port %zu\n", number16(node->details)));
    }
}

// For people: each line ends in a NUL, too, as OTP's.
static void dump(const struct server *server, struct client *client) {
    answer16(client, 0);
    answer16(client, server->options->port);
    for (const struct client *node = server->nodes; node; node = node->older) {
        char end[64];
        int size = snprintf(end, sizeof end, "> at port %zu, fd = %d\n", number16(node->details), node->descriptor);
        answer(client, "active name     <", 17);
        answer(client, node->name, node->name_size);
        answer(client, end, (size_t)size + 1);
    }
    for (const struct gone_name *name = server->gone; name; name = name->next) {
        char end[64];
        int size = snprintf(end, sizeof end, ">, port = %zu, fd = %d \n", name->port, name->descriptor);
        answer(client, "old/unused name <", 17);
        answer(client, name->name, name->size);
        answer(client, end, (size_t)size + 1);
    }
}

static void end_server(struct server *server, struct client *client) {
    if (!client->is_local)
        return;
    server->ended = server->options->relaxed || !server->nodes;
    answer(client, server->ended ? "OK" : "NO", 2);
}

// 's' name
static void stop_node(struct server *server, struct client *client, const uint8_t *name, size_t size) {
    if (!client->is_local || !server->options->relaxed || size == 0)
        return;
    struct client *node = find_node(server, name, size);
    if (node)
        leave(server, node);
    answer(client, node ? "STOPPED" : "NOEXIST", 7);
}

static void serve(struct server *server, struct client *client, const uint8_t *request, size_t size) {
    switch (request[0]) {
    case 'x':
        register_node(server, client, request + 1, size - 1);
        return;
    case 'z':
        tell_port(server, client, request + 1, size - 1);
        return;
    case 'n':
        tell_names(server, client);
        return;
    case 'd':
        if (client->is_local)
            dump(server, client);
        return;
    case 'k':
        end_server(server, client);
        return;
    case 's':
        stop_node(server, client, request + 1, size - 1);
        return;
    default:
        say(server, "a request of an unknown kind: %d", request[0]);
    }
}

// ---- the loop -----------------------------------------------------------------------------------------------------

// Reads what has come. False when the connection is over: one request is all that anybody has to say.
static bool read_client(struct server *server, struct client *client) {
    ssize_t got = read(client->descriptor, client->request + client->size, sizeof client->request - client->size);
    if (got < 0)
        return errno == EAGAIN;
    if (got == 0 || client->state == CLIENT_NODE)
        return false;
    client->size += (size_t)got;
    if (client->size < 2)
        return true;
    size_t size = number16(client->request);
    if (size == 0 || size > REQUEST_MAX || client->size > 2 + size)
        return false;
    if (client->size < 2 + size)
        return true;
    client->state = CLIENT_LEAVING;
    serve(server, client, client->request + 2, size);
    return send_output(server, client);
}

// Milliseconds until the next deadline.
static int time_left(const struct server *server) {
    int64_t next = INT64_MAX;
    for (size_t i = 0; i < server->count; i++)
        if (server->clients[i]->state != CLIENT_NODE && server->clients[i]->deadline < next)
            next = server->clients[i]->deadline;
    if (next == INT64_MAX)
        return -1;
    int64_t left = next - sys_monotonic_time();
    return left < 0 ? 0 : (int)(left / 1000000) + 1;
}

static bool attend(struct server *server, struct client *client, short events) {
    bool late = client->state != CLIENT_NODE && client->deadline <= sys_monotonic_time();
    if (!events)
        return !late;
    return client->state == CLIENT_LEAVING ? send_output(server, client) : read_client(server, client);
}

static void turn(struct server *server) {
    size_t count = server->listener_count + server->count;
    struct pollfd *polled = sys_alloc(count * sizeof *polled), *clients = polled + server->listener_count;
    for (size_t i = 0; i < server->listener_count; i++)
        polled[i] = (struct pollfd){server->listeners[i], POLLIN, 0};
    for (size_t i = 0; i < server->count; i++) {
        const struct client *client = server->clients[i];
        clients[i] = (struct pollfd){client->descriptor, client->state == CLIENT_LEAVING ? POLLOUT : POLLIN, 0};
    }
    if (poll(polled, count, time_left(server)) >= 0) {
        for (size_t i = server->count; i-- > 0;) // backwards: dropping one moves the last to its place
            if (!attend(server, server->clients[i], clients[i].revents))
                drop_client(server, i);
        for (size_t i = 0; i < server->listener_count; i++)
            if (polled[i].revents)
                accept_client(server, server->listeners[i]);
    }
    sys_free(polled);
}

static size_t client_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur <= 2 * DESCRIPTORS_RESERVED)
        return DESCRIPTORS_RESERVED;
    return limit.rlim_cur - DESCRIPTORS_RESERVED;
}

int epmd_serve(const struct epmd_options *options) {
    struct server server = {.options = options, .creation = (uint32_t)sys_random(), .limit = client_limit()};
    if (options->daemon && !options->systemd)
        closefrom(STDERR_FILENO + 1); // whoever starts us first must not find its pipes and sockets held for ever
    if (!open_listeners(&server)) {
        if (options->systemd) {
            fputs("epmd: systemd provides no sockets\n", stderr);
            return 1;
        }
        if (errno == EADDRINUSE && options->daemon)
            return 0; // one is running already
        fprintf(stderr, "epmd: cannot listen on port %d: %s\n", options->port, strerror(errno));
        return 1;
    }
    if (options->daemon && daemon(0, 0) < 0)
        return 1;
    while (!server.ended)
        turn(&server);
    while (server.count > 0)
        drop_client(&server, 0);
    while (server.gone)
        forget(&server, &server.gone);
    sys_free(server.clients);
    return 0;
}
