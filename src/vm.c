// The VM's beginning and end.

#include "vm.h"

struct vm vm;

#include "options.h"
#include "sys/sys.h"

#include <stdlib.h>

int vm_run(struct boot_options *options) {
    sys_fatal("the rooms that booting needs are not built in");
}

void vm_halt(int status, bool flush) {
    exit(status);
}

void vm_crash(const char *slogan) {
    sys_fatal("%s", slogan);
}
