/* session.h - the driver's side of a session: attempt its request, give it the result, keep what it left.
 *
 * A session's life, whichever driver runs it:
 *
 *     session_begin ---> job ---> session_try ---> n ---> session_resume ---> job ... ---> session_end
 *                         ^            |                        (false: it is over)
 *                         |         -EAGAIN
 *                         |            v
 *                 session_unpark <- (wait) <- session_park
 *
 * A blocking driver never sees -EAGAIN and so never parks: it is the two functions in a loop. */
#ifndef CORE_SESSION_H
#define CORE_SESSION_H

#include <sys/uio.h>

#include "dial.h"
#include "end.h"
#include "io.h"
#include "worker.h"

enum { LINGER_MS = 2000, STOP_LINGER_MS = 500, LEAST_LINGER_MS = 20 };

/* The request at hand, and how much of it is done. Lives on the stack of the thread that serves. */
struct job {
	struct io_req req;
	size_t        done;     /* bytes sent so far, of those that req names */
	size_t        before;   /* and those sent before it was parked, which req names no more */
	int64_t       until_ns; /* IO_SLEEP in place: when it ends; 0: not begun */
};

/* What a session has reached for besides its client: made when it first does. */
struct reach {
	struct end         origin;
	struct dial        dial;    /* the way to it */
	struct file_entry *file;    /* pinned (files.h); NULL: none */
};

struct session {
	struct end     client;
	struct reach  *reach;      /* NULL: nothing yet */
	struct parked *parked;     /* a send that waits: what is left of it */
	struct peer    peer;
	/* Of the request, while it is parked: */
	uint8_t        op, end_of; /* enum io_op, enum io_end */
	uint8_t        wants;      /* WATCH_READ, WATCH_WRITE of that end; 0: it waits for no end (a sleep, a name) */
	bool           idle, linger, in_place, list, copy;
	int            timeout_ms;
	_Alignas(8) char state[];  /* the service's, session_size bytes */
};

/* fd belongs to the session from now on. *job is its first request. s is zeroed. */
void session_begin(struct worker *, struct session *s, int fd, const struct peer *, struct job *job);

/* One attempt at the request: >= 0 or -errno is its result, but for two that are none:
 *   -EAGAIN  it would block: park it, wait for what it wants, or for the name that it asked for, then try again
 *   -EINTR   look around (signals, deadlines, other sessions), then try again: a signal came; or a piece of a large
 *            file, or of a flood, is done; or the request has become another one, at a graceful stop
 * IO_SLEEP blocks here; a driver that must not waits for it itself. */
ssize_t session_try(struct worker *, struct session *, struct job *job);

/* Gives the result to the session; *job is its next request. False: it is over, call session_end(). */
bool session_resume(struct worker *, struct session *, struct job *job, ssize_t n);

/* Between two turns of a reactor. 0 or -ENOMEM: end the session. */
int  session_park(struct worker *, struct session *, const struct job *job);
void session_unpark(struct worker *, struct session *, struct job *job);

/* For drivers that hand requests to the kernel instead of trying them. n bytes have come for the end that the parked
 * session waits for: they stand in its window in the turn that follows, and must stay where they are until that is
 * over. n, or -EMSGSIZE: it has left so much that there is no room for them. */
ssize_t session_bring(struct worker *, const struct session *, char *data, size_t n);
/* What is left of its parked send, head and body. */
void session_left(const struct session *, struct iovec *head, struct iovec *body);
/* The kernel has sent n bytes of that. The request's result, or -EAGAIN: there is more. */
ssize_t session_sent(struct worker *, struct session *, size_t n);

/* That end; NULL: there is no origin (yet). */
static inline struct end *session_end_of(const struct session *s, enum io_end which)
{
	if (which == IO_CLIENT)
		return (struct end *)&s->client;
	return which == IO_ORIGIN && s->reach ? &s->reach->origin : NULL;
}

/* Makes it when it is not there yet; NULL: no memory. */
struct reach *session_reach(struct session *);

/* Is the parked request one that a graceful stop may cut short? */
bool session_is_idle(const struct session *);

void session_end(struct worker *, struct session *);

#endif
