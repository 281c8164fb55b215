// The line editor against a model: random edits, whose output a small terminal plays, must show the line as it is.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "io/terminal.h"

#define WIDTH 10
#define ROWS 40

// ---- a terminal with automatic margins that wraps late, as xterm does

struct screen {
    char cells[ROWS][WIDTH];
    int row, column; // column WIDTH: behind the last one, about to wrap
};

static void screen_character(struct screen *screen, char c) {
    if (screen->column == WIDTH) {
        screen->column = 0;
        screen->row++;
    }
    screen->cells[screen->row][screen->column++] = c;
}

static void screen_play(struct screen *screen, const char *bytes, size_t size) {
    for (size_t i = 0; i < size; i++) {
        switch (bytes[i]) {
        case '\n':
            screen->row++;
            screen->column = 0;
            break;
        case '\r':
            screen->column = 0;
            break;
        case '\b':
            screen->column -= screen->column == WIDTH ? 2 : screen->column > 0;
            break;
        case 'U':
            screen->row--;
            screen->column -= screen->column == WIDTH;
            break;
        case 'R':
            screen->column += screen->column < WIDTH - 1;
            break;
        default:
            screen_character(screen, bytes[i]);
        }
        assert_in_range(screen->row, 0, ROWS - 1);
    }
}

// ---- a line of lower-case letters, which take one column each, edited at random

struct model {
    char text[ROWS * WIDTH];
    int length, position;
};

static void model_write(struct model *model, const char *text, int size, bool insert) {
    int tail = model->length - model->position;
    if (insert)
        memmove(model->text + model->position + size, model->text + model->position, (size_t)tail);
    memcpy(model->text + model->position, text, (size_t)size);
    model->length = insert                                   ? model->length + size
                    : model->position + size > model->length ? model->position + size
                                                             : model->length;
    model->position += size;
}

static void model_move(struct model *model, int count) {
    int position = model->position + count;
    model->position = position < 0 ? 0 : position > model->length ? model->length : position;
}

static void model_delete(struct model *model, int count) {
    int from = model->position;
    model_move(model, count);
    int to = model->position > from ? model->position : from;
    from = model->position < from ? model->position : from;
    memmove(model->text + from, model->text + to, (size_t)(model->length - to));
    model->length -= to - from;
    model->position = from;
}

static void edit(struct terminal *terminal, struct model *model) {
    char text[26];
    int size = rand() % 26, count = rand() % 41 - 20;
    for (int i = 0; i < size; i++)
        text[i] = (char)('a' + rand() % 26);
    switch (model->length > WIDTH * (ROWS - 10) ? 3 : rand() % 4) {
    case 0:
        terminal_put(terminal, (const uint8_t *)text, (size_t)size);
        model_write(model, text, size, false);
        break;
    case 1:
        terminal_insert(terminal, (const uint8_t *)text, (size_t)size);
        model_write(model, text, size, true);
        break;
    case 2:
        terminal_move(terminal, count);
        model_move(model, count);
        break;
    default:
        terminal_delete(terminal, count);
        model_delete(model, count);
    }
}

static void check(const struct screen *screen, const struct model *model) {
    for (int i = 0; i < ROWS * WIDTH; i++)
        assert_int_equal(screen->cells[i / WIDTH][i % WIDTH], i < model->length ? model->text[i] : ' ');
    assert_int_equal(screen->row * WIDTH + screen->column, model->position);
}

static void random_edits_show_the_line(void **state) {
    for (unsigned seed = 0; seed < 200; seed++) {
        struct terminal terminal = {.steps = {"U", "\n", "\b", "R"}, .utf8 = true, .width = WIDTH};
        struct screen screen = {0};
        struct model model = {0};
        memset(screen.cells, ' ', sizeof screen.cells);
        srand(seed);
        for (int i = 0; i < 100; i++) {
            edit(&terminal, &model);
            screen_play(&screen, terminal.out.bytes, terminal.out.size);
            terminal.out.size = 0;
            check(&screen, &model);
        }
        terminal_free(&terminal);
    }
}

// ---- what is shown in another form

static void shows(const char *text, bool utf8, const char *expected) {
    struct terminal terminal = {.steps = {"U", "\n", "\b", "R"}, .utf8 = utf8, .width = 80};
    terminal_put(&terminal, (const uint8_t *)text, strlen(text));
    assert_int_equal(terminal.out.size, strlen(expected));
    assert_memory_equal(terminal.out.bytes, expected, terminal.out.size);
    terminal_free(&terminal);
}

static void special_characters(void **state) {
    shows("a\tb", true, "a       b");
    shows("\001\177", true, "^A^?");
    shows("\033[1mx\033[0m", true, "\033[1mx\033[0m");
    shows("\303\245\342\202\254", true, "\303\245\342\202\254");
    shows("\303\245\342\202\254", false, "\345\\x{20AC}");
    shows("one\ntwo", true, "one\ntwo");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_edits_show_the_line),
        cmocka_unit_test(special_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
