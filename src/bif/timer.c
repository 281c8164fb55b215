// erlang:start_timer, send_after, cancel_timer, read_timer.

#include "bif/bif.h"
#include "proc/clock.h"
#include "proc/signal.h"
#include "sys/sys.h"
#include "term/number.h"
#include "vm.h"

#define MILLISECOND 1000000
#define MILLISECONDS_MAX (INT64_MAX / MILLISECOND / 2)

// [{abs, Boolean}]
static bool absolute_read(term options, bool *absolute) {
    for (; is_list(options); options = list_tail(options)) {
        term option = list_head(options);
        if (!is_tuple_of(option, 2) || tuple_element(option, 1) != ATOM_abs)
            return false;
        *absolute = tuple_element(option, 2) == ATOM_true;
        if (!*absolute && tuple_element(option, 2) != ATOM_false)
            return false;
    }
    return is_nil(options);
}

static term start(struct process *self, const term *arguments, term options, bool tagged) {
    bool absolute = false;
    int64_t time;
    term to = arguments[1];
    if (!absolute_read(options, &absolute) || !(is_local_pid(to) || is_atom(to)) ||
        !integer_to_int64(arguments[0], &time))
        return raise_badarg(self);
    if (time > MILLISECONDS_MAX || (time < 0 && !absolute) || time < -MILLISECONDS_MAX)
        return raise_badarg(self);
    time *= MILLISECOND;
    int64_t deadline = absolute ? vm_sys_time(time) : sys_monotonic_time() + time;
    return clock_start(self, deadline, to, arguments[2], tagged);
}

BIF(erlang, start_timer, 3) {
    return start(self, arguments, NIL, true);
}
BIF(erlang, start_timer, 4) {
    return start(self, arguments, arguments[3], true);
}
BIF(erlang, send_after, 3) {
    return start(self, arguments, NIL, false);
}
BIF(erlang, send_after, 4) {
    return start(self, arguments, arguments[3], false);
}

// What is left, in milliseconds begun, or false.
static term milliseconds(struct process *self, int64_t left) {
    return left < 0 ? ATOM_false : heap_integer(&self->heap, (left + MILLISECOND - 1) / MILLISECOND);
}

// [{async, Boolean}, {info, Boolean}]
static bool answer_options_read(term options, bool allow_info, bool *async, bool *info) {
    for (; is_list(options); options = list_tail(options)) {
        term option = list_head(options);
        if (!is_tuple_of(option, 2))
            return false;
        term name = tuple_element(option, 1), value = tuple_element(option, 2);
        if ((value != ATOM_true && value != ATOM_false) || (name != ATOM_async && !(allow_info && name == ATOM_info)))
            return false;
        *(name == ATOM_async ? async : info) = value == ATOM_true;
    }
    return is_nil(options);
}

// The answer itself, or with `async` a message {Name, Reference, Answer}.
static term answer(struct process *self, term name, term reference, term result, bool async, bool info) {
    if (async && info)
        proc_signal(self, signal_tuple(SIGNAL_MESSAGE, NONE, NONE, 3, (term[]){name, reference, result}));
    return async || !info ? ATOM_ok : result;
}

BIF(erlang, cancel_timer, 1) {
    if (!is_reference(arguments[0]))
        return raise_badarg(self);
    return milliseconds(self, clock_cancel(arguments[0]));
}

BIF(erlang, cancel_timer, 2) {
    bool async = false, info = true;
    if (!answer_options_read(arguments[1], true, &async, &info) || !is_reference(arguments[0]))
        return raise_badarg(self);
    term result = milliseconds(self, clock_cancel(arguments[0]));
    return answer(self, ATOM_cancel_timer, arguments[0], result, async, info);
}

BIF(erlang, read_timer, 1) {
    if (!is_reference(arguments[0]))
        return raise_badarg(self);
    return milliseconds(self, clock_read(arguments[0]));
}

BIF(erlang, read_timer, 2) {
    bool async = false, info = true;
    if (!answer_options_read(arguments[1], false, &async, &info) || !is_reference(arguments[0]))
        return raise_badarg(self);
    term result = milliseconds(self, clock_read(arguments[0]));
    return answer(self, ATOM_read_timer, arguments[0], result, async, info);
}
