// File handles, queues of bytes, the environment.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include <errno.h>

#include "io/byte_queue.h"
#include "io/environment.h"
#include "io/file.h"
#include "sys/sys.h"

static struct file_handle *open_file(struct heap *heap, const char *path, unsigned modes) {
    struct file_handle *file = file_handle(heap_magic_reference(heap, file_new()));
    assert_non_null(file);
    assert_false(file_begin(file)); // in use
    assert_int_equal(file_open(file, path, modes), 0);
    file_end(file);
    return file;
}

static void write_and_read(void **state) {
    char path[] = "/tmp/purlin-test-XXXXXX", bytes[16];
    struct heap heap = {0};
    size_t done;
    close(mkstemp(path));
    struct file_handle *file = open_file(&heap, path, FILE_READ | FILE_WRITE);
    assert_true(file_begin(file));
    assert_false(file_begin(file)); // one operation at a time
    struct iovec vector[] = {{"one", 3}, {"", 0}, {"two", 3}};
    assert_int_equal(file_write(file, vector, 3, FILE_AT_POSITION), 0);
    assert_int_equal(file_write(file, &(struct iovec){"X", 1}, 1, 2), 0);
    assert_int_equal(file_read(file, bytes, sizeof bytes, 0, &done), 0);
    assert_int_equal(done, 6);
    assert_memory_equal(bytes, "onXtwo", 6);
    assert_int_equal(file_close(file), 0);
    assert_false(file_begin(file));
    heap_free(&heap);
    unlink(path);
}

static void errors(void **state) {
    struct heap heap = {0};
    struct file_handle *file = file_handle(heap_magic_reference(&heap, file_new()));
    assert_int_equal(file_open(file, "/nowhere/at/all", FILE_READ), ENOENT);
    assert_int_equal(file_open(file, "/tmp", FILE_READ), EISDIR);
    assert_int_equal(file_open(file, "/tmp", FILE_WRITE | FILE_DIRECTORY), EINVAL);
    assert_int_equal(file->descriptor, -1);
    heap_free(&heap);
    assert_int_equal(file_delete("/tmp"), EPERM);
    assert_null(file_handle(SMALL(1)));
}

static void closed_with_its_last_reference(void **state) {
    struct heap heap = {0};
    int descriptor = open_file(&heap, "/dev/null", FILE_READ)->descriptor;
    heap_free(&heap);
    assert_int_equal(close(descriptor), -1);
}

static void what_waits(void **state) {
    struct heap heap = {0};
    char path[] = "/tmp/purlin-test-XXXXXX";
    close(mkstemp(path));
    assert_false(file_may_wait(path));
    assert_false(file_may_wait("/tmp"));
    assert_false(file_may_wait("/nowhere/at/all"));
    assert_true(file_may_wait("/dev/null"));
    assert_false(open_file(&heap, path, FILE_READ)->waits);
    assert_true(open_file(&heap, "/dev/null", FILE_READ)->waits);
    heap_free(&heap);
    unlink(path);
}

static void queue_of_bytes(void **state) {
    struct heap heap = {0};
    struct byte_queue queue = {0};
    uint8_t big[100], copy[103];
    size_t index;
    memset(big, 'b', sizeof big);
    byte_queue_push(&queue, heap_binary(&heap, "abc", 3));
    byte_queue_push(&queue, heap_binary(&heap, big, sizeof big));
    heap_free(&heap); // the queue has its own hold on the bytes
    assert_int_equal(queue.size, 103);
    byte_queue_copy(&queue, copy, sizeof copy);
    assert_memory_equal(copy, "abcbb", 5);
    byte_queue_skip(&queue, 2);
    assert_true(byte_queue_find(&queue, 'b', &index));
    assert_int_equal(index, 1);
    assert_false(byte_queue_find(&queue, 'a', &index));
    byte_queue_skip(&queue, 1000);
    assert_int_equal(queue.size, 0);
}

static void environment(void **state) {
    char *strings[] = {"A=1", "B=2", "C=x=y", "nonsense", NULL};
    static struct environment *environment; // for ever, as in the VM
    environment = environment_new(strings);
    environment_set(environment, (struct environment_change){"B", NULL});
    environment_set(environment, (struct environment_change){"D", "4"});
    char *value = environment_get(environment, "C");
    assert_string_equal(value, "x=y");
    sys_free(value);
    assert_null(environment_get(environment, "B"));
    struct environment_change changes[] = {{"A", NULL}, {"E", "first"}, {"E", "last"}};
    char **vector = environment_vector(environment, changes, 3);
    const char *expected[] = {"C=x=y", "D=4", "E=last"};
    for (size_t i = 0; i < 3; i++)
        assert_string_equal(vector[i], expected[i]);
    assert_null(vector[3]);
    sys_free(vector);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(write_and_read),
        cmocka_unit_test(errors),
        cmocka_unit_test(closed_with_its_last_reference),
        cmocka_unit_test(what_waits),
        cmocka_unit_test(queue_of_bytes),
        cmocka_unit_test(environment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
