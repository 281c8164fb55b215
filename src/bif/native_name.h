// Names between Erlang's strings and the system's bytes: of files, programs, environment variables.
//
// With native names in UTF-8, a list is encoded and what cannot be decoded is an error; a binary is taken as it is.
// With +fnl both are Latin-1.

#ifndef PURLIN_BIF_NATIVE_NAME_H
#define PURLIN_BIF_NATIVE_NAME_H

#include "proc/proc.h"

bool native_names_are_utf8(void);
// The bytes of a list of characters (nested at will) or of a binary, with a NUL behind them, in scratch memory. NULL
// when it is neither, or has a NUL inside, or a character that cannot be encoded. *size is without the NUL.
char *native_name(struct process *self, term name, size_t *size);
bool native_name_is_valid(const uint8_t *bytes, size_t size);
// The list of characters of a valid native name.
term native_name_string(struct heap *heap, const uint8_t *bytes, size_t size);

#endif
