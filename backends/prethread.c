/* prethread.c - N threads, made once; each of them is the iterative server, and all wait at the same door.
 *
 *     thread 1:  accept --> recv --> send --> ... --> close --> accept
 *     thread 2:  accept --> recv --> send --> ... --> close --> accept        one listener, N threads in accept
 *       ...
 *     thread N:  accept --> recv --> send --> ... --> close --> accept
 *
 * System calls for a request: recv, send; for a connection accept and close, and no clone: that is what it
 * saves compared with thread.c.
 *
 * A connection wakes one thread, not all: in accept(2) they wait as exclusive waiters, in the order in which
 * they came, and the kernel wakes the first (since Linux 2.3; before, each connection woke them all, the
 * "thundering herd"). So the kernel's wait queue deals out the clients, and COUNT_VAIN stays 0. Threads that
 * wait in poll or epoll for the same listener are all told: that herd still exists.
 *
 * Limits and traps: as many clients as threads. N clients who connect and are silent keep everyone else waiting
 * in the kernel's queue (listen(2), backlog), until --idle-timeout ends them; keep-alive connections do the
 * same by being polite. More threads than that cost their stacks, and a switch for each request. Threads that
 * share a lock or an allocator share one fate too: one that crashes takes all with it (prefork.c).
 *
 * accept(2), listen(2), pthreads(7). Molloy and Lever, "accept() scalability on Linux", USENIX 2000; Stevens,
 * "UNIX Network Programming", volume 1, section 30.11.
 *
 * SPDX-License-Identifier: MIT */
#include "backends.h"

static int prethread_run(struct server *server, const struct poller *none)
{
	(void)none;
	return blocking_run(server, server_workers(server), iterative_serve);
}

const struct backend prethread_backend = {
	.contract = MUXLAB_CONTRACT,
	.name = "prethread",
	.summary = "N threads in accept on one listener",
	.see_also = "accept(2), pthreads(7)",
	.workers = "threads",
	.default_workers = 16,
	.one_each = true,
	.family = IO_BLOCKING,
	.run = prethread_run,
};
