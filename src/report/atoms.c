// All atoms, a line each, the newest first.

#include "report/sections.h"

#include "term/atom.h"

void report_atoms(struct writer *writer) {
    writer_format(writer, "=atoms\n");
    for (size_t i = atom_count(); i-- > 0 && writer->left > 0;) {
        writer_term(writer, ATOM_WORD(i));
        writer_format(writer, "\n");
    }
}
