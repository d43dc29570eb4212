/* children.h - servers that are kept running: started, watched, started again when they die, stopped in
 * order.
 *
 *     static struct child child[2] = { { .name = "slave 0", .argv = ... }, { .name = "master", .argv = ... } };
 *     struct children c = { .child = child, .n = 2 };
 *     children_open(&c);
 *     for (int i = 0; i < c.n && !error; i++)
 *             error = children_start(&c, &child[i]);    // it listens now, at child[i].where
 *     if (!error)
 *             children_keep(&c);                        // until SIGINT or SIGTERM
 *     children_stop(&c, &child[1], 1, 5000);            // first the master, then the others
 *     children_stop(&c, &child[0], 1, 5000);
 *
 * A child is a server that prints "...: listening on HOST:PORT (...)" when it is ready, and ends at SIGTERM.
 * For programs with a single thread; one struct children in a process, since signals are the process's. */
#ifndef CORE_CHILDREN_H
#define CORE_CHILDREN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
	CHILDREN_MAX = 100,
	CHILD_PAUSE_FIRST_MS = 100, /* before a dead child is started again; doubles with each death ... */
	CHILD_PAUSE_LAST_MS = 5000, /* ... up to this, ... */
	CHILD_STEADY_MS = 10000,    /* ... and begins anew after a life of this length */
	CHILD_START_MS = 30000,     /* who does not listen by then is killed */
	CHILD_TEXT = 64,
};

enum child_state {
	CHILD_DOWN,     /* not running: not yet, or in a pause */
	CHILD_STARTING, /* running, does not listen yet */
	CHILD_UP,
	CHILD_OVER,     /* not running, and will not be started again */
};

struct child {
	/* The caller's; must outlive it. */
	const char        *name;     /* for the log: "slave 2" */
	const char *const *argv;     /* argv[0] is a path; NULL-ended */
	char               where[CHILD_TEXT]; /* for the log; then "127.0.0.1:9002", as it says itself */
	/* To be read. */
	enum child_state   state;
	pid_t              pid;      /* 0: not running */
	char               how[CHILD_TEXT]; /* the last death: "killed by signal 9 (SIGKILL)"; "" */
	int                status;   /* the same: exit status; -1: a signal */
	/* children.c's own. */
	bool               was_up;   /* once at least: from then on it is started again */
	int                pid_fd, out_fd;
	char               line[160]; /* of its standard output, as far as it has come */
	size_t             n_line;
	int                pause_ms; /* the last one */
	int64_t            began_ms; /* its life */
	int64_t            due_ms;   /* DOWN: to be started; STARTING: to be listening */
};

struct children {
	struct child *child;
	int           n;
	int           signal_fd;
	bool          asked;    /* SIGINT or SIGTERM came */
	bool          hurry;    /* a second one, or set by the caller: children_stop() kills at once */
	bool          stopping; /* nothing is started again */
	bool          badly;    /* one that was up did not end with status 0 when it was stopped */
};

/* Blocks the signals that it will take: SIGINT, SIGTERM; SIGHUP and SIGUSR1, which are passed on to the
 * children that listen. Fills missing standard descriptors. 0 or -errno. */
int children_open(struct children *);

/* Starts a child and waits until it listens; those started before are kept meanwhile. 0; -errno: the program
 * cannot be started; -ECHILD: it ended first, see how; -ECANCELED: asked to stop. */
int children_start(struct children *, struct child *);

/* Keeps them all, until asked to stop. */
void children_keep(struct children *);

/* SIGTERM to these n; SIGKILL, to their process groups, to those that still run after grace_ms or when a
 * second SIGINT or SIGTERM comes. Returns when they have ended. No child is started again from now on. */
void children_stop(struct children *, struct child *first, int n, int grace_ms);

/* ---- children_rules.c: what needs no process ---- */

/* The pause before a child is started again: before_ms is the last one (0: none yet), lived_ms how long it
 * ran. */
int child_pause_ms(int before_ms, int64_t lived_ms);

/* The child has printed these bytes. True once: when the line is whole that says where it listens. */
bool child_printed(struct child *, const char *bytes, size_t n);

#endif
