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

struct done {
	uint64_t    token;
	ssize_t     n;     /* >= 0 or -errno; -ECANCELED: it has been called back. Of an accept: the descriptor */
	char       *data;  /* of a receive: n bytes, lent until the next call of next() */
	bool        goes_on; /* of an accept: there will be more */
	struct peer peer;
};

/* Functions return >= 0 or -errno. Nobody but the thread that opened it calls them. */
struct completer {
	bool blocking; /* its sockets block */
	int  (*open)(void **state, struct worker *);
	void (*close)(void *state); /* nothing is under way but polls */
	/* Clients: one, or (goes_on) one after the other until it fails or is called back. Its token is
	 * TOKEN_LISTENER. */
	int  (*accept)(void *state, int fd);
	/* As many bytes as there are, at most RECEIVE_SIZE. Of a client, more may be received in advance,
	 * and be kept until they are asked for; when n <= 0, nothing is. */
	int  (*receive)(void *state, int fd, uint64_t token);
	/* Some of head, then body, at least a byte. Both stay until it is done. */
	int  (*send)(void *state, int fd, struct iovec head, struct iovec body, uint64_t token);
	/* WATCH_READ, WATCH_WRITE. n: what was seen, bits of poll(2). */
	int  (*poll)(void *state, int fd, unsigned watch, uint64_t token);
	/* Calls back what is under way: the request's operation, or, for TOKEN_LISTENER, the accept. It is done soon,
	 * perhaps with its result. */
	void (*cancel)(void *state, enum io_op op, uint64_t token);
	/* The client whose token this is will be closed; drops what was received in advance. NULL: there is
	 * no such thing. */
	void (*forget)(void *state, uint64_t token);
	/* Begins what has been asked for and waits; how many are done (more than next() may have). -EINTR is fine. */
	int  (*wait)(void *state, int timeout_ms);
	/* False: there is none. */
	bool (*next)(void *state, struct done *);
	/* Closes it at some time soon. NULL: close(2) does. */
	int  (*close_fd)(void *state, int fd);
};

int proactor_run(struct server *, const struct completer *);

#endif
