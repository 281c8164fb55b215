// The setting of erlang:system_profile, and its messages.

#include "proc/system_profile.h"

#include "proc/signal.h"
#include "proc/trace.h"
#include "sys/sys.h"
#include "sys/thread.h"

// A message that waits to be delivered to a port.
struct profile_note {
    struct profile_note *next;
    term port, message;
    struct heap heap; // where the message lies
};

struct profile_setting {
    term profiler;     // NONE: nobody
    uint32_t options;  // some of enum watched
    uint32_t stamping; // TRACE_TIMESTAMP and its kin
};

struct system_profile {
    mutex lock;
    struct profile_note *notes, **notes_end;
    struct profile_setting setting;
};

// In the order in which they are told.
static const struct {
    term name;
    uint32_t option;
} names[] = {
    {ATOM_exclusive, WATCH_EXCLUSIVELY},
    {ATOM_scheduler, WATCH_SCHEDULERS},
    {ATOM_runnable_procs, WATCH_PROCESSES},
    {ATOM_runnable_ports, WATCH_PORTS},
};
#define NAMES (sizeof names / sizeof *names)
#define PROFILED (WATCH_EXCLUSIVELY | WATCH_SCHEDULERS | WATCH_PROCESSES | WATCH_PORTS)

void system_profile_init(void) {
    vm.system_profile = sys_alloc_zero(sizeof *vm.system_profile);
    mutex_init(&vm.system_profile->lock);
    vm.system_profile->setting.profiler = NONE;
}

// ---- the setting

static bool read_option(term option, struct profile_setting *setting) {
    for (size_t i = 0; i < NAMES; i++) {
        if (names[i].name == option) {
            setting->options |= names[i].option;
            return true;
        }
    }
    if (option != ATOM_timestamp && option != ATOM_monotonic_timestamp && option != ATOM_strict_monotonic_timestamp)
        return false;
    setting->stamping = trace_flag_find(option); // the last one counts
    return true;
}

static bool read_options(term options, struct profile_setting *setting) {
    setting->stamping = TRACE_TIMESTAMP;
    for (; is_list(options); options = list_tail(options)) {
        if (!read_option(list_head(options), setting))
            return false;
    }
    return is_nil(options);
}

// Under the lock.
static void change(struct profile_setting setting) {
    vm.system_profile->setting = setting;
    atomic_fetch_and(&vm.watched, ~(uint32_t)PROFILED);
    atomic_fetch_or(&vm.watched, setting.options);
}

static const struct profile_setting nobody = {.profiler = NONE};

// Under the lock.
static term describe(struct heap *heap) {
    const struct profile_setting *setting = &vm.system_profile->setting;
    if (setting->profiler == NONE || !trace_tracer_exists(setting->profiler, NONE))
        return ATOM_undefined;
    term list = NIL;
    for (size_t i = NAMES; i-- > 0;)
        if (setting->options & names[i].option)
            list = heap_cons(heap, names[i].name, list);
    return heap_tuple_of(heap, 2, setting->profiler, list);
}

term system_profile_get(struct heap *heap) {
    mutex_lock(&vm.system_profile->lock);
    term result = describe(heap);
    mutex_unlock(&vm.system_profile->lock);
    return result;
}

term system_profile_set(struct heap *heap, term profiler, term options) {
    struct profile_setting setting = nobody;
    if (profiler != ATOM_undefined && !is_nil(options)) {
        bool exists = (is_local_pid(profiler) || is_local_port(profiler)) && trace_tracer_exists(profiler, NONE);
        if (!exists || !read_options(options, &setting))
            return NONE;
        setting.profiler = profiler;
    }
    mutex_lock(&vm.system_profile->lock);
    term old = describe(heap);
    change(setting);
    mutex_unlock(&vm.system_profile->lock);
    return old;
}

// ---- messages

term system_profile_profiler(void) {
    struct system_profile *profile = vm.system_profile;
    mutex_lock(&profile->lock);
    term profiler = profile->setting.profiler;
    if (profiler != NONE && !trace_tracer_exists(profiler, NONE)) {
        change(nobody);
        profiler = NONE;
    }
    mutex_unlock(&profile->lock);
    return profiler;
}

// {profile, Elements..., Timestamp}
static term build(struct heap *heap, size_t count, const term *elements) {
    term *words = heap_tuple(heap, count + 2);
    words[1] = ATOM_profile;
    for (size_t i = 0; i < count; i++)
        words[2 + i] = is_pointer(elements[i]) ? heap_copy(heap, elements[i]) : elements[i];
    mutex_lock(&vm.system_profile->lock);
    uint32_t stamping = vm.system_profile->setting.stamping;
    mutex_unlock(&vm.system_profile->lock);
    words[count + 2] = trace_timestamp(heap, stamping);
    return boxed_make(words);
}

static void keep_note(term port, struct heap *builder, term message) {
    struct system_profile *profile = vm.system_profile;
    struct profile_note *note = sys_alloc_zero(sizeof *note);
    *note = (struct profile_note){.port = port, .message = message, .heap = *builder};
    mutex_lock(&profile->lock);
    if (!profile->notes)
        profile->notes_end = &profile->notes;
    *profile->notes_end = note;
    profile->notes_end = &note->next;
    atomic_fetch_or(&vm.watched, WATCH_PROFILE_NOTES);
    mutex_unlock(&profile->lock);
}

void system_profile_tell(size_t count, const term *elements) {
    struct heap builder = {0};
    term profiler = system_profile_profiler();
    if (profiler == NONE || profiler == elements[0])
        return;
    term message = build(&builder, count, elements);
    if (is_local_port(profiler))
        keep_note(profiler, &builder, message);
    else
        proc_send_built(profiler, &builder, message);
}

void system_profile_deliver_notes(void) {
    struct system_profile *profile = vm.system_profile;
    mutex_lock(&profile->lock);
    struct profile_note *notes = profile->notes;
    profile->notes = NULL;
    atomic_fetch_and(&vm.watched, ~(uint32_t)WATCH_PROFILE_NOTES);
    mutex_unlock(&profile->lock);
    while (notes) {
        struct profile_note *next = notes->next;
        vm.hooks.port_tell(notes->port, notes->message);
        heap_free(&notes->heap);
        sys_free(notes);
        notes = next;
    }
}

void system_profile_process(term pid, bool active, const term *mfa) {
    struct heap builder = {0};
    term function = mfa ? heap_tuple_of(&builder, 3, mfa[0], mfa[1], mfa[2]) : SMALL(0);
    system_profile_tell(3, (term[]){pid, active ? ATOM_active : ATOM_inactive, function});
    heap_free(&builder);
}
