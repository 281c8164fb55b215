// Literal areas that are no longer needed.

#include "code/collector.h"

#include "code/table.h"
#include "sys/sys.h"
#include "vm.h"

enum { ROOM = 8000 }; // areas, sorted in one go

struct waiting_areas {
    struct waiting_areas *next;
    size_t count;
    struct literal_area *areas[ROOM];
};

void collector_add(struct literal_area *area) {
    code_lock();
    struct waiting_areas *last = vm.code->last_waiting;
    if (!last || last->count == ROOM) {
        struct waiting_areas *more = sys_alloc(sizeof *more);
        more->next = NULL;
        more->count = 0;
        *(last ? &last->next : &vm.code->first_waiting) = more;
        vm.code->last_waiting = last = more;
    }
    last->areas[last->count++] = area;
    code_unlock();
}

static struct waiting_areas *take_waiting(void) {
    code_lock();
    struct waiting_areas *waiting = vm.code->first_waiting;
    if (waiting)
        vm.code->first_waiting = waiting->next;
    if (!vm.code->first_waiting)
        vm.code->last_waiting = NULL;
    code_unlock();
    return waiting;
}

struct literal_purge *collector_end(void) {
    struct literal_purge *ended = vm.code->collected; // only the collector process comes here
    vm.code->collected = NULL;
    literal_purge_end();
    return ended;
}

bool collector_begin(void) {
    struct waiting_areas *waiting = take_waiting();
    if (!waiting)
        return false;
    vm.code->collected = literal_purge_begin(waiting->areas, waiting->count);
    sys_free(waiting);
    return true;
}

void collector_set_process(term pid) {
    vm.code->collector = pid;
}
term collector_process(void) {
    return vm.code->collector;
}
