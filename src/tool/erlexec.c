// The `erl` command: from its command line to the emulator's.

#include "tool/erlexec.h"

#include "options.h"
#include "sys/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char usage[] =
    "Usage: erl [-version] [-sname NAME | -name NAME] [-noshell] [-noinput] [-env VAR VALUE] [-detached] "
    "[-args_file FILENAME] [-start_epmd BOOLEAN] [+FLAG ...] [args ...]";

struct command {
    struct arguments emulator; // -flags
    struct arguments rest;     // for init
    struct arguments extra;    // -extra and what follows
    bool named, start_epmd, detached;
    bool print_name, print_words, print_command;
};

[[noreturn]] static void fail(const char *format, ...) {
    va_list list;
    va_start(list, format);
    fputs("erl: ", stderr);
    vfprintf(stderr, format, list);
    fputc('\n', stderr);
    va_end(list);
    exit(1);
}

[[noreturn]] static void missing(const char *flag) {
    fprintf(stderr, "Missing argument(s) for '%s'.\n%s\n", flag, usage);
    exit(1);
}

bool installation_find(struct installation *installation) {
    char path[PATH_MAX];
    ssize_t size = readlink("/proc/self/exe", path, sizeof path - 1);
    if (size < 0)
        return false;
    path[size] = 0;
    const char *bindir = dirname(path);
    snprintf(installation->bindir, sizeof installation->bindir, "%s", bindir);
    char copy[PATH_MAX];
    snprintf(copy, sizeof copy, "%s", bindir);
    snprintf(installation->root, sizeof installation->root, "%s", dirname(dirname(copy)));
    return true;
}

static void read_words(struct command *command, char *const *words);

static void read_arguments_file(struct command *command, const char *name) {
    FILE *file = fopen(name, "r");
    if (!file) {
        char place[PATH_MAX];
        fprintf(stderr, "Failed to open arguments file \"%s\" at \"%s\": %s\n%s\n", name,
                getcwd(place, sizeof place) ? place : "", strerror(errno), usage);
        exit(1);
    }
    char *text = NULL;
    size_t room = 0;
    ssize_t size = getdelim(&text, &room, 0, file);
    fclose(file);
    struct arguments words = {0};
    if (size > 0)
        arguments_split(&words, text, true);
    free(text);
    read_words(command, words.words);
    arguments_add(&command->rest, "--");
}

// A word `+flag`, perhaps with its value in the next one; returns how many words it took.
static size_t read_emulator_flag(struct command *command, char *const *words) {
    enum flag_value shape;
    const char *value;
    const char *name = words[0] + 1;
    char flag[256];
    snprintf(flag, sizeof flag, "-%s", name);
    arguments_add(&command->emulator, flag);
    if (!option_shape(name, &shape, &value) || *value || shape == FLAG_ALONE)
        return 1;
    bool follows = words[1] && (shape == FLAG_VALUE || (*words[1] && *words[1] != '-' && *words[1] != '+'));
    if (!follows) {
        if (shape == FLAG_VALUE)
            missing(words[0]);
        return 1;
    }
    arguments_add(&command->emulator, words[1]);
    return 2;
}

// A word `-flag` that means something to this program; returns how many words it took, 0 when it is for init.
static size_t read_own_flag(struct command *command, char *const *words) {
    const char *word = words[0];
    if (!strcmp(word, "-args_file")) {
        if (!words[1])
            missing(word);
        read_arguments_file(command, words[1]);
        return 2;
    }
    if (!strcmp(word, "-env")) {
        if (!words[1] || !words[2])
            missing(word);
        setenv(words[1], words[2], 1);
        return 3;
    }
    if (!strcmp(word, "-noinput")) {
        arguments_add(&command->rest, "-noshell");
        return 0;
    }
    if (!strcmp(word, "-version")) {
        arguments_add(&command->emulator, "-V");
        return 1;
    }
    if (!strcmp(word, "-detached")) {
        command->detached = true;
        arguments_add(&command->rest, "-noshell");
        arguments_add(&command->rest, "-noinput");
        return 1;
    }
    if (!strcmp(word, "-emu_name_exit"))
        return command->print_name = true;
    if (!strcmp(word, "-emu_args_exit"))
        return command->print_words = true;
    if (!strcmp(word, "-emu_qouted_cmd_exit"))
        return command->print_command = true;
    if (!strcmp(word, "-smp") && words[1] && !strcmp(words[1], "disable"))
        fail("-smp disable: this emulator has threads always");
    if (!strcmp(word, "-sname") || !strcmp(word, "-name"))
        command->named = true;
    if (!strcmp(word, "-start_epmd") && words[1] && !strcmp(words[1], "false"))
        command->start_epmd = false;
    return 0;
}

static void read_words(struct command *command, char *const *words) {
    while (words && *words) {
        // The words of all -extra gather behind the first one.
        if (!strcmp(*words, "-extra")) {
            arguments_add_all(&command->extra, command->extra.count ? words + 1 : words);
            return;
        }
        size_t taken = 0;
        if (**words == '+' && (*words)[1])
            taken = read_emulator_flag(command, words);
        else if (**words == '-')
            taken = read_own_flag(command, words);
        if (!taken) {
            arguments_add(&command->rest, *words);
            taken = 1;
        }
        words += taken;
    }
}

static void read_variable(struct command *command, const char *name) {
    const char *text = getenv(name);
    if (!text || !*text)
        return;
    struct arguments words = {0};
    arguments_split(&words, text, false);
    read_words(command, words.words);
    arguments_add(&command->rest, "--");
}

static void set_environment(const struct installation *installation, const char *program) {
    setenv("ROOTDIR", installation->root, 1);
    setenv("BINDIR", installation->bindir, 1);
    setenv("EMU", "beam", 1);
    setenv("PROGNAME", program, 1);
    const char *path = getenv("PATH");
    size_t room = strlen(installation->bindir) + strlen(installation->root) + (path ? strlen(path) : 0) + 16;
    char *value = sys_alloc(room);
    snprintf(value, room, "%s:%s/bin%s%s", installation->bindir, installation->root, path ? ":" : "", path ? path : "");
    setenv("PATH", value, 1);
    sys_free(value);
}

// OTP's erlexec waits for the daemon's parent, so that the name server answers when the node comes up.
static void start_epmd(const struct installation *installation) {
    char program[sizeof installation->bindir + 16];
    snprintf(program, sizeof program, "%s/epmd", installation->bindir);
    pid_t child = fork();
    if (child == 0) {
        execl(program, "epmd", "-daemon", NULL);
        _exit(1);
    }
    if (child > 0)
        waitpid(child, NULL, 0);
}

static void detach(void) {
    if (fork() != 0)
        _exit(0);
    setsid();
    if (fork() != 0)
        _exit(0);
    int null = open("/dev/null", O_RDWR);
    for (int descriptor = 0; descriptor < 3; descriptor++)
        if (null >= 0)
            dup2(null, descriptor);
    if (null > 2)
        close(null);
}

static void add_header(struct arguments *result, const struct installation *installation, const char *program) {
    const char *home = getenv("HOME"), *port = getenv("ERL_EPMD_PORT");
    char *const words[] = {"--",
                           "-root",
                           (char *)installation->root,
                           "-bindir",
                           (char *)installation->bindir,
                           "-progname",
                           (char *)program,
                           "--",
                           "-home",
                           (char *)(home ? home : ""),
                           NULL};
    arguments_add_all(result, words);
    if (port) {
        arguments_add(result, "-epmd_port");
        arguments_add(result, port);
    }
    arguments_add(result, "--");
}

static void print_and_exit(const struct command *command, const struct arguments *result) {
    if (command->print_name) {
        puts(strrchr(result->words[0], '/') ? strrchr(result->words[0], '/') + 1 : result->words[0]);
        exit(0);
    }
    for (size_t i = command->print_words; i < result->count; i++)
        printf(command->print_words ? "%s\n" : "\"%s\" ", result->words[i]);
    if (!command->print_words)
        putchar('\n');
    exit(0);
}

struct arguments erlexec(const struct installation *installation, const char *program, char *const *words) {
    struct command command = {.start_epmd = true};
    read_variable(&command, "ERL_AFLAGS");
    read_words(&command, words);
    bool more = getenv("ERL_FLAGS") || getenv("ERL_OTP25_FLAGS") || getenv("ERL_ZFLAGS") || getenv("ERL_AFLAGS");
    if (more)
        arguments_add(&command.rest, "--");
    read_variable(&command, "ERL_OTP25_FLAGS");
    read_variable(&command, "ERL_FLAGS");
    read_variable(&command, "ERL_ZFLAGS");

    struct arguments result = {0};
    char emulator[sizeof installation->bindir + 16];
    snprintf(emulator, sizeof emulator, "%s/beam.smp", installation->bindir);
    const char *name = getenv("ESCRIPT_NAME");
    arguments_add(&result, name ? name : emulator);
    arguments_add_all(&result, command.emulator.words);
    add_header(&result, installation, program);
    arguments_add_all(&result, command.rest.words);
    arguments_add_all(&result, command.extra.words);

    if (command.print_name || command.print_words || command.print_command)
        print_and_exit(&command, &result);
    arguments_free(&command.emulator);
    arguments_free(&command.rest);
    arguments_free(&command.extra);
    set_environment(installation, program);
    if (command.named && command.start_epmd)
        start_epmd(installation);
    if (command.detached)
        detach();
    return result;
}
