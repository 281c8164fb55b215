// Where packets end.

#include "term/packet.h"

#include "heap/heap.h"

// OTP's lengths are ints; longer packets are invalid there too.
#define PACKET_SIZE_MAX ((uint64_t)INT32_MAX)

bool packet_kind_from_term(term t, enum packet_kind *kind) {
    static const struct {
        term name;
        enum packet_kind kind;
    } names[] = {
        {ATOM_raw, PACKET_RAW},
        {SMALL(0), PACKET_RAW},
        {SMALL(1), PACKET_1},
        {SMALL(2), PACKET_2},
        {SMALL(4), PACKET_4},
        {ATOM_line, PACKET_LINE},
        {ATOM_asn1, PACKET_ASN1},
        {ATOM_cdr, PACKET_CDR},
        {ATOM_sunrm, PACKET_SUNRM},
        {ATOM_fcgi, PACKET_FCGI},
        {ATOM_tpkt, PACKET_TPKT},
        {ATOM_ssl_tls, PACKET_SSL_TLS},
        {ATOM_http, PACKET_HTTP},
        {ATOM_httph, PACKET_HTTP_HEADER},
        {ATOM_http_bin, PACKET_HTTP_BINARY},
        {ATOM_httph_bin, PACKET_HTTP_HEADER_BINARY},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].name == t) {
            *kind = names[i].kind;
            return true;
        }
    return false;
}

static uint32_t big_endian(const uint8_t *bytes, size_t count) {
    uint32_t value = 0;
    for (size_t i = 0; i < count; i++)
        value = value << 8 | bytes[i];
    return value;
}

// ---- packets that say how long they are ---------------------------------------------------------------------------

// What the front of a packet tells.
struct front {
    size_t size;     // of the front itself; 0 when more bytes are needed to tell
    uint64_t length; // of what follows
    size_t padding;  // of that, bytes at the end that are not for the receiver
    bool strip;      // the front is not for the receiver
    bool invalid;
};

static const struct front FRONT_INCOMPLETE = {.size = 0};
static const struct front FRONT_INVALID = {.invalid = true};

static struct front read_counted(const uint8_t *bytes, size_t size, size_t count) {
    if (size < count)
        return FRONT_INCOMPLETE;
    return (struct front){.size = count, .length = big_endian(bytes, count), .strip = true};
}

static struct front read_asn1(const uint8_t *bytes, size_t size) {
    if (size < 2)
        return FRONT_INCOMPLETE;
    size_t at = 1;
    if ((bytes[0] & 0x1f) == 0x1f) { // a tag of several bytes, the last one below 128
        while (at < size && bytes[at] >= 0x80)
            at++;
        at++;
    }
    if (at >= size)
        return FRONT_INCOMPLETE;
    uint8_t first = bytes[at++];
    if (first < 0x80)
        return (struct front){.size = at, .length = first};
    size_t count = first & 0x7f;
    if (count > 4)
        return FRONT_INVALID;
    if (size - at < count)
        return FRONT_INCOMPLETE;
    return (struct front){.size = at + count, .length = big_endian(bytes + at, count)};
}

static struct front read_cdr(const uint8_t *bytes, size_t size) {
    if (size < 12)
        return FRONT_INCOMPLETE;
    if (memcmp(bytes, "GIOP", 4) != 0)
        return FRONT_INVALID;
    uint32_t length = big_endian(bytes + 8, 4);
    bool little = bytes[6] & 1;
    return (struct front){.size = 12, .length = little ? __builtin_bswap32(length) : length};
}

static struct front read_sunrm(const uint8_t *bytes, size_t size) {
    if (size < 4)
        return FRONT_INCOMPLETE;
    return (struct front){.size = 4, .length = big_endian(bytes, 4) & 0x7fffffff}; // the highest bit: last fragment
}

static struct front read_fcgi(const uint8_t *bytes, size_t size) {
    if (size < 8)
        return FRONT_INCOMPLETE;
    if (bytes[0] != 1) // version
        return FRONT_INVALID;
    return (struct front){.size = 8, .length = big_endian(bytes + 4, 2) + bytes[6], .padding = bytes[6]};
}

static struct front read_tpkt(const uint8_t *bytes, size_t size) {
    if (size < 4)
        return FRONT_INCOMPLETE;
    uint32_t length = big_endian(bytes + 2, 2); // with the front
    if (bytes[0] != 3 || length < 4)
        return FRONT_INVALID;
    return (struct front){.size = 4, .length = length - 4};
}

// A hello in the form of SSL 2, which the first message of a connection may have.
static bool is_ssl2_hello(const uint8_t *bytes) {
    return (bytes[0] & 0x80) && bytes[2] == 1;
}

static struct front read_ssl_tls(const uint8_t *bytes, size_t size) {
    if (size < 5)
        return FRONT_INCOMPLETE;
    if (!is_ssl2_hello(bytes))
        return (struct front){.size = 5, .length = big_endian(bytes + 3, 2), .strip = true};
    uint32_t length = big_endian(bytes, 2) & 0x7fff; // from the third byte on, of which the front has three
    return length < 3 ? FRONT_INVALID : (struct front){.size = 5, .length = length - 3, .strip = true};
}

static struct front read_front(enum packet_kind kind, const uint8_t *bytes, size_t size) {
    switch (kind) {
    case PACKET_1:
        return read_counted(bytes, size, 1);
    case PACKET_2:
        return read_counted(bytes, size, 2);
    case PACKET_4:
        return read_counted(bytes, size, 4);
    case PACKET_ASN1:
        return read_asn1(bytes, size);
    case PACKET_CDR:
        return read_cdr(bytes, size);
    case PACKET_SUNRM:
        return read_sunrm(bytes, size);
    case PACKET_FCGI:
        return read_fcgi(bytes, size);
    case PACKET_TPKT:
        return read_tpkt(bytes, size);
    case PACKET_SSL_TLS:
        return read_ssl_tls(bytes, size);
    default:
        return FRONT_INVALID;
    }
}

static enum packet_status find_by_front(const struct packet_options *options, const uint8_t *bytes, size_t size,
                                        struct packet *packet) {
    struct front front = read_front(options->kind, bytes, size);
    if (front.invalid)
        return PACKET_INVALID;
    if (front.size == 0)
        return PACKET_MORE;
    if ((options->size_limit && front.length > options->size_limit) || front.size + front.length > PACKET_SIZE_MAX)
        return PACKET_INVALID;
    packet->size = front.size + (size_t)front.length;
    packet->body_start = front.strip ? front.size : 0;
    packet->body_size = packet->size - packet->body_start - front.padding;
    return packet->size <= size ? PACKET_FOUND : PACKET_MORE;
}

// ---- lines --------------------------------------------------------------------------------------------------------

static bool above(size_t size, size_t limit) {
    return limit && size > limit;
}

static void whole_packet(struct packet *packet, size_t size) {
    *packet = (struct packet){.size = size, .body_size = size};
}

static enum packet_status find_line(const struct packet_options *options, const uint8_t *bytes, size_t size,
                                    struct packet *packet) {
    const uint8_t *end = memchr(bytes, options->delimiter, size);
    size_t line = end ? (size_t)(end - bytes) + 1 : size;
    if (above(line, options->size_limit))
        return PACKET_INVALID;
    bool cut = options->line_length && line >= options->line_length;
    if (!end && !cut)
        return PACKET_MORE;
    whole_packet(packet, cut ? options->line_length : line);
    return PACKET_FOUND;
}

// A header field goes on in the next line when that begins with a blank; so the byte after the line must be there. An
// empty line ends the header at once.
static enum packet_status find_http(const struct packet_options *options, const uint8_t *bytes, size_t size,
                                    struct packet *packet) {
    bool header = options->kind == PACKET_HTTP_HEADER || options->kind == PACKET_HTTP_HEADER_BINARY;
    size_t line = 0;
    bool found = false, empty = false;
    while (!found) {
        const uint8_t *end = memchr(bytes + line, '\n', size - line);
        if (!end)
            break;
        empty = line == 0 && (end == bytes || (end == bytes + 1 && bytes[0] == '\r'));
        line = (size_t)(end - bytes) + 1;
        if (header && !empty && line == size)
            break;
        found = !header || empty || (bytes[line] != ' ' && bytes[line] != '\t');
    }
    size_t known = found ? line : size;
    if (above(known, options->size_limit) || above(known, options->line_length))
        return PACKET_INVALID;
    if (!found)
        return options->line_length && known == options->line_length ? PACKET_INVALID : PACKET_MORE;
    whole_packet(packet, line);
    return PACKET_FOUND;
}

enum packet_status packet_find(const struct packet_options *options, const uint8_t *bytes, size_t size,
                               struct packet *packet) {
    *packet = (struct packet){0};
    if (size == 0)
        return PACKET_MORE;
    if (options->kind == PACKET_RAW) {
        whole_packet(packet, size);
        return PACKET_FOUND;
    }
    if (options->kind == PACKET_LINE)
        return find_line(options, bytes, size, packet);
    if (packet_is_http(options->kind))
        return find_http(options, bytes, size, packet);
    return find_by_front(options, bytes, size, packet);
}

// ---- values -------------------------------------------------------------------------------------------------------

// {ssl_tls, [], ContentType, {Major, Minor}, Data}. A hello of SSL 2 is shown as the handshake message that it stands
// for.
static term parse_ssl_tls(struct heap *heap, const uint8_t *bytes, const struct packet *packet) {
    const uint8_t *body = bytes + packet->body_start;
    if (!is_ssl2_hello(bytes)) {
        term version = heap_tuple_of(heap, 2, SMALL(bytes[1]), SMALL(bytes[2]));
        return heap_tuple_of(heap, 5, ATOM_ssl_tls, NIL, SMALL(bytes[0]), version,
                             heap_binary(heap, body, packet->body_size));
    }
    uint8_t *data;
    term message = heap_binary_new(heap, packet->body_size + 6, &data);
    size_t length = packet->body_size + 2; // with the version
    data[0] = 1;                           // client_hello
    data[1] = (uint8_t)(length >> 16);
    data[2] = (uint8_t)(length >> 8);
    data[3] = (uint8_t)length;
    memcpy(data + 4, bytes + 3, 2);
    memcpy(data + 6, body, packet->body_size);
    term version = heap_tuple_of(heap, 2, SMALL(bytes[3]), SMALL(bytes[4]));
    return heap_tuple_of(heap, 5, ATOM_ssl_tls, NIL, SMALL(22), version, message); // 22: handshake
}

term packet_parse(struct heap *heap, enum packet_kind kind, const uint8_t *bytes, const struct packet *packet) {
    if (kind == PACKET_SSL_TLS)
        return parse_ssl_tls(heap, bytes, packet);
    return packet_is_http(kind) ? packet_parse_http(heap, kind, bytes, packet->size) : NONE;
}
