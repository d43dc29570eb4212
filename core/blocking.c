/* blocking.c - the driver of threads that block: one loop for a session, one thread that watches over them all.
 *
 *     serving thread                              the thread that called blocking_run()
 *     --------------                              -------------------------------------
 *     accept -> session:                          sigtimedwait, twice a second:
 *       do { try; resume; } while (not done)        a deadline has passed? --+
 *          ^                                        stop asked for? ---------+--> WAKE signal to that thread
 *          +--- EINTR: look at deadline and phase <--------------------------+
 *
 * A request costs recv and send and nothing else: deadlines are one store into the worker, no setsockopt and no
 * timer of the kernel's. A thread that blocks is woken by a signal whose handler does nothing; its call then fails with
 * EINTR. A signal that comes just before the call would be lost, so it is sent again until the thread has moved on:
 * a deadline may fire half a second late, a stop some milliseconds.
 *
 * Limits: as many clients as threads. A reset is seen when the thread next touches the socket.
 * signal(7) "Interruption of system calls", tgkill(2), sigtimedwait(2), accept(2), recv(2).
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "error.h"
#include "log.h"
#include "server.h"
#include "session.h"
#include "sys.h"
#include "worker.h"

enum { WAKE_SIGNAL = SIGURG, TICK_MS = 500, STOP_TICK_MS = 10, MARGIN_MS = 20, ROOM_WAIT_S = 1 };

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

/* Performs the request: blocks until it is done, its deadline passes, or the server is over. */
static ssize_t perform(struct worker *w, struct session *s, struct job *job)
{
	for (;;) {
		enum io_op op = job->req.op;
		size_t done = job->done;
		ssize_t n = session_try(w, s, job);
		if (n != -EINTR)
			return n;
		if (server_phase(w->server) == SERVER_OVER)
			return -ECONNABORTED;
		if (job->req.op != op || job->done > done)
			begin_request(w, job); /* it moves */
		else if (deadline_passed(w))
			return -ETIMEDOUT;
		tick(w);
	}
}

static void converse(struct worker *w, struct session *s, int fd, const struct peer *peer)
{
	struct job job;
	ssize_t n;
	tick(w);
	session_begin(w, s, fd, peer, &job);
	do {
		begin_request(w, &job);
		n = perform(w, s, &job);
	} while (server_phase(w->server) != SERVER_OVER && session_resume(w, s, &job, n));
	session_end(w, s);
	set_deadline(w, 0);
}

/* The other half of what blocking_accept() counted. */
static void client_has_left(struct server *server)
{
	pthread_mutex_lock(&server->lock);
	atomic_fetch_sub(&server->board->n_sessions, 1);
	pthread_cond_broadcast(&server->session_ended);
	pthread_mutex_unlock(&server->lock);
}

void blocking_session(struct worker *w, int fd, const struct peer *peer)
{
	struct server *server = w->server;
	memset(w->session, 0, sizeof *w->session + server->service->session_size);
	converse(w, w->session, fd, peer);
	client_has_left(server);
}

/* ---- accepting ---- */

/* Until a client leaves, a while has passed, or the watch has news of a stop. */
static void wait_for_room(struct server *server)
{
	struct timespec until;
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

int blocking_accept(struct worker *w, struct peer *peer)
{
	struct server *server = w->server;
	for (;;) {
		enum server_phase phase = server_phase(server);
		if (phase == SERVER_OVER)
			return -1;
		if (phase == SERVER_STOPPING) {
			stop_waiting(server->listen_fd);
		} else if (atomic_load(&server->board->n_sessions) >= server->max_sessions) {
			server_say_full(server);
			wait_for_room(server);
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
			wait_for_room(server);
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
	if (worker_open(&w, spawned.server, spawned.server->service) == 0) {
		worker_is_passing(&w);
		blocking_session(&w, spawned.fd, &spawned.peer);
		worker_close(&w);
	} else {
		close(spawned.fd);
		client_has_left(spawned.server);
	}
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

void blocking_spawn(struct worker *w, int fd, const struct peer *peer)
{
	struct server *server = w->server;
	while (try_spawn(w, fd, peer) < 0) {
		server_accept_failed(server, -ENOMEM);
		wait_for_room(server);
		if (server_phase(server) == SERVER_OVER) {
			sys_close(w->counters, fd);
			client_has_left(server);
			return;
		}
	}
}

/* ---- the watch over all threads ---- */

struct acceptor {
	struct server *server;
	void         (*serve)(struct worker *);
	pthread_t      thread;
	atomic_bool    returned;
	int            error; /* why it could not begin */
};

static void *run_acceptor(void *argument)
{
	struct acceptor *a = argument;
	struct worker w;
	a->error = worker_open(&w, a->server, a->server->service);
	if (a->error) {
		server_stop(a->server);
	} else {
		a->serve(&w);
		worker_close(&w);
	}
	atomic_store(&a->returned, true);
	return NULL;
}

static void nothing(int signo)
{
	(void)signo;
}

/* No SA_RESTART: the interrupted call is to fail with EINTR (signal(7)). */
static void install_wake_signal(void)
{
	struct sigaction action = { .sa_handler = nothing };
	sigaction(WAKE_SIGNAL, &action, NULL);
}

/* tgkill(2) takes both numbers, so it never meets a thread of another process; one of ours that has the number of a
 * thread that has just ended is woken in vain. */
static void wake_workers(struct server *server, bool all)
{
	struct board *board = server->board;
	int64_t now = clock_ms();
	pthread_mutex_lock(&server->lock);
	for (uint32_t i = 0; i < board->touched; i++) {
		struct berth *berth = &board->berths[i];
		int64_t deadline = atomic_load_explicit(&berth->deadline_ms, memory_order_relaxed);
		int tid = atomic_load(&berth->tid);
		if (tid && (all || (deadline && now > deadline)))
			tgkill(berth->pid, tid, WAKE_SIGNAL);
	}
	if (all)
		pthread_cond_broadcast(&server->session_ended);
	pthread_mutex_unlock(&server->lock);
}

static bool all_returned(struct server *server, const struct acceptor *acceptors, int n)
{
	for (int i = 0; i < n; i++)
		if (!atomic_load(&acceptors[i].returned))
			return false;
	pthread_mutex_lock(&server->lock);
	bool none = !server->board->n_passing && atomic_load(&server->board->n_sessions) == 0;
	pthread_mutex_unlock(&server->lock);
	return none;
}

/* Signals are blocked in every thread but here; in between, deadlines are looked after. When stopping, all threads are
 * woken at ticks 1, 2, 4, 8 ...: soon, and then ever more rarely those who still have not noticed. */
static void watch_over(struct server *server, const struct acceptor *acceptors, int n)
{
	sigset_t signals;
	unsigned stop_ticks = 0;
	server_signals(&signals);
	while (!all_returned(server, acceptors, n)) {
		bool running = server_phase(server) == SERVER_RUNNING;
		struct timespec tick = { 0, (running ? TICK_MS : STOP_TICK_MS) * 1000000 };
		int signo = sigtimedwait(&signals, NULL, &tick);
		if (signo > 0)
			server_handle_signal(server, signo);
		server_check_grace(server);
		if (server_phase(server) != SERVER_RUNNING)
			stop_ticks++;
		wake_workers(server, stop_ticks && !(stop_ticks & (stop_ticks - 1)));
	}
}

/* Whoever had the listener before us may have left it non-blocking: that belongs to the socket, not to us. */
static void let_accept_wait(int listen_fd)
{
	int flags = fcntl(listen_fd, F_GETFL);
	if (flags >= 0 && flags & O_NONBLOCK)
		fcntl(listen_fd, F_SETFL, flags & ~O_NONBLOCK);
}

int blocking_run(struct server *server, int n, void (*serve)(struct worker *))
{
	struct acceptor *acceptors = calloc((size_t)n, sizeof *acceptors);
	int error = acceptors ? 0 : -ENOMEM, started = 0;
	install_wake_signal();
	let_accept_wait(server->listen_fd);
	for (; !error && started < n; started++) {
		struct acceptor *a = &acceptors[started];
		a->server = server;
		a->serve = serve;
		error = start_thread(&a->thread, false, run_acceptor, a);
		if (error)
			break;
	}
	if (error)
		server_stop(server);
	else
		server_ready(server);
	if (acceptors)
		watch_over(server, acceptors, started);
	for (int i = 0; i < started; i++) {
		pthread_join(acceptors[i].thread, NULL);
		error = error ? error : acceptors[i].error;
	}
	free(acceptors);
	return error;
}
