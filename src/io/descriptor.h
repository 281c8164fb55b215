// Descriptors that the VM shares with others (its standard input and output, mostly): a private, non-blocking way to
// the same file, so that a shell or a pipeline's other programs never find their terminal or pipe changed.

#ifndef PURLIN_IO_DESCRIPTOR_H
#define PURLIN_IO_DESCRIPTOR_H

#include <stdbool.h>

// Opens /dev/null in place of a standard descriptor that the VM was started without, before another file gets its
// number.
void descriptor_open_standard(void);
// A descriptor of our own for the file behind `descriptor`; -1 with errno set when it is not open.
int descriptor_private(int descriptor, bool writing);
void descriptor_set_blocking(int descriptor);

#endif
