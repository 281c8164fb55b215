// The door: one executable is all the programs of an Erlang installation. The name it is called by says which is meant.

#include "options.h"
#include "sys/sys.h"
#include "tool/epmd.h"
#include "tool/erlexec.h"
#include "tool/frontend.h"
#include "vm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "Purlin runs Erlang/OTP and Elixir code.\n"
    "\n"
    "  purlin [erl's arguments]   as erl: a shell, or with -noshell -eval, -s, -run ... a program\n"
    "  purlin --version           Purlin's version and the OTP release whose libraries it uses\n"
    "  purlin --help              this text\n"
    "\n"
    "The same program is erl, erlc, escript, dialyzer, typer, ct_run, erlexec, dyn_erl, epmd and beam.smp when called "
    "by "
    "that name.\n";

static int emulator(char *const *arguments) {
    struct boot_options options;
    if (!options_parse(&options, arguments + 1))
        return 1;
    if (options.show_version) {
        fprintf(stderr, "Erlang (SMP,ASYNC_THREADS) (BEAM) emulator version %s\r\n", PURLIN_ERTS_VERSION);
        return 0;
    }
    return vm_run(&options);
}

static const char *base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

int main(int count, char **arguments) {
    const char *name = base_name(arguments[0]);
    if (!strncmp(name, "beam", 4))
        return emulator(arguments);
    if (!strcmp(name, "epmd"))
        return epmd(arguments + 1);

    struct installation installation;
    if (!installation_find(&installation))
        sys_fatal("cannot find where this program is installed");
    if (!strcmp(name, "dyn_erl") && count == 2 && !strcmp(arguments[1], "--realpath")) {
        fputs(installation.bindir, stdout);
        return 0;
    }
    if (!strcmp(name, "purlin") && count == 2) {
        if (!strcmp(arguments[1], "--help")) {
            fputs(help, stdout);
            return 0;
        }
        if (!strcmp(arguments[1], "--version")) {
            printf("Purlin %s (Erlang/OTP %s)\n", PURLIN_VERSION, PURLIN_OTP_RELEASE);
            return 0;
        }
    }
    struct arguments words = {0};
    const char *program = "erl";
    if (!strcmp(name, "erlexec")) { // start scripts of releases say where theirs is, and how they were called
        if (getenv("ROOTDIR"))
            snprintf(installation.root, sizeof installation.root, "%s", getenv("ROOTDIR"));
        if (getenv("PROGNAME"))
            program = getenv("PROGNAME");
    }
    if (!frontend(&installation, name, arguments + 1, &words))
        arguments_add_all(&words, arguments + 1);
    struct arguments command = erlexec(&installation, program, words.words);
    arguments_free(&words);
    int status = emulator(command.words);
    arguments_free(&command);
    return status;
}
