// Trace points: set, changed and cleared.

#include "code/code.h"
#include "sys/sys.h"
#include "sys/thread.h"
#include "trace/trace.h"
#include "vm.h"

struct trace_patterns {
    mutex lock;                  // for all changes
    struct trace_point *on_load; // what functions to come begin with, or NULL
};

static void free_point(void *memory) {
    struct trace_point *point = memory;
    if (point->call_program)
        match_release(point->call_program);
    if (point->meta_program)
        match_release(point->meta_program);
    sys_free(point);
}

// A function may be purged or loaded anew while its pattern is changed: then two come here.
static void retire(struct trace_point *point) {
    if (!atomic_exchange(&point->retired, true))
        vm.hooks.retire(point, free_point);
}

static void breakpoint_gone(struct breakpoint *breakpoint) {
    retire((struct trace_point *)breakpoint);
}

static struct match_program *retained(struct match_program *program) {
    if (program)
        match_retain(program);
    return program;
}

static struct trace_point *copy_of(const struct trace_point *old) {
    struct trace_point *point = sys_alloc_zero(sizeof *point);
    point->meta_tracer = NONE;
    if (!old)
        return point;
    point->local = old->local;
    point->calls = old->calls;
    point->meta = old->meta;
    point->counts = old->counts;
    point->paused = old->paused;
    point->timed = old->timed;
    point->debugged = old->debugged;
    point->times = old->times;
    point->call_program = retained(old->call_program);
    point->meta_program = retained(old->meta_program);
    point->meta_tracer = old->meta_tracer;
    atomic_init(&point->count, atomic_load(&old->count));
    return point;
}

static void set_program(struct match_program **place, struct match_program *program) {
    if (*place)
        match_release(*place);
    *place = retained(program);
}

static void change(struct trace_point *point, const struct trace_request *request) {
    bool set = request->action == TRACE_SET;
    if (request->parts & PART_CALLS) {
        point->calls = set;
        set_program(&point->call_program, set ? request->program : NULL);
    }
    if (request->parts & PART_META) {
        point->meta = set;
        point->meta_tracer = set ? request->meta_tracer : NONE;
        set_program(&point->meta_program, set ? request->program : NULL);
    }
    if (request->parts & PART_DEBUG)
        point->debugged = set;
    if (request->parts & PART_TIME) {
        point->timed = set || (point->timed && request->action != TRACE_CLEAR);
        if (point->timed && point->times)
            call_times_set(point->times, request->action != TRACE_PAUSE, request->action != TRACE_PAUSE);
    }
    if (request->parts & PART_COUNT) {
        bool counts = set || (point->counts && request->action != TRACE_CLEAR);
        if (request->action != TRACE_PAUSE)
            atomic_store(&point->count, 0);
        point->paused = counts && request->action == TRACE_PAUSE;
        point->counts = counts;
    }
}

static struct export *export_of(const struct function *function) {
    return code_export(function->code->name, function->name, function->arity);
}

static struct trace_point *point_of(const struct function *function, bool *global) {
    struct breakpoint *breakpoint = breakpoint_of_function(function);
    *global = false;
    if (!breakpoint) {
        struct export *export = code_export_find(function->code->name, function->name, function->arity);
        breakpoint = export && export->code == function ? breakpoint_of_export(export) : NULL;
        *global = breakpoint != NULL;
    }
    return (struct trace_point *)breakpoint;
}

static bool says_nothing(const struct trace_request *request) {
    bool counters_only = request->action == TRACE_RESTART || request->action == TRACE_PAUSE;
    return counters_only && !(request->parts & (PART_COUNT | PART_TIME));
}

static bool does_something(const struct trace_point *point) {
    return point->calls || point->meta || point->counts || point->timed || point->debugged;
}

// Under the lock.
static void apply(struct function *function, const struct trace_request *request) {
    bool was_global;
    struct trace_point *old = point_of(function, &was_global);
    bool ends_other = old && was_global != request->global;
    if ((request->action != TRACE_SET && (!old || ends_other)) || says_nothing(request))
        return;
    struct trace_point *point = copy_of(ends_other ? NULL : old);
    struct export *export = export_of(function);
    if (request->parts & PART_TIME)
        point->times = call_times_of(export);
    change(point, request);
    if (old)
        breakpoint_clear(&old->breakpoint);
    point->breakpoint.export = export;
    point->local = !request->global;
    point->breakpoint.function = point->local ? function : NULL;
    if (does_something(point))
        breakpoint_set(&point->breakpoint);
    else
        free_point(point);
    if (old)
        retire(old);
}

static bool matches(const struct function *function, term name, term arity) {
    return (name == ATOM_match_anything || name == function->name) &&
           (arity == ATOM_match_anything || arity == SMALL(function->arity));
}

static bool is_exported(const struct function *function) {
    struct export *export = code_export_find(function->code->name, function->name, function->arity);
    return export && export->code == function;
}

static uint64_t apply_to_module(struct code *code, term name, term arity, const struct trace_request *request) {
    uint64_t count = 0;
    for (uint32_t i = 0; i < code->function_count; i++) {
        struct function *function = &code->functions[i];
        if (!matches(function, name, arity) || (request->global && !is_exported(function)))
            continue;
        apply(function, request);
        count++;
    }
    return count;
}

uint64_t trace_pattern_apply(term module, term name, term arity, const struct trace_request *request) {
    uint64_t count = 0;
    mutex_lock(&vm.trace_patterns->lock);
    for (size_t i = 0; i < code_module_count(); i++) {
        struct module *candidate = code_module_at(i);
        struct code *code = atomic_load(&candidate->current);
        if (code && (module == ATOM_match_anything || module == candidate->name))
            count += apply_to_module(code, name, arity, request);
    }
    mutex_unlock(&vm.trace_patterns->lock);
    return count;
}

struct trace_point *trace_point_find(term name, term function_name, uint32_t arity, bool *exists) {
    struct module *module = code_module(name);
    struct code *code = module ? atomic_load(&module->current) : NULL;
    *exists = false;
    for (uint32_t i = 0; code && i < code->function_count; i++) {
        bool global;
        if (matches(&code->functions[i], function_name, SMALL(arity))) {
            *exists = true;
            return point_of(&code->functions[i], &global);
        }
    }
    return NULL;
}

// ---- code to come -------------------------------------------------------------------------------------------------

void trace_on_load_change(const struct trace_request *request) {
    struct trace_patterns *patterns = vm.trace_patterns;
    mutex_lock(&patterns->lock);
    struct trace_point *old = patterns->on_load;
    bool ends_other = old && old->local == request->global;
    if (!(request->action != TRACE_SET && (!old || ends_other)) && !says_nothing(request)) {
        struct trace_point *point = copy_of(ends_other ? NULL : old);
        change(point, request);
        point->local = !request->global;
        patterns->on_load = point;
        if (!does_something(point)) {
            patterns->on_load = NULL;
            free_point(point);
        }
        if (old)
            retire(old);
    }
    mutex_unlock(&patterns->lock);
}

const struct trace_point *trace_on_load_point(void) {
    return vm.trace_patterns->on_load;
}

// Under the lock.
static void begin_with(struct function *function, const struct trace_point *model) {
    bool global;
    if ((!model->local && !is_exported(function)) || point_of(function, &global))
        return;
    struct trace_point *point = copy_of(model);
    point->breakpoint.export = export_of(function);
    point->breakpoint.function = model->local ? function : NULL;
    if (point->timed) {
        point->times = call_times_of(point->breakpoint.export);
        call_times_set(point->times, true, true);
    }
    breakpoint_set(&point->breakpoint);
}

static void code_loaded(struct code *code) {
    struct trace_patterns *patterns = vm.trace_patterns;
    mutex_lock(&patterns->lock);
    for (uint32_t i = 0; patterns->on_load && i < code->function_count; i++)
        begin_with(&code->functions[i], patterns->on_load);
    mutex_unlock(&patterns->lock);
}

void trace_start(void) {
    vm.trace_patterns = sys_alloc_zero(sizeof *vm.trace_patterns);
    mutex_init(&vm.trace_patterns->lock);
    vm.hooks.trace_call = trace_call;
    vm.hooks.code_loaded = code_loaded;
    trace_messages_start();
    trace_times_start();
    vm.hooks.breakpoint_gone = breakpoint_gone;
}
