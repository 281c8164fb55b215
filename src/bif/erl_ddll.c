// erl_ddll: drivers that are loaded at run time. Purlin's drivers are all built in, and it loads no others: what asks
// for one is answered as OTP answers for a file that is not there.

#include "bif/bif.h"
#include "sys/sys.h"
#include "term/atom.h"
#include "term/iodata.h"

static const char *const drivers[] = {"tcp_inet", "udp_inet", "ram_file_drv", "tty_sl"};

enum { DRIVER_COUNT = sizeof drivers / sizeof *drivers, NAME_MAX_BYTES = 255 };

enum { ERROR_NO_SUCH_FILE = -10 }; // OTP's number

// ---- arguments

static bool is_driver_text(const char *text, size_t size) {
    for (size_t i = 0; i < DRIVER_COUNT; i++)
        if (strlen(drivers[i]) == size && memcmp(drivers[i], text, size) == 0)
            return true;
    return false;
}

// A driver's name: an atom or iodata. False when it is neither; *built_in tells whether there is one of that name.
static bool read_name(term name, bool *built_in) {
    *built_in = false;
    if (is_atom(name)) {
        struct atom_text text = atom_text(name);
        *built_in = is_driver_text((const char *)text.bytes, text.size);
        return true;
    }
    size_t size;
    if (is_nil(name) || iodata_size(name, &size) != IODATA_OK)
        return false;
    uint8_t bytes[NAME_MAX_BYTES];
    if (size <= sizeof bytes) {
        iodata_copy(name, bytes);
        *built_in = is_driver_text((const char *)bytes, size);
    }
    return true;
}

static bool is_pair(term t, term key) {
    return is_tuple_of(t, 2) && tuple_element(t, 1) == key;
}

static bool is_kill_ports_list(term list) {
    for (; is_list(list); list = list_tail(list))
        if (list_head(list) != ATOM_kill_ports)
            return false;
    return is_nil(list);
}

static bool is_pending(term t) {
    return t == ATOM_pending || t == ATOM_pending_driver;
}

static term error(struct process *self, term reason) {
    return heap_tuple_of(&self->heap, 2, ATOM_error, reason);
}

// ---- loading

BIF(erl_ddll, try_load, 3) {
    bool built_in, reload = false;
    size_t size;
    term options = arguments[2];
    if (is_atom(arguments[0]) || iodata_size(arguments[0], &size) != IODATA_OK || !read_name(arguments[1], &built_in))
        return raise_badarg(self);
    for (; is_list(options); options = list_tail(options)) {
        term option = list_head(options);
        if (is_pair(option, ATOM_reload) && is_pending(tuple_element(option, 2)))
            reload = true;
        else if (!(is_pair(option, ATOM_driver_options) && is_kill_ports_list(tuple_element(option, 2))) &&
                 !(is_pair(option, ATOM_monitor) && is_pending(tuple_element(option, 2))))
            return raise_badarg(self);
    }
    if (!is_nil(options))
        return raise_badarg(self);
    if (built_in)
        return error(self, ATOM_linked_in_driver);
    if (reload)
        return error(self, ATOM_not_loaded);
    return error(self, heap_tuple_of(&self->heap, 2, ATOM_open_error, SMALL(ERROR_NO_SUCH_FILE)));
}

BIF(erl_ddll, try_unload, 2) {
    bool built_in;
    term options = arguments[1];
    for (; is_list(options); options = list_tail(options)) {
        term option = list_head(options);
        if (option != ATOM_kill_ports && !(is_pair(option, ATOM_monitor) && is_pending(tuple_element(option, 2))))
            return raise_badarg(self);
    }
    if (!is_nil(options) || !read_name(arguments[0], &built_in))
        return raise_badarg(self);
    return error(self, built_in ? ATOM_linked_in_driver : ATOM_not_loaded);
}

// ---- facts

BIF(erl_ddll, loaded_drivers, 0) {
    struct heap *heap = &self->heap;
    term list = NIL;
    for (size_t i = DRIVER_COUNT; i-- > 0;)
        list = heap_cons(heap, heap_string(heap, drivers[i], strlen(drivers[i])), list);
    return heap_tuple_of(heap, 2, ATOM_ok, list);
}

BIF(erl_ddll, info, 2) {
    bool built_in;
    if (!read_name(arguments[0], &built_in) || !built_in)
        return raise_badarg(self);
    switch (arguments[1]) {
    case ATOM_processes:
    case ATOM_driver_options:
    case ATOM_port_count:
    case ATOM_awaiting_load:
    case ATOM_awaiting_unload:
        return ATOM_linked_in_driver;
    case ATOM_linked_in_driver:
        return ATOM_true;
    case ATOM_permanent:
        return ATOM_false;
    default:
        return raise_badarg(self);
    }
}

// The words are OTP's: programs show them.
static const char *error_text(term reason) {
    switch (reason) {
    case ATOM_inconsistent:
        return "Driver name and/or driver options are inconsistent with currently loaded driver";
    case ATOM_linked_in_driver:
        return "Driver is statically linked and cannot be loaded/unloaded";
    case ATOM_permanent:
        return "DDLL driver is permanent an cannot be unloaded/loaded";
    case ATOM_not_loaded:
        return "DDLL driver is not loaded";
    case ATOM_not_loaded_by_this_process:
        return "DDLL driver was not loaded by this process";
    case ATOM_not_pending:
        return "DDLL load not pending for this driver name";
    case ATOM_already_loaded:
        return "DDLL driver is already loaded successfully";
    case ATOM_pending_process:
        return "Driver is loaded by others when attempting option {reload, pending_driver}";
    default:
        break;
    }
    if (is_pair(reason, ATOM_open_error) && tuple_element(reason, 2) == SMALL(ERROR_NO_SUCH_FILE))
        return "cannot open shared object file: No such file or directory";
    return NULL;
}

BIF(erl_ddll, format_error_int, 1) {
    const char *text = error_text(arguments[0]);
    return text ? heap_string(&self->heap, text, strlen(text)) : raise_badarg(self);
}

// ---- monitors: what they wait for has happened already, or never will

BIF(erl_ddll, monitor, 2) {
    bool built_in;
    term what = arguments[1];
    if (arguments[0] != ATOM_driver || !is_tuple_of(what, 2) || !read_name(tuple_element(what, 1), &built_in))
        return raise_badarg(self);
    term when = tuple_element(what, 2);
    if (when != ATOM_loaded && when != ATOM_unloaded && when != ATOM_unloaded_only)
        return raise_badarg(self);
    struct heap *heap = &self->heap;
    term reference = heap_reference(heap);
    proc_send(self, self->pid,
              heap_tuple_of(heap, 5, built_in ? ATOM_UP : ATOM_DOWN, reference, ATOM_driver, tuple_element(what, 1),
                            built_in ? ATOM_permanent : ATOM_unloaded));
    return reference;
}

BIF(erl_ddll, demonitor, 1) {
    return is_reference(arguments[0]) ? ATOM_true : raise_badarg(self);
}
