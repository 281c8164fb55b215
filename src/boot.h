// From an empty VM to the first process.

#ifndef PURLIN_BOOT_H
#define PURLIN_BOOT_H

#include "options.h"

#include <stdbool.h>

// Loads the modules that must be there before any code can be loaded (preloaded.h). False after a message to standard
// error.
bool boot_load_preloaded(void);
// Makes the first process, which calls erl_init:start(BootModule, Arguments), and the emulator's own processes.
void boot_start_processes(const struct boot_options *options);

#endif
