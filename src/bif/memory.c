// What erlang:memory/0 and its kin are made of. OTP's Erlang code asks for the blocks of each allocator and sums them
// up; we answer with one instance of each kind of memory that we count.

#include "bif/bif.h"
#include "bif/system_info.h"
#include "ets/ets.h"
#include "sys/account.h"
#include "term/atom.h"
#include "vm.h"

static const term allocators[] = {ATOM_eheap_alloc, ATOM_ets_alloc, ATOM_binary_alloc, ATOM_std_alloc};

term info_allocators(struct process *self) {
    return heap_list_of(&self->heap, sizeof allocators / sizeof *allocators, allocators, NIL);
}

// {Allocator, Version, Features, Settings}
term info_allocator(struct process *self) {
    return heap_tuple_of(&self->heap, 4, ATOM_undefined, NIL, info_allocators(self), NIL);
}

static size_t counted(void) {
    return account_total(ACCOUNT_PROCESSES) + account_total(ACCOUNT_BINARIES) + ets_memory() + atom_memory();
}

static size_t allocator_bytes(term allocator) {
    switch (allocator) {
    case ATOM_eheap_alloc:
        return account_total(ACCOUNT_PROCESSES);
    case ATOM_ets_alloc:
        return ets_memory();
    case ATOM_binary_alloc:
        return account_total(ACCOUNT_BINARIES);
    default: { // what the program takes beyond what is counted
        size_t resident = account_resident(), known = counted();
        return resident > known ? resident - known : 0;
    }
    }
}

// What there is now, most lately, and most ever; the last two are not counted.
static term quadruple(struct heap *heap, term name, size_t now) {
    term n = heap_unsigned(heap, now);
    return heap_tuple_of(heap, 4, name, n, n, n);
}
static term pair(struct heap *heap, term name, term value) {
    return heap_tuple_of(heap, 2, name, value);
}

// {Kind, [{blocks, [{Allocator, [{size, ...}]}]}, {carriers_size, ...}]}. All that an allocator has is told as one
// block in one carrier. `whole` also tells how many there are of each, and who made the carrier.
static term carriers(struct heap *heap, term kind, term allocator, size_t bytes, bool whole) {
    size_t count = bytes != 0;
    term blocks = NIL;
    if (count) {
        term counts[] = {quadruple(heap, ATOM_count, count), quadruple(heap, ATOM_size, bytes)};
        blocks = heap_cons(heap, pair(heap, allocator, heap_list_of(heap, 1 + whole, counts + !whole, NIL)), NIL);
    }
    term size = quadruple(heap, ATOM_carriers_size, bytes), rows = NIL;
    if (whole) {
        term made[] = {quadruple(heap, ATOM_carriers, count), pair(heap, ATOM_mseg_alloc_carriers, SMALL(0)),
                       pair(heap, ATOM_sys_alloc_carriers, SMALL(count))};
        term sizes[] = {size, pair(heap, ATOM_mseg_alloc_carriers_size, SMALL(0)),
                        pair(heap, ATOM_sys_alloc_carriers_size, heap_unsigned(heap, bytes))};
        rows = heap_list_of(heap, 3, made, heap_list_of(heap, 3, sizes, NIL));
    } else {
        rows = heap_cons(heap, size, NIL);
    }
    return pair(heap, kind, heap_cons(heap, pair(heap, ATOM_blocks, blocks), rows));
}

// {Allocator, 0, [{mbcs, ...}, {sbcs, ...}]}
static term instance(struct heap *heap, term allocator, bool whole) {
    term kinds[] = {carriers(heap, ATOM_mbcs, allocator, allocator_bytes(allocator), whole),
                    carriers(heap, ATOM_sbcs, allocator, 0, whole)};
    return heap_tuple_of(heap, 3, allocator, SMALL(0), heap_list_of(heap, 2, kinds, NIL));
}

static bool is_allocator(term name) {
    for (size_t i = 0; i < sizeof allocators / sizeof *allocators; i++)
        if (allocators[i] == name)
            return true;
    return false;
}

// OTP's, which programs may ask for; `false` says that there is none.
static bool is_known(term name) {
    static const term others[] = {ATOM_driver_alloc,  ATOM_erts_mmap, ATOM_exec_alloc, ATOM_fix_alloc,
                                  ATOM_literal_alloc, ATOM_ll_alloc,  ATOM_mseg_alloc, ATOM_sl_alloc,
                                  ATOM_sys_alloc,     ATOM_temp_alloc};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (others[i] == name)
            return true;
    return is_allocator(name);
}

// The answer is a message {Reference, Scheduler, Instances} of each thread that allocates; all of them speak with one
// voice.
term info_allocator_message(struct process *self, bool whole, term reference, term names) {
    term instances = NIL, *last = &instances; // in the order of the names
    for (; is_list(names); names = list_tail(names)) {
        term name = list_head(names);
        if (!is_known(name))
            return raise_badarg(self);
        term row =
            is_allocator(name) ? instance(&self->heap, name, whole) : heap_tuple_of(&self->heap, 2, name, ATOM_false);
        *last = heap_cons(&self->heap, row, NIL);
        last = &list_cell(*last)[1];
    }
    if (!is_nil(names) || !is_reference(reference))
        return raise_badarg(self);
    proc_send(self, self->pid, heap_tuple_of(&self->heap, 3, reference, SMALL(0), instances));
    return ATOM_true;
}

term info_allocated_areas(struct process *self) {
    struct heap *heap = &self->heap;
    term atoms = heap_unsigned(heap, atom_memory());
    term table = heap_unsigned(heap, account_total(ACCOUNT_CODE));
    term rows[] = {heap_tuple_of(heap, 3, ATOM_atom_space, atoms, atoms),
                   heap_tuple_of(heap, 2, ATOM_loaded_code, table)};
    return heap_list_of(heap, 2, rows, NIL);
}
