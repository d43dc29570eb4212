/* epoll.c - epoll(7), level-triggered and edge-triggered: the kernel keeps the list of what is wanted.
 *
 *     epoll_ctl: once per change --> [ interest list ]            a red-black tree in the kernel
 *                                      | becomes ready
 *                                      v
 *                                    [ ready list ] --> epoll_wait: only those that are ready
 *
 *     level   reported by every wait as long as it is ready; wanted only for what the session waits for
 *     edge    reported once when it becomes ready; wanted once, for both directions, for its whole life
 *
 * System calls for a request: recv, send, and a share of one epoll_wait. epoll_ctl: once per connection; level-
 * triggered twice more for each send that has to wait.
 *
 * A wait costs as much as there are ready descriptors, however many are idle. The listener is level-triggered in both:
 * accepting stops after a batch, and an edge that was not used up would be lost. Closing a descriptor takes it out
 * of the list, as long as no other descriptor refers to the same socket (epoll(7), Questions and answers). With edges,
 * a short read is taken for the last one; only before urgent data (tcp(7)) it is not, so EPOLLPRI is asked for too.
 *
 * SPDX-License-Identifier: MIT */
#include "backends.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "core/sys.h"

enum { MAX_EVENTS = 512 }; /* many, so that one call serves many; the kernel goes on behind them */

struct epoll_state {
	struct counters   *counters;
	int                fd;
	struct epoll_event events[MAX_EVENTS];
};

static int epoll_open(void **state, struct worker *worker, int max_fds)
{
	struct epoll_state *s = malloc(sizeof *s);
	(void)max_fds;
	if (!s)
		return -ENOMEM;
	s->counters = worker_counters(worker);
	s->fd = epoll_create1(EPOLL_CLOEXEC);
	if (s->fd < 0) {
		int error = -errno;
		free(s);
		return error;
	}
	*state = s;
	return 0;
}

/* An exclusive one may ask for little else (epoll_ctl(2), EPOLLEXCLUSIVE). */
static uint32_t events_of(unsigned watch)
{
	if (watch & WATCH_EXCLUSIVE)
		return EPOLLIN | EPOLLEXCLUSIVE;
	return (watch & WATCH_READ ? EPOLLIN | EPOLLRDHUP : 0u) | (watch & WATCH_WRITE ? EPOLLOUT : 0u) |
	       (watch & WATCH_EDGE ? EPOLLET | EPOLLPRI : 0u) | (watch & WATCH_ONCE ? EPOLLONESHOT : 0u);
}

static int change(const struct epoll_state *s, struct counters *c, int fd, unsigned was, unsigned now, uint64_t token)
{
	int op = !was ? EPOLL_CTL_ADD : !now ? EPOLL_CTL_DEL : EPOLL_CTL_MOD;
	if (!was && !now)
		return 0;
	return sys_epoll_ctl(c, s->fd, op, fd, events_of(now), token);
}

static int epoll_watch(void *state, int fd, unsigned was, unsigned now, uint64_t token)
{
	struct epoll_state *s = state;
	return change(s, s->counters, fd, was, now, token);
}

static int epoll_watch_once(void *state, struct counters *c, int fd, unsigned was, unsigned now, uint64_t token)
{
	return change(state, c, fd, was, now | WATCH_ONCE, token);
}

static unsigned seen_of(uint32_t events)
{
	if (events & (EPOLLERR | EPOLLHUP))
		return WATCH_READ | WATCH_WRITE | WATCH_END;
	return (events & EPOLLIN ? WATCH_READ : 0u) | (events & EPOLLOUT ? WATCH_WRITE : 0u) |
	       (events & (EPOLLRDHUP | EPOLLPRI) ? WATCH_READ | WATCH_END : 0u);
}

static int epoll_await(void *state, struct ready *ready, int max, int timeout_ms)
{
	struct epoll_state *s = state;
	int n = sys_epoll_wait(s->counters, s->fd, s->events, max < MAX_EVENTS ? max : MAX_EVENTS, timeout_ms);
	for (int i = 0; i < n; i++)
		ready[i] = (struct ready){ s->events[i].data.u64, seen_of(s->events[i].events) };
	return n;
}

static void epoll_close(void *state)
{
	struct epoll_state *s = state;
	close(s->fd);
	free(s);
}

static const struct poller level = {
	.open = epoll_open,
	.watch = epoll_watch,
	.watch_once = epoll_watch_once,
	.wait = epoll_await,
	.close = epoll_close,
};

static const struct poller edge = {
	.edge = true,
	.open = epoll_open,
	.watch = epoll_watch,
	.wait = epoll_await,
	.close = epoll_close,
};

const struct backend epoll_lt_backend = {
	.contract = MUXLAB_CONTRACT,
	.name = "epoll_lt",
	.summary = "one loop over epoll, level-triggered",
	.see_also = "epoll(7), epoll_ctl(2), epoll_wait(2)",
	.workers = "loops",
	.accept_modes = ACCEPT_ANY | 1 << ACCEPT_EXCLUSIVE,
	.family = IO_READINESS,
	.run = reactor_run,
	.poller = &level,
};

const struct backend epoll_et_backend = {
	.contract = MUXLAB_CONTRACT,
	.name = "epoll_et",
	.summary = "one loop over epoll, edge-triggered",
	.see_also = "epoll(7), epoll_ctl(2), epoll_wait(2)",
	.workers = "loops",
	.accept_modes = ACCEPT_ANY | 1 << ACCEPT_EXCLUSIVE,
	.family = IO_READINESS,
	.run = reactor_run,
	.poller = &edge,
};
