// What is told of a VM that stands still: crash dumps, and the menu of ^C.
//
// Both are made of the same sections, each in a file of its own here, in the form of OTP's crash dumps (0.5), which
// OTP's crashdump_viewer reads: a line `=tag:id`, then lines `Field: value`. The form is described in OTP's ERTS user's
// guide, "How to Interpret the Erlang Crash Dumps".
//
// The schedulers stand still meanwhile (sched_freeze), so tables and processes are read without their locks, which
// whoever crashed may hold. A process that somebody still runs (sched_stands), or whose heap is in the midst of a
// collection, is told of only in words that lead nowhere.

#ifndef PURLIN_REPORT_REPORT_H
#define PURLIN_REPORT_REPORT_H

void report_init(void);
// Writes a dump as the environment says (ERL_CRASH_DUMP, ERL_CRASH_DUMP_BYTES, ERL_CRASH_DUMP_SECONDS), with a line
// about it on standard error. Schedulers are to stand still.
void crash_dump(const char *slogan);

#endif
