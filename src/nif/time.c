// Time, the environment's variables and facts about the VM, for libraries.

#include <dlfcn.h>
#include <erl_driver.h>
#include <limits.h>

#include "io/port.h"
#include "io/posix_error.h"
#include "nif/library.h"
#include "sched/sched.h"
#include "sys/sys.h"
#include "term/atom.h"
#include "term/print.h"
#include "vm.h"

// ---- units

// How many in a second; 0 for what is no unit.
static int64_t unit_parts(ErlNifTimeUnit unit) {
    switch (unit) {
    case ERL_NIF_SEC:
        return 1;
    case ERL_NIF_MSEC:
        return 1000;
    case ERL_NIF_USEC:
        return 1000000;
    case ERL_NIF_NSEC:
        return 1000000000;
    default:
        return 0;
    }
}

static int64_t floor_divide(int64_t a, int64_t b) {
    return a / b - (a % b < 0);
}

ErlNifTime enif_convert_time_unit(ErlNifTime time, ErlNifTimeUnit from, ErlNifTimeUnit to) {
    int64_t from_parts = unit_parts(from), to_parts = unit_parts(to), result;
    if (!from_parts || !to_parts)
        return ERL_NIF_TIME_ERROR;
    if (from_parts >= to_parts)
        return floor_divide(time, from_parts / to_parts);
    return __builtin_mul_overflow(time, to_parts / from_parts, &result) ? ERL_NIF_TIME_ERROR : result;
}

// Only threads of the VM's are told the time.
static ErlNifTime tell(int64_t nanoseconds, ErlNifTimeUnit unit) {
    if (enif_thread_type() == ERL_NIF_THR_UNDEFINED)
        return ERL_NIF_TIME_ERROR;
    return enif_convert_time_unit(nanoseconds, ERL_NIF_NSEC, unit);
}

ErlNifTime enif_monotonic_time(ErlNifTimeUnit unit) {
    return tell(vm_monotonic_time(sys_monotonic_time()), unit);
}

ErlNifTime enif_time_offset(ErlNifTimeUnit unit) {
    return tell(vm.time_offset, unit);
}

ErlDrvTime erl_drv_convert_time_unit(ErlDrvTime time, ErlDrvTimeUnit from, ErlDrvTimeUnit to) {
    return enif_convert_time_unit(time, (ErlNifTimeUnit)from, (ErlNifTimeUnit)to);
}
ErlDrvTime erl_drv_monotonic_time(ErlDrvTimeUnit unit) {
    return enif_monotonic_time((ErlNifTimeUnit)unit);
}
ErlDrvTime erl_drv_time_offset(ErlDrvTimeUnit unit) {
    return enif_time_offset((ErlNifTimeUnit)unit);
}

int driver_get_now(ErlDrvNowData *now) {
    if (!now)
        return -1;
    uint64_t microseconds = (uint64_t)vm_unique_now();
    *now = (ErlDrvNowData){microseconds / 1000000000000, microseconds / 1000000 % 1000000, microseconds % 1000000};
    return 0;
}

// ---- time as terms

static term timestamp(ErlNifEnv *env, int64_t microseconds) {
    return heap_tuple_of(env->heap, 3, SMALL(microseconds / 1000000000000), SMALL(microseconds / 1000000 % 1000000),
                         SMALL(microseconds % 1000000));
}

ERL_NIF_TERM enif_now_time(ErlNifEnv *env) {
    return timestamp(env, vm_unique_now());
}

ERL_NIF_TERM enif_cpu_time(ErlNifEnv *env) {
    return timestamp(env, sys_cpu_time() / 1000);
}

// ---- surroundings

// 0; positive when the value does not fit, whose size (with the terminator) is told; negative when there is none.
static int get_variable(const char *name, char *value, size_t *size) {
    char *found = environment_get(io_environment(), name);
    if (!found)
        return -1;
    size_t needed = strlen(found) + 1;
    bool fits = needed <= *size;
    if (fits)
        memcpy(value, found, needed);
    *size = fits ? needed - 1 : needed;
    sys_free(found);
    return fits ? 0 : 1;
}

int enif_getenv(const char *name, char *value, size_t *size) {
    return get_variable(name, value, size);
}
int erl_drv_getenv(const char *name, char *value, size_t *size) {
    return get_variable(name, value, size);
}
int erl_drv_putenv(const char *name, char *value) {
    environment_set(io_environment(), (struct environment_change){name, value});
    return 0;
}

static void system_info(ErlDrvSysInfo *info, size_t size) {
    ErlDrvSysInfo all = {
        .driver_major_version = ERL_DRV_EXTENDED_MAJOR_VERSION,
        .driver_minor_version = ERL_DRV_EXTENDED_MINOR_VERSION,
        .erts_version = PURLIN_ERTS_VERSION,
        .otp_release = PURLIN_OTP_RELEASE,
        .thread_support = 1,
        .smp_support = 1,
        .async_threads = 1,
        .scheduler_threads = (int)sched_count(),
        .nif_major_version = ERL_NIF_MAJOR_VERSION,
        .nif_minor_version = ERL_NIF_MINOR_VERSION,
        .dirty_scheduler_support = 1,
    };
    memcpy(info, &all, size < sizeof all ? size : sizeof all);
}

void enif_system_info(ErlNifSysInfo *info, size_t size) {
    system_info(info, size);
}
void driver_system_info(ErlDrvSysInfo *info, size_t size) {
    system_info(info, size);
}

static void *tell_error(void *found, void (*handler)(void *, const char *), void *argument) {
    if (!found && handler)
        handler(argument, dlerror());
    return found;
}

// The name of an errno value in lower case; it stays valid for ever.
char *erl_errno_id(int error) {
    _Atomic(char *) *place = &vm.nif->error_names[error > 0 && error < ERROR_NAMES ? error : 0];
    char *name = atomic_load(place);
    if (name)
        return name;
    struct atom_text text = atom_text(posix_error_atom(error));
    char *made = sys_alloc((size_t)text.size + 1);
    memcpy(made, text.bytes, text.size);
    made[text.size] = 0;
    if (atomic_compare_exchange_strong(place, &name, made))
        return made;
    sys_free(made); // another thread was quicker
    return name;
}

// The name lacks ".so", as that of erlang:load_nif/2 does; NULL is the executable.
void *enif_dlopen(const char *library, void (*handler)(void *, const char *), void *argument) {
    struct text file = {0};
    if (library)
        text_format(&file, "%s.so", library);
    text_append(&file, "", 1);
    void *found = dlopen(library ? file.bytes : NULL, RTLD_NOW);
    text_free(&file);
    return tell_error(found, handler, argument);
}

void *enif_dlsym(void *library, const char *symbol, void (*handler)(void *, const char *), void *argument) {
    return tell_error(dlsym(library, symbol), handler, argument);
}

void *driver_dl_open(char *library) {
    return enif_dlopen(library, NULL, NULL);
}
void *driver_dl_sym(void *library, char *symbol) {
    return dlsym(library, symbol);
}
int driver_dl_close(void *library) {
    return dlclose(library);
}
char *driver_dl_error(void) {
    return dlerror();
}
