// The distribution: atom caches, control messages, packets and fragments, and who waits for whom.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "code/code.h"
#include "dist/atom_cache.h"
#include "dist/control.h"
#include "dist/dist.h"
#include "dist/packet.h"
#include "dist/parcel.h"
#include "ext/decode.h"
#include "ext/ext.h"
#include "io/port.h"
#include "options.h"
#include "proc/node_monitor.h"
#include "sys/sys.h"
#include "term/atom.h"
#include "term/compare.h"
#include "vm.h"

#define PEER "b@host"

static struct boot_options options = {.distribution_buffer_limit = 1 << 20};

static int set_up(void **state) {
    vm.options = &options;
    atom_init(1 << 20);
    literal_init();
    code_init();
    proc_init(1 << 10);
    dist_init();
    atomic_store(&vm.node_name, atom_from_c("a@host"));
    atomic_store(&vm.creation, 5);
    return 0;
}

static term peer_pid(struct heap *heap, uint32_t id) {
    return heap_external(heap, KIND_EXTERNAL_PID, atom_from_c(PEER), 7, (uint64_t[]){id, 0}, 2);
}

static term local_pid(uint32_t id) {
    return IMMEDIATE_WORD(IMMEDIATE_PID, id);
}

// ---- atom caches --------------------------------------------------------------------------------------------------

static void expect_header(term *sender, term *receiver, const term *atoms, unsigned count) {
    uint8_t *bytes = sys_alloc(atom_cache_size_max(atoms, count));
    size_t size = atom_cache_write(sender, atoms, count, bytes);
    assert_true(size <= atom_cache_size_max(atoms, count));
    term read[HEADER_ATOMS_MAX];
    unsigned read_count;
    assert_int_equal(atom_cache_read(receiver, bytes, size, read, &read_count), size);
    assert_int_equal(read_count, count);
    assert_memory_equal(read, atoms, count * sizeof *atoms);
    for (size_t cut = 0; cut < size; cut++) // each shorter one is refused, or is another header
        atom_cache_read(receiver, bytes, cut, read, &read_count);
    sys_free(bytes);
}

static void test_atom_cache(void **state) {
    term *sender = atom_cache_new(), *receiver = atom_cache_new(), atoms[HEADER_ATOMS_MAX];
    for (unsigned count = 0; count <= HEADER_ATOMS_MAX; count += count < 8 ? 1 : 13) {
        for (unsigned i = 0; i < count; i++) {
            char name[300];
            snprintf(name, sizeof name, "%s%u", count % 5 ? "a" : "\xce\xbb\xce\xbb", i * count);
            atoms[i] = atom_from_c(name);
        }
        expect_header(sender, receiver, atoms, count);
        expect_header(sender, receiver, atoms, count);
    }
    char wide[2 * 200 + 1] = {0};
    for (int i = 0; i < 200; i++)
        memcpy(wide + 2 * i, "\xce\xbb", 2);
    atoms[1] = atom_from_c(wide); // longer than 255 bytes
    expect_header(sender, receiver, atoms, 2);
    sys_free(sender);
    sys_free(receiver);
}

static void test_empty_cache(void **state) {
    term *cache = atom_cache_new(), atoms[HEADER_ATOMS_MAX];
    unsigned count;
    assert_int_equal(atom_cache_read(cache, (uint8_t[]){1, 0x00, 7}, 3, atoms, &count), 0);
    assert_int_equal(atom_cache_read(cache, (uint8_t[]){1, 0x08, 7, 1, 'x'}, 5, atoms, &count), 5);
    assert_int_equal(atom_cache_read(cache, (uint8_t[]){1, 0x00, 7}, 3, atoms, &count), 3);
    assert_int_equal(atoms[0], atom_from_c("x"));
    assert_int_equal(atom_cache_read(cache, (uint8_t[]){1, 0x08, 7, 1, 0xff}, 5, atoms, &count), 0); // no UTF-8
    sys_free(cache);
}

// ---- control messages ---------------------------------------------------------------------------------------------

static bool reads(struct heap *heap, size_t arity, const term *fields) {
    term *words = heap_tuple(heap, arity);
    memcpy(words + 1, fields, arity * sizeof *fields);
    struct control control;
    return control_read(boxed_make(words), &control);
}
#define READS(...) reads(&heap, sizeof((term[]){__VA_ARGS__}) / sizeof(term), (term[]){__VA_ARGS__})

static void test_control_fields(void **state) {
    struct heap heap = {0};
    term from = peer_pid(&heap, 1), to = local_pid(2), reference = heap_reference(&heap), name = ATOM_error;
    assert_true(READS(SMALL(1), from, to));
    assert_false(READS(SMALL(1), from));
    assert_false(READS(SMALL(1), from, to, to));
    assert_false(READS(SMALL(1), name, to));
    assert_true(READS(SMALL(6), from, name, name));
    assert_false(READS(SMALL(6), from, name, to));
    assert_true(READS(SMALL(19), from, name, reference));
    assert_true(READS(SMALL(19), from, to, reference));
    assert_false(READS(SMALL(19), from, to, name));
    assert_true(READS(SMALL(35), SMALL(9), from, to));
    assert_false(READS(SMALL(35), SMALL(-9), from, to));
    assert_true(READS(SMALL(29), reference, from, to, heap_tuple_of(&heap, 3, name, name, SMALL(0)), NIL));
    assert_false(READS(SMALL(29), reference, from, to, heap_tuple_of(&heap, 3, name, name, SMALL(-1)), NIL));
    assert_false(READS(SMALL(29), reference, from, to, heap_tuple_of(&heap, 2, name, name), NIL));
    assert_true(READS(SMALL(31), reference, to, SMALL(3), from));
    for (int operation = -2; operation < 300; operation++) // none takes so many
        assert_false(READS(SMALL(operation), from, to, to, to, to, to, to, to, to));
    assert_false(READS(name, from, to));
    heap_free(&heap);
}

static void test_control_round(void **state) {
    struct heap heap = {0};
    struct control control = {.operation = CONTROL_MONITOR_P_EXIT, .from = peer_pid(&heap, 3), .to = local_pid(4)};
    control.reference = heap_reference(&heap);
    control.reason = heap_tuple_of(&heap, 2, ATOM_error, ATOM_badarg);
    term words[1 + CONTROL_ARITY_MAX];
    struct control back;
    assert_true(control_read(control_write(&control, words), &back));
    assert_false(back.has_payload);
    assert_true(term_same(back.from, control.from) && back.to == control.to && back.reason == control.reason);
    assert_true(back.token == NONE && back.identifier == NONE && back.result == NONE);
    heap_free(&heap);
}

// ---- monitors by name ---------------------------------------------------------------------------------------------

static term peer_reference(struct heap *heap, uint64_t number) {
    return heap_external(heap, KIND_EXTERNAL_REFERENCE, atom_from_c(PEER), 7, (uint64_t[]){number, 3, 5}, 3);
}

static void test_name_monitors(void **state) {
    struct name_monitors monitors = {0};
    struct heap heap = {0};
    assert_int_equal(name_monitors_take(&monitors, peer_reference(&heap, 1)), NONE);
    for (uint32_t round = 0; round < 3; round++) { // places that were freed are used again
        for (uint32_t i = 0; i < 1000; i++)
            name_monitors_add(&monitors, peer_reference(&heap, i), local_pid(i + 1));
        for (uint32_t i = 1; i < 1000; i += 2)
            assert_int_equal(name_monitors_take(&monitors, peer_reference(&heap, i)), local_pid(i + 1));
        for (uint32_t i = 0; i < 1000; i++)
            assert_int_equal(name_monitors_take(&monitors, peer_reference(&heap, i)), i % 2 ? NONE : local_pid(i + 1));
        assert_int_equal(monitors.count, 0);
    }
    name_monitors_add(&monitors, heap_reference(&heap), local_pid(1)); // none of the peer's
    assert_int_equal(monitors.count, 0);
    name_monitors_free(&monitors);
    heap_free(&heap);
}

// ---- packets ------------------------------------------------------------------------------------------------------

static struct channel *new_channel(uint64_t flags) {
    static int number;
    char name[40];
    snprintf(name, sizeof name, "n%d@host", number++);
    bool made;
    struct channel *channel = channel_make(dist_node(atom_from_c(name)), &made);
    assert_true(made);
    assert_true(channel_up(channel, flags, 7, local_pid(1000)));
    return channel;
}

static void end_channel(struct channel *channel) {
    assert_true(channel_down(channel, ATOM_normal));
    assert_false(channel_down(channel, ATOM_normal));
    channel_release(channel);
}

static void post(struct channel *channel, uint32_t sender, term payload) {
    struct control control = {
        .operation = CONTROL_SEND_SENDER, .has_payload = true, .from = local_pid(sender), .to = local_pid(9)};
    control.payload = payload;
    assert_true(channel_post(NULL, channel, &control, local_pid(sender)));
}

// Takes the next packet out of one channel and puts it into another: the payload of a complete message, or NONE.
static term pass(struct channel *from, struct channel *to, struct heap *heap, size_t *packet_size) {
    struct chunk *chunks = channel_pull(from, 4);
    assert_non_null(chunks);
    struct text packet = {0};
    for (const struct chunk *chunk = chunks; chunk; chunk = chunk->next)
        text_append(&packet, chunk->bytes, chunk->size);
    chunk_free(chunks);
    *packet_size = packet.size - 4;
    struct packed *message;
    assert_true(packet_read(to, (const uint8_t *)packet.bytes + 4, packet.size - 4, &message));
    text_free(&packet);
    if (!message)
        return NONE;
    struct ext_reader reader = {.atoms = message->atoms, .atom_count = message->atom_count};
    const uint8_t *bytes = packed_bytes(message);
    size_t used;
    struct control control;
    assert_true(control_read(ext_read(heap, &reader, bytes, message->size, &used, NULL), &control));
    assert_true(control.has_payload && control.operation == CONTROL_SEND_SENDER);
    size_t offset = used + message->is_plain;
    term value = ext_read(heap, &reader, bytes + offset, message->size - offset, &used, NULL);
    assert_int_equal(used, message->size - offset);
    packed_free(message);
    return value;
}

static term numbered(struct heap *heap, int number, size_t size) {
    uint8_t *bytes;
    term binary = heap_binary_new(heap, size, &bytes);
    memset(bytes, number, size);
    return heap_tuple_of(heap, 3, SMALL(number), ATOM_data, binary);
}

// Large messages of two senders, and small ones of theirs and of a third.
static void test_turns(void **state) {
    struct heap heap = {0};
    struct channel *from = new_channel(DIST_DEFAULT), *to = new_channel(DIST_DEFAULT);
    post(from, 1, numbered(&heap, 10, 10));
    post(from, 1, numbered(&heap, 11, 300000));
    post(from, 1, numbered(&heap, 12, 10));
    post(from, 2, numbered(&heap, 20, 200000));
    post(from, 2, numbered(&heap, 21, 10));
    post(from, 3, numbered(&heap, 30, 10));
    post(from, 3, numbered(&heap, 31, 10));
    int order[7], done = 0, packets = 0, third = 0;
    while (done < 7) {
        size_t size;
        term value = pass(from, to, &heap, &size);
        packets++;
        assert_true(size < FRAGMENT_SIZE + 1000);
        if (value == NONE)
            continue;
        order[done] = (int)small_value(tuple_element(value, 1));
        assert_true(term_same(value, numbered(&heap, order[done], bitstring_size(tuple_element(value, 3)) / 8)));
        third = order[done++] == 30 ? packets : third;
    }
    assert_null(channel_pull(from, 4));
    assert_true(third <= 5); // not after the 9 fragments of the others
    int last[4] = {0};
    for (int i = 0; i < 7; i++) {
        assert_true(order[i] > last[order[i] / 10]);
        last[order[i] / 10] = order[i];
    }
    assert_int_equal(from->queued, 0);
    end_channel(from);
    end_channel(to);
    heap_free(&heap);
}

// Large binaries, whole and in part, among other values, in lists and at the end.
static void test_parts(void **state) {
    struct heap heap = {0};
    struct channel *from = new_channel(DIST_DEFAULT), *to = new_channel(DIST_DEFAULT);
    term sizes = NIL, large = tuple_element(numbered(&heap, 1, 500000), 3);
    struct shared_binary *shared = ((struct off_heap *)boxed(large))->shared;
    for (size_t i = 0; i < 500000; i++)
        shared->bytes[i] = (uint8_t)(i * 2654435761u >> 13);
    static const size_t lengths[] = {EXT_PART_MIN - 1, EXT_PART_MIN, 65535, 65536, 65537, 131072, 400000, 1};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        shared_binary_retain(shared);
        term slice = heap_slice(&heap, shared, 8 * 1000 * i + (i == 5 ? 3 : 0), 8 * lengths[i] - (i == 6 ? 5 : 0));
        sizes = heap_cons(&heap, heap_tuple_of(&heap, 3, ATOM_data, slice, SMALL(i)), sizes);
        sizes = heap_cons(&heap, slice, sizes);
        term value = heap_tuple_of(&heap, 2, sizes, slice), got = NONE;
        post(from, 1, value);
        size_t held = atomic_load(&shared->references), size;
        while (got == NONE) {
            got = pass(from, to, &heap, &size);
            assert_true(size < FRAGMENT_SIZE + 1000);
        }
        assert_true(term_same(got, value));
        assert_true(i == 0 || atomic_load(&shared->references) < held);
    }
    assert_null(channel_pull(from, 4));
    assert_int_equal(from->queued, 0);
    post(from, 1, sizes); // dropped with the channel
    size_t held = atomic_load(&shared->references);
    end_channel(from);
    assert_true(atomic_load(&shared->references) < held);
    end_channel(to);
    heap_free(&heap);
}

static void test_plain(void **state) {
    struct heap heap = {0};
    struct channel *from = new_channel(DIST_MANDATORY | DIST_SEND_SENDER), *to = new_channel(DIST_DEFAULT);
    post(from, 1, numbered(&heap, 1, 300000));
    size_t size;
    assert_true(term_same(pass(from, to, &heap, &size), numbered(&heap, 1, 300000)));
    end_channel(from);
    end_channel(to);
    heap_free(&heap);
}

static void give_way(struct work *work) {
    work->reductions = INT32_MAX;
}

// What waits for a connection goes out first, and in order.
static void test_pending(void **state) {
    struct heap heap = {0};
    bool made;
    struct channel *from = channel_make(dist_node(atom_from_c("late@host")), &made), *to = new_channel(DIST_DEFAULT);
    for (int i = 0; i < 10; i++)
        post(from, 1, numbered(&heap, i, i == 4 ? 200000 : 10));
    assert_null(channel_pull(from, 4));
    assert_false(channel_up(from, DIST_DEFAULT, 7, local_pid(1000))); // first they are to be encoded
    struct process *self = sys_alloc_zero(sizeof *self);
    self->work = (struct work){.give_way = give_way};
    channel_encode_postings(self, from, DIST_DEFAULT);
    proc_scratch_release(self);
    heap_free(&self->heap);
    sys_free(self);
    assert_true(channel_up(from, DIST_DEFAULT, 7, local_pid(1000)));
    assert_false(channel_up(from, DIST_DEFAULT, 7, local_pid(1000)));
    post(from, 1, numbered(&heap, 10, 10));
    for (int i = 0; i <= 10;) {
        size_t size;
        term value = pass(from, to, &heap, &size);
        if (value != NONE)
            assert_int_equal(small_value(tuple_element(value, 1)), i++);
    }
    end_channel(from);
    end_channel(to);
    heap_free(&heap);
}

static void test_busy(void **state) {
    struct heap heap = {0};
    struct channel *from = new_channel(DIST_DEFAULT), *to = new_channel(DIST_DEFAULT);
    for (int i = 0; !channel_is_busy(from); i++) {
        assert_true(i < 20);
        post(from, (uint32_t)i, numbered(&heap, i, 100000));
    }
    assert_true(from->queued >= options.distribution_buffer_limit);
    while (channel_is_busy(from)) {
        size_t size;
        pass(from, to, &heap, &size);
    }
    assert_true(from->queued < options.distribution_buffer_limit && from->queued > 0);
    end_channel(from); // with what is still queued, and the receiver with halves of messages
    end_channel(to);
    heap_free(&heap);
}

static bool accepts(struct channel *channel, size_t size, const uint8_t *bytes) {
    struct packed *message;
    bool valid = packet_read(channel, bytes, size, &message);
    if (message)
        packed_free(message);
    return valid;
}
#define ACCEPTS(...) accepts(to, sizeof((uint8_t[]){__VA_ARGS__}), (uint8_t[]){__VA_ARGS__})
#define NUMBER(n) 0, 0, 0, 0, 0, 0, 0, n

static void test_malformed_packets(void **state) {
    struct channel *to = new_channel(DIST_DEFAULT);
    assert_true(accepts(to, 0, NULL));
    assert_false(ACCEPTS(131));
    assert_false(ACCEPTS(131, 71, 0));
    assert_false(ACCEPTS(131, 68));
    assert_false(ACCEPTS(131, 68, 1, 0));
    assert_true(ACCEPTS(131, 68, 0));
    assert_false(ACCEPTS(131, 70, NUMBER(1), NUMBER(1), 0)); // no such sequence
    assert_false(ACCEPTS(131, 69, NUMBER(1), NUMBER(0), 0)); // no fragments
    assert_true(ACCEPTS(131, 69, NUMBER(1), NUMBER(3), 0, 1));
    assert_false(ACCEPTS(131, 69, NUMBER(1), NUMBER(3), 0, 1)); // the same again
    assert_false(ACCEPTS(131, 70, NUMBER(1), NUMBER(1), 2));    // 2 is due
    assert_true(ACCEPTS(131, 70, NUMBER(1), NUMBER(2), 2));
    assert_true(ACCEPTS(131, 69, NUMBER(2), 255, 255, 255, 255, 255, 255, 255, 255, 0)); // never ends
    end_channel(to);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_atom_cache),
        cmocka_unit_test(test_empty_cache),
        cmocka_unit_test(test_control_fields),
        cmocka_unit_test(test_control_round),
        cmocka_unit_test(test_name_monitors),
        cmocka_unit_test(test_turns),
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_plain),
        cmocka_unit_test(test_pending),
        cmocka_unit_test(test_busy),
        cmocka_unit_test(test_malformed_packets),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
