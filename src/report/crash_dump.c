// Crash dumps: the sections in OTP's order, and what the environment says of them.

#include "report/report.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "nif/nif.h"
#include "report/sections.h"
#include "sched/sched.h"
#include "term/atom.h"
#include "vm.h"

static void write_thread(struct writer *writer) {
    unsigned number = sched_number();
    if (number)
        writer_format(writer, "Calling Thread: scheduler:%u\n", number);
    else
        writer_format(writer, "Calling Thread: <0x%lx>\n", (unsigned long)pthread_self());
}

static void write_taints(struct writer *writer) {
    term module;
    writer_format(writer, "Taints: ");
    for (size_t i = 0; (module = nif_taint(i)) != NONE; i++) {
        writer_format(writer, i ? "," : "");
        writer_term(writer, module);
    }
    writer_format(writer, "\n");
}

static void write_header(struct writer *writer, const char *slogan) {
    char date[64];
    time_t now = time(NULL);
    writer_format(writer, "=erl_crash_dump:0.5\n%sSlogan: ", ctime_r(&now, date));
    writer_bytes(writer, slogan, strlen(slogan));
    writer_format(writer, "\nSystem version: Erlang/OTP %s [erts-%s] [64-bit] [purlin %s]\n", PURLIN_OTP_RELEASE,
                  PURLIN_ERTS_VERSION, PURLIN_VERSION);
    write_taints(writer);
    writer_format(writer, "Atoms: %zu\n", atom_count());
    write_thread(writer);
}

static void write_dump(struct writer *writer, const char *slogan) {
    struct values values = {.writer = writer};
    write_header(writer, slogan);
    report_schedulers(writer);
    report_memory(writer);
    report_processes(writer);
    report_ports(writer);
    report_tables(writer);
    report_timers(writer);
    report_distribution(writer);
    report_modules(writer);
    report_funs(writer);
    report_process_heaps(&values);
    report_persistent_terms(&values);
    values_write_binaries(&values);
    report_atoms(writer);
    writer_format(writer, "=end\n");
    values_free(&values);
    writer_end(writer);
}

// ---- what the environment says ------------------------------------------------------------------------------------

// How many seconds; negative: as long as it takes. A node with a heart in it is to start again soon. As on OTP,
// whatever the text begins with counts, as an int, and what is no number is 0.
static int seconds_given(void) {
    const char *seconds = getenv("ERL_CRASH_DUMP_SECONDS");
    return seconds ? (int)strtol(seconds, NULL, 10) : proc_whereis(ATOM_heart) != ATOM_undefined ? 0 : -1;
}

static void limit_time(int seconds) {
    if (seconds > 0) {
        signal(SIGALRM, SIG_DFL);
        alarm((unsigned)seconds);
    }
}

// As on OTP, what is not a number from end to end is no limit.
static size_t bytes_given(void) {
    const char *text = getenv("ERL_CRASH_DUMP_BYTES");
    char *end;
    errno = 0;
    long long bytes = text ? strtoll(text, &end, 10) : -1;
    return !text || end == text || *end || errno || bytes < 0 ? SIZE_MAX : (size_t)bytes;
}

void crash_dump(const char *slogan) {
    const char *name = getenv("ERL_CRASH_DUMP");
    int seconds = seconds_given();
    struct writer writer = {.left = bytes_given()};
    if (writer.left == 0 || seconds == 0)
        return;
    if (!name)
        name = "erl_crash.dump";
    limit_time(seconds);
    fprintf(stderr, "\r\nCrash dump is being written to: %s...", name);
    int descriptor = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
    if (descriptor < 0 || !(writer.file = fdopen(descriptor, "w")))
        return;
    write_dump(&writer, slogan);
    if (writer.left == 0)
        fputs("\n=abort:CRASH DUMP SIZE LIMIT REACHED\n", writer.file);
    if (fclose(writer.file) == 0 && writer.left > 0)
        fputs("done\r\n", stderr);
}
