// Lines of HTTP as values: requests, responses, header fields.

#include <ctype.h>

#include "heap/heap.h"
#include "term/packet.h"

// Part of a line.
struct span {
    const uint8_t *bytes;
    size_t size;
};

struct maker {
    struct heap *heap;
    bool binaries; // for strings
};

static term make_string(const struct maker *maker, struct span span) {
    return maker->binaries ? heap_binary(maker->heap, span.bytes, span.size)
                           : heap_string(maker->heap, (const char *)span.bytes, span.size);
}

// ---- scanning -----------------------------------------------------------------------------------------------------

static bool is_blank(uint8_t byte) {
    return byte == ' ' || byte == '\t';
}

static bool is_digit(uint8_t byte) {
    return byte >= '0' && byte <= '9';
}

// What a method or a field's name consists of: RFC 2616's token, and DEL as on OTP.
static bool is_token_byte(uint8_t byte) {
    return byte > ' ' && byte < 0x80 && !strchr("()<>@,;:\\\"/[]?={}", byte);
}

static void skip(struct span *rest, size_t count) {
    rest->bytes += count;
    rest->size -= count;
}

static void skip_blanks(struct span *rest) {
    while (rest->size && is_blank(*rest->bytes))
        skip(rest, 1);
}

// Takes bytes off the front as long as `wanted` says so.
static struct span take_while(struct span *rest, bool (*wanted)(uint8_t byte)) {
    struct span taken = {rest->bytes, 0};
    while (rest->size && wanted(*rest->bytes)) {
        skip(rest, 1);
        taken.size++;
    }
    return taken;
}

static bool is_not_blank(uint8_t byte) {
    return !is_blank(byte);
}

static bool same_text(struct span span, const char *text) {
    return span.size == strlen(text) && memcmp(span.bytes, text, span.size) == 0;
}

static bool same_text_any_case(struct span span, const char *text) {
    if (span.size != strlen(text))
        return false;
    for (size_t i = 0; i < span.size; i++)
        if (tolower(span.bytes[i]) != tolower((uint8_t)text[i]))
            return false;
    return true;
}

// Digits as OTP reads them: an int that wraps around.
static int32_t number_of(struct span digits) {
    uint32_t value = 0;
    for (size_t i = 0; i < digits.size; i++)
        value = value * 10 + (digits.bytes[i] - '0');
    return (int32_t)value;
}

// "HTTP/Major.Minor" as {Major, Minor}; NONE when the rest does not begin so.
static term take_version(const struct maker *maker, struct span *rest) {
    if (rest->size < 5 || memcmp(rest->bytes, "HTTP/", 5) != 0)
        return NONE;
    skip(rest, 5);
    struct span major = take_while(rest, is_digit);
    if (major.size == 0 || rest->size == 0 || *rest->bytes != '.')
        return NONE;
    skip(rest, 1);
    struct span minor = take_while(rest, is_digit);
    if (minor.size == 0)
        return NONE;
    return heap_tuple_of(maker->heap, 2, SMALL(number_of(major)), SMALL(number_of(minor)));
}

// ---- requests and responses ---------------------------------------------------------------------------------------

static term make_method(const struct maker *maker, struct span method) {
    static const struct {
        const char *text;
        term atom;
    } methods[] = {
        {"GET", ATOM_GET}, {"POST", ATOM_POST},     {"HEAD", ATOM_HEAD},   {"OPTIONS", ATOM_OPTIONS},
        {"PUT", ATOM_PUT}, {"DELETE", ATOM_DELETE}, {"TRACE", ATOM_TRACE},
    };
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        if (same_text(method, methods[i].text))
            return methods[i].atom;
    return make_string(maker, method);
}

static struct span before(struct span whole, const uint8_t *end) {
    return (struct span){whole.bytes, (size_t)(end - whole.bytes)};
}
static struct span from(struct span whole, const uint8_t *start) {
    return (struct span){start, whole.size - (size_t)(start - whole.bytes)};
}

// Host, an optional port and an optional path: {absoluteURI, Scheme, Host, Port | undefined, Path}.
static term make_absolute_uri(const struct maker *maker, term scheme, struct span rest) {
    const uint8_t *slash = memchr(rest.bytes, '/', rest.size);
    struct span path = slash ? from(rest, slash) : (struct span){(const uint8_t *)"/", 1};
    struct span authority = slash ? before(rest, slash) : rest;
    const uint8_t *colon = memchr(authority.bytes, ':', authority.size);
    struct span host = colon ? before(authority, colon) : authority;
    term port = ATOM_undefined;
    if (colon) {
        struct span left = from(authority, colon + 1), digits = take_while(&left, is_digit);
        if (left.size == 0 && number_of(digits) != 0)
            port = SMALL(number_of(digits));
    }
    return heap_tuple_of(maker->heap, 5, ATOM_absoluteURI, scheme, make_string(maker, host), port,
                         make_string(maker, path));
}

static term make_uri(const struct maker *maker, struct span uri) {
    if (same_text(uri, "*"))
        return ATOM_op_multiply;
    if (uri.size == 1 || uri.bytes[0] == '/')
        return heap_tuple_of(maker->heap, 2, ATOM_abs_path, make_string(maker, uri));
    if (uri.size >= 7 && same_text_any_case((struct span){uri.bytes, 7}, "http://"))
        return make_absolute_uri(maker, ATOM_http, from(uri, uri.bytes + 7));
    if (uri.size >= 8 && same_text_any_case((struct span){uri.bytes, 8}, "https://"))
        return make_absolute_uri(maker, ATOM_https, from(uri, uri.bytes + 8));
    const uint8_t *colon = memchr(uri.bytes, ':', uri.size);
    if (!colon)
        return make_string(maker, uri);
    return heap_tuple_of(maker->heap, 3, ATOM_scheme, make_string(maker, before(uri, colon)),
                         make_string(maker, from(uri, colon + 1)));
}

// Method, URI, and a version, without which it is HTTP 0.9; NONE when it is no request.
static term parse_request(const struct maker *maker, struct span rest) {
    struct span method = take_while(&rest, is_token_byte);
    if (method.size == 0 || rest.size == 0 || !is_blank(*rest.bytes))
        return NONE;
    skip_blanks(&rest);
    struct span uri = take_while(&rest, is_not_blank);
    if (uri.size == 0)
        return NONE;
    skip_blanks(&rest);
    term version = rest.size ? take_version(maker, &rest) : heap_tuple_of(maker->heap, 2, SMALL(0), SMALL(9));
    if (version == NONE)
        return NONE;
    return heap_tuple_of(maker->heap, 4, ATOM_http_request, make_method(maker, method), make_uri(maker, uri), version);
}

// Version, status, phrase; NONE when it is no response.
static term parse_response(const struct maker *maker, struct span rest) {
    term version = take_version(maker, &rest);
    if (version == NONE || rest.size == 0 || !is_blank(*rest.bytes))
        return NONE;
    skip_blanks(&rest);
    struct span status = take_while(&rest, is_digit);
    if (status.size == 0 || (rest.size && !is_blank(*rest.bytes)))
        return NONE;
    skip_blanks(&rest);
    return heap_tuple_of(maker->heap, 4, ATOM_http_response, version, SMALL(number_of(status)),
                         make_string(maker, rest));
}

// ---- header fields ------------------------------------------------------------------------------------------------

// Fields that have a number, which is their place here (from 1), and an atom.
static const struct {
    const char *text;
    term atom;
} known_fields[] = {
    {"Cache-Control", ATOM_http_cache_control},
    {"Connection", ATOM_Connection},
    {"Date", ATOM_Date},
    {"Pragma", ATOM_Pragma},
    {"Transfer-Encoding", ATOM_http_transfer_encoding},
    {"Upgrade", ATOM_Upgrade},
    {"Via", ATOM_Via},
    {"Accept", ATOM_Accept},
    {"Accept-Charset", ATOM_http_accept_charset},
    {"Accept-Encoding", ATOM_http_accept_encoding},
    {"Accept-Language", ATOM_http_accept_language},
    {"Authorization", ATOM_Authorization},
    {"From", ATOM_From},
    {"Host", ATOM_Host},
    {"If-Modified-Since", ATOM_http_if_modified_since},
    {"If-Match", ATOM_http_if_match},
    {"If-None-Match", ATOM_http_if_none_match},
    {"If-Range", ATOM_http_if_range},
    {"If-Unmodified-Since", ATOM_http_if_unmodified_since},
    {"Max-Forwards", ATOM_http_max_forwards},
    {"Proxy-Authorization", ATOM_http_proxy_authorization},
    {"Range", ATOM_Range},
    {"Referer", ATOM_Referer},
    {"User-Agent", ATOM_http_user_agent},
    {"Age", ATOM_Age},
    {"Location", ATOM_Location},
    {"Proxy-Authenticate", ATOM_http_proxy_authenticate},
    {"Public", ATOM_Public},
    {"Retry-After", ATOM_http_retry_after},
    {"Server", ATOM_Server},
    {"Vary", ATOM_Vary},
    {"Warning", ATOM_Warning},
    {"Www-Authenticate", ATOM_http_www_authenticate},
    {"Allow", ATOM_Allow},
    {"Content-Base", ATOM_http_content_base},
    {"Content-Encoding", ATOM_http_content_encoding},
    {"Content-Language", ATOM_http_content_language},
    {"Content-Length", ATOM_http_content_length},
    {"Content-Location", ATOM_http_content_location},
    {"Content-Md5", ATOM_http_content_md5},
    {"Content-Range", ATOM_http_content_range},
    {"Content-Type", ATOM_http_content_type},
    {"Etag", ATOM_Etag},
    {"Expires", ATOM_Expires},
    {"Last-Modified", ATOM_http_last_modified},
    {"Accept-Ranges", ATOM_http_accept_ranges},
    {"Set-Cookie", ATOM_http_set_cookie},
    {"Set-Cookie2", ATOM_http_set_cookie2},
    {"X-Forwarded-For", ATOM_http_x_forwarded_for},
    {"Cookie", ATOM_Cookie},
    {"Keep-Alive", ATOM_http_keep_alive},
    {"Proxy-Connection", ATOM_http_proxy_connection},
};

enum { NORMAL_NAME_MAX = 50 }; // bytes; longer names are left as they are

// The name with each word's first letter in upper case and the others in lower case. What follows a hyphen begins a
// word, also if it is another hyphen.
static term make_normal_name(const struct maker *maker, struct span name) {
    uint8_t normal[NORMAL_NAME_MAX];
    if (name.size > NORMAL_NAME_MAX)
        return make_string(maker, name);
    bool first = true;
    for (size_t i = 0; i < name.size; i++) {
        uint8_t byte = name.bytes[i];
        normal[i] = (uint8_t)(first ? toupper(byte) : tolower(byte));
        first = !first && byte == '-';
    }
    return make_string(maker, (struct span){normal, name.size});
}

// {http_header, Number, Name as normalised, Name as received, Value}.
static term parse_field(const struct maker *maker, struct span rest) {
    struct span name = take_while(&rest, is_token_byte);
    if (rest.size == 0 || *rest.bytes != ':')
        return NONE;
    skip(&rest, 1);
    skip_blanks(&rest);
    size_t number = 0, count = sizeof known_fields / sizeof *known_fields;
    for (size_t i = 0; i < count && number == 0; i++)
        if (same_text_any_case(name, known_fields[i].text))
            number = i + 1;
    term normal = number ? known_fields[number - 1].atom : make_normal_name(maker, name);
    return heap_tuple_of(maker->heap, 5, ATOM_http_header, SMALL(number), normal, make_string(maker, name),
                         make_string(maker, rest));
}

term packet_parse_http(struct heap *heap, enum packet_kind kind, const uint8_t *bytes, size_t size) {
    struct maker maker = {heap, kind == PACKET_HTTP_BINARY || kind == PACKET_HTTP_HEADER_BINARY};
    struct span line = {bytes, size - 1};
    if (line.size && bytes[line.size - 1] == '\r')
        line.size--;
    term value;
    if (kind == PACKET_HTTP_HEADER || kind == PACKET_HTTP_HEADER_BINARY)
        value = line.size == 0 ? ATOM_http_eoh : parse_field(&maker, line);
    else if (line.size >= 5 && memcmp(bytes, "HTTP/", 5) == 0)
        value = parse_response(&maker, line);
    else
        value = parse_request(&maker, line);
    if (value == NONE)
        return heap_tuple_of(heap, 2, ATOM_http_error, make_string(&maker, (struct span){bytes, size}));
    return value;
}
