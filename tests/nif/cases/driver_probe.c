// A driver that does what it is told: the first byte of a command says what.

#include <erl_driver.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct probe {
    int slow;
    ErlDrvPort port;
    int pipe[2];
    char log[256];
};

static ErlDrvData start(ErlDrvPort port, char *command) {
    if (strstr(command, " general"))
        return ERL_DRV_ERROR_GENERAL;
    if (strstr(command, " badarg"))
        return ERL_DRV_ERROR_BADARG;
    if (strstr(command, " errno")) {
        errno = EACCES;
        return ERL_DRV_ERROR_ERRNO;
    }
    struct probe *probe = driver_alloc(sizeof *probe);
    memset(probe, 0, sizeof *probe);
    probe->port = port;
    probe->pipe[0] = -1;
    if (strstr(command, " binary"))
        set_port_control_flags(port, PORT_CONTROL_FLAG_BINARY);
    return (ErlDrvData)probe;
}

static void stop(ErlDrvData data) {
    struct probe *probe = (struct probe *)data;
    if (probe->pipe[0] >= 0) {
        driver_select(probe->port, (ErlDrvEvent)(long)probe->pipe[0], ERL_DRV_READ | ERL_DRV_USE, 0);
        close(probe->pipe[1]);
    }
    driver_free(probe);
}

static void stop_select(ErlDrvEvent event, void *reserved) {
    close((int)(long)event);
}

static void send_all(struct probe *probe) {
    static double number = 1.5;
    static ErlDrvSInt64 small = -5000000000;
    static ErlDrvUInt64 large = 18446744073709551615u;
    static char external[] = {(char)131, 104, 2, 97, 1, 106};
    ErlDrvBinary *binary = driver_alloc_binary(200);
    for (int i = 0; i < 200; i++)
        binary->orig_bytes[i] = (char)i;
    ErlDrvTermData words[] = {ERL_DRV_ATOM,
                              driver_mk_atom("probe"),
                              ERL_DRV_PORT,
                              driver_mk_port(probe->port),
                              ERL_DRV_PID,
                              driver_connected(probe->port),
                              ERL_DRV_INT,
                              (ErlDrvTermData)-7,
                              ERL_DRV_UINT,
                              (ErlDrvTermData)-7,
                              ERL_DRV_FLOAT,
                              (ErlDrvTermData)&number,
                              ERL_DRV_INT64,
                              (ErlDrvTermData)&small,
                              ERL_DRV_UINT64,
                              (ErlDrvTermData)&large,
                              ERL_DRV_NIL,
                              ERL_DRV_STRING,
                              (ErlDrvTermData) "text",
                              4,
                              ERL_DRV_NIL,
                              ERL_DRV_STRING_CONS,
                              (ErlDrvTermData) "ab\377",
                              3,
                              ERL_DRV_BINARY,
                              (ErlDrvTermData)binary,
                              100,
                              50,
                              ERL_DRV_BINARY,
                              (ErlDrvTermData)binary,
                              3,
                              1,
                              ERL_DRV_BUF2BINARY,
                              (ErlDrvTermData) "bytes",
                              5,
                              ERL_DRV_EXT2TERM,
                              (ErlDrvTermData)external,
                              sizeof external,
                              ERL_DRV_INT,
                              1,
                              ERL_DRV_INT,
                              2,
                              ERL_DRV_NIL,
                              ERL_DRV_LIST,
                              3,
                              ERL_DRV_ATOM,
                              driver_mk_atom("k"),
                              ERL_DRV_INT,
                              1,
                              ERL_DRV_MAP,
                              1,
                              ERL_DRV_TUPLE,
                              17};
    erl_drv_output_term(driver_mk_port(probe->port), words, sizeof words / sizeof *words);
    driver_free_binary(binary);
}

static void answer(struct probe *probe, int result) {
    ErlDrvTermData words[] = {
        ERL_DRV_ATOM, driver_mk_atom("result"), ERL_DRV_INT, (ErlDrvTermData)result, ERL_DRV_TUPLE, 2};
    erl_drv_send_term(driver_mk_port(probe->port), driver_caller(probe->port), words, sizeof words / sizeof *words);
}

// Words that make no sense.
static void send_bad(struct probe *probe) {
    ErlDrvTermData short_words[] = {ERL_DRV_INT}, two[] = {ERL_DRV_NIL, ERL_DRV_NIL}, few[] = {ERL_DRV_TUPLE, 2};
    ErlDrvTermData port = driver_mk_port(probe->port);
    answer(probe, erl_drv_output_term(port, two, 2));
    answer(probe, erl_drv_output_term(port, few, 2));
    answer(probe, erl_drv_output_term(port, short_words, 0));
}

static void output(ErlDrvData data, char *bytes, ErlDrvSizeT size) {
    struct probe *probe = (struct probe *)data;
    ErlDrvBinary *binary;
    if (size == 0)
        return;
    switch (*bytes) {
    case 'e': // echo
        driver_output(probe->port, bytes + 1, size - 1);
        break;
    case 'Z': // takes its time
        usleep(30000);
        break;
    case 'h': // with a header
        driver_output2(probe->port, "head", 4, bytes + 1, size - 1);
        break;
    case 'b':
        binary = driver_alloc_binary(300);
        memset(binary->orig_bytes, 'x', 300);
        driver_output_binary(probe->port, "h", 1, binary, 100, 200);
        driver_free_binary(binary);
        break;
    case 't':
        send_all(probe);
        break;
    case 'w':
        send_bad(probe);
        break;
    case 'm': // a timer
        driver_set_timer(probe->port, 20);
        break;
    case 'M': // one that is set anew, and one that is cancelled
        driver_set_timer(probe->port, 5);
        driver_set_timer(probe->port, 50);
        break;
    case 'S': // one that takes its time
        probe->slow = 1;
        driver_set_timer(probe->port, 1);
        break;
    case 'c':
        driver_set_timer(probe->port, 20);
        driver_cancel_timer(probe->port);
        break;
    case 'p': // a pipe to wait for
        if (pipe(probe->pipe) == 0)
            driver_select(probe->port, (ErlDrvEvent)(long)probe->pipe[0], ERL_DRV_READ | ERL_DRV_USE, 1);
        break;
    case 'P':
        answer(probe, (int)write(probe->pipe[1], bytes + 1, size - 1));
        break;
    case 'a':
        driver_failure_atom(probe->port, "the_end");
        break;
    case 'x':
        driver_failure_posix(probe->port, ENOSPC);
        break;
    case 'f':
        driver_failure_eof(probe->port);
        break;
    case 'B':
        set_busy_port(probe->port, 1);
        driver_set_timer(probe->port, 50);
        break;
    default:
        break;
    }
}

static void timeout(ErlDrvData data) {
    struct probe *probe = (struct probe *)data;
    if (probe->slow)
        usleep(30000);
    set_busy_port(probe->port, 0);
    driver_output(probe->port, "timeout", 7);
}

static void ready_input(ErlDrvData data, ErlDrvEvent event) {
    char byte;
    if (read((int)(long)event, &byte, 1) != 1) // one at a time: it stays selected
        return;
    if (byte == 'z')
        usleep(30000);
    else
        driver_output(((struct probe *)data)->port, &byte, 1);
}

static ErlDrvSSizeT control(ErlDrvData data, unsigned operation, char *bytes, ErlDrvSizeT size, char **answer,
                            ErlDrvSizeT room) {
    ErlDrvBinary *binary;
    switch (operation) {
    case 1: // backwards, in the room that is there
        if (size > room)
            return -1;
        for (size_t i = 0; i < size; i++)
            (*answer)[i] = bytes[size - 1 - i];
        return (ErlDrvSSizeT)size;
    case 2: // in memory of its own
        *answer = driver_alloc(1000);
        memset(*answer, 'y', 1000);
        return 1000;
    case 3:
        binary = driver_alloc_binary(size);
        memcpy(binary->orig_bytes, bytes, size);
        *answer = (char *)binary;
        return 0;
    case 4:
        *answer = NULL;
        return 0;
    default:
        return -1;
    }
}

static ErlDrvSSizeT call(ErlDrvData data, unsigned operation, char *bytes, ErlDrvSizeT size, char **answer,
                         ErlDrvSizeT room, unsigned *flags) {
    if (operation == 0)
        return -1;
    if (size > room)
        *answer = driver_alloc(size);
    memcpy(*answer, bytes, size);
    return (ErlDrvSSizeT)size;
}

// ---- work for another thread

struct job {
    struct probe *probe;
    int number;
};

static void work(void *memory) {
    ((struct job *)memory)->number *= 2;
}

static void outputv(ErlDrvData data, ErlIOVec *vector) {
    struct probe *probe = (struct probe *)data;
    char bytes[1000];
    size_t size = driver_vec_to_buf(vector, bytes, sizeof bytes);
    if (size == 0 || *bytes != 'j') {
        output(data, bytes, size);
        return;
    }
    unsigned key = driver_async_port_key(probe->port);
    for (int i = 1; i <= 5; i++) {
        struct job *job = driver_alloc(sizeof *job);
        *job = (struct job){probe, i};
        driver_async(probe->port, &key, work, job, driver_free);
    }
}

static void ready_async(ErlDrvData data, ErlDrvThreadData thread_data) {
    struct job *job = (struct job *)thread_data;
    char digits[2] = {(char)('0' + job->number / 10), (char)('0' + job->number % 10)};
    driver_output(job->probe->port, digits, 2);
    driver_free(job);
}

static ErlDrvEntry entry = {.start = start,
                            .stop = stop,
                            .output = output,
                            .outputv = outputv,
                            .ready_input = ready_input,
                            .driver_name = "driver_probe",
                            .control = control,
                            .timeout = timeout,
                            .ready_async = ready_async,
                            .call = call,
                            .extended_marker = (int)ERL_DRV_EXTENDED_MARKER,
                            .major_version = ERL_DRV_EXTENDED_MAJOR_VERSION,
                            .minor_version = ERL_DRV_EXTENDED_MINOR_VERSION,
                            .driver_flags = ERL_DRV_FLAG_USE_PORT_LOCKING | ERL_DRV_FLAG_SOFT_BUSY,
                            .stop_select = stop_select};

DRIVER_INIT(driver_probe) {
    return &entry;
}
