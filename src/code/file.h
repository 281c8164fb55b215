// A module's file: an IFF form of chunks.
//
//   "FOR1" size "BEAM", then chunks: four letters, size, bytes, padding to a multiple of four. Numbers are big-endian.

#ifndef PURLIN_CODE_FILE_H
#define PURLIN_CODE_FILE_H

#include "code/code.h"

// The chunks that a module's file may have and that the VM reads.
struct code_file {
    struct code_span atoms_latin1; // Atom
    struct code_span atoms;        // AtU8
    struct code_span code, strings, imports, exports, lambdas, literals, lines, types, attributes, compile_info, meta;
    uint8_t *inflated; // the whole file, when it was compressed; owned
};

// Finds the chunks; false when the form is damaged. They point into `bytes`, or into `inflated`.
bool code_file_open(struct code_file *file, const uint8_t *bytes, size_t size);
void code_file_close(struct code_file *file);
void code_file_md5(const struct code_file *file, uint8_t md5[16]);

// Reading numbers. A span is shortened from its front; false when too little is left.
bool span_u8(struct code_span *span, uint8_t *value);
bool span_u16(struct code_span *span, uint16_t *value);
bool span_u32(struct code_span *span, uint32_t *value);
bool span_bytes(struct code_span *span, size_t size, struct code_span *bytes);

// The zlib stream `compressed` must give exactly `size` bytes.
bool inflate_exactly(struct code_span compressed, uint8_t *out, size_t size);

#endif
