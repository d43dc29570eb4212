/* io_uring.c - io_uring(7): requests are handed over in one ring of shared memory, results come back in another.
 *
 *              loop's thread                                   kernel
 *     await -> [ send | send | close | accept ] -+
 *                                                | io_uring_enter: one for each turn: hands over all that is new,
 *     take <-- [ done | done | done ... ]     <--+ waits, and runs what is due, on this very thread
 *                  |
 *     buffers  [ 7 | 3 | 12 ... ] ---------------> one is taken when bytes come; it goes back after the turn
 *
 * Nobody asks "is it ready?" any more. A client's receive goes on for as long as it stays, and so does the accept
 * (core/uring_stream.c says how that stays one request at a time). Sends are entries; what is closed is an entry
 * without a completion. The loop around it is core/proactor.c, the rings are core/uring.c: raw system calls.
 *
 * System calls for a request: a share of one io_uring_enter, and nothing else: 2 with one client, 0.3 with 10,
 * 0.05 with 100 (since 6.13 the kernel does some 20 of what is due in one call). With a connection for each
 * request 0.8 at 100 clients, where epoll makes 7: accept, two receives, send, epoll_ctl, close, and a share of
 * a wait. Files that are sent by sendfile(2), and what lingers, are tried as a reactor does, and polled for: a
 * splice is two entries and a pipe for each sender, to save one call for a megabyte.
 *
 * Kernels: 5.19 (buffer rings, accept that goes on); 6.0 receives that go on, before that each is one of its own; 6.1
 * IORING_SETUP_DEFER_TASKRUN: what is due waits for us and interrupts nobody. Each loop opens a ring in its own thread.
 *
 * Limits and traps:
 *  - Containers forbid it: seccomp(2) profiles, or kernel.io_uring_disabled; --list-backends says which, and
 *    what to do.
 *  - A ring holds what it works on: a closed socket sends no FIN, and a closed listener accepts, until all that
 *    is under way is cancelled. So cancel first, then close.
 *  - Accept tells no address, and getpeername(2) costs a call: it is asked only if somebody looks.
 *  - It accepts before we can say that we are full. Who came too early waits in the loop (--max-conns).
 *  - It waits for a listener exclusively (EPOLLEXCLUSIVE), so there is no --accept shared; one loop gets nearly all
 *    clients while it keeps up. reuseport and dispatch deal evenly.
 *  - Memory for each loop: rings 150 KiB, buffers 1.5 MiB as far as they are used. A silent client: 80 bytes more than
 *    epoll needs, and an operation in the kernel.
 *
 * io_uring_setup(2), io_uring_enter(2). J. Axboe, "Efficient IO with io_uring" (2019).
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
	if (n == -EAGAIN || n == -EBUSY)
		n = -ENOMEM; /* the kernel is short of memory: later */
	return here ? (int)here + (n > 0 ? n : 0) : n;
}

static void accepted(struct ring_state *s, const struct uring_done *d, struct done *done)
{
	*done = (struct done){ .token = d->token, .n = d->result, .goes_on = uring_goes_on(d) };
	if (d->result >= 0 && s->peers_matter)
		sys_peer(s->counters, d->result, &done->peer);
	if (d->result >= 0 && tracing(s->counters)) {
		trace_add(s->counters->trace, COUNT_ACCEPT, -1, d->result, clock_ns());
		trace_client(s->counters->trace, &done->peer);
	}
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
	.accept_modes = 1 << ACCEPT_EXCLUSIVE | 1 << ACCEPT_REUSEPORT | 1 << ACCEPT_DISPATCH,
	.family = IO_COMPLETION,
	.probe = uring_probe,
	.advice = uring_advice,
	.run = ring_run,
};
