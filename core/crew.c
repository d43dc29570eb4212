/* crew.c - the threads of a crew, and the queue through which a loop gives them work; see crew.h.
 *
 *     the loop                                       a thread of the crew (--workers of them)
 *     --------                                       ----------------------------------------
 *     event, time-out, name: claim the slot
 *     crew_hand: put -----> [ slot, n | ... ] -----> take, tick, work(): the session's turn
 *                              ROOM of them            +-- park: watched again, the slot may be claimed
 *     run queue, no bound  <--------------------------+-- later: it had its turn, or the loop is to perform
 *
 * One way is bounded, the other is not. If the loop had to wait for a thread, and that one for the loop, both
 * would for ever; and the list back needs no bound, since each session is in it once at most.
 *
 * The end: no session is left (or all are cut), the loop returns, queue_end() wakes who waits for work, and all
 * threads are joined before the loop drops what is left. A thread that sleeps in place, or waits for a futex,
 * is woken by the watch (watch.h). pthread_create(3), futex(2).
 *
 * SPDX-License-Identifier: MIT */
#include "crew.h"

#include <errno.h>
#include <stdlib.h>

#include "clock.h"
#include "server.h"

enum { ROOM = 256 }; /* sessions on their way to the crew */

/* ---- threads ---- */

int crew_worker_open(const struct crew *crew, struct worker *w)
{
	const struct worker *loops_own = &crew->loop->worker;
	int error = worker_open(w, loops_own->server, loops_own->service);
	if (error)
		return error;
	w->nonblocking = true;
	w->lookups = loops_own->lookups;
	return 0;
}

void crew_worker_close(struct worker *w)
{
	w->lookups = NULL; /* they are the loop's */
	worker_close(w);
}

static void *run_thread(void *argument)
{
	struct crew *crew = argument;
	struct counters nowhere = { 0 };
	struct worker w;
	int error = crew_worker_open(crew, &w);
	if (error)
		crew->error = error;
	semaphore_up(error ? &nowhere : w.counters, &crew->opened);
	if (error)
		return NULL;
	crew->run(crew, &w);
	crew_worker_close(&w);
	return NULL;
}

/* They are there, or we know why not. */
static int await_opened(struct crew *crew)
{
	for (int i = 0; i < crew->n; i++)
		while (semaphore_down(crew->loop->worker.counters, &crew->opened))
			;
	return crew->error;
}

int crew_start(struct crew *crew, struct loop *l, int n, void (*run)(struct crew *, struct worker *))
{
	int error = 0;
	crew->loop = l;
	crew->run = run;
	semaphore_init(&crew->opened, 0);
	crew->threads = calloc((size_t)n + 1, sizeof *crew->threads);
	if (!crew->threads)
		return -ENOMEM;
	while (!error && crew->n < n) {
		error = -pthread_create(&crew->threads[crew->n], NULL, run_thread, crew);
		if (!error)
			crew->n++;
	}
	int theirs = await_opened(crew);
	return error ? error : theirs;
}

void crew_join(struct crew *crew)
{
	for (int i = 0; i < crew->n; i++)
		pthread_join(crew->threads[i], NULL);
	free(crew->threads);
}

/* ---- new sessions ---- */

/* To hand it over at once would mostly be in vain: the first bytes are seldom there yet. If they are, the next
 * wait says so. */
void crew_begin(struct loop *l, struct slot *slot, int fd, const struct peer *peer)
{
	struct job job;
	session_begin(&l->worker, &slot->session, fd, peer, &job);
	if (job.req.op == IO_RECV)
		loop_park(l, &l->worker, slot, &job);
	else
		loop_run_later(l, &l->worker, slot, &job);
}

/* ---- work from a queue ---- */

struct queue_crew {
	struct crew  crew; /* it begins with it */
	crew_work   *work;
	struct queue queue; /* of struct handed */
};

static struct queue_crew *queue_crew_of(struct crew *crew)
{
	return (struct queue_crew *)(void *)crew;
}

static bool is_over(const struct worker *w)
{
	return server_phase(w->server) == SERVER_OVER;
}

static void take_and_work(struct crew *crew, struct worker *w)
{
	struct queue_crew *q = queue_crew_of(crew);
	struct handed handed;
	for (int error; !is_over(w) && (error = queue_take(w->counters, &q->queue, &handed)) != -ESHUTDOWN;) {
		if (error)
			continue; /* a signal came */
		worker_tick(w, clock_ms());
		q->work(crew->loop, w, handed.slot, handed.n);
	}
}

void crew_hand(struct loop *l, struct slot *slot, ssize_t n)
{
	struct queue_crew *q = queue_crew_of(l->crew);
	const struct handed handed = { slot, n };
	int error;
	l->worker.current = NULL; /* it is the crew's now */
	do
		error = queue_put(l->worker.counters, &q->queue, &handed);
	while (error == -EINTR && !is_over(&l->worker)); /* if it is: the session is cut with all others */
}

int crew_open(struct loop *l, crew_work *work)
{
	struct queue_crew *q = calloc(1, sizeof *q);
	if (!q)
		return -ENOMEM;
	int error = queue_open(&q->queue, ROOM, sizeof(struct handed));
	if (error) {
		free(q);
		return error;
	}
	q->work = work;
	l->crew = &q->crew;
	return crew_start(&q->crew, l, server_workers(l->worker.server), take_and_work);
}

void crew_close(struct loop *l)
{
	struct queue_crew *q = queue_crew_of(l->crew);
	if (!q)
		return;
	queue_end(l->worker.counters, &q->queue);
	crew_join(&q->crew);
	queue_close(&q->queue);
	free(q);
	l->crew = NULL;
}
