/* backends.h - every way to wait that is built in, in teaching order. */
#ifndef BACKENDS_BACKENDS_H
#define BACKENDS_BACKENDS_H

#include "core/backend.h"

extern const struct backend *const backends[]; /* ends with NULL */

extern const struct backend iterative_backend, thread_backend, prethread_backend, thread_queue_backend;
extern const struct backend fork_backend, prefork_backend;
extern const struct backend select_backend, poll_backend, epoll_lt_backend, epoll_et_backend, sigio_backend;
extern const struct backend coroutine_backend;
extern const struct backend half_sync_backend, sim_proactor_backend, leader_followers_backend;
extern const struct backend io_uring_backend, posix_aio_backend;

/* The iterative server's loop: prethread and prefork run it N times, in threads and in processes. */
void iterative_serve(struct worker *);

#endif
