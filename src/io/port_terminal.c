// The driver tty_sl: the line editing of kernel's shell.
//
// A command is an operation and its data; the port sends what is typed as it comes. The terminal is in a mode without
// echo and lines while the port is open.

#include "io/port.h"

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <sys/ioctl.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>

#include "io/descriptor.h"
#include "io/signals.h"
#include "io/terminal.h"
#include "options.h"
#include "sys/sys.h"
#include "term/bits.h"

// Numbers of user_drv.erl.
enum {
    OPERATION_PUT = 0,
    OPERATION_MOVE = 1,
    OPERATION_INSERT = 2,
    OPERATION_DELETE = 3,
    OPERATION_BEEP = 4,
    OPERATION_PUT_SYNC = 5,
    CONTROL_BASE = 0x018b0900,
    CONTROL_SIZE = CONTROL_BASE + 100,
    CONTROL_GET_UNICODE = CONTROL_BASE + 101,
    CONTROL_SET_UNICODE = CONTROL_BASE + 102,
};

#define DEFAULT_WIDTH 80

struct terminal_port {
    struct terminal terminal;
    struct termios before; // what the terminal was like
    bool begun;
};

// ---- the terminal's mode

static void set_mode(const struct termios *before) {
    struct termios mode = *before;
    mode.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    mode.c_cc[VMIN] = 1;
    mode.c_cc[VTIME] = 0;
    if (vm.options->break_mode == 'c')
        mode.c_cc[VINTR] = _POSIX_VDISABLE; // ^C is for the shell
    tcsetattr(STDIN_FILENO, TCSANOW, &mode);
}

void io_terminal_resume(void) {
    const struct termios *before = io_terminal_mode();
    if (before)
        set_mode(before);
}

static bool is_utf8_locale(void) {
    locale_t locale = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
    if (!locale)
        return false;
    bool utf8 = strcmp(nl_langinfo_l(CODESET, locale), "UTF-8") == 0;
    freelocale(locale);
    return utf8;
}

// False when the terminal cannot move its cursor.
static bool find_steps(struct terminal_steps *steps) {
    int error;
    if (setupterm(NULL, STDOUT_FILENO, &error) != 0)
        return false;
    const char *up = tigetstr("cuu1"), *right = tigetstr("cuf1"), *left = tigetstr("cub1");
    if (!up || up == (char *)-1 || !right || right == (char *)-1)
        return false;
    *steps = (struct terminal_steps){up, "\n", left && left != (char *)-1 ? left : "\b", right};
    return true;
}

// ---- output

static void update_width(struct terminal *terminal) {
    struct winsize size;
    terminal->width = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1 ? size.ws_col : DEFAULT_WIDTH;
}

// The signed 16 bits of move and delete.
static int count_argument(const uint8_t *bytes, size_t size) {
    return size == 2 ? (int16_t)(bytes[0] << 8 | bytes[1]) : 0;
}

static void operate(struct terminal *terminal, unsigned operation, const uint8_t *bytes, size_t size) {
    switch (operation) {
    case OPERATION_PUT:
    case OPERATION_PUT_SYNC:
        terminal_put(terminal, bytes, size);
        break;
    case OPERATION_INSERT:
        terminal_insert(terminal, bytes, size);
        break;
    case OPERATION_MOVE:
        terminal_move(terminal, count_argument(bytes, size));
        break;
    case OPERATION_DELETE:
        terminal_delete(terminal, count_argument(bytes, size));
        break;
    case OPERATION_BEEP:
        text_append(&terminal->out, "\a", 1);
        break;
    default:
        break;
    }
}

static void output(struct port *port, struct chunk *command) {
    struct terminal *terminal = &((struct terminal_port *)port->driver_data)->terminal;
    if (command->size > 0) {
        unsigned operation = command->bytes[0];
        update_width(terminal);
        operate(terminal, operation, command->bytes + 1, command->size - 1);
        struct chunk *chunk = chunk_new(terminal->out.size);
        memcpy(chunk->bytes, terminal->out.bytes, terminal->out.size);
        terminal->out.size = 0;
        port_write(port, chunk);
        struct heap builder = {0};
        if (operation == OPERATION_PUT_SYNC)
            port_message(port, &builder, ATOM_ok);
    }
    chunk_free(command);
}

// ---- input: the owner expects UTF-8

static void input(struct port *port, const uint8_t *bytes, size_t size) {
    const struct terminal *terminal = &((struct terminal_port *)port->driver_data)->terminal;
    if (terminal->utf8) {
        port_input_bytes(port, bytes, size);
        return;
    }
    uint8_t *encoded = sys_alloc(size * 2);
    size_t used = 0;
    for (size_t i = 0; i < size; i++)
        used += utf8_encode(encoded + used, bytes[i]);
    port_input_bytes(port, encoded, used);
    sys_free(encoded);
}

// ---- control

static bool control(struct port *port, unsigned operation, const uint8_t *bytes, size_t size, struct text *answer) {
    struct terminal *terminal = &((struct terminal_port *)port->driver_data)->terminal;
    struct winsize window;
    switch (operation) {
    case CONTROL_SIZE:
        if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) < 0)
            return false;
        text_append(answer, &(uint32_t){window.ws_col}, 4);
        text_append(answer, &(uint32_t){window.ws_row}, 4);
        return true;
    case CONTROL_GET_UNICODE:
    case CONTROL_SET_UNICODE:
        text_append(answer, &(uint8_t){terminal->utf8}, 1); // setting answers with what it was
        if (operation == CONTROL_SET_UNICODE && size > 0)
            terminal->utf8 = bytes[0];
        return true;
    default:
        return false;
    }
}

// ---- life

static void stop(struct port *port) {
    struct terminal_port *data = port->driver_data;
    if (data->begun) {
        signals_watch_terminal(NULL);
        io_set_terminal_mode(NULL);
    }
    terminal_free(&data->terminal);
    sys_free(data);
}

static const struct driver driver_terminal = {
    .name = "tty_sl",
    .output = output,
    .input = input,
    .control = control,
    .stop = stop,
};

// Refuses what is no terminal, or one that is in use already.
static int begin(struct port *port, struct terminal_port *data) {
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) || tcgetattr(STDIN_FILENO, &data->before) < 0 ||
        !find_steps(&data->terminal.steps) || io_terminal_mode())
        return EINVAL;
    port->input.descriptor = descriptor_private(STDIN_FILENO, false);
    port->output.descriptor = descriptor_private(STDOUT_FILENO, true);
    if (port->input.descriptor < 0 || port->output.descriptor < 0)
        return errno;
    data->terminal.utf8 = is_utf8_locale();
    data->begun = true;
    io_set_terminal_mode(&data->before);
    set_mode(&data->before);
    signals_watch_terminal(io_terminal_resume);
    return 0;
}

term port_open_terminal(struct process *self, const char *command, const struct port_options *options, term *error) {
    struct port *port = port_new(&driver_terminal, self->pid, command, options);
    if (!port)
        return *error = ATOM_system_limit, NONE;
    struct terminal_port *data = sys_alloc_zero(sizeof *data);
    port->driver_data = data;
    return port_opened(self, port, begin(port, data), error);
}
