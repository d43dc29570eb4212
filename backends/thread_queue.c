/* thread_queue.c - one thread accepts, N threads serve, and a bounded buffer of connections lies between them.
 *
 *     acceptor                       the buffer                            workers 1 ... N
 *     --------                       ----------                            ---------------
 *     accept --> put ------> [ fd | fd | fd |    |    ] ------> take --> recv --> send --> ... --> close --> take
 *                 |                                              |
 *                 waits while it is full (slots)                 waits while it is empty (items)
 *
 * This is the producer and the consumers of Bryant and O'Hallaron, "Computer Systems: A Programmer's
 * Perspective", sections 12.5.4 and 12.5.5 (sbuf): three semaphores, one for the places that are free, one for
 * the items, one for the buffer.
 *
 * System calls for a request: recv, send; for a connection accept and close, and the futex calls of the
 * hand-over: none when a worker is busy anyway, two when one has to be woken (it waits, the acceptor wakes it).
 * They are counted, since the semaphores are ours: "futex" and "handed" in the statistics. prethread.c needs
 * neither: there the kernel's accept queue is the buffer. What this one buys is a place to decide, before a
 * worker is taken: who goes first, who is refused.
 *
 * When the buffer is full the acceptor waits, and new clients wait in the kernel's queue (listen(2), backlog):
 * they are connected, but no one has taken them. The pressure goes back to where the work comes from; an
 * unbounded buffer would only hide it.
 *
 * Limits and traps: as many clients as workers; N silent ones keep everyone else waiting, in the buffer or
 * behind it, until --idle-timeout ends them. The time in the buffer is in nobody's log. A connection that dies
 * there is found when a worker has taken it. At a stop, who is in the buffer is served; who is still in it at
 * the end is cut.
 *
 * accept(2), futex(2), pthreads(7).
 *
 * SPDX-License-Identifier: MIT */
#include "backends.h"

#include <errno.h>

#include "core/queue.h"
#include "core/server.h"

enum { ROOM = 64 };

struct client {
	int         fd;
	struct peer peer;
};

/* -EINTR: the watch wakes who waits, so that it looks whether the server is over. */
static int put(struct worker *worker, struct queue *queue, const struct client *client)
{
	for (;;) {
		int error = queue_put(worker_counters(worker), queue, client);
		if (error != -EINTR)
			return error;
		if (server_phase(worker_server(worker)) == SERVER_OVER)
			return -ECONNABORTED;
	}
}

static void accept_for_all(struct worker *worker)
{
	struct queue *queue = worker_with(worker);
	struct client client;
	while ((client.fd = blocking_accept(worker, &client.peer)) >= 0)
		if (put(worker, queue, &client))
			blocking_turn_away(worker, client.fd);
	queue_end(worker_counters(worker), queue);
}

/* When the acceptor has ended the queue, what is in it is still taken. */
static void serve_from_queue(struct worker *worker)
{
	struct queue *queue = worker_with(worker);
	struct client client;
	for (int error; (error = queue_take(worker_counters(worker), queue, &client)) != -ESHUTDOWN;) {
		if (error == -EINTR)
			continue;
		if (server_phase(worker_server(worker)) == SERVER_OVER)
			blocking_turn_away(worker, client.fd);
		else
			blocking_session(worker, client.fd, &client.peer);
	}
}

static int thread_queue_run(struct server *server, const struct poller *none)
{
	struct queue queue;
	struct role roles[] = {
		{ .n = server_workers(server), .serve = serve_from_queue, .with = &queue },
		{ .n = 1, .serve = accept_for_all, .with = &queue, .passing = true },
	};
	(void)none;
	int error = queue_open(&queue, ROOM, sizeof(struct client));
	if (error)
		return error;
	error = blocking_run_roles(server, roles, 2);
	queue_close(&queue);
	return error;
}

const struct backend thread_queue_backend = {
	.contract = MUXLAB_CONTRACT,
	.name = "thread_queue",
	.summary = "one thread accepts, N serve, a bounded buffer between them",
	.see_also = "accept(2), futex(2), sem_overview(7)",
	.workers = "threads",
	.default_workers = 16,
	.one_each = true,
	.family = IO_BLOCKING,
	.run = thread_queue_run,
};
