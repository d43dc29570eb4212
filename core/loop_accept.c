/* loop_accept.c - a loop lets clients in, or pauses: when it is full, or the machine is out of something; see loop.h.
 *
 *     listener readable --> accept a batch --> newcomer: dealt to another loop, or welcomed here
 *          ^                    | full, or EMFILE, ENOMEM ...: said once a minute
 *          |                    v
 *          +------- a client leaves, or a second is over
 *
 * Paused means that the listener is not watched: so nothing spins, and clients wait in the kernel's queue. accept4(2).
 *
 * SPDX-License-Identifier: MIT */
#include "loop_parts.h"

#include <errno.h>

#include "loops.h"
#include "sys.h"

enum {
	ACCEPT_BATCH = 64, /* connections taken before those that exist have their turn */
	TIRED_MS = 1000,   /* how long accepting pauses when the machine is out of something, at most */
};

int loop_set_accepting(struct loop *l, bool on)
{
	int error = 0;
	if (l->accepting != on && l->listen_fd >= 0)
		error = l->driver->listen(l, on);
	if (error >= 0)
		l->accepting = on;
	return error < 0 ? error : 0;
}

void loop_pause_accepting(struct loop *l)
{
	loop_set_accepting(l, false);
	loop_arm(l, &l->accept_timer, l->worker.env.now_ms + TIRED_MS);
}

static bool is_full(const struct loop *l)
{
	return server_is_full(l->worker.server) || l->slots.n_live >= l->slots.capacity;
}

void loop_resume_accepting(struct loop *l)
{
	if (!l->stopping && !l->accepting && l->listen_fd >= 0 && !is_full(l) && loop_set_accepting(l, true))
		loop_pause_accepting(l); /* not even that: later, then */
}

/* ---- new sessions ---- */

void loop_newcomer(struct loop *l, int fd, const struct peer *peer)
{
	server_count_sessions(l->worker.server, l->worker.berth, 1);
	if (!loops_deal(l, fd, peer))
		loop_welcome(l, fd, peer);
}

bool loop_has_room(struct loop *l)
{
	if (!is_full(l))
		return true;
	server_say_full(l->worker.server);
	loop_pause_accepting(l);
	return false;
}

bool loop_accept_failed(struct loop *l, int error)
{
	if (server_accept_failed(l->worker.server, error))
		return true;
	loop_pause_accepting(l);
	return false;
}

/* One connection. False: none is waiting, or we may take no more for now. */
bool loop_accept_one(struct loop *l)
{
	struct server *server = l->worker.server;
	struct peer peer;
	if (is_full(l)) {
		server_say_full(server);
		loop_pause_accepting(l);
		loop_resume_accepting(l); /* who has left since then did not know that it matters */
		return false;
	}
	int fd = sys_accept(l->worker.counters, l->listen_fd, &peer, SOCK_NONBLOCK);
	if (fd >= 0) {
		loop_newcomer(l, fd, &peer);
		return true;
	}
	return fd != -EAGAIN && loop_accept_failed(l, fd);
}

/* Several loops may be told of one client: then all but one come in vain. */
void loop_accept_some(struct loop *l)
{
	uint64_t before = count_get(l->worker.counters, COUNT_EAGAIN);
	for (int i = 0; i < ACCEPT_BATCH && l->accepting && loop_accept_one(l); i++)
		before = UINT64_MAX;
	if (count_get(l->worker.counters, COUNT_EAGAIN) > before)
		count_add(l->worker.counters, COUNT_VAIN, 1);
}
