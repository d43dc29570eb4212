/* ppoll.c - a backend outside the tree, which works: ppoll(2) over an array that is searched.
 *
 * It shows that core/backend.h is enough to write one: the tests build it somewhere else, load it by --backend,
 * and run the whole conformance suite on it. Simple rather than fast: entries stand in no order, and a change
 * searches for its own. What is not wanted at all leaves the array, since poll reports hang-ups unasked.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <time.h>

#include "core/backend.h"
#include "core/counters.h"

struct ppoll_state {
	struct counters *counters;
	int              n;
	int              first; /* where the next look begins, so that no one is looked at last every time */
	struct pollfd   *fds;
	uint64_t        *tokens;
};

static void ppoll_close(void *state)
{
	struct ppoll_state *s = state;
	free(s->fds);
	free(s->tokens);
	free(s);
}

static int ppoll_open(void **state, struct worker *worker, int max_fds)
{
	struct ppoll_state *s = calloc(1, sizeof *s);
	if (!s)
		return -ENOMEM;
	s->counters = worker_counters(worker);
	s->fds = calloc((size_t)max_fds, sizeof *s->fds);
	s->tokens = calloc((size_t)max_fds, sizeof *s->tokens);
	if (!s->fds || !s->tokens) {
		ppoll_close(s);
		return -ENOMEM;
	}
	*state = s;
	return 0;
}

static int find(const struct ppoll_state *s, int fd)
{
	int i = 0;
	while (i < s->n && s->fds[i].fd != fd)
		i++;
	return i;
}

static void ppoll_forget(void *state, int fd)
{
	struct ppoll_state *s = state;
	int gap = find(s, fd);
	if (gap == s->n)
		return;
	s->fds[gap] = s->fds[--s->n];
	s->tokens[gap] = s->tokens[s->n];
}

static int ppoll_watch(void *state, int fd, unsigned was, unsigned now, uint64_t token)
{
	struct ppoll_state *s = state;
	(void)was;
	if (!now) {
		ppoll_forget(s, fd);
		return 0;
	}
	int i = find(s, fd);
	s->n += i == s->n;
	s->fds[i] = (struct pollfd){ .fd = fd };
	if (now & WATCH_READ)
		s->fds[i].events |= POLLIN | POLLRDHUP;
	if (now & WATCH_WRITE)
		s->fds[i].events |= POLLOUT;
	s->tokens[i] = token;
	return 0;
}

static unsigned seen_of(short revents)
{
	unsigned seen = 0;
	if (revents & (POLLERR | POLLHUP))
		return WATCH_READ | WATCH_WRITE | WATCH_END;
	if (revents & POLLIN)
		seen |= WATCH_READ;
	if (revents & POLLOUT)
		seen |= WATCH_WRITE;
	if (revents & POLLRDHUP)
		seen |= WATCH_READ | WATCH_END;
	return seen;
}

static int ppoll_wait(void *state, struct ready *ready, int max, int timeout_ms)
{
	struct ppoll_state *s = state;
	struct timespec timeout = { timeout_ms / 1000, timeout_ms % 1000 * 1000000L };
	int n = 0, i = 0;
	count_add(s->counters, COUNT_WAIT, 1);
	if (ppoll(s->fds, (nfds_t)s->n, timeout_ms < 0 ? NULL : &timeout, NULL) < 0)
		return -errno;
	for (; i < s->n && n < max; i++) {
		int at = (s->first + i) % s->n;
		if (s->fds[at].revents)
			ready[n++] = (struct ready){ s->tokens[at], seen_of(s->fds[at].revents) };
	}
	s->first = s->n ? (s->first + i) % s->n : 0;
	return n;
}

static const struct poller ppoll_poller = {
	.open = ppoll_open,
	.watch = ppoll_watch,
	.wait = ppoll_wait,
	.forget = ppoll_forget,
	.close = ppoll_close,
};

extern const struct backend muxlab_backend;
const struct backend muxlab_backend = {
	.contract = MUXLAB_CONTRACT,
	.name = "ppoll",
	.summary = "one loop over an array of pollfd, searched",
	.see_also = "ppoll(2)",
	.family = IO_READINESS,
	.run = reactor_run,
	.poller = &ppoll_poller,
};
