// From an empty VM to the first process.

#include "boot.h"

#include "code/code.h"
#include "code/collector.h"
#include "heap/heap.h"
#include "proc/proc.h"
#include "sys/sys.h"
#include "term/atom.h"
#include "vm.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// In the order in which erlang:pre_loaded/0 names them on OTP.
static const char *const preloaded[] = {
    "erts_code_purger",
    "erl_init",
    "init",
    "prim_buffer",
    "prim_eval",
    "prim_inet",
    "prim_file",
    "zlib",
    "socket_registry",
    "prim_socket",
    "prim_net",
    "prim_zip",
    "erl_prim_loader",
    "erlang",
    "erts_internal",
    "erl_tracer",
    "erts_literal_area_collector",
    "erts_dirty_process_signal_handler",
    "atomics",
    "counters",
    "persistent_term",
};

// The value of `-name value` among the words for init, or NULL.
static const char *init_argument(const struct boot_options *options, const char *name) {
    for (char *const *word = options->init_arguments; *word; word++)
        if (**word == '-' && !strcmp(*word + 1, name) && word[1])
            return word[1];
    return NULL;
}

static uint8_t *read_file(const char *path, size_t *size) {
    FILE *file = fopen(path, "rb");
    if (!file)
        return NULL;
    long length = fseek(file, 0, SEEK_END) == 0 ? ftell(file) : -1;
    if (fseek(file, 0, SEEK_SET) != 0)
        length = -1;
    uint8_t *bytes = length >= 0 ? sys_alloc((size_t)length + 1) : NULL;
    *size = bytes ? fread(bytes, 1, (size_t)length, file) : 0;
    fclose(file);
    return bytes;
}

static bool load(const char *path) {
    size_t size;
    uint8_t *bytes = read_file(path, &size);
    if (!bytes) {
        fprintf(stderr, "purlin: cannot read %s: %s\n", path, strerror(errno));
        return false;
    }
    char why[CODE_WHY_SIZE];
    struct code *code = code_read(bytes, size, why);
    sys_free(bytes);
    if (!code) {
        fprintf(stderr, "purlin: %s is no module that can be loaded: %s\n", path, why);
        return false;
    }
    code->lines_chunk.size = 0; // OTP's preloaded modules carry no lines, which stack traces show
    return code_install(&code, 1);
}

bool boot_load_preloaded(const struct boot_options *options) {
    const char *root = init_argument(options, "root");
    if (!root) {
        fputs("purlin: no -root among the arguments: start it through erl\n", stderr);
        return false;
    }
    char path[4096];
    for (size_t i = 0; i < sizeof preloaded / sizeof *preloaded; i++) {
        int length =
            snprintf(path, sizeof path, "%s/lib/erts-" PURLIN_ERTS_VERSION "/ebin/%s.beam", root, preloaded[i]);
        if (length >= (int)sizeof path || !load(path))
            return false;
    }
    code_preload_end();
    return true;
}

static struct spawn_options process_options(enum priority priority) {
    return (struct spawn_options){.monitor_tag = NONE,
                                  .group_leader = NONE,
                                  .priority = priority,
                                  .heap_minimum = vm.options->heap_minimum,
                                  .binary_heap_minimum = vm.options->binary_heap_minimum,
                                  .heap_maximum = vm.options->heap_maximum,
                                  .fullsweep_after = vm.options->fullsweep_after};
}

static term start_system_process(term module, enum priority priority) {
    struct spawn_options options = process_options(priority);
    options.system = true;
    return proc_spawn(NULL, module, ATOM_start, NIL, &options, NULL);
}

void boot_start_processes(const struct boot_options *options) {
    struct heap heap = {0};
    term words = NIL;
    size_t count = 0;
    while (options->init_arguments[count])
        count++;
    while (count--) {
        const char *word = options->init_arguments[count];
        words = heap_cons(&heap, heap_binary(&heap, word, strlen(word)), words);
    }
    term arguments = heap_cons(&heap, atom_from_c(options->boot_module), heap_cons(&heap, words, NIL));
    struct spawn_options first = process_options(PRIORITY_NORMAL);
    first.system = true;
    proc_spawn(NULL, ATOM_erl_init, ATOM_start, arguments, &first, NULL);
    heap_free(&heap);

    start_system_process(ATOM_erts_code_purger, PRIORITY_HIGH);
    collector_set_process(start_system_process(ATOM_erts_literal_area_collector, PRIORITY_HIGH));
    start_system_process(ATOM_erts_dirty_process_signal_handler, PRIORITY_NORMAL);
    start_system_process(ATOM_erts_dirty_process_signal_handler, PRIORITY_HIGH);
    start_system_process(ATOM_erts_dirty_process_signal_handler, PRIORITY_MAX);
}
