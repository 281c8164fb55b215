// ^C: the menu that asks what to do. The rest of the VM goes on meanwhile; only the standard input is the menu's.

#include "io/break.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "io/port.h"
#include "options.h"
#include "sys/thread.h"

static const char menu[] = "\r\nBREAK: (a)bort (A)bort with dump (c)ontinue (p)roc info (i)nfo\r\n"
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
        say("Purlin " PURLIN_VERSION " for Erlang/OTP " PURLIN_OTP_RELEASE "\r\n");
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
        return true;
    }
}

static void ask(void *argument) {
    do
        say(menu);
    while (obey(answer()));
    io_set_break(false);
}

void break_request(void) {
    if (io_set_break(true))
        vm_halt(0, false);
    thread_start("purlin-break", ask, NULL);
}
