// The drivers that open_port knows by name.

#include "io/port.h"

struct named_driver {
    const char *name;
    port_opener *open;
};

static const struct named_driver drivers[] = {
    {"tty_sl", port_open_terminal},
    {"tcp_inet", port_open_tcp},
    {"udp_inet", port_open_udp},
    {"ram_file_drv", port_open_ram_file},
};

// The command is the driver's name, alone or followed by arguments.
static bool names(const char *command, const char *name) {
    size_t size = strlen(name);
    return strncmp(command, name, size) == 0 && (command[size] == 0 || command[size] == ' ');
}

port_opener *port_opener_find(const char *command) {
    for (size_t i = 0; i < sizeof drivers / sizeof *drivers; i++) {
        if (names(command, drivers[i].name))
            return drivers[i].open;
    }
    return NULL;
}
