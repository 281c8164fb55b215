// Reports of the VM itself.

#include "proc/log.h"

#include "sys/sys.h"
#include "term/map.h"
#include "vm.h"

static term metadata(struct heap *heap, const struct process *about) {
    term origin[] = {ATOM_emulator, ATOM_true, ATOM_tag, ATOM_error};
    if (!about) { // the VM itself
        term pairs[] = {ATOM_error_logger, map_from_pairs(heap, origin, 2), ATOM_time,
                        heap_integer(heap, sys_system_time() / 1000)};
        return map_from_pairs(heap, pairs, 2);
    }
    term leader = is_pointer(about->group_leader) ? heap_copy(heap, about->group_leader) : about->group_leader;
    term pairs[] = {ATOM_error_logger, map_from_pairs(heap, origin, 2),
                    ATOM_gl,           leader,
                    ATOM_pid,          about->pid,
                    ATOM_time,         heap_integer(heap, sys_system_time() / 1000)};
    return map_from_pairs(heap, pairs, 4);
}

void log_error(struct process *about, const char *format, struct heap *builder, term arguments) {
    term logger = atomic_load(&vm.system_logger);
    term owner = is_atom(logger) && logger != ATOM_undefined ? proc_whereis(logger) : logger;
    if (!proc_lookup(owner)) { // nobody to tell
        heap_free(builder);
        return;
    }
    term message = heap_tuple_of(builder, 5, ATOM_log, ATOM_error, heap_string(builder, format, strlen(format)),
                                 arguments, metadata(builder, about));
    proc_send_built(owner, builder, message);
}

void log_crash(struct process *process, term reason) {
    struct heap builder = {0};
    term copy = is_pointer(reason) ? heap_copy(&builder, reason) : reason;
    term arguments = heap_list_of(&builder, 2, (term[]){process->pid, copy}, NIL);
    log_error(process, "Error in process ~p with exit value:~n~p~n", &builder, arguments);
}

void log_too_many_processes(struct process *parent) {
    static const char text[] = "Too many processes\n";
    struct heap builder = {0};
    term argument = heap_string(&builder, text, strlen(text));
    log_error(parent, "~s~n", &builder, heap_cons(&builder, argument, NIL));
}

void log_heap_maximum(struct process *process) {
    const struct heap *heap = &process->heap;
    struct heap builder = {0};
    size_t total = (size_t)(heap->end - heap->start) + (size_t)(heap->old_end - heap->old_start);
    term arguments[] = {process->pid,
                        heap_unsigned(&builder, heap->size_maximum),
                        heap_unsigned(&builder, total),
                        term_boolean(!(process->flags & FLAG_HEAP_MAXIMUM_SPARES)),
                        ATOM_true,
                        heap_unsigned(&builder, process->mailbox_length)};
    term list = heap_list_of(&builder, sizeof arguments / sizeof *arguments, arguments, NIL);
    log_error(process,
              "     Process:            ~p ~n     Context:            maximum heap size reached~n"
              "     Max Heap Size:      ~p~n     Total Heap Size:    ~p~n     Kill:               ~p~n"
              "     Error Logger:       ~p~n     Message Queue Len:  ~p~n",
              &builder, list);
}
