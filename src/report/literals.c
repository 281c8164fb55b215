// Persistent terms, and the literals that they and the processes refer to.

#include "report/sections.h"

#include "ets/persistent.h"

static void write_pair(void *argument, term key, term value) {
    struct values *values = argument;
    values_word(values, key);
    writer_format(values->writer, "|");
    values_word(values, value);
    writer_format(values->writer, "\n");
}

void report_persistent_terms(struct values *values) {
    writer_format(values->writer, "=persistent_terms\n");
    persistent_each(write_pair, values);
    writer_format(values->writer, "=literals\n");
    values_write_literals(values);
}
