// epmd's command line, and the commands that ask a running epmd.

#include "tool/epmd.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PORT_DEFAULT 4369

static const char usage_text[] =
    "usage: epmd [-d|-debug] [-address List] [-port No] [-daemon] [-relaxed_command_check]\n"
    "            [-systemd] [-packet_timeout Seconds] [-delay_accept Seconds] [-delay_write Seconds]\n"
    "       epmd [-d|-debug] [-port No] [-names|-kill|-stop name]\n"
    "\n"
    "    -address List            listen on these addresses, too (with commas between them); otherwise on\n"
    "                             the loopback interface only. 0.0.0.0 and :: are all interfaces\n"
    "    -port No                 another port than 4369\n"
    "    -daemon                  run detached\n"
    "    -systemd                 listen on the sockets that systemd provides\n"
    "    -relaxed_command_check   -kill and -stop work while nodes are registered\n"
    "    -packet_timeout Seconds  close a connection that has been silent for so long (60)\n"
    "    -names                   list the nodes that are registered\n"
    "    -kill                    end the running epmd\n"
    "    -stop Name               take a name away\n";

static int usage(const char *word) {
    fprintf(stderr, "epmd: not understood: %s\n%s", word, usage_text);
    return 1;
}

// ---- asking a running epmd ----------------------------------------------------------------------------------------

static int connect_to(uint16_t port) {
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (descriptor >= 0 && connect(descriptor, (struct sockaddr *)&address, sizeof address) == 0)
        return descriptor;
    if (descriptor >= 0)
        close(descriptor);
    return -1;
}

// Sends a request and reads the answer to its end; returns the answer's size, or -1.
static ssize_t ask(uint16_t port, char request, const char *name, char *answer, size_t room) {
    int descriptor = connect_to(port);
    if (descriptor < 0) {
        fputs("epmd: Cannot connect to local epmd\n", stderr);
        return -1;
    }
    uint8_t bytes[3 + 1024];
    size_t length = strnlen(name, 1024), size = 0;
    bytes[0] = (uint8_t)((1 + length) >> 8);
    bytes[1] = (uint8_t)(1 + length);
    bytes[2] = (uint8_t)request;
    memcpy(bytes + 3, name, length);
    bool sent = send(descriptor, bytes, 3 + length, MSG_NOSIGNAL) == (ssize_t)(3 + length);
    for (ssize_t got; sent && size < room && (got = read(descriptor, answer + size, room - size)) > 0;)
        size += (size_t)got;
    close(descriptor);
    return (ssize_t)size;
}

static int list_names(uint16_t port) {
    static const size_t room = 1 << 20;
    char *answer = malloc(room);
    ssize_t size = answer ? ask(port, 'n', "", answer, room) : -1;
    if (size >= 4) {
        printf("epmd: up and running on port %d with data:\n", port);
        fwrite(answer + 4, 1, (size_t)size - 4, stdout);
    }
    free(answer);
    return size >= 4 ? 0 : 1;
}

static int kill_server(uint16_t port) {
    char answer[2];
    ssize_t size = ask(port, 'k', "", answer, sizeof answer);
    if (size < 0)
        return 1;
    bool killed = size == 2 && !memcmp(answer, "OK", 2);
    puts(killed ? "Killed" : "Killing not allowed - living nodes in database.");
    return killed ? 0 : 1;
}

static int stop_name(uint16_t port, const char *name) {
    char answer[8] = {0};
    ssize_t size = ask(port, 's', name, answer, sizeof answer - 1);
    if (size < 0)
        return 1;
    if (size == 7) {
        puts(answer);
        return 0;
    }
    printf("epmd: local epmd responded with <%s>\n", answer);
    return 1;
}

// ---- the command line ---------------------------------------------------------------------------------------------

static bool read_number(const char *word, int limit, int *number) {
    char *end;
    long value = word ? strtol(word, &end, 10) : -1;
    if (!word || end == word || *end || value < 0 || value > limit)
        return false;
    *number = (int)value;
    return true;
}

struct command {
    struct epmd_options options;
    char what; // n, k, s, or 0: serve
    const char *name;
};

// Reads the option at *at; how many words it has, 0 when it is none.
static int read_option(struct command *command, char *const *at) {
    const char *word = at[0];
    int number;
    if (!strcmp(word, "-d") || !strcmp(word, "-debug"))
        return command->options.debug = true;
    if (!strcmp(word, "-daemon"))
        return command->options.daemon = true;
    if (!strcmp(word, "-systemd"))
        return command->options.systemd = true;
    if (!strcmp(word, "-relaxed_command_check"))
        return command->options.relaxed = true;
    if (!strcmp(word, "-names"))
        return command->what = 'n', 1;
    if (!strcmp(word, "-kill"))
        return command->what = 'k', 1;
    if (!strcmp(word, "-stop") && at[1])
        return command->what = 's', command->name = at[1], 2;
    if (!strcmp(word, "-address") && at[1])
        return command->options.addresses = at[1], 2;
    if (!strcmp(word, "-port") && read_number(at[1], UINT16_MAX, &number))
        return command->options.port = (uint16_t)number, 2;
    if (!strcmp(word, "-packet_timeout"))
        return read_number(at[1], 1000000, &command->options.packet_timeout) ? 2 : 0;
    if (!strcmp(word, "-delay_accept"))
        return read_number(at[1], 1000000, &command->options.delay_accept) ? 2 : 0;
    if (!strcmp(word, "-delay_write"))
        return read_number(at[1], 1000000, &command->options.delay_write) ? 2 : 0;
    return 0;
}

int epmd(char *const *arguments) {
    struct command command = {.options = {.port = PORT_DEFAULT, .packet_timeout = 60}};
    int number;
    if (read_number(getenv("ERL_EPMD_PORT"), UINT16_MAX, &number))
        command.options.port = (uint16_t)number;
    command.options.addresses = getenv("ERL_EPMD_ADDRESS");
    command.options.relaxed = getenv("ERL_EPMD_RELAXED_COMMAND_CHECK") != NULL;
    for (int words; *arguments; arguments += words) {
        words = read_option(&command, arguments);
        if (words == 0)
            return usage(*arguments);
    }
    switch (command.what) {
    case 'n':
        return list_names(command.options.port);
    case 'k':
        return kill_server(command.options.port);
    case 's':
        return stop_name(command.options.port, command.name);
    default:
        return epmd_serve(&command.options);
    }
}
