/* io_uring.c - io_uring(7): requests are handed over in one ring of shared memory, results come back in another.
 *
 *              loop's thread                                   kernel
 *     await -> [ send | send | recv | accept ] --+
 *                                                | io_uring_enter: one for each turn: hands over all that is new,
 *     take <-- [ done | done | done ... ]     <--+ waits, and runs what is due on this very thread
 *                  |
 *     buffers  [ 7 | 3 | 12 ... ] ---------------> one is taken when bytes come; it goes back after the turn
 *
 * SPDX-License-Identifier: MIT */
#include "backends.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#include "core/log.h"
#include "core/proactor.h"
#include "core/server.h"
#include "core/sys.h"
#include "core/trace.h"
#include "core/uring_stream.h"

enum { N_ENTRIES = 512, N_COMPLETIONS = 4096, BATCH = 256 };

/* Tokens of the loop's own: those of loop.h, and of what nobody listens to. */
enum { TOKEN_NOBODY = 0xff };

struct ring_state {
	struct counters     *counters;
	bool                 peers_matter;
	struct uring         ring;
	struct uring_streams streams;
	struct uring_done    batch[BATCH]; /* reaped, and not yet looked at: from `at` on */
	unsigned             n, at;
};

/* ---- asking ---- */

static int entered(const struct io_uring_sqe *entry)
{
	return entry ? 0 : -ENOMEM;
}

static int ring_accept(void *state, int fd)
{
	struct ring_state *s = state;
	return entered(uring_accept_all(&s->ring, fd, SOCK_NONBLOCK, TOKEN_LISTENER));
}

static uint32_t place_of(uint64_t token)
{
	return ((uint32_t)token & (uint32_t)(URING_SMALL - 1)) >> 1;
}

/* Who asks an origin wants its answer at the pace of its own client: no bytes in advance. */
static bool is_stream(uint64_t token)
{
	return !(token & 1);
}

static int ring_receive(void *state, int fd, uint64_t token)
{
	struct ring_state *s = state;
	return is_stream(token) ? uring_stream_want(&s->streams, place_of(token), fd, token)
				: uring_receive_once(&s->streams, fd, token);
}

static int ring_send(void *state, int fd, struct iovec head, struct iovec body, uint64_t token)
{
	struct ring_state *s = state;
	const struct iovec nothing = { 0 };
	return entered(head.iov_len ? uring_send(&s->ring, fd, head, body, 0, token)
				    : uring_send(&s->ring, fd, body, nothing, 0, token));
}

static int ring_poll(void *state, int fd, unsigned watch, uint64_t token)
{
	struct ring_state *s = state;
	uint32_t events = (watch & WATCH_READ ? POLLIN | POLLRDHUP : 0u) | (watch & WATCH_WRITE ? POLLOUT : 0u);
	return entered(uring_poll(&s->ring, fd, events, false, token));
}

static void ring_cancel(void *state, enum io_op op, uint64_t token)
{
	struct ring_state *s = state;
	if (op == IO_RECV && is_stream(token)) {
		uring_stream_recall(&s->streams, place_of(token), token);
		return;
	}
	struct io_uring_sqe *entry = uring_cancel(&s->ring, op == IO_RECV ? token | URING_LARGE : token, TOKEN_NOBODY);
	if (entry)
		uring_be_silent(entry);
}

static void ring_forget(void *state, uint64_t token)
{
	struct ring_state *s = state;
	uring_stream_forget(&s->streams, place_of(token), token);
}

static int ring_close_fd(void *state, int fd)
{
	struct ring_state *s = state;
	struct io_uring_sqe *entry = uring_close_fd(&s->ring, fd, TOKEN_NOBODY);
	if (entry)
		uring_be_silent(entry);
	return entered(entry);
}

/* ---- hearing ---- */

static int ring_wait(void *state, int timeout_ms)
{
	struct ring_state *s = state;
	unsigned here = s->n - s->at + uring_streams_n_ready(&s->streams);
	int n = uring_wait(&s->ring, here ? 0 : timeout_ms);
	return here ? (int)here + (n > 0 ? n : 0) : n;
}

static void accepted(struct ring_state *s, const struct uring_done *d, struct done *done)
{
	*done = (struct done){ .token = d->token, .n = d->result, .goes_on = uring_goes_on(d) };
	if (d->result >= 0 && s->peers_matter)
		sys_peer(s->counters, d->result, &done->peer);
}

/* False: it is for no one. */
static bool is_done(struct ring_state *s, const struct uring_done *d, struct done *done)
{
	struct uring_got got;
	if (d->token & (URING_SMALL | URING_LARGE)) {
		bool result = is_stream(d->token) ? uring_streams_take(&s->streams, place_of(d->token), d, &got)
						  : uring_once_take(&s->streams, d, &got);
		if (result)
			*done = (struct done){ .token = got.token, .n = got.n, .data = got.data };
		return result;
	}
	if (d->token == TOKEN_LISTENER)
		accepted(s, d, done);
	else
		*done = (struct done){ .token = d->token, .n = d->result };
	return d->token != TOKEN_NOBODY;
}

static bool reap(struct ring_state *s)
{
	if (s->at == s->n) {
		s->at = 0;
		s->n = uring_reap(&s->ring, s->batch, BATCH);
	}
	return s->at < s->n;
}

static bool ring_next(void *state, struct done *done)
{
	struct ring_state *s = state;
	struct uring_got got;
	uring_streams_give_back(&s->streams);
	if (uring_streams_ready(&s->streams, &got)) {
		*done = (struct done){ .token = got.token, .n = got.n, .data = got.data };
		return true;
	}
	while (reap(s)) {
		if (is_done(s, &s->batch[s->at++], done))
			return true;
		uring_streams_give_back(&s->streams);
	}
	return false;
}

/* ---- opening and closing ---- */

/* What it has been told to close is closed. */
static void ring_close(void *state)
{
	struct ring_state *s = state;
	uring_wait(&s->ring, 0);
	uring_streams_close(&s->streams);
	uring_close(&s->ring);
	free(s);
}

/* An accept that goes on brings no addresses, and getpeername(2) costs a call for each connection. */
static bool peers_matter(struct worker *worker)
{
	const struct server *server = worker_server(worker);
	return !server->service->ignores_peer || server->access.file || log_debugging() ||
	       tracing(worker_counters(worker));
}

static int ring_open(void **state, struct worker *worker)
{
	struct ring_state *s = calloc(1, sizeof *s);
	if (!s)
		return -ENOMEM;
	s->counters = worker_counters(worker);
	s->peers_matter = peers_matter(worker);
	int error = uring_open(&s->ring, s->counters, N_ENTRIES, N_COMPLETIONS);
	if (error < 0) {
		free(s);
		return error;
	}
	error = uring_streams_open(&s->streams, &s->ring, (uint32_t)worker_server(worker)->max_sessions + 1);
	if (error < 0)
		ring_close(s);
	else
		*state = s;
	return error < 0 ? error : 0;
}

static const struct completer ring_completer = {
	.open = ring_open,
	.close = ring_close,
	.accept = ring_accept,
	.receive = ring_receive,
	.send = ring_send,
	.poll = ring_poll,
	.cancel = ring_cancel,
	.forget = ring_forget,
	.wait = ring_wait,
	.next = ring_next,
	.close_fd = ring_close_fd,
};

static int ring_run(struct server *server, const struct poller *poller)
{
	(void)poller;
	return proactor_run(server, &ring_completer);
}

const struct backend io_uring_backend = {
	.contract = MUXLAB_CONTRACT,
	.name = "io_uring",
	.summary = "one loop over io_uring: requests are handed over, results come back",
	.see_also = "io_uring(7), io_uring_enter(2)",
	.workers = "loops",
	.accept_modes = ACCEPT_ANY | 1 << ACCEPT_EXCLUSIVE,
	.family = IO_COMPLETION,
	.probe = uring_probe,
	.advice = uring_advice,
	.run = ring_run,
};
