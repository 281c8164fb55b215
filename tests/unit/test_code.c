// Modules: every one that is installed is accepted and can be walked; damaged ones are refused or can be walked, too.

#define _GNU_SOURCE // nftw
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

#include "code/code.h"
#include "term/atom.h"

#define OPEN_DIRECTORIES 16
#define FLIPS 3000

static uint64_t random_state = 1;

static unsigned random_below(unsigned limit) {
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(random_state >> 33) % limit;
}

struct bytes {
    uint8_t *bytes;
    size_t size;
};

static struct bytes read_file(const char *path) {
    struct bytes file = {};
    FILE *stream = fopen(path, "rb");
    if (!stream)
        return file;
    fseek(stream, 0, SEEK_END);
    file.size = (size_t)ftell(stream);
    rewind(stream);
    file.bytes = malloc(file.size + 1);
    file.size = fread(file.bytes, 1, file.size, stream);
    fclose(stream);
    return file;
}

// Reads all that can be read of a module: each instruction of each function, and the lines.
static void walk(struct code *code) {
    struct generic_instruction instruction;
    for (uint32_t i = 0; i < code->function_count; i++) {
        struct function *function = &code->functions[i];
        struct code_reader reader;
        assert_ptr_equal(code_label_function(code, function->entry_label), function);
        code_function_begin(&reader, function);
        bool any = false;
        while (code_instruction_next(&reader, &instruction)) {
            any = true;
            for (unsigned j = 0; j < instruction.count; j++)
                if (instruction.operands[j].type)
                    code_type(code, instruction.operands[j].type);
        }
        code_reader_end(&reader);
        assert_true(any);
    }
    term file;
    uint32_t line;
    for (uint32_t i = 0; i < 100; i++)
        code_line(code, i, &file, &line);
}

// ---- everything that is installed

static size_t files_read;

static int visit(const char *path, const struct stat *status, int type, struct FTW *place) {
    size_t length = strlen(path);
    char why[CODE_WHY_SIZE] = "";
    if (type != FTW_F || length < 5 || strcmp(path + length - 5, ".beam") != 0)
        return 0;
    struct bytes file = read_file(path);
    struct code *code = code_read(file.bytes, file.size, why);
    if (!code)
        fail_msg("%s: %s", path, why);
    walk(code);
    code_discard(code);
    free(file.bytes);
    files_read++;
    return 0;
}

static void test_installed(void **state) {
    files_read = 0;
    assert_int_equal(nftw("/usr/lib/erlang/lib", visit, OPEN_DIRECTORIES, FTW_PHYS), 0);
    assert_true(files_read > 0);
    nftw("/usr/lib/elixir", visit, OPEN_DIRECTORIES, FTW_PHYS); // may be absent
}

// ---- damage

static struct bytes some_module(void) {
    struct bytes file = read_file("/usr/lib/erlang/lib/erts-13.1.5/ebin/zlib.beam");
    if (!file.bytes)
        skip();
    return file;
}

static void read_and_walk(const uint8_t *bytes, size_t size) {
    char why[CODE_WHY_SIZE] = "";
    struct code *code = code_read(bytes, size, why);
    if (!code) {
        assert_true(why[0] != 0);
        return;
    }
    walk(code);
    code_discard(code);
}

static void test_cut_short(void **state) {
    struct bytes file = some_module();
    for (size_t size = 0; size < file.size; size += 1 + size / 64) {
        uint8_t *exact = malloc(size + 1); // so that a sanitizer sees reads behind the end
        memcpy(exact, file.bytes, size);
        read_and_walk(exact, size);
        free(exact);
    }
    free(file.bytes);
}

static void test_flipped(void **state) {
    struct bytes file = some_module();
    uint8_t *copy = malloc(file.size);
    for (int i = 0; i < FLIPS; i++) {
        memcpy(copy, file.bytes, file.size);
        for (unsigned flips = 1 + random_below(3); flips > 0; flips--)
            copy[random_below((unsigned)file.size)] ^= (uint8_t)(1 << random_below(8));
        read_and_walk(copy, file.size);
    }
    free(copy);
    free(file.bytes);
}

// ---- loading

static struct code *read_good(struct bytes file) {
    char why[CODE_WHY_SIZE];
    struct code *code = code_read(file.bytes, file.size, why);
    assert_non_null(code);
    return code;
}

static void test_generations(void **state) {
    struct bytes file = some_module();
    struct code *first = read_good(file), *second = read_good(file), *third = read_good(file);
    term name = first->name;
    struct export *export = code_export(name, atom_from_c("open"), 0);
    assert_false(export_is_callable(export));
    assert_true(code_install(&first, 1));
    assert_true(export_is_callable(export));
    assert_ptr_equal(export->code->code, first);
    assert_true(code_install(&second, 1));
    assert_ptr_equal(export->code->code, second);
    assert_ptr_equal(atomic_load(&code_module(name)->old), first);
    assert_false(code_install(&third, 1));
    assert_int_equal(code_delete(name), CODE_HAS_OLD);

    assert_true(code_purge_prepare(name, false));
    assert_false(code_purge_prepare(name, false));
    assert_true(code_purge_complete(name));
    assert_false(code_purge_prepare(name, false));
    assert_true(code_install(&third, 1));
    assert_true(code_purge_prepare(name, false));
    assert_true(code_purge_complete(name));
    assert_int_equal(code_delete(name), CODE_DELETED);
    assert_false(export_is_callable(export));
    assert_int_equal(code_delete(atom_from_c("never_seen")), CODE_UNKNOWN);
    free(file.bytes);
}

static int set_up(void **state) {
    atom_init(1 << 20);
    literal_init();
    code_init();
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_installed),
        cmocka_unit_test(test_cut_short),
        cmocka_unit_test(test_flipped),
        cmocka_unit_test(test_generations),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
