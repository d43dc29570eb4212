/* backend.h - what a way to wait must offer, and what it may call. A plug-in (--backend ./mine.so) needs no more.
 *
 * A backend of the readiness family is a struct poller with three functions, run by reactor_run(). A blocking one is
 * a function that accepts and serves, run by blocking_run() in as many threads as it likes. Both lists of calls below
 * are all there is: the loops themselves live in core/, once.
 *
 * A plug-in exports `const struct backend muxlab_backend`; lab/skeleton_backend.c is one to start from. */
#ifndef CORE_BACKEND_H
#define CORE_BACKEND_H

#include "io.h"

struct counters;
struct server;
struct worker;

enum io_family { IO_BLOCKING, IO_READINESS, IO_HYBRID, IO_COMPLETION }; /* for tables only: no code branches on it */

/* What is watched for, and what was seen. EDGE: tell me once when it becomes ready, not as long as it is.
 * END: hung up, reset, or the peer will send no more; reported unasked. ONCE: after an event say no more until it is
 * watched anew. EXCLUSIVE: of several loops that watch it, tell one. */
enum { WATCH_READ = 1, WATCH_WRITE = 2, WATCH_EDGE = 4, WATCH_END = 8, WATCH_ONCE = 16, WATCH_EXCLUSIVE = 32 };

/* How several loops share the listener (loops.h); a backend's accept_modes is a set of 1 << mode. */
enum accept_mode { ACCEPT_SHARED, ACCEPT_EXCLUSIVE, ACCEPT_REUSEPORT, ACCEPT_DISPATCH };
enum { ACCEPT_ANY = 1 << ACCEPT_SHARED | 1 << ACCEPT_REUSEPORT | 1 << ACCEPT_DISPATCH };

struct ready {
	uint64_t token;
	unsigned seen;  /* WATCH_READ | WATCH_WRITE | WATCH_END; error counts as all three */
};

/* ALL in which select, poll and epoll differ. Functions return >= 0 or -errno. */
struct poller {
	bool edge; /* sessions are watched once, with WATCH_EDGE, and never again */
	/* *state is the poller's own. It counts its calls with `worker`; descriptors stay below max_fds. */
	int  (*open)(void **state, struct worker *worker, int max_fds);
	/* From now on look for `now` (0: for nothing, not even WATCH_END) on fd; `was` was asked for before. */
	int  (*watch)(void *state, int fd, unsigned was, unsigned now, uint64_t token);
	/* The same for `now` and WATCH_ONCE, from any thread, whose counters these are, and while another
	 * one waits. NULL: it cannot. */
	int  (*watch_once)(void *state, struct counters *, int fd, unsigned was, unsigned now, uint64_t token);
	/* Fills in at most max and returns how many; 0 after timeout_ms (-1: never); -EINTR is fine. The reactor's max
	 * is max_fds, so that nothing need be left out; who does leave something out must begin there the next time. */
	int  (*wait)(void *state, struct ready *, int max, int timeout_ms);
	/* fd, which was watched, is about to be closed. NULL: closing takes it off the list by itself. */
	void (*forget)(void *state, int fd);
	void (*close)(void *state);
};

struct backend {
	unsigned       contract;     /* MUXLAB_CONTRACT */
	const char    *name;         /* "epoll_et": file, option, legend, test, lab */
	const char    *summary;
	const char    *see_also;     /* "epoll(7), epoll_ctl(2)"; --list-backends prints it */
	const char    *workers;      /* what --workers counts here: "threads", "loops"; NULL: there is just one */
	int            default_workers; /* 0: one */
	bool           one_each;     /* a worker serves one client at a time: so many are served as there are workers */
	unsigned       accept_modes; /* how several loops may share the listener; 0: it has no loops */
	enum io_family family;
	int            max_sessions; /* clients that are served at the same time; 0: as many as there are descriptors */
	int            max_fd;       /* descriptors must stay below (select's FD_SETSIZE); 0: no such limit */
	int          (*probe)(void); /* 0, or -errno: why this machine cannot; NULL: every machine can */
	const char  *(*advice)(int error); /* what to do about that, in a few words; NULL: the error says it */
	int          (*run)(struct server *, const struct poller *); /* serves until stopped; 0 or -errno */
	const struct poller *poller; /* readiness only */
};

/* ---- for readiness backends ---- */

/* The one reactor: `.run = reactor_run`. */
int reactor_run(struct server *, const struct poller *);

/* ---- for blocking backends ---- */

/* Runs `serve` in n threads until the server is told to stop and each has returned. 0 or -errno: why it could not
 * begin. */
int blocking_run(struct server *, int n, void (*serve)(struct worker *));

/* The same with several kinds of threads. */
struct role {
	int    n;
	void (*serve)(struct worker *);
	void  *with;    /* what worker_with() returns in them */
	bool   passing; /* they serve no client themselves, so they are not shown beside those who do */
};
int   blocking_run_roles(struct server *, const struct role *, int n_roles);
void *worker_with(struct worker *);

/* The same in n processes, which are replaced when they die (processes.h). */
int processes_run(struct server *, int n, void (*serve)(struct worker *));

/* The next client's descriptor, or -1: the server is stopping, return. Waits while the machine is out of
 * descriptors or --max-conns is reached. */
int blocking_accept(struct worker *, struct peer *peer);

/* Serves one client from its first byte to its last, and closes fd. */
void blocking_session(struct worker *, int fd, const struct peer *peer);

/* The same on a new thread, which ends with the session. Waits while no thread is to be had. */
void blocking_spawn(struct worker *, int fd, const struct peer *peer);

/* The same in a new process. */
void processes_spawn(struct worker *, int fd, const struct peer *peer);

/* Until every process that was spawned has ended: the thread that spawned them must not return before. */
void processes_wait(struct worker *);

/* For a client that was handed over, and that no one can serve any more: closes fd. */
void blocking_turn_away(struct worker *, int fd);

/* ---- for all ---- */

/* Prints the "listening" line. reactor_run() and blocking_run() do it; a run() of your own must, once it serves. */
void server_ready(struct server *);

struct counters *worker_counters(struct worker *); /* for the calls of sys.h */
struct server   *worker_server(struct worker *);
int              server_workers(const struct server *); /* --workers */

#endif
