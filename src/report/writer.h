// Where a report goes: a file of limited size, or the terminal.

#ifndef PURLIN_REPORT_WRITER_H
#define PURLIN_REPORT_WRITER_H

#include <stdbool.h>
#include <stdio.h>

#include "term/print.h"

struct writer {
    FILE *file;
    size_t left;        // bytes that may still be written; 0: the limit was reached
    bool line_feeds;    // lines end in \r\n: for a terminal
    bool for_menu;      // values as one reads them, not in the notation of crash dumps
    struct text buffer; // of terms
};

void writer_bytes(struct writer *writer, const void *bytes, size_t size);
void writer_format(struct writer *writer, const char *format, ...) __attribute__((format(printf, 2, 3)));
// The commonest pieces of a dump: one character, and a number in hexadecimal.
void writer_character(struct writer *writer, char c);
void writer_hex(struct writer *writer, uint64_t number);
void writer_term(struct writer *writer, term value); // as erlang:display/1
// The line that begins a section, "=tag:Id", and one in it, "Name: Value".
void writer_section(struct writer *writer, const char *tag, term id);
void writer_field(struct writer *writer, const char *name, term value);
// "Module:Function/Arity", without a line's end.
void writer_mfa(struct writer *writer, term module, term function, unsigned arity);
void writer_base64(struct writer *writer, const uint8_t *bytes, size_t size);
void writer_end(struct writer *writer);

#endif
