/* loops.c - the loops of a server, their threads, and the listener between them; see loops.h.
 *
 *     the server's thread:   loop 0: signals, and its share of the clients
 *        | starts                ^ pipe: "a stop has begun", "this client is yours"
 *        v                       v
 *     threads of their own:  loop 1, loop 2 ...   each with sessions, timers and a poller of its own; nothing is shared
 *
 * With a crew (crew.h) there is one loop, and it may have to wait for the others. So it has a thread of its
 * own, and the server's thread takes the signals and wakes who must see the end (watch.h).
 *
 * A session stays with the loop that welcomed it. So loops need no locks, and an uneven deal stays uneven: the counts
 * of each worker (--stats) show it. A client that is dealt costs a put into a queue and a byte in a pipe.
 *
 * socket(7) SO_REUSEPORT, epoll_ctl(2) EPOLLEXCLUSIVE, pthread_create(3), signalfd(2).
 *
 * SPDX-License-Identifier: MIT */
#include "loops.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "net.h"
#include "processes.h"
#include "queue.h"
#include "server.h"
#include "watch.h"

enum { DEALT_ROOM = 256 }; /* clients on their way to one loop; when it is full, who accepted keeps the next one */

struct dealt {
	int         fd;
	struct peer peer;
};

struct loops {
	struct server *server;
	const struct loop_driver *driver;
	const struct loop_turns  *turns;
	const void    *how;
	int            listen_fd;   /* the server's, that those who share it close together */
	unsigned       n, next;     /* next: whose turn it is to be dealt a client; only the dealer looks */
	atomic_uint    n_sharing;   /* loops that still accept from the server's listener */
	atomic_bool    dealing;
	bool           crew;        /* one loop, in a thread of its own; this one watches */
	atomic_bool    ended;       /* that loop */
	struct loop  **all;
	struct queue  *dealt;       /* one for each loop, if the first one deals */
	pthread_t     *threads;
	pthread_mutex_t lock;       /* for those below: */
	pthread_cond_t  opened;
	unsigned       n_opened;
	int            error;       /* the first one's, who could not open or go on */
};

/* ---- dealing ---- */

bool loops_deal(struct loop *l, int fd, const struct peer *peer)
{
	struct loops *all = l->all;
	if (!all || !all->dealing)
		return false;
	unsigned to = all->next++ % all->n;
	const struct dealt dealt = { fd, *peer };
	if (to == l->number || queue_try_put(l->worker.counters, &all->dealt[to], &dealt))
		return false;
	wake_up(&all->all[to]->wake, l->worker.counters);
	return true;
}

void loops_take_dealt(struct loop *l)
{
	struct queue *queue = l->all && l->all->dealt ? &l->all->dealt[l->number] : NULL;
	struct dealt dealt;
	while (queue && queue_len(queue)) /* no one else takes from it: what is there stays until we do */
		if (queue_take(l->worker.counters, queue, &dealt) == 0)
			loop_welcome(l, dealt.fd, &dealt.peer);
}

bool loops_owe(const struct loop *l)
{
	const struct loops *all = l->all;
	return all && all->dealt && (all->dealing || queue_len(&all->dealt[l->number]));
}

/* ---- the way to an end ---- */

void loops_wake(struct loops *all)
{
	for (unsigned i = 0; i < all->n; i++)
		wake_up(&all->all[i]->wake, NULL);
}

static void close_listener(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void loops_stop_listening(struct loop *l)
{
	struct loops *all = l->all;
	if (l->listen_fd != all->listen_fd)
		close_listener(&l->listen_fd);
	else if (atomic_fetch_sub(&all->n_sharing, 1) == 1)
		close_listener(&all->server->listen_fd);
	l->listen_fd = -1;
	if (all->dealing && l->number == 0) {
		all->dealing = false;
		loops_wake(all);
	}
}

/* ---- a loop's thread ---- */

static void fail(struct loops *all, int error)
{
	pthread_mutex_lock(&all->lock);
	if (error < 0 && !all->error)
		all->error = error;
	pthread_mutex_unlock(&all->lock);
}

/* Ready or not. The first loop waits for the others: then the server is ready. */
static void report_opened(struct loops *all, int error)
{
	fail(all, error);
	pthread_mutex_lock(&all->lock);
	all->n_opened++;
	pthread_cond_signal(&all->opened);
	pthread_mutex_unlock(&all->lock);
}

static int await_opened(struct loops *all, unsigned n)
{
	pthread_mutex_lock(&all->lock);
	while (all->n_opened < n)
		pthread_cond_wait(&all->opened, &all->lock);
	int error = all->error;
	pthread_mutex_unlock(&all->lock);
	return error;
}

static int open_loop(struct loop *l)
{
	struct server *server = l->all->server;
	int error = loop_open(l, server, server->service, (uint32_t)server->max_sessions);
	return error >= 0 && l->turns && l->turns->open ? l->turns->open(l) : error;
}

static int turn(struct loop *l)
{
	return l->turns && l->turns->turn ? l->turns->turn(l) : loop_turn(l);
}

static void close_loop(struct loop *l)
{
	if (l->turns && l->turns->close)
		l->turns->close(l);
	loop_close(l);
}

static void turn_to_the_end(struct loop *l)
{
	int error = 0;
	while (error >= 0 && !loop_finished(l))
		error = turn(l);
	if (error < 0) {
		fail(l->all, error);
		server_stop(l->all->server);
		loops_wake(l->all);
	}
}

static void *run_thread(void *argument)
{
	struct loop *l = argument;
	int error = open_loop(l);
	report_opened(l->all, error);
	if (error >= 0)
		turn_to_the_end(l);
	close_loop(l);
	l->all->ended = true;
	return NULL;
}

/* ---- all of them ---- */

static int open_signals(void)
{
	sigset_t signals;
	server_signals(&signals);
	int fd = signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* The listener that the loop with this number, of all threads or processes, accepts from; -1: it does not accept.
 * < -1: -errno. */
static int listener_of(struct loops *all, unsigned number)
{
	struct server *server = all->server;
	if (server->options.accept == ACCEPT_DISPATCH && number)
		return -1;
	if (server->options.accept == ACCEPT_REUSEPORT && number)
		return net_listen_again(server->listen_fd, server->options.backlog);
	all->n_sharing++;
	return server->listen_fd;
}

/* The listener and the signals are loop 0's, or those of the process of that number. */
static int make_loop(struct loops *all, unsigned number, unsigned process)
{
	struct loop *l = calloc(1, all->driver->size);
	if (!l)
		return -ENOMEM;
	all->all[number] = l;
	l->driver = all->driver;
	l->turns = all->turns;
	l->how = all->how;
	l->all = all;
	l->number = number;
	l->listen_fd = l->signal_fd = -1;
	int error = wake_open(&l->wake);
	if (error < 0)
		return error;
	int fd = listener_of(all, number + process);
	if (fd < -1)
		return fd;
	l->listen_fd = fd;
	if (number || all->crew || all->server->options.processes)
		return 0;
	l->signal_fd = open_signals();
	return l->signal_fd < 0 ? l->signal_fd : 0;
}

static int open_dealing(struct loops *all)
{
	int error = 0;
	if (all->n < 2 || all->server->options.accept != ACCEPT_DISPATCH)
		return 0;
	all->dealt = calloc(all->n, sizeof *all->dealt);
	for (unsigned i = 0; all->dealt && !error && i < all->n; i++)
		error = queue_open(&all->dealt[i], DEALT_ROOM, sizeof(struct dealt));
	all->dealing = all->dealt && !error;
	return all->dealt ? error : -ENOMEM;
}

static void release(struct loops *all)
{
	for (unsigned i = 0; i < all->n && all->all; i++) {
		struct loop *l = all->all[i];
		if (!l)
			continue;
		if (l->listen_fd != all->listen_fd)
			close_listener(&l->listen_fd);
		close_listener(&l->signal_fd);
		wake_close(&l->wake);
		free(l);
	}
	for (unsigned i = 0; i < all->n && all->dealt; i++)
		queue_close(&all->dealt[i]);
	free(all->dealt);
	free(all->threads);
	free(all->all);
}

static bool has_ended(void *what)
{
	const struct loops *all = what;
	return all->ended;
}

/* Until all is over, but for the loops that have threads of their own. */
static void serve_here(struct loops *all)
{
	if (!all->server->options.processes)
		server_ready(all->server);
	if (all->crew)
		watch_over(all->server, has_ended, all);
	else
		turn_to_the_end(all->all[0]);
}

/* Loop 0 runs here, unless it has a crew; the others in threads of their own. */
static void run_all(struct loops *all)
{
	unsigned here = all->crew ? 0 : 1, started = here;
	int error = here ? open_loop(all->all[0]) : 0;
	for (; error >= 0 && started < all->n; started++) {
		error = -pthread_create(&all->threads[started], NULL, run_thread, all->all[started]);
		if (error)
			break;
	}
	fail(all, error);
	error = await_opened(all, started - here);
	if (error >= 0) {
		serve_here(all);
	} else {
		server_stop(all->server);
		server_stop(all->server); /* at once */
		loops_wake(all);
	}
	for (unsigned i = here; i < started; i++)
		pthread_join(all->threads[i], NULL);
	if (here)
		close_loop(all->all[0]);
}

/* The loops of this process. */
static int run_here(struct loops *all, unsigned n, unsigned process)
{
	int error = 0;
	all->crew = all->turns && all->turns->crew;
	if (all->crew) {
		n = 1;
		watch_prepare(all->server);
	}
	if (!all->server->backend->accept_modes)
		n = 1;
	all->n = n;
	all->listen_fd = all->server->listen_fd;
	all->all = calloc(n, sizeof(struct loop *));
	all->threads = calloc(n, sizeof *all->threads);
	if (!all->all || !all->threads)
		error = -ENOMEM;
	for (unsigned i = 0; !error && i < n; i++)
		error = make_loop(all, i, process);
	if (!error)
		error = open_dealing(all);
	if (!error)
		run_all(all);
	release(all);
	return error ? error : all->error;
}

/* A process with one loop. The first process takes the signals, and tells by the board and WAKE_SIGNAL (watch.h). */
static int run_child(struct server *server, int number)
{
	return run_here(server->loops, 1, (unsigned)number);
}

int loops_run(struct server *server, const struct loop_driver *driver, const struct loop_turns *turns, const void *how)
{
	struct loops all = { .server = server, .driver = driver, .turns = turns, .how = how,
			     .lock = PTHREAD_MUTEX_INITIALIZER, .opened = PTHREAD_COND_INITIALIZER };
	server->loops = &all;
	int error = server->options.processes
			    ? processes_run_children(server, server_workers(server), run_child)
			    : run_here(&all, (unsigned)server_workers(server), 0);
	server->loops = NULL;
	return error;
}
