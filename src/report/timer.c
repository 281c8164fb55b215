// Timers of erlang:start_timer and erlang:send_after.

#include "report/sections.h"

#include "proc/clock.h"

static void write_timer(void *argument, term to, term message, int64_t left) {
    struct writer *writer = argument;
    writer_section(writer, "timer", to);
    writer_field(writer, "Message", message);
    writer_format(writer, "Time left: %lld\n", (long long)(left / 1000000));
}

void report_timers(struct writer *writer) {
    clock_each(write_timer, writer);
}
