/* thread.c - a thread per connection, each of them as simple as iterative.c.
 *
 *     accepting thread:  accept --> pthread_create --> accept --> ...
 *     one per client:    recv --> send --> recv --> ... --> close, and the thread ends
 *
 * System calls for a request: recv, send; for a connection also clone and what the C library does for a stack (kept
 * and used again where it can). Each answer costs two switches of thread, since recv sleeps.
 *
 * The scheduler is the event loop here. Nothing bounds the number of threads but --max-conns and the machine: when no
 * thread is to be had, accepting waits until a client leaves. pthread_create(3), pthreads(7).
 *
 * SPDX-License-Identifier: MIT */
#include "backends.h"

static void spawn_for_each(struct worker *worker)
{
	struct peer peer;
	for (int fd; (fd = blocking_accept(worker, &peer)) >= 0;)
		blocking_spawn(worker, fd, &peer);
}

static int thread_run(struct server *server, const struct poller *none)
{
	(void)none;
	return blocking_run(server, 1, spawn_for_each);
}

const struct backend thread_backend = {
	.contract = MUXLAB_CONTRACT,
	.name = "thread",
	.summary = "a thread per connection",
	.see_also = "pthread_create(3), pthreads(7)",
	.family = IO_BLOCKING,
	.run = thread_run,
};
