/* server.h - one server: a service, a backend, a listener, options, and the way to an end.
 *
 * server_main() is the whole main() of every server program. For backends: what the drivers share. */
#ifndef CORE_SERVER_H
#define CORE_SERVER_H

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "access.h"
#include "backend.h"
#include "board.h"
#include "io.h"

enum server_phase {
	SERVER_RUNNING,
	SERVER_STOPPING, /* no new clients; those here get their answers, until grace_end_ms */
	SERVER_OVER,     /* every session is cut now */
};

struct server_options {
	const char *backend;      /* a name, or a path to a .so */
	const char *host;
	int         port;         /* -1: the service's */
	int         workers;      /* 0: as many as the backend likes */
	int         accept;       /* enum accept_mode; -1 until the backend is known, if nothing was said */
	int         max_conns;    /* 0: what descriptors allow */
	int         backlog;
	int         idle_timeout_ms; /* 0: none */
	int         grace_ms;
	int         log_level;
	size_t      file_cache;   /* bytes; 0: no file is kept */
	const char *log_file, *stats_file, *access_file, *trace_file;
	bool          list_backends, inetd;
	bool          processes;  /* loops are processes, not threads */
};

struct server {
	const struct service *service;
	const struct backend *backend;
	const char           *program;
	struct server_options options;
	void                 *config, *shared;
	int                   listen_fd;
	struct peer           self;         /* where it listens */
	struct access_log     access;
	struct beside        *beside;       /* sessions without clients, on a thread of their own; NULL: none */
	int                   root_fd;      /* IO_OPEN looks below it; -1: the service opens no files */
	struct files         *files;        /* what was opened there; NULL: the same */
	int                   max_fds, max_sessions; /* both are more than 0 */

	struct board         *board;        /* what all threads and processes know of each other */
	struct berth         *berth;        /* of this process; NULL: it is the first, no one has forked it */
	struct processes     *processes;    /* the crew of those that this one has forked; NULL: none */
	struct loops         *loops;        /* how they are to be run; NULL: the backend has none */
	pthread_mutex_t       lock;         /* guards those below, and the berths of the board */
	struct trace         *traces;       /* of workers that have ended */
	atomic_uint_least64_t traced;       /* events in them */
	pthread_cond_t        session_ended; /* with lock: for threads that wait for room */
};

/* Runs a server program from its options to its end; returns the exit status. `backends` ends with NULL. */
int server_main(const struct service *, const char *program, const struct backend *const *backends, int argc,
		char **argv);

static inline enum server_phase server_phase(const struct server *s)
{
	return (enum server_phase)atomic_load_explicit(&s->board->phase, memory_order_acquire);
}

/* When a graceful stop is over at the latest, on the monotonic clock. */
static inline int64_t server_grace_end_ms(const struct server *s)
{
	return atomic_load_explicit(&s->board->grace_end_ms, memory_order_relaxed);
}

/* Loops count their sessions here, since --max-conns is for all of them together. A process's are counted in its berth
 * too: if it is killed they are over. */
static inline void server_count_sessions(struct server *s, struct berth *berth, int change)
{
	atomic_fetch_add_explicit(&s->board->n_sessions, change, memory_order_relaxed);
	if (s->options.processes)
		atomic_fetch_add_explicit(&berth->n_sessions, change, memory_order_relaxed);
}
static inline bool server_is_full(struct server *s)
{
	return atomic_load_explicit(&s->board->n_sessions, memory_order_relaxed) >= s->max_sessions;
}

/* --max-conns is reached, new clients wait: said once a minute at most. */
void server_say_full(struct server *);
/* Nor is there a thread, a process (`what`) for the client that has come: the same. */
void server_say_none_left(struct server *, const char *what, int error);

/* The signals that a server acts on: SIGINT, SIGTERM, SIGHUP, SIGUSR1. They are blocked in every thread, and
 * taken from one place by the driver (signalfd(2) in the reactor, sigtimedwait(2) beside blocking threads). */
void server_signals(sigset_t *);
void server_handle_signal(struct server *, int signo);

/* Runs n sessions of service->beside, without listener and signals, until wake_fd is readable. */
int reactor_beside(struct server *, const struct poller *, int n, int wake_fd);

/* Begins a graceful stop; the second time, ends it at once. */
void server_stop(struct server *);
/* Ends a graceful stop whose time is over. */
void server_check_grace(struct server *);

/* Accept failed with `error` (< 0). True: nothing happened to us, go on (the client went away, accept(2) NOTES:
 * treat network errors like EAGAIN). False: the machine is tired, pause; said once a minute at most. */
bool server_accept_failed(struct server *, int error);

#endif
