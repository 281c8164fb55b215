// The code room's part of struct vm.

#ifndef PURLIN_CODE_TABLE_H
#define PURLIN_CODE_TABLE_H

#include <pthread.h>

#include "code/code.h"
#include "code/index.h"

struct waiting_areas;

struct code_table {
    pthread_mutex_t lock;      // taken for every change
    pthread_mutex_t line_lock; // one module's line table is decoded at a time
    struct index exports, modules, lambdas;
    size_t preload_count;                               // modules
    struct code *_Atomic purging;                       // code/purge.c
    struct waiting_areas *first_waiting, *last_waiting; // code/collector.c, as the next two
    struct literal_purge *collected;
    term collector;
};

void code_lock(void);
void code_unlock(void);
struct module *code_module_make(term name); // made if absent; the lock is held

#endif
