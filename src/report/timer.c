// Timers of erlang:start_timer and erlang:send_after.

#include "report/sections.h"

#include "proc/clock.h"

static void write_timer(void *argument, term to, term message, int64_t left) {
    struct writer *writer = argument;
    writer_format(writer, "=timer:");
    writer_term(writer, to);
    writer_format(writer, "\nMessage: ");
    writer_term(writer, message);
    writer_format(writer, "\nTime left: %lld\n", (long long)(left / 1000000));
}

void report_timers(struct writer *writer) {
    clock_each(write_timer, writer);
}
