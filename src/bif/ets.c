// ets: making tables, single objects, fixing and passing on.

#include "ets/ets.h"
#include "bif/bif.h"
#include "options.h"
#include "vm.h"

// ---- arguments

static bool to_boolean(term t, bool *value) {
    *value = t == ATOM_true;
    return t == ATOM_true || t == ATOM_false;
}

// The result of an operation on a table that has answered whether the table was alive.
static term answer(struct process *self, bool alive, term result) {
    return alive ? result : ets_raise_dead(self);
}

static bool key_value_option(struct table_options *options, term key, term value, term *decentralized) {
    bool on;
    switch (key) {
    case ATOM_keypos:
        options->keypos = is_small(value) && small_value(value) <= INT32_MAX ? (uint32_t)small_value(value) : 0;
        return is_small(value) && small_value(value) > 0 && options->keypos > 0;
    case ATOM_write_concurrency:
        options->write_concurrency = value;
        return value == ATOM_auto || to_boolean(value, &on);
    case ATOM_read_concurrency:
        return to_boolean(value, &options->read_concurrency);
    case ATOM_decentralized_counters:
        *decentralized = value;
        return to_boolean(value, &on);
    case ATOM_heir:
        options->heir = ATOM_none;
        return value == ATOM_none;
    default:
        return false;
    }
}

static bool plain_option(struct table_options *options, term option) {
    switch (option) {
    case ATOM_set:
        options->type = TABLE_SET;
        return true;
    case ATOM_ordered_set:
        options->type = TABLE_ORDERED_SET;
        return true;
    case ATOM_bag:
        options->type = TABLE_BAG;
        return true;
    case ATOM_duplicate_bag:
        options->type = TABLE_DUPLICATE_BAG;
        return true;
    case ATOM_public:
        options->access = ACCESS_PUBLIC;
        return true;
    case ATOM_protected:
        options->access = ACCESS_PROTECTED;
        return true;
    case ATOM_private:
        options->access = ACCESS_PRIVATE;
        return true;
    case ATOM_named_table:
        options->named = true;
        return true;
    case ATOM_compressed:
        options->compressed = true;
        return true;
    default:
        return false;
    }
}

static bool heir_option(term option, term *heir, term *data) {
    if (!is_tuple_of(option, 3) || tuple_element(option, 1) != ATOM_heir || !is_local_pid(tuple_element(option, 2)))
        return false;
    *heir = tuple_element(option, 2);
    *data = tuple_element(option, 3);
    return true;
}

static bool read_options(struct table_options *options, term list) {
    term decentralized = NONE;
    for (; is_list(list); list = list_tail(list)) {
        term option = list_head(list);
        if (!plain_option(options, option) && !heir_option(option, &options->heir, &options->heir_data) &&
            !(is_tuple_of(option, 2) &&
              key_value_option(options, tuple_element(option, 1), tuple_element(option, 2), &decentralized)))
            return false;
    }
    // A private table has nobody to be concurrent with.
    if (options->access == ACCESS_PRIVATE)
        options->write_concurrency = ATOM_false;
    if (decentralized == NONE)
        decentralized = term_boolean(options->type == TABLE_ORDERED_SET || options->write_concurrency == ATOM_auto);
    options->decentralized_counters = decentralized == ATOM_true && options->write_concurrency != ATOM_false;
    return is_nil(list);
}

// ---- making and ending

BIF(ets, new, 2) {
    struct table_options options = {
        .name = arguments[0],
        .access = ACCESS_PROTECTED,
        .keypos = 1,
        .write_concurrency = ATOM_false,
        .heir = ATOM_none,
        .heir_data = NIL,
        .compressed = vm.options->ets_compressed,
    };
    if (!is_atom(arguments[0]) || !read_options(&options, arguments[1]))
        return raise_badarg(self);
    term table = ets_new(self, &options);
    return table == NONE ? raise_badarg_cause(self, ATOM_already_exists) : table;
}

BIF(ets, delete, 1) {
    struct table *table = ets_open(self, arguments[0], NEED_WRITE);
    if (!table)
        return NONE;
    return answer(self, ets_delete(self, table), ATOM_true);
}

BIF(ets, rename, 2) {
    struct table *table = ets_open(self, arguments[0], NEED_WRITE);
    if (!table)
        return NONE;
    if (!is_atom(arguments[1]))
        return raise_badarg(self);
    bool taken;
    if (!ets_rename(table, arguments[1], &taken))
        return ets_raise_dead(self);
    if (taken)
        return raise_badarg(self);
    return is_atom(arguments[0]) ? arguments[1] : arguments[0];
}

BIF(ets, give_away, 3) {
    struct table *table = ets_open(self, arguments[0], NEED_WRITE);
    if (!table)
        return NONE;
    if (!is_local_pid(arguments[1]))
        return raise_badarg(self);
    if (!ets_is_owner(self, table))
        return raise_badarg_cause(self, ATOM_not_owner);
    if (arguments[1] == self->pid)
        return raise_badarg_cause(self, ATOM_owner);
    struct process *to = proc_lookup(arguments[1]);
    bool given = false;
    if (to && !ets_give_away(self, table, to, arguments[2], &given))
        return ets_raise_dead(self);
    return given ? ATOM_true : raise_badarg(self);
}

// What setopts/2 was told; each option at most once.
struct changes {
    term heir, data; // NONE: as it is
    int access;      // enum table_access, or -1
};

static bool read_access(term value, int *access) {
    struct table_options options;
    if ((value != ATOM_public && value != ATOM_protected && value != ATOM_private) || *access >= 0 ||
        !plain_option(&options, value))
        return false;
    *access = (int)options.access;
    return true;
}

static bool read_change(struct changes *changes, term option) {
    if (is_tuple_of(option, 2) && tuple_element(option, 1) == ATOM_protection)
        return read_access(tuple_element(option, 2), &changes->access);
    if (changes->heir != NONE)
        return false;
    if (is_tuple_of(option, 2) && tuple_element(option, 1) == ATOM_heir && tuple_element(option, 2) == ATOM_none) {
        changes->heir = ATOM_none;
        changes->data = NIL;
        return true;
    }
    return heir_option(option, &changes->heir, &changes->data);
}

BIF(ets, setopts, 2) {
    struct table *table = ets_open(self, arguments[0], NEED_WRITE);
    if (!table)
        return NONE;
    struct changes changes = {NONE, NIL, -1};
    term options = arguments[1];
    bool valid = is_tuple(options) ? read_change(&changes, options) : true;
    for (; valid && is_list(options); options = list_tail(options))
        valid = read_change(&changes, list_head(options));
    if (!valid || (!is_nil(options) && !is_tuple(options)) || !ets_is_owner(self, table))
        return raise_badarg(self);
    bool alive = changes.heir == NONE || ets_set_heir(table, changes.heir, changes.data);
    if (alive && changes.access >= 0)
        alive = ets_set_access(table, (enum table_access)changes.access);
    return answer(self, alive, ATOM_true);
}

BIF(ets, safe_fixtable, 2) {
    struct table *table = ets_open(self, arguments[0], NEED_READ);
    bool on;
    if (!table)
        return NONE;
    if (!to_boolean(arguments[1], &on))
        return raise_badarg(self);
    if (on)
        ets_fix(self, table);
    else
        ets_unfix(self, table);
    return ATOM_true;
}

BIF(ets, whereis, 1) {
    bool valid;
    if (!is_atom(arguments[0]))
        return raise_badarg(self);
    struct table *table = ets_find(arguments[0], &valid);
    return table ? ets_identifier(&self->heap, table) : ATOM_undefined;
}

// ---- inserting

static bool all_have_key_position(const struct table *table, term list) {
    for (; is_list(list); list = list_tail(list))
        if (!table_has_key_position(table, list_head(list)))
            return false;
    return is_nil(list);
}

static size_t list_cells(term list) {
    size_t count = 0;
    for (; is_list(list); list = list_tail(list))
        count++;
    return count;
}

static term insert(struct process *self, term *arguments, bool only_new) {
    struct table *table = ets_open(self, arguments[0], NEED_WRITE);
    term objects = arguments[1];
    bool alive = true, inserted = true;
    if (!table)
        return NONE;
    if (is_list(objects) && is_nil(list_tail(objects)) && is_tuple(list_head(objects)))
        objects = list_head(objects);
    if (table_has_key_position(table, objects)) {
        alive = only_new ? ets_insert_new(table, objects, &inserted) : ets_insert(table, objects);
    } else if (is_list(objects) && all_have_key_position(table, objects)) {
        alive = ets_insert_list(self, table, objects, only_new, &inserted);
        work_charge(&self->work, (int64_t)list_cells(objects));
    } else if (!is_nil(objects)) {
        return raise_badarg(self);
    }
    return answer(self, alive, term_boolean(inserted));
}

BIF(ets, insert, 2) {
    return insert(self, arguments, false);
}

BIF(ets, insert_new, 2) {
    return insert(self, arguments, true);
}

// ---- looking up

BIF(ets, lookup, 2) {
    struct table *table = ets_open(self, arguments[0], NEED_READ);
    term objects;
    if (!table)
        return NONE;
    return ets_lookup(table, &self->heap, arguments[1], &objects) ? objects : ets_raise_dead(self);
}

BIF(ets, lookup_element, 3) {
    struct table *table = ets_open(self, arguments[0], NEED_READ);
    term element, error;
    if (!table)
        return NONE;
    if (!is_small(arguments[2]) || small_value(arguments[2]) < 1)
        return raise_badarg(self);
    if (!ets_lookup_element(table, &self->heap, arguments[1], (size_t)small_value(arguments[2]), &element, &error))
        return ets_raise_dead(self);
    if (error != NONE)
        return raise_badarg(self);
    return element == NONE ? raise_badarg_cause(self, ATOM_badkey) : element;
}

BIF(ets, member, 2) {
    struct table *table = ets_open(self, arguments[0], NEED_READ);
    bool found = false;
    if (!table)
        return NONE;
    bool alive = ets_member(table, arguments[1], &found);
    return answer(self, alive, term_boolean(found));
}

// ---- deleting

BIF(ets, delete, 2) {
    struct table *table = ets_open(self, arguments[0], NEED_WRITE);
    if (!table)
        return NONE;
    return answer(self, ets_delete_key(table, arguments[1]), ATOM_true);
}

BIF(ets, delete_object, 2) {
    struct table *table = ets_open(self, arguments[0], NEED_WRITE);
    if (!table)
        return NONE;
    if (!table_has_key_position(table, arguments[1]))
        return raise_badarg(self);
    return answer(self, ets_delete_object(table, arguments[1]), ATOM_true);
}

BIF(ets, take, 2) {
    struct table *table = ets_open(self, arguments[0], NEED_WRITE);
    term objects;
    if (!table)
        return NONE;
    return ets_take(table, &self->heap, arguments[1], &objects) ? objects : ets_raise_dead(self);
}

// Answers how many there were when the second argument is undefined, else that argument.
BIF(ets, internal_delete_all, 2) {
    struct table *table = ets_open(self, arguments[0], NEED_WRITE);
    size_t count = 0;
    if (!table)
        return NONE;
    if (!ets_delete_all(self, table, &count))
        return ets_raise_dead(self);
    return arguments[1] == ATOM_undefined ? heap_unsigned(&self->heap, count) : arguments[1];
}

// ---- going through

// The neighbours of a key that is not there: an error, of which OTP tells no cause.
static term neighbour(struct process *self, bool alive, const term *key) {
    if (!alive)
        return ets_raise_dead(self);
    return *key == NONE ? raise_badarg(self) : *key;
}

BIF(ets, first, 1) {
    struct table *table = ets_open(self, arguments[0], NEED_READ);
    term key;
    if (!table)
        return NONE;
    return neighbour(self, ets_first(table, &self->heap, &key), &key);
}

BIF(ets, last, 1) {
    struct table *table = ets_open(self, arguments[0], NEED_READ);
    term key;
    if (!table)
        return NONE;
    return neighbour(self, ets_last(table, &self->heap, &key), &key);
}

BIF(ets, next, 2) {
    struct table *table = ets_open(self, arguments[0], NEED_READ);
    term key;
    if (!table)
        return NONE;
    return neighbour(self, ets_next(table, &self->heap, arguments[1], &key), &key);
}

BIF(ets, prev, 2) {
    struct table *table = ets_open(self, arguments[0], NEED_READ);
    term key;
    if (!table)
        return NONE;
    return neighbour(self, ets_previous(table, &self->heap, arguments[1], &key), &key);
}

BIF(ets, slot, 2) {
    struct table *table = ets_open(self, arguments[0], NEED_READ);
    term objects;
    if (!table)
        return NONE;
    if (!is_small(arguments[1]) || small_value(arguments[1]) < 0)
        return raise_badarg(self);
    return neighbour(self, ets_slot(table, &self->heap, (size_t)small_value(arguments[1]), &objects), &objects);
}
