// Feeds bytes to binary_to_term's decoder. What it accepts must be written and read back as the same value.
//
//     meson setup build-fuzz -Dfuzz=true -Dallocator=system -Db_lundef=false && ninja -C build-fuzz
//     build-fuzz/tests/fuzz/fuzz_ext tests/fuzz/corpus/ext

#include "ext/ext.h"
#include "code/code.h"
#include "sys/sys.h"
#include "term/atom.h"
#include "term/compare.h"
#include "vm.h"

int LLVMFuzzerInitialize(int *argument_count, char ***arguments) {
    atom_init(1 << 20);
    literal_init();
    code_init();
    atomic_store(&vm.node_name, ATOM_nonode_nohost);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    struct heap heap = {};
    size_t used;
    term value = ext_decode_binary(&heap, bytes, size, true, &used, NULL);
    assert_always(used <= size);
    if (value != NONE) {
        const struct ext_options options = {EXT_FLAGS_LOCAL, .minor_version = 1};
        struct text out = {};
        ext_encode(&out, value, &options, NULL);
        term back = ext_decode(&heap, (uint8_t *)out.bytes, out.size, true, &used, NULL);
        assert_always(back != NONE && used == out.size && term_same(value, back));
        text_free(&out);
    }
    heap_free(&heap);
    return 0;
}
