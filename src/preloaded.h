// The modules that OTP compiles into its emulator and that we, too, carry in the program: a release has them nowhere
// else. The build takes them from the installed OTP.

#ifndef PURLIN_PRELOADED_H
#define PURLIN_PRELOADED_H

#include <stddef.h>
#include <stdint.h>

struct preloaded {
    const char *name;
    const uint8_t *bytes; // a .beam file
    size_t size;
};
extern const struct preloaded preloaded[];
extern const size_t preloaded_count;

#endif
