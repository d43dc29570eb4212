/* skeleton_backend.c - an empty way to wait, to start your own from.
 *
 * Copy this file anywhere, fill in the four functions, then, with MUXLAB the folder of muxlab:
 *
 *     cc -std=c11 -D_GNU_SOURCE -shared -fPIC -I MUXLAB mine.c -o mine.so
 *     MUXLAB/servers/zen_server --backend ./mine.so
 *
 * What you write is a poller: it is told which descriptors to look at, and tells which are ready. Accepting, receiving,
 * sending, time and errors are the reactor's (core/reactor.c); the protocol is the service's. core/backend.h is the
 * whole contract. Read backends/select.c for an example of about a hundred lines.
 *
 *     reactor: open ... watch watch ... wait -> events ... watch ... wait -> events ... forget ... close
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/backend.h"

struct mine {
	struct counters *counters; /* hand them to the functions of core/sys.h: they count your calls */
};

/* Required. Called once, before anything else. Make your state and store it in *state.
 * Descriptors will be from 0 to max_fds - 1. Return 0, or -errno: the server then says why and ends. */
static int mine_open(void **state, struct worker *worker, int max_fds)
{
	struct mine *m = calloc(1, sizeof *m);
	(void)max_fds;
	if (!m)
		return -ENOMEM;
	m->counters = worker_counters(worker);
	*state = m;
	fprintf(stderr, "mine: watch() and wait() are not written yet; see lab/skeleton_backend.c\n");
	return 0;
}

/* Required. From now on report fd when it is ready for `now`: any of WATCH_READ, WATCH_WRITE; 0 means nothing at all,
 * not even a hang-up. `was` is what was asked for before (0: it is new, or was not looked at). Keep the token: it goes
 * with each event for fd. With a poller that has .edge = true, `now` has WATCH_EDGE too (but for the listener), and a
 * descriptor is watched once in its life. Return 0 or -errno: the reactor then ends this one session. */
static int mine_watch(void *state, int fd, unsigned was, unsigned now, uint64_t token)
{
	(void)state, (void)fd, (void)was, (void)now, (void)token;
	return -ENOSYS;
}

/* Required. Wait until something is ready, or timeout_ms has passed (-1: for ever, 0: do not wait). Fill in up to max
 * entries of ready and return how many; 0 when the time has passed; -EINTR is fine, other errors end the server.
 * An error or a hang-up counts as READ and WRITE and END. Do not leave out the same descriptors every time; max is as
 * large as max_fds, so that you need not leave out any. */
static int mine_wait(void *state, struct ready *ready, int max, int timeout_ms)
{
	(void)state, (void)ready, (void)max, (void)timeout_ms;
	return -ENOSYS;
}

/* Optional: leave it NULL if closing a descriptor is enough to make you forget it (as with epoll). Called for every
 * watched descriptor before it is closed; afterwards its number may come back as another client's. */
static void mine_forget(void *state, int fd)
{
	(void)state, (void)fd;
}

/* Required. Called once, at the end. Free all that open() made. */
static void mine_close(void *state)
{
	free(state);
}

static const struct poller mine = {
	.edge = false,
	.open = mine_open,
	.watch = mine_watch,
	.wait = mine_wait,
	.forget = mine_forget,
	.close = mine_close,
};

/* Optional: 0 if this machine can, or -errno (say, -ENOSYS where the kernel is too old). Called before open(). */
static int mine_probe(void)
{
	return 0;
}

/* The name by which the server finds all this. */
extern const struct backend muxlab_backend;
const struct backend muxlab_backend = {
	.contract = MUXLAB_CONTRACT,
	.name = "mine",
	.summary = "my own way to wait",
	.see_also = "the man pages that you read",
	.family = IO_READINESS,
	.max_sessions = 0, /* or how many clients it can serve at the same time */
	.max_fd = 0,       /* or the number that descriptors must stay below */
	.probe = mine_probe,
	.run = reactor_run,
	.poller = &mine,
};
