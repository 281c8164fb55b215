// Another network namespace of Linux: the calling thread goes there for as long as it takes, and must come back.

#ifndef PURLIN_IO_NETWORK_NAMESPACE_H
#define PURLIN_IO_NETWORK_NAMESPACE_H

// Goes to the namespace that the file names. Returns a descriptor that leads back, or -1 with errno set.
int network_namespace_enter(const char *path);
// Goes back and closes the descriptor. errno stays as it is.
void network_namespace_leave(int back);

#endif
