// Three assertions: for memory safety (kept in release), for test builds, and for the hard-test build.
//
//   assert_always(x)   kept everywhere: a failure means that going on could corrupt memory
//   assert_debug(x)    test builds: documents an invariant
//   assert_deep(x)     hard-test build: x may walk a whole structure

#ifndef PURLIN_SYS_ASSERT_H
#define PURLIN_SYS_ASSERT_H

[[noreturn]] void sys_assertion_failed(const char *condition, const char *file, int line);

#define assert_always(condition) ((condition) ? (void)0 : sys_assertion_failed(#condition, __FILE__, __LINE__))

#if PURLIN_ASSERT_LEVEL >= 1
#define assert_debug(condition) assert_always(condition)
#else
#define assert_debug(condition) ((void)0)
#endif

// The hard-test build also does at once, and all the time, what else is rare: it collects wherever that is allowed,
// gives way wherever that is allowed, and moves what may move.
enum { HARD_TEST = PURLIN_ASSERT_LEVEL >= 2 };

#define assert_deep(condition) assert_always(!HARD_TEST || (condition))

#endif
