// escript, erlc, dialyzer, ct_run, typer: each is `erl` with some words before the user's.

#include "tool/frontend.h"

#include "sys/sys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct command {
    const char *name;
    const char *words;
    bool extra; // the user's words come behind -extra
};

static const struct command commands[] = {
    {"dialyzer", "+P 1000000 +B -noshell -noinput -boot no_dot_erlang -run dialyzer plain_cl", true},
    {"typer", "+B -boot no_dot_erlang -noshell -run typer start", true},
    {"ct_run", "-sname ct -s ct_run script_start -s erlang halt", false},
};

// A script's own emulator words: the line that begins with %%! among its second and third (its first is #!).
static void add_script_words(struct arguments *words, const char *script) {
    FILE *file = fopen(script, "r");
    if (!file) {
        fprintf(stderr, "escript: Failed to open file: %s\n", script);
        exit(1);
    }
    char line[4096];
    for (int number = 1; number <= 3 && fgets(line, sizeof line, file); number++) {
        if (!strncmp(line, "%%!", 3)) {
            arguments_split(words, line + 3, false);
            break;
        }
        if (number > 1 && *line != '%')
            break;
    }
    fclose(file);
}

static void escript(char *const *arguments, struct arguments *words) {
    struct arguments options = {0};
    for (; *arguments && **arguments == '-'; arguments++)
        arguments_add(&options, *arguments + 1);
    if (!*arguments) {
        fputs("escript: Missing filename\n\n", stderr);
        exit(1);
    }
    setenv("ESCRIPT_NAME", *arguments, 1);
    char *const before[] = {"+B", "-boot", "no_dot_erlang", "-noshell", NULL};
    arguments_add_all(words, before);
    add_script_words(words, *arguments);
    char *const start[] = {"-run", "escript", "start", NULL};
    arguments_add_all(words, start);
    arguments_add_all(words, options.words);
    arguments_add(words, "-extra");
    arguments_add_all(words, arguments);
}

// Code paths are the emulator's to know, wherever they stand among the compiler's words.
static void erlc(const struct installation *installation, char *const *arguments, struct arguments *words) {
    char erl[sizeof installation->bindir + 8];
    snprintf(erl, sizeof erl, "%s/erl", installation->bindir);
    setenv("ERLC_CONFIGURATION", erl, 1);
    setenv("ESCRIPT_NAME", "erlc", 1);
    arguments_split(words,
                    "+S1 +sbtu +A0 -noshell -noinput -mode minimal -boot no_dot_erlang -s erl_compile compile_cmdline",
                    false);
    struct arguments rest = {0};
    for (; *arguments && strcmp(*arguments, "--") != 0; arguments++) {
        if (strcmp(*arguments, "-pa") != 0 && strcmp(*arguments, "-pz") != 0) {
            arguments_add(&rest, *arguments);
            continue;
        }
        arguments_add(words, *arguments);
        if (!arguments[1]) {
            fprintf(stderr, "erlc: No value given to %s option\n", *arguments);
            exit(1);
        }
        arguments_add(words, *++arguments);
    }
    arguments_add_all(&rest, arguments);
    arguments_add(words, "-extra");
    arguments_add_all(words, rest.words);
    arguments_free(&rest);
}

bool frontend(const struct installation *installation, const char *name, char *const *arguments,
              struct arguments *words) {
    if (!strcmp(name, "escript")) {
        escript(arguments, words);
        return true;
    }
    if (!strcmp(name, "erlc")) {
        erlc(installation, arguments, words);
        return true;
    }
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        if (strcmp(name, commands[i].name) != 0)
            continue;
        setenv("ESCRIPT_NAME", name, 1);
        arguments_split(words, commands[i].words, false);
        if (commands[i].extra)
            arguments_add(words, "-extra");
        arguments_add_all(words, arguments);
        return true;
    }
    return false;
}
