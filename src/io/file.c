// File handles: the system calls behind them, and the errors as OTP shows them.

#include "io/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/time.h>
#include <unistd.h>

#define NEW_FILE_PERMISSIONS 0666

// ---- handles

static int open_flags(unsigned modes) {
    int flags = O_CLOEXEC;
    switch (modes & (FILE_READ | FILE_WRITE)) {
    case FILE_WRITE:
        flags |= O_WRONLY | O_CREAT;
        if (!(modes & (FILE_APPEND | FILE_EXCLUSIVE)))
            flags |= O_TRUNC;
        break;
    case FILE_READ | FILE_WRITE:
        flags |= O_RDWR | O_CREAT;
        break;
    default:
        flags |= O_RDONLY;
    }
    if (modes & FILE_APPEND)
        flags |= O_APPEND;
    if (modes & FILE_EXCLUSIVE)
        flags |= O_CREAT | O_EXCL;
    if (modes & FILE_SYNC)
        flags |= O_SYNC;
    if (modes & FILE_DIRECTORY)
        flags |= O_DIRECTORY;
    return flags;
}

static void file_destroy(struct shared_binary *shared) {
    struct file_handle *file = (struct file_handle *)shared->bytes;
    if (atomic_load(&file->state) != FILE_CLOSED && file->descriptor >= 0)
        close(file->descriptor);
}

static struct shared_binary *make(uint32_t state, int descriptor) {
    struct shared_binary *shared = shared_binary_new(sizeof(struct file_handle));
    shared->destroy = file_destroy;
    struct file_handle *file = (struct file_handle *)shared->bytes;
    *file = (struct file_handle){.descriptor = descriptor};
    atomic_init(&file->state, state);
    return shared;
}

struct shared_binary *file_new(void) {
    return make(FILE_BUSY, -1);
}

static bool mode_waits(mode_t mode) {
    return !S_ISREG(mode) && !S_ISDIR(mode);
}

struct shared_binary *file_adopt(int descriptor, unsigned modes) {
    struct shared_binary *shared = make(FILE_IDLE, descriptor);
    struct file_handle *file = (struct file_handle *)shared->bytes;
    struct stat status;
    file->modes = modes;
    file->waits = fstat(descriptor, &status) == 0 && mode_waits(status.st_mode);
    return shared;
}

bool file_may_wait(const char *path) {
    struct stat status;
    return stat(path, &status) == 0 && mode_waits(status.st_mode);
}

// Directories are no files unless asked for; what else is no regular file opens freely, as /dev/null must.
static int check_type(struct file_handle *file, unsigned modes) {
    struct stat status;
    if (fstat(file->descriptor, &status) < 0)
        return errno;
    file->waits = mode_waits(status.st_mode);
    return S_ISDIR(status.st_mode) && !(modes & (FILE_ANY_TYPE | FILE_DIRECTORY)) ? EISDIR : 0;
}

int file_open(struct file_handle *file, const char *path, unsigned modes) {
    if (modes & FILE_APPEND)
        modes |= FILE_WRITE;
    if ((modes & FILE_DIRECTORY) && (modes & FILE_WRITE))
        return EINVAL;
    do
        file->descriptor = open(path, open_flags(modes), NEW_FILE_PERMISSIONS);
    while (file->descriptor < 0 && errno == EINTR);
    if (file->descriptor < 0)
        return errno;
    file->modes = modes;
    int error = check_type(file, modes);
    if (error) {
        close(file->descriptor);
        file->descriptor = -1;
    }
    return error;
}

struct file_handle *file_handle(term reference) {
    if (!is_kind(reference, KIND_MAGIC_REFERENCE))
        return NULL;
    struct shared_binary *shared = ((struct off_heap *)boxed(reference))->shared;
    return shared->destroy == file_destroy ? (struct file_handle *)shared->bytes : NULL;
}

bool file_begin(struct file_handle *file) {
    uint32_t idle = FILE_IDLE;
    return atomic_compare_exchange_strong(&file->state, &idle, FILE_BUSY);
}

void file_end(struct file_handle *file) {
    atomic_store(&file->state, FILE_IDLE);
}

int file_close(struct file_handle *file) {
    assert_debug(atomic_load(&file->state) == FILE_BUSY);
    atomic_store(&file->state, FILE_CLOSED);
    // After EINTR the descriptor is gone all the same.
    return close(file->descriptor) < 0 && errno != EINTR ? errno : 0;
}

// ---- contents

int file_read(struct file_handle *file, void *bytes, size_t size, int64_t offset, size_t *done) {
    *done = 0;
    while (*done < size) {
        char *to = (char *)bytes + *done;
        size_t rest = size - *done;
        ssize_t got = offset == FILE_AT_POSITION ? read(file->descriptor, to, rest)
                                                 : pread(file->descriptor, to, rest, offset + (int64_t)*done);
        if (got == 0)
            break;
        if (got > 0)
            *done += (size_t)got;
        else if (errno != EINTR)
            return errno;
    }
    return 0;
}

// Steps over what was written; false when that was all.
static bool vector_advance(struct iovec **vector, size_t *count, size_t written) {
    while (*count > 0 && written >= (*vector)->iov_len) {
        written -= (*vector)->iov_len;
        ++*vector;
        --*count;
    }
    if (*count == 0)
        return false;
    (*vector)->iov_base = (char *)(*vector)->iov_base + written;
    (*vector)->iov_len -= written;
    return true;
}

int file_write(struct file_handle *file, struct iovec *vector, size_t count, int64_t offset) {
    size_t written = 0;
    while (vector_advance(&vector, &count, written)) {
        int batch = count < IOV_MAX ? (int)count : IOV_MAX;
        ssize_t put = offset == FILE_AT_POSITION ? writev(file->descriptor, vector, batch)
                                                 : pwritev(file->descriptor, vector, batch, offset);
        if (put < 0 && errno != EINTR)
            return errno;
        written = put > 0 ? (size_t)put : 0;
        if (offset != FILE_AT_POSITION)
            offset += (int64_t)written;
    }
    return 0;
}

// ---- names

int file_set_times(const char *path, struct file_times times) {
    struct timeval values[2] = {{.tv_sec = times.accessed}, {.tv_sec = times.modified}};
    return utimes(path, values) < 0 ? errno : 0;
}

static int directory_error(int error) {
    return error == ENOTEMPTY ? EEXIST : error;
}

int file_rename(const char *from, const char *to) {
    return rename(from, to) < 0 ? directory_error(errno) : 0;
}

int file_delete(const char *path) {
    if (unlink(path) == 0)
        return 0;
    return errno == EISDIR ? EPERM : errno; // POSIX's answer for a directory; Linux has its own
}

int file_delete_directory(const char *path) {
    return rmdir(path) < 0 ? directory_error(errno) : 0;
}
