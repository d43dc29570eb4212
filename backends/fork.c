/* fork.c - a process per connection, the way of inetd(8) and of the first servers of the Internet.
 *
 *     first process, accepting thread:  accept --> fork --> close its copy --> accept --> ...
 *                    watching thread:   SIGCHLD --> wait4, SIGTERM --> stop          (core/watch.c, core/processes.c)
 *     one per client:                   recv --> send --> recv --> ... --> close, _exit
 *
 * System calls for a request: recv, send; for a connection fork, two closes (both processes have the
 * descriptor: the connection ends when the last one closes it), exit, wait4. And page faults: fork copies the
 * page tables, and who writes first pays for the copy of the page.
 *
 * What it buys is a wall: a child that crashes, leaks or is taken over harms one client. Its memory is its own,
 * so what it learns is lost with it: every connection begins with the caches of the first process, which serves
 * no one, so they are empty. Only the service's shared memory and the counters are common (core/board.h).
 *
 * Limits and traps: --max-conns; by default as many processes as one process may have descriptors, though each
 * has a table of its own. When fork fails (EAGAIN: RLIMIT_NPROC, the cgroup's pids.max, kernel/pid_max),
 * accepting pauses until a child has ended. A child that is not waited for stays as a zombie. The listener is
 * closed in the child, or it would stay open after the server has stopped.
 *
 * fork(2), wait4(2), prctl(2), signal(7). Stevens, "UNIX Network Programming", volume 1, sections 4.8, 5.9 and
 * 30.5.
 *
 * SPDX-License-Identifier: MIT */
#include "backends.h"

static void fork_for_each(struct worker *worker)
{
	struct peer peer;
	for (int fd; (fd = blocking_accept(worker, &peer)) >= 0;)
		processes_spawn(worker, fd, &peer);
	processes_wait(worker);
}

static int fork_run(struct server *server, const struct poller *none)
{
	(void)none;
	return blocking_run(server, 1, fork_for_each);
}

const struct backend fork_backend = {
	.contract = MUXLAB_CONTRACT,
	.name = "fork",
	.summary = "a process per connection",
	.see_also = "fork(2), wait4(2)",
	.family = IO_BLOCKING,
	.run = fork_run,
};
