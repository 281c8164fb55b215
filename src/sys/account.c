// How much memory each kind of thing takes.

#define _GNU_SOURCE // sched_getcpu

#include "sys/account.h"

#include "vm.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <unistd.h>

void account_add(enum account account, ptrdiff_t bytes) {
    int processor = sched_getcpu();
    struct account_line *line = &vm.accounts[processor < 0 ? 0 : processor % ACCOUNT_LINES];
    atomic_fetch_add_explicit(&line->bytes[account], bytes, memory_order_relaxed);
}

size_t account_total(enum account account) {
    ptrdiff_t total = 0;
    for (int i = 0; i < ACCOUNT_LINES; i++)
        total += atomic_load_explicit(&vm.accounts[i].bytes[account], memory_order_relaxed);
    return total > 0 ? (size_t)total : 0;
}

size_t account_resident(void) {
    char text[128];
    int descriptor = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return 0;
    ssize_t size = read(descriptor, text, sizeof text - 1);
    close(descriptor);
    size_t pages = 0;
    if (size > 0) {
        text[size] = 0;
        sscanf(text, "%*u %zu", &pages);
    }
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}
