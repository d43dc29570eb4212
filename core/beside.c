/* beside.c - the thread of the sessions that have no client; see beside.h.
 *
 *     server thread:  beside_start() ... serves clients ... beside_stop()
 *                        |                                     | writes to wake_fd
 *                        v                                     v
 *     its thread:     reactor_beside(): n sessions, no listener, no signals, until it is woken
 *
 * eventfd(2), pthread_create(3).
 *
 * SPDX-License-Identifier: MIT */
#include "beside.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "log.h"
#include "server.h"

struct beside {
	struct server       *server;
	const struct poller *poller;
	int                  n, wake_fd;
	pthread_t            thread;
};

static void *run(void *argument)
{
	struct beside *b = argument;
	int error = reactor_beside(b->server, b->poller, b->n, b->wake_fd);
	if (error) {
		errno = -error;
		log_error("the sessions beside the clients' have ended");
	}
	return NULL;
}

static void release(struct beside *b)
{
	if (b->wake_fd >= 0)
		close(b->wake_fd);
	free(b);
}

/* No signal is for it, whatever a backend blocks for itself later. */
static int start_thread(struct beside *b)
{
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int error = -pthread_create(&b->thread, NULL, run, b);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return error;
}

int beside_start(struct server *s, const struct backend *how)
{
	int n = s->service->beside && s->service->n_beside ? s->service->n_beside(s->config) : 0;
	if (n <= 0 || !how)
		return 0;
	struct beside *b = malloc(sizeof *b);
	if (!b)
		return -ENOMEM;
	*b = (struct beside){ .server = s, .poller = how->poller, .n = n };
	b->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	int error = b->wake_fd < 0 ? -errno : start_thread(b);
	if (error) {
		release(b);
		return error;
	}
	s->beside = b;
	return 0;
}

void beside_stop(struct server *s)
{
	struct beside *b = s->beside;
	const uint64_t one = 1;
	if (!b)
		return;
	if (write(b->wake_fd, &one, sizeof one) == sizeof one)
		pthread_join(b->thread, NULL);
	release(b);
	s->beside = NULL;
}
