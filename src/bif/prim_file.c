// prim_file: raw files and the file system.

#include "bif/bif.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "io/file.h"
#include "io/posix_error.h"
#include "sys/sys.h"
#include "term/bits.h"
#include "term/number.h"

#define READ_STEP (64 << 10)      // how much is read at a time when nothing says how much there is
#define IN_PLACE_BYTES (64 << 10) // longer transfers go to the slow-work pool

// ---- when to leave the scheduler
//
// Most of what a starting node does to files is found in the system's cache and takes a few microseconds, less than
// moving to another thread and back. So names, attributes and short transfers are worked on in place; what
// moves much data, or waits for a disk, a device or another program, goes to the pool, and others attend to the process
// meanwhile, as to one in dirty code of OTP's.

struct absence {
    struct foreign_call call;
    bool away;
};

static struct absence absence_in(term function, unsigned arity) {
    return (struct absence){.call = {.module = ATOM_prim_file, .function = function, .arity = arity}};
}
static void go_away(struct process *self, struct absence *absence, bool away) {
    absence->away = away;
    if (away)
        proc_away_enter(self, &absence->call);
}
static void come_back(struct process *self, const struct absence *absence) {
    if (absence->away)
        proc_away_leave(self);
}

// ---- arguments and results

static term ok_or_error(struct process *self, int error) {
    return error ? posix_error(&self->heap, error) : ATOM_ok;
}

// A path is a binary that ends in its only zero byte. NULL when the term is no such thing.
static const char *path_argument(struct process *self, term t) {
    if (!is_binary(t) || bitstring_size(t) == 0)
        return NULL;
    size_t size = bitstring_size(t) >> 3;
    struct bits bits = bitstring_bits(t);
    const char *path = bits.offset ? (const char *)binary_bytes(t, proc_scratch(self, size)) : (const char *)bits.bytes;
    return memchr(path, 0, size) == path + size - 1 ? path : NULL;
}

// Takes the handle of arguments[0] for an operation. NULL when the answer is ready in *answer: badarg was raised, or
// the handle is closed or busy.
static struct file_handle *take_file(struct process *self, term t, term *answer) {
    struct file_handle *file = file_handle(t);
    if (!file) {
        *answer = raise_badarg(self);
        return NULL;
    }
    if (file_begin(file))
        return file;
    *answer = posix_error(&self->heap, EINVAL);
    return NULL;
}

static bool mode_argument(term list, unsigned *modes) {
    *modes = 0;
    for (; is_list(list); list = list_tail(list)) {
        switch (list_head(list)) {
        case ATOM_read:
            *modes |= FILE_READ;
            break;
        case ATOM_write:
            *modes |= FILE_WRITE;
            break;
        case ATOM_append:
            *modes |= FILE_APPEND;
            break;
        case ATOM_exclusive:
            *modes |= FILE_EXCLUSIVE;
            break;
        case ATOM_sync:
            *modes |= FILE_SYNC;
            break;
        case ATOM_directory:
            *modes |= FILE_DIRECTORY;
            break;
        case ATOM_skip_type_check:
            *modes |= FILE_ANY_TYPE;
            break;
        default: // the others are for the layers above
            break;
        }
    }
    return is_nil(list);
}

// ---- opening and closing

// The handle is on the heap before anything may block: if the process is killed, it goes with the heap.
static int open_file(struct process *self, const char *path, unsigned modes, struct absence *absence, term *reference) {
    *reference = heap_magic_reference(&self->heap, file_new());
    struct file_handle *file = file_handle(*reference);
    go_away(self, absence, file_may_wait(path));
    int error = file_open(file, path, modes);
    come_back(self, absence);
    return error;
}

BIF(prim_file, open_nif, 2) {
    unsigned modes;
    term reference;
    struct absence absence = absence_in(ATOM_open_nif, 2);
    const char *path = path_argument(self, arguments[0]);
    if (!path || !mode_argument(arguments[1], &modes))
        return raise_badarg(self);
    int error = open_file(self, path, modes, &absence, &reference);
    file_end(file_handle(reference));
    return error ? posix_error(&self->heap, error) : ok_tuple(self, reference);
}

BIF(prim_file, file_desc_to_ref_nif, 1) {
    if (!is_small(arguments[0]))
        return raise_badarg(self);
    int64_t descriptor = small_value(arguments[0]);
    if (descriptor < 0 || descriptor > INT_MAX || fcntl((int)descriptor, F_GETFD) < 0)
        return posix_error(&self->heap, EBADF);
    struct shared_binary *shared = file_adopt((int)descriptor, FILE_READ | FILE_WRITE);
    return ok_tuple(self, heap_magic_reference(&self->heap, shared));
}

BIF(prim_file, close_nif, 1) {
    term answer;
    struct file_handle *file = take_file(self, arguments[0], &answer);
    return file ? ok_or_error(self, file_close(file)) : answer;
}

// For the janitor process of prim_file.
BIF(prim_file, delayed_close_nif, 1) {
    struct file_handle *file = file_handle(arguments[0]);
    if (!file)
        return raise_badarg(self);
    if (file_begin(file))
        file_close(file);
    return ATOM_ok;
}

BIF(prim_file, get_handle_nif, 1) {
    term answer;
    struct file_handle *file = take_file(self, arguments[0], &answer);
    if (!file)
        return answer;
    answer = heap_binary(&self->heap, &file->descriptor, sizeof file->descriptor);
    file_end(file);
    return answer;
}

// ---- reading

// How many bytes a read of `size` can get at most, so that a bold caller does not take all the memory.
static int readable_size(struct file_handle *file, size_t *size, int64_t offset) {
    struct stat status;
    if (*size <= READ_STEP)
        return 0;
    if (fstat(file->descriptor, &status) < 0)
        return errno;
    if (!S_ISREG(status.st_mode) || status.st_size == 0) { // (files in /proc have no size)
        if (*size > SIZE_MAX >> 24)
            return ENOMEM;
        if (*size > READ_STEP)
            *size = READ_STEP;
        return 0;
    }
    int64_t at = offset == FILE_AT_POSITION ? lseek(file->descriptor, 0, SEEK_CUR) : offset;
    int64_t rest = status.st_size > at ? status.st_size - at : 0;
    if (*size > (uint64_t)rest)
        *size = (size_t)rest + 1; // one more, to see that it has not grown
    return 0;
}

// The first `done` of `room` bytes that were read into a binary.
static term read_part(struct process *self, term binary, const uint8_t *bytes, size_t room, size_t done) {
    if (done == room)
        return binary;
    if (done < room / 2)
        return heap_binary(&self->heap, bytes, done);
    return heap_bitstring_part(&self->heap, binary, 0, done * 8);
}

static int read_there(struct process *self, struct file_handle *file, uint8_t *bytes, size_t size, int64_t offset,
                      size_t *done, struct absence *absence) {
    go_away(self, absence, file->waits || size > IN_PLACE_BYTES);
    int error = file_read(file, bytes, size, offset, done);
    come_back(self, absence);
    return error;
}

static term read_bytes(struct process *self, struct file_handle *file, size_t size, int64_t offset, size_t *done,
                       struct absence *absence, int *error) {
    uint8_t *bytes;
    if ((*error = readable_size(file, &size, offset)))
        return NONE;
    // The binary is on the heap before anything may block: if the process is killed, its memory goes with the heap.
    term binary = heap_binary_new(&self->heap, size, &bytes);
    *error = read_there(self, file, bytes, size, offset, done, absence);
    return *error ? NONE : read_part(self, binary, bytes, size, *done);
}

static term read_answer(struct process *self, struct file_handle *file, size_t size, int64_t offset,
                        struct absence absence) {
    size_t done = 0;
    int error;
    term binary = read_bytes(self, file, size, offset, &done, &absence, &error);
    file_end(file);
    if (error)
        return posix_error(&self->heap, error);
    return done == 0 ? ATOM_eof : ok_tuple(self, binary);
}

BIF(prim_file, read_nif, 2) {
    uint64_t size;
    term answer;
    if (!is_integer(arguments[1]))
        return raise_badarg(self);
    if (!integer_to_uint64(arguments[1], &size))
        return posix_error(&self->heap, EINVAL);
    struct file_handle *file = take_file(self, arguments[0], &answer);
    return file ? read_answer(self, file, size, FILE_AT_POSITION, absence_in(ATOM_read_nif, 2)) : answer;
}

BIF(prim_file, pread_nif, 3) {
    int64_t offset, size;
    term answer;
    if (!integer_to_int64(arguments[1], &offset) || !integer_to_int64(arguments[2], &size))
        return raise_badarg(self);
    if (offset < 0 || size < 0)
        return posix_error(&self->heap, EINVAL);
    struct file_handle *file = take_file(self, arguments[0], &answer);
    return file ? read_answer(self, file, (size_t)size, offset, absence_in(ATOM_pread_nif, 3)) : answer;
}

static uint32_t big_endian_32(const uint8_t *bytes) {
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

// dets' own: at `offset` lie a size and a position, 32 bits each; answers with them and the block they name.
BIF(prim_file, ipread_s32bu_p32bu_nif, 3) {
    int64_t offset, maximum;
    term answer;
    if (!integer_to_int64(arguments[1], &offset) || !integer_to_int64(arguments[2], &maximum))
        return raise_badarg(self);
    if (offset < 0)
        return posix_error(&self->heap, EINVAL);
    struct file_handle *file = take_file(self, arguments[0], &answer);
    if (!file)
        return answer;
    uint8_t header[8];
    size_t done = 0;
    int error = file_read(file, header, sizeof header, offset, &done);
    uint32_t size = big_endian_32(header), position = big_endian_32(header + 4);
    bool whole = !error && done == sizeof header && size <= maximum;
    struct absence absence = absence_in(ATOM_ipread_s32bu_p32bu_nif, 3);
    term block = whole ? read_bytes(self, file, size, position, &done, &absence, &error) : NONE;
    file_end(file);
    if (error)
        return posix_error(&self->heap, error);
    if (!whole)
        return ATOM_eof;
    term inner = heap_tuple_of(&self->heap, 3, SMALL(size), SMALL(position), done ? block : ATOM_eof);
    return ok_tuple(self, inner);
}

// All of a file, in one operation.
static term read_whole(struct process *self, struct file_handle *file, struct absence *absence, int *error) {
    struct stat status;
    size_t room, done;
    uint8_t *bytes;
    if (fstat(file->descriptor, &status) < 0) {
        *error = errno;
        return NONE;
    }
    room = status.st_size > 0 ? (size_t)status.st_size : READ_STEP;
    term binary = heap_binary_new(&self->heap, room, &bytes);
    *error = read_there(self, file, bytes, room, FILE_AT_POSITION, &done, absence);
    // A file without a size of its own, such as those in /proc, or one that grows.
    while (!*error && done == room && status.st_size != (off_t)room) {
        uint8_t *larger;
        size_t got;
        term next = heap_binary_new(&self->heap, room * 2, &larger);
        memcpy(larger, bytes, done);
        *error = read_there(self, file, larger + done, room, FILE_AT_POSITION, &got, absence);
        binary = next;
        bytes = larger;
        done += got;
        room *= 2;
    }
    return *error ? NONE : read_part(self, binary, bytes, room, done);
}

BIF(prim_file, read_file_nif, 1) {
    const char *path = path_argument(self, arguments[0]);
    if (!path)
        return raise_badarg(self);
    struct absence absence = absence_in(ATOM_read_file_nif, 1);
    term reference;
    int error = open_file(self, path, FILE_READ, &absence, &reference);
    struct file_handle *file = file_handle(reference);
    term binary = error ? NONE : read_whole(self, file, &absence, &error);
    if (file->descriptor >= 0)
        file_close(file);
    return error ? posix_error(&self->heap, error) : ok_tuple(self, binary);
}

// ---- writing

// The number of binaries in a list; false when it is anything else.
static bool count_binaries(term list, size_t *count) {
    for (*count = 0; is_list(list) && is_binary(list_head(list)); list = list_tail(list))
        ++*count;
    return is_nil(list);
}

// The binaries of a list as a vector; NULL when the list is malformed.
static struct iovec *vector_argument(struct process *self, term list, size_t *count, size_t *bytes) {
    *bytes = 0;
    if (!count_binaries(list, count))
        return NULL;
    struct iovec *vector = proc_scratch(self, (*count + 1) * sizeof *vector);
    size_t i = 0;
    for (term at = list; is_list(at); at = list_tail(at), i++) {
        term binary = list_head(at);
        struct bits bits = bitstring_bits(binary);
        size_t size = bits.size >> 3;
        uint8_t *room = bits.offset ? proc_scratch(self, size) : NULL;
        vector[i] = (struct iovec){(void *)binary_bytes(binary, room), size};
        *bytes += size;
    }
    return vector;
}

static term write_answer(struct process *self, term reference, term list, int64_t offset, struct absence absence) {
    size_t count, bytes;
    term answer;
    struct iovec *vector = vector_argument(self, list, &count, &bytes);
    if (!vector)
        return raise_badarg(self);
    struct file_handle *file = take_file(self, reference, &answer);
    if (!file)
        return answer;
    go_away(self, &absence, file->waits || bytes > IN_PLACE_BYTES);
    int error = file_write(file, vector, count, offset);
    come_back(self, &absence);
    file_end(file);
    return ok_or_error(self, error);
}

BIF(prim_file, write_nif, 2) {
    return write_answer(self, arguments[0], arguments[1], FILE_AT_POSITION, absence_in(ATOM_write_nif, 2));
}

BIF(prim_file, pwrite_nif, 3) {
    int64_t offset;
    if (!integer_to_int64(arguments[1], &offset))
        return raise_badarg(self);
    return offset < 0 ? posix_error(&self->heap, EINVAL)
                      : write_answer(self, arguments[0], arguments[2], offset, absence_in(ATOM_pwrite_nif, 3));
}

// ---- position and size

BIF(prim_file, seek_nif, 3) {
    int64_t offset;
    term answer;
    int whence = arguments[1] == ATOM_bof   ? SEEK_SET
                 : arguments[1] == ATOM_cur ? SEEK_CUR
                 : arguments[1] == ATOM_eof ? SEEK_END
                                            : -1;
    if (whence < 0 || !integer_to_int64(arguments[2], &offset))
        return raise_badarg(self);
    struct file_handle *file = take_file(self, arguments[0], &answer);
    if (!file)
        return answer;
    off_t position = lseek(file->descriptor, offset, whence);
    int error = position < 0 ? errno : 0;
    file_end(file);
    return error ? posix_error(&self->heap, error) : ok_tuple(self, heap_integer(&self->heap, position));
}

BIF(prim_file, sync_nif, 2) {
    term answer;
    if (!is_small(arguments[1]))
        return raise_badarg(self);
    bool data_only = arguments[1] != SMALL(0);
    struct file_handle *file = take_file(self, arguments[0], &answer);
    if (!file)
        return answer;
    struct absence absence = absence_in(ATOM_sync_nif, 2);
    go_away(self, &absence, true);
    int error = (data_only ? fdatasync(file->descriptor) : fsync(file->descriptor)) < 0 ? errno : 0;
    come_back(self, &absence);
    file_end(file);
    return ok_or_error(self, error);
}

BIF(prim_file, truncate_nif, 1) {
    term answer;
    struct file_handle *file = take_file(self, arguments[0], &answer);
    if (!file)
        return answer;
    off_t position = lseek(file->descriptor, 0, SEEK_CUR);
    int error = position < 0 || ftruncate(file->descriptor, position) < 0 ? errno : 0;
    file_end(file);
    return ok_or_error(self, error);
}

BIF(prim_file, allocate_nif, 3) {
    int64_t offset, length;
    term answer;
    if (!integer_to_int64(arguments[1], &offset) || !integer_to_int64(arguments[2], &length))
        return raise_badarg(self);
    if (offset < 0 || length < 0)
        return posix_error(&self->heap, EINVAL);
    struct file_handle *file = take_file(self, arguments[0], &answer);
    if (!file)
        return answer;
    struct absence absence = absence_in(ATOM_allocate_nif, 3);
    go_away(self, &absence, true);
    int error = posix_fallocate(file->descriptor, offset, length);
    come_back(self, &absence);
    file_end(file);
    return ok_or_error(self, error);
}

static int advice_argument(term t) {
    switch (t) {
    case ATOM_normal:
        return POSIX_FADV_NORMAL;
    case ATOM_sequential:
        return POSIX_FADV_SEQUENTIAL;
    case ATOM_random:
        return POSIX_FADV_RANDOM;
    case ATOM_no_reuse:
        return POSIX_FADV_NOREUSE;
    case ATOM_will_need:
        return POSIX_FADV_WILLNEED;
    case ATOM_dont_need:
        return POSIX_FADV_DONTNEED;
    default:
        return -1;
    }
}

BIF(prim_file, advise_nif, 4) {
    int64_t offset, length;
    term answer;
    if (!integer_to_int64(arguments[1], &offset) || !integer_to_int64(arguments[2], &length))
        return raise_badarg(self);
    int advice = advice_argument(arguments[3]);
    if (advice < 0)
        return posix_error(&self->heap, EINVAL);
    struct file_handle *file = take_file(self, arguments[0], &answer);
    if (!file)
        return answer;
    int error = posix_fadvise(file->descriptor, offset, length, advice);
    file_end(file);
    return ok_or_error(self, error);
}

// ---- attributes

static term type_atom(mode_t mode) {
    if (S_ISREG(mode))
        return ATOM_regular;
    if (S_ISDIR(mode))
        return ATOM_directory;
    if (S_ISLNK(mode))
        return ATOM_symlink;
    return S_ISCHR(mode) || S_ISBLK(mode) ? ATOM_device : ATOM_other;
}

static term access_atom(bool readable, bool writable) {
    if (readable)
        return writable ? ATOM_read_write : ATOM_read;
    return writable ? ATOM_write : ATOM_none;
}

// The record file_info, times in seconds.
static term file_info(struct heap *heap, const struct stat *status, term access) {
    const int64_t numbers[] = {
        status->st_atim.tv_sec,   status->st_mtim.tv_sec,    status->st_ctim.tv_sec,
        status->st_mode,          (int64_t)status->st_nlink, (int64_t)status->st_dev,
        (int64_t)status->st_rdev, (int64_t)status->st_ino,   status->st_uid,
        status->st_gid,
    };
    size_t count = sizeof numbers / sizeof *numbers;
    term *words = heap_tuple(heap, 4 + count);
    words[1] = ATOM_file_info;
    words[2] = SMALL(status->st_size);
    words[3] = type_atom(status->st_mode);
    words[4] = access;
    for (size_t i = 0; i < count; i++)
        words[5 + i] = SMALL(numbers[i]);
    return boxed_make(words);
}

BIF(prim_file, read_info_nif, 2) {
    struct stat status;
    const char *path = path_argument(self, arguments[0]);
    if (!path || !is_small(arguments[1]))
        return raise_badarg(self);
    bool follow = arguments[1] != SMALL(0);
    if ((follow ? stat(path, &status) : lstat(path, &status)) < 0)
        return posix_error(&self->heap, errno);
    return file_info(&self->heap, &status, access_atom(access(path, R_OK) == 0, access(path, W_OK) == 0));
}

// Whether this process's user may do what the bit of S_IROTH or S_IWOTH stands for.
static bool is_permitted(const struct stat *status, mode_t bit) {
    if (geteuid() == 0)
        return true;
    unsigned shift = status->st_uid == geteuid() ? 6 : status->st_gid == getegid() ? 3 : 0;
    return (status->st_mode >> shift) & bit;
}

BIF(prim_file, read_handle_info_nif, 1) {
    struct stat status;
    term answer;
    struct file_handle *file = take_file(self, arguments[0], &answer);
    if (!file)
        return answer;
    int error = fstat(file->descriptor, &status) < 0 ? errno : 0;
    bool readable = is_permitted(&status, S_IROTH), writable = is_permitted(&status, S_IWOTH);
    file_end(file);
    if (error)
        return posix_error(&self->heap, error);
    return file_info(&self->heap, &status, access_atom(readable, writable));
}

BIF(prim_file, set_permissions_nif, 2) {
    const char *path = path_argument(self, arguments[0]);
    if (!path || !is_small(arguments[1]))
        return raise_badarg(self);
    mode_t mode = (mode_t)small_value(arguments[1]) & 07777;
    return ok_or_error(self, chmod(path, mode) < 0 ? errno : 0);
}

BIF(prim_file, set_owner_nif, 3) {
    const char *path = path_argument(self, arguments[0]);
    if (!path || !is_small(arguments[1]) || !is_small(arguments[2]))
        return raise_badarg(self);
    uid_t user = (uid_t)small_value(arguments[1]); // -1: as it is
    gid_t group = (gid_t)small_value(arguments[2]);
    return ok_or_error(self, chown(path, user, group) < 0 ? errno : 0);
}

BIF(prim_file, set_time_nif, 4) {
    struct file_times times;
    const char *path = path_argument(self, arguments[0]);
    if (!path || !integer_to_int64(arguments[1], &times.accessed) || !integer_to_int64(arguments[2], &times.modified))
        return raise_badarg(self);
    return ok_or_error(self, file_set_times(path, times));
}

// ---- names

BIF(prim_file, make_hard_link_nif, 2) {
    const char *existing = path_argument(self, arguments[0]), *name = path_argument(self, arguments[1]);
    if (!existing || !name)
        return raise_badarg(self);
    return ok_or_error(self, link(existing, name) < 0 ? errno : 0);
}

BIF(prim_file, make_soft_link_nif, 2) {
    const char *existing = path_argument(self, arguments[0]), *name = path_argument(self, arguments[1]);
    if (!existing || !name)
        return raise_badarg(self);
    return ok_or_error(self, symlink(existing, name) < 0 ? errno : 0);
}

BIF(prim_file, rename_nif, 2) {
    const char *from = path_argument(self, arguments[0]), *to = path_argument(self, arguments[1]);
    return from && to ? ok_or_error(self, file_rename(from, to)) : raise_badarg(self);
}

BIF(prim_file, read_link_nif, 1) {
    const char *path = path_argument(self, arguments[0]);
    if (!path)
        return raise_badarg(self);
    char *target = proc_scratch(self, PATH_MAX);
    ssize_t size = readlink(path, target, PATH_MAX);
    if (size < 0)
        return posix_error(&self->heap, errno);
    return ok_tuple(self, heap_binary(&self->heap, target, (size_t)size));
}

// Names as the directory gives them, last first.
static int directory_names(struct heap *heap, const char *path, term *names) {
    DIR *directory = opendir(path);
    if (!directory)
        return errno;
    *names = NIL;
    errno = 0;
    for (struct dirent *entry; (entry = readdir(directory));) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            term name = heap_binary(heap, entry->d_name, strlen(entry->d_name));
            *names = heap_cons(heap, name, *names);
        }
    }
    int error = errno;
    closedir(directory);
    return error;
}

BIF(prim_file, list_dir_nif, 1) {
    term names;
    const char *path = path_argument(self, arguments[0]);
    if (!path)
        return raise_badarg(self);
    int error = directory_names(&self->heap, path, &names);
    return error ? posix_error(&self->heap, error) : ok_tuple(self, names);
}

BIF(prim_file, make_dir_nif, 1) {
    const char *path = path_argument(self, arguments[0]);
    if (!path)
        return raise_badarg(self);
    return ok_or_error(self, mkdir(path, 0777) < 0 ? errno : 0);
}

BIF(prim_file, del_file_nif, 1) {
    const char *path = path_argument(self, arguments[0]);
    return path ? ok_or_error(self, file_delete(path)) : raise_badarg(self);
}

BIF(prim_file, del_dir_nif, 1) {
    const char *path = path_argument(self, arguments[0]);
    return path ? ok_or_error(self, file_delete_directory(path)) : raise_badarg(self);
}

BIF(prim_file, get_cwd_nif, 0) {
    char *path = proc_scratch(self, PATH_MAX);
    if (!getcwd(path, PATH_MAX))
        return posix_error(&self->heap, errno);
    return ok_tuple(self, heap_binary(&self->heap, path, strlen(path)));
}

BIF(prim_file, set_cwd_nif, 1) {
    const char *path = path_argument(self, arguments[0]);
    if (!path)
        return raise_badarg(self);
    return ok_or_error(self, chdir(path) < 0 ? errno : 0);
}

// Two questions that only Windows answers.
BIF(prim_file, get_device_cwd_nif, 1) {
    return posix_error(&self->heap, ENOTSUP);
}

BIF(prim_file, altname_nif, 1) {
    return path_argument(self, arguments[0]) ? posix_error(&self->heap, ENOTSUP) : raise_badarg(self);
}
