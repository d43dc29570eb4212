/* load_idle.c - silent connections, opened in bursts smaller than the usual backlog; see load_idle.h.
 *
 * They are not in an epoll set: nothing is expected of them, and poll(2) looks at all of them once, at the end.
 *
 * SPDX-License-Identifier: MIT */
#include "bench/load_idle.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"

enum { BURST = 64 };

/* 0, or why this connection did not come about. */
static int outcome(struct pollfd *one, int64_t deadline_ms)
{
	int64_t left = deadline_ms - clock_ms();
	int error = ETIMEDOUT;
	socklen_t len = sizeof error;
	if (poll(one, 1, left > 0 ? (int)left : 0) == 1)
		getsockopt(one->fd, SOL_SOCKET, SO_ERROR, &error, &len);
	return error;
}

/* fds[from..n) are connecting. Waits for all; keeps the good ones. False: there is no sense in going on. */
static bool settle_burst(struct load_idle *idle, int from, int timeout_ms, struct load_stats *stats)
{
	int64_t deadline_ms = clock_ms() + timeout_ms;
	int kept = from, last = idle->n;
	for (int i = from; i < last; i++) {
		int error = outcome(&idle->fds[i], deadline_ms);
		if (error) {
			load_stats_error(stats, LOAD_E_IDLE, 1, strerror(error));
			close(idle->fds[i].fd);
		} else {
			idle->fds[kept++] = idle->fds[i];
		}
	}
	idle->n = kept;
	return kept == last;
}

int load_idle_open(struct load_idle *idle, const struct load_sources *sources, int wanted, int timeout_ms,
		   const atomic_bool *stop, struct load_stats *stats)
{
	*idle = (struct load_idle){ .fds = calloc((size_t)wanted + 1, sizeof *idle->fds) };
	if (!idle->fds)
		return -ENOMEM;
	for (bool going = true; going && idle->n < wanted && !atomic_load(stop);) {
		int from = idle->n, fd = 0;
		while (idle->n < wanted && idle->n - from < BURST && fd >= 0) {
			fd = load_source_connect(sources, (unsigned)idle->n);
			if (fd >= 0)
				idle->fds[idle->n++] = (struct pollfd){ .fd = fd, .events = POLLOUT };
		}
		if (fd < 0)
			load_stats_error(stats, LOAD_E_IDLE, 1, strerror(-fd));
		going = settle_burst(idle, from, timeout_ms, stats) && fd >= 0;
	}
	return 0;
}

void load_idle_check(struct load_idle *idle, struct load_stats *stats)
{
	for (int i = 0; i < idle->n; i++)
		idle->fds[i].events = POLLIN | POLLRDHUP;
	if (poll(idle->fds, (nfds_t)idle->n, 0) <= 0)
		return;
	for (int i = 0; i < idle->n; i++) {
		if (idle->fds[i].revents & (POLLRDHUP | POLLHUP | POLLERR))
			load_stats_error(stats, LOAD_E_IDLE, 1, "the server closed it");
		else if (idle->fds[i].revents & POLLIN)
			load_stats_error(stats, LOAD_E_UNASKED, 1, "on a silent connection");
	}
}

void load_idle_close(struct load_idle *idle)
{
	for (int i = 0; i < idle->n; i++)
		if (idle->fds[i].fd >= 0)
			close(idle->fds[i].fd);
	free(idle->fds);
	*idle = (struct load_idle){ 0 };
}
