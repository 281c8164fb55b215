// Tables that are read without a lock: many look for what is not there, and so end at a free slot. Meanwhile one puts
// in something else, which takes that slot: they still must not find anything. There are more of them than cores, so
// that now and then one stands still between its steps until the slot is taken.

#ifndef PURLIN_TESTS_SEEKERS_H
#define PURLIN_TESTS_SEEKERS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "sys/sys.h"

enum { TWINS = 10000, TWINS_AHEAD = 20, SEEKERS_A_CORE = 3, TWIN_PAUSE_NS = 50 * 1000 };

struct seekers {
    bool (*is_found)(unsigned number); // looks for the absent twin of what `make` puts in under that number
    void (*make)(unsigned number);
    _Atomic unsigned made;
    _Atomic unsigned found;
};

static void *seek(void *argument) {
    struct seekers *seekers = argument;
    unsigned made;
    while ((made = atomic_load(&seekers->made)) < TWINS) {
        unsigned sought = made + TWINS_AHEAD;
        while (made <= sought && made < TWINS) {
            if (seekers->is_found(sought))
                atomic_fetch_add(&seekers->found, 1);
            made = atomic_load(&seekers->made);
        }
    }
    return NULL;
}

// How often one was found that is not there.
static unsigned seekers_run(struct seekers *seekers) {
    size_t count = SEEKERS_A_CORE * (size_t)sysconf(_SC_NPROCESSORS_ONLN);
    pthread_t *threads = calloc(count, sizeof *threads);
    for (size_t i = 0; i < count; i++)
        pthread_create(&threads[i], NULL, seek, seekers);
    for (unsigned i = 0; i < TWINS; i++) {
        int64_t until = sys_monotonic_time() + TWIN_PAUSE_NS;
        seekers->make(i);
        atomic_store(&seekers->made, i + 1);
        while (sys_monotonic_time() < until)
            ;
    }
    for (size_t i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
    free(threads);
    return seekers->found;
}

#endif
