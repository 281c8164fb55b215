// Feeds packets to a channel whose peer is "b@host": each begins with its size in two bytes. Whatever they say, the
// channel either takes a packet or refuses it.

#include "dist/dist.h"
#include "code/code.h"
#include "dist/outgoing.h"
#include "options.h"
#include "proc/proc.h"
#include "sys/sys.h"
#include "term/atom.h"
#include "vm.h"

static struct boot_options options = {.distribution_buffer_limit = 1 << 20};

// There is no scheduler here that could run a process.
static bool refuse_spawn(uint64_t list, struct spawn_options *spawn_options) {
    return false;
}

int LLVMFuzzerInitialize(int *argument_count, char ***arguments) {
    vm.options = &options;
    atom_init(1 << 20);
    literal_init();
    code_init();
    proc_init(1 << 10);
    dist_init();
    vm.hooks.spawn_options = refuse_spawn;
    atomic_store(&vm.node_name, atom_from_c("a@host"));
    atomic_store(&vm.creation, 5);
    atomic_store(&vm.system_logger, ATOM_undefined);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    bool made;
    struct channel *channel = channel_make(dist_node(atom_from_c("b@host")), &made);
    channel_up(channel, DIST_DEFAULT, 7, IMMEDIATE_WORD(IMMEDIATE_PID, 1));
    bool valid = true;
    while (valid && size >= 2) {
        size_t packet = (size_t)bytes[0] << 8 | bytes[1];
        bytes += 2;
        size -= 2;
        packet = packet < size ? packet : size;
        valid = channel_input(channel, bytes, packet);
        bytes += packet;
        size -= packet;
    }
    channel_down(channel, ATOM_normal);
    channel_release(channel);
    return 0;
}
