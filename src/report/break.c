// ^C: the menu that asks what to do. Only the standard input is the menu's, and the rest of the VM goes on while it
// waits; it stands still while something is told.

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io/port.h"
#include "proc/signal.h"
#include "proc/table.h"
#include "report/report.h"
#include "report/sections.h"
#include "sched/sched.h"
#include "sys/sys.h"
#include "sys/thread.h"

#define PATIENCE_NS 1000000000

static const char menu[] = "BREAK: (a)bort (A)bort with dump (c)ontinue (p)roc info (i)nfo\n"
                           "       (l)oaded (v)ersion (k)ill (D)b-tables (d)istribution\n";

static struct writer terminal(void) {
    return (struct writer){.file = stdout, .left = SIZE_MAX, .line_feeds = true, .for_menu = true};
}

static void say(const char *text) {
    struct writer writer = terminal();
    writer_bytes(&writer, text, strlen(text));
    fflush(stdout);
}

// 1, 0 at the end of the input, or -1 when there is none any more. The descriptor may be one that does not block.
static ssize_t read_character(char *c) {
    struct pollfd input = {STDIN_FILENO, POLLIN, 0};
    for (;;) {
        ssize_t got = read(STDIN_FILENO, c, 1);
        if (got >= 0 || (errno != EINTR && errno != EAGAIN))
            return got;
        poll(&input, 1, -1);
    }
}

// One character of the line that is typed, the first that is no space; EOF when nothing can be typed any more.
static int answer(void) {
    char first = '\n', next = 0;
    while (next != '\n' && next != '\r') {
        if (read_character(&next) <= 0)
            return EOF;
        if (first == '\n' && next != ' ')
            first = next;
    }
    return first;
}

// ---- what is told

static void begin_telling(struct epoch_member **visit) {
    *visit = epoch_visit(); // what was found stays
    sched_freeze(PATIENCE_NS);
}

static void end_telling(struct epoch_member *visit) {
    sched_thaw();
    epoch_visit_end(visit);
}

static void tell(void (*report)(struct writer *writer)) {
    struct epoch_member *visit;
    struct writer writer = terminal();
    begin_telling(&visit);
    report(&writer);
    end_telling(visit);
    writer_end(&writer);
    fflush(stdout);
}

static void report_processes_and_ports(struct writer *writer) {
    report_processes(writer);
    report_ports(writer);
}

// ---- killing

static void kill_process(term pid) {
    struct epoch_member *visit = epoch_visit();
    struct process *process = proc_lookup(pid);
    if (process)
        proc_signal(process, signal_exit(SIGNAL_EXIT, pid, ATOM_kill));
    epoch_visit_end(visit);
}

// False when there is no such process any more.
static bool tell_of_process(term pid) {
    struct epoch_member *visit;
    struct writer writer = terminal();
    begin_telling(&visit);
    struct process *process = proc_lookup(pid);
    if (process)
        report_process(&writer, process);
    end_telling(visit);
    writer_end(&writer);
    return process != NULL;
}

// The pids of all processes, from sys_alloc.
static term *all_pids(size_t *count) {
    struct epoch_member *visit = epoch_visit();
    size_t room = proc_count() + 64, position = 0;
    term *pids = sys_alloc(room * sizeof *pids);
    *count = 0;
    for (struct process *process; *count < room && (process = process_table_next(&position));)
        pids[(*count)++] = process->pid;
    epoch_visit_end(visit);
    return pids;
}

// Goes through all processes, the newest first, and asks of each whether to kill it.
static void choose_and_kill(void) {
    size_t count;
    term *pids = all_pids(&count);
    say("\n\nProcess Information\n\n--------------------------------------------------\n");
    for (int command = 'n'; count > 0 && (command == 'n' || command == 'k');) {
        term pid = pids[--count];
        if (!tell_of_process(pid))
            continue;
        say("(k)ill (n)ext (r)eturn:\n");
        command = answer();
        if (command == 'k')
            kill_process(pid);
    }
    sys_free(pids);
}

// ---- the menu

static void refuse(char command) {
    char text[] = "Invalid option '?'. Please enter one of the following:\n";
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
        vm_abort("Crash dump requested by user");
    case 'c':
        return false;
    case 'p':
        tell(report_processes_and_ports);
        return false;
    case 'i':
        tell(report_memory);
        return false;
    case 'l':
        tell(report_module_sizes);
        return false;
    case 'v':
        say("Erlang (BEAM) emulator version " PURLIN_ERTS_VERSION " on Purlin " PURLIN_VERSION "\n");
        return false;
    case 'k':
        choose_and_kill();
        return false;
    case 'D':
        tell(report_tables);
        return false;
    case 'd':
        tell(report_distribution);
        return false;
    default:
        refuse((char)command);
        return true;
    }
}

static void ask(void *argument) {
    io_terminal_suspend(); // the answer is edited and shown by the system
    say("\n");
    do
        say(menu);
    while (obey(answer()));
    io_terminal_resume();
    io_set_break(false);
}

// In a thread of its own. A second request while the menu waits ends the VM.
static void break_request(void) {
    if (io_set_break(true))
        vm_halt(0, false);
    thread_start("purlin-break", ask, NULL);
}

void report_init(void) {
    vm.hooks.interrupt = break_request;
}
