/* load_idle.h - connections that are held open and say nothing: what makes select(2) and poll(2) slow. */
#ifndef BENCH_LOAD_IDLE_H
#define BENCH_LOAD_IDLE_H

#include <stdatomic.h>

#include "bench/load_source.h"
#include "bench/load_stats.h"

struct load_idle {
	struct pollfd *fds;
	int            n; /* open ones */
};

/* Opens `wanted` of them, some at a time. Those that fail are errors in `stats`; after the first that times
 * out no more are tried. 0 or -ENOMEM. */
int  load_idle_open(struct load_idle *, const struct load_sources *, int wanted, int timeout_ms,
		    const atomic_bool *stop, struct load_stats *);
/* Those that the server has closed meanwhile are errors. */
void load_idle_check(struct load_idle *, struct load_stats *);
void load_idle_close(struct load_idle *);

#endif
