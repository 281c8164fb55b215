// A line on a terminal that is being edited.

#include "io/terminal.h"

#include "sys/sys.h"
#include "term/bits.h"

#define ESCAPE 0x1b
#define DELETE 0x7f
#define TAB_WIDTH 8

// ---- how wide characters are

struct range {
    uint32_t first, last;
};

// Combining marks and the like.
static const struct range zero_width[] = {
    {0x300, 0x36f},   {0x483, 0x489},   {0x591, 0x5bd},   {0x610, 0x61a},     {0x64b, 0x65f},     {0x93c, 0x93c},
    {0x941, 0x948},   {0xe31, 0xe31},   {0xe34, 0xe3a},   {0x1ab0, 0x1aff},   {0x1dc0, 0x1dff},   {0x200b, 0x200f},
    {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}, {0x1f3fb, 0x1f3ff}, {0xe0100, 0xe01ef},
};
// East Asian wide and full-width characters, and emoji.
static const struct range double_width[] = {
    {0x1100, 0x115f}, {0x2e80, 0x303e},   {0x3041, 0x33ff},   {0x3400, 0x4dbf},   {0x4e00, 0x9fff},
    {0xa000, 0xa4cf}, {0xac00, 0xd7a3},   {0xf900, 0xfaff},   {0xfe30, 0xfe6f},   {0xff00, 0xff60},
    {0xffe0, 0xffe6}, {0x1f300, 0x1f64f}, {0x1f900, 0x1f9ff}, {0x20000, 0x3fffd},
};

static bool is_in(uint32_t character, const struct range *ranges, size_t count) {
    for (size_t i = 0; i < count && ranges[i].first <= character; i++) {
        if (character <= ranges[i].last)
            return true;
    }
    return false;
}

static unsigned hex_digits(uint32_t character) {
    unsigned digits = 1;
    while (character >>= 4)
        digits++;
    return digits;
}

// Columns of a printable character. A terminal that has no such character is shown its number: \x{20AC}.
static unsigned character_width(const struct terminal *terminal, uint32_t character) {
    if (!terminal->utf8)
        return character < 256 ? 1 : 4 + hex_digits(character);
    if (is_in(character, zero_width, sizeof zero_width / sizeof *zero_width))
        return 0;
    return is_in(character, double_width, sizeof double_width / sizeof *double_width) ? 2 : 1;
}

// ---- layout: a walk over the line from its start, which knows the column and whether an escape sequence goes on

struct layout {
    size_t column;
    bool in_escape;
};

static bool ends_escape(uint32_t character) {
    return character >= '@' && character <= '~' && character != '[';
}

// The columns that the character takes where the walk has come to; steps over it.
static unsigned layout_step(const struct terminal *terminal, struct layout *layout, uint32_t character) {
    unsigned width;
    if (layout->in_escape || character == ESCAPE) {
        layout->in_escape = character == ESCAPE || !ends_escape(character);
        return 0;
    }
    if (character == '\t')
        width = TAB_WIDTH - layout->column % TAB_WIDTH;
    else if (character < ' ' || character == DELETE)
        width = 2; // ^X
    else
        width = character_width(terminal, character);
    size_t left = terminal->width - layout->column % terminal->width;
    if (width == 2 && left == 1)
        layout->column++; // it does not fit into the row's last column
    layout->column += width;
    return width;
}

static struct layout layout_at(const struct terminal *terminal, size_t position) {
    struct layout layout = {0};
    for (size_t i = 0; i < position; i++)
        layout_step(terminal, &layout, terminal->line[i]);
    return layout;
}

// ---- sending

static void send_text(struct terminal *terminal, const char *text) {
    text_append(&terminal->out, text, strlen(text));
}

static void send_repeated(struct terminal *terminal, const char *text, size_t count) {
    while (count-- > 0)
        send_text(terminal, text);
}

static void send_character(struct terminal *terminal, uint32_t character, unsigned width, bool in_escape) {
    uint8_t bytes[4];
    if (character == '\t') {
        send_repeated(terminal, " ", width);
    } else if ((character < ' ' && character != ESCAPE && !in_escape) || character == DELETE) {
        text_append(&terminal->out, (char[]){'^', (char)(character ^ 0x40)}, 2);
    } else if (terminal->utf8) {
        text_append(&terminal->out, bytes, utf8_encode(bytes, character));
    } else if (character < 256) {
        text_append(&terminal->out, &(uint8_t){(uint8_t)character}, 1);
    } else {
        text_format(&terminal->out, "\\x{%X}", character);
    }
}

static void send_move(struct terminal *terminal, size_t from, size_t to) {
    size_t width = terminal->width, column = from % width, target = to % width;
    if (from / width < to / width) {
        send_repeated(terminal, terminal->steps.down, to / width - from / width);
        column = 0; // the driver makes a newline of it
    } else {
        send_repeated(terminal, terminal->steps.up, from / width - to / width);
    }
    if (target < column)
        send_repeated(terminal, terminal->steps.left, column - target);
    else
        send_repeated(terminal, terminal->steps.right, target - column);
}

// The cursor came to `column` by writing; if that is the end of a row, goes to the start of the next by writing what is
// there.
static void send_wrap(struct terminal *terminal, size_t column, size_t position) {
    if (column == 0 || column % terminal->width != 0)
        return;
    uint32_t next = position < terminal->length ? terminal->line[position] : ' ';
    send_character(terminal, next < ' ' ? ' ' : next, 1, false);
    send_text(terminal, terminal->steps.left);
}

// Writes the characters from..to; the cursor is at `from` and then at `to`.
static void send_line(struct terminal *terminal, size_t from, size_t to) {
    struct layout layout = layout_at(terminal, from);
    for (size_t i = from; i < to; i++) {
        bool in_escape = layout.in_escape;
        unsigned width = layout_step(terminal, &layout, terminal->line[i]);
        send_character(terminal, terminal->line[i], width, in_escape);
    }
    if (to > from)
        send_wrap(terminal, layout.column, to);
}

// ---- the line

static void make_room(struct terminal *terminal, size_t length) {
    if (length <= terminal->room)
        return;
    terminal->room = length * 2;
    terminal->line = sys_realloc(terminal->line, terminal->room * sizeof *terminal->line);
}

static uint32_t next_character(const uint8_t **at, const uint8_t *end) {
    uint32_t character;
    size_t used = utf8_decode(*at, (size_t)(end - *at), &character);
    if (used == 0) {
        character = **at;
        used = 1;
    }
    *at += used;
    return character;
}

static void set_position(struct terminal *terminal, size_t position) {
    send_move(terminal, layout_at(terminal, terminal->position).column, layout_at(terminal, position).column);
    terminal->position = position;
}

// The line ends, or begins anew at the left: what was before the cursor is no longer ours to edit.
static void leave_line(struct terminal *terminal, uint32_t character) {
    if (character == '\n')
        set_position(terminal, terminal->length);
    send_text(terminal, character == '\n' ? "\n" : "\r");
    terminal->length -= terminal->position;
    memmove(terminal->line, terminal->line + terminal->position, terminal->length * sizeof *terminal->line);
    terminal->position = 0;
}

void terminal_put(struct terminal *terminal, const uint8_t *bytes, size_t size) {
    const uint8_t *end = bytes + size;
    size_t shown = terminal->position; // what is before it has been sent
    while (bytes < end) {
        uint32_t character = next_character(&bytes, end);
        if (character == '\n' || character == '\r') {
            send_line(terminal, shown, terminal->position);
            leave_line(terminal, character);
            shown = 0;
            continue;
        }
        make_room(terminal, terminal->position + 1);
        terminal->line[terminal->position++] = character;
        if (terminal->position > terminal->length)
            terminal->length = terminal->position;
    }
    send_line(terminal, shown, terminal->position);
}

void terminal_insert(struct terminal *terminal, const uint8_t *bytes, size_t size) {
    if (terminal->position == terminal->length || memchr(bytes, '\n', size)) {
        terminal_put(terminal, bytes, size);
        return;
    }
    const uint8_t *end = bytes + size;
    size_t from = terminal->position, tail = terminal->length - from, count = 0;
    make_room(terminal, terminal->length + size);
    memmove(terminal->line + from + size, terminal->line + from, tail * sizeof *terminal->line);
    while (bytes < end)
        terminal->line[from + count++] = next_character(&bytes, end);
    memmove(terminal->line + from + count, terminal->line + from + size, tail * sizeof *terminal->line);
    terminal->length += count;
    send_line(terminal, from, terminal->length);
    terminal->position = terminal->length;
    set_position(terminal, from + count);
}

static size_t clamp(const struct terminal *terminal, int count) {
    int64_t position = (int64_t)terminal->position + count;
    return position<0 ? 0 : position>(int64_t) terminal->length ? terminal->length : (size_t)position;
}

void terminal_delete(struct terminal *terminal, int count) {
    size_t other = clamp(terminal, count), end = terminal->position;
    if (other < end)
        set_position(terminal, other);
    else
        end = other;
    size_t from = terminal->position, columns = layout_at(terminal, terminal->length).column;
    if (end < terminal->length)
        memmove(terminal->line + from, terminal->line + end, (terminal->length - end) * sizeof *terminal->line);
    terminal->length -= end - from;
    send_line(terminal, from, terminal->length);
    size_t column = layout_at(terminal, terminal->length).column;
    if (columns > column) {
        send_repeated(terminal, " ", columns - column);
        send_wrap(terminal, columns, terminal->length);
    }
    send_move(terminal, columns > column ? columns : column, layout_at(terminal, from).column);
}

void terminal_move(struct terminal *terminal, int count) {
    set_position(terminal, clamp(terminal, count));
}

void terminal_free(struct terminal *terminal) {
    sys_free(terminal->line);
    text_free(&terminal->out);
}
