/* prefork.c - N processes, forked once; each of them is the iterative server, and all wait at the same door.
 *
 *     first process:  fork, fork, ... fork; then watches: SIGCHLD --> another one in its place, SIGTERM --> stop
 *     process 1:      accept --> recv --> send --> ... --> close --> accept
 *       ...                                                             one inherited listener, N processes in accept
 *     process N:      accept --> recv --> send --> ... --> close --> accept
 *
 * System calls for a request: recv, send; for a connection accept and close. As in prethread.c one connection
 * wakes one process. A switch between processes changes the page tables, which one between threads does not.
 *
 * What is shared, and what is one per process:
 *
 *     shared      the listener; the service's shared_size bytes: a master's turns and what it knows of its slaves,
 *                 the counts behind /status; our own counters and the phase (core/board.h); the log files, whose
 *                 lines stay whole since each is one write(2) to a file opened with O_APPEND
 *     a copy      the configuration
 *     one each    descriptors; the proxy's objects and the files kept at hand. So N processes ask an origin up to
 *                 N times for the same object, keep it N times, and a client may find in one what the other has
 *                 not got. Threads share a cache for free and pay with a lock; processes share nothing by accident.
 *
 * One that dies harms its own client only, and another one takes its place, with a line in the log.
 *
 * Limits and traps: as many clients as processes; N silent ones keep everyone else waiting in the kernel's
 * queue, until --idle-timeout ends them. Shared memory takes atomics and no locks: who is killed with a lock in
 * hand never lets go.
 *
 * fork(2), accept(2), mmap(2) MAP_SHARED, prctl(2) PR_SET_PDEATHSIG. Stevens, "UNIX Network Programming",
 * volume 1, section 30.6; Apache's "prefork" module is this one.
 *
 * SPDX-License-Identifier: MIT */
#include "backends.h"

static int prefork_run(struct server *server, const struct poller *none)
{
	(void)none;
	return processes_run(server, server_workers(server), iterative_serve);
}

const struct backend prefork_backend = {
	.contract = MUXLAB_CONTRACT,
	.name = "prefork",
	.summary = "N processes in accept on one listener",
	.see_also = "fork(2), accept(2)",
	.workers = "processes",
	.default_workers = 16,
	.one_each = true,
	.family = IO_BLOCKING,
	.run = prefork_run,
};
