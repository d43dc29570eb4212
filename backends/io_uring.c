/* io_uring.c - x
 *
 * SPDX-License-Identifier: MIT */
#include "backends.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#include "core/net.h"
#include "core/proactor.h"
#include "core/uring.h"

enum { N_ENTRIES = 512, N_COMPLETIONS = 4096, N_BUFFERS = 128, GROUP = 0, BATCH = 256 };
enum { TOKEN_NOTHING = 255 };

struct address {
	struct sockaddr_storage sa;
	socklen_t               len;
};

struct ring_state {
	struct uring         ring;
	struct uring_buffers buffers;
	struct uring_done    batch[BATCH];
	unsigned             n, at;
	int                  lent;      /* the buffer that the last completion brought; -1: none */
	struct address       addresses[PROACTOR_ACCEPTS];
};

static int entered(const struct io_uring_sqe *entry)
{
	return entry ? 0 : -ENOMEM;
}

static void ring_close(void *state)
{
	struct ring_state *s = state;
	uring_wait(&s->ring, 0);
	uring_buffers_close(&s->ring, &s->buffers);
	uring_close(&s->ring);
	free(s);
}

static int ring_open(void **state, struct worker *worker)
{
	struct ring_state *s = calloc(1, sizeof *s);
	if (!s)
		return -ENOMEM;
	s->lent = -1;
	int error = uring_open(&s->ring, worker_counters(worker), N_ENTRIES, N_COMPLETIONS);
	if (error < 0) {
		free(s);
		return error;
	}
	error = uring_buffers_open(&s->ring, &s->buffers, GROUP, N_BUFFERS, RECEIVE_SIZE);
	if (error < 0)
		ring_close(s);
	else
		*state = s;
	return error;
}

static int ring_accept(void *state, int fd, uint64_t token)
{
	struct ring_state *s = state;
	struct address *a = &s->addresses[token >> 8];
	a->len = sizeof a->sa;
	return entered(uring_accept(&s->ring, fd, (struct sockaddr *)&a->sa, &a->len, SOCK_NONBLOCK, token));
}

static int ring_receive(void *state, int fd, uint64_t token)
{
	struct ring_state *s = state;
	return entered(uring_recv_group(&s->ring, fd, GROUP, false, token));
}

static int ring_send(void *state, int fd, struct iovec head, struct iovec body, uint64_t token)
{
	struct ring_state *s = state;
	if (!head.iov_len) {
		head = body;
		body.iov_len = 0;
	}
	return entered(uring_send(&s->ring, fd, head, body, 0, token));
}

static int ring_poll(void *state, int fd, unsigned watch, uint64_t token)
{
	struct ring_state *s = state;
	uint32_t events = (watch & WATCH_READ ? POLLIN | POLLRDHUP : 0u) | (watch & WATCH_WRITE ? POLLOUT : 0u);
	return entered(uring_poll(&s->ring, fd, events, false, token));
}

static void ring_cancel(void *state, uint64_t token)
{
	struct ring_state *s = state;
	struct io_uring_sqe *entry = uring_cancel(&s->ring, token, TOKEN_NOTHING);
	if (entry)
		uring_be_silent(entry);
}

static int ring_close_fd(void *state, int fd)
{
	struct ring_state *s = state;
	struct io_uring_sqe *entry = uring_close_fd(&s->ring, fd, TOKEN_NOTHING);
	if (entry)
		uring_be_silent(entry);
	return entered(entry);
}

static int ring_wait(void *state, int timeout_ms)
{
	struct ring_state *s = state;
	return uring_wait(&s->ring, timeout_ms);
}

static void give_back(struct ring_state *s)
{
	if (s->lent >= 0)
		uring_give_back(&s->buffers, (unsigned)s->lent);
	s->lent = -1;
}

static bool ring_next(void *state, struct done *done)
{
	struct ring_state *s = state;
	give_back(s);
	do {
		if (s->at == s->n) {
			s->at = 0;
			s->n = uring_reap(&s->ring, s->batch, BATCH);
		}
		if (!s->n)
			return false;
	} while (s->batch[s->at++].token == TOKEN_NOTHING);
	const struct uring_done *d = &s->batch[s->at - 1];
	done->token = d->token;
	done->n = d->result;
	if (uring_has_buffer(d)) {
		s->lent = (int)uring_buffer_number(d);
		done->data = uring_buffer_at(&s->buffers, (unsigned)s->lent);
	}
	return true;
}

static int ring_run(struct server *server, const struct poller *poller);

const struct backend io_uring_backend = {
	.contract = MUXLAB_CONTRACT,
	.name = "io_uring",
	.summary = "one loop over io_uring: requests are handed over, results come back",
	.see_also = "io_uring(7), io_uring_enter(2)",
	.workers = "loops",
	.accept_modes = ACCEPT_ANY | 1 << ACCEPT_EXCLUSIVE,
	.family = IO_COMPLETION,
	.probe = uring_probe,
	.run = ring_run,
};

static const struct completer ring_completer = {
	.open = ring_open,
	.close = ring_close,
	.accept = ring_accept,
	.receive = ring_receive,
	.send = ring_send,
	.poll = ring_poll,
	.cancel = ring_cancel,
	.wait = ring_wait,
	.next = ring_next,
	.close_fd = ring_close_fd,
};

static int ring_run(struct server *server, const struct poller *poller)
{
	(void)poller;
	return proactor_run(server, &ring_completer);
}
