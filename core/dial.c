/* dial.c - a name becomes a connection, step by step; see dial.h.
 *
 * socket(2), connect(2): with a non-blocking socket EINPROGRESS, then writable, then a second connect tells how it
 * went: 0 or EISCONN, why not, or EALREADY, so that an event which was another socket's is not taken for success. A
 * blocking one may be interrupted by a signal; it then goes on by itself (connect(2), EINTR), and poll(2) waits for it.
 *
 * SPDX-License-Identifier: MIT */
#include "dial.h"

#include <errno.h>

#include "backend.h"
#include "lookup.h"
#include "net.h"
#include "sys.h"
#include "worker.h"

static int open_lookups(struct worker *w)
{
	if (w->open_lookups)
		return w->open_lookups(w);
	w->lookups = lookups_open(NULL);
	return w->lookups ? 0 : -ENOMEM;
}

/* 0 with addresses in dial->list, or a lookup under way; -errno. */
static int begin(struct worker *w, struct dial *dial, struct session *owner, const char *where)
{
	char host[256];
	uint16_t port = 0;
	dial->begun = true;
	if (net_split(where, host, sizeof host, &port) || !port)
		return -EINVAL;
	if (net_numeric(host, port, &dial->list) == 0)
		return 0;
	int error = w->lookups ? 0 : open_lookups(w);
	if (error < 0)
		return error;
	dial->lookup = lookup_start(w->lookups, owner, host, port);
	return dial->lookup ? 0 : -ENOMEM;
}

/* A blocking thread waits for it here, a loop comes again when it is told to. */
static int take_lookup(struct worker *w, struct dial *dial)
{
	if (!w->nonblocking)
		lookup_await(w->lookups, dial->lookup);
	int result = lookup_result(w->lookups, dial->lookup, &dial->list);
	if (result == -EAGAIN)
		return w->nonblocking ? -EAGAIN : -EINTR; /* -EINTR: look at the deadline, then wait on */
	lookup_drop(w->lookups, dial->lookup);
	dial->lookup = NULL;
	return result;
}

/* Begins with the address at hand. 0: connected at once. */
static int try_address(struct worker *w, const struct addrinfo *ai, struct end *end)
{
	int fd = sys_socket(w->counters, ai->ai_family, SOCK_STREAM | (w->nonblocking ? SOCK_NONBLOCK : 0));
	if (fd < 0)
		return fd;
	end->fd = fd;
	end->ready = WATCH_READ | WATCH_WRITE;
	int error = sys_connect(w->counters, fd, ai->ai_addr, ai->ai_addrlen);
	if (error == -EINPROGRESS) {
		end->ready = 0;
		return -EAGAIN;
	}
	return error;
}

/* How did the attempt go that was under way? */
static int outcome(struct worker *w, const struct addrinfo *ai, struct end *end)
{
	struct pollfd wait = { .fd = end->fd, .events = POLLOUT };
	if (!w->nonblocking) {
		int n = sys_poll(w->counters, &wait, 1, -1);
		if (n < 0)
			return n;
	}
	int error = sys_connect(w->counters, end->fd, ai->ai_addr, ai->ai_addrlen);
	if (error == -EALREADY) {
		end->ready &= (uint8_t)~WATCH_WRITE;
		return -EAGAIN;
	}
	return error == -EISCONN ? 0 : error;
}

int dial_step(struct worker *w, struct dial *dial, struct end *end, struct session *owner, const char *where)
{
	int error = dial->begun ? 0 : begin(w, dial, owner, where);
	if (!error && dial->lookup)
		error = take_lookup(w, dial);
	if (error)
		return error;
	if (end->fd >= 0) {
		error = outcome(w, dial->at, end);
	} else {
		dial->at = dial->list;
		error = try_address(w, dial->at, end);
	}
	while (error && error != -EAGAIN && error != -EINTR && dial->at->ai_next) {
		end_close(w, end);
		dial->at = dial->at->ai_next;
		error = try_address(w, dial->at, end);
	}
	return error;
}

void dial_close(struct worker *w, struct dial *dial)
{
	if (dial->lookup)
		lookup_drop(w->lookups, dial->lookup);
	if (dial->list)
		freeaddrinfo(dial->list);
	*dial = (struct dial){ 0 };
}
