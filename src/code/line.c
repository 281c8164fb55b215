// Where instructions stand in the source: the Line chunk, decoded when the first line is asked for.
//
// The chunk: version 0, flags, the number of `line` instructions, of lines, of files (32 bits each); then operands: an
// atom operand (its value: a file's number) goes for the lines that follow, an integer operand is a line. Then the
// files' names, each after a size of 16 bits. Line 0 is no location; file 0 is the module's own, and has no name here.

#include "code/file.h"
#include "code/operand.h"
#include "code/table.h"
#include "sys/sys.h"
#include "term/atom.h"
#include "vm.h"

#define LINES_VERSION 0
#define FILE_NAME_MAX 255

struct line_place {
    uint32_t line;
    uint32_t file;
};

struct code_lines {
    uint32_t count; // 0 when the chunk is missing or damaged: then nothing has a location
    uint32_t file_count;
    term *files;                // atoms, in this allocation
    struct line_place places[]; // of line 1 on
};

struct line_header {
    uint32_t version, flags, instruction_count, line_count, file_count;
};

static bool read_header(struct code_span *chunk, struct line_header *header) {
    return span_u32(chunk, &header->version) && span_u32(chunk, &header->flags) &&
           span_u32(chunk, &header->instruction_count) && span_u32(chunk, &header->line_count) &&
           span_u32(chunk, &header->file_count) && header->version == LINES_VERSION &&
           header->line_count <= chunk->size && header->file_count <= chunk->size / 2;
}

static bool read_places(struct code_lines *lines, struct code_span *chunk) {
    struct cursor cursor = {chunk->bytes, chunk->bytes + chunk->size};
    struct raw_operand operand;
    uint32_t file = 0;
    for (uint32_t i = 0; i < lines->count;) {
        if (!operand_read(&cursor, &operand) || operand.value > INT32_MAX)
            return false;
        if (operand.tag == RAW_ATOM && operand.value < lines->file_count)
            file = (uint32_t)operand.value;
        else if (operand.tag == RAW_INTEGER)
            lines->places[i++] = (struct line_place){(uint32_t)operand.value, file};
        else
            return false;
    }
    struct code_span passed;
    return span_bytes(chunk, (size_t)(cursor.at - chunk->bytes), &passed);
}

static term own_file(const struct code *code) {
    struct atom_text name = atom_text(code->name);
    uint8_t text[4 * FILE_NAME_MAX + 4];
    memcpy(text, name.bytes, name.size);
    memcpy(text + name.size, ".erl", 4);
    return atom_from_utf8(text, name.size + 4u);
}

static bool read_files(struct code_lines *lines, struct code_span *chunk, const struct code *code) {
    lines->files[0] = own_file(code);
    for (uint32_t i = 1; i < lines->file_count; i++) {
        uint16_t size;
        struct code_span name;
        if (!span_u16(chunk, &size) || !span_bytes(chunk, size, &name))
            return false;
        lines->files[i] = atom_from_utf8(name.bytes, name.size);
        if (lines->files[i] == NONE)
            lines->files[i] = lines->files[0];
    }
    return lines->files[0] != NONE;
}

static struct code_lines *decode(const struct code *code) {
    struct code_span chunk = code->lines_chunk;
    struct line_header header = {};
    if (!read_header(&chunk, &header))
        header = (struct line_header){};
    size_t places_size = header.line_count * sizeof(struct line_place);
    struct code_lines *lines =
        sys_alloc(sizeof *lines + places_size + (header.file_count + 1) * sizeof lines->files[0]);
    lines->count = header.line_count;
    lines->file_count = header.file_count + 1;
    lines->files = (term *)((char *)(lines + 1) + places_size);
    if (!read_places(lines, &chunk) || !read_files(lines, &chunk, code))
        lines->count = 0;
    return lines;
}

static struct code_lines *all_lines(struct code *code) {
    struct code_lines *lines = atomic_load_explicit(&code->lines, memory_order_acquire);
    if (lines)
        return lines;
    pthread_mutex_lock(&vm.code->line_lock);
    lines = atomic_load_explicit(&code->lines, memory_order_acquire);
    if (!lines) {
        lines = decode(code);
        atomic_store_explicit(&code->lines, lines, memory_order_release);
    }
    pthread_mutex_unlock(&vm.code->line_lock);
    return lines;
}

bool code_line(struct code *code, uint32_t index, term *file_name, uint32_t *line) {
    struct code_lines *lines = all_lines(code);
    if (index == 0 || index > lines->count)
        return false;
    struct line_place place = lines->places[index - 1];
    *file_name = lines->files[place.file];
    *line = place.line;
    return true;
}
