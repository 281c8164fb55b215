// The program's end when it cannot go on.

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "sys/sys.h"

#define SLOGAN_SIZE 512

void sys_assertion_failed(const char *condition, const char *file, int line) {
    fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line, condition);
    abort();
}

void sys_complain(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputs("\r\n", stderr);
}

void (*sys_on_fatal)(const char *slogan);

void sys_fatal(const char *format, ...) {
    char line[SLOGAN_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (sys_on_fatal)
        sys_on_fatal(line);
    sys_complain("%s", line);
    _exit(1);
}
