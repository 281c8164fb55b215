// Match specifications: compiled once, run for each object. Filled in by ets/match_*.c.

#ifndef PURLIN_ETS_MATCH_H
#define PURLIN_ETS_MATCH_H

struct match_program;

#endif
