// What the network kernel asks of the emulator.

#include "bif/bif.h"

// Whether the node of an I/O server takes Unicode requests; this node does.
BIF(net_kernel, dflag_unicode_io, 1) {
    if (!is_pid(arguments[0]))
        return raise_badarg(self);
    return ATOM_true;
}
