/* poll.c - poll(2): an array of what is wanted, with room for the answers in it.
 *
 *     fds     [ fd 4 IN | fd 9 IN | fd 7 OUT | ... ]   dense, in no order; the kernel fills in revents
 *     tokens  [   .     |    .    |    .     | ... ]   the same places
 *     place   fd -> place in fds, so that a change needs no search
 *
 * System calls for a request: recv, send, and a share of one poll. Changing what is wanted is free: a field.
 *
 * No limit on numbers but RLIMIT_NOFILE (poll(2), EINVAL). The kernel copies the whole array in and looks at every
 * entry on every call, idle ones included; then we scan it for those that are ready, until all were found. Errors and
 * hang-ups are reported unasked, for ever: so what is not wanted at all leaves the array.
 *
 * SPDX-License-Identifier: MIT */
#include "backends.h"

#include <errno.h>
#include <stdlib.h>

#include "core/pages.h"
#include "core/sys.h"

struct poll_state {
	struct counters *counters;
	size_t           max_fds;
	unsigned         n;
	struct pollfd   *fds;
	uint64_t        *tokens;
	unsigned        *place; /* from 1; 0: not in the array */
};

static void poll_close(void *state)
{
	struct poll_state *s = state;
	pages_release(s->fds, s->max_fds * sizeof *s->fds);
	pages_release(s->tokens, s->max_fds * sizeof *s->tokens);
	pages_release(s->place, s->max_fds * sizeof *s->place);
	free(s);
}

static int poll_open(void **state, struct worker *worker, int max_fds)
{
	struct poll_state *s = calloc(1, sizeof *s);
	if (!s)
		return -ENOMEM;
	s->counters = worker_counters(worker);
	s->max_fds = (size_t)max_fds;
	s->fds = pages_reserve(s->max_fds * sizeof *s->fds);
	s->tokens = pages_reserve(s->max_fds * sizeof *s->tokens);
	s->place = pages_reserve(s->max_fds * sizeof *s->place);
	if (!s->fds || !s->tokens || !s->place) {
		poll_close(s);
		return -ENOMEM;
	}
	*state = s;
	return 0;
}

/* The last entry moves into the gap. */
static void poll_forget(void *state, int fd)
{
	struct poll_state *s = state;
	if (!s->place[fd])
		return;
	unsigned gap = s->place[fd] - 1, last = --s->n;
	s->fds[gap] = s->fds[last];
	s->tokens[gap] = s->tokens[last];
	s->place[s->fds[gap].fd] = gap + 1;
	s->place[fd] = 0;
}

static int poll_watch(void *state, int fd, unsigned was, unsigned now, uint64_t token)
{
	struct poll_state *s = state;
	(void)was;
	if ((size_t)fd >= s->max_fds)
		return -EMFILE;
	if (!now) {
		poll_forget(s, fd);
		return 0;
	}
	if (!s->place[fd])
		s->place[fd] = ++s->n;
	unsigned i = s->place[fd] - 1;
	int events = (now & WATCH_READ ? POLLIN | POLLRDHUP : 0) | (now & WATCH_WRITE ? POLLOUT : 0);
	s->fds[i] = (struct pollfd){ .fd = fd, .events = (short)events };
	s->tokens[i] = token;
	return 0;
}

static unsigned seen_of(short revents)
{
	if (revents & (POLLERR | POLLHUP | POLLNVAL))
		return WATCH_READ | WATCH_WRITE | WATCH_END;
	return (revents & POLLIN ? WATCH_READ : 0u) | (revents & POLLOUT ? WATCH_WRITE : 0u) |
	       (revents & POLLRDHUP ? WATCH_READ | WATCH_END : 0u);
}

static int poll_wait(void *state, struct ready *ready, int max, int timeout_ms)
{
	struct poll_state *s = state;
	int left = sys_poll(s->counters, s->fds, s->n, timeout_ms);
	unsigned i;
	int n = 0;
	if (left < 0)
		return left;
	for (i = 0; i < s->n && n < left && n < max; i++)
		if (s->fds[i].revents)
			ready[n++] = (struct ready){ s->tokens[i], seen_of(s->fds[i].revents) };
	count_add(s->counters, COUNT_SCANNED, s->n);
	return n;
}

static const struct poller poll_poller = {
	.open = poll_open,
	.watch = poll_watch,
	.wait = poll_wait,
	.forget = poll_forget,
	.close = poll_close,
};

const struct backend poll_backend = {
	.contract = MUXLAB_CONTRACT,
	.name = "poll",
	.summary = "one loop over an array of pollfd",
	.see_also = "poll(2)",
	.workers = "loops",
	.accept_modes = ACCEPT_ANY,
	.family = IO_READINESS,
	.run = reactor_run,
	.poller = &poll_poller,
};
