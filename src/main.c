// The door: which tool is meant, which flags.

#include "vm.h"

int main(void) {
    return 0;
}
