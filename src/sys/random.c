// Chance.

#include <errno.h>
#include <sys/random.h>

#include "sys/sys.h"

uint64_t sys_random(void) {
    uint64_t bits;
    while (getrandom(&bits, sizeof bits, 0) != sizeof bits)
        assert_always(errno == EINTR);
    return bits;
}
