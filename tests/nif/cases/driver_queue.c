// A driver with a queue that is never emptied but by commands and by its timer, which watches processes and makes
// ports.

#include <erl_driver.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

struct device {
    ErlDrvPort port;
    ErlDrvTermData observer;
    ErlDrvPDL lock;
    ErlDrvMonitor monitor;
    int made, flushes_slowly;
};

// What ports that are closing cannot tell. Each port has a lock of its own; they all write here.
static pthread_mutex_t diary_lock = PTHREAD_MUTEX_INITIALIZER;
static char diary[2000];
static size_t diary_size;

// ---- telling: {driver_queue, Name, Number} to the one who opened the port

static void tell(struct device *device, char *name, ErlDrvSInt number) {
    ErlDrvTermData words[] = {ERL_DRV_ATOM, driver_mk_atom("driver_queue"), ERL_DRV_ATOM,  driver_mk_atom(name),
                              ERL_DRV_INT,  (ErlDrvTermData)number,         ERL_DRV_TUPLE, 3};
    int sent = erl_drv_send_term(driver_mk_port(device->port), device->observer, words, sizeof words / sizeof *words);
    pthread_mutex_lock(&diary_lock);
    if (diary_size < sizeof diary - 100)
        diary_size +=
            (size_t)snprintf(diary + diary_size, sizeof diary - diary_size, "%s %d %d, ", name, (int)number, sent);
    pthread_mutex_unlock(&diary_lock);
}

static int read_diary(char *answer, size_t room) {
    pthread_mutex_lock(&diary_lock);
    int size = snprintf(answer, room, "%s", diary);
    memset(diary, 0, diary_size);
    diary_size = 0;
    pthread_mutex_unlock(&diary_lock);
    return size;
}

static ErlDrvData start(ErlDrvPort port, char *command) {
    struct device *device = driver_alloc(sizeof *device);
    memset(device, 0, sizeof *device);
    device->port = port;
    device->observer = driver_connected(port);
    device->flushes_slowly = strstr(command, " slow") != NULL;
    return (ErlDrvData)device;
}

static void stop(ErlDrvData data) {
    struct device *device = (struct device *)data;
    tell(device, "stop", (ErlDrvSInt)driver_sizeq(device->port));
    driver_free(device);
}

// ---- closing

static void timeout(ErlDrvData data) {
    struct device *device = (struct device *)data;
    driver_deq(device->port, 1);
    tell(device, "timeout", (ErlDrvSInt)driver_sizeq(device->port));
    if (driver_sizeq(device->port) > 0)
        driver_set_timer(device->port, 5);
}

static void flush(ErlDrvData data) {
    struct device *device = (struct device *)data;
    tell(device, "flush", (ErlDrvSInt)driver_sizeq(device->port));
    tell(device, "output", driver_output(device->port, "late", 4));
    if (device->flushes_slowly)
        driver_set_timer(device->port, 5);
    else
        driver_deq(device->port, driver_sizeq(device->port));
}

// ---- output: how it came

static void outputv(ErlDrvData data, ErlIOVec *vector) {
    struct device *device = (struct device *)data;
    char text[1000] = "", byte;
    int skipped = driver_vec_to_buf(vector, &byte, 1) == 1 && byte == 'Q';
    if (skipped) {
        tell(device, "enqv", driver_enqv(device->port, vector, 1));
        return;
    }
    size_t size = (size_t)snprintf(text, sizeof text, "%d parts of %d:", vector->vsize, (int)vector->size);
    for (int i = 0; i < vector->vsize && size < sizeof text - 100; i++) {
        ErlDrvBinary *binary = vector->binv[i];
        int inside = binary && vector->iov[i].iov_base >= binary->orig_bytes &&
                     vector->iov[i].iov_base + vector->iov[i].iov_len <= binary->orig_bytes + binary->orig_size;
        size += (size_t)snprintf(text + size, sizeof text - size, " %d%s", (int)vector->iov[i].iov_len,
                                 binary ? inside ? " of a binary" : " of a wrong binary" : "");
    }
    driver_output(device->port, text, size);
    driver_outputv(device->port, "head", 4, vector, vector->size > 3 ? 3 : 0);
}

// ---- control

static int print_queue(ErlDrvPort port, char *answer, size_t room) {
    ErlIOVec vector;
    int count;
    SysIOVec *parts = driver_peekq(port, &count);
    ErlDrvSizeT all = driver_peekqv(port, &vector);
    int size = snprintf(answer, room, "%d bytes, %d parts%s:", (int)all, count,
                        count == vector.vsize && all == vector.size && parts == vector.iov ? "" : " or not");
    for (int i = 0; i < vector.vsize && size < (int)room - 50; i++) {
        ErlDrvBinary *binary = vector.binv[i];
        int inside = binary && vector.iov[i].iov_base >= binary->orig_bytes &&
                     vector.iov[i].iov_base + vector.iov[i].iov_len <= binary->orig_bytes + binary->orig_size;
        size += snprintf(answer + size, room - (size_t)size, " %.*s%s", (int)vector.iov[i].iov_len,
                         (char *)vector.iov[i].iov_base, inside ? "" : "!");
    }
    return size;
}

static int with_binary(struct device *device, char *bytes, size_t size,
                       int (*add)(ErlDrvPort, ErlDrvBinary *, ErlDrvSizeT, ErlDrvSizeT)) {
    ErlDrvBinary *binary = driver_alloc_binary(size);
    memcpy(binary->orig_bytes, bytes, size);
    ErlDrvSInt before = driver_binary_get_refc(binary);
    int result = size > 0 ? add(device->port, binary, 1, size - 1) : 0;
    ErlDrvSInt after = driver_binary_get_refc(binary);
    driver_free_binary(binary);
    return result + 10 * (int)(after - before);
}

// The bytes as a vector of parts: none, one of no binary, one of a binary.
static int with_vector(struct device *device, char *bytes, size_t size, int skip,
                       int (*add)(ErlDrvPort, ErlIOVec *, ErlDrvSizeT)) {
    size_t half = size / 2;
    ErlDrvBinary *binary = driver_alloc_binary(size);
    memcpy(binary->orig_bytes, bytes, size);
    SysIOVec parts[] = {{NULL, 0}, {bytes, half}, {binary->orig_bytes + half, size - half}};
    ErlDrvBinary *binaries[] = {NULL, NULL, binary};
    ErlIOVec vector = {3, size, parts, binaries};
    int result = add(device->port, &vector, (ErlDrvSizeT)skip);
    driver_free_binary(binary);
    return result;
}

static void *other_thread(void *argument) {
    struct device *device = argument;
    driver_pdl_lock(device->lock);
    driver_enq(device->port, "thread", 6);
    driver_pdl_unlock(device->lock);
    driver_pdl_dec_refc(device->lock);
    return NULL;
}

static int with_lock(struct device *device, char *answer, size_t room) {
    ErlDrvTid thread;
    device->lock = driver_pdl_create(device->port);
    int again = driver_pdl_create(device->port) == NULL;
    int one = (int)driver_pdl_get_refc(device->lock), two = (int)driver_pdl_inc_refc(device->lock);
    erl_drv_thread_create("other", &thread, other_thread, device, NULL);
    erl_drv_thread_join(thread, NULL);
    driver_pdl_lock(device->lock);
    int size = snprintf(answer, room, "%d %d %d %d, ", again, one, two, (int)driver_sizeq(device->port));
    driver_pdl_unlock(device->lock);
    return size + snprintf(answer + size, room - (size_t)size, "%d", (int)driver_pdl_get_refc(device->lock));
}

static int make_port(struct device *device) {
    struct device *made = driver_alloc(sizeof *made);
    *made = (struct device){.observer = driver_caller(device->port), .made = 1};
    made->port = driver_create_port(device->port, driver_caller(device->port), "driver_queue made", (ErlDrvData)made);
    if (made->port == (ErlDrvPort)-1) {
        driver_free(made);
        return -1;
    }
    ErlDrvTermData words[] = {
        ERL_DRV_ATOM, driver_mk_atom("made"), ERL_DRV_PORT, driver_mk_port(made->port), ERL_DRV_TUPLE, 2};
    driver_output(made->port, "new", 3);
    return erl_drv_send_term(driver_mk_port(device->port), driver_caller(device->port), words, 6);
}

static int print_limits(ErlDrvPort port, char *answer, size_t room) {
    ErlDrvSizeT low = 0, high = 0, set_low = 100, set_high = 200, off = ERL_DRV_BUSY_MSGQ_DISABLED;
    erl_drv_busy_msgq_limits(port, &low, &high);
    erl_drv_busy_msgq_limits(port, &set_low, &set_high);
    ErlDrvSizeT new_low = 0, new_high = 0;
    erl_drv_busy_msgq_limits(port, &new_low, &new_high);
    int size = snprintf(answer, room, "%zu %zu %zu %zu %zu %zu", low, high, set_low, set_high, new_low, new_high);
    erl_drv_busy_msgq_limits(port, &off, NULL);
    low = high = 0;
    erl_drv_busy_msgq_limits(port, &low, &high);
    return size + snprintf(answer + size, room - (size_t)size, " %d %d", low == ERL_DRV_BUSY_MSGQ_DISABLED,
                           high == ERL_DRV_BUSY_MSGQ_DISABLED);
}

static int print_surroundings(char *answer, size_t room) {
    char value[20];
    size_t size = sizeof value, less = 3;
    ErlDrvNowData now;
    ErlDrvSysInfo info;
    int put = erl_drv_putenv("DRIVER_QUEUE", "some value");
    int got = erl_drv_getenv("DRIVER_QUEUE", value, &size), short_one = erl_drv_getenv("DRIVER_QUEUE", value, &less);
    driver_system_info(&info, sizeof info);
    ErlDrvTime before = erl_drv_monotonic_time(ERL_DRV_NSEC), after = erl_drv_monotonic_time(ERL_DRV_NSEC);
    return snprintf(answer, room, "%d %d %.10s %zu, %d, %d, %d %d %s %s, %d, %lld %d", put, got, value, size, short_one,
                    driver_get_now(&now), info.driver_major_version, info.driver_minor_version, info.erts_version,
                    info.otp_release, before <= after && erl_drv_time_offset(ERL_DRV_SEC) > 1000000000,
                    (long long)erl_drv_convert_time_unit(1500, ERL_DRV_MSEC, ERL_DRV_SEC), now.secs < 1000000);
}

// ---- work for another thread, of whose end this driver is not told

struct errand {
    ErlDrvTermData port, observer;
    int number;
};

static void do_errand(void *memory) {
    ((struct errand *)memory)->number++;
}

static void discard_errand(void *memory) {
    struct errand *errand = memory;
    ErlDrvTermData words[] = {ERL_DRV_ATOM, driver_mk_atom("driver_queue"), ERL_DRV_ATOM,  driver_mk_atom("discarded"),
                              ERL_DRV_INT,  (ErlDrvTermData)errand->number, ERL_DRV_TUPLE, 3};
    erl_drv_send_term(errand->port, errand->observer, words, sizeof words / sizeof *words);
    driver_free(errand);
}

static ErlDrvSSizeT control(ErlDrvData data, unsigned operation, char *bytes, ErlDrvSizeT size, char **answer,
                            ErlDrvSizeT ignored) {
    struct device *device = (struct device *)data;
    size_t room = 1000;
    int result = 0, skip = size > 0 ? *bytes - '0' : 0;
    *answer = driver_alloc(room);
    switch (operation) {
    case 1:
        result = driver_enq(device->port, bytes, size);
        break;
    case 2:
        result = driver_pushq(device->port, bytes, size);
        break;
    case 3:
        result = (int)driver_deq(device->port, (ErlDrvSizeT)skip);
        break;
    case 4:
        result = with_binary(device, bytes, size, driver_enq_bin);
        break;
    case 5:
        result = with_binary(device, bytes, size, driver_pushq_bin);
        break;
    case 6:
        result = with_vector(device, bytes, size, skip, driver_enqv);
        break;
    case 7:
        result = with_vector(device, bytes, size, skip, driver_pushqv);
        break;
    case 8:
        return with_lock(device, *answer, room);
    case 9:
        result = driver_monitor_process(device->port, driver_caller(device->port), &device->monitor);
        result += 10 * (driver_get_monitored_process(device->port, &device->monitor) == driver_caller(device->port));
        break;
    case 10:
        result = driver_demonitor_process(device->port, &device->monitor);
        result += 10 * (driver_get_monitored_process(device->port, &device->monitor) == driver_term_nil);
        break;
    case 11:
        result = make_port(device);
        break;
    case 12:
        return print_limits(device->port, *answer, room);
    case 13:
        return print_surroundings(*answer, room);
    case 14: // fails while there is something in the queue
        driver_enq(device->port, "lost", 4);
        return snprintf(*answer, room, "%d", driver_failure_atom(device->port, "failed"));
    case 15:
        return read_diary(*answer, room);
    case 16: {
        struct errand *errand = driver_alloc(sizeof *errand);
        *errand = (struct errand){driver_mk_port(device->port), device->observer, 1};
        driver_async(device->port, NULL, do_errand, errand, discard_errand);
        break;
    }
    }
    int length = snprintf(*answer, room, "%d, ", result);
    return length + print_queue(device->port, *answer + length, room - (size_t)length);
}

static void process_exit(ErlDrvData data, ErlDrvMonitor *monitor) {
    struct device *device = (struct device *)data;
    tell(device, "process_exit", driver_compare_monitors(monitor, &device->monitor));
    tell(device, "gone", driver_get_monitored_process(device->port, monitor) == driver_term_nil);
}

static ErlDrvEntry entry = {.start = start,
                            .stop = stop,
                            .outputv = outputv,
                            .driver_name = "driver_queue",
                            .control = control,
                            .timeout = timeout,
                            .flush = flush,
                            .extended_marker = (int)ERL_DRV_EXTENDED_MARKER,
                            .major_version = ERL_DRV_EXTENDED_MAJOR_VERSION,
                            .minor_version = ERL_DRV_EXTENDED_MINOR_VERSION,
                            .driver_flags = ERL_DRV_FLAG_USE_PORT_LOCKING,
                            .process_exit = process_exit};

DRIVER_INIT(driver_queue) {
    return &entry;
}
