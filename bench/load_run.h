/* load_run.h - a whole run: silent connections, threads, warm-up, measuring, merging. */
#ifndef BENCH_LOAD_RUN_H
#define BENCH_LOAD_RUN_H

#include "bench/load_result.h"

/* 0 with a result, which may tell of errors; or -1 with `why`: the run could not take place. */
int  load_run(const struct load_config *, struct load_result *, char *why, size_t size);
void load_result_close(struct load_result *);

#endif
