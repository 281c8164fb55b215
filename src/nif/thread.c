// Threads and what they wait with, for libraries and for drivers: the same functions under two names.

#define _GNU_SOURCE // pthread_setname_np

#include "nif/thread.h"

#include <erl_driver.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>

#include "nif/library.h"
#include "sched/sched.h"
#include "sys/sys.h"
#include "vm.h"

static char *copy_name(const char *name) {
    if (!name)
        return NULL;
    char *copy = sys_alloc(strlen(name) + 1);
    return strcpy(copy, name);
}

// ---- mutexes

struct ErlDrvMutex_ {
    pthread_mutex_t lock;
    char *name;
};

ErlDrvMutex *erl_drv_mutex_create(char *name) {
    ErlDrvMutex *mutex_made = sys_alloc(sizeof *mutex_made);
    pthread_mutex_init(&mutex_made->lock, NULL);
    mutex_made->name = copy_name(name);
    return mutex_made;
}
void erl_drv_mutex_destroy(ErlDrvMutex *lock) {
    pthread_mutex_destroy(&lock->lock);
    sys_free(lock->name);
    sys_free(lock);
}
char *erl_drv_mutex_name(ErlDrvMutex *lock) {
    return lock ? lock->name : NULL;
}
int erl_drv_mutex_trylock(ErlDrvMutex *lock) {
    return pthread_mutex_trylock(&lock->lock);
}
void erl_drv_mutex_lock(ErlDrvMutex *lock) {
    pthread_mutex_lock(&lock->lock);
}
void erl_drv_mutex_unlock(ErlDrvMutex *lock) {
    pthread_mutex_unlock(&lock->lock);
}

// ---- condition variables

struct ErlDrvCond_ {
    pthread_cond_t condition;
    char *name;
};

ErlDrvCond *erl_drv_cond_create(char *name) {
    ErlDrvCond *condition = sys_alloc(sizeof *condition);
    pthread_cond_init(&condition->condition, NULL);
    condition->name = copy_name(name);
    return condition;
}
void erl_drv_cond_destroy(ErlDrvCond *condition) {
    pthread_cond_destroy(&condition->condition);
    sys_free(condition->name);
    sys_free(condition);
}
char *erl_drv_cond_name(ErlDrvCond *condition) {
    return condition ? condition->name : NULL;
}
void erl_drv_cond_signal(ErlDrvCond *condition) {
    pthread_cond_signal(&condition->condition);
}
void erl_drv_cond_broadcast(ErlDrvCond *condition) {
    pthread_cond_broadcast(&condition->condition);
}
void erl_drv_cond_wait(ErlDrvCond *condition, ErlDrvMutex *lock) {
    pthread_cond_wait(&condition->condition, &lock->lock);
}

// ---- read-write locks

struct ErlDrvRWLock_ {
    pthread_rwlock_t lock;
    char *name;
};

ErlDrvRWLock *erl_drv_rwlock_create(char *name) {
    ErlDrvRWLock *lock = sys_alloc(sizeof *lock);
    pthread_rwlock_init(&lock->lock, NULL);
    lock->name = copy_name(name);
    return lock;
}
void erl_drv_rwlock_destroy(ErlDrvRWLock *lock) {
    pthread_rwlock_destroy(&lock->lock);
    sys_free(lock->name);
    sys_free(lock);
}
char *erl_drv_rwlock_name(ErlDrvRWLock *lock) {
    return lock ? lock->name : NULL;
}
int erl_drv_rwlock_tryrlock(ErlDrvRWLock *lock) {
    return pthread_rwlock_tryrdlock(&lock->lock);
}
void erl_drv_rwlock_rlock(ErlDrvRWLock *lock) {
    pthread_rwlock_rdlock(&lock->lock);
}
void erl_drv_rwlock_runlock(ErlDrvRWLock *lock) {
    pthread_rwlock_unlock(&lock->lock);
}
int erl_drv_rwlock_tryrwlock(ErlDrvRWLock *lock) {
    return pthread_rwlock_trywrlock(&lock->lock);
}
void erl_drv_rwlock_rwlock(ErlDrvRWLock *lock) {
    pthread_rwlock_wrlock(&lock->lock);
}
void erl_drv_rwlock_rwunlock(ErlDrvRWLock *lock) {
    pthread_rwlock_unlock(&lock->lock);
}

// ---- data of a thread

int erl_drv_tsd_key_create(char *name, ErlDrvTSDKey *key) {
    static_assert(sizeof(ErlDrvTSDKey) == sizeof(pthread_key_t));
    return pthread_key_create((pthread_key_t *)key, NULL);
}
void erl_drv_tsd_key_destroy(ErlDrvTSDKey key) {
    pthread_key_delete((pthread_key_t)key);
}
void erl_drv_tsd_set(ErlDrvTSDKey key, void *data) {
    pthread_setspecific((pthread_key_t)key, data);
}
void *erl_drv_tsd_get(ErlDrvTSDKey key) {
    return pthread_getspecific((pthread_key_t)key);
}

// ---- threads

// Of a thread that a library made: freed by erl_drv_thread_join. Of any other: made when it is first asked for, and
// freed with the thread.
struct ErlDrvTid_ {
    pthread_t id;
    void *(*function)(void *);
    void *argument;
    char *name;
    bool joinable;
    unsigned dirty; // ErlNifDirtyTaskFlags of what runs, or 0
};

static void thread_end(void *thread) {
    struct ErlDrvTid_ *tid = thread;
    if (!tid->joinable)
        sys_free(tid);
}

void nif_threads_init(void) {
    pthread_key_create(&vm.nif->thread_key, thread_end);
}

ErlDrvTid erl_drv_thread_self(void) {
    struct ErlDrvTid_ *tid = pthread_getspecific(vm.nif->thread_key);
    if (!tid) {
        tid = sys_alloc_zero(sizeof *tid);
        tid->id = pthread_self();
        pthread_setspecific(vm.nif->thread_key, tid);
    }
    return tid;
}

static void *thread_main(void *thread) {
    struct ErlDrvTid_ *tid = thread;
    pthread_setspecific(vm.nif->thread_key, tid);
    return tid->function(tid->argument);
}

ErlDrvThreadOpts *erl_drv_thread_opts_create(char *name) {
    ErlDrvThreadOpts *options = sys_alloc(sizeof *options);
    options->suggested_stack_size = -1; // the system's
    return options;
}
void erl_drv_thread_opts_destroy(ErlDrvThreadOpts *options) {
    sys_free(options);
}

#define STACK_UNIT 8192 // options->suggested_stack_size is in kilowords

int erl_drv_thread_create(char *name, ErlDrvTid *made, void *(*function)(void *), void *argument,
                          ErlDrvThreadOpts *options) {
    struct ErlDrvTid_ *tid = sys_alloc_zero(sizeof *tid);
    *tid = (struct ErlDrvTid_){.function = function, .argument = argument, .name = copy_name(name), .joinable = true};
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    if (options && options->suggested_stack_size > 0)
        pthread_attr_setstacksize(&attributes, (size_t)options->suggested_stack_size * STACK_UNIT);
    sigset_t all, before; // signals go to the main thread alone
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    int error = pthread_create(&tid->id, &attributes, thread_main, tid);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    if (error) {
        sys_free(tid->name);
        sys_free(tid);
        return error;
    }
    *made = tid;
    return 0;
}

int erl_drv_thread_join(ErlDrvTid tid, void **result) {
    if (!tid || !tid->joinable)
        return EINVAL;
    int error = pthread_join(tid->id, result);
    if (error)
        return error;
    sys_free(tid->name);
    sys_free(tid);
    return 0;
}

void erl_drv_thread_exit(void *result) {
    pthread_exit(result);
}
int erl_drv_equal_tids(ErlDrvTid a, ErlDrvTid b) {
    return a == b;
}
char *erl_drv_thread_name(ErlDrvTid tid) {
    return tid ? tid->name : NULL;
}

// ---- the kind of thread

void nif_thread_set_dirty(unsigned flags) {
    erl_drv_thread_self()->dirty = flags;
}

int enif_thread_type(void) {
    switch (erl_drv_thread_self()->dirty) {
    case ERL_NIF_DIRTY_JOB_CPU_BOUND:
        return ERL_NIF_THR_DIRTY_CPU_SCHEDULER;
    case ERL_NIF_DIRTY_JOB_IO_BOUND:
        return ERL_NIF_THR_DIRTY_IO_SCHEDULER;
    default:
        return sched_number() > 0 ? ERL_NIF_THR_NORMAL_SCHEDULER : ERL_NIF_THR_UNDEFINED;
    }
}

// ---- the same for NIFs

ErlNifMutex *enif_mutex_create(char *name) {
    return erl_drv_mutex_create(name);
}
void enif_mutex_destroy(ErlNifMutex *lock) {
    erl_drv_mutex_destroy(lock);
}
int enif_mutex_trylock(ErlNifMutex *lock) {
    return erl_drv_mutex_trylock(lock);
}
void enif_mutex_lock(ErlNifMutex *lock) {
    erl_drv_mutex_lock(lock);
}
void enif_mutex_unlock(ErlNifMutex *lock) {
    erl_drv_mutex_unlock(lock);
}
char *enif_mutex_name(ErlNifMutex *lock) {
    return erl_drv_mutex_name(lock);
}
ErlNifCond *enif_cond_create(char *name) {
    return erl_drv_cond_create(name);
}
void enif_cond_destroy(ErlNifCond *condition) {
    erl_drv_cond_destroy(condition);
}
void enif_cond_signal(ErlNifCond *condition) {
    erl_drv_cond_signal(condition);
}
void enif_cond_broadcast(ErlNifCond *condition) {
    erl_drv_cond_broadcast(condition);
}
void enif_cond_wait(ErlNifCond *condition, ErlNifMutex *lock) {
    erl_drv_cond_wait(condition, lock);
}
char *enif_cond_name(ErlNifCond *condition) {
    return erl_drv_cond_name(condition);
}
ErlNifRWLock *enif_rwlock_create(char *name) {
    return erl_drv_rwlock_create(name);
}
void enif_rwlock_destroy(ErlNifRWLock *lock) {
    erl_drv_rwlock_destroy(lock);
}
int enif_rwlock_tryrlock(ErlNifRWLock *lock) {
    return erl_drv_rwlock_tryrlock(lock);
}
void enif_rwlock_rlock(ErlNifRWLock *lock) {
    erl_drv_rwlock_rlock(lock);
}
void enif_rwlock_runlock(ErlNifRWLock *lock) {
    erl_drv_rwlock_runlock(lock);
}
int enif_rwlock_tryrwlock(ErlNifRWLock *lock) {
    return erl_drv_rwlock_tryrwlock(lock);
}
void enif_rwlock_rwlock(ErlNifRWLock *lock) {
    erl_drv_rwlock_rwlock(lock);
}
void enif_rwlock_rwunlock(ErlNifRWLock *lock) {
    erl_drv_rwlock_rwunlock(lock);
}
char *enif_rwlock_name(ErlNifRWLock *lock) {
    return erl_drv_rwlock_name(lock);
}
int enif_tsd_key_create(char *name, ErlNifTSDKey *key) {
    return erl_drv_tsd_key_create(name, key);
}
void enif_tsd_key_destroy(ErlNifTSDKey key) {
    erl_drv_tsd_key_destroy(key);
}
void enif_tsd_set(ErlNifTSDKey key, void *data) {
    erl_drv_tsd_set(key, data);
}
void *enif_tsd_get(ErlNifTSDKey key) {
    return erl_drv_tsd_get(key);
}
ErlNifThreadOpts *enif_thread_opts_create(char *name) {
    return erl_drv_thread_opts_create(name);
}
void enif_thread_opts_destroy(ErlNifThreadOpts *options) {
    erl_drv_thread_opts_destroy(options);
}
int enif_thread_create(char *name, ErlNifTid *made, void *(*function)(void *), void *argument,
                       ErlNifThreadOpts *options) {
    return erl_drv_thread_create(name, made, function, argument, options);
}
ErlNifTid enif_thread_self(void) {
    return erl_drv_thread_self();
}
int enif_equal_tids(ErlNifTid a, ErlNifTid b) {
    return erl_drv_equal_tids(a, b);
}
void enif_thread_exit(void *result) {
    erl_drv_thread_exit(result);
}
int enif_thread_join(ErlNifTid tid, void **result) {
    return erl_drv_thread_join(tid, result);
}
char *enif_thread_name(ErlNifTid tid) {
    return erl_drv_thread_name(tid);
}
