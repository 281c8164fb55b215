// The same library in its second version.
#define VERSION 2
#include "nif_object.c"
