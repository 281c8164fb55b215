// This node: its name, its end.

#include "bif/bif.h"
#include "io/port.h"
#include "options.h"
#include "sched/sched.h"
#include "sys/sys.h"
#include "term/atom.h"
#include "vm.h"

#include <stdio.h>
#include <stdlib.h>

#define SLOGAN_SIZE 1023 // characters

BIF(erlang, node, 0) {
    return atomic_load(&vm.node_name);
}

BIF(erlang, node, 1) {
    term t = arguments[0];
    if (is_local_pid(t) || is_local_port(t) || is_local_reference(t))
        return atomic_load(&vm.node_name);
    if (is_pid(t) || is_port(t) || is_reference(t))
        return boxed(t)[1];
    return raise_badarg(self);
}

BIF(erts_internal, get_creation, 0) {
    return SMALL(atomic_load(&vm.creation));
}

BIF(erts_internal, no_aux_work_threads, 0) {
    return SMALL(2);
}

BIF(error_logger, warning_map, 0) {
    return vm.options->warnings == 'i' ? ATOM_info : vm.options->warnings == 'e' ? ATOM_error : ATOM_warning;
}

// ---- the end ------------------------------------------------------------------------------------------------------

// The slogan of a crash dump: a string, cut as OTP cuts it.
static bool read_slogan(term list, char slogan[SLOGAN_SIZE + 1]) {
    size_t size = 0, count = 0;
    for (; is_list(list) && count < SLOGAN_SIZE; list = list_tail(list), count++) {
        term head = list_head(list);
        if (!is_small(head) || small_value(head) < 0 || small_value(head) > 255)
            return false;
        slogan[size++] = (char)small_value(head);
    }
    slogan[size] = 0;
    return is_nil(list) || count == SLOGAN_SIZE;
}

// [{flush, boolean()}]
static bool read_flush(term options, bool *flush) {
    *flush = true;
    for (; is_list(options); options = list_tail(options)) {
        term option = list_head(options);
        if (!is_tuple_of(option, 2) || tuple_element(option, 1) != ATOM_flush)
            return false;
        term value = tuple_element(option, 2);
        if (value != ATOM_true && value != ATOM_false)
            return false;
        *flush = value == ATOM_true;
    }
    return is_nil(options);
}

BIF(erlang, halt, 2) {
    bool flush;
    char slogan[SLOGAN_SIZE + 1];
    if (!read_flush(arguments[1], &flush))
        return raise_badarg(self);
    sched_settle();
    if (is_small(arguments[0]) && small_value(arguments[0]) >= 0)
        vm_halt((int)(small_value(arguments[0]) & 0x7fffffff), flush);
    if (arguments[0] == ATOM_abort)
        abort();
    if ((is_list(arguments[0]) || is_nil(arguments[0])) && read_slogan(arguments[0], slogan)) {
        if (flush)
            io_flush();
        vm_crash(slogan);
    }
    return raise_badarg(self);
}
