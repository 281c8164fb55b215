// Runs exec_sample.erl in a bare process, without schedulers, and compares what it returns with what OTP prints.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "bif/bif.h"
#include "exec/exec.h"
#include "sys/sys.h"
#include "term/atom.h"
#include "term/print.h"
#include "vm.h"

static struct process *process;
static struct context context;
static jmp_buf done;
static term result;

static void give_way(struct work *work) {
    work->reductions = 4000;
}

// There is nowhere else to go on.
static void slow_enter(struct process *self, int kind) {
}
static void slow_leave(struct process *self) {
}

static char *read_all(FILE *file, size_t *size) {
    char *bytes = NULL;
    size_t room = 0;
    *size = 0;
    for (size_t got = 1; got; *size += got) {
        if (*size + 4096 > room)
            bytes = realloc(bytes, room = 2 * room + 8192);
        got = fread(bytes + *size, 1, 4096, file);
    }
    bytes[*size] = 0;
    return bytes;
}

static void load(const char *path) {
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t size;
    char *bytes = read_all(file, &size);
    fclose(file);
    char why[CODE_WHY_SIZE] = "";
    struct code *code = code_read((uint8_t *)bytes, size, why);
    if (!code)
        fail_msg("%s: %s", path, why);
    assert_true(code_install(&code, 1));
    free(bytes);
}

static void boot(void) {
    atom_init(1 << 20);
    literal_init();
    code_init();
    exec_init();
    for (size_t i = 0; i < bif_count; i++)
        code_register_builtin(atom_from_c(bif_table[i].module), atom_from_c(bif_table[i].name), bif_table[i].arity,
                              bif_table[i].function);
    vm.hooks.slow_enter = slow_enter;
    vm.hooks.slow_leave = slow_leave;
    process = sys_alloc_zero(sizeof(*process));
    heap_init(&process->heap, 300);
    process->heap.fullsweep_after = 65535;
    process->mailbox_end = process->mailbox_save = &process->mailbox;
    process->work.give_way = give_way;
    process->exception_trace = process->group_leader = process->parent = NIL;
    process->pid = IMMEDIATE_WORD(IMMEDIATE_PID, 1);
}

// test_exec:returns(Value): how the sample hands over its result. It leaves the interpreter for good, since a process
// outside a scheduler cannot end.
static term returns(struct process *self, term *arguments) {
    result = arguments[0];
    longjmp(done, 1);
}

static char *run(const char *module) {
    code_register_builtin(atom_from_c("test_exec"), atom_from_c("returns"), 1, returns);
    exec_start(process, code_export(atom_from_c(module), atom_from_c("main"), 0), NULL, 0);
    if (!setjmp(done))
        for (;;) {
            process->work.reductions = 4000;
            assert_int_equal(exec_run(process, &context), EXEC_SLICE_ENDED);
        }
    struct text text = {0};
    term_print(&text, result);
    text_append(&text, "", 1);
    return text.bytes;
}

static void same_as_otp(void **state) {
    assert_int_equal(system("erlc -o . " SOURCE_DIRECTORY "/exec_sample.erl"), 0);
    FILE *otp = popen("erl -noshell -eval 'erlang:display(exec_sample:run())' -s init stop", "r");
    size_t size;
    char *expected = read_all(otp, &size);
    pclose(otp);
    expected[strcspn(expected, "\r\n")] = 0;
    boot();
    load("exec_sample.beam");
    char *got = run("exec_sample");
    for (size_t i = 0; expected[i] || got[i]; i++)
        if (expected[i] != got[i])
            fail_msg("OTP: ...%.400s\nwe: ...%.400s", expected + (i < 60 ? 0 : i - 60), got + (i < 60 ? 0 : i - 60));
    free(expected);
    sys_free(got);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(same_as_otp)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
