// The emulator's flags: one table says how each is written and what it does.

#include "options.h"

#include "bif/spawn.h"
#include "sys/sys.h"

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ETS_LIMIT_LEAST 8192

typedef bool apply_function(struct boot_options *options, const char *value);

struct flag {
    const char *name;
    enum flag_value shape;
    apply_function *apply; // NULL: accepted, has no meaning here (docs/compatibility.md lists them)
    const char *complaint; // what OTP's emulator says of a wrong value, which follows
};

static bool number(const char *text, unsigned long minimum, unsigned long maximum, unsigned long *value) {
    char *end;
    errno = 0;
    if (!text || *text < '0' || *text > '9')
        return false;
    *value = strtoul(text, &end, 10);
    return !*end && !errno && *value >= minimum && *value <= maximum;
}

static bool size_in(const char *text, unsigned long minimum, unsigned long maximum, size_t *value) {
    unsigned long n;
    if (!number(text, minimum, maximum, &n))
        return false;
    *value = n;
    return true;
}

// "N", "N:M" or ":M"
static bool pair(const char *text, unsigned *first, unsigned *second) {
    char *end;
    if (*text != ':') {
        unsigned long n = strtoul(text, &end, 10);
        if (end == text || n < 1 || n > 1024)
            return false;
        *first = (unsigned)n;
        text = end;
    }
    if (!*text)
        return true;
    if (*text++ != ':')
        return false;
    unsigned long n = strtoul(text, &end, 10);
    if (end == text || *end || n < 1 || n > 1024)
        return false;
    *second = (unsigned)n;
    return !*first || *second <= *first;
}

static bool boolean(const char *value, bool *flag) {
    if (strcmp(value, "true") != 0 && strcmp(value, "false") != 0)
        return false;
    *flag = !strcmp(value, "true");
    return true;
}

static bool set_async_threads(struct boot_options *options, const char *value) {
    unsigned long n = 0;
    bool valid = number(value, 0, 1024, &n);
    options->async_threads = (unsigned)n;
    return valid;
}
static bool set_break(struct boot_options *options, const char *value) {
    if (*value && !strchr("cdi", *value))
        return false;
    options->break_mode = *value ? *value : 'd';
    return true;
}
static bool set_time_correction(struct boot_options *options, const char *value) {
    return !*value || boolean(value, &options->time_correction);
}
static bool set_time_warp(struct boot_options *options, const char *value) {
    static const char *const names[] = {"no_time_warp", "single_time_warp", "multi_time_warp"};
    for (int i = 0; i < 3; i++)
        if (!strcmp(value, names[i])) {
            options->time_warp = i;
            return true;
        }
    return false;
}
static bool set_ets_limit(struct boot_options *options, const char *value) {
    options->ets_limit = strtoul(value, NULL, 10); // no number is an error on OTP
    if (options->ets_limit < ETS_LIMIT_LEAST)
        options->ets_limit = ETS_LIMIT_LEAST;
    return true;
}
static bool set_ets_compressed(struct boot_options *options, const char *value) {
    options->ets_compressed = true;
    return true;
}
static bool set_file_names(struct boot_options *options, const char *value) {
    if (!*value || !strchr("ula", *value) || (value[1] && !strchr("wie", value[1])))
        return false;
    options->file_names = *value;
    options->file_name_errors = value[1] ? value[1] : 'w';
    return true;
}
static bool set_heap_minimum(struct boot_options *options, const char *value) {
    bool good = size_in(value, 1, 1u << 30, &options->heap_minimum);
    options->heap_minimum = heap_size_kept(options->heap_minimum, 0, HEAP_MINIMUM);
    return good;
}
static bool set_binary_heap_minimum(struct boot_options *options, const char *value) {
    bool good = size_in(value, 1, 1u << 30, &options->binary_heap_minimum);
    options->binary_heap_minimum = heap_size_kept(options->binary_heap_minimum, 0, BINARY_HEAP_MINIMUM);
    return good;
}
static bool set_heap_maximum(struct boot_options *options, const char *value) {
    return size_in(value, 0, UINT32_MAX, &options->heap_maximum);
}
static bool set_heap_maximum_kill(struct boot_options *options, const char *value) {
    return boolean(value, &options->heap_maximum_kill);
}
static bool set_heap_maximum_log(struct boot_options *options, const char *value) {
    return boolean(value, &options->heap_maximum_log);
}
static bool set_message_queue_data(struct boot_options *options, const char *value) {
    options->off_heap_messages = !strcmp(value, "off_heap");
    return options->off_heap_messages || !strcmp(value, "on_heap");
}
static bool set_boot_module(struct boot_options *options, const char *value) {
    options->boot_module = value;
    return *value;
}
static bool set_process_limit(struct boot_options *options, const char *value) {
    if (!strcmp(value, "legacy"))
        return true;
    return size_in(value, 1024, 134217727, &options->process_limit);
}
static bool set_port_limit(struct boot_options *options, const char *value) {
    if (!strcmp(value, "legacy"))
        return true;
    return size_in(value, 1024, 134217727, &options->port_limit);
}
static bool set_printable(struct boot_options *options, const char *value) {
    options->unicode_printable = !strcmp(value, "unicode");
    return options->unicode_printable || !strcmp(value, "latin1");
}
static bool set_atom_limit(struct boot_options *options, const char *value) {
    return size_in(value, 8192, 2147483647, &options->atom_limit);
}
static bool set_thread_stack(struct boot_options *options, const char *value) {
    unsigned long kilowords; // of threads that are not here
    return number(value, 16, 8192, &kilowords);
}
static bool set_timing_level(struct boot_options *options, const char *value) {
    unsigned long level; // a help in testing OTP's emulator
    return number(value, 0, 9, &level);
}
static bool is_one_of(const char *value, const char *const *names) {
    while (*names && strcmp(value, *names) != 0)
        names++;
    return *names;
}
// Schedulers are not bound, and do not wait busily.
static bool set_binding(struct boot_options *options, const char *value) {
    return is_one_of(value, (const char *const[]){"u", "ns", "ts", "ps", "s", "nnts", "nnps", "tnnps", "db", NULL});
}
static bool set_busy_wait(struct boot_options *options, const char *value) {
    return is_one_of(value, (const char *const[]){"none", "very_short", "short", "medium", "long", "very_long", NULL});
}
// How often to wake schedulers whatever happens: ours need not be. OTP, too, takes what is no number for 0.
static bool set_interval(struct boot_options *options, const char *value) {
    return *value != '-';
}
static bool set_schedulers(struct boot_options *options, const char *value) {
    if (!strcmp(value, "0")) // one a core
        return true;
    return pair(value, &options->schedulers, &options->schedulers_online);
}
static bool set_dirty_cpu(struct boot_options *options, const char *value) {
    return pair(value, &options->dirty_cpu, &options->dirty_cpu_online);
}
static bool set_dirty_io(struct boot_options *options, const char *value) {
    unsigned long n = 0;
    bool valid = number(value, 1, 1024, &n);
    options->dirty_io = (unsigned)n;
    return valid;
}
static bool set_version(struct boot_options *options, const char *value) {
    options->show_version = true;
    return true;
}
static bool set_warnings(struct boot_options *options, const char *value) {
    if (!*value || value[1] || !strchr("iwe", *value))
        return false;
    options->warnings = *value;
    return true;
}
static bool set_distribution_buffer(struct boot_options *options, const char *value) {
    size_t kilobytes;
    if (!size_in(value, 1, 2097151, &kilobytes))
        return false;
    options->distribution_buffer_limit = kilobytes * 1024;
    return true;
}

// A name is matched by its longest prefix, so that a value may be attached: -A8, -sbtu.
static const struct flag flags[] = {
    {"a", FLAG_VALUE, set_thread_stack, "bad stack size for async threads"},
    {"A", FLAG_VALUE, set_async_threads, "bad number of async threads"},
    {"B", FLAG_OPTIONAL, set_break, NULL},
    {"c", FLAG_OPTIONAL, set_time_correction, NULL},
    {"C", FLAG_VALUE, set_time_warp, NULL},
    {"d", FLAG_ALONE, NULL, NULL},
    {"dcg", FLAG_VALUE, NULL, NULL},
    {"e", FLAG_VALUE, set_ets_limit, NULL},
    {"ec", FLAG_ALONE, set_ets_compressed, NULL},
    {"fn", FLAG_VALUE, set_file_names, NULL},
    {"hms", FLAG_VALUE, set_heap_minimum, "bad heap size"},
    {"hmbs", FLAG_VALUE, set_binary_heap_minimum, "bad heap size"},
    {"hmax", FLAG_VALUE, set_heap_maximum, NULL},
    {"hmaxk", FLAG_VALUE, set_heap_maximum_kill, NULL},
    {"hmaxel", FLAG_VALUE, set_heap_maximum_log, NULL},
    {"hmqd", FLAG_VALUE, set_message_queue_data, NULL},
    {"hpds", FLAG_VALUE, NULL, NULL},
    {"i", FLAG_VALUE, set_boot_module, NULL},
    {"IOp", FLAG_VALUE, NULL, NULL},
    {"IOt", FLAG_VALUE, NULL, NULL},
    {"IOPp", FLAG_VALUE, NULL, NULL},
    {"IOPt", FLAG_VALUE, NULL, NULL},
    {"JDdump", FLAG_VALUE, NULL, NULL},
    {"JPperf", FLAG_VALUE, NULL, NULL},
    {"K", FLAG_OPTIONAL, NULL, NULL},
    {"L", FLAG_ALONE, NULL, NULL},
    {"l", FLAG_ALONE, NULL, NULL},
    {"M", FLAG_OPTIONAL, NULL, NULL},
    {"n", FLAG_ALONE, NULL, NULL},
    {"ns", FLAG_ALONE, NULL, NULL},
    {"na", FLAG_ALONE, NULL, NULL},
    {"nd", FLAG_ALONE, NULL, NULL},
    {"P", FLAG_VALUE, set_process_limit, "bad number of processes"},
    {"pc", FLAG_VALUE, set_printable, "bad range of printable characters:"},
    {"Q", FLAG_VALUE, set_port_limit, "bad number of ports"},
    {"r", FLAG_ALONE, NULL, NULL},
    {"R", FLAG_VALUE, NULL, NULL},
    {"rg", FLAG_VALUE, NULL, NULL},
    {"S", FLAG_VALUE, set_schedulers, "bad amount of schedulers"},
    {"SP", FLAG_VALUE, NULL, NULL},
    {"SDcpu", FLAG_VALUE, set_dirty_cpu, NULL},
    {"SDPcpu", FLAG_VALUE, NULL, NULL},
    {"SDio", FLAG_VALUE, set_dirty_io, NULL},
    {"sbt", FLAG_VALUE, set_binding, "setting scheduler bind type failed:"},
    {"sbwt", FLAG_VALUE, set_busy_wait, "bad scheduler busy wait threshold:"},
    {"sbwtdcpu", FLAG_VALUE, set_busy_wait, "bad scheduler busy wait threshold:"},
    {"sbwtdio", FLAG_VALUE, set_busy_wait, "bad scheduler busy wait threshold:"},
    {"scl", FLAG_VALUE, NULL, NULL},
    {"sct", FLAG_VALUE, NULL, NULL},
    {"secio", FLAG_VALUE, NULL, NULL},
    {"sfwi", FLAG_VALUE, set_interval, "bad scheduler forced wakeup interval"},
    {"spp", FLAG_VALUE, NULL, NULL},
    {"ssrct", FLAG_ALONE, NULL, NULL},
    {"sss", FLAG_VALUE, NULL, NULL},
    {"sssdcpu", FLAG_VALUE, NULL, NULL},
    {"sssdio", FLAG_VALUE, NULL, NULL},
    {"stbt", FLAG_VALUE, set_binding, "setting scheduler bind type failed:"},
    {"sub", FLAG_VALUE, NULL, NULL},
    {"swct", FLAG_VALUE, NULL, NULL},
    {"sws", FLAG_VALUE, NULL, NULL},
    {"swt", FLAG_VALUE, NULL, NULL},
    {"swtdcpu", FLAG_VALUE, NULL, NULL},
    {"swtdio", FLAG_VALUE, NULL, NULL},
    {"T", FLAG_VALUE, set_timing_level, "bad modified timing level"},
    {"t", FLAG_VALUE, set_atom_limit, "bad atom table size"},
    {"v", FLAG_OPTIONAL, NULL, NULL},
    {"V", FLAG_ALONE, set_version, NULL},
    {"W", FLAG_VALUE, set_warnings, "unrecognized warning_map option"},
    {"zdbbl", FLAG_VALUE, set_distribution_buffer, NULL},
    {"zdntgc", FLAG_VALUE, NULL, NULL},
    {"zebwt", FLAG_VALUE, set_busy_wait, "Invalid ets busy wait threshold:"},
    {"zosrl", FLAG_VALUE, NULL, NULL},
};

static const struct flag *find(const char *word) {
    const struct flag *best = NULL;
    size_t best_size = 0;
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        size_t size = strlen(flags[i].name);
        bool whole = flags[i].shape == FLAG_ALONE;
        if (size > best_size && !(whole ? strcmp(word, flags[i].name) : strncmp(word, flags[i].name, size))) {
            best = &flags[i];
            best_size = size;
        }
    }
    return best;
}

bool option_shape(const char *word, enum flag_value *shape, const char **value) {
    const struct flag *flag = find(word);
    if (!flag)
        return false;
    *shape = flag->shape;
    *value = word + strlen(flag->name);
    // Allocator switches are families (+MBas, +MHlmbcs): the whole word is the name and the value follows.
    if (*flag->name == 'M')
        *value += strlen(*value);
    return true;
}

static bool usage(const char *problem, const char *word) {
    sys_complain("%s %s", problem, word);
    fprintf(stderr, "Usage: beam.smp [flags] [ -- [init_args] ]\nThe flags are those of erl's manual page, with - in "
                    "place of +:\n ");
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        fprintf(stderr, " -%s%s", flags[i].name,
                flags[i].shape == FLAG_ALONE   ? ""
                : flags[i].shape == FLAG_VALUE ? " V"
                                               : " [V]");
    fprintf(stderr, "\n");
    return false;
}

static void set_defaults(struct boot_options *options) {
    *options = (struct boot_options){
        .async_threads = 1,
        .process_limit = 262144,
        .port_limit = 65536,
        .atom_limit = 1048576,
        .ets_limit = ETS_LIMIT_LEAST,
        .heap_minimum = 0,
        .heap_maximum_kill = true,
        .heap_maximum_log = true,
        .fullsweep_after = 65535,
        .break_mode = 'a',
        .warnings = 'w',
        .file_names = 'a',
        .file_name_errors = 'w',
        .time_correction = true,
        .distribution_buffer_limit = 1048576,
        .boot_module = "init",
    };
    const char *tables = getenv("ERL_MAX_ETS_TABLES"), *ports = getenv("ERL_MAX_PORTS");
    if (tables)
        set_ets_limit(options, tables);
    if (ports)
        set_port_limit(options, ports);
}

static bool locale_is_utf8(void) {
    locale_t locale = newlocale(LC_CTYPE_MASK, "", NULL);
    if (!locale)
        return false;
    bool utf8 = !strcmp(nl_langinfo_l(CODESET, locale), "UTF-8");
    freelocale(locale);
    return utf8;
}

bool options_parse(struct boot_options *options, char *const *arguments) {
    static char *const no_arguments[] = {NULL};
    set_defaults(options);
    options->init_arguments = no_arguments;
    for (; *arguments; arguments++) {
        if (!strcmp(*arguments, "--")) {
            options->init_arguments = arguments;
            break;
        }
        if (**arguments != '-')
            break; // words before any `--` are for init, too
        const char *word = *arguments + 1, *value;
        enum flag_value shape;
        if (!option_shape(word, &shape, &value))
            return usage("beam.smp unknown flag", *arguments);
        const struct flag *flag = find(word);
        bool attached = *value;
        if (!attached && shape != FLAG_ALONE) {
            bool follows = arguments[1] && (shape == FLAG_VALUE || (*arguments[1] != '-' && *arguments[1]));
            if (!follows && shape == FLAG_VALUE)
                return usage("missing value for flag", *arguments);
            if (follows)
                value = *++arguments;
        }
        if (flag->apply && !flag->apply(options, value))
            return flag->complaint ? usage(flag->complaint, value) : usage("bad value for flag -", flag->name);
    }
    if (*arguments && options->init_arguments == no_arguments)
        options->init_arguments = arguments;
    if (options->file_names == 'a')
        options->file_names = locale_is_utf8() ? 'u' : 'l';
    return true;
}
