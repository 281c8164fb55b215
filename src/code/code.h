// Modules: read, check, link, purge; exports, lambdas, line tables.
//
// A module's file is checked once, whole, when it is loaded (every chunk, and every instruction's operands), then kept
// as bytes. A function is prepared (turned into what the interpreter runs) when it is first called: exec/prepare.c does
// that, with code_function_begin and code_instruction_next below.
//
// Tables are read without locks; changes are made under one lock, which is never held while something gives way.

#ifndef PURLIN_CODE_CODE_H
#define PURLIN_CODE_CODE_H

#include <stdatomic.h>

#include "code/opcodes.h"
#include "heap/heap.h"
#include "term/fun.h" // struct export, struct lambda

struct process;
struct code;
struct native;
struct nif_library;
struct module;

// A function of a loaded module. `entry` as above.
//
// Its instructions are, in this order: the label `first_label`, perhaps a line, func_info (which raises
// function_clause; tests jump to `first_label` when no clause matches), the label `entry_label`, and the body. The last
// one either never goes on to the next, or is a call (to something like erlang:error/1, so that nothing need follow).
// All labels that the function's instructions mention are its own, but for those of calls, which are entry labels.
struct function {
    _Atomic(const word *) entry;
    _Atomic(struct native *) native; // C of a library in its place (exec/native.h), or NULL
    struct code *code;
    term name;
    uint32_t arity;
    bool may_be_native;                            // named in the module's -nifs() attribute
    uint32_t begin, end;                           // byte offsets in the Code chunk, label and func_info included
    uint32_t first_label, entry_label, last_label; // the labels first_label..last_label belong to this function
    uint32_t prepared_words;
    _Atomic(word *) prepared; // from exec/, or NULL
    word stub[2];
};

// Bytes of a chunk.
struct code_span {
    const uint8_t *bytes;
    uint32_t size;
};

// One loaded version of a module.
struct code {
    struct module *module; // NULL until it is installed
    term name;
    size_t memory;  // bytes that it takes, for the accounts
    uint8_t *bytes; // the chunks that are kept, one after the other; owned
    struct code_span instructions, strings, lines_chunk, types, attributes, compile_info;
    uint32_t label_count;
    uint32_t atom_count; // the highest index
    uint32_t import_count, lambda_count, function_count, export_count;
    term *atoms; // by index; [0] is nil
    struct export **imports;
    struct lambda **lambdas;
    struct function **lambda_functions; // of the same index
    struct function *functions;         // in file order; their labels ascend
    struct function **exports;          // in the order of the ExpT chunk
    struct function *on_load;           // or NULL
    struct export *on_load_call;        // to call it by: it need not be exported; NULL while not needed
    uint8_t md5[16];
    uint32_t literal_count;     // of the LitT chunk
    uint32_t big_integer_count; // integer operands that are not small are literals, too, behind those of the chunk
    uint32_t *big_integers;     // their byte offsets in the Code chunk, ascending
    term *literals;             // by index, the large integers last
    struct literal_area *literal_area;
    _Atomic(struct code_lines *) lines; // NULL until the first is asked for
    struct nif_library *nif_library;    // of nif/, or NULL
    bool declares_natives;              // has a -nifs() attribute: no function but those may be native
};

struct module {
    term name;
    struct code *_Atomic current;
    struct code *_Atomic old;
    struct code *_Atomic on_load; // waits for its on_load function to return ok
};

// ---- tables -------------------------------------------------------------------------------------------------------

void code_init(void);
// That function is C from now on, whatever a module of that name defines.
void code_register_builtin(term module, term function, uint32_t arity, term (*bif)(struct process *, term *));
struct export *code_export(term module, term function, uint32_t arity);      // made if absent
struct export *code_export_find(term module, term function, uint32_t arity); // NULL if absent
size_t code_export_count(void);
struct export *code_export_at(size_t index);
bool export_is_callable(const struct export *export); // function_exported, built-ins too
// The built-in that takes the place of a loaded function (the stub that calls nif_error), or NULL. Calls by label reach
// such a function, too, so preparing it means preparing a call of this export's `bif`.
struct export *code_function_builtin(const struct function *function);
struct module *code_module(term name); // NULL if never loaded
struct lambda *code_lambda(term module, uint32_t index, const uint8_t uniq[16], uint32_t old_uniq, uint32_t arity,
                           uint32_t free_count); // made if absent
size_t code_module_count(void);
struct module *code_module_at(size_t index); // in the order in which they were first loaded
// The modules loaded so far are the preloaded ones.
void code_preload_end(void);
size_t code_preload_count(void);

// ---- loading ------------------------------------------------------------------------------------------------------

// Reads and checks a module's file (gzip-compressed or not). Keeps none of the bytes. NULL with a sentence in `why`
// when it is bad. Nothing is visible to others yet.
#define CODE_WHY_SIZE 160
struct code *code_read(const uint8_t *bytes, size_t size, char why[CODE_WHY_SIZE]);
void code_discard(struct code *code); // one that was read and not installed
// Makes several the current code of their modules; what was current becomes old. False, with nothing changed, when one
// of the modules has current and old code already.
bool code_install(struct code *const *codes, size_t count);
// Code whose on_load function must return ok before it is installed. It waits beside the current code; what waited
// there before is dropped.
bool code_install_on_load(struct code *code);
// Its on_load function has returned: installed when it is to be kept, else left there for code_purge_prepare. False
// when nothing waits.
bool code_finish_on_load(term module, bool keep);
enum code_delete_result { CODE_DELETED, CODE_UNKNOWN, CODE_HAS_OLD };
enum code_delete_result code_delete(term module); // current becomes old

// Purging old code (or, with `on_load`, code whose on_load function failed): after `prepare` its funs cannot be called
// any more, so that a process that is found not to use it will not come to use it; then either `complete` frees it or
// `abort` takes that back. One at a time. False when there is nothing to purge, or another purge is going on.
bool code_purge_prepare(term module, bool on_load);
bool code_purge_abort(term module);
bool code_purge_complete(term module);
// What a check of processes must look for: the code being purged, else old code; NULL when there is none.
struct code *code_to_check(term module);
bool code_is_purging(term module); // its funs may come back: whoever calls one waits until this is false

// ---- reading instructions (of checked code) -----------------------------------------------------------------------

enum operand_kind {
    OPERAND_UNSIGNED, // u: value; an allocation list, too, as the words that its values take
    OPERAND_TERM,     // i, a, nil, literal: value is the term itself
    OPERAND_X,        // value is the register's number
    OPERAND_Y,
    OPERAND_LABEL, // f: value is the label (0 = none)
    OPERAND_FLOAT_REGISTER,
    OPERAND_LIST, // generic_instruction.list, list_count
};

struct operand {
    uint8_t kind;  // enum operand_kind
    uint32_t type; // index of the Type chunk's entry + 1 for a typed register, 0 for none
    uint64_t value;
};

#define OPERANDS_MAX 8

struct generic_instruction {
    uint8_t opcode; // enum opcode
    uint8_t count;
    struct operand operands[OPERANDS_MAX];
    const struct operand *list; // valid until the next call on the reader
    uint32_t list_count;
};

struct code_reader {
    struct code *code;
    const uint8_t *at, *end;
    struct operand *list; // grows
    uint32_t list_room;
};
void code_function_begin(struct code_reader *reader, struct function *function);
// False at the function's end.
bool code_instruction_next(struct code_reader *reader, struct generic_instruction *instruction);
void code_reader_end(struct code_reader *reader);
const char *code_opcode_name(unsigned opcode); // NULL if unknown
// The function whose entry label this is: where a call by label goes.
struct function *code_label_function(const struct code *code, uint32_t label);

// What the Type chunk says of a register: the set of possible types (bits as in the chunk) and an integer range if
// known.
enum type_bits {
    TYPE_ATOM = 1 << 0,
    TYPE_BITSTRING = 1 << 1,
    TYPE_MATCH_CONTEXT = 1 << 2,
    TYPE_CONS = 1 << 3,
    TYPE_FLOAT = 1 << 4,
    TYPE_FUN = 1 << 5,
    TYPE_INTEGER = 1 << 6,
    TYPE_MAP = 1 << 7,
    TYPE_NIL = 1 << 8,
    TYPE_PID = 1 << 9,
    TYPE_PORT = 1 << 10,
    TYPE_REFERENCE = 1 << 11,
    TYPE_TUPLE = 1 << 12,
    TYPE_ANY = (1 << 13) - 1,
};
struct type_hint {
    uint16_t types;
    bool has_range;
    int64_t minimum, maximum;
};
struct type_hint code_type(const struct code *code, unsigned type); // operand.type; 0 gives TYPE_ANY

// File (an atom whose text is the name) and line of a `line` instruction's operand; false for 0 (no location).
bool code_line(struct code *code, uint32_t index, term *file_name, uint32_t *line);

// ---- the chunks for others ----------------------------------------------------------------------------------------

// A chunk of a file (not gzip-compressed); false when there is none or the file is damaged.
bool code_chunk(const uint8_t *file, size_t size, const char id[4], struct code_span *chunk);
// The digest of what matters in the file, as erlang:md5 of beam_lib's md5 chunks.
bool code_module_md5(const uint8_t *file, size_t size, uint8_t md5[16]);

#endif
