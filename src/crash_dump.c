// Crash dumps: a header, memory by kind, then a section for each process.

#include "crash_dump.h"

#include "code/code.h"
#include "ets/ets.h"
#include "options.h"
#include "proc/table.h"
#include "sys/account.h"
#include "sys/sys.h"
#include "term/atom.h"
#include "term/print.h"
#include "vm.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct dump {
    FILE *file;
    size_t left; // bytes that may still be written
};

static void write_text(struct dump *dump, struct text *text) {
    size_t size = text->size < dump->left ? text->size : dump->left;
    fwrite(text->bytes, 1, size, dump->file);
    dump->left -= size;
    text_free(text);
    *text = (struct text){0};
}

static void write_header(struct dump *dump, const char *slogan) {
    struct text text = {0};
    char date[64];
    time_t now = time(NULL);
    text_format(&text, "=erl_crash_dump:0.5\n%s", ctime_r(&now, date));
    text_format(&text, "Slogan: %s\n", slogan);
    text_format(&text, "System version: Erlang/OTP %s [erts-%s] [purlin %s]\n", PURLIN_OTP_RELEASE, PURLIN_ERTS_VERSION,
                PURLIN_VERSION);
    text_format(&text, "Taints: none\nAtoms: %zu\n", atom_count());
    write_text(dump, &text);
}

static void write_memory(struct dump *dump) {
    struct text text = {0};
    size_t total = account_resident(), processes = account_total(ACCOUNT_PROCESSES);
    text_format(&text, "=memory\ntotal: %zu\nprocesses: %zu\nprocesses_used: %zu\n", total, processes, processes);
    text_format(&text, "system: %zu\natom: %zu\natom_used: %zu\n", total > processes ? total - processes : 0,
                atom_memory(), atom_memory());
    text_format(&text, "binary: %zu\ncode: %zu\nets: %zu\n", account_total(ACCOUNT_BINARIES),
                account_total(ACCOUNT_CODE), ets_memory());
    write_text(dump, &text);
}

static const char *state_name(uint32_t state) {
    if (state & STATE_EXITING)
        return "Exiting";
    if (state & STATE_SUSPENDED)
        return "Suspended";
    switch (state & STATE_MASK) {
    case STATE_RUNNING:
        return "Running";
    case STATE_WAITING:
        return "Waiting";
    default:
        return "Scheduled";
    }
}

static void write_process(struct dump *dump, struct process *process) {
    struct text text = {0};
    text_format(&text, "=proc:");
    term_print(&text, process->pid);
    text_format(&text, "\nState: %s\n", state_name(atomic_load(&process->state)));
    if (process->registered_name != NIL) {
        text_format(&text, "Name: ");
        term_print(&text, process->registered_name);
        text_format(&text, "\n");
    }
    const struct export *call = process->initial_call;
    if (call) {
        text_format(&text, "Spawned as: ");
        term_print(&text, call->module);
        text_format(&text, ":");
        term_print(&text, call->function);
        text_format(&text, "/%u\n", (unsigned)call->arity);
    }
    const struct heap *heap = &process->heap;
    text_format(&text, "Message queue length: %u\nReductions: %llu\nStack+heap: %zu\nOldHeap: %zu\n",
                (unsigned)process->mailbox_length, (unsigned long long)process->reductions_total,
                (size_t)(heap->end - heap->start), (size_t)(heap->old_end - heap->old_start));
    write_text(dump, &text);
}

static void write_dump(struct dump *dump, const char *slogan) {
    write_header(dump, slogan);
    write_memory(dump);
    size_t position = 0;
    for (struct process *process; dump->left > 0 && (process = process_table_next(&position));)
        write_process(dump, process);
    fputs("=end\n", dump->file);
}

void crash_dump(const char *slogan) {
    const char *name = getenv("ERL_CRASH_DUMP"), *bytes = getenv("ERL_CRASH_DUMP_BYTES");
    const char *seconds = getenv("ERL_CRASH_DUMP_SECONDS");
    struct dump dump = {.left = SIZE_MAX};
    if (bytes && *bytes)
        dump.left = strtoull(bytes, NULL, 10);
    if (vm.options->no_crash_dump || dump.left == 0 || (seconds && !strcmp(seconds, "0")))
        return;
    if (!name)
        name = "erl_crash.dump";
    fprintf(stderr, "Crash dump is being written to: %s...", name);
    dump.file = fopen(name, "w");
    if (!dump.file) {
        fprintf(stderr, "cannot write it: %s\n", strerror(errno));
        return;
    }
    write_dump(&dump, slogan);
    fputs(fclose(dump.file) == 0 ? "done\r\n" : "cut short: the disk is full\r\n", stderr);
}
