/* half_sync.c - half-sync/half-reactive: one loop waits for all, N threads take what is ready from a queue.
 *
 *     asynchronous half                      bounded queue           synchronous half
 *     -----------------                      -------------           ----------------
 *     loop: epoll_wait                       [ s | s | s |   ]       thread 1 ... N (--workers):
 *       listener: accept, watch the session     ^         |            recv --> resume() --> send
 *       ready: the session is taken ----- put --+         +-- take -->   --> resume() ...
 *              (the kernel tells no more)                              would block: watch it again, let go
 *          ^                                                             |
 *          +---------- EPOLLONESHOT: one event, and none until ----------+
 *
 * The loop performs no request and runs no service. A thread that has a session keeps it until it would block,
 * or for 32 resume() calls; then it goes back through the loop's run queue, so that the others have their turn.
 * A service that blocks in resume() (--think block) keeps one thread of N, and nobody else waits for it.
 *
 * System calls for a request: recv, send, one epoll_ctl to be told again, a share of one epoll_wait, and the
 * futex calls of the hand-over: none where a thread is busy anyway, two where it sleeps (it waits, the loop
 * wakes it). Measured with 100 clients and 4 threads: recv 1.00, send 1.00, epoll_ctl 1.00, epoll_wait 0.1 to
 * 0.2, futex 0.3 to 0.6, 1 hand-over, 0.3 to 0.5 switches. CPU time: 7.9 us when server and load share a
 * processor, 12.1 us with two, where epoll_lt needs 6.1 and 5.9: most of the difference is for waking threads
 * on the other processor. One client alone feels each hand-over: epoll_wait 1, futex 2, 2.3 switches, 38 us
 * (epoll_lt: 9.6).
 *
 * Limits and traps
 *  - One event must not reach two threads. Without EPOLLONESHOT, level-triggered epoll would tell of the same
 *    bytes at each wait until a thread has read them, and edge-triggered epoll of the next ones while the first
 *    are being served. Then two threads could read one stream, and answers would cross. Here a session has one
 *    owner (slots.h); what comes meanwhile is noted, and its owner looks again. So answers keep the order of
 *    their questions.
 *  - Watch it again BEFORE letting go of it: so an event may come when the session is still taken. That is not
 *    lost either.
 *  - A full queue holds up the loop in queue_put(): then nobody is accepted, no timer fires, and clients wait
 *    in the kernel's queue (listen(2), backlog). That is the pressure going back to where the work comes from;
 *    no one spins. Threads never wait for the loop: a circle of waiting would be a deadlock.
 *  - One queue for all is fair: a session never waits behind another one's long request while a thread is free.
 *    A queue for each thread would be faster (no shared mutex, warm caches) and less fair: it may stand behind
 *    one that sleeps.
 *  - The hand-over is a latency of its own: a thread must be woken and get a processor. It pays off where a
 *    request costs more than that, and where it may block.
 *  - A deadline is not looked at while a session stands in the queue.
 *
 * D. Schmidt, M. Stal, H. Rohnert, F. Buschmann, "Pattern-Oriented Software Architecture", vol. 2 (2000),
 * "Half-Sync/Half-Async"; epoll(7), epoll_ctl(2) EPOLLONESHOT, futex(2).
 *
 * SPDX-License-Identifier: MIT */
#include "backends.h"

#include "core/crew.h"
#include "core/loops.h"
#include "core/reactor.h"

static int half_sync_open(struct loop *l)
{
	return crew_open(l, loop_serve);
}

static const struct loop_turns half_sync_turns = {
	.crew = true,
	.open = half_sync_open,
	.close = crew_close,
	.begin = crew_begin,
	.serve = crew_hand,
};

static int half_sync_run(struct server *server, const struct poller *poller)
{
	(void)poller;
	return loops_run(server, &reactor_driver, &half_sync_turns, epoll_lt_backend.poller);
}

const struct backend half_sync_backend = {
	.contract = MUXLAB_CONTRACT,
	.name = "half_sync",
	.summary = "a loop waits, N threads take ready sessions from a queue",
	.see_also = "epoll_ctl(2), futex(2), pthreads(7)",
	.workers = "threads",
	.default_workers = 4,
	.family = IO_HYBRID,
	.run = half_sync_run,
};
