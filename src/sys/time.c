// Clocks.

#include <time.h>

#include "sys/sys.h"

static int64_t read_clock(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t sys_monotonic_time(void) {
    return read_clock(CLOCK_MONOTONIC);
}

int64_t sys_system_time(void) {
    return read_clock(CLOCK_REALTIME);
}

int64_t sys_cpu_time(void) {
    return read_clock(CLOCK_PROCESS_CPUTIME_ID);
}
