// Writing with a limit.

#define _GNU_SOURCE // fwrite_unlocked

#include "report/writer.h"

#include <stdarg.h>
#include <string.h>

static void put(struct writer *writer, const char *bytes, size_t size) {
    if (size > writer->left)
        size = writer->left;
    fwrite_unlocked(bytes, 1, size, writer->file); // nobody else has it
    writer->left -= size;
}

void writer_bytes(struct writer *writer, const void *bytes, size_t size) {
    const char *at = bytes, *end = at + size, *line_end;
    while (writer->line_feeds && (line_end = memchr(at, '\n', (size_t)(end - at)))) {
        put(writer, at, (size_t)(line_end - at));
        put(writer, "\r\n", 2);
        at = line_end + 1;
    }
    put(writer, at, (size_t)(end - at));
}

void writer_character(struct writer *writer, char c) {
    put(writer, &c, 1);
}

void writer_hex(struct writer *writer, uint64_t number) {
    char digits[16], *at = digits + sizeof digits;
    do
        *--at = "0123456789ABCDEF"[number & 15];
    while (number >>= 4);
    put(writer, at, (size_t)(digits + sizeof digits - at));
}

// Without growing text, for numbers and short texts: there may be no memory left.
void writer_format(struct writer *writer, const char *format, ...) {
    char line[1024];
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (size > 0)
        writer_bytes(writer, line, (size_t)size < sizeof line ? (size_t)size : sizeof line - 1);
}

void writer_term(struct writer *writer, term value) {
    writer->buffer.size = 0;
    term_print(&writer->buffer, value);
    writer_bytes(writer, writer->buffer.bytes, writer->buffer.size);
}

void writer_section(struct writer *writer, const char *tag, term id) {
    writer_format(writer, "=%s:", tag);
    writer_term(writer, id);
    writer_format(writer, "\n");
}

void writer_field(struct writer *writer, const char *name, term value) {
    writer_format(writer, "%s: ", name);
    writer_term(writer, value);
    writer_format(writer, "\n");
}

void writer_mfa(struct writer *writer, term module, term function, unsigned arity) {
    writer_term(writer, module);
    writer_format(writer, ":");
    writer_term(writer, function);
    writer_format(writer, "/%u", arity);
}

void writer_base64(struct writer *writer, const uint8_t *bytes, size_t size) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < size && writer->left > 0; i += 3) {
        size_t count = size - i < 3 ? size - i : 3;
        uint32_t bits = 0;
        for (size_t k = 0; k < 3; k++)
            bits = bits << 8 | (k < count ? bytes[i + k] : 0);
        char four[4];
        for (size_t k = 0; k < 4; k++)
            four[k] = k <= count ? digits[bits >> (18 - 6 * k) & 63] : '=';
        writer_bytes(writer, four, 4);
    }
}

void writer_end(struct writer *writer) {
    text_free(&writer->buffer);
}
