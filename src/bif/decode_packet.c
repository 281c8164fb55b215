// erlang:decode_packet/3.

#include "bif/bif.h"
#include "bif/bytes.h"
#include "term/packet.h"

static bool read_option(term option, struct packet_options *options) {
    if (!is_tuple_of(option, 2) || !is_small(tuple_element(option, 2)))
        return false;
    term name = tuple_element(option, 1);
    int64_t value = small_value(tuple_element(option, 2));
    if (value < 0 || value > (name == ATOM_line_delimiter ? UINT8_MAX : UINT32_MAX))
        return false;
    if (name == ATOM_packet_size)
        options->size_limit = (size_t)value;
    else if (name == ATOM_line_length)
        options->line_length = (size_t)value;
    else if (name == ATOM_line_delimiter)
        options->delimiter = (uint8_t)value;
    else
        return false;
    return true;
}

static term packet_found(struct process *self, term stream, const uint8_t *bytes, enum packet_kind kind,
                         const struct packet *packet) {
    term value = packet_parse(&self->heap, kind, bytes, packet);
    if (value == NONE)
        value = heap_bitstring_part(&self->heap, stream, 8 * packet->body_start, 8 * packet->body_size);
    size_t used = 8 * packet->size;
    return heap_tuple_of(&self->heap, 3, ATOM_ok, value,
                         heap_bitstring_part(&self->heap, stream, used, bitstring_size(stream) - used));
}

BIF(erlang, decode_packet, 3) {
    struct packet_options options = {.delimiter = '\n'};
    if (!packet_kind_from_term(arguments[0], &options.kind))
        return raise_badarg_cause(self, ATOM_badopt);
    if (!is_bitstring(arguments[1]))
        return raise_badarg(self);
    term list = arguments[2];
    for (; is_list(list); list = list_tail(list))
        if (!read_option(list_head(list), &options))
            return raise_badarg(self);
    if (!is_nil(list))
        return raise_badarg(self);
    size_t size;
    const uint8_t *bytes = bitstring_bytes(self, arguments[1], &size);
    struct packet packet;
    enum packet_status status = packet_find(&options, bytes, size, &packet);
    work_charge(&self->work, 1 + (int64_t)packet.size / 64);
    if (status == PACKET_FOUND)
        return packet_found(self, arguments[1], bytes, options.kind, &packet);
    if (status == PACKET_MORE)
        return heap_tuple_of(&self->heap, 2, ATOM_more, packet.size ? SMALL(packet.size) : ATOM_undefined);
    return error_tuple(self, ATOM_invalid);
}
