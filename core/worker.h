/* worker.h - a thread or process that serves: its counters, its buffers, what its sessions may know of the world.
 *
 * The window is where received bytes stand while a session looks at them: one per thread, hot in cache, instead of
 * one per connection. Between two turns a session's untaken bytes are kept in memory of their own (session.c).
 *
 *        base            start            start+len             cap
 *         | taken bytes    | on offer         | room to receive   |
 */
#ifndef CORE_WORKER_H
#define CORE_WORKER_H

#include "backend.h"
#include "board.h"

enum { RECEIVE_SIZE = 16 << 10, SCRATCH_SIZE = 16 << 10 };

struct end;
struct job;
struct session;

struct window {
	char  *base;
	size_t cap, start, len; /* cap: max_message + RECEIVE_SIZE */
};

struct lent { /* bytes in memory of someone else's */
	char  *data;
	size_t len;
};

struct worker {
	struct counters *counters; /* those of its berth */
	struct berth   *berth;     /* its place on the board; beside the clients' sessions: memory of its own */
	struct io_env   env;
	int64_t         wall_due_ms; /* when env.wall_s is to be looked up again */
	struct server  *server;
	const struct service *service; /* the server's, or the one beside it */
	struct window   window;
	char           *home;    /* the window's own memory; its base may be elsewhere for a turn */
	struct lent     brought; /* what has been received for the session that runs next (session.h) */
	struct session *session; /* room for one, zeroed by who uses it: a blocking thread has just one at a time */
	struct session *current; /* whose start() or resume() runs, or ran last */
	struct end     *mounted; /* whose bytes are in the window; NULL: no one's (session.c) */
	void           *with;    /* of its role (backend.h), or of who has the turns (loop.h) */
	struct lookups *lookups; /* made when the first name comes; NULL: none has */
	/* How blocking_converse() has a request done; NULL: it blocks. */
	ssize_t       (*perform)(struct worker *, struct session *, struct job *);
	/* Set by drivers that wait for many: */
	bool            nonblocking; /* descriptors are */
	int             at_once;     /* MSG_DONTWAIT, if they are not but for connecting: what is tried must not wait */
	int           (*open_lookups)(struct worker *); /* sets lookups, and how the loop hears of them */
	void          (*forget)(struct worker *, struct end *); /* a watched end is about to be closed */
	bool          (*close_later)(struct worker *, int fd);   /* instead of close(2), if it says true */
};

/* Allocates the buffers and takes a berth, as one of a crew; unless the service is the one beside the server's:
 * that serves no clients and is not on the board. To be called by the thread that serves. 0, -ENOMEM, or -EAGAIN:
 * no berth is free. The caller owns *w. */
int  worker_open(struct worker *w, struct server *, const struct service *);
/* It comes and goes with a connection, or only brings work to others: so it is not shown by itself in statistics. */
void worker_is_passing(struct worker *w);
/* Leaves its berth, and what it counted there; if it was passing, the berth is free again. */
void worker_close(struct worker *w);

/* Gives the sessions that run next the clock, and whether the server is stopping. */
void worker_tick(struct worker *w, int64_t now_ms);

#endif
