// Memory and binaries, for drivers.

#include "driver/binary.h"

#include "sys/sys.h"

void *driver_alloc(ErlDrvSizeT size) {
    return sys_try_alloc(size);
}
void *driver_realloc(void *memory, ErlDrvSizeT size) {
    return sys_try_realloc(memory, size);
}
void driver_free(void *memory) {
    sys_free(memory);
}

ErlDrvBinary *driver_alloc_binary(ErlDrvSizeT size) {
    struct shared_binary *shared = size <= SIZE_MAX / 16 ? shared_binary_try_new(size) : NULL;
    return shared ? binary_of_shared(shared) : NULL;
}

ErlDrvBinary *driver_realloc_binary(ErlDrvBinary *binary, ErlDrvSizeT size) {
    ErlDrvBinary *longer = driver_alloc_binary(size);
    if (!longer)
        return NULL;
    size_t old = (size_t)binary->orig_size;
    memcpy(longer->orig_bytes, binary->orig_bytes, old < size ? old : size);
    driver_free_binary(binary);
    return longer;
}

void driver_free_binary(ErlDrvBinary *binary) {
    if (binary)
        shared_binary_release(binary_shared(binary));
}

ErlDrvSInt driver_binary_get_refc(ErlDrvBinary *binary) {
    return (ErlDrvSInt)atomic_load(&binary_shared(binary)->references);
}
ErlDrvSInt driver_binary_inc_refc(ErlDrvBinary *binary) {
    shared_binary_retain(binary_shared(binary));
    return driver_binary_get_refc(binary);
}
// The number is a guess where others have references, too.
ErlDrvSInt driver_binary_dec_refc(ErlDrvBinary *binary) {
    ErlDrvSInt left = driver_binary_get_refc(binary) - 1;
    driver_free_binary(binary);
    return left;
}

bool driver_binary_holds(const ErlDrvBinary *binary, size_t offset, size_t size) {
    size_t whole = (size_t)binary->orig_size;
    return offset <= whole && size <= whole - offset;
}

term driver_binary_term(struct heap *heap, ErlDrvBinary *binary, size_t offset, size_t size) {
    if (size <= BITSTRING_IN_PLACE_MAX)
        return heap_binary(heap, binary->orig_bytes + offset, size);
    struct shared_binary *shared = binary_shared(binary);
    shared_binary_retain(shared);
    return heap_slice(heap, shared, 8 * offset, 8 * size);
}
