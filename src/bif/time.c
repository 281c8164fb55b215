// Time: Erlang's clocks and the calendar.

#include "bif/bif.h"
#include "sys/sys.h"
#include "vm.h"

#include <time.h>

#define SECOND 1000000000

static int64_t now_monotonic(void) {
    return vm_monotonic_time(sys_monotonic_time());
}

static int64_t now_system(void) {
    return now_monotonic() + vm.time_offset;
}

// ---- units --------------------------------------------------------------------------------------------------------

// Parts of a second that the unit is, or 0 when it is no unit.
static int64_t unit_parts(term unit) {
    if (is_small(unit))
        return small_value(unit) > 0 ? small_value(unit) : 0;
    switch (unit) {
    case ATOM_second:
    case ATOM_seconds:
        return 1;
    case ATOM_millisecond:
    case ATOM_milli_seconds:
        return 1000;
    case ATOM_microsecond:
    case ATOM_micro_seconds:
        return 1000000;
    case ATOM_nanosecond:
    case ATOM_nano_seconds:
    case ATOM_native:
    case ATOM_perf_counter:
        return SECOND;
    default:
        return 0;
    }
}

// Nanoseconds in a unit, rounded towards minus infinity.
static term in_unit(struct process *self, int64_t nanoseconds, term unit) {
    int64_t parts = unit_parts(unit);
    if (!parts)
        return raise_badarg(self);
    __int128 product = (__int128)nanoseconds * parts;
    __int128 quotient = product / SECOND;
    if (product % SECOND < 0)
        quotient--;
    if (quotient > INT64_MAX || quotient < INT64_MIN)
        return raise_badarg(self);
    return heap_integer(&self->heap, (int64_t)quotient);
}

// ---- clocks -------------------------------------------------------------------------------------------------------

BIF(erlang, monotonic_time, 0) {
    return heap_integer(&self->heap, now_monotonic());
}

BIF(erlang, monotonic_time, 1) {
    return in_unit(self, now_monotonic(), arguments[0]);
}

BIF(erlang, system_time, 0) {
    return heap_integer(&self->heap, now_system());
}

BIF(erlang, system_time, 1) {
    return in_unit(self, now_system(), arguments[0]);
}

BIF(erlang, time_offset, 0) {
    return heap_integer(&self->heap, vm.time_offset);
}

BIF(erlang, time_offset, 1) {
    return in_unit(self, vm.time_offset, arguments[0]);
}

BIF(os, system_time, 0) {
    return heap_integer(&self->heap, sys_system_time());
}

BIF(os, system_time, 1) {
    return in_unit(self, sys_system_time(), arguments[0]);
}

BIF(os, perf_counter, 0) {
    return heap_integer(&self->heap, sys_monotonic_time());
}

BIF(erts_internal, perf_counter_unit, 0) {
    return SMALL(SECOND);
}

BIF(erts_internal, time_unit, 0) {
    return SMALL(SECOND);
}

static term timestamp_tuple(struct process *self, int64_t nanoseconds) {
    int64_t micro = nanoseconds / 1000;
    return heap_tuple_of(&self->heap, 3, SMALL(micro / 1000000000000), SMALL(micro / 1000000 % 1000000),
                         SMALL(micro % 1000000));
}

BIF(os, timestamp, 0) {
    return timestamp_tuple(self, sys_system_time());
}

BIF(erlang, timestamp, 0) {
    return timestamp_tuple(self, now_system());
}

BIF(erlang, now, 0) {
    return timestamp_tuple(self, vm_unique_now() * 1000);
}

// ---- calendar -----------------------------------------------------------------------------------------------------

static term date_tuple(struct process *self, const struct tm *t) {
    return heap_tuple_of(&self->heap, 3, SMALL(t->tm_year + 1900), SMALL(t->tm_mon + 1), SMALL(t->tm_mday));
}

static term clock_tuple(struct process *self, const struct tm *t) {
    return heap_tuple_of(&self->heap, 3, SMALL(t->tm_hour), SMALL(t->tm_min), SMALL(t->tm_sec));
}

static term date_time_tuple(struct process *self, const struct tm *t) {
    term date = date_tuple(self, t);
    return heap_tuple_of(&self->heap, 2, date, clock_tuple(self, t));
}

static struct tm local_now(void) {
    time_t seconds = (time_t)(now_system() / SECOND);
    struct tm t;
    localtime_r(&seconds, &t);
    return t;
}

BIF(erlang, date, 0) {
    struct tm t = local_now();
    return date_tuple(self, &t);
}

BIF(erlang, time, 0) {
    struct tm t = local_now();
    return clock_tuple(self, &t);
}

BIF(erlang, localtime, 0) {
    struct tm t = local_now();
    return date_time_tuple(self, &t);
}

BIF(erlang, universaltime, 0) {
    time_t seconds = (time_t)(now_system() / SECOND);
    struct tm t;
    gmtime_r(&seconds, &t);
    return date_time_tuple(self, &t);
}

static bool is_leap(int64_t year) {
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static bool three_integers(term tuple, int64_t values[3]) {
    if (!is_tuple_of(tuple, 3))
        return false;
    for (unsigned i = 0; i < 3; i++) {
        term value = tuple_element(tuple, i + 1);
        if (!is_small(value))
            return false;
        values[i] = small_value(value);
    }
    return true;
}

// Reads {{Year, Month, Day}, {Hour, Minute, Second}}; false when it is none that a calendar has.
static bool read_date_time(term value, struct tm *t) {
    static const int8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int64_t date[3], clock[3];
    if (!is_tuple_of(value, 2) || !three_integers(tuple_element(value, 1), date) ||
        !three_integers(tuple_element(value, 2), clock))
        return false;
    if (date[0] < 0 || date[0] > 99999 || date[1] < 1 || date[1] > 12 || date[2] < 1)
        return false;
    if (date[2] > days[date[1] - 1] + (date[1] == 2 && is_leap(date[0])))
        return false;
    if (clock[0] < 0 || clock[0] > 23 || clock[1] < 0 || clock[1] > 59 || clock[2] < 0 || clock[2] > 59)
        return false;
    *t = (struct tm){.tm_year = (int)date[0] - 1900,
                     .tm_mon = (int)date[1] - 1,
                     .tm_mday = (int)date[2],
                     .tm_hour = (int)clock[0],
                     .tm_min = (int)clock[1],
                     .tm_sec = (int)clock[2]};
    return true;
}

BIF(erlang, localtime_to_universaltime, 2) {
    struct tm t;
    if (!read_date_time(arguments[0], &t))
        return raise_badarg(self);
    switch (arguments[1]) {
    case ATOM_true:
        t.tm_isdst = 1;
        break;
    case ATOM_false:
        t.tm_isdst = 0;
        break;
    case ATOM_undefined:
        t.tm_isdst = -1;
        break;
    default:
        return raise_badarg(self);
    }
    time_t seconds = mktime(&t);
    gmtime_r(&seconds, &t);
    return date_time_tuple(self, &t);
}

BIF(erlang, universaltime_to_localtime, 1) {
    struct tm t;
    if (!read_date_time(arguments[0], &t))
        return raise_badarg(self);
    time_t seconds = timegm(&t);
    localtime_r(&seconds, &t);
    return date_time_tuple(self, &t);
}

BIF(erlang, universaltime_to_posixtime, 1) {
    struct tm t;
    if (!read_date_time(arguments[0], &t))
        return raise_badarg(self);
    return heap_integer(&self->heap, timegm(&t));
}

BIF(erlang, posixtime_to_universaltime, 1) {
    if (!is_small(arguments[0]))
        return raise_badarg(self);
    time_t seconds = small_value(arguments[0]);
    struct tm t;
    if (!gmtime_r(&seconds, &t) || t.tm_year + 1900 < 0)
        return raise_badarg(self);
    return date_time_tuple(self, &t);
}
