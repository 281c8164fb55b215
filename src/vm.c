// The VM's beginning and end.

#include "vm.h"

struct vm vm;
