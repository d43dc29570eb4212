/* select.c - select(2): two bit sets, handed over and handed back on every call.
 *
 *     want_read   1 0 0 1 1 0 ... 0     copied, because select overwrites what it is given
 *     want_write  0 0 0 0 1 0 ... 0
 *                 fd 0          n-1     the kernel looks at each wanted one, then we do
 *
 * System calls for a request: recv, send, and a share of one select. Changing what is wanted is free: a bit.
 *
 * The cost of a call grows with the highest descriptor, idle ones included. The limit is a descriptor's NUMBER: FD_SET
 * on one of FD_SETSIZE (1024) or more writes beyond the set (select(2), BUGS). So this backend has max_fd: the
 * server lowers its own RLIMIT_NOFILE to it, accept(2) then fails with EMFILE instead of returning such a number, and
 * accepting pauses. The limit is the C library's type, not the kernel's. select cannot tell of a half-close: it just
 * reports readable, and recv finds the end.
 *
 * SPDX-License-Identifier: MIT */
#include "backends.h"

#include <errno.h>
#include <stdlib.h>

#include "core/sys.h"

struct select_state {
	struct counters *counters;
	fd_set           want_read, want_write;
	int              n_fds;     /* the highest wanted descriptor, plus one */
	int              n_writers; /* mostly none: then there is no set to copy and to look at */
	uint64_t         tokens[FD_SETSIZE];
};

static int select_open(void **state, struct worker *worker, int max_fds)
{
	struct select_state *s = calloc(1, sizeof *s);
	(void)max_fds;
	if (!s)
		return -ENOMEM;
	s->counters = worker_counters(worker);
	FD_ZERO(&s->want_read);
	FD_ZERO(&s->want_write);
	*state = s;
	return 0;
}

static void set_bit(fd_set *set, int fd, bool on)
{
	if (on)
		FD_SET(fd, set);
	else
		FD_CLR(fd, set);
}

static bool is_wanted(const struct select_state *s, int fd)
{
	return FD_ISSET(fd, &s->want_read) || FD_ISSET(fd, &s->want_write);
}

static int select_watch(void *state, int fd, unsigned was, unsigned now, uint64_t token)
{
	struct select_state *s = state;
	(void)was;
	if (fd >= FD_SETSIZE)
		return -EMFILE; /* never set a bit that is not there */
	s->n_writers += (now & WATCH_WRITE ? 1 : 0) - (FD_ISSET(fd, &s->want_write) ? 1 : 0);
	set_bit(&s->want_read, fd, now & WATCH_READ);
	set_bit(&s->want_write, fd, now & WATCH_WRITE);
	s->tokens[fd] = token;
	if (now && fd >= s->n_fds)
		s->n_fds = fd + 1;
	while (s->n_fds && !is_wanted(s, s->n_fds - 1))
		s->n_fds--;
	return 0;
}

static void select_forget(void *state, int fd)
{
	select_watch(state, fd, 0, 0, 0);
}

static int select_wait(void *state, struct ready *ready, int max, int timeout_ms)
{
	struct select_state *s = state;
	fd_set in = s->want_read, writable, *out = NULL;
	if (s->n_writers) {
		writable = s->want_write;
		out = &writable;
	}
	int left = sys_select(s->counters, s->n_fds, &in, out, timeout_ms);
	int n = 0;
	if (left < 0)
		return left;
	for (int fd = 0; fd < s->n_fds && left > 0 && n < max; fd++) {
		unsigned seen = (FD_ISSET(fd, &in) ? WATCH_READ : 0) | (out && FD_ISSET(fd, out) ? WATCH_WRITE : 0);
		if (!seen)
			continue;
		left -= (seen & WATCH_READ ? 1 : 0) + (seen & WATCH_WRITE ? 1 : 0); /* select counts bits */
		ready[n++] = (struct ready){ s->tokens[fd], seen };
	}
	count_add(s->counters, COUNT_SCANNED, (uint64_t)s->n_fds);
	return n;
}

static void select_close(void *state)
{
	free(state);
}

static const struct poller select_poller = {
	.open = select_open,
	.watch = select_watch,
	.wait = select_wait,
	.forget = select_forget,
	.close = select_close,
};

const struct backend select_backend = {
	.contract = MUXLAB_CONTRACT,
	.name = "select",
	.summary = "one loop over fd_sets; descriptors below 1024 only",
	.see_also = "select(2), select_tut(2)",
	.workers = "loops",
	.accept_modes = ACCEPT_ANY,
	.family = IO_READINESS,
	.max_fd = FD_SETSIZE,
	.run = reactor_run,
	.poller = &select_poller,
};
