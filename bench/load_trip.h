/* load_trip.h - a request that is redirected: from the target to the server that it names, until an answer.
 *
 *     client's connection to the target    ask ---> 301 Location: http://slave/a        (idle, or opened anew)
 *     one of its sides: to that slave                      ask ---> 200                 then ask the target again
 *     latency                              |-----------------------|
 *
 * A client keeps its connections to the servers that it was sent to, a few of them; when it comes to one more,
 * another is closed. With --churn, or where a server closes, it is a new one for each hop. All of them are
 * struct load_conn, with the same code behind them; in a side, `trip` leads back to the client.
 *
 * When a side fails, the request has failed; the client rests for a while and asks the target again. That a
 * side is closed which nobody waits for is no error. */
#ifndef BENCH_LOAD_TRIP_H
#define BENCH_LOAD_TRIP_H

#include "bench/load_request.h"
#include "bench/load_worker.h"

enum { LOAD_HOPS_MAX = 5, LOAD_SIDES_MAX = 8 };

struct load_trip {
	struct load_conn *client; /* of the worker's conns */
	struct load_conn *at;     /* the side that owes the answer; NULL: the client is at home */
	struct load_sent  sent;   /* the request that is on its way */
	unsigned          hops, step;
	struct load_text  address, request; /* of the hop at hand */
	struct load_conn *sides;  /* n_sides of them */
	unsigned          n_sides, next;    /* next: which has to give way */
};

int  load_trips_open(struct load_worker *);  /* one for each connection. 0 or -ENOMEM */
void load_trips_close(struct load_worker *);

/* A connection of a client, the first one or a side, has a complete answer. */
void load_trip_answered(struct load_worker *, struct load_conn *, enum load_verdict, int64_t now);

/* A side is lost, and what it owed; as load_conn_fail(). */
void load_trip_fail(struct load_worker *, struct load_conn *side, enum load_error, const char *text,
		    int64_t now);

/* The deadline of the whole way. */
void load_trip_tick(struct load_worker *, struct load_conn *client, int64_t now);

#endif
