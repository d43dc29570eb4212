/* load_timeline.h - what each server did in each slice of time: how a cluster outlives a slave.
 *
 *     time_s,server,answers,errors,redirects
 *     0.0,127.0.0.1:8080,0,0,812        from this time on, for one step (--timeline-step)
 *     0.0,127.0.0.1:9000,404,0,0
 *     0.0,127.0.0.1:9001,408,0,0
 *     0.1,...                           a row for each server in each slice, also when it did nothing
 *
 * Time 0 is the begin of the warm-up; errors of connecting before that are in the first slice; the last one
 * ends when measuring does. A slice is closed by the first event after it, so a thread in which nothing happens
 * does no work. */
#ifndef BENCH_LOAD_TIMELINE_H
#define BENCH_LOAD_TIMELINE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "bench/load_place.h"

enum { LOAD_BINS_MAX = 100000 }; /* the last one takes all that is later */

struct load_bin { /* of one server, where there was something */
	uint32_t          number;
	uint32_t          place;
	struct load_tally tally;
};

struct load_timeline { /* of one thread */
	int64_t          begin_ns, step_ns;
	int64_t          end_ns; /* of the bin that is being filled; INT64_MAX: none is, or it is the last */
	uint32_t         number; /* of it */
	struct load_bin *bins;
	size_t           n, room;
	bool             ended;
	bool             lost; /* there was no memory for some */
};

void load_timeline_begin(struct load_timeline *, int64_t begin_ns, int64_t step_ns);
void load_timeline_close(struct load_timeline *);

/* The bin is over: writes down what the places have done in it, and begins that of `now`. */
void load_timeline_turn(struct load_timeline *, struct load_places *, int64_t now);

/* What comes later is in no bin: a slice that is cut short would look like a server that is slow. */
void load_timeline_end(struct load_timeline *, struct load_places *, int64_t now);

/* All threads together. */
struct load_record {
	unsigned           n_servers;
	char             (*names)[300];
	struct load_tally *sums;     /* n_servers of them */
	uint32_t           n_bins;   /* 0: there is no timeline */
	struct load_tally *tallies;  /* n_bins x n_servers */
	double             step_s;
};

/* Adds a thread's, which has ended. 0 or -ENOMEM. */
int  load_record_add(struct load_record *, const struct load_places *, const struct load_timeline *);
void load_record_write(const struct load_record *, FILE *); /* as above */
void load_record_close(struct load_record *);

#endif
