/* blocking.c - the driver of threads that block: one loop for a session, whoever runs it.
 *
 *     serving thread or process                   the thread that called blocking_run(), or the first process
 *     -------------------------                   -----------------------------------------------------------
 *     accept -> session:                          watch.c: signals, deadlines, stop
 *       do { try; resume; } while (not done)        |
 *          ^                                        |
 *          +--- EINTR: look at deadline and phase <-+
 *
 * A coroutine (backends/coroutine.c) runs the same code; where it would block, someone else is served. That is
 * worker.perform, and all the difference.
 *
 * A request costs recv and send and nothing else: deadlines are one store into the worker's berth, no
 * setsockopt and no timer of the kernel's.
 *
 * Limits: as many clients as threads. A reset is seen when the thread next touches the socket.
 * signal(7) "Interruption of system calls", accept(2), recv(2), pthread_create(3).
 *
 * SPDX-License-Identifier: MIT */
#include "blocking.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "error.h"
#include "log.h"
#include "processes.h"
#include "server.h"
#include "session.h"
#include "sys.h"
#include "watch.h"
#include "worker.h"

enum { MARGIN_MS = 20, ROOM_WAIT_S = 1 };

/* A session needs little stack: its buffers are the worker's. Sanitizers put red zones on it. */
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
enum { STACK_SIZE = 1 << 20 };
#else
enum { STACK_SIZE = 128 << 10 };
#endif

/* ---- one session ---- */

static void set_deadline(struct worker *w, int64_t when_ms)
{
	atomic_store_explicit(&w->berth->deadline_ms, when_ms, memory_order_relaxed);
}

static bool deadline_passed(struct worker *w)
{
	int64_t deadline = atomic_load_explicit(&w->berth->deadline_ms, memory_order_relaxed);
	return deadline && clock_ms() > deadline;
}

/* The clock is read for every request, so it is the coarse one; and deadlines get a margin for what it is behind. */
static void tick(struct worker *w)
{
	worker_tick(w, clock_coarse_ms());
}

/* The time of a request runs from here. A sleep ends by itself. */
static void begin_request(struct worker *w, const struct job *job)
{
	int timeout_ms = job->req.op == IO_SLEEP ? -1 : job->req.timeout_ms;
	tick(w);
	set_deadline(w, timeout_ms < 0 ? 0 : w->env.now_ms + MARGIN_MS + timeout_ms);
}

/* Performs the request: blocks until it is done, its deadline passes, or the server is over (-ECANCELED). */
static ssize_t perform(struct worker *w, struct session *s, struct job *job)
{
	begin_request(w, job);
	for (;;) {
		enum io_op op = job->req.op;
		size_t done = job->done;
		ssize_t n = session_try(w, s, job);
		if (n != -EINTR)
			return n;
		if (server_phase(w->server) == SERVER_OVER)
			return -ECANCELED;
		if (job->req.op != op || job->done > done)
			begin_request(w, job); /* it moves */
		else if (deadline_passed(w))
			return -ETIMEDOUT;
		tick(w);
	}
}

/* Also at an end that comes while every request is done at once. */
static bool is_cut(const struct worker *w, ssize_t n)
{
	return n == -ECANCELED || server_phase(w->server) == SERVER_OVER;
}

void blocking_converse(struct worker *w, struct session *s, int fd, const struct peer *peer)
{
	struct job job;
	ssize_t n;
	session_begin(w, s, fd, peer, &job);
	do
		n = w->perform ? w->perform(w, s, &job) : perform(w, s, &job);
	while (!is_cut(w, n) && session_resume(w, s, &job, n));
	session_end(w, s);
}

/* The other half of what blocking_accept() counted. */
static void count_out(struct server *server)
{
	pthread_mutex_lock(&server->lock);
	atomic_fetch_sub(&server->board->n_sessions, 1);
	pthread_cond_broadcast(&server->session_ended);
	pthread_mutex_unlock(&server->lock);
}

/* One client's process leaves when it is buried, not before. */
static void client_has_left(struct worker *w)
{
	if (w->server->berth && w->berth->use == BERTH_PASSING)
		return;
	atomic_store(&w->berth->n_sessions, 0);
	count_out(w->server);
}

void blocking_session(struct worker *w, int fd, const struct peer *peer)
{
	atomic_store(&w->berth->n_sessions, 1);
	memset(w->session, 0, sizeof *w->session + w->server->service->session_size);
	tick(w);
	blocking_converse(w, w->session, fd, peer);
	set_deadline(w, 0);
	client_has_left(w);
}

void blocking_turn_away(struct worker *w, int fd)
{
	sys_close(w->counters, fd);
	client_has_left(w);
}

/* ---- accepting ---- */

/* Until a client leaves, a while has passed, or the watch has news of a stop. In a child no one else could tell: so
 * it sleeps, and the watch wakes it. */
static void wait_for_room(struct worker *w)
{
	struct server *server = w->server;
	struct timespec until;
	if (server->berth) {
		sys_sleep_until(w->counters, clock_ns() + ROOM_WAIT_S * INT64_C(1000000000));
		return;
	}
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += ROOM_WAIT_S;
	pthread_mutex_lock(&server->lock);
	if (server_phase(server) != SERVER_OVER)
		pthread_cond_clockwait(&server->session_ended, &server->lock, CLOCK_MONOTONIC, &until);
	pthread_mutex_unlock(&server->lock);
}

/* Those who connected before the stop are served; then there is no one left to wait for. */
static void stop_waiting(int listen_fd)
{
	int flags = fcntl(listen_fd, F_GETFL);
	if (!(flags & O_NONBLOCK))
		fcntl(listen_fd, F_SETFL, flags | O_NONBLOCK);
}

/* Where each worker serves one client, the workers are the limit. */
static bool is_full(const struct server *server)
{
	return !server->backend->one_each && atomic_load(&server->board->n_sessions) >= server->max_sessions;
}

int blocking_accept(struct worker *w, struct peer *peer)
{
	struct server *server = w->server;
	for (;;) {
		enum server_phase phase = server_phase(server);
		if (phase == SERVER_OVER)
			return -1;
		if (phase == SERVER_STOPPING) {
			stop_waiting(server->listen_fd);
		} else if (is_full(server)) {
			server_say_full(server);
			wait_for_room(w);
			continue;
		}
		int fd = sys_accept(w->counters, server->listen_fd, peer, 0);
		if (fd >= 0) {
			atomic_fetch_add(&server->board->n_sessions, 1);
			return fd;
		}
		if (fd == -EAGAIN)
			return -1; /* only a listener that has stopped waiting says so */
		if (!server_accept_failed(server, fd))
			wait_for_room(w);
	}
}

/* ---- threads ---- */

struct spawned {
	struct server *server;
	int            fd;
	struct peer    peer;
};

static void *serve_one(void *argument)
{
	struct spawned spawned = *(struct spawned *)argument;
	struct worker w;
	free(argument);
	int error = worker_open(&w, spawned.server, spawned.server->service);
	if (error) {
		close(spawned.fd);
		count_out(spawned.server);
		return NULL;
	}
	worker_is_passing(&w);
	blocking_session(&w, spawned.fd, &spawned.peer);
	worker_close(&w);
	return NULL;
}

static int start_thread(pthread_t *thread, bool detached, void *(*run)(void *), void *argument)
{
	pthread_attr_t attributes;
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK_SIZE);
	if (detached)
		pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	int error = pthread_create(thread, &attributes, run, argument);
	pthread_attr_destroy(&attributes);
	return -error;
}

static int try_spawn(struct worker *w, int fd, const struct peer *peer)
{
	pthread_t thread;
	struct spawned *spawned = malloc(sizeof *spawned);
	if (!spawned)
		return -ENOMEM;
	*spawned = (struct spawned){ w->server, fd, *peer };
	count_add(w->counters, COUNT_SPAWN, 1);
	int error = start_thread(&thread, true, serve_one, spawned);
	if (error)
		free(spawned);
	return error;
}

/* Tries until it is done, or the server is over. */
static void spawn(struct worker *w, int fd, const struct peer *peer, const char *what,
		  int (*try)(struct worker *, int, const struct peer *))
{
	struct server *server = w->server;
	for (int error; (error = try(w, fd, peer)) < 0;) {
		server_say_none_left(server, what, error);
		wait_for_room(w);
		if (server_phase(server) == SERVER_OVER) {
			blocking_turn_away(w, fd);
			return;
		}
	}
}

void blocking_spawn(struct worker *w, int fd, const struct peer *peer)
{
	spawn(w, fd, peer, "thread", try_spawn);
}

void processes_spawn(struct worker *w, int fd, const struct peer *peer)
{
	spawn(w, fd, peer, "process", processes_try_spawn);
}

/* ---- crews of threads ---- */

struct crew;

struct member {
	struct crew       *crew;
	const struct role *role;
	pthread_t          thread;
	atomic_bool        returned;
	int                error; /* why it could not begin */
};

struct crew {
	struct server *server;
	int            n, started;
	struct member *members;
};

static void *run_member(void *argument)
{
	struct member *m = argument;
	struct server *server = m->crew->server;
	struct worker w;
	m->error = worker_open(&w, server, server->service);
	if (m->error) {
		server_stop(server);
	} else {
		w.with = m->role->with;
		if (m->role->passing)
			worker_is_passing(&w);
		m->role->serve(&w);
		worker_close(&w);
	}
	atomic_store(&m->returned, true);
	return NULL;
}

static bool all_returned(void *what)
{
	struct crew *crew = what;
	struct server *server = crew->server;
	for (int i = 0; i < crew->started; i++)
		if (!atomic_load(&crew->members[i].returned))
			return false;
	pthread_mutex_lock(&server->lock);
	bool none = !server->board->n_passing && atomic_load(&server->board->n_sessions) == 0;
	pthread_mutex_unlock(&server->lock);
	return none;
}

static int start_members(struct crew *crew, const struct role *role)
{
	for (int i = 0; i < role->n; i++) {
		struct member *m = &crew->members[crew->started];
		m->crew = crew;
		m->role = role;
		int error = start_thread(&m->thread, false, run_member, m);
		if (error)
			return error;
		crew->started++;
	}
	return 0;
}

static int run_crew(struct crew *crew, const struct role *roles, int n_roles)
{
	int error = 0;
	watch_prepare(crew->server);
	for (int i = 0; !error && i < n_roles; i++)
		error = start_members(crew, &roles[i]);
	if (error)
		server_stop(crew->server);
	else
		server_ready(crew->server);
	watch_over(crew->server, all_returned, crew);
	for (int i = 0; i < crew->started; i++) {
		pthread_join(crew->members[i].thread, NULL);
		error = error ? error : crew->members[i].error;
	}
	return error;
}

int blocking_run_roles(struct server *server, const struct role *roles, int n_roles)
{
	struct crew crew = { .server = server };
	for (int i = 0; i < n_roles; i++)
		crew.n += roles[i].n;
	crew.members = calloc((size_t)crew.n, sizeof *crew.members);
	int error = crew.members ? run_crew(&crew, roles, n_roles) : -ENOMEM;
	free(crew.members);
	return error;
}

int blocking_run(struct server *server, int n, void (*serve)(struct worker *))
{
	struct role role = { .n = n, .serve = serve };
	return blocking_run_roles(server, &role, 1);
}
