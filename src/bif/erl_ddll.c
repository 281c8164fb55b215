// erl_ddll: drivers that are loaded at run time (driver/), and those that are built in, which cannot be.

#include "bif/bif.h"
#include "driver/driver.h"
#include "sys/sys.h"
#include "term/atom.h"
#include "term/iodata.h"

static const char *const built_in[] = {"tcp_inet", "udp_inet", "ram_file_drv", "tty_sl"};

enum { BUILT_IN_COUNT = sizeof built_in / sizeof *built_in };

// ---- arguments

// Not to be loaded or unloaded.
static bool is_linked_in(const char *name) {
    for (size_t i = 0; i < BUILT_IN_COUNT; i++)
        if (strcmp(built_in[i], name) == 0)
            return true;
    return driver_is_added(name);
}

// Characters as a string in scratch memory that ends in zero; NULL when there is a zero in them.
static char *string_of(struct process *self, const void *bytes, size_t size) {
    char *string = proc_scratch(self, size + 1);
    memcpy(string, bytes, size);
    string[size] = 0;
    return strlen(string) == size ? string : NULL;
}

static char *read_iodata(struct process *self, term data) {
    size_t size;
    if (is_atom(data) || iodata_size(data, &size, &self->work) != IODATA_OK)
        return NULL;
    uint8_t *bytes = proc_scratch(self, size);
    iodata_copy(data, bytes, &self->work);
    return string_of(self, bytes, size);
}

// A driver's name: an atom or iodata. NULL when it is neither.
static char *read_name(struct process *self, term name) {
    if (!is_atom(name))
        return read_iodata(self, name);
    struct atom_text text = atom_text(name);
    return string_of(self, text.bytes, text.size);
}

static bool is_pair(term t, term key) {
    return is_tuple_of(t, 2) && tuple_element(t, 1) == key;
}

static bool is_pending(term t) {
    return t == ATOM_pending || t == ATOM_pending_driver;
}

static bool read_driver_options(term list, struct driver_request *request) {
    for (; is_list(list); list = list_tail(list)) {
        if (list_head(list) != ATOM_kill_ports)
            return false;
        request->kill_ports = true;
    }
    return is_nil(list);
}

static bool read_load_option(term option, struct driver_request *request) {
    if (is_pair(option, ATOM_driver_options))
        return read_driver_options(tuple_element(option, 2), request);
    if (!is_tuple_of(option, 2) || !is_pending(tuple_element(option, 2)))
        return false;
    switch (tuple_element(option, 1)) {
    case ATOM_monitor:
        return request->monitor = true;
    case ATOM_reload:
        request->reload_shared = tuple_element(option, 2) == ATOM_pending;
        return request->reload = true;
    default:
        return false;
    }
}

static bool read_unload_option(term option, struct driver_request *request) {
    if (option == ATOM_kill_ports)
        return request->kill_ports = true;
    return is_pair(option, ATOM_monitor) && is_pending(tuple_element(option, 2)) && (request->monitor = true);
}

static bool read_options(term list, struct driver_request *request, bool (*read)(term, struct driver_request *)) {
    for (; is_list(list); list = list_tail(list))
        if (!read(list_head(list), request))
            return false;
    return is_nil(list);
}

// ---- loading

BIF(erl_ddll, try_load, 3) {
    struct driver_request request = {.name = read_name(self, arguments[1])};
    const char *path = read_iodata(self, arguments[0]);
    if (!path || !request.name || !read_options(arguments[2], &request, read_load_option))
        return raise_badarg(self);
    return is_linked_in(request.name) ? error_tuple(self, ATOM_linked_in_driver) : driver_load(self, path, &request);
}

BIF(erl_ddll, try_unload, 2) {
    struct driver_request request = {0};
    if (!read_options(arguments[1], &request, read_unload_option) || !(request.name = read_name(self, arguments[0])))
        return raise_badarg(self);
    return is_linked_in(request.name) ? error_tuple(self, ATOM_linked_in_driver) : driver_unload(self, &request);
}

// ---- facts

BIF(erl_ddll, loaded_drivers, 0) {
    struct heap *heap = &self->heap;
    term list = driver_names(heap, NIL);
    for (size_t i = BUILT_IN_COUNT; i-- > 0;)
        list = heap_cons(heap, heap_string(heap, built_in[i], strlen(built_in[i])), list);
    return heap_tuple_of(heap, 2, ATOM_ok, list);
}

static term linked_in_info(term item) {
    switch (item) {
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
        return NONE;
    }
}

BIF(erl_ddll, info, 2) {
    const char *name = read_name(self, arguments[0]);
    if (!name)
        return raise_badarg(self);
    term answer = is_linked_in(name) ? linked_in_info(arguments[1]) : driver_info(&self->heap, name, arguments[1]);
    return answer == NONE ? raise_badarg(self) : answer;
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
    case ATOM_pending_reload:
        return "Driver reloading is already pending";
    case ATOM_no_driver_init:
        return "No driver init in dynamic library";
    case ATOM_driver_init_failed:
        return "Driver init failed";
    case ATOM_bad_driver_name:
        return "Bad driver name";
    case ATOM_driver_incorrect_version:
        return "Driver compiled with incorrect version of erl_driver.h";
    default:
        break;
    }
    if (!is_pair(reason, ATOM_open_error) || !is_small(tuple_element(reason, 2)))
        return NULL;
    const char *text = driver_error_text(small_value(tuple_element(reason, 2)));
    return text ? text : "Unknown dlload error";
}

BIF(erl_ddll, format_error_int, 1) {
    const char *text = error_text(arguments[0]);
    return text ? heap_string(&self->heap, text, strlen(text)) : raise_badarg(self);
}

// ---- monitors

// Of a driver that is linked in: what is waited for has happened already, or never will.
static term tell_linked_in(struct process *self, term name) {
    struct heap *heap = &self->heap;
    term reference = heap_reference(heap);
    proc_send(self, self->pid, heap_tuple_of(heap, 5, ATOM_UP, reference, ATOM_driver, name, ATOM_permanent));
    return reference;
}

BIF(erl_ddll, monitor, 2) {
    term what = arguments[1];
    if (arguments[0] != ATOM_driver || !is_tuple_of(what, 2))
        return raise_badarg(self);
    term when = tuple_element(what, 2), name_term = tuple_element(what, 1);
    const char *name = read_name(self, name_term);
    if (!name || (when != ATOM_loaded && when != ATOM_unloaded && when != ATOM_unloaded_only))
        return raise_badarg(self);
    return is_linked_in(name) ? tell_linked_in(self, name_term) : driver_monitor(self, name, when);
}

BIF(erl_ddll, demonitor, 1) {
    if (!is_reference(arguments[0]))
        return raise_badarg(self);
    driver_demonitor(self, arguments[0]);
    return ATOM_true;
}
