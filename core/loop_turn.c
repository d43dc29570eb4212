/* loop_turn.c - a session's turn in a loop: try its request, give it the result, until it would block; see loop.h.
 *
 *     unpark --> try --> result --> resume() --> next request --> try ... up to LOOP_BUDGET times
 *                 |                     |                                    |
 *                 | would block         | it is over                         | had its turn
 *                 v                     v                                    v
 *               park, await           drop                            into the run queue
 *
 * Whoever has the turn runs this: the loop's own thread, or one of a crew, as the worker `w`.
 *
 * SPDX-License-Identifier: MIT */
#include "loop_parts.h"

#include <errno.h>

#include "clock.h"
#include "sys.h"
#include "trace.h"

enum { MARGIN_MS = 50 }; /* longer than a turn is between two looks at the clock */

/* ---- news from a crew ---- */

/* The news are there already. A loop that has not gone to sleep will look for them before it does: no call is needed.
 * Who says first that it sleeps, or that there are news, is seen by the other (both are sequentially consistent). */
static void tell_loop(struct loop *l, struct worker *w)
{
	if (atomic_exchange(&l->asleep, false))
		wake_up(&l->wake, w->counters);
}

/* ---- the end of a session ---- */

void loop_give_back(struct loop *l, struct worker *w, struct slot *slot)
{
	slots_lock(&l->slots, w->counters);
	timer_cancel(&l->timers, &slot->timer);
	slots_unlock(&l->slots, w->counters);
	w->current = NULL; /* it may soon be another thread's */
	slot_give_back(&l->slots, w->counters, slot);
	if (!loop_is_beside(l))
		server_count_sessions(l->worker.server, l->worker.berth, -1);
	if (w == &l->worker) {
		loop_resume_accepting(l);
	} else if (!l->accepting || l->stopping) {
		l->left = true; /* there is room now; or that was the last one */
		tell_loop(l, w);
	}
}

void loop_drop(struct loop *l, struct worker *w, struct slot *slot)
{
	if (l->driver->let_go && !l->driver->let_go(l, slot))
		return;
	if (l->turns && l->turns->drop) {
		l->turns->drop(l, slot);
		return;
	}
	session_end(w, &slot->session);
	loop_give_back(l, w, slot);
}

void loop_buried(struct loop *l, struct slot *slot)
{
	session_end(&l->worker, &slot->session);
	loop_give_back(l, &l->worker, slot);
}

/* ---- between two turns ---- */

/* The time of a request runs from when it first waits. The turn's clock may be some milliseconds old by then, so
 * deadlines get a margin: late is allowed, early is not. A sleep is to be exact, so it reads the clock. */
static int64_t deadline_of(const struct worker *w, const struct job *job)
{
	if (job->req.op == IO_SLEEP)
		return clock_ms() + 1 + job->req.timeout_ms;
	return w->env.now_ms + MARGIN_MS + job->req.timeout_ms;
}

/* True: the loop, which another thread is, waits for longer than that. */
static bool note_deadline(struct loop *l, struct worker *w, struct slot *slot, const struct job *job)
{
	bool sooner = false;
	if (job->req.timeout_ms < 0)
		return false;
	slots_lock(&l->slots, w->counters);
	int64_t when_ms = slot_deadline(slot);
	if (!when_ms) {
		when_ms = deadline_of(w, job);
		slot_set_deadline(slot, when_ms);
	}
	if (!timer_fires_by(&slot->timer, when_ms)) {
		timer_arm(&l->timers, &slot->timer, when_ms);
		sooner = w != &l->worker && when_ms < l->until_ms;
	}
	slots_unlock(&l->slots, w->counters);
	return sooner;
}

static void trace_pause(const struct worker *w, int kind)
{
	if (tracing(w->counters))
		trace_add(w->counters->trace, kind, -1, 0, clock_ns());
}

/* Into the run queue. */
void loop_put_off(struct loop *l, struct worker *w, struct slot *slot)
{
	w->current = NULL;
	if (w == &l->worker) {
		slots_enqueue(&l->slots, slot);
		return;
	}
	slots_give(&l->slots, slot);
	count_add(w->counters, COUNT_HANDED, 1);
	tell_loop(l, w);
}

void loop_park(struct loop *l, struct worker *w, struct slot *slot, const struct job *job)
{
	bool sooner = note_deadline(l, w, slot, job);
	if (job->req.op == IO_SLEEP)
		trace_pause(w, TRACE_PAUSE_BEGIN);
	bool failed = session_park(w, &slot->session, job) || l->driver->await(l, w, slot) < 0;
	w->current = NULL;
	if (failed)
		loop_drop(l, w, slot);
	else if (!slot_release(&l->slots, slot))
		loop_put_off(l, w, slot);
	if (sooner)
		tell_loop(l, w);
}

void loop_run_later(struct loop *l, struct worker *w, struct slot *slot, const struct job *job)
{
	int64_t deadline_ms = slot_deadline(slot);
	if (deadline_ms && deadline_ms <= w->env.now_ms) {
		loop_drop(l, w, slot); /* it lingers and is flooded */
		return;
	}
	if (job->req.op == IO_DONE)
		note_deadline(l, w, slot, job);
	if (session_park(w, &slot->session, job))
		loop_drop(l, w, slot);
	else
		loop_put_off(l, w, slot);
}

/* ---- a session's turn ---- */

/* Is it for the driver alone? Not if there is nothing to do, or, at a stop, nothing to wait for; but what the driver
 * has received in advance it alone can tell. */
static bool is_submitted(const struct loop *l, const struct end *end, const struct io_req *req)
{
	if (!(l->driver->submits & 1U << req->op) || end->fd < 0)
		return false;
	if (req->op == IO_RECV)
		return end->watched || !(req->idle && l->worker.env.stopping);
	return req->len + req->body_len > 0;
}

static inline bool worth_trying(const struct loop *l, const struct worker *w, const struct session *s,
				const struct job *job)
{
	const struct end *end = session_end_of(s, job->req.end);
	if (job->req.op == IO_SLEEP)
		return job->req.in_place;
	if (!end)
		return true; /* to hear that there is no such end, or to make one */
	if (l->driver->submits && is_submitted(l, end, &job->req))
		return false;
	switch (job->req.op) {
	case IO_RECV:
		return end->fd < 0 || end->ready & WATCH_READ || (job->req.idle && w->env.stopping);
	case IO_DONE:
		return !job->req.linger || !s->client.half_closed || end->ready & WATCH_READ;
	case IO_SEND:
	case IO_SENDFILE:
		return end->fd < 0 || end->ready & WATCH_WRITE;
	case IO_CONNECT:
		return !s->reach->dial.begun || end->fd < 0 || end->ready & WATCH_WRITE;
	default:
		return true;
	}
}

/* To the end of the time, whatever signal comes; unless all is over. */
static ssize_t sleep_in_place(struct worker *w, struct slot *slot, struct job *job)
{
	ssize_t n = -EINTR;
	while (n == -EINTR && server_phase(w->server) != SERVER_OVER)
		n = session_try(w, &slot->session, job);
	return n;
}

/* A request that moves, or has become another one, has its time anew. */
static inline ssize_t attempt(struct worker *w, struct slot *slot, struct job *job)
{
	enum io_op op = job->req.op;
	size_t done = job->done;
	ssize_t n = op == IO_SLEEP ? sleep_in_place(w, slot, job) : session_try(w, &slot->session, job);
	if (n < 0 && (job->done > done || job->req.op != op))
		slot_set_deadline(slot, 0);
	if (op == IO_SLEEP || op == IO_OPEN || op == IO_SENDFILE)
		worker_tick(w, clock_ms()); /* these may have blocked for long */
	return n;
}

/* The same two for those who have turns of their own; the loop's are inlined. */
bool loop_worth_trying(const struct loop *l, const struct worker *w, const struct session *s, const struct job *job)
{
	return worth_trying(l, w, s, job);
}

ssize_t loop_attempt(struct worker *w, struct slot *slot, struct job *job)
{
	return attempt(w, slot, job);
}

/* Who runs resume() also does what would block the loop itself. */
static bool is_for_others(const struct loop *l, const struct worker *w, const struct job *job)
{
	return l->turns && l->turns->resume && w == &l->worker &&
	       (job->req.op == IO_OPEN || (job->req.op == IO_SLEEP && job->req.in_place));
}

/* False: the slot is not ours any more. */
static bool resume(struct loop *l, struct worker *w, struct slot *slot, struct job *job, ssize_t n)
{
	if (l->turns && l->turns->resume && w == &l->worker) {
		l->turns->resume(l, slot, job, n);
		return false;
	}
	if (!session_resume(w, &slot->session, job, n)) {
		loop_drop(l, w, slot);
		return false;
	}
	slot_set_deadline(slot, 0);
	return true;
}

static void run(struct loop *l, struct worker *w, struct slot *slot, struct job *job, ssize_t n)
{
	for (int resumes = 0;; resumes++) {
		if (n == -EAGAIN && worth_trying(l, w, &slot->session, job)) {
			if (resumes == LOOP_BUDGET) {
				loop_run_later(l, w, slot, job);
				return;
			}
			if (is_for_others(l, w, job)) {
				l->turns->resume(l, slot, job, n);
				return;
			}
			n = attempt(w, slot, job);
		}
		if (n == -EAGAIN) {
			loop_park(l, w, slot, job);
			return;
		}
		if (n == -EINTR) {
			loop_run_later(l, w, slot, job);
			return;
		}
		if (!resume(l, w, slot, job, n))
			return;
		n = -EAGAIN;
	}
}

void loop_unpark(struct worker *w, struct slot *slot, struct job *job, ssize_t n)
{
	session_unpark(w, &slot->session, job);
	if (n != -EAGAIN && job->req.op == IO_SLEEP)
		trace_pause(w, TRACE_PAUSE_END);
}

void loop_serve(struct loop *l, struct worker *w, struct slot *slot, ssize_t n)
{
	struct job job;
	loop_unpark(w, slot, &job, n);
	run(l, w, slot, &job, n);
}

void loop_welcome(struct loop *l, int fd, const struct peer *peer)
{
	struct slot *slot = slot_take(&l->slots, l->worker.counters);
	struct job job;
	if (l->turns && l->turns->begin) {
		l->turns->begin(l, slot, fd, peer);
		return;
	}
	session_begin(&l->worker, &slot->session, fd, peer, &job);
	run(l, &l->worker, slot, &job, -EAGAIN);
}

/* To whoever has the turns. The slot is taken. */
void loop_give_turn(struct loop *l, struct slot *slot, ssize_t n)
{
	if (l->turns && l->turns->serve)
		l->turns->serve(l, slot, n);
	else
		loop_serve(l, &l->worker, slot, n);
}

/* The n that were put off before this turn; who is put off in it waits for the next one. */
void loop_run_queue(struct loop *l, uint32_t n)
{
	for (; n; n--)
		loop_give_turn(l, slots_dequeue(&l->slots), -EAGAIN);
}
