/* proactor.h - what io_uring and posix_aio differ in: how an operation is begun, and how its end is heard of.
 *
 * Completions by token, each operation once:
 *
 *     accept, receive, send, poll ---> ( the kernel, or threads of libc ) ---> wait ---> next ---> token, result
 *                                          ^ cancel */
#ifndef CORE_PROACTOR_H
#define CORE_PROACTOR_H

#include <sys/uio.h>

#include "loop.h"

enum { PROACTOR_ACCEPTS = 16 }; /* asked for at the same time */

struct done {
	uint64_t    token;
	ssize_t     n;     /* >= 0 or -errno; -ECANCELED: it has been called back. Of an accept: the descriptor */
	char       *data;  /* of a receive: n bytes, lent until the next call of next() */
	struct peer peer;  /* of an accept */
};

/* Functions return >= 0 or -errno. Nobody but the thread that opened it calls them. */
struct completer {
	int  (*open)(void **state, struct worker *);
	void (*close)(void *state); /* nothing is under way but polls */
	/* One client. token: TOKEN_LISTENER | i << 8, with an i below PROACTOR_ACCEPTS that is not in use. */
	int  (*accept)(void *state, int fd, uint64_t token);
	/* As many bytes as there are, at most RECEIVE_SIZE. */
	int  (*receive)(void *state, int fd, uint64_t token);
	/* Some of head, then body, at least a byte. Both stay until it is done. */
	int  (*send)(void *state, int fd, struct iovec head, struct iovec body, uint64_t token);
	/* WATCH_READ, WATCH_WRITE. n: what was seen, bits of poll(2). */
	int  (*poll)(void *state, int fd, unsigned watch, uint64_t token);
	/* Calls it back. It is done soon, perhaps with its result. */
	void (*cancel)(void *state, uint64_t token);
	/* Begins what has been asked for and waits; how many are done (more than next() may have). -EINTR is fine. */
	int  (*wait)(void *state, int timeout_ms);
	/* False: there is none. */
	bool (*next)(void *state, struct done *);
	/* Closes it at some time soon. NULL: close(2) does. */
	int  (*close_fd)(void *state, int fd);
};

int proactor_run(struct server *, const struct completer *);

#endif
