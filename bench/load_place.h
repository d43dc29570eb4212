/* load_place.h - the servers that answer: the target, and those that redirects lead to; what each has done.
 *
 * A thread has its own table. It is kept only when redirects are followed or a --timeline is wanted. */
#ifndef BENCH_LOAD_PLACE_H
#define BENCH_LOAD_PLACE_H

#include <stddef.h>
#include <stdint.h>

#include "bench/load_source.h"

enum { LOAD_PLACES_MAX = 64, LOAD_TARGET_PLACE = 0 };

struct load_tally { /* since the begin of the run, warm-up included */
	uint64_t answers;   /* right ones that redirect no further */
	uint64_t errors;
	uint64_t redirects; /* followed: answers, too, but not counted there */
};

struct load_place {
	char                name[300]; /* "127.0.0.1:9000", as the Location had it */
	struct load_sources sources;
	const char         *error;     /* why it cannot be reached; NULL: it can */
	struct load_tally   tally, before; /* before: what it was when the bin began; see load_timeline.h */
};

struct load_places {
	unsigned          n;
	struct load_place list[LOAD_PLACES_MAX];
};

/* With the target as the first. NULL: no memory. */
struct load_places *load_places_new(const struct load_sources *target, const char *name);

/* The one of this authority ("host:port"), which is looked up when it is new: a name makes this thread wait.
 * -1: there is no room for another one. */
int load_places_find(struct load_places *, const char *authority, size_t len);

#endif
