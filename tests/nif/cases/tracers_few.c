// The tracer of tracers.c with nothing but the functions that a tracer must have.
#define FEW
#include "tracers.c"
