// Asking twice: with no room, the system tells how much it needs.

#include "io/interface_list.h"

#include <errno.h>
#include <sys/ioctl.h>

#include "sys/sys.h"

struct ifreq *interface_list(int descriptor, size_t *count) {
    struct ifconf list = {0};
    if (ioctl(descriptor, SIOCGIFCONF, &list) < 0)
        return NULL;
    struct ifreq *found = list.ifc_req = sys_alloc((size_t)list.ifc_len + sizeof *found);
    if (ioctl(descriptor, SIOCGIFCONF, &list) < 0) {
        int error = errno;
        sys_free(found);
        errno = error;
        return NULL;
    }
    *count = (size_t)list.ifc_len / sizeof *found;
    return found;
}
