/* table.c - the backends in the order in which they are best read. A new one is a file and a line here.
 *
 * SPDX-License-Identifier: MIT */
#include "backends.h"

#include <stddef.h>

const struct backend *const backends[] = {
	&iterative_backend, /* one client at a time: what all others are measured against */
	&thread_backend,    /* the same loop, once per client */
	&prethread_backend, /* as many threads as one likes, made before anyone comes */
	&thread_queue_backend, /* the same, and a buffer in which clients wait for them */
	&fork_backend,      /* processes in place of threads: a wall around each client */
	&prefork_backend,   /* made before anyone comes */
	&select_backend,    /* one thread for all, and the oldest way to ask who is ready */
	&poll_backend,      /* the same question without a limit on numbers */
	&epoll_lt_backend,  /* the kernel keeps the list */
	&epoll_et_backend,  /* and tells only of changes */
	&sigio_backend,     /* changes too, but as signals: one system call for each */
	&coroutine_backend, /* the loop of a blocking thread, on a stack that waits for its turn */
	&half_sync_backend, /* a loop waits, threads take what is ready from a queue */
	&sim_proactor_backend, /* a loop waits and performs, threads think */
	&leader_followers_backend, /* threads take turns at being the loop */
	&io_uring_backend,  /* not "it would not block" but "it is done" */
	&posix_aio_backend, /* the same face, and threads behind it */
	NULL,
};
