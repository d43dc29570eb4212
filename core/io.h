/* io.h - the contract: a session says what it wants, a backend is a way to wait.
 *
 *     service --- struct io_req:    "receive", "send this", "sleep" ---> backend
 *     service <-- struct io_result: bytes, 0 = end, -errno ------------- backend
 *
 * A session has exactly ONE outstanding request. So a thread can block on it, a poller can wait until it
 * would not block, a ring can submit it. A service makes no system call and knows no descriptor; a backend
 * knows no protocol. What the rule buys: bounded memory (who sends does not read), one owner per buffer, no
 * re-entry, services that are tested as tables. What it costs: no full duplex, so no CONNECT tunnels.
 *
 * The fine print, binding for every driver:
 *
 *  Untaken bytes. A result offers all bytes of its end that the session has not taken; `used` takes some. The
 *    rest is offered again with the next result, but never twice in a row without new bytes, unless something
 *    was done in between. IO_RECV always waits for NEW bytes (or the end). Only a session that took nothing
 *    and asks for more while max_message bytes are on offer gets -EMSGSIZE. So at most max_message plus one
 *    receive is kept per end; a flood of small messages is answered in pieces that fit the scratch buffer.
 *  Lent memory. An unstable buf (offered bytes, scratch) is good until resume() runs again on the same thread.
 *    A driver that cannot send all of it by then copies the rest. `stable` memory outlives the session.
 *  Deadlines. timeout_ms runs from the request, for IO_SEND from the last progress. They fire up to a second
 *    late, never early; a sleep ends as exactly as the kernel can.
 *  Origins and files. One of each at a time, IO_CLOSE to change it; the end closes them, and an idle receive lets the
 *    file go. Names are looked up beside a loop, not in it. A path cannot leave the root. What is known of a file is at
 *    most a second old; one that shrank ends the connection, never a short body.
 *  Errors. When the client's end is dead (reset, send timed out), end() runs and resume() does not. A failing
 *    origin end is a result. Reset while nothing is wanted: found by the next operation.
 *  Threads. start(), resume() and end() of one session never run at the same time; but from one to the next the
 *    thread may change, and env->worker and env->scratch with it.
 *  Graceful stop. Idle sessions get one last receive that does not wait; what came is answered; then half-close,
 *    discard, close. Sessions that owe something have until --grace is over. */
#ifndef CORE_IO_H
#define CORE_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define MUXLAB_CONTRACT 3 /* checked when a plug-in is loaded; changes when a struct of the contract does */

enum io_op { IO_RECV, IO_SEND, IO_SLEEP, IO_CONNECT, IO_OPEN, IO_SENDFILE, IO_CLOSE, IO_DONE };
enum io_end { IO_CLIENT, IO_ORIGIN, IO_FILE }; /* which end of the session, never a descriptor */

struct io_req {                 /* zero but for timeout_ms = -1 when resume() gets it */
	enum io_op  op;
	enum io_end end;
	size_t      used;       /* of the bytes last offered, so many are taken */
	const void *buf;        /* IO_SEND, IO_SENDFILE: all of it; the driver hides short writes. IO_SEND of nothing
	                         * to the origin is done at once, and offers again what is left of its bytes */
	size_t      len;
	union {
		const void *body;  /* IO_SEND, IO_SENDFILE: follows buf in the same call; always stable */
		const char *where; /* IO_CONNECT (end IO_ORIGIN): "host:port"; IO_OPEN: a path below the root */
	};
	size_t      body_len;
	off_t       offset;     /* IO_SENDFILE: buf first, then file_len bytes of the open file from here */
	size_t      file_len;
	int         timeout_ms; /* -1: none; past it the result is -ETIMEDOUT. IO_SLEEP: how long */
	unsigned    answers;    /* IO_SEND: so many requests are answered by it; only counted */
	bool        stable;     /* buf outlives the session (static text, a pinned object) */
	bool        idle;       /* IO_RECV: nothing is owed, a graceful stop may close here */
	bool        linger;     /* IO_DONE: half-close, discard what comes for at most 2 s, then close */
	bool        list;       /* IO_OPEN: of a folder, read the names in it too */
	bool        copy;       /* IO_SENDFILE: through a buffer, with pread and send: to see what sendfile saves. What
	                         * has a body is sent from memory either way */
	bool        in_place;   /* IO_SLEEP: block the very thread that runs resume() (--think block); a reactor
	                         * can then do nothing else, not even stop in time: that is the lesson */
};

struct io_file { /* what IO_OPEN found; the session's until it opens another, closes it, waits idle, or ends */
	off_t       size;
	int64_t     mtime_ns;
	uint64_t    inode;
	bool        directory;
	bool        cut_short;  /* of a folder: there are more names than body holds */
	const char *body;       /* all bytes of a small file, to be sent as IO_SEND's body; of a folder, if asked for,
	                         * its names, sorted, each ended by '\0', folders' by "/\0". NULL: use IO_SENDFILE */
	size_t      body_len;
};

struct io_result {
	enum io_op  op;         /* of the request that this answers */
	ssize_t     n;          /* bytes received or sent, 0 = the peer closed (IO_RECV) or done; or -errno */
	const char *data;       /* untaken bytes, contiguous, also when n <= 0: of the origin after IO_RECV from it
	                         * or IO_SEND to it, else of the client */
	size_t      len;
	const struct io_file *file; /* IO_OPEN */
};

struct peer { /* the other end of a connection, in 20 bytes; peer_format() in net.h prints it */
	uint8_t  addr[16];
	uint16_t port;          /* host byte order */
	uint8_t  family;        /* 4, 6, or 0: not an internet socket */
};

struct io_env { /* all that a service may know of the world; time is an argument, tests need no clock */
	const void        *config;  /* the service's options: config_size bytes, read only */
	void              *shared;  /* shared_size bytes, zeroed, for all threads and processes: atomics, no pointers */
	char              *scratch; /* room to build an answer in, the thread's own */
	size_t             scratch_len; /* at least 4096 */
	const struct peer *peer;    /* of this session */
	int64_t            now_ms, wall_s; /* monotonic; since 1970 */
	int                idle_timeout_ms; /* --idle-timeout: for requests that wait on the client; -1: none */
	unsigned           worker;  /* number of the thread or process that runs this, from 0 */
	unsigned           number;  /* in start(): which of the sessions beside this is, from 0 */
	const struct peer *self;    /* where the server listens; family 0: nowhere (--inetd) */
	/* As IO_OPEN, answered at once from memory: the file becomes the session's, the one before is let go (so send
	 * that first). NULL: not at hand, ask with IO_OPEN; the session keeps what it has. */
	const struct io_file *(*hot_file)(const struct io_env *, const char *path);
	/* Writes a line, its '\n' included, to the access log. NULL: there is none, so do not make the line. */
	void             (*access)(const struct io_env *, const char *line, size_t len);
	bool               stopping; /* a graceful stop has begun: answer "Connection: close" */
};

struct option_def; /* options.h */

struct service {
	unsigned    contract;      /* MUXLAB_CONTRACT */
	const char *name, *summary; /* "zen": the program is zen_server */
	uint16_t    port;          /* the default one */
	size_t      session_size;  /* zeroed bytes of state for each session; 8-byte aligned */
	size_t      shared_size;
	size_t      max_message;   /* longest head or question that must be seen whole; 1 or more */
	size_t      config_size;
	const void *defaults;      /* config_size bytes, copied before the options are read; NULL: zeroed */
	const struct option_def *options; /* they write into the config; ends with a zero entry; NULL: none */
	/* After the options: 0, or -1 with one line in `why` (size bytes). */
	int  (*check)(void *config, char *why, size_t size);
	/* The same, once the address is known; an unspecified one (0.0.0.0, ::) means every address of the machine. */
	int  (*bound)(void *config, const struct peer *self, char *why, size_t size);
	void (*close)(void *config); /* frees what check() made, also when that failed half-way; or NULL */
	bool dials;                /* its clients' sessions connect to origins: half of all descriptors are for that */
	bool logs_access;          /* it calls env->access: so there is --access-log */
	bool ignores_peer;         /* it looks at env->peer only to log an access; a driver need not ask who it is */
	const char *(*root)(const void *config); /* the folder that IO_OPEN looks below; NULL: no files are opened */
	void (*start)(void *session, const struct io_env *, struct io_req *first);
	void (*resume)(void *session, const struct io_env *, const struct io_result *, struct io_req *next);
	void (*end)(void *session, const struct io_env *); /* once for each start(); may be NULL */
	/* Sessions beside those of the clients, with the same config and shared memory, whatever the backend: health
	 * checks. They have no client (its end is dead), so they connect, sleep and open. NULL: none. */
	const struct service *beside;
	int  (*n_beside)(const void *config); /* how many of them; start() gets env->number */
};

#endif
