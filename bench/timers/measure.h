/* measure.h - what the operations on one kind of timers cost, with so many of them. */
#ifndef BENCH_TIMERS_MEASURE_H
#define BENCH_TIMERS_MEASURE_H

#include <stdint.h>

#include "core/timer.h"

enum {
	ADD, LATER, EARLIER, CANCEL, EXPIRE, WAIT, /* one operation */
	NOTED, LAZY, EAGER,                        /* one request: see measure.c */
	N_WORKS
};

extern const char *const work_names[N_WORKS];

enum { SLOT_BYTES = 136, HORIZON_MS = 60000, REQUESTS_PER_TIMEOUT = 10 };

struct field { /* the sessions, and in which order things happen to them; the same for both kinds */
	struct slot *slots;
	uint32_t    *order, n;
	int64_t      clock_cost_ns;
};

int  field_open(struct field *, uint32_t n); /* 0 or -ENOMEM */
void field_close(struct field *);

/* One repetition: nanoseconds each. -ENOMEM, or 0. */
int measure(struct field *, const struct timer_kind *, double ns[N_WORKS]);

/* Bytes that the kind takes beside n struct timers, as the kernel counts them. < 0: not to be had. */
double measure_memory(struct field *, const struct timer_kind *);

/* Nanoseconds for a send(2) and a recv(2) of few bytes on a pair of local sockets: no request costs less. */
double measure_request(void);

#endif
