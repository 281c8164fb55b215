// What kind of thread a library's code runs in.

#ifndef PURLIN_NIF_THREAD_H
#define PURLIN_NIF_THREAD_H

void nif_threads_init(void);
// Around a dirty function, in the thread of the slow-work pool that runs it; 0 at its end.
void nif_thread_set_dirty(unsigned flags);

#endif
