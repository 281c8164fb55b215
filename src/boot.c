// From an empty VM to the first process.

#include "boot.h"

#include "code/code.h"
#include "code/collector.h"
#include "heap/heap.h"
#include "preloaded.h"
#include "proc/proc.h"
#include "sys/sys.h"
#include "term/atom.h"
#include "vm.h"

#include <stdio.h>
#include <string.h>

static bool load(const struct preloaded *module) {
    char why[CODE_WHY_SIZE];
    struct code *code = code_read(module->bytes, module->size, why);
    if (!code) {
        fprintf(stderr, "purlin: %s is no module that can be loaded: %s\n", module->name, why);
        return false;
    }
    code->lines_chunk.size = 0; // OTP's preloaded modules carry no lines, which stack traces show
    return code_install(&code, 1);
}

bool boot_load_preloaded(void) {
    for (size_t i = 0; i < preloaded_count; i++)
        if (!load(&preloaded[i]))
            return false;
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
