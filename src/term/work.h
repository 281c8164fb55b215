// How a long computation in any room shares its scheduler: it charges what it does, and where the slice is spent gives
// way.
//
// A loop over something long says work_charge(work, n) every so often, n in reductions (about the time of one small
// function call each). work_charge may give way: the C stack is parked and the call returns later, perhaps on another
// thread. So hold no lock across it, and expect other processes to have run. A NULL work never gives way.

#ifndef PURLIN_TERM_WORK_H
#define PURLIN_TERM_WORK_H

#include <stdint.h>

#include "sys/assert.h"

struct work {
    int64_t reductions; // left in this slice
    void (*give_way)(struct work *work);
};

static inline void work_charge(struct work *work, int64_t reductions) {
    if (work && ((work->reductions -= reductions) <= 0 || HARD_TEST))
        work->give_way(work);
}

#endif
