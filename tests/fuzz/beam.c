// Fuzz target: the reader and checker of modules. What is accepted is walked as the interpreter does.

#include "code/code.h"
#include "heap/heap.h"
#include "term/atom.h"

int LLVMFuzzerInitialize(int *argument_count, char ***arguments) {
    atom_init(1 << 20);
    literal_init();
    code_init();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    char why[CODE_WHY_SIZE];
    struct code *code = code_read(bytes, size, why);
    if (!code)
        return 0;
    struct generic_instruction instruction;
    for (uint32_t i = 0; i < code->function_count; i++) {
        struct code_reader reader;
        code_function_begin(&reader, &code->functions[i]);
        while (code_instruction_next(&reader, &instruction))
            ;
        code_reader_end(&reader);
    }
    term file;
    uint32_t line;
    code_line(code, 1, &file, &line);
    code_discard(code);
    return 0;
}
