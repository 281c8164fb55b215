// driver_async: work for threads of our own, whose end the port is told.

#include "driver/loaded.h"
#include "sched/sched.h"
#include "sys/sys.h"
#include "sys/thread.h"
#include "vm.h"

struct driver_job {
    struct driver_job *next;
    struct loaded_driver *loaded; // retained
    term port;
    void (*invoke)(void *);
    void (*discard)(void *); // of the data that nobody is told of; NULL: nothing is to be done
    void *data;
};

static void tell(struct driver_job *job) {
    struct port *port = port_lookup(job->port);
    ErlDrvPort of = job->loaded->entry->ready_async && port ? port->driver_data : NULL;
    if (!of || !driver_port_lock(of)) {
        if (job->discard)
            job->discard(job->data);
        return;
    }
    driver_enter(of);
    of->loaded->entry->ready_async(of->data, (ErlDrvThreadData)job->data);
    driver_leave(of);
    driver_port_unlock(of);
}

static struct driver_job *next_job(struct driver_lane *lane) {
    pthread_mutex_lock(&lane->lock);
    while (!lane->jobs)
        pthread_cond_wait(&lane->filled, &lane->lock);
    struct driver_job *job = lane->jobs;
    lane->jobs = job->next;
    if (!lane->jobs)
        lane->end = &lane->jobs;
    pthread_mutex_unlock(&lane->lock);
    return job;
}

static void serve(void *argument) {
    for (;;) {
        struct driver_job *job = next_job(argument);
        job->invoke(job->data);
        struct epoch_member *visit = epoch_visit();
        tell(job);
        driver_release(job->loaded, &job->loaded->jobs);
        epoch_visit_end(visit);
        sys_free(job);
    }
}

static void give(struct driver_lane *lane, struct driver_job *job) {
    pthread_mutex_lock(&lane->lock);
    *lane->end = job;
    lane->end = &job->next;
    if (!lane->running) {
        lane->running = true;
        thread_start("purlin-driver", serve, lane);
    }
    pthread_cond_signal(&lane->filled);
    pthread_mutex_unlock(&lane->lock);
}

// What comes with no key may be done by anyone.
long driver_async(ErlDrvPort port, unsigned *key, void (*invoke)(void *), void *data, void (*discard)(void *)) {
    unsigned lane = key ? *key : atomic_fetch_add(&vm.drivers->turn, 1);
    driver_retain(port->loaded, &port->loaded->jobs);
    struct driver_job *job = sys_alloc(sizeof *job);
    *job = (struct driver_job){NULL, port->loaded, port->port->id, invoke, discard, data};
    give(&vm.drivers->lanes[lane % DRIVER_LANES], job);
    return 0;
}

unsigned driver_async_port_key(ErlDrvPort port) {
    return (unsigned)immediate_payload(port->port->id);
}
