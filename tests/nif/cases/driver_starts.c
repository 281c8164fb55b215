// A driver that says later how its start has gone (erl_drv_init_ack), and that gives the VM drivers of its own
// (add_driver_entry). The words of the command are what it does.

#include <erl_driver.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define WAIT 60 // ms

struct starting {
    ErlDrvPort port;
    ErlDrvTermData owner;
    char command[200];
    struct starting *other; // what the acknowledgement puts in its place
};

static void say(struct starting *starting, const char *what) {
    ErlDrvTermData words[] = {ERL_DRV_ATOM, driver_mk_atom((char *)what), ERL_DRV_TUPLE, 1};
    erl_drv_output_term(driver_mk_port(starting->port), words, sizeof words / sizeof *words);
}

static int has(const struct starting *starting, const char *word) {
    return strstr(starting->command, word) != NULL;
}

static ErlDrvData result(struct starting *starting) {
    if (has(starting, "general"))
        return ERL_DRV_ERROR_GENERAL;
    if (has(starting, "badarg"))
        return ERL_DRV_ERROR_BADARG;
    errno = EACCES;
    if (has(starting, "errno"))
        return ERL_DRV_ERROR_ERRNO;
    return (ErlDrvData)starting;
}

static ErlDrvData start(ErlDrvPort port, char *command) {
    struct starting *starting = driver_alloc(sizeof *starting);
    memset(starting, 0, sizeof *starting);
    starting->port = port;
    starting->owner = driver_connected(port);
    snprintf(starting->command, sizeof starting->command, "%s", command);
    if (has(starting, " fails ")) {
        ErlDrvData answer = result(starting);
        int number = errno;
        driver_free(starting);
        errno = number;
        return answer;
    }
    if (has(starting, " now "))
        erl_drv_init_ack(port, result(starting));
    if (has(starting, " other ")) {
        starting->other = driver_alloc(sizeof *starting);
        memcpy(starting->other, starting, sizeof *starting);
        strcat(starting->other->command, " is-other");
    }
    if (has(starting, " says "))
        say(starting, "starting");
    if (has(starting, " later ") || has(starting, " ends ") || has(starting, " eof "))
        driver_set_timer(port, WAIT);
    return (ErlDrvData)starting;
}

static void stop(ErlDrvData data) {
    struct starting *starting = (struct starting *)data;
    ErlDrvTermData words[] = {ERL_DRV_ATOM,  driver_mk_atom("stopped"),
                              ERL_DRV_ATOM,  driver_mk_atom(has(starting, "is-other") ? "other" : "own"),
                              ERL_DRV_TUPLE, 2};
    erl_drv_send_term(driver_mk_port(starting->port), starting->owner, words, sizeof words / sizeof *words);
    driver_free(starting);
}

static void timeout(ErlDrvData data) {
    struct starting *starting = (struct starting *)data;
    if (has(starting, " ends ")) {
        driver_failure_atom(starting->port, "ended");
        return;
    }
    if (has(starting, " eof ")) {
        driver_failure_eof(starting->port);
        return;
    }
    erl_drv_init_ack(starting->port, starting->other ? (ErlDrvData)starting->other : result(starting));
    if (has(starting, " twice "))
        erl_drv_init_ack(starting->port, ERL_DRV_ERROR_BADARG);
}

static void output(ErlDrvData data, char *bytes, ErlDrvSizeT size) {
    struct starting *starting = (struct starting *)data;
    say(starting, has(starting, "is-other") ? "other" : "own");
}

// ---- drivers that are added

static int finished; // how many have been told that they go

static void finish(void) {
    finished++;
}

static int init_good(void) {
    return 0;
}
static int init_bad(void) {
    return -1;
}

static ErlDrvData added_start(ErlDrvPort port, char *command) {
    return (ErlDrvData)port;
}
static void added_output(ErlDrvData data, char *bytes, ErlDrvSizeT size) {
    driver_output((ErlDrvPort)data, bytes, size);
}

#define ADDED(NAME, INIT, MARKER)                                                                                      \
    {.init = INIT,                                                                                                     \
     .start = added_start,                                                                                             \
     .output = added_output,                                                                                           \
     .finish = finish,                                                                                                 \
     .driver_name = NAME,                                                                                              \
     .extended_marker = (int)MARKER,                                                                                   \
     .major_version = ERL_DRV_EXTENDED_MAJOR_VERSION,                                                                  \
     .minor_version = ERL_DRV_EXTENDED_MINOR_VERSION,                                                                  \
     .driver_flags = ERL_DRV_FLAG_USE_PORT_LOCKING}

// The last ones belong to another version of the interface.
static ErlDrvEntry added[] = {ADDED("driver_added", NULL, ERL_DRV_EXTENDED_MARKER),
                              ADDED("driver_added_2", init_good, ERL_DRV_EXTENDED_MARKER),
                              ADDED("driver_added_bad", init_bad, ERL_DRV_EXTENDED_MARKER),
                              ADDED("driver_added", NULL, ERL_DRV_EXTENDED_MARKER), ADDED("driver_added_old", NULL, 1)};

static ErlDrvEntry entry;

static ErlDrvEntry *entry_at(char place) {
    return place == 's' ? &entry : &added[place - '0'];
}

static ErlDrvSSizeT control(ErlDrvData data, unsigned operation, char *bytes, ErlDrvSizeT size, char **answer,
                            ErlDrvSizeT room) {
    if (operation == 'a') {
        add_driver_entry(entry_at(*bytes));
        return 0;
    }
    if (operation == 'r')
        return snprintf(*answer, room, "%d", remove_driver_entry(entry_at(*bytes)));
    if (operation == 'f')
        return snprintf(*answer, room, "%d", finished);
    return -1;
}

static ErlDrvEntry entry = {.start = start,
                            .stop = stop,
                            .output = output,
                            .timeout = timeout,
                            .driver_name = "driver_starts",
                            .control = control,
                            .extended_marker = (int)ERL_DRV_EXTENDED_MARKER,
                            .major_version = ERL_DRV_EXTENDED_MAJOR_VERSION,
                            .minor_version = ERL_DRV_EXTENDED_MINOR_VERSION,
#ifndef UNACKNOWLEDGED
                            .driver_flags = ERL_DRV_FLAG_USE_PORT_LOCKING | ERL_DRV_FLAG_USE_INIT_ACK};

DRIVER_INIT(driver_starts) {
    return &entry;
}
#else
                            .driver_flags = ERL_DRV_FLAG_USE_PORT_LOCKING};

DRIVER_INIT(driver_starts_2) {
    entry.driver_name = "driver_starts_2";
    return &entry;
}
#endif
