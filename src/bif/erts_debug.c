// erts_debug: what looks into an emulator. Much of it answers as an OTP does that was built without it.

#include <stdio.h>

#include "bif/bif.h"
#include "code/code.h"
#include "ext/decode.h"
#include "ext/ext.h"
#include "heap/walk.h"
#include "report/address_set.h"
#include "sys/sys.h"
#include "term/bits.h"
#include "term/print.h"

// ---- states of OTP's own test builds

BIF(erts_debug, get_internal_state, 1) {
    return raise_error(self, ATOM_undef);
}

BIF(erts_debug, set_internal_state, 2) {
    // Test suites turn the door to internal states off without asking whether there is one.
    if (arguments[0] == ATOM_available_internal_state && arguments[1] == ATOM_false)
        return ATOM_false;
    return raise_error(self, ATOM_undef);
}

// ---- lock counting

BIF(erts_debug, lcnt_clear, 0) {
    return ATOM_error;
}

BIF(erts_debug, lcnt_collect, 0) {
    return ATOM_error;
}

BIF(erts_debug, lcnt_control, 1) {
    return raise_badarg(self);
}

BIF(erts_debug, lcnt_control, 2) {
    return raise_badarg(self);
}

// ---- instructions

BIF(erts_debug, interpreter_size, 0) {
    return SMALL(0);
}

BIF(erts_debug, instructions, 0) {
    term list = NIL;
    for (unsigned opcode = 255; opcode > 0; opcode--) {
        const char *name = code_opcode_name(opcode);
        if (name)
            list = heap_cons(&self->heap, heap_string(&self->heap, name, strlen(name)), list);
    }
    return list;
}

static bool is_mfa(term t) {
    return is_tuple_of(t, 3) && is_atom(tuple_element(t, 1)) && is_atom(tuple_element(t, 2)) &&
           is_small(tuple_element(t, 3));
}

// Prepared code is words that mean nothing outside: of a function that exists there is nothing to show.
BIF(erts_debug, disassemble, 1) {
    if (is_integer(arguments[0]))
        return ATOM_false;
    if (!is_mfa(arguments[0]))
        return raise_badarg(self);
    const struct export *export = code_export_find(tuple_element(arguments[0], 1), tuple_element(arguments[0], 2),
                                                   (uint32_t)small_value(tuple_element(arguments[0], 3)));
    return export && export_is_callable(export) ? raise_error(self, ATOM_notsup) : ATOM_false;
}

// ---- what OTP runs on its dirty schedulers to test them: here waiting holds none

static term dirty(struct process *self, term *arguments, term type) {
    term what = arguments[0], value = arguments[1];
    if (what == ATOM_scheduler && value == ATOM_type)
        return type;
    if (what == ATOM_copy)
        return value;
    if (what != ATOM_wait || !is_small(value) || small_value(value) < 0)
        return raise_badarg(self);
    int64_t deadline = sys_monotonic_time() + small_value(value) * 1000000;
    while (proc_wait_until(self, deadline))
        ;
    return ATOM_ok;
}

BIF(erts_debug, dirty_cpu, 2) {
    return dirty(self, arguments, ATOM_dirty_cpu);
}

BIF(erts_debug, dirty_io, 2) {
    return dirty(self, arguments, ATOM_dirty_io);
}

BIF(erts_debug, dirty, 3) {
    return raise_badarg(self);
}

// ---- values

// Sharing is not seen by programs: a copy that keeps it is as good as the value.
BIF(erts_debug, copy_shared, 2) {
    return arguments[1] == ATOM_true || arguments[1] == ATOM_false ? arguments[0] : raise_badarg(self);
}

static size_t shared_size(const term *value) {
    struct walk walk;
    struct address_set seen = {0};
    size_t size = 0;
    walk_begin(&walk, value, 1);
    for (term word; walk_next(&walk, &word);) {
        size_t before = seen.count;
        if (is_pointer(word))
            address_set_add(&seen, word);
        if (seen.count == before)
            continue;
        if (is_list(word)) {
            size += 2;
            walk_into(&walk, list_cell(word), 2);
            continue;
        }
        term header = *boxed(word);
        size += 1 + header_size(header);
        if (header_kind(header) < KIND_OPAQUE)
            walk_into(&walk, boxed(word) + 1, header_size(header));
    }
    walk_end(&walk);
    address_set_free(&seen);
    return size;
}

// Words, each once.
BIF(erts_debug, size_shared, 1) {
    proc_slow_enter(self, SLOW_COMPUTES); // there may be many of them
    size_t size = shared_size(arguments);
    proc_slow_leave(self);
    return heap_unsigned(&self->heap, size);
}

// To the standard output, and as a string: their lines end differently, as on OTP.
BIF(erts_debug, display, 1) {
    struct text text = {0};
    term_print(&text, arguments[0]);
    fwrite(text.bytes, 1, text.size, stdout);
    fputs("\r\n", stdout);
    fflush(stdout);
    text_append(&text, "\n", 1);
    term string = heap_string(&self->heap, (const char *)text.bytes, text.size);
    text_free(&text);
    return string;
}

static bool are_atoms(const term *terms, size_t count) {
    while (count > 0 && is_atom(terms[count - 1]))
        count--;
    return count == 0;
}

// A term as one node sends it to another, and the atoms that it names by their numbers: found in crash dumps.
BIF(erts_debug, dist_ext_to_term, 2) {
    term atoms = arguments[0], binary = arguments[1];
    if (!is_tuple(atoms) || !are_atoms(boxed(atoms) + 1, tuple_arity(atoms)) || !is_binary(binary))
        return raise_badarg(self);
    size_t size = bitstring_size(binary) >> 3, used;
    const uint8_t *bytes = binary_bytes(binary, proc_scratch(self, size));
    struct ext_reader reader = {.atoms = boxed(atoms) + 1, .atom_count = tuple_arity(atoms)};
    if (size == 0 || bytes[0] != EXT_VERSION)
        return raise_badarg(self);
    term value = ext_read(&self->heap, &reader, bytes + 1, size - 1, &used, &self->work);
    return value != NONE ? value : raise_badarg(self);
}

// ---- allocators: those of OTP's would tell of themselves in so many messages

static term gather(struct process *self, term request) {
    return is_tuple_of(request, 5) && is_atom(tuple_element(request, 1)) ? SMALL(0) : raise_badarg(self);
}

BIF(erts_internal, gather_alloc_histograms, 1) {
    return gather(self, arguments[0]);
}

BIF(erts_internal, gather_carrier_info, 1) {
    return gather(self, arguments[0]);
}
