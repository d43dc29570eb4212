/* coroutine.c - the loop of a blocking thread, on a stack that stands aside where the thread would block.
 *
 *     the loop's stack                  a session's own stack
 *     ----------------                  ---------------------
 *     accept, begin ----- switch -----> blocking_converse():
 *                                         perform: nothing to receive: park
 *     epoll_wait <------- switch --------   yield
 *     ready: serve ------ switch ----->   perform: recv; resume(); perform: send; resume(); perform: park
 *     epoll_wait <------- switch --------   yield
 *     late: serve ------- switch ----->   perform: -ETIMEDOUT; resume() ... session_end()
 *     the slot is free <- switch -------- return
 *
 * The code is that of a thread (core/blocking.c), and so are its calls; only perform() below is another. The
 * wait is that of epoll_lt, and so are deadlines, accepting and the stop. A thread that the kernel would put
 * aside, with its stack and its registers, is put aside here by the program: that is what libraries of
 * fibers or green threads do. With await the compiler does it without a stack: what would be in the frames
 * is in an object.
 *
 * System calls for a request: recv, send, a share of one epoll_wait, and two rt_sigprocmask that no one has
 * asked for: each swapcontext(3) saves and restores the signal mask. Measured with 100 clients: recv 1.00,
 * send 1.00, epoll_wait 0.02 to 0.15, rt_sigprocmask 2.00 (strace(1) counts the same), switches 2.00. An
 * eighth more CPU time than epoll_lt. Switches that are written in assembly have no such call. For a
 * connection there and back twice more; for a new stack mmap, mprotect and rt_sigprocmask, but stacks are
 * used again.
 *
 * Memory of a parked client: its slot, and the pages of the stack that were ever touched. Growth of the
 * resident memory with 1000 idle clients, for each, in bytes:
 *
 *                    Zen     web
 *     epoll_lt       130     240
 *     coroutine    4,250  12,550      one page, three pages
 *     thread      13,900  26,500      stack, window and scratch
 *
 * and of the kernel's: page tables, two mappings.
 *
 * Limits and traps
 *  - Two mappings for each stack, its guard and itself: vm.max_map_count (65530) is enough for some 32,000
 *    in a process; several loops share them, --processes do not. When there is none left, the client that
 *    has come is turned away, and accepting pauses.
 *  - A stack is as deep as its deepest call ever was, and keeps those pages, also for the next session on
 *    it. One that runs over its end hits the guard: SIGSEGV, and that is the end of all sessions, not of
 *    one.
 *  - Nothing may block: a call that does stops all (--think block shows it). And any function that is called
 *    may yield: nothing in the text says where others run meanwhile, as the word await would.
 *  - What belongs to the thread, others use meanwhile: so before each yield the window is emptied and what
 *    stands in the scratch buffer is copied (session_park). The same is true of errno, and of a lock that is
 *    held across a yield. A stack never goes to another thread: compilers keep addresses of a thread's
 *    variables over a call.
 *  - One that never yields keeps the thread. So after 32 requests without a wait it goes to the end of the
 *    run queue.
 *  - Debuggers and profilers show the stack that runs; parked ones have to be found by hand. Sanitizers must
 *    be told of each switch (core/coroutine.c).
 *
 * M. Conway, "Design of a Separable Transition-Diagram Compiler", CACM 6 (1963), which has the word; A. Adya
 * et al., "Cooperative Task Management without Manual Stack Management", USENIX 2002; R. von Behren et al.,
 * "Capriccio: Scalable Threads for Internet Services", SOSP 2003; swapcontext(3), epoll(7), mmap(2),
 * proc_sys_vm(5).
 *
 * SPDX-License-Identifier: MIT */
#include "backends.h"

#include <errno.h>
#include <stdlib.h>

#include "core/blocking.h"
#include "core/coroutine.h"
#include "core/loops.h"
#include "core/pages.h"
#include "core/reactor.h"
#include "core/server.h"
#include "core/sys.h"

/* One for each slot. */
struct talk {
	struct slot      *slot;
	struct coroutine *stack;
	ssize_t           n;        /* its request's result; -EAGAIN: try again; -ECANCELED: the session ends */
	int               attempts; /* in this turn */
};

/* Of one loop, and the `with` of its worker. */
struct talks {
	struct loop           *loop;
	struct coroutine_pool *pool;
	struct talk           *all;
	struct talk           *running; /* NULL: it is the loop that runs */
};

static struct talk *talk_of(const struct loop *l, const struct slot *slot)
{
	const struct talks *talks = l->worker.with;
	return &talks->all[slot_number(&l->slots, slot) - 1];
}

/* ---- on a session's stack ---- */

/* As the loop's own: -EAGAIN: wait for it; -EINTR: let others have their turn. */
static ssize_t attempt(const struct talks *talks, struct talk *t, struct job *job)
{
	struct worker *w = &talks->loop->worker;
	if (!loop_worth_trying(talks->loop, w, &t->slot->session, job))
		return -EAGAIN;
	if (t->attempts++ == LOOP_BUDGET)
		return -EINTR;
	return loop_attempt(w, t->slot, job);
}

/* Where a thread would block: to the loop, and back when there is news. Buffers are the thread's, so between
 * two turns nothing of a session is in them: it is parked like any other, and its stack with it. */
static ssize_t wait_for_turn(const struct talks *talks, struct talk *t, struct job *job, ssize_t why)
{
	struct loop *l = talks->loop;
	t->n = -EAGAIN;
	if (why == -EAGAIN)
		loop_park(l, &l->worker, t->slot, job);
	else
		loop_run_later(l, &l->worker, t->slot, job);
	if (t->n == -ECANCELED)
		return t->n; /* there was no memory to park it: see drop() */
	coroutine_yield(t->stack);
	t->attempts = 0;
	loop_unpark(&l->worker, t->slot, job, t->n);
	return t->n;
}

static ssize_t perform(struct worker *w, struct session *s, struct job *job)
{
	const struct talks *talks = w->with;
	struct talk *t = talks->running;
	(void)s;
	slot_set_deadline(t->slot, 0);
	for (;;) {
		ssize_t n = attempt(talks, t, job);
		if (n == -EAGAIN || n == -EINTR)
			n = wait_for_turn(talks, t, job, n);
		if (n != -EAGAIN)
			return n;
	}
}

struct newcomer {
	struct worker     *worker;
	struct session    *session;
	int                fd;
	const struct peer *peer;
};

/* All that it is told is copied before it first yields. */
static void converse(struct coroutine *stack, void *argument)
{
	const struct newcomer *who = argument;
	(void)stack;
	blocking_converse(who->worker, who->session, who->fd, who->peer);
}

/* ---- on the loop's stack ---- */

static void run(struct loop *l, struct talk *t)
{
	struct talks *talks = l->worker.with;
	talks->running = t;
	bool goes_on = coroutine_resume(t->stack);
	talks->running = NULL;
	if (!goes_on)
		loop_give_back(l, &l->worker, t->slot);
}

static void serve(struct loop *l, struct slot *slot, ssize_t n)
{
	struct talk *t = talk_of(l, slot);
	t->n = n;
	run(l, t);
}

/* Of itself, in the middle of parking, or by the loop. */
static void drop(struct loop *l, struct slot *slot)
{
	const struct talks *talks = l->worker.with;
	if (talks->running)
		talks->running->n = -ECANCELED;
	else
		serve(l, slot, -ECANCELED);
}

static void begin(struct loop *l, struct slot *slot, int fd, const struct peer *peer)
{
	const struct talks *talks = l->worker.with;
	struct newcomer who = { &l->worker, &slot->session, fd, peer };
	struct talk *t = talk_of(l, slot);
	*t = (struct talk){ .slot = slot, .stack = coroutine_start(talks->pool, converse, &who) };
	if (t->stack) {
		run(l, t);
		return;
	}
	sys_close(l->worker.counters, fd);
	loop_give_back(l, &l->worker, slot);
	loop_accept_failed(l, -ENOMEM); /* as when there is no descriptor for it */
}

/* ---- opening and closing ---- */

static size_t talks_size(const struct loop *l)
{
	return l->slots.capacity * sizeof(struct talk);
}

static int coroutine_open(struct loop *l)
{
	struct talks *talks = calloc(1, sizeof *talks);
	if (!talks)
		return -ENOMEM;
	talks->loop = l;
	talks->pool = coroutine_pool_open(l->worker.counters);
	talks->all = pages_reserve(talks_size(l));
	l->worker.with = talks;
	l->worker.perform = perform;
	return talks->pool && talks->all ? 0 : -ENOMEM;
}

/* Each session ends on its own stack, so that none is left behind. */
static void coroutine_close(struct loop *l)
{
	struct talks *talks = l->worker.with;
	if (!talks)
		return;
	loop_cut(l);
	coroutine_pool_close(talks->pool);
	pages_release(talks->all, talks_size(l));
	free(talks);
}

static const struct loop_turns coroutine_turns = {
	.open = coroutine_open,
	.begin = begin,
	.serve = serve,
	.drop = drop,
	.close = coroutine_close,
};

static int coroutine_run(struct server *server, const struct poller *poller)
{
	(void)poller;
	return loops_run(server, &reactor_driver, &coroutine_turns, epoll_lt_backend.poller);
}

const struct backend coroutine_backend = {
	.contract = MUXLAB_CONTRACT,
	.name = "coroutine",
	.summary = "code that blocks, on a stack for each client, in one thread",
	.see_also = "swapcontext(3), epoll(7), mmap(2)",
	.workers = "loops",
	.accept_modes = ACCEPT_ANY | 1 << ACCEPT_EXCLUSIVE,
	.family = IO_READINESS,
	.run = coroutine_run,
};
