// erlang:system_info/1: one table of items.

#include "bif/system_info.h"
#include "bif/bif.h"
#include "bif/heap_sizes.h"
#include "bif/spawn.h"
#include "dist/dist.h"
#include "ets/ets.h"
#include "io/port.h"
#include "nif/nif.h"
#include "options.h"
#include "proc/trace.h"
#include "proc/tracer.h"
#include "sched/sched.h"
#include "sys/sys.h"
#include "term/atom.h"
#include "term/compare.h"
#include "term/map.h"
#include "term/print.h"
#include "vm.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <unistd.h>

typedef term item_function(struct process *self);

static term string(struct process *self, const char *text) {
    return heap_string(&self->heap, text, strlen(text));
}

static term pair(struct process *self, term a, term b) {
    return heap_tuple_of(&self->heap, 2, a, b);
}

static term integer(struct process *self, size_t value) {
    return heap_unsigned(&self->heap, value);
}

// ---- versions -----------------------------------------------------------------------------------------------------

static term otp_release(struct process *self) {
    return string(self, PURLIN_OTP_RELEASE);
}
static term version(struct process *self) {
    return string(self, PURLIN_ERTS_VERSION);
}
static term machine(struct process *self) {
    return string(self, "BEAM");
}
static term system_architecture(struct process *self) {
    return string(self, PURLIN_ARCHITECTURE);
}
static term driver_version(struct process *self) {
    return string(self, "3.3");
}
static term taints(struct process *self) {
    return nif_taints(&self->heap);
}
static term nif_version(struct process *self) {
    return string(self, "2.16");
}
// In OTP's form, since programs take it apart; the last mark says whose emulator it is.
static term system_version(struct process *self) {
    struct text text = {0};
    const struct boot_options *options = vm.options;
    text_format(&text,
                "Erlang/OTP %s [erts-%s] [source] [64-bit] [smp:%u:%u] [ds:%u:%u:%u] [async-threads:%u] [purlin]\n",
                PURLIN_OTP_RELEASE, PURLIN_ERTS_VERSION, options->schedulers, vm.options->schedulers_online,
                options->dirty_cpu, vm.options->dirty_cpu_online, options->dirty_io, options->async_threads);
    term result = heap_string(&self->heap, text.bytes, text.size);
    text_free(&text);
    return result;
}
static term compat_rel(struct process *self) {
    return SMALL(atoi(PURLIN_OTP_RELEASE));
}
static term c_compiler_used(struct process *self) {
    term numbers =
        heap_tuple_of(&self->heap, 3, SMALL(__clang_major__), SMALL(__clang_minor__), SMALL(__clang_patchlevel__));
    return pair(self, ATOM_clang, numbers);
}
static term os_type(struct process *self) {
    return pair(self, ATOM_unix, ATOM_linux);
}
static term os_version(struct process *self) {
    struct utsname name;
    int numbers[3] = {0};
    uname(&name);
    sscanf(name.release, "%d.%d.%d", &numbers[0], &numbers[1], &numbers[2]);
    return heap_tuple_of(&self->heap, 3, SMALL(numbers[0]), SMALL(numbers[1]), SMALL(numbers[2]));
}

// ---- what never differs here --------------------------------------------------------------------------------------

static term answer_true(struct process *self) {
    return ATOM_true;
}
static term answer_false(struct process *self) {
    return ATOM_false;
}
static term answer_undefined(struct process *self) {
    return ATOM_undefined;
}
static term wordsize(struct process *self) {
    return SMALL(8);
}
static term endian(struct process *self) {
    return ATOM_little;
}
static term emu_type(struct process *self) {
    return ATOM_opt;
}
static term emu_flavor(struct process *self) {
    return ATOM_emu;
}
static term heap_type(struct process *self) {
    return ATOM_private;
}
static term none(struct process *self) {
    return ATOM_none;
}
static term enabled(struct process *self) {
    return ATOM_enabled;
}
static term zero(struct process *self) {
    return SMALL(0);
}
static term unknown(struct process *self) {
    return ATOM_unknown;
}
static term unbound(struct process *self) {
    return ATOM_unbound;
}
static term trace_control_word(struct process *self) {
    return SMALL(atomic_load(&vm.trace_control_word));
}
term info_sequential_tracer(struct heap *heap) {
    term tracer = atomic_load(&vm.sequential_tracer);
    return tracer && trace_tracer_exists(tracer, ATOM_undefined) ? tracer_describe(heap, tracer) : ATOM_false;
}
static term sequential_tracer(struct process *self) {
    return pair(self, ATOM_sequential_tracer, info_sequential_tracer(&self->heap));
}

// ---- limits and counts --------------------------------------------------------------------------------------------

static term atom_count_item(struct process *self) {
    return integer(self, atom_count());
}
static term atom_limit_item(struct process *self) {
    return integer(self, atom_limit());
}
static term process_count(struct process *self) {
    return integer(self, proc_count());
}
static term process_limit(struct process *self) {
    return integer(self, vm.options->process_limit);
}
static term port_count_item(struct process *self) {
    return integer(self, port_count());
}
static term port_limit_item(struct process *self) {
    return integer(self, vm.options->port_limit);
}
static term ets_count_item(struct process *self) {
    return integer(self, ets_count());
}
static term ets_limit(struct process *self) {
    return integer(self, vm.options->ets_limit);
}
// [{Node, Controller}]
static term dist_ctrl(struct process *self) {
    term list = NIL;
    size_t bucket = 0;
    for (struct node *node = NULL; (node = dist_node_next(&bucket, node));) {
        struct channel *channel = channel_get(node);
        if (!channel)
            continue;
        if (atomic_load(&channel->state) == CHANNEL_UP)
            list = heap_cons(&self->heap, heap_tuple_of(&self->heap, 2, node->name, channel->controller), list);
        channel_release(channel);
    }
    return list;
}

static term dist_buf_busy_limit(struct process *self) {
    return integer(self, vm.options->distribution_buffer_limit);
}
static term creation(struct process *self) {
    return integer(self, atomic_load(&vm.creation));
}

// ---- heaps --------------------------------------------------------------------------------------------------------

static term min_heap_size(struct process *self) {
    return pair(self, ATOM_min_heap_size, integer(self, heap_minimum_told(vm.options->heap_minimum)));
}
static term min_bin_vheap_size(struct process *self) {
    return pair(self, ATOM_min_bin_vheap_size,
                integer(self, binary_heap_minimum_told(vm.options->binary_heap_minimum)));
}
static term fullsweep_after(struct process *self) {
    return pair(self, ATOM_fullsweep_after, integer(self, vm.options->fullsweep_after));
}
static term max_heap_size(struct process *self) {
    term pairs[] = {ATOM_size,         SMALL(vm.options->heap_maximum),
                    ATOM_kill,         term_boolean(vm.options->heap_maximum_kill),
                    ATOM_error_logger, term_boolean(vm.options->heap_maximum_log)};
    return map_from_pairs(&self->heap, pairs, 3);
}
static term garbage_collection(struct process *self) {
    term items[] = {pair(self, ATOM_max_heap_size, integer(self, vm.options->heap_maximum)), min_bin_vheap_size(self),
                    min_heap_size(self), fullsweep_after(self)};
    return heap_list_of(&self->heap, 4, items, NIL);
}
static term told_heap_sizes(struct process *self) {
    size_t sizes[HEAP_SIZES];
    heap_sizes(sizes);
    term list = NIL;
    for (size_t i = HEAP_SIZES; i-- > 0;)
        list = heap_cons(&self->heap, heap_unsigned(&self->heap, sizes[i]), list);
    return list;
}
static term message_queue_data(struct process *self) {
    return vm.options->off_heap_messages ? ATOM_off_heap : ATOM_on_heap;
}

// ---- processors and schedulers ------------------------------------------------------------------------------------

static term processors(struct process *self) {
    return integer(self, (size_t)sysconf(_SC_NPROCESSORS_ONLN));
}
static term schedulers(struct process *self) {
    return integer(self, vm.options->schedulers);
}
static term schedulers_online(struct process *self) {
    return integer(self, vm.options->schedulers_online);
}
static term dirty_cpu(struct process *self) {
    return integer(self, vm.options->dirty_cpu);
}
static term dirty_cpu_online(struct process *self) {
    return integer(self, vm.options->dirty_cpu_online);
}
static term dirty_io(struct process *self) {
    return integer(self, vm.options->dirty_io);
}
static term scheduler_id(struct process *self) {
    return integer(self, sched_number());
}
static term async_threads(struct process *self) {
    return integer(self, vm.options->async_threads);
}
static term schedulers_state(struct process *self) {
    return heap_tuple_of(&self->heap, 3, schedulers(self), schedulers_online(self), schedulers_online(self));
}
static term all_schedulers_state(struct process *self) {
    term rows[] = {
        heap_tuple_of(&self->heap, 4, ATOM_normal, schedulers(self), schedulers_online(self), schedulers_online(self)),
        heap_tuple_of(&self->heap, 4, ATOM_dirty_cpu, dirty_cpu(self), dirty_cpu_online(self), dirty_cpu_online(self)),
        heap_tuple_of(&self->heap, 4, ATOM_dirty_io, dirty_io(self), dirty_io(self), dirty_io(self)),
    };
    return heap_list_of(&self->heap, 3, rows, NIL);
}
static term scheduler_bindings(struct process *self) {
    term *words = heap_tuple(&self->heap, vm.options->schedulers);
    for (unsigned i = 1; i <= vm.options->schedulers; i++)
        words[i] = ATOM_unbound;
    return boxed_make(words);
}
static term cpu_topology(struct process *self) {
    term cores = NIL;
    for (long i = sysconf(_SC_NPROCESSORS_ONLN) - 1; i >= 0; i--) {
        term core = pair(self, ATOM_core, pair(self, ATOM_logical, SMALL(i)));
        cores = heap_cons(&self->heap, core, cores);
    }
    return heap_cons(&self->heap, pair(self, ATOM_processor, cores), NIL);
}

// How many processors there are is looked at anew each time: nothing is kept that would have to change.
static term update_cpu_info(struct process *self) {
    return ATOM_unchanged;
}
static term system_logger(struct process *self) {
    return atomic_load(&vm.system_logger);
}
// [[{Property, Value}]] of each poller: there is one.
static term check_io(struct process *self) {
    struct heap *heap = &self->heap;
    term rows[] = {pair(self, ATOM_name, ATOM_poller),
                   pair(self, ATOM_primary, ATOM_epoll),
                   pair(self, ATOM_kernel_poll, ATOM_epoll),
                   pair(self, ATOM_total_poll_set_size, integer(self, poll_count())),
                   pair(self, ATOM_lazy_updates, ATOM_false),
                   pair(self, ATOM_pending_updates, SMALL(0)),
                   pair(self, ATOM_batch_updates, ATOM_false),
                   pair(self, ATOM_concurrent_updates, ATOM_true),
                   pair(self, ATOM_fallback, ATOM_false),
                   pair(self, ATOM_max_fds, integer(self, (size_t)sysconf(_SC_OPEN_MAX)))};
    return heap_cons(heap, heap_list_of(heap, sizeof rows / sizeof *rows, rows, NIL), NIL);
}

// ---- time ---------------------------------------------------------------------------------------------------------

static term start_time(struct process *self) {
    return heap_integer(&self->heap, VM_TIME_START);
}
static term end_time(struct process *self) { // the clock's last value: OTP's is as far off
    return heap_integer(&self->heap, 8646911283000000000);
}
static term time_offset_state(struct process *self) {
    return ATOM_final;
}
static term time_warp_mode(struct process *self) {
    static const term names[] = {ATOM_no_time_warp, ATOM_single_time_warp, ATOM_multi_time_warp};
    return names[vm.options->time_warp];
}
static term time_correction(struct process *self) {
    return term_boolean(vm.options->time_correction);
}
static term time_source(struct process *self, term clock, int64_t now, bool extended) {
    struct heap *heap = &self->heap;
    term rows[] = {pair(self, ATOM_function, ATOM_clock_gettime),
                   pair(self, ATOM_clock_id, clock),
                   pair(self, ATOM_resolution, SMALL(1000000000)),
                   pair(self, ATOM_extended, ATOM_no),
                   pair(self, ATOM_parallel, ATOM_yes),
                   pair(self, ATOM_time, heap_integer(heap, now))};
    return extended ? heap_list_of(heap, 6, rows, NIL)
                    : heap_list_of(heap, 3, rows, heap_list_of(heap, 2, rows + 4, NIL));
}
static term monotonic_source(struct process *self) {
    return time_source(self, atom_from_c("CLOCK_MONOTONIC"), sys_monotonic_time(), true);
}
static term system_source(struct process *self) {
    return time_source(self, atom_from_c("CLOCK_REALTIME"), sys_system_time(), false);
}

static const struct {
    term name;
    item_function *answer;
} items[] = {
    {ATOM_all_schedulers_state, all_schedulers_state},
    {ATOM_alloc_util_allocators, info_allocators},
    {ATOM_allocator, info_allocator},
    {ATOM_allocated_areas, info_allocated_areas},
    {ATOM_atom_count, atom_count_item},
    {ATOM_atom_limit, atom_limit_item},
    {ATOM_beam_jump_table, answer_true},
    {ATOM_break_ignored, answer_false},
    {ATOM_build_type, emu_type},
    {ATOM_c_compiler_used, c_compiler_used},
    {ATOM_check_io, check_io},
    {ATOM_compat_rel, compat_rel},
    {ATOM_constant_pool_support, answer_true},
    {ATOM_cpu_quota, unknown},
    {ATOM_cpu_topology, cpu_topology},
    {ATOM_creation, creation},
    {ATOM_debug_compiled, answer_false},
    {ATOM_delayed_node_table_gc, zero},
    {ATOM_dirty_cpu_schedulers, dirty_cpu},
    {ATOM_dirty_cpu_schedulers_online, dirty_cpu_online},
    {ATOM_dirty_io_schedulers, dirty_io},
    {ATOM_dist, info_dist},
    {ATOM_dist_buf_busy_limit, dist_buf_busy_limit},
    {ATOM_dist_ctrl, dist_ctrl},
    {ATOM_driver_version, driver_version},
    {ATOM_dynamic_trace, none},
    {ATOM_dynamic_trace_probes, answer_false},
    {ATOM_eager_check_io, answer_true},
    {ATOM_emu_flavor, emu_flavor},
    {ATOM_emu_type, emu_type},
    {ATOM_end_time, end_time},
    {ATOM_endian, endian},
    {ATOM_ets_always_compress, answer_false},
    {ATOM_ets_count, ets_count_item},
    {ATOM_ets_limit, ets_limit},
    {ATOM_ets_realloc_moves, answer_false},
    {ATOM_fullsweep_after, fullsweep_after},
    {ATOM_garbage_collection, garbage_collection},
    {ATOM_heap_sizes, told_heap_sizes},
    {ATOM_heap_type, heap_type},
    {ATOM_hipe_architecture, answer_undefined},
    {ATOM_info, info_report},
    {ATOM_kernel_poll, answer_true},
    {ATOM_loaded, info_loaded},
    {ATOM_lock_checking, answer_false},
    {ATOM_lock_counting, answer_false},
    {ATOM_logical_processors, processors},
    {ATOM_logical_processors_available, processors},
    {ATOM_logical_processors_online, processors},
    {ATOM_machine, machine},
    {ATOM_max_heap_size, max_heap_size},
    {ATOM_message_queue_data, message_queue_data},
    {ATOM_min_bin_vheap_size, min_bin_vheap_size},
    {ATOM_min_heap_size, min_heap_size},
    {ATOM_modified_timing_level, answer_undefined},
    {ATOM_multi_scheduling, info_multi_scheduling},
    {ATOM_multi_scheduling_blockers, info_multi_scheduling_blockers},
    {ATOM_nif_version, nif_version},
    {ATOM_normal_multi_scheduling_blockers, info_normal_multi_scheduling_blockers},
    {ATOM_os_monotonic_time_source, monotonic_source},
    {ATOM_os_system_time_source, system_source},
    {ATOM_os_type, os_type},
    {ATOM_os_version, os_version},
    {ATOM_otp_release, otp_release},
    {ATOM_outstanding_system_requests_limit, schedulers},
    {ATOM_port_count, port_count_item},
    {ATOM_port_limit, port_limit_item},
    {ATOM_port_parallelism, answer_false},
    {ATOM_process_count, process_count},
    {ATOM_process_limit, process_limit},
    {ATOM_procs, info_processes},
    {ATOM_scheduler_bind_type, unbound},
    {ATOM_scheduler_bindings, scheduler_bindings},
    {ATOM_scheduler_id, scheduler_id},
    {ATOM_schedulers, schedulers},
    {ATOM_schedulers_online, schedulers_online},
    {ATOM_schedulers_state, schedulers_state},
    {ATOM_sequential_tracer, sequential_tracer},
    {ATOM_smp_support, answer_true},
    {ATOM_start_time, start_time},
    {ATOM_system_architecture, system_architecture},
    {ATOM_system_logger, system_logger},
    {ATOM_system_version, system_version},
    {ATOM_taints, taints},
    {ATOM_thread_pool_size, async_threads},
    {ATOM_threads, answer_true},
    {ATOM_time_correction, time_correction},
    {ATOM_time_offset, time_offset_state},
    {ATOM_time_warp_mode, time_warp_mode},
    {ATOM_tolerant_timeofday, enabled},
    {ATOM_trace_control_word, trace_control_word},
    {ATOM_update_cpu_info, update_cpu_info},
    {ATOM_version, version},
    {ATOM_wordsize, wordsize},
};

BIF(erlang, system_info, 1) {
    term item = arguments[0];
    for (size_t i = 0; i < sizeof items / sizeof *items; i++)
        if (items[i].name == item)
            return items[i].answer(self);
    if (is_tuple_of(item, 2)) {
        term name = tuple_element(item, 1), which = tuple_element(item, 2);
        if (name == ATOM_wordsize && (which == ATOM_internal || which == ATOM_external))
            return SMALL(8);
        if (name == ATOM_cpu_topology && (which == ATOM_used || which == ATOM_detected))
            return cpu_topology(self);
        if (name == ATOM_cpu_topology && which == ATOM_defined)
            return ATOM_undefined;
        if ((name == ATOM_allocator || name == ATOM_allocator_sizes) && (is_atom(which) || is_list(which))) {
            arguments[0] = which;
            return bif_call(self, ATOM_erlang, name == ATOM_allocator ? ATOM_alloc_info : ATOM_alloc_sizes, 1);
        }
    }
    if (is_tuple_of(item, 3)) {
        term name = tuple_element(item, 1);
        if (name == ATOM_memory_internal || name == ATOM_allocator || name == ATOM_allocator_sizes)
            return info_allocator_message(self, name == ATOM_allocator, tuple_element(item, 2), tuple_element(item, 3));
    }
    return raise_badarg(self);
}
