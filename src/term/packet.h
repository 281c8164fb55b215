// Packets in a stream of bytes: how the socket drivers and erlang:decode_packet/3 find them.
//
// packet_find says where the next packet ends; packet_parse makes a value of those kinds that are more than bytes.

#ifndef PURLIN_TERM_PACKET_H
#define PURLIN_TERM_PACKET_H

#include "term/term.h"

struct heap;

enum packet_kind {
    PACKET_RAW,
    PACKET_1, // a length of so many bytes in front, big-endian
    PACKET_2,
    PACKET_4,
    PACKET_LINE,
    PACKET_ASN1,  // ASN.1 BER
    PACKET_CDR,   // CORBA GIOP
    PACKET_SUNRM, // Sun's RPC record marking
    PACKET_FCGI,  // FastCGI
    PACKET_TPKT,  // RFC 1006
    PACKET_SSL_TLS,
    PACKET_HTTP,        // a request or status line, after which the stream goes on with
    PACKET_HTTP_HEADER, // header fields
    PACKET_HTTP_BINARY, // the same with binaries for strings
    PACKET_HTTP_HEADER_BINARY,
};

struct packet_options {
    enum packet_kind kind;
    uint8_t delimiter;  // of PACKET_LINE
    size_t size_limit;  // longer packets are invalid; 0: no limit
    size_t line_length; // longer lines are cut there (HTTP's: invalid); 0: no limit
};

// The kind of that name (raw, 0, 1, 2, 4, line, ...); false when it is none.
bool packet_kind_from_term(term t, enum packet_kind *kind);

enum packet_status { PACKET_FOUND, PACKET_MORE, PACKET_INVALID };

struct packet {
    size_t size;       // in the stream; PACKET_MORE: what it will be, or 0 when that is not known yet
    size_t body_start; // what the receiver gets of it
    size_t body_size;
};

enum packet_status packet_find(const struct packet_options *options, const uint8_t *bytes, size_t size,
                               struct packet *packet);

static inline bool packet_is_http(enum packet_kind kind) {
    return kind >= PACKET_HTTP;
}
// What HTTP packets decode to (http_request, http_response, http_header, http_eoh, http_error) or an ssl_tls record;
// NONE for the other kinds, whose value is their body's bytes.
term packet_parse(struct heap *heap, enum packet_kind kind, const uint8_t *bytes, const struct packet *packet);

// For packet_parse: one line of HTTP with its end (http_packet.c).
term packet_parse_http(struct heap *heap, enum packet_kind kind, const uint8_t *bytes, size_t size);

#endif
