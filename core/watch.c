/* watch.c - signals, deadlines and the end of a blocking server, in one place; see watch.h.
 *
 * A thread that blocks is woken by a signal whose handler does nothing; its call then fails with EINTR. A
 * signal that comes just before the call would be lost, so it is sent again until the worker has moved on: a
 * deadline may fire half a second late, a stop some milliseconds. Who is to be woken, and when, stands on the
 * board (board.h); a worker writes its deadline there and makes no call for it.
 *
 * signal(7) "Interruption of system calls", tgkill(2), sigtimedwait(2).
 *
 * SPDX-License-Identifier: MIT */
#include "watch.h"

#include <fcntl.h>
#include <time.h>

#include "clock.h"
#include "processes.h"
#include "server.h"

enum { TICK_MS = 500, STOP_TICK_MS = 10 };

static void nothing(int signo)
{
	(void)signo;
}

/* Whoever had the listener before us may have left it non-blocking: that belongs to the socket, not to us. */
static void let_accept_wait(int listen_fd)
{
	int flags = fcntl(listen_fd, F_GETFL);
	if (flags >= 0 && flags & O_NONBLOCK)
		fcntl(listen_fd, F_SETFL, flags & ~O_NONBLOCK);
}

/* No SA_RESTART: the interrupted call is to fail with EINTR (signal(7)). */
void watch_prepare(struct server *server)
{
	struct sigaction action = { .sa_handler = nothing };
	sigaction(WAKE_SIGNAL, &action, NULL);
	let_accept_wait(server->listen_fd);
}

/* tgkill(2) takes both numbers, so it never meets a thread of another process; and a process keeps its number until
 * we reap it. A thread of ours that has the number of one that has just ended is woken in vain. */
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

static void take_signal(struct server *server, const sigset_t *signals, int timeout_ms)
{
	struct timespec timeout = { timeout_ms / 1000, timeout_ms % 1000 * 1000000L };
	int signo = sigtimedwait(signals, NULL, &timeout);
	if (signo > 0 && signo != SIGCHLD)
		server_handle_signal(server, signo);
}

/* When stopping, all are woken at ticks 1, 2, 4, 8 ... of each phase: soon, and then ever more rarely those who still
 * have not noticed. */
void watch_over(struct server *server, bool (*done)(void *what), void *what)
{
	sigset_t signals;
	enum server_phase phase = SERVER_RUNNING;
	unsigned stop_ticks = 0;
	server_signals(&signals);
	sigaddset(&signals, SIGCHLD);
	while (!done(what)) {
		take_signal(server, &signals, server_phase(server) == SERVER_RUNNING ? TICK_MS : STOP_TICK_MS);
		processes_reap(server);
		server_check_grace(server);
		if (server_phase(server) != phase)
			stop_ticks = 0; /* this is news, however long the other was */
		phase = server_phase(server);
		if (phase != SERVER_RUNNING)
			stop_ticks++;
		wake_workers(server, stop_ticks && !(stop_ticks & (stop_ticks - 1)));
	}
}
