/* load_worker.h - one thread of the load generator: its own epoll set, connections, schedule and counts.
 *
 *     OPENING --> WARMING --> MEASURING --> DRAINING --> FINISHED
 *     connect     ask, but    ask, and      ask no more, the answers
 *                 do not      count         that are owed still come
 *                 count
 *
 * Closed loop: a connection asks again as soon as it has its answer, so a slow server is asked less. Open
 * loop (--rate): request k is DUE at a time that was fixed before the run, k / rate after its begin, on
 * connection k modulo connections; when that connection still waits for an answer the request waits too, and
 * its latency counts from when it was due. So a server that stalls for a second is charged for all that
 * should have been asked in that second. */
#ifndef BENCH_LOAD_WORKER_H
#define BENCH_LOAD_WORKER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "bench/load_config.h"
#include "bench/load_place.h"
#include "bench/load_protocol.h"
#include "bench/load_source.h"
#include "bench/load_stats.h"
#include "bench/load_timeline.h"

enum { LOAD_BUFFER = 64 << 10 }; /* of a thread, for what it receives */
enum load_phase { LOAD_OPENING, LOAD_WARMING, LOAD_MEASURING, LOAD_DRAINING, LOAD_FINISHED };
enum conn_state { CONN_DOWN, CONN_CONNECTING, CONN_OPEN };

struct load_sent { /* a request that has not been answered */
	int64_t due_ns, sent_ns; /* the same in a closed loop */
};

struct load_trip; /* load_trip.h */
struct load_text; /* load_request.h */

struct load_conn {
	int                fd;
	enum conn_state    state;
	unsigned           in_flight;  /* requests sent and not answered: a ring of `pipeline` entries */
	unsigned           oldest;
	struct load_sent  *sent;
	unsigned           step;       /* of the script: what is asked next */
	const char        *unsent;     /* what the socket has not taken yet */
	size_t             n_unsent;
	uint64_t           slot;       /* of the schedule: which request is asked next (open loop) */
	int64_t            wake_ns;    /* DOWN, OPEN: not to be used before; CONNECTING: given up after */
	int                backoff_ms;
	bool               useful;     /* it has been answered at least once since it was opened */
	unsigned           place;      /* whom it is connected to; 0: the target */
	struct load_trip  *trip;       /* redirects are followed: the client's whose connection this is; NULL */
	bool               away;       /* of a client: a side owes the answer to its request */
	struct load_reader reader;
};

struct load_shared { /* by all threads of a run */
	const struct load_config  *config;
	const struct load_sources *sources;
	int         n_sides;          /* that each client may have beside its first connection; 0: no redirects */
	int64_t     begin_ns;         /* of the warm-up, and of the schedule */
	atomic_bool stop;             /* SIGINT: finish soon */
	atomic_int  n_measuring, n_measured; /* threads that have begun and ended to measure */
	void      (*mark)(struct load_shared *, bool end); /* by the first to begin and the last to end */
};

struct load_worker {
	struct load_shared *shared;
	const struct load_config *config;
	const struct load_protocol *protocol;
	struct load_script  script;
	struct load_stats   stats;
	struct load_conn   *conns;
	struct load_sent   *sent;     /* the rings of all of them */
	struct load_trip   *trips;    /* --follow: of each of them; NULL */
	struct load_conn   *sides;    /* and their further connections */
	struct load_places *places;   /* --follow, --timeline: who did what; NULL */
	struct load_timeline timeline;
	unsigned            n_conns;
	unsigned            n_up, n_connecting; /* of conns and sides: CONNECTING or OPEN; CONNECTING */
	unsigned            source;   /* of the next connection */
	int                 number;   /* of this thread */
	int                 epoll_fd, timer_fd;
	bool                ticks_fast, any_rests;
	unsigned            first_tick; /* of conns, the one that the timer looks at first */
	char               *buffer;

	enum load_phase     phase;
	int64_t             phase_end_ns; /* INT64_MAX: something else ends it */
	int64_t             start_ns, end_ns; /* of what is counted */
	int64_t             last_answer_ns;
	int64_t             quota, to_issue; /* --requests: of this thread; how many may still be sent */
	int64_t             settled;  /* since start_ns: answered or failed */
	bool                gave_up;  /* --requests, but the server is gone */

	uint64_t            slot, slot_limit; /* the schedule's next request */
	int64_t             slot_ns;  /* and when it is due; INT64_MAX: none will be */
	_Atomic uint64_t    answers;  /* for the progress line */
};

/* ---- load_worker.c ---- */
int   load_worker_open(struct load_worker *, struct load_shared *, int number); /* 0 or -errno */
void  load_worker_connect(struct load_worker *);  /* OPENING; until every connection is up or has failed */
void  load_worker_run(struct load_worker *);      /* the rest, from shared->begin_ns on */
void  load_worker_close(struct load_worker *);
void  load_worker_pass(struct load_worker *, int64_t now); /* moves on to the phase of this time */
void  load_worker_watch_rest(struct load_worker *); /* the end of a connection's rest must not be missed */
void  load_worker_stop_measuring(struct load_worker *, int64_t now);

/* ---- load_schedule.c: when is what asked? ---- */
void     load_schedule_begin(struct load_worker *);           /* of the whole schedule, at shared->begin_ns */
void     load_schedule_quota(struct load_worker *);           /* at start_ns: --requests begins to count */
void     load_schedule_advance(struct load_worker *, int64_t now);
unsigned load_schedule_allowed(const struct load_worker *, const struct load_conn *); /* to be asked now */
int64_t  load_schedule_due(struct load_worker *, struct load_conn *, int64_t now); /* takes the next one */
uint64_t load_schedule_owed(const struct load_worker *, const struct load_conn *); /* due, and not sent */

/* ---- load_conn.c: one connection ---- */
void load_conn_open(struct load_worker *, struct load_conn *, int64_t now);
void load_conn_close(struct load_worker *, struct load_conn *);
void load_conn_event(struct load_worker *, struct load_conn *, uint32_t events);
void load_conn_next(struct load_worker *, struct load_conn *, int64_t now); /* asks what may be asked */
void load_conn_tick(struct load_worker *, struct load_conn *, int64_t now); /* its deadlines */
/* The connection is lost, and with it every answer that it owes; it is opened again after a while. */
void load_conn_fail(struct load_worker *, struct load_conn *, enum load_error, const char *text, int64_t now);
void load_conn_lost(struct load_worker *, struct load_conn *, int error, int64_t now); /* by -errno */
void load_conn_settle(struct load_worker *, struct load_conn *, int64_t now); /* the oldest request is over */
/* One that is in no ring is over. */
void load_conn_over(struct load_worker *, const struct load_sent *, int64_t now);
/* Asks nothing for a while, longer each time. */
void load_conn_rest(struct load_worker *, struct load_conn *, int64_t now);
void load_conn_rearm(struct load_worker *, struct load_conn *); /* tells once more of what is there */
bool load_conn_counts(const struct load_worker *, const struct load_sent *); /* is it measured? */
/* Sends this, which must stay there, on a side that owes nothing, and opens it if need be. May fail at once. */
void load_conn_send(struct load_worker *, struct load_conn *, const struct load_text *, unsigned step,
		    int64_t now);
/* Counts n errors, of the server at `place`. */
void load_conn_error(struct load_worker *, unsigned place, enum load_error, uint64_t n, const char *text,
		     int64_t now);
/* Where what this server does at this time is counted. With places only. */
struct load_tally *load_conn_tally(struct load_worker *, unsigned place, int64_t now);

/* ---- load_answer.c ---- */
void load_conn_receive(struct load_worker *, struct load_conn *, uint32_t events);
/* The last answer to a request, on this connection. Is it right, and measured? */
bool load_answer_count(struct load_worker *, struct load_conn *, enum load_verdict, const struct load_sent *,
		       int64_t now);

#endif
