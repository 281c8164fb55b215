// Modules: read, check, link, purge; exports, lambdas, line tables.
//
// A module's file is checked once, whole, when it is loaded (every chunk, and every instruction's operands), then kept
// as bytes. A function is prepared (turned into what the interpreter runs) when it is first called: exec/prepare.c does
// that, with code_function_begin and code_instruction_next below.
//
// Tables are read without locks; changes are made under the code permission (code_permission_take), one process at a
// time.

#ifndef PURLIN_CODE_CODE_H
#define PURLIN_CODE_CODE_H

#include <stdatomic.h>

#include "heap/heap.h"
#include "term/fun.h" // struct export, struct lambda

struct process;
struct code;
struct module;

// A function of a loaded module. `entry` as above.
struct function {
    _Atomic(const word *) entry;
    struct code *code;
    term name;
    uint32_t arity;
    uint32_t begin, end; // byte offsets in the Code chunk: the instructions from `label` after func_info on
    uint32_t first_label, last_label;
    word *prepared; // from exec/, or NULL
    size_t prepared_words;
    word stub[2];
};

// One loaded version of a module.
struct code {
    struct module *module;
    term name;
    const uint8_t *file; // the whole file, uncompressed, owned
    size_t file_size;
    const uint8_t *instructions; // the Code chunk's
    size_t instructions_size;
    uint32_t label_count;
    term *atoms; // by index from 1; [0] is nil
    uint32_t atom_count;
    term *literals; // decoded when the first function that needs them is prepared; see code_literal
    uint32_t literal_count;
    struct export **imports;
    uint32_t import_count;
    struct lambda **lambdas;
    uint32_t lambda_count;
    struct function *functions; // in file order
    uint32_t function_count;
    struct function **label_function; // label -> the function whose entry it is, NULL for inner labels
    const uint8_t *strings;
    size_t strings_size;
    uint8_t md5[16];
    struct function *on_load; // or NULL
    struct literal_area *literal_area;
    struct code_lines *lines;
    struct code_types *types;
    void *nif; // struct nif_library of nif/, or NULL
};

struct module {
    term name;
    struct code *_Atomic current;
    struct code *_Atomic old;
};

// ---- tables
// -----------------------------------------------------------------------------------------------------------

void code_init(void);
struct export *code_export(term module, term function, uint32_t arity);      // made if absent
struct export *code_export_find(term module, term function, uint32_t arity); // NULL if absent
bool export_is_callable(const struct export *export);                        // function_exported, built-ins too
struct module *code_module(term name);                                       // NULL if never loaded
struct lambda *code_lambda(term module, uint32_t index, const uint8_t uniq[16], uint32_t old_uniq, uint32_t arity,
                           uint32_t free_count);
size_t code_module_count(void);
struct module *code_module_at(size_t index);
// The function whose prepared code holds that address (binary search), and the byte offset in its code; NULL if none.
struct function *code_find_address(const word *address);

// ---- loading
// ----------------------------------------------------------------------------------------------------------

// Reads and checks a module's file (gzip-compressed or not). Takes a copy of the bytes. NULL with *why a sentence
// (static text) when it is bad. Nothing is visible to others yet.
struct code *code_read(const uint8_t *bytes, size_t size, const char **why);
void code_discard(struct code *code); // one that was read and not installed
// Makes it the current code; what was current becomes old. False when there is old code already.
bool code_install(struct code *code);
bool code_delete(term module); // current becomes old
bool code_permission_try(struct process *self);
void code_permission_release(struct process *self);

// Literal number `index`, decoded with all the module's literals at the first use.
term code_literal(struct code *code, uint32_t index);

// ---- reading instructions (of checked code)
// ---------------------------------------------------------------------------

enum operand_kind {
    OPERAND_UNSIGNED, // u: value
    OPERAND_TERM,     // i, a, nil, literal: value is the term itself
    OPERAND_X,        // value is the register's number
    OPERAND_Y,
    OPERAND_LABEL, // f: value is the label (0 = none)
    OPERAND_FLOAT_REGISTER,
    OPERAND_LIST,  // value is an index into generic_instruction.list, count its length
    OPERAND_ALLOC, // extended allocation list: words, floats, funs
};

struct operand {
    uint8_t kind;
    uint8_t type; // index of the Type chunk's entry + 1 for a typed register, 0 for none
    uint32_t count;
    uint64_t value;
};

#define OPERANDS_MAX 8

struct generic_instruction {
    uint8_t opcode;
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
bool code_instruction_next(struct code_reader *reader, struct generic_instruction *instruction);
void code_reader_end(struct code_reader *reader);
const char *code_opcode_name(unsigned opcode); // NULL if unknown
int code_opcode_arity(unsigned opcode);

// What the Type chunk says of a register: the set of possible types (bits as in the chunk) and an integer range if
// known.
struct type_hint {
    uint16_t types;
    bool has_range;
    int64_t minimum, maximum;
};
struct type_hint code_type(const struct code *code, unsigned type);

// File and line of a `line` instruction's operand; false for 0 (no location).
bool code_line(const struct code *code, uint32_t index, term *file_name, uint32_t *line);

// ---- the chunks for others
// ---------------------------------------------------------------------------------------------

bool code_chunk(const uint8_t *file, size_t size, const char id[4], const uint8_t **chunk, size_t *chunk_size);
bool code_module_md5(const uint8_t *file, size_t size, uint8_t md5[16]);

#endif
