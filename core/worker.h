/* worker.h - a thread that serves: its counters, its buffers, and what its sessions may know of the world.
 *
 * The window is where received bytes stand while a session looks at them: one per thread, hot in cache, instead of
 * one per connection. Between two turns a session's untaken bytes are kept in memory of their own (session.c).
 *
 *        base            start            start+len             cap
 *         | taken bytes    | on offer         | room to receive   |
 */
#ifndef CORE_WORKER_H
#define CORE_WORKER_H

#include <pthread.h>
#include <stdatomic.h>

#include "backend.h"
#include "counters.h"

enum { RECEIVE_SIZE = 16 << 10, SCRATCH_SIZE = 16 << 10 };

struct end;
struct session;

struct window {
	char  *base;
	size_t cap, start, len; /* cap: max_message + RECEIVE_SIZE */
};

struct worker {
	struct counters *counters; /* its own; others read them */
	struct io_env   env;
	int64_t         wall_due_ms; /* when env.wall_s is to be looked up again */
	struct server  *server;
	const struct service *service; /* the server's, or the one beside it */
	struct window   window;
	struct session *session; /* room for one, zeroed by who uses it: a blocking thread has just one at a time */
	struct session *current; /* whose start() or resume() runs, or ran last */
	struct end     *mounted; /* whose bytes are in the window; NULL: no one's (session.c) */
	struct lookups *lookups; /* made when the first name comes; NULL: none has */
	/* Set by drivers that wait for many: */
	bool            nonblocking; /* descriptors are */
	int           (*open_lookups)(struct worker *); /* sets lookups, and how the loop hears of them */
	void          (*forget)(struct worker *, struct end *); /* a watched end is about to be closed */
	/* The server's list of workers, guarded by its lock. */
	struct worker  *next;
	pthread_t       thread;
	struct counters own;
	/* When a call of a blocking thread must end: read by the thread that wakes it. 0: no deadline. */
	_Atomic int64_t deadline_ms;
};

/* Allocates the buffers and enters the server's list, unless the service is the one beside it: that serves no clients.
 * 0 or -ENOMEM. The caller owns *w. */
int  worker_open(struct worker *w, struct server *, const struct service *);
/* Leaves the list; its counts go to the server's total. */
void worker_close(struct worker *w);

/* Gives the sessions that run next the clock, and whether the server is stopping. */
void worker_tick(struct worker *w, int64_t now_ms);

#endif
