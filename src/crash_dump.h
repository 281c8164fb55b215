// What is left behind when a node ends badly: a text file in the form of OTP's crash dumps, which its viewer reads.

#ifndef PURLIN_CRASH_DUMP_H
#define PURLIN_CRASH_DUMP_H

#include <stdbool.h>
#include <stdio.h>

// Writes the dump as the environment says (ERL_CRASH_DUMP, ERL_CRASH_DUMP_BYTES, ERL_CRASH_DUMP_SECONDS), with a line
// about it on standard error. Other schedulers may still run: what is told of their processes is what was last seen of
// them.
void crash_dump(const char *slogan);

#endif
