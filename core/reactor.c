/* reactor.c - "tell me when it would not block": a loop's way to wait with select, poll, epoll, sigio, and plug-ins.
 *
 *     parked session ---> watch ---> [ poller ] ---> wait ---> ready ---> its request is tried again
 *
 * Level- and edge-triggered are the same reactor. A session's end has two ready bits, "worth trying": an event sets
 * them, EAGAIN or a short read clears them. With a level-triggered poller the kernel would also remember for us; with
 * an edge-triggered one these bits and the run queue are the only memory there is. So
 *
 *     edge:   watched once for both directions, when it first has to wait; never changed
 *     level:  watched for what the parked request needs, changed only when that is not watched yet (a send that
 *             waits) or when an event comes that no one wants (a hang-up during a sleep would fire for ever)
 *     once:   with a crew, so that no two threads get the same event: watched anew for each request that waits
 *
 * Per request: recv and send, and a share of one wait. No ctl call, but with a crew. epoll(7), poll(2), select(2).
 *
 * SPDX-License-Identifier: MIT */
#include "reactor.h"

#include <errno.h>
#include <fcntl.h>

#include "loops.h"
#include "pages.h"
#include "server.h"

struct reactor {
	struct loop          loop;
	const struct poller *poller;
	void                *state;
	struct ready        *ready; /* one for each descriptor: a wait never has to leave out some, always the same */
};

static struct reactor *reactor_of(struct loop *l)
{
	return (struct reactor *)(void *)l; /* it begins with it */
}

/* ---- watching ---- */

static int reactor_watch(struct loop *l, int fd, enum loop_token token)
{
	struct reactor *r = reactor_of(l);
	return r->poller->watch(r->state, fd, 0, WATCH_READ, token);
}

/* Always level-triggered: accepting stops after a batch, and an edge that was not used up would be lost. */
static int reactor_listen(struct loop *l, bool on)
{
	struct reactor *r = reactor_of(l);
	const struct server *server = l->worker.server;
	unsigned what = WATCH_READ | (server->options.accept == ACCEPT_EXCLUSIVE ? WATCH_EXCLUSIVE : 0);
	return r->poller->watch(r->state, l->listen_fd, on ? 0 : what, on ? what : 0, TOKEN_LISTENER);
}

static int watch(struct reactor *r, struct slot *slot, enum io_end which, unsigned now)
{
	struct end *end = session_end_of(&slot->session, which);
	int error = r->poller->watch(r->state, end->fd, end->watched, now, slot_token(&r->loop.slots, slot, which));
	if (!error)
		end->watched = (uint8_t)now;
	return error;
}

/* From the thread that parks it. */
static int watch_once(struct reactor *r, struct worker *w, struct slot *slot, enum io_end which, unsigned now)
{
	struct end *end = session_end_of(&slot->session, which);
	int error = r->poller->watch_once(r->state, w->counters, end->fd, end->watched, now,
					  slot_token(&r->loop.slots, slot, which));
	if (!error)
		end->watched = (uint8_t)now;
	return error;
}

static int reactor_await(struct loop *l, struct worker *w, struct slot *slot)
{
	struct reactor *r = reactor_of(l);
	const struct session *s = &slot->session;
	enum io_end which = (enum io_end)s->end_of;
	const struct end *end = session_end_of(s, which);
	unsigned wants = s->wants;
	if (!end || !wants)
		return 0;
	if (l->slots.shared)
		return watch_once(r, w, slot, which, wants);
	if (r->poller->edge)
		return end->watched ? 0 : watch(r, slot, which, WATCH_READ | WATCH_WRITE | WATCH_EDGE);
	return wants & ~(unsigned)end->watched ? watch(r, slot, which, wants) : 0;
}

static void reactor_forget(struct loop *l, struct end *end)
{
	struct reactor *r = reactor_of(l);
	if (r->poller->forget)
		r->poller->forget(r->state, end->fd);
}

/* ---- waiting ---- */

static int reactor_wait(struct loop *l, int timeout_ms)
{
	struct reactor *r = reactor_of(l);
	return r->poller->wait(r->state, r->ready, l->worker.server->max_fds, timeout_ms);
}

static void take_event(struct reactor *r, const struct ready *event)
{
	if (event->token >> 32 == 0) {
		loop_own_event(&r->loop, (enum loop_token)event->token);
		return;
	}
	struct slot *slot = slot_of(&r->loop.slots, event->token);
	enum io_end which = event->token & 1 ? IO_ORIGIN : IO_CLIENT;
	if (!slot || loop_event(&r->loop, slot, which, event->seen) || r->poller->edge || r->loop.slots.shared)
		return;
	const struct session *s = &slot->session;
	if (session_end_of(s, which) && watch(r, slot, which, s->end_of == which ? s->wants : 0))
		loop_drop(&r->loop, &r->loop.worker, slot);
}

static void reactor_take(struct loop *l, int n)
{
	struct reactor *r = reactor_of(l);
	for (int i = 0; i < n; i++)
		take_event(r, &r->ready[i]);
}

/* ---- opening and closing ---- */

static size_t ready_size(const struct loop *l)
{
	return (size_t)l->worker.server->max_fds * sizeof(struct ready);
}

static int reactor_open(struct loop *l)
{
	struct reactor *r = reactor_of(l);
	r->poller = l->how;
	r->ready = pages_reserve(ready_size(l));
	if (!r->ready)
		return -ENOMEM;
	if (l->listen_fd >= 0)
		fcntl(l->listen_fd, F_SETFL, fcntl(l->listen_fd, F_GETFL) | O_NONBLOCK);
	return r->poller->open(&r->state, &l->worker, l->worker.server->max_fds);
}

static void reactor_close(struct loop *l)
{
	struct reactor *r = reactor_of(l);
	if (r->state)
		r->poller->close(r->state);
	pages_release(r->ready, ready_size(l));
}

const struct loop_driver reactor_driver = {
	.size = sizeof(struct reactor),
	.open = reactor_open,
	.close = reactor_close,
	.watch = reactor_watch,
	.listen = reactor_listen,
	.await = reactor_await,
	.wait = reactor_wait,
	.take = reactor_take,
	.forget = reactor_forget,
};

int reactor_run(struct server *server, const struct poller *poller)
{
	return loops_run(server, &reactor_driver, NULL, poller);
}

int reactor_beside(struct server *server, const struct poller *poller, int n, int wake_fd)
{
	static const struct peer no_one;
	struct reactor r = { .loop = { .driver = &reactor_driver, .how = poller, .listen_fd = -1,
				       .signal_fd = wake_fd } };
	int error = loop_open(&r.loop, server, server->service->beside, (uint32_t)n);
	for (int i = 0; error >= 0 && i < n; i++) {
		r.loop.worker.env.number = (unsigned)i;
		loop_welcome(&r.loop, -1, &no_one);
	}
	while (error >= 0 && !loop_finished(&r.loop))
		error = loop_turn(&r.loop);
	loop_close(&r.loop);
	return error < 0 ? error : 0;
}
