// The emulator's command line: `[flags] -- arguments for init`. The flags are those that OTP's emulator takes.

#ifndef PURLIN_OPTIONS_H
#define PURLIN_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct boot_options {
    // given to sched_init; 0 = one a core
    unsigned schedulers, schedulers_online, dirty_cpu, dirty_cpu_online, dirty_io;
    unsigned async_threads; // only reported
    size_t process_limit, port_limit, atom_limit, ets_limit;
    bool ets_compressed; // what ets:info says of every table
    size_t heap_minimum; // words, 0 = our own choice
    size_t heap_maximum; // words, 0 = none
    bool heap_maximum_kill, heap_maximum_log;
    size_t binary_heap_minimum; // words, 0 = our own choice
    uint32_t fullsweep_after;
    bool off_heap_messages;
    char break_mode;        // 'a' asks, 'c' back to the shell, 'd' ends, 'i' is ignored
    char warnings;          // error_logger: 'i', 'w' or 'e'
    char file_names;        // 'u' utf8, 'l' latin1 (after options_parse also where the flag leaves it to the locale)
    char file_name_errors;  // what a name that is no UTF-8 is: 'w' skipped with a warning, 'i' skipped, 'e' an error
    bool unicode_printable; // +pc unicode
    bool time_correction;
    int time_warp; // 0 no_time_warp, 1 single, 2 multi
    bool show_version;
    size_t distribution_buffer_limit; // bytes
    const char *boot_module;          // init
    char *const *init_arguments;      // from the first `--` on, NULL-terminated
};

enum flag_value { FLAG_ALONE, FLAG_OPTIONAL, FLAG_VALUE };

// How a flag (without its sign) is written: whether the next word belongs to it. *value points into `flag` when the
// value is attached to it (+A8). False when there is no such flag.
bool option_shape(const char *flag, enum flag_value *shape, const char **value);

// Reads the flags. On an error prints it and OTP's usage to standard error and returns false.
bool options_parse(struct boot_options *options, char *const *arguments);

#endif
