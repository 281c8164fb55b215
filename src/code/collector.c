// Literal areas that are no longer needed.

#include "code/collector.h"

#include "code/table.h"
#include "sys/sys.h"
#include "vm.h"

struct waiting_area {
    struct waiting_area *next;
    struct literal_area *area;
};

void collector_add(struct literal_area *area) {
    struct waiting_area *waiting = sys_alloc(sizeof *waiting);
    *waiting = (struct waiting_area){.area = area};
    code_lock();
    struct waiting_area **end = &vm.code->waiting_areas;
    while (*end)
        end = &(*end)->next;
    *end = waiting;
    code_unlock();
}

static void free_area(void *area) {
    literal_area_free(area);
}

bool collector_switch(void) {
    struct literal_area *done = vm.code->collected_area; // only the collector process comes here
    if (done) {
        literal_purge_end();
        if (vm.hooks.retire)
            vm.hooks.retire(done, free_area);
        else
            free_area(done);
    }
    code_lock();
    struct waiting_area *waiting = vm.code->waiting_areas;
    if (waiting)
        vm.code->waiting_areas = waiting->next;
    code_unlock();
    vm.code->collected_area = waiting ? waiting->area : NULL;
    sys_free(waiting);
    if (vm.code->collected_area)
        literal_purge_begin(vm.code->collected_area);
    return vm.code->collected_area;
}

void collector_set_process(term pid) {
    vm.code->collector = pid;
}
term collector_process(void) {
    return vm.code->collector;
}
