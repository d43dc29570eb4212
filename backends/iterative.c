/* iterative.c - one client at a time, from its first byte to its last. The simplest server there is.
 *
 *     accept --> recv --> send --> recv --> ... --> close --> accept
 *                  ^ blocks here, and with it every other client
 *
 * System calls for a request: recv, send.
 *
 * Who connects meanwhile waits in the kernel's accept queue (listen(2), backlog). A client that stays, silent or not,
 * locks all others out; a time-out only helps against the silent one. accept(2), recv(2), send(2).
 *
 * SPDX-License-Identifier: MIT */
#include "backends.h"

void iterative_serve(struct worker *worker)
{
	struct peer peer;
	for (int fd; (fd = blocking_accept(worker, &peer)) >= 0;)
		blocking_session(worker, fd, &peer);
}

static int iterative_run(struct server *server, const struct poller *none)
{
	(void)none;
	return blocking_run(server, 1, iterative_serve);
}

const struct backend iterative_backend = {
	.contract = MUXLAB_CONTRACT,
	.name = "iterative",
	.summary = "one client at a time",
	.see_also = "accept(2), recv(2), send(2)",
	.family = IO_BLOCKING,
	.max_sessions = 1,
	.run = iterative_run,
};
