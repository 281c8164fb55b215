// The instructions of the bit syntax.

#include "exec/emit.h"

bool translate_bits(struct preparation *preparation, const struct generic_instruction *generic) {
    return false;
}
