// Reads a module's file into a struct code.
//
// The tables that the file has (atoms, imports, exports, lambdas) become arrays behind the struct, in its allocation;
// the chunks that are read later are kept as they are, in one allocation; the rest of the file is not kept.

#include <stdio.h>

#include "code/check.h"
#include "code/code.h"
#include "code/file.h"
#include "code/literal.h"
#include "code/operand.h"
#include "sys/account.h"
#include "sys/sys.h"
#include "term/atom.h"

#define ARITY_MAX 255
#define INSTRUCTION_SET 0 // the only one that there is
#define CODE_HEADER_SIZE 20

struct read {
    struct code_file file;
    struct code *code;
    uint32_t info_size; // of the Code chunk's header behind its size word
    uint32_t code_version, opcode_max, label_count, function_count;
    uint32_t atom_count, import_count, export_count, lambda_count;
    bool utf8, long_atoms; // how the atoms' texts are written
    struct heap literals;  // where they are decoded
    uint8_t md5[16];
    char *why;
};

static bool bad(struct read *read, const char *sentence) {
    snprintf(read->why, CODE_WHY_SIZE, "%s", sentence);
    return false;
}

// ---- sizes: before anything is allocated, each count is held against the size of what it counts

static bool read_code_header(struct read *read) {
    struct code_span header, *code = &read->file.code;
    return span_u32(code, &read->info_size) && span_bytes(code, read->info_size, &header) &&
           span_u32(&header, &read->code_version) && span_u32(&header, &read->opcode_max) &&
           span_u32(&header, &read->label_count) && span_u32(&header, &read->function_count) &&
           read->code_version == INSTRUCTION_SET && read->label_count >= 1 && read->label_count <= code->size + 1 &&
           read->function_count <= code->size / 8;
}

// A count, and that many entries of a size or more. A chunk may be missing.
static bool read_count(struct code_span *chunk, size_t entry_size, uint32_t *count) {
    *count = 0;
    if (!chunk->bytes)
        return true;
    return span_u32(chunk, count) && *count <= chunk->size / entry_size;
}

// From OTP 28 on the count is negative when the atoms' sizes are operands, so that they may be long.
static bool read_atom_count(struct read *read) {
    read->utf8 = read->file.atoms.bytes;
    if (!read->utf8)
        read->file.atoms = read->file.atoms_latin1;
    uint32_t count;
    if (!span_u32(&read->file.atoms, &count))
        return false;
    read->long_atoms = (int32_t)count < 0;
    read->atom_count = read->long_atoms ? -count : count;
    return read->atom_count > 0 && read->atom_count <= read->file.atoms.size;
}

static bool read_sizes(struct read *read) {
    if (!read->file.code.bytes || !read_code_header(read))
        return bad(read, "the Code chunk is missing or its header is damaged");
    if (!read_atom_count(read))
        return bad(read, "the atom chunk is missing or damaged");
    if (!read_count(&read->file.imports, 12, &read->import_count))
        return bad(read, "the ImpT chunk is damaged");
    if (!read_count(&read->file.exports, 12, &read->export_count))
        return bad(read, "the ExpT chunk is damaged");
    if (!read_count(&read->file.lambdas, 24, &read->lambda_count))
        return bad(read, "the FunT chunk is damaged");
    return true;
}

// ---- memory

static void *carve(char **at, size_t count, size_t size) {
    void *array = *at;
    *at += count * size;
    return array;
}

static void allocate_code(struct read *read) {
    size_t pointers =
        (size_t)read->atom_count + 1 + read->import_count + 2 * (size_t)read->lambda_count + read->export_count;
    size_t size = sizeof(struct code) + read->function_count * sizeof(struct function) + pointers * sizeof(void *);
    struct code *code = sys_alloc_zero(size);
    char *at = (char *)(code + 1);
    code->functions = carve(&at, read->function_count, sizeof(struct function));
    code->atoms = carve(&at, (size_t)read->atom_count + 1, sizeof(term));
    code->imports = carve(&at, read->import_count, sizeof(void *));
    code->lambdas = carve(&at, read->lambda_count, sizeof(void *));
    code->lambda_functions = carve(&at, read->lambda_count, sizeof(void *));
    code->exports = carve(&at, read->export_count, sizeof(void *));
    assert_debug(at == (char *)code + size);
    code->atom_count = read->atom_count;
    code->import_count = read->import_count;
    code->lambda_count = read->lambda_count;
    code->export_count = read->export_count;
    code->function_count = read->function_count;
    code->label_count = read->label_count;
    code->memory = size;
    read->code = code;
}

// What is read only when it is needed stays as it is in the file.
static void keep_chunks(struct read *read) {
    struct code *code = read->code;
    const struct code_file *file = &read->file;
    const struct {
        struct code_span *to, from;
    } kept[] = {
        {&code->instructions, file->code},     {&code->strings, file->strings},
        {&code->lines_chunk, file->lines},     {&code->types, file->types},
        {&code->attributes, file->attributes}, {&code->compile_info, file->compile_info},
    };
    size_t size = 0;
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
        size += kept[i].from.size;
    code->memory += size;
    uint8_t *at = code->bytes = sys_alloc(size);
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++) {
        *kept[i].to = (struct code_span){at, kept[i].from.size};
        if (kept[i].from.size > 0)
            memcpy(at, kept[i].from.bytes, kept[i].from.size);
        at += kept[i].from.size;
    }
}

// ---- the tables

// The size before an atom's text: a byte, or an operand.
static bool read_atom_size(struct code_span *chunk, bool long_sizes, size_t *size) {
    if (!long_sizes) {
        uint8_t byte;
        bool ok = span_u8(chunk, &byte);
        *size = byte;
        return ok;
    }
    struct cursor cursor = {chunk->bytes, chunk->bytes + chunk->size};
    struct raw_operand operand;
    if (!operand_read(&cursor, &operand) || operand.tag != RAW_UNSIGNED)
        return false;
    *size = operand.value;
    struct code_span passed;
    return span_bytes(chunk, (size_t)(cursor.at - chunk->bytes), &passed);
}

static bool read_atoms(struct read *read) {
    struct code_span chunk = read->file.atoms, text;
    read->code->atoms[0] = NIL;
    for (uint32_t i = 1; i <= read->atom_count; i++) {
        size_t size;
        if (!read_atom_size(&chunk, read->long_atoms, &size) || !span_bytes(&chunk, size, &text))
            return bad(read, "the atom chunk is damaged");
        term atom = read->utf8 ? atom_from_utf8(text.bytes, text.size) : atom_from_latin1(text.bytes, text.size);
        if (atom == NONE)
            return bad(read, "an atom's text is not valid");
        read->code->atoms[i] = atom;
    }
    read->code->name = read->code->atoms[1];
    return true;
}

static bool is_atom_index(const struct read *read, uint32_t index) {
    return index >= 1 && index <= read->atom_count;
}

static bool read_imports(struct read *read) {
    struct code *code = read->code;
    struct code_span chunk = read->file.imports;
    for (uint32_t i = 0; i < code->import_count; i++) {
        uint32_t module, function, arity;
        if (!span_u32(&chunk, &module) || !span_u32(&chunk, &function) || !span_u32(&chunk, &arity) ||
            !is_atom_index(read, module) || !is_atom_index(read, function) || arity > ARITY_MAX)
            return bad(read, "the ImpT chunk is damaged");
        code->imports[i] = code_export(code->atoms[module], code->atoms[function], arity);
    }
    return true;
}

// An entry of ExpT and the first half of one of FunT name a function in the same way, which must be there.
static struct function *named_function(const struct read *read, uint32_t name, uint32_t arity, uint32_t label) {
    struct function *function = code_label_function(read->code, label);
    if (!function || !is_atom_index(read, name) || function->name != read->code->atoms[name] ||
        function->arity != arity)
        return NULL;
    return function;
}

static bool read_exports(struct read *read) {
    struct code_span chunk = read->file.exports;
    for (uint32_t i = 0; i < read->export_count; i++) {
        uint32_t name, arity, label;
        if (!span_u32(&chunk, &name) || !span_u32(&chunk, &arity) || !span_u32(&chunk, &label) ||
            !(read->code->exports[i] = named_function(read, name, arity, label)))
            return bad(read, "the ExpT chunk is damaged");
    }
    return true;
}

struct lambda_entry {
    uint32_t name, arity, label, index, free_count, old_uniq;
};

static bool next_lambda(struct code_span *chunk, struct lambda_entry *entry) {
    return span_u32(chunk, &entry->name) && span_u32(chunk, &entry->arity) && span_u32(chunk, &entry->label) &&
           span_u32(chunk, &entry->index) && span_u32(chunk, &entry->free_count) && span_u32(chunk, &entry->old_uniq);
}

// Before the instructions are checked: they need to know what each lambda captures.
static bool read_lambdas(struct read *read) {
    struct code *code = read->code;
    struct code_span chunk = read->file.lambdas;
    struct lambda_entry entry;
    for (uint32_t i = 0; i < read->lambda_count; i++) {
        if (!next_lambda(&chunk, &entry) || !is_atom_index(read, entry.name) || entry.arity > ARITY_MAX ||
            entry.free_count > entry.arity)
            return bad(read, "the FunT chunk is damaged");
        code->lambdas[i] =
            code_lambda(code->name, i, code->md5, entry.old_uniq, entry.arity - entry.free_count, entry.free_count);
        code->lambdas[i]->name = code->atoms[entry.name];
    }
    return true;
}

static bool link_lambdas(struct read *read) {
    struct code_span chunk = read->file.lambdas;
    struct lambda_entry entry;
    for (uint32_t i = 0; i < read->lambda_count; i++)
        if (!next_lambda(&chunk, &entry) ||
            !(read->code->lambda_functions[i] = named_function(read, entry.name, entry.arity, entry.label)))
            return bad(read, "the FunT chunk names a function that is not there");
    return true;
}

// ---- the whole

static bool read_all(struct read *read) {
    if (!read_sizes(read))
        return false;
    allocate_code(read);
    keep_chunks(read);
    struct code *code = read->code;
    memcpy(code->md5, read->md5, sizeof code->md5);
    if (!read_atoms(read) || !read_imports(read) || !read_lambdas(read))
        return false;
    if (!literals_read(code, read->file.literals, &read->literals))
        return bad(read, "the LitT chunk is damaged");
    if (!check_instructions(code, read->why) || !read_exports(read) || !link_lambdas(read))
        return false;
    literals_finish(code, &read->literals);
    account_add(ACCOUNT_CODE, (ptrdiff_t)code->memory);
    return true;
}

static void free_parts(struct code *code) {
    literals_free(code);
    sys_free(atomic_load(&code->lines));
    sys_free(code->on_load_call);
    sys_free(code->big_integers);
    sys_free(code->bytes);
    sys_free(code);
}

struct code *code_read(const uint8_t *bytes, size_t size, char why[CODE_WHY_SIZE]) {
    struct read read = {.why = why};
    bool ok = code_file_open(&read.file, bytes, size) || bad(&read, "the file is not a module's, or is damaged");
    if (ok)
        code_file_md5(&read.file, read.md5); // reading the counts shortens the spans
    ok = ok && read_all(&read);
    code_file_close(&read.file);
    if (ok)
        return read.code;
    heap_free(&read.literals);
    if (read.code)
        free_parts(read.code);
    return NULL;
}

void code_free(struct code *code) {
    account_add(ACCOUNT_CODE, -(ptrdiff_t)code->memory);
    free_parts(code);
}

void code_discard(struct code *code) {
    code_free(code);
}
