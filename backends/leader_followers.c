/* leader_followers.c - N threads take turns at being the loop: no session is ever handed over.
 *
 *                      +-----------------------------------------------------------------+
 *                      v                                                                 |
 *     [ followers ]  sleep: semaphore, one permit                                        |
 *                      | it is mine                                                      |
 *     [ the leader ]   v                                                                 |
 *                    epoll_wait: accept, timers, who is ready?  (all are noted)          |
 *                    take ONE that is ready, then let go of the permit --> next leader   |
 *                      |                                                   takes the     |
 *     [ processing ]   v                                                   second, ...   |
 *                    recv --> resume() --> send ... would block: watch it again ---------+
 *
 * The thread that hears of a session serves it itself: its bytes, buffers and counts stay in one processor's
 * cache, there is no queue between threads, and no copy. What is handed over is the leadership alone. When one
 * epoll_wait told of several, the next leaders take those first, without a call; only when all are taken does
 * one wait again. So the calls of half_sync's loop (accept, wait) are here, in whoever leads, and counted as
 * the loop's own.
 *
 * System calls for a request: recv, send, one epoll_ctl (EPOLLONESHOT: no one else may be told of it), a share
 * of one epoll_wait, and about one futex call, to wake the next leader. Measured with 100 clients and 4
 * threads: recv 1.00, send 1.00, epoll_ctl 1.00, epoll_wait 0.1, futex 1.1, no hand-over, 0.2 to 0.3 switches.
 * CPU time: 8.6 us when server and load share a processor, 8.2 us with two, where epoll_lt needs 6.1 and 5.9,
 * and half_sync 7.9 and 12.1. So few switches since the thread that is woken need not have run yet when the one
 * that woke it is back: that one then takes the permit again itself, and goes on in a warm cache. With one
 * client alone nothing is saved: futex 2, 3.2 switches, 27 us (half_sync: 38).
 *
 * Limits and traps
 *  - Let go of the permit before serving, or this is the iterative server with more threads.
 *  - When all N threads block in a service (--think block), there is no leader: nobody accepts and no timer
 *    fires, until one of them is back. A stop is still seen: signals are for the watch (watch.h).
 *  - Followers are all alike: the semaphore lets in whoever is first. (The book prefers the one who came last,
 *    whose cache is the warmest.) Sessions are taken in the order in which they were ready; who comes while
 *    some of them are left, a new client too, waits until those are taken.
 *  - A session has one owner (slots.h): so its answers keep the order of its questions.
 *  - What decides before work is taken (priorities, refusals) has no place here: there is no queue to look at.
 *
 * D. Schmidt, M. Stal, H. Rohnert, F. Buschmann, "Pattern-Oriented Software Architecture", vol. 2 (2000),
 * "Leader/Followers"; epoll(7), epoll_ctl(2) EPOLLONESHOT, futex(2).
 *
 * SPDX-License-Identifier: MIT */
#include "backends.h"

#include <errno.h>
#include <stdlib.h>

#include "core/clock.h"
#include "core/crew.h"
#include "core/loops.h"
#include "core/pages.h"
#include "core/reactor.h"

struct followers {
	struct crew      crew;       /* all but the thread that opened the loop; it begins with it */
	struct worker    own;        /* that thread's, for sessions */
	bool             own_opened;
	bool             begun;
	struct semaphore leadership; /* one permit */
	/* The leader's: */
	struct handed   *ready;      /* what is left of the last turn of the loop */
	uint32_t         first, n;
	atomic_int       error;      /* the loop cannot go on */
};

static struct followers *followers_of(struct crew *crew)
{
	return (struct followers *)(void *)crew;
}

static size_t ready_size(const struct loop *l)
{
	return l->slots.capacity * sizeof(struct handed);
}

/* In the middle of a turn of the loop: noted until that is over. A slot is taken, so it is noted once at most. */
static void note_ready(struct loop *l, struct slot *slot, ssize_t n)
{
	struct followers *f = followers_of(l->crew);
	f->ready[f->n++] = (struct handed){ slot, n };
}

static bool is_over(const struct followers *f)
{
	return f->error || loop_finished(f->crew.loop);
}

/* As the leader: one session that is ready. False: there will be none. */
static bool lead(struct followers *f, struct handed *next)
{
	while (f->first == f->n && !is_over(f)) {
		f->first = f->n = 0;
		int error = loop_turn(f->crew.loop);
		if (error < 0)
			f->error = error;
	}
	if (is_over(f))
		return false;
	*next = f->ready[f->first++];
	return true;
}

static void lead_and_serve(struct followers *f, struct worker *w)
{
	struct handed next;
	if (semaphore_down(w->counters, &f->leadership))
		return; /* a signal came: look whether all is over */
	bool found = lead(f, &next);
	semaphore_up(w->counters, &f->leadership);
	if (!found)
		return;
	worker_tick(w, clock_ms());
	loop_serve(f->crew.loop, w, next.slot, next.n);
}

static void take_turns(struct crew *crew, struct worker *w)
{
	struct followers *f = followers_of(crew);
	while (!is_over(f))
		lead_and_serve(f, w);
}

/* The thread that opened the loop is one of the crew like the others. Its first turn lets them begin. */
static int own_turn(struct loop *l)
{
	struct followers *f = followers_of(l->crew);
	if (!f->begun) {
		f->begun = true;
		semaphore_up(f->own.counters, &f->leadership);
	}
	lead_and_serve(f, &f->own);
	return f->error;
}

static int open_crew(struct loop *l)
{
	struct followers *f = calloc(1, sizeof *f);
	if (!f)
		return -ENOMEM;
	l->crew = &f->crew;
	f->crew.loop = l;
	semaphore_init(&f->leadership, 0);
	f->ready = pages_reserve(ready_size(l));
	if (!f->ready)
		return -ENOMEM;
	int error = crew_worker_open(&f->crew, &f->own);
	f->own_opened = !error;
	return error ? error : crew_start(&f->crew, l, server_workers(l->worker.server) - 1, take_turns);
}

static void close_crew(struct loop *l)
{
	struct followers *f = l->crew ? followers_of(l->crew) : NULL;
	if (!f)
		return;
	f->error = -ECANCELED; /* if the crew is not complete, and has not begun */
	semaphore_up(l->worker.counters, &f->leadership);
	crew_join(&f->crew);
	if (f->own_opened)
		crew_worker_close(&f->own);
	if (f->ready)
		pages_release(f->ready, ready_size(l));
	free(f);
	l->crew = NULL;
}

static const struct loop_turns leader_followers_turns = {
	.crew = true,
	.open = open_crew,
	.turn = own_turn,
	.close = close_crew,
	.begin = crew_begin,
	.serve = note_ready,
};

static int leader_followers_run(struct server *server, const struct poller *poller)
{
	(void)poller;
	return loops_run(server, &reactor_driver, &leader_followers_turns, epoll_lt_backend.poller);
}

const struct backend leader_followers_backend = {
	.contract = MUXLAB_CONTRACT,
	.name = "leader_followers",
	.summary = "N threads take turns at waiting for all; who hears something serves it",
	.see_also = "epoll_wait(2), epoll_ctl(2), futex(2)",
	.workers = "threads",
	.default_workers = 4,
	.family = IO_HYBRID,
	.run = leader_followers_run,
};
