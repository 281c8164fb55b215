// File handles: what a raw file of Erlang code stands on.
//
// A handle lies in a shared binary that a magic reference owns; when the last reference is collected (at the latest
// when its owner's heap is freed) the file is closed. One operation at a time: file_begin takes the handle, file_end
// gives it back, and a second process finds it busy.
//
// Functions return 0 or an errno value.

#ifndef PURLIN_IO_FILE_H
#define PURLIN_IO_FILE_H

#include <stdatomic.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include "heap/heap.h"

enum file_mode {
    FILE_READ = 1 << 0,
    FILE_WRITE = 1 << 1,
    FILE_APPEND = 1 << 2,
    FILE_EXCLUSIVE = 1 << 3,
    FILE_SYNC = 1 << 4,
    FILE_DIRECTORY = 1 << 5,
    FILE_ANY_TYPE = 1 << 6, // devices, too
};

enum file_state { FILE_IDLE, FILE_BUSY, FILE_CLOSED };

struct file_handle {
    _Atomic uint32_t state; // enum file_state
    int descriptor;
    unsigned modes;
    bool waits; // for others: it is a device, a pipe, ...
};

#define FILE_AT_POSITION (-1) // as an offset: where the last operation ended

// A handle that is in use, for file_open, which leaves it so. One that was not opened has descriptor -1.
struct shared_binary *file_new(void);
int file_open(struct file_handle *file, const char *path, unsigned modes);
// Whether opening it may take as long as others please.
bool file_may_wait(const char *path);
// A handle for an open descriptor, which it then owns.
struct shared_binary *file_adopt(int descriptor, unsigned modes);
// The handle of a magic reference, NULL when the term is none.
struct file_handle *file_handle(term reference);
// Takes the handle for an operation; false when it is closed or in use.
bool file_begin(struct file_handle *file);
void file_end(struct file_handle *file);
// Ends the operation, and the handle with it.
int file_close(struct file_handle *file);

// Reads until `size` bytes are there or the file ends.
int file_read(struct file_handle *file, void *bytes, size_t size, int64_t offset, size_t *done);
// Writes all. Changes the vector.
int file_write(struct file_handle *file, struct iovec *vector, size_t count, int64_t offset);

struct file_times {
    int64_t accessed, modified; // seconds since 1970
};
int file_set_times(const char *path, struct file_times times);
int file_rename(const char *from, const char *to);
int file_delete(const char *path);
int file_delete_directory(const char *path);

#endif
