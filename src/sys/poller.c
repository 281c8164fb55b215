// Waiting for file descriptors with epoll. Descriptors are armed for one event each time (EPOLLONESHOT).

#include "sys/poller.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "sys/sys.h"

void poller_init(struct poller *poller) {
    poller->epoll = epoll_create1(EPOLL_CLOEXEC);
    poller->wakeup = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    if (poller->epoll < 0 || poller->wakeup < 0 || epoll_ctl(poller->epoll, EPOLL_CTL_ADD, poller->wakeup, &event) != 0)
        sys_fatal("cannot poll: errno %d", errno);
}

int poller_arm(struct poller *poller, int descriptor, void *data, bool read, bool write, bool known) {
    struct epoll_event event = {
        .events = EPOLLONESHOT | (read ? EPOLLIN | EPOLLRDHUP : 0) | (write ? EPOLLOUT : 0),
        .data.ptr = data,
    };
    if (epoll_ctl(poller->epoll, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, descriptor, &event) == 0)
        return 0;
    // A descriptor number that was closed and opened again is new to the kernel, or still known to it.
    if (errno != ENOENT && errno != EEXIST)
        return errno;
    int operation = errno == ENOENT ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
    return epoll_ctl(poller->epoll, operation, descriptor, &event) == 0 ? 0 : errno;
}

void poller_forget(struct poller *poller, int descriptor) {
    struct epoll_event event = {0};
    epoll_ctl(poller->epoll, EPOLL_CTL_DEL, descriptor, &event);
}

static int wait(int epoll, struct epoll_event *events, int64_t deadline) {
    if (deadline == 0)
        return epoll_wait(epoll, events, POLLER_EVENTS, 0);
    if (deadline == INT64_MAX)
        return epoll_wait(epoll, events, POLLER_EVENTS, -1);
    int64_t left = deadline - sys_monotonic_time();
    if (left < 0)
        left = 0;
    struct timespec limit = {left / 1000000000, left % 1000000000};
    int count = epoll_pwait2(epoll, events, POLLER_EVENTS, &limit, NULL);
    if (count < 0 && errno == ENOSYS) // Linux before 5.11
        count = epoll_wait(epoll, events, POLLER_EVENTS,
                           left > INT32_MAX * 999999LL ? -1 : (int)((left + 999999) / 1000000));
    return count;
}

static void drain(int descriptor) {
    uint64_t value;
    while (read(descriptor, &value, sizeof value) > 0)
        ;
}

int poller_wait(struct poller *poller, struct poller_event events[POLLER_EVENTS], int64_t deadline) {
    struct epoll_event raw[POLLER_EVENTS];
    int count = wait(poller->epoll, raw, deadline), found = 0;
    for (int i = 0; i < count; i++) {
        if (!raw[i].data.ptr) {
            if (deadline != 0) // the one who waits is meant, not one who only looks
                drain(poller->wakeup);
            continue;
        }
        events[found++] = (struct poller_event){raw[i].data.ptr, raw[i].events & (EPOLLIN | EPOLLRDHUP),
                                                raw[i].events & EPOLLOUT, raw[i].events & (EPOLLERR | EPOLLHUP)};
    }
    return found;
}

void poller_wake(struct poller *poller) {
    uint64_t one = 1;
    (void)!write(poller->wakeup, &one, sizeof one);
}
