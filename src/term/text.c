// Growing text.

#include <stdio.h>

#include "sys/sys.h"
#include "term/print.h"

static void make_room(struct text *text, size_t size) {
    if (text->room - text->size >= size)
        return;
    size_t room = text->room * 2 > text->size + size ? text->room * 2 : text->size + size;
    text->room = room < 64 ? 64 : room;
    text->bytes = sys_realloc(text->bytes, text->room);
}

char *text_extend(struct text *text, size_t size) {
    make_room(text, size);
    text->size += size;
    return text->bytes + text->size - size;
}

void text_append(struct text *text, const void *bytes, size_t size) {
    if (size == 0)
        return;
    make_room(text, size);
    memcpy(text->bytes + text->size, bytes, size);
    text->size += size;
}

void text_format(struct text *text, const char *format, ...) {
    va_list arguments;
    for (size_t room = 64;; room *= 2) {
        make_room(text, room);
        va_start(arguments, format);
        int size = vsnprintf(text->bytes + text->size, text->room - text->size, format, arguments);
        va_end(arguments);
        assert_always(size >= 0);
        if ((size_t)size < text->room - text->size) {
            text->size += (size_t)size;
            return;
        }
    }
}

void text_free(struct text *text) {
    sys_free(text->bytes);
    *text = (struct text){0};
}
