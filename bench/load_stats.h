/* load_stats.h - what a thread of the load generator counts; merged by adding. */
#ifndef BENCH_LOAD_STATS_H
#define BENCH_LOAD_STATS_H

#include <stddef.h>
#include <stdint.h>

#include "bench/hist.h"

enum load_error {
	LOAD_E_CONNECT,   /* a connection could not be made */
	LOAD_E_PORTS,     /* no source address has a free port */
	LOAD_E_RESET,     /* the connection was reset while answers were owed */
	LOAD_E_CLOSED,    /* it was closed while answers were owed, or before the first one */
	LOAD_E_TIMEOUT,   /* no answer in time */
	LOAD_E_WRONG,     /* an answer's bytes are not the right ones */
	LOAD_E_STATUS,    /* http: well-formed, but not the expected status */
	LOAD_E_UNASKED,   /* bytes that no question asked for */
	LOAD_E_IDLE,      /* a silent connection could not be opened, or did not last */
	LOAD_E_BODY,      /* http: complete, but not the body that was expected */
	LOAD_E_REDIRECT,  /* http: a redirect that cannot be followed, or one too many */
	LOAD_ERRORS
};
enum { LOAD_LATE_NS = 1000000 };

extern const char *const load_error_names[LOAD_ERRORS]; /* "connect", ... as in JSON */
extern const char *const load_error_texts[LOAD_ERRORS]; /* for people */

struct load_stats {
	struct hist *latency;     /* open loop: counted from when the request was due */
	struct hist *uncorrected; /* open loop: from when it was really sent; NULL in a closed loop */
	uint64_t     errors[LOAD_ERRORS]; /* counted from the start, not from the end of the warm-up */
	char         first[LOAD_ERRORS][160]; /* the first error of each kind, in words */
	uint64_t     unanswered;  /* open loop: due within the measured time, and neither answered nor failed */
	uint64_t     late;        /* open loop: sent LOAD_LATE_NS or more after due, by our own fault */
	uint64_t     bytes_in, bytes_out, connects;
	uint64_t     hops;        /* redirects that were followed for the requests in `latency` */
	uint64_t     cache[3];    /* by enum load_cache: answers of http; UNSAID is not counted */
};

int  load_stats_open(struct load_stats *, int open_loop); /* 0 or -ENOMEM */
void load_stats_close(struct load_stats *);
void load_stats_merge(struct load_stats *into, const struct load_stats *from);

/* n errors of a kind; the text is kept when they are the first. */
void load_stats_error(struct load_stats *, enum load_error, uint64_t n, const char *text);

uint64_t load_stats_errors(const struct load_stats *); /* of all kinds */

#endif
