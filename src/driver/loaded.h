// What the room's files share: loaded drivers and their ports.

#ifndef PURLIN_DRIVER_LOADED_H
#define PURLIN_DRIVER_LOADED_H

#include <erl_driver.h>

#include "driver/driver.h"
#include "nif/io_queue.h"

// A process that has loaded the driver, and how often.
struct driver_user {
    struct driver_user *next;
    term pid;
    uint64_t loads;
};

// Who is told when the driver is gone (or there).
struct driver_watch {
    struct driver_watch *next;
    term pid, reference;
    struct heap heap;  // where the reference lies
    char *driver;      // its name
    bool told_of_load; // when a load has kept the driver
    bool awaits_load;  // of a driver that is to be loaded anew; else its end
};

struct loaded_driver {
    struct loaded_driver *next;
    struct driver operations; // what io/ calls
    char *name, *path;
    ErlDrvEntry *entry;
    void *handle;         // of dlopen
    pthread_mutex_t lock; // held by each call of a driver that leaves locking to us
    bool locks_itself;    // ... or not: ERL_DRV_FLAG_USE_PORT_LOCKING
    bool kill_ports;
    bool permanent;
    bool added; // by add_driver_entry: it has no file, and erl_ddll takes it for one that is built in
    // under drivers->lock
    struct driver_user *users;
    size_t ports, jobs; // that may still call it
    bool removed;       // an added one that nobody finds any more
    term reloader;      // a user: when nobody and nothing else needs it any more, it is loaded anew; NONE: it is not
    char *reload_path;  // from there
};

// One descriptor that a port waits for.
struct driver_event {
    struct poll_source source; // first
    struct driver_event *next; // of its port
    struct _erl_drv_port *port;
    unsigned events; // what is waited for: enum poll_events
    bool used;       // stop_select is to be called at the end
    bool gone;
};

// A process that the port watches.
struct driver_monitor {
    struct driver_monitor *next;
    uint32_t ids[3]; // of the reference that the process knows
    term pid;
};

// What an ErlDrvPort points to: a port's driver_data. It is valid until the port's `stop` has returned, its memory for
// as long as somebody refers to the data lock.
struct _erl_drv_port {
    struct port *port;
    struct loaded_driver *loaded;
    ErlDrvData data;
    _Atomic ErlDrvSInt references; // the port's, and the data lock's
    bool started;
    term opener;           // who waits for erl_drv_init_ack; NONE: nobody
    uint32_t start_ids[3]; // of the reference that he knows it by
    bool binary_answers;   // PORT_CONTROL_FLAG_BINARY
    struct erts_io_queue queue;
    ErlDrvPDL data_lock; // guards the queue; NULL: the port's lock does
    struct driver_monitor *monitors;
    ErlDrvPort created;              // in the call that runs: they are locked until it ends
    ErlDrvSizeT busy_low, busy_high; // of commands that wait, which they never do here: only told
    bool timing;
    struct timer timer;
    int64_t deadline; // of the timer
    struct driver_event *events;
};

struct driver_job;

#define DRIVER_LANES 4

// Jobs of driver_async that come with the same key are done in order: each lane is one thread.
struct driver_lane {
    pthread_mutex_t lock;
    pthread_cond_t filled;
    struct driver_job *jobs, **end;
    bool running; // its thread was started
};

#define DRIVER_ERRORS 64

// What the room keeps: vm.drivers.
struct drivers {
    pthread_mutex_t lock; // of what follows it, but the lanes
    struct loaded_driver *loaded;
    struct driver_watch *watches;
    char *errors[DRIVER_ERRORS]; // texts of dlerror that were answered, by their number
    struct driver_lane lanes[DRIVER_LANES];
    _Atomic unsigned turn; // whose lane is next
};

// Around each call of the driver.
void driver_enter(ErlDrvPort port);
void driver_leave(ErlDrvPort port);
// Around what happens outside and not by a command: locks the port, false when it is closed. One that is closing ends
// when its queue is empty.
bool driver_port_lock(ErlDrvPort port);
void driver_port_unlock(ErlDrvPort port);

// A port or a job that may call the driver begins, ends. At the end of the last one an unloaded driver is closed.
void driver_retain(struct loaded_driver *loaded, size_t *count);
void driver_release(struct loaded_driver *loaded, size_t *count);
// The driver that the command's first word names, retained for one port.
struct loaded_driver *driver_find(const char *command);

void driver_operations_set(struct loaded_driver *loaded); // port.c
void driver_events_stop(ErlDrvPort port);                 // event.c: the port ends
void driver_monitors_stop(ErlDrvPort port);               // monitor.c: the same
term driver_monitors_list(const struct port *port, struct heap *heap);
void driver_monitors_init(void);
// queue.c. With the port locked; they take the data lock.
size_t driver_queue_size(ErlDrvPort port);
void driver_queue_clear(ErlDrvPort port);
ErlDrvSInt driver_port_release(ErlDrvPort port); // one reference less; returns what is left

#endif
