/* counters.h - what a thread did, by kind. Always on: a count is a plain add to the thread's own cache line.
 *
 * Only the owner writes. Others may read at any time (SIGUSR1, the end), hence relaxed atomics: a load and a store,
 * not a locked instruction. */
#ifndef CORE_COUNTERS_H
#define CORE_COUNTERS_H

#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>

enum count {
	/* system calls that serve clients */
	COUNT_ACCEPT, COUNT_RECV, COUNT_SEND, COUNT_WAIT, COUNT_CTL, COUNT_SLEEP, COUNT_CLOSE, COUNT_SHUTDOWN,
	COUNT_CONNECT, COUNT_OPEN, COUNT_PREAD, COUNT_SENDFILE, COUNT_SPAWN, COUNT_FUTEX, COUNT_SIGMASK,
	COUNT_ENTER, COUNT_AIO, COUNT_OTHER,
	COUNT_CALLS, /* how many kinds of calls there are */
	/* what they found */
	COUNT_EAGAIN = COUNT_CALLS, /* calls that found nothing to do */
	COUNT_EMPTY,    /* waits that slept and ended without an event: only time had passed */
	COUNT_EVENTS,   /* events that waits reported */
	COUNT_SCANNED,  /* descriptors that had to be looked at to find them */
	COUNT_VAIN,     /* wake-ups for the listener that found no one: another thread had been quicker */
	COUNT_HANDED,   /* hand-overs of a session, or of a new client, to another thread */
	COUNT_SWITCHES, /* from one coroutine's stack to another's */
	COUNT_SESSIONS, COUNT_RESUMES, COUNT_ANSWERS, COUNT_BYTES_IN, COUNT_BYTES_OUT,
	COUNT_KINDS
};

extern const char *const count_names[COUNT_KINDS]; /* "accept", "recv", ... as in the JSON */

struct trace;

struct counters {
	struct trace    *trace; /* of the same thread; NULL: --trace is off */
	_Atomic uint64_t n[COUNT_KINDS];
};

static inline uint64_t count_get(const struct counters *c, enum count kind)
{
	return atomic_load_explicit(&c->n[kind], memory_order_relaxed);
}

static inline void count_add(struct counters *c, enum count kind, uint64_t n)
{
	atomic_store_explicit(&c->n[kind], count_get(c, kind) + n, memory_order_relaxed);
}

/* Adds all of `from` to `to`. */
void counters_merge(struct counters *to, const struct counters *from);

/* For people: an aligned table with a column per answer. */
void counters_print(FILE *, const struct counters *);

#endif
