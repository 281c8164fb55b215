// Streams of zlib: what the references of the module zlib stand for.

#ifndef PURLIN_IO_ZIP_STREAM_H
#define PURLIN_IO_ZIP_STREAM_H

#include <zlib.h>

#include "io/byte_queue.h"

enum zip_state { ZIP_NONE, ZIP_DEFLATE, ZIP_INFLATE, ZIP_CLOSED };

// What inflating does with input behind the stream's end; numbers of zlib.erl.
enum zip_end { ZIP_END_ERROR, ZIP_END_RESET, ZIP_END_CUT };

struct zip_stream {
    enum zip_state state;
    z_stream z;
    struct byte_queue input;
    bool ended; // the stream's end was seen
    enum zip_end end;
    bool raw; // neither zlib's nor gzip's header: the checksum of the plain bytes is kept in `crc`
    uint32_t crc;
    size_t buffer; // getBufSize
    term owner;    // a pid
    struct heap stash_heap;
    term stash; // NONE: empty
};

struct shared_binary *zip_new(term owner);
struct zip_stream *zip_of(term reference); // NULL when it is none

// Return zlib's codes.
int zip_deflate_init(struct zip_stream *zip, int level, int method, int bits, int memory, int strategy);
int zip_inflate_init(struct zip_stream *zip, int bits, enum zip_end end);
int zip_reset(struct zip_stream *zip);
// Frees what the init allocated. Z_DATA_ERROR when the stream was not at its end.
int zip_end(struct zip_stream *zip);
void zip_close(struct zip_stream *zip);

// One step: takes at most `input` bytes from the queue and makes at most `output` bytes. *more: call again.
int zip_step(struct zip_stream *zip, size_t input, uint8_t *bytes, size_t output, int flush, size_t *made, bool *more);

#endif
