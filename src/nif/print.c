// printf with %T, which prints a term.
//
// Each conversion is handed to the C library on its own, with the argument that it is for.

#include <limits.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "nif/environment.h"
#include "sys/sys.h"
#include "term/print.h"

#define CONVERSION_MAX 32 // bytes of one conversion in a format

// The size letters of a conversion, in the order of size.
enum length { LENGTH_INT, LENGTH_LONG, LENGTH_LONG_LONG, LENGTH_MAX, LENGTH_SIZE, LENGTH_PTRDIFF, LENGTH_LONG_DOUBLE };

struct conversion {
    char text[CONVERSION_MAX + 1]; // with each * replaced by its argument
    size_t size;
    enum length length;
    char letter;
};

static void add(struct conversion *conversion, char c) {
    if (conversion->size < CONVERSION_MAX)
        conversion->text[conversion->size++] = c;
    conversion->text[conversion->size] = 0;
}

static void add_number(struct conversion *conversion, int number) {
    char digits[12];
    snprintf(digits, sizeof digits, "%d", number);
    for (const char *at = digits; *at; at++)
        add(conversion, *at);
}

static enum length longer(enum length length, char c) {
    switch (c) {
    case 'l':
        return length == LENGTH_LONG ? LENGTH_LONG_LONG : LENGTH_LONG;
    case 'j':
        return LENGTH_MAX;
    case 'z':
        return LENGTH_SIZE;
    case 't':
        return LENGTH_PTRDIFF;
    case 'L':
        return LENGTH_LONG_DOUBLE;
    default:
        return length; // h, hh: the argument is an int
    }
}

// Reads what follows a %; returns where the format goes on.
static const char *read_conversion(const char *at, struct conversion *conversion, va_list *arguments) {
    *conversion = (struct conversion){0};
    add(conversion, '%');
    for (; *at && strchr("-+ #0123456789.*", *at); at++) {
        if (*at == '*')
            add_number(conversion, va_arg(*arguments, int));
        else
            add(conversion, *at);
    }
    for (; *at && strchr("hljztL", *at); at++) {
        conversion->length = longer(conversion->length, *at);
        add(conversion, *at);
    }
    conversion->letter = *at;
    add(conversion, *at);
    return *at ? at + 1 : at;
}

#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wformat-nonliteral"

// Appends what snprintf makes of the conversion and one argument.
#define APPEND(argument)                                                                                               \
    do {                                                                                                               \
        __typeof__(argument) value = (argument);                                                                       \
        int size = snprintf(NULL, 0, conversion->text, value);                                                         \
        if (size > 0)                                                                                                  \
            snprintf(text_extend(out, (size_t)size + 1), (size_t)size + 1, conversion->text, value), out->size--;      \
    } while (0)

static void append_integer(struct text *out, const struct conversion *conversion, va_list *arguments) {
    switch (conversion->length) {
    case LENGTH_LONG:
        APPEND(va_arg(*arguments, long));
        break;
    case LENGTH_LONG_LONG:
    case LENGTH_LONG_DOUBLE:
        APPEND(va_arg(*arguments, long long));
        break;
    case LENGTH_MAX:
        APPEND(va_arg(*arguments, intmax_t));
        break;
    case LENGTH_SIZE:
        APPEND(va_arg(*arguments, size_t));
        break;
    case LENGTH_PTRDIFF:
        APPEND(va_arg(*arguments, ptrdiff_t));
        break;
    case LENGTH_INT:
        APPEND(va_arg(*arguments, int));
        break;
    }
}

static void append_conversion(struct text *out, const struct conversion *conversion, va_list *arguments) {
    switch (conversion->letter) {
    case 'T':
        term_print(out, va_arg(*arguments, term));
        break;
    case 's':
        APPEND(va_arg(*arguments, const char *));
        break;
    case 'p':
        APPEND(va_arg(*arguments, void *));
        break;
    case 'e':
    case 'E':
    case 'f':
    case 'F':
    case 'g':
    case 'G':
    case 'a':
    case 'A':
        if (conversion->length == LENGTH_LONG_DOUBLE)
            APPEND(va_arg(*arguments, long double));
        else
            APPEND(va_arg(*arguments, double));
        break;
    case 'd':
    case 'i':
    case 'u':
    case 'x':
    case 'X':
    case 'o':
    case 'c':
        append_integer(out, conversion, arguments);
        break;
    case '%':
        text_append(out, "%", 1);
        break;
    default: // none that we know: as it is
        text_append(out, conversion->text, conversion->size);
    }
}
#pragma clang diagnostic pop

static void format_all(struct text *out, const char *format, va_list given) {
    va_list arguments;
    va_copy(arguments, given);
    while (*format) {
        size_t plain = strcspn(format, "%");
        text_append(out, format, plain);
        format += plain;
        if (*format) {
            struct conversion conversion;
            format = read_conversion(format + 1, &conversion, &arguments);
            append_conversion(out, &conversion, &arguments);
        }
    }
    va_end(arguments);
}

int enif_vfprintf(FILE *file, const char *format, va_list arguments) {
    struct text out = {0};
    format_all(&out, format, arguments);
    size_t written = out.size > 0 ? fwrite(out.bytes, 1, out.size, file) : 0;
    int result = written == out.size ? (int)written : -1;
    text_free(&out);
    return result;
}

int enif_vsnprintf(char *buffer, size_t size, const char *format, va_list arguments) {
    struct text out = {0};
    format_all(&out, format, arguments);
    int result = (int)out.size;
    if (size > 0) {
        size_t kept = out.size < size ? out.size : size - 1;
        if (kept > 0)
            memcpy(buffer, out.bytes, kept);
        buffer[kept] = 0;
    }
    text_free(&out);
    return result;
}

int enif_fprintf(FILE *file, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int result = enif_vfprintf(file, format, arguments);
    va_end(arguments);
    return result;
}

int enif_snprintf(char *buffer, size_t size, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int result = enif_vsnprintf(buffer, size, format, arguments);
    va_end(arguments);
    return result;
}
