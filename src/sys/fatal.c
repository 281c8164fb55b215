// The program's end when it cannot go on.

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "sys/sys.h"

void sys_assertion_failed(const char *condition, const char *file, int line) {
    fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line, condition);
    abort();
}

static void complain(const char *format, va_list arguments) {
    vfprintf(stderr, format, arguments);
    fputs("\r\n", stderr);
}

void sys_complain(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    complain(format, arguments);
    va_end(arguments);
}

void sys_fatal(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    complain(format, arguments);
    va_end(arguments);
    _exit(1);
}
