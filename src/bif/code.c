// Loading, deleting and purging modules: what code_server, init and erts_code_purger call.

#include "code/code.h"

#include "bif/bif.h"
#include "bif/bytes.h"
#include "code/collector.h"
#include "proc/log.h"
#include "term/atom.h"
#include "term/iodata.h"
#include "term/print.h"

#define BYTES_PER_REDUCTION 64 // of a module's file being read: measured against a call of a small function

// ---- prepared code: a reference that owns a struct code

struct prepared {
    struct code *_Atomic code; // NULL when it has been installed, or is being
};

static void prepared_destroy(struct shared_binary *shared) {
    struct prepared *prepared = (struct prepared *)shared->bytes;
    if (prepared->code)
        code_discard(prepared->code);
}

static struct prepared *prepared_of(term reference) {
    if (!is_kind(reference, KIND_MAGIC_REFERENCE))
        return NULL;
    struct shared_binary *shared = (struct shared_binary *)boxed(reference)[2];
    if (shared->destroy != prepared_destroy)
        return NULL;
    return (struct prepared *)shared->bytes;
}

static term prepared_make(struct heap *heap, struct code *code) {
    struct shared_binary *shared = shared_binary_new(sizeof(struct prepared));
    ((struct prepared *)shared->bytes)->code = code;
    shared->destroy = prepared_destroy;
    return heap_magic_reference(heap, shared);
}

// A report for the logger, in the words of OTP where there are such.
static void report(struct process *self, const struct text *text) {
    struct heap builder = {};
    term string = heap_string(&builder, text->bytes, text->size);
    log_error(self, "~s~n", &builder, heap_cons(&builder, string, NIL));
}

static term bad_file(struct process *self, term module, const char *why) {
    struct atom_text name = atom_text(module);
    struct text text = {};
    text_format(&text, "Error loading module %.*s:\n  %s\n", (int)name.size, (const char *)name.bytes, why);
    report(self, &text);
    text_free(&text);
    return error_tuple(self, ATOM_badfile);
}

BIF(erts_internal, prepare_loading, 2) {
    char why[CODE_WHY_SIZE];
    size_t size;
    if (!is_atom(arguments[0]) || !is_binary(arguments[1]))
        return raise_badarg(self);
    const uint8_t *bytes = bitstring_bytes(self, arguments[1], &size);
    struct code *code = code_read(bytes, size, why);
    if (!code)
        return bad_file(self, arguments[0], why);
    if (code->name != arguments[0]) {
        code_discard(code);
        return bad_file(self, arguments[0], "the file holds a module of another name");
    }
    term reference = prepared_make(&self->heap, code);
    work_charge(&self->work, (int64_t)(size / BYTES_PER_REDUCTION));
    return reference;
}

BIF(erlang, has_prepared_code_on_load, 1) {
    struct prepared *prepared = prepared_of(arguments[0]);
    struct code *code = prepared ? atomic_load(&prepared->code) : NULL;
    return code ? term_boolean(code->on_load) : raise_badarg(self);
}

// ---- finish_loading

struct finish {
    struct prepared **prepared;
    struct code **codes;
    size_t count;
};

// The list's prepared code; false when something else is in it.
static bool finish_collect(struct process *self, term list, struct finish *finish) {
    size_t length = 0;
    for (term rest = list; !is_nil(rest); rest = list_tail(rest), length++)
        if (!is_list(rest) || !prepared_of(list_head(rest)))
            return false;
    finish->prepared = proc_scratch(self, (length + 1) * sizeof *finish->prepared);
    finish->codes = proc_scratch(self, (length + 1) * sizeof *finish->codes);
    finish->count = length;
    for (size_t i = 0; i < length; i++, list = list_tail(list)) {
        finish->prepared[i] = prepared_of(list_head(list));
        finish->codes[i] = atomic_load(&finish->prepared[i]->code);
        if (!finish->codes[i])
            return false;
    }
    return true;
}

// The references own the first `count` codes again.
static void finish_give_back(const struct finish *finish, size_t count) {
    for (size_t i = 0; i < count; i++)
        atomic_store(&finish->prepared[i]->code, finish->codes[i]);
}

// From here on the codes are ours alone; false when another process has taken one meanwhile.
static bool finish_take(const struct finish *finish) {
    for (size_t i = 0; i < finish->count; i++) {
        struct code *code = finish->codes[i];
        if (!atomic_compare_exchange_strong(&finish->prepared[i]->code, &code, NULL)) {
            finish_give_back(finish, i);
            return false;
        }
    }
    return true;
}

static term finish_refused(struct process *self, term reason, term names) {
    return heap_tuple_of(&self->heap, 2, reason, names);
}

static term duplicated_names(struct heap *heap, const struct finish *finish) {
    term names = NIL;
    for (size_t i = 0; i < finish->count; i++)
        for (size_t j = 0; j < i; j++)
            if (finish->codes[i]->name == finish->codes[j]->name) {
                names = heap_cons(heap, finish->codes[i]->name, names);
                break;
            }
    return names;
}

static term unpurged_names(struct heap *heap, const struct finish *finish) {
    term names = NIL;
    for (size_t i = finish->count; i-- > 0;) {
        struct module *module = code_module(finish->codes[i]->name);
        if (module && atomic_load(&module->current) && atomic_load(&module->old))
            names = heap_cons(heap, module->name, names);
    }
    return names;
}

static bool any_on_load(const struct finish *finish) {
    for (size_t i = 0; i < finish->count; i++)
        if (finish->codes[i]->on_load)
            return true;
    return false;
}

BIF(erlang, finish_loading, 1) {
    struct finish finish;
    if (!finish_collect(self, arguments[0], &finish))
        return raise_badarg(self);
    bool on_load = any_on_load(&finish);
    if (on_load && finish.count > 1)
        return raise_system_limit(self);
    term names = duplicated_names(&self->heap, &finish);
    if (!is_nil(names))
        return finish_refused(self, ATOM_duplicated, names);
    if (!finish_take(&finish))
        return raise_badarg(self);
    bool installed = on_load ? code_install_on_load(finish.codes[0]) : code_install(finish.codes, finish.count);
    if (!installed) {
        names = unpurged_names(&self->heap, &finish);
        finish_give_back(&finish, finish.count);
        return finish_refused(self, ATOM_not_purged, names);
    }
    if (!on_load)
        return ATOM_ok;
    return finish_refused(self, ATOM_on_load, heap_cons(&self->heap, finish.codes[0]->name, NIL));
}

// ---- on_load functions

static struct code *waiting_code(term name) {
    struct module *module = is_atom(name) ? code_module(name) : NULL;
    return module ? atomic_load(&module->on_load) : NULL;
}

BIF(erlang, call_on_load_function, 1) {
    struct code *code = waiting_code(arguments[0]);
    if (!code)
        return raise_badarg(self);
    self->outcome = OUTCOME_CALL;
    self->callee = code->on_load_call;
    return NONE;
}

BIF(erlang, finish_after_on_load, 2) {
    if (!is_atom(arguments[0]) || (arguments[1] != ATOM_true && arguments[1] != ATOM_false) ||
        !code_finish_on_load(arguments[0], arguments[1] == ATOM_true))
        return raise_badarg(self);
    return ATOM_true;
}

// ---- deleting and purging

static void report_unpurged(struct process *self, term module) {
    struct atom_text name = atom_text(module);
    struct text text = {};
    text_format(&text, "Module %.*s must be purged before deleting\n", (int)name.size, (const char *)name.bytes);
    report(self, &text);
    text_free(&text);
}

BIF(erlang, delete_module, 1) {
    if (!is_atom(arguments[0]))
        return raise_badarg(self);
    switch (code_delete(arguments[0])) {
    case CODE_DELETED:
        return ATOM_true;
    case CODE_UNKNOWN:
        return ATOM_undefined;
    default:
        report_unpurged(self, arguments[0]);
        return raise_badarg(self);
    }
}

static term purge_complete(struct process *self, term module) {
    bool done = code_purge_complete(module);
    if (done && !is_nil(collector_process()))
        proc_send(self, collector_process(), ATOM_copy_literals);
    return done ? ATOM_true : raise_badarg(self);
}

BIF(erts_internal, purge_module, 2) {
    term module = arguments[0];
    if (proc_whereis(ATOM_erts_code_purger) != self->pid)
        return raise_error(self, ATOM_notsup);
    if (!is_atom(module))
        return raise_badarg(self);
    switch (arguments[1]) {
    case ATOM_prepare:
        return term_boolean(code_purge_prepare(module, false));
    case ATOM_prepare_on_load:
        return term_boolean(code_purge_prepare(module, true));
    case ATOM_abort: // what was begun is undone: false, as there is old code still
        return code_purge_abort(module) ? ATOM_false : raise_badarg(self);
    case ATOM_complete:
        return purge_complete(self, module);
    default:
        return raise_badarg(self);
    }
}

// ---- files that are not loaded

static bool is_plain_file(const uint8_t *bytes, size_t size) {
    return size >= 4 && memcmp(bytes, "FOR1", 4) == 0;
}

BIF(erts_internal, beamfile_chunk, 2) {
    char id[4];
    size_t size;
    struct code_span chunk;
    if (!is_binary(arguments[0]) || bytes_of_list(arguments[1], id, sizeof id) != sizeof id)
        return raise_badarg(self);
    const uint8_t *bytes = bitstring_bytes(self, arguments[0], &size);
    if (!is_plain_file(bytes, size) || !code_chunk(bytes, size, id, &chunk))
        return ATOM_undefined;
    return heap_binary(&self->heap, chunk.bytes, chunk.size);
}

BIF(erts_internal, beamfile_module_md5, 1) {
    uint8_t md5[16];
    size_t size;
    if (!is_binary(arguments[0]))
        return raise_badarg(self);
    const uint8_t *bytes = bitstring_bytes(self, arguments[0], &size);
    if (!is_plain_file(bytes, size) || !code_module_md5(bytes, size, md5))
        return ATOM_undefined;
    return heap_binary(&self->heap, md5, sizeof md5);
}
