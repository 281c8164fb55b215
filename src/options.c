// The emulator's flags: one table says how each is written and what it does.

#include "options.h"

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef bool apply_function(struct boot_options *options, const char *value);

struct flag {
    const char *name;
    enum flag_value shape;
    apply_function *apply; // NULL: accepted, has no meaning here (docs/compatibility.md lists them)
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
    if (strcmp(value, "true") && strcmp(value, "false"))
        return false;
    *flag = !strcmp(value, "true");
    return true;
}

static bool set_async_threads(struct boot_options *options, const char *value) {
    unsigned long n;
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
static bool set_no_crash_dump(struct boot_options *options, const char *value) {
    options->no_crash_dump = true;
    return true;
}
static bool set_ets_limit(struct boot_options *options, const char *value) {
    return size_in(value, 0, UINT32_MAX, &options->ets_limit);
}
static bool set_file_names(struct boot_options *options, const char *value) {
    if (!*value || !strchr("ula", *value) || (value[1] && !strchr("wie", value[1])))
        return false;
    options->file_names = *value;
    options->file_name_errors = value[1] ? value[1] : 'w';
    return true;
}
static bool set_heap_minimum(struct boot_options *options, const char *value) {
    return size_in(value, 1, 1u << 30, &options->heap_minimum);
}
static bool set_binary_heap_minimum(struct boot_options *options, const char *value) {
    return size_in(value, 1, 1u << 30, &options->binary_heap_minimum);
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
static bool set_schedulers(struct boot_options *options, const char *value) {
    return pair(value, &options->schedulers, &options->schedulers_online);
}
static bool set_dirty_cpu(struct boot_options *options, const char *value) {
    return pair(value, &options->dirty_cpu, &options->dirty_cpu_online);
}
static bool set_dirty_io(struct boot_options *options, const char *value) {
    unsigned long n;
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
    {"a", FLAG_VALUE, NULL},
    {"A", FLAG_VALUE, set_async_threads},
    {"B", FLAG_OPTIONAL, set_break},
    {"c", FLAG_OPTIONAL, set_time_correction},
    {"C", FLAG_VALUE, set_time_warp},
    {"d", FLAG_ALONE, set_no_crash_dump},
    {"dcg", FLAG_VALUE, NULL},
    {"e", FLAG_VALUE, set_ets_limit},
    {"fn", FLAG_VALUE, set_file_names},
    {"hms", FLAG_VALUE, set_heap_minimum},
    {"hmbs", FLAG_VALUE, set_binary_heap_minimum},
    {"hmax", FLAG_VALUE, set_heap_maximum},
    {"hmaxk", FLAG_VALUE, set_heap_maximum_kill},
    {"hmaxel", FLAG_VALUE, set_heap_maximum_log},
    {"hmqd", FLAG_VALUE, set_message_queue_data},
    {"hpds", FLAG_VALUE, NULL},
    {"i", FLAG_VALUE, set_boot_module},
    {"IOp", FLAG_VALUE, NULL},
    {"IOt", FLAG_VALUE, NULL},
    {"IOPp", FLAG_VALUE, NULL},
    {"IOPt", FLAG_VALUE, NULL},
    {"JDdump", FLAG_VALUE, NULL},
    {"JPperf", FLAG_VALUE, NULL},
    {"K", FLAG_OPTIONAL, NULL},
    {"L", FLAG_ALONE, NULL},
    {"l", FLAG_ALONE, NULL},
    {"M", FLAG_OPTIONAL, NULL},
    {"n", FLAG_ALONE, NULL},
    {"ns", FLAG_ALONE, NULL},
    {"na", FLAG_ALONE, NULL},
    {"nd", FLAG_ALONE, NULL},
    {"P", FLAG_VALUE, set_process_limit},
    {"pc", FLAG_VALUE, set_printable},
    {"Q", FLAG_VALUE, set_port_limit},
    {"r", FLAG_ALONE, NULL},
    {"R", FLAG_VALUE, NULL},
    {"rg", FLAG_VALUE, NULL},
    {"S", FLAG_VALUE, set_schedulers},
    {"SP", FLAG_VALUE, NULL},
    {"SDcpu", FLAG_VALUE, set_dirty_cpu},
    {"SDPcpu", FLAG_VALUE, NULL},
    {"SDio", FLAG_VALUE, set_dirty_io},
    {"sbt", FLAG_VALUE, NULL},
    {"sbwt", FLAG_VALUE, NULL},
    {"sbwtdcpu", FLAG_VALUE, NULL},
    {"sbwtdio", FLAG_VALUE, NULL},
    {"scl", FLAG_VALUE, NULL},
    {"sct", FLAG_VALUE, NULL},
    {"secio", FLAG_VALUE, NULL},
    {"spp", FLAG_VALUE, NULL},
    {"ssrct", FLAG_ALONE, NULL},
    {"sss", FLAG_VALUE, NULL},
    {"sssdcpu", FLAG_VALUE, NULL},
    {"sssdio", FLAG_VALUE, NULL},
    {"sub", FLAG_VALUE, NULL},
    {"swct", FLAG_VALUE, NULL},
    {"sws", FLAG_VALUE, NULL},
    {"swt", FLAG_VALUE, NULL},
    {"swtdcpu", FLAG_VALUE, NULL},
    {"swtdio", FLAG_VALUE, NULL},
    {"T", FLAG_VALUE, NULL},
    {"t", FLAG_VALUE, set_atom_limit},
    {"v", FLAG_OPTIONAL, NULL},
    {"V", FLAG_ALONE, set_version},
    {"W", FLAG_VALUE, set_warnings},
    {"zdbbl", FLAG_VALUE, set_distribution_buffer},
    {"zdntgc", FLAG_VALUE, NULL},
    {"zosrl", FLAG_VALUE, NULL},
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
    fprintf(stderr, "%s: -%s\n", problem, word);
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
        .ets_limit = 8192,
        .heap_minimum = 0,
        .heap_maximum_kill = true,
        .heap_maximum_log = true,
        .binary_heap_minimum = 46422,
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
            return usage("unknown flag", word);
        const struct flag *flag = find(word);
        bool attached = *value;
        if (!attached && shape != FLAG_ALONE) {
            bool follows = arguments[1] && (shape == FLAG_VALUE || (*arguments[1] != '-' && *arguments[1]));
            if (!follows && shape == FLAG_VALUE)
                return usage("missing value for flag", word);
            if (follows)
                value = *++arguments;
        }
        if (flag->apply && !flag->apply(options, value))
            return usage("bad value for flag", word);
    }
    if (*arguments && options->init_arguments == no_arguments)
        options->init_arguments = arguments;
    if (options->file_names == 'a')
        options->file_names = locale_is_utf8() ? 'u' : 'l';
    return true;
}
