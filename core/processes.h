/* processes.h - serving in processes that this one forks: a crew that stays, or one for each connection.
 *
 *     first process                                      its children
 *     -------------                                      ------------
 *     takes the signals (watch.h), writes the phase      signals are blocked: Ctrl-C reaches the whole group,
 *     to the board, wakes who is late, reaps, starts     and the first process decides; serve, count on the
 *     another one in place of one that died              board, _exit()
 *
 * What a fork copies, and what is done about it:
 *
 *  Descriptors. A child keeps the listener and the logs. What the sessions beside have open is closed in it: a copy
 *    would keep a connection alive that the first process has closed.
 *  Locks. Only the thread that forks goes on in the child. server->lock is held during the fork, by this very
 *    thread, so the child can let go of it; the C library does the same for memory and streams, log.c for the log. No
 *    other lock can be held by another thread: no client is served in the first process.
 *  Memory. Everything, as a copy that costs when it is written to: the file cache and the proxy's objects are one
 *    each from then on. Not copied but shared: the board, and the service's shared_size bytes.
 *  Buffers and exit handlers. A child ends with _exit(2): what is to be flushed or deleted is the first process's.
 *
 * A child must not outlive the first process: PR_SET_PDEATHSIG sends it SIGKILL. The "parent" it speaks of is the
 * THREAD that forked (prctl(2)): so that one has to stay until its children are gone. */
#ifndef CORE_PROCESSES_H
#define CORE_PROCESSES_H

#include "backend.h"

/* As processes_run() (backend.h), for who opens its worker itself (a loop): child() is run in each process, and may
 * open one worker. What it returns is 0, or -errno: why it cannot serve. number: from 0; who takes a dead one's place
 * has its number. */
int processes_run_children(struct server *, int n, int (*child)(struct server *, int number));

/* One attempt of processes_spawn(): 0, or -errno: there is no process for the client, who keeps fd. */
int processes_try_spawn(struct worker *, int fd, const struct peer *peer);

/* Watch: buries children that have ended, and starts others in their place. Does nothing where no one forks. */
void processes_reap(struct server *);

#endif
