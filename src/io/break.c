// ^C: the menu that asks what to do. The rest of the VM goes on meanwhile; only the standard input is the menu's.

#include "io/break.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "io/port.h"
#include "options.h"
#include "sys/thread.h"

static const char menu[] = "BREAK: (a)bort (A)bort with dump (c)ontinue (p)roc info (i)nfo\r\n"
                           "       (l)oaded (v)ersion (k)ill (D)b-tables (d)istribution\r\n";

enum break_answer_to_interrupt break_mode(void) {
    switch (vm.options->break_mode) {
    case 'i':
        return BREAK_NOTHING;
    case 'd':
        return BREAK_END;
    default:
        return BREAK_MENU;
    }
}

static void say(const char *text) {
    (void)!write(STDOUT_FILENO, text, strlen(text));
}

// One character of the line that is typed, the first that is no space; EOF at the end of the input.
static int answer(void) {
    char first = '\n', next = 0;
    while (next != '\n' && next != '\r') {
        ssize_t got = read(STDIN_FILENO, &next, 1);
        if (got == 0)
            return EOF;
        if (got > 0 && first == '\n' && next != ' ')
            first = next;
    }
    return first;
}

static void refuse(char command) {
    char text[] = "Invalid option '?'. Please enter one of the following:\r\n";
    *strchr(text, '?') = command;
    say(text);
}

// False when the menu is done.
static bool obey(int command) {
    switch (command) {
    case EOF:
    case 'a':
        vm_halt(0, false);
    case 'A':
        vm_crash("Crash dump requested by user");
    case 'c':
        return false;
    case 'v':
        say("Erlang (BEAM) emulator version " PURLIN_ERTS_VERSION " on Purlin " PURLIN_VERSION "\r\n");
        return false;
    case 'p':
    case 'i':
    case 'l':
    case 'k':
    case 'D':
    case 'd':
        say("Purlin has no answer to this one: a, A, c or v\r\n");
        return true;
    default:
        refuse((char)command);
        return true;
    }
}

static void ask(void *argument) {
    io_terminal_suspend(); // the answer is edited and shown by the system
    say("\r\n");
    do
        say(menu);
    while (obey(answer()));
    io_terminal_resume();
    io_set_break(false);
}

void break_request(void) {
    if (io_set_break(true))
        vm_halt(0, false);
    thread_start("purlin-break", ask, NULL);
}
