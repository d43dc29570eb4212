/* sim_proactor.c - a simulated Proactor: the loop receives and sends, N threads think about what is done.
 *
 *     loop: epoll_wait                          bounded queue            thread 1 ... N (--workers)
 *       ready: recv, send, connect, accept
 *       done: (session, result) ---- put ----> [ r | r |   ] -- take --> resume(): "then send this"
 *       perform the next request                                              |
 *         ^                                                                   |
 *         +-------------------- run queue, and a wake if the loop sleeps <----+
 *
 * A Proactor is told "it is done", and not "it would not block". Where the kernel cannot do that (io_uring.c:
 * it can), a reactor plays its part: it waits, performs, and dispatches completions. A service that runs in the
 * threads sees no difference. What might block the loop is done by the thread itself: sleeps in place (--think
 * block), opening a file.
 *
 * A request is two completions, "received" and "sent". Each is a hand-over to a thread and one back, so 4 in
 * all, for two calls of resume() that take some hundred nanoseconds. And bytes cannot stay where they are: what
 * the loop received is kept beside its window (a copy, session.c) until a thread takes it into its own, and an
 * answer in a thread's scratch buffer is copied before the thread lets go of it.
 *
 * System calls for a request: recv, send, one epoll_ctl, a share of one epoll_wait; and futex calls, up to two
 * for each completion: a thread that thinks so little is asleep again before the next one comes. Measured with
 * 100 clients and 4 threads: recv 1.00, send 1.00, epoll_ctl 1.00, epoll_wait 0.04, futex 3.3, 4 hand-overs,
 * 2.7 to 3.2 switches. CPU time: 16 us when server and load share a processor, 31 us with two, where epoll_lt
 * needs 6.1 and 5.9. So it is for services that think for long; half_sync.c needs one hand-over where this
 * needs four. The loop's pipe is hardly ever written to: only when the loop sleeps, or is about to (an atomic
 * flag, and the run queue is looked at after it is set).
 *
 * Limits and traps
 *  - All receiving and sending is one thread's work: more processors do not help there.
 *  - A session is with the loop or with one thread, never with both, and has one request at a time: so answers
 *    keep the order of their questions, though threads finish in any order. Many implementations let two
 *    completions of one connection run at once, and then need a lock or a strand for each.
 *  - The queue is bounded, the way back is not: see half_sync.c and core/crew.c, also for what a full queue
 *    does.
 *  - Events for a session that is being thought about would be told at each wait: EPOLLONESHOT keeps them back.
 *
 * D. Schmidt, M. Stal, H. Rohnert, F. Buschmann, "Pattern-Oriented Software Architecture", vol. 2 (2000),
 * "Proactor" and "Half-Sync/Half-Async"; epoll(7), epoll_ctl(2) EPOLLONESHOT, futex(2).
 *
 * SPDX-License-Identifier: MIT */
#include "backends.h"

#include <errno.h>

#include "core/crew.h"
#include "core/loops.h"
#include "core/reactor.h"

/* What waits for no socket, but may block the thread. */
static bool is_done_here(const struct job *job)
{
	switch (job->req.op) {
	case IO_SLEEP:
		return job->req.in_place;
	case IO_OPEN:
	case IO_CLOSE:
		return true;
	case IO_DONE:
		return !job->req.linger;
	default:
		return false;
	}
}

/* In the loop: a result is there, or (-EAGAIN) a request that the loop had better not perform. */
static void hand_to_crew(struct loop *l, struct slot *slot, const struct job *job, ssize_t n)
{
	if (session_park(&l->worker, &slot->session, job))
		loop_drop(l, &l->worker, slot);
	else
		crew_hand(l, slot, n);
}

/* In the crew. Then the session goes back, with its next request, into the loop's run queue. */
static void think(struct loop *l, struct worker *w, struct slot *slot, ssize_t n)
{
	struct job job;
	session_unpark(w, &slot->session, &job);
	for (int resumes = 0; resumes < LOOP_BUDGET; resumes++) {
		if (n == -EAGAIN && is_done_here(&job))
			n = loop_attempt(w, slot, &job);
		if (n == -EAGAIN || n == -EINTR)
			break;
		if (!session_resume(w, &slot->session, &job, n)) {
			loop_drop(l, w, slot);
			return;
		}
		slot_set_deadline(slot, 0);
		n = -EAGAIN;
	}
	loop_run_later(l, w, slot, &job);
}

static int sim_proactor_open(struct loop *l)
{
	return crew_open(l, think);
}

static const struct loop_turns sim_proactor_turns = {
	.crew = true,
	.open = sim_proactor_open,
	.close = crew_close,
	.resume = hand_to_crew,
};

static int sim_proactor_run(struct server *server, const struct poller *poller)
{
	(void)poller;
	return loops_run(server, &reactor_driver, &sim_proactor_turns, epoll_lt_backend.poller);
}

const struct backend sim_proactor_backend = {
	.contract = MUXLAB_CONTRACT,
	.name = "sim_proactor",
	.summary = "a loop receives and sends, N threads think",
	.see_also = "epoll_ctl(2), futex(2), pthreads(7)",
	.workers = "threads",
	.default_workers = 4,
	.family = IO_HYBRID,
	.run = sim_proactor_run,
};
