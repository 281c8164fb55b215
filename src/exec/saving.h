// Calls that are saved (proc/saved_calls.h): while some process saves its own, every export leads to instruction
// stub_save, which notes the call and goes on to where the export led. Where no process saves, this costs nothing.
//
// So where an export leads is read and changed through these functions only.

#ifndef PURLIN_EXEC_SAVING_H
#define PURLIN_EXEC_SAVING_H

#include "exec/exec.h"

void saving_init(void);
// Where the export leads behind the stub.
const word *export_entry(const struct export *export);
void export_lead(struct export *export, const word *entry);
// The same, if it leads to `from` now.
void export_lead_away(struct export *export, const word *from, const word *entry);
// Whether it leads to a breakpoint, so that `traced` must stay when nobody saves calls any more.
void export_set_traced(struct export *export, bool traced);

// The operand of stub_save. Never stays where a process stops.
struct saving {
    word stub[2];
    struct export *export;
    _Atomic(const word *) entry;
    bool traced; // whether the export is, beneath this
};

#endif
