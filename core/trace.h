/* trace.h - what each thread did and when, for --trace FILE: Chrome Trace Event JSON, for Perfetto or chrome://tracing.
 *
 *     thread 0   |--wait--|accept|--wait--|receive|think|send|--wait-- ...      an event each: begin, end, client
 *     thread 1   |------- receive (it blocks) -------|think|send|------ ...
 *
 * Each thread writes into a ring of its own, so nobody waits for anybody and the newest TRACE_EVENTS of each are kept.
 * What a thread leaves behind is kept too, TRACE_KEPT events in all; what is lost is counted and said. Off, it costs a
 * look at a pointer per system call. Written when the server ends. */
#ifndef CORE_TRACE_H
#define CORE_TRACE_H

#include <stdbool.h>
#include <stdint.h>

#include "clock.h"
#include "counters.h"

struct peer;
struct server;
struct worker;

enum { TRACE_EVENTS = 8192, TRACE_KEPT = 1 << 20 };

/* Kinds are those of counters.h, for calls; and: */
enum { TRACE_THINK = COUNT_KINDS, TRACE_PAUSE_BEGIN, TRACE_PAUSE_END };

struct trace_event {
	int64_t  begin_ns, end_ns;
	int32_t  fd, result;
	uint16_t client; /* its port; 0: of no client */
	uint8_t  kind;
};

struct trace {
	const struct worker *worker; /* whose current session is the client */
	int64_t              began_ns; /* the call that is under way */
	uint64_t             n;       /* events that ever were; the newest TRACE_EVENTS are in the ring */
	struct trace_event  *ring;
	unsigned             number;  /* of the worker */
	bool                 blocks;  /* it waits in accept and receive */
	struct trace        *next;    /* of those that have ended, the server's list */
};

/* A worker's trace, or NULL: tracing is off, or there is no memory for it. */
struct trace *trace_open(const struct worker *);
/* The same for a worker in a process that is to be forked: made before, in memory that both have, so that what a
 * process leaves behind can be read however it has ended. */
struct trace *trace_share(const struct server *, unsigned number);
/* The worker ends, but is still here. NULL is fine. */
void trace_settle(struct trace *);
/* It has ended: its events are the server's now. NULL is fine. */
void trace_close(struct server *, struct trace *);

/* Writes all that was kept to the file, whole or not at all, and prints a few lines on standard error. 0 or -errno. */
int  trace_write(struct server *, const char *file);
void trace_forget(struct server *);

/* Something that began then and has just ended; for a pause, that it begins or ends. */
void trace_add(struct trace *, int kind, int fd, int64_t result, int64_t began_ns);

/* What was added last was of that client's: an accept, which has no session yet. */
void trace_client(struct trace *, const struct peer *);

static inline void trace_begin(struct trace *t)
{
	t->began_ns = clock_ns();
}

static inline bool tracing(const struct counters *c)
{
	return __builtin_expect(c->trace != NULL, 0);
}

#endif
