/* load_slow.c - dribblers and slow readers; see load_slow.h.
 *
 * Small receive buffers make the slow readers felt at once: else the kernel would take in megabytes of
 * answers for them. tcp(7), socket(7): SO_RCVBUF.
 *
 * SPDX-License-Identifier: MIT */
#include "bench/load_slow.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "bench/load_config.h"

enum { RECEIVE_BUFFER = 4096, READ_AT_ONCE = 16, ASK_AT_ONCE = 16 << 10 };

static size_t script_len(const struct load_script *script)
{
	return script->request_at[script->n_steps];
}

/* Sends up to `most` bytes of the script, as many as fit, and goes around at its end. */
static int say(struct load_slow *slow, int fd, size_t *at, size_t most)
{
	size_t left = script_len(&slow->script) - *at;
	ssize_t n =
		send(fd, slow->script.requests + *at, left < most ? left : most, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (n < 0)
		return errno == EAGAIN ? 0 : -errno;
	*at = (*at + (size_t)n) % script_len(&slow->script);
	return (int)n;
}

/* False: the server has closed. */
static bool listen_a_little(int fd, size_t most)
{
	char buffer[4096];
	ssize_t n = recv(fd, buffer, most < sizeof buffer ? most : sizeof buffer, MSG_DONTWAIT);
	return n > 0 || (n < 0 && errno == EAGAIN);
}

static void thrown_out(struct load_slow *slow, struct pollfd *one)
{
	close(one->fd);
	one->fd = -1;
	slow->n_thrown_out++;
}

static void tick_all(struct load_slow *slow, struct load_idle *group, size_t *at, size_t say_most,
		     size_t listen_most)
{
	for (int i = 0; i < group->n; i++) {
		struct pollfd *one = &group->fds[i];
		if (one->fd < 0)
			continue;
		if (say(slow, one->fd, &at[i], say_most) < 0 || !listen_a_little(one->fd, listen_most))
			thrown_out(slow, one);
	}
}

void load_slow_tick(struct load_slow *slow)
{
	if (!load_slow_any(slow))
		return;
	tick_all(slow, &slow->dribblers, slow->at, 1, SIZE_MAX);
	tick_all(slow, &slow->readers, slow->at + slow->dribblers.n, ASK_AT_ONCE, READ_AT_ONCE);
}

bool load_slow_any(const struct load_slow *slow)
{
	return slow->dribblers.n + slow->readers.n > 0;
}

int load_slow_open(struct load_slow *slow, const struct load_sources *sources, const struct load_config *config,
		   const atomic_bool *stop, struct load_stats *stats)
{
	int n = config->dribble + config->slow_readers, small = RECEIVE_BUFFER;
	*slow = (struct load_slow){ 0 };
	if (n == 0)
		return 0;
	slow->at = calloc((size_t)n, sizeof *slow->at);
	int error = slow->at ? load_script_open(&slow->script, config, 1, (uint64_t)config->seed) : -ENOMEM;
	if (!error)
		error = load_idle_open(&slow->dribblers, sources, config->dribble, config->timeout_ms, stop,
				       stats);
	if (!error)
		error = load_idle_open(&slow->readers, sources, config->slow_readers, config->timeout_ms, stop,
				       stats);
	for (int i = 0; !error && i < slow->readers.n; i++)
		setsockopt(slow->readers.fds[i].fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
	return error;
}

void load_slow_close(struct load_slow *slow)
{
	load_idle_close(&slow->dribblers);
	load_idle_close(&slow->readers);
	load_script_close(&slow->script);
	free(slow->at);
}
