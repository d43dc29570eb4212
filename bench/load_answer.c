/* load_answer.c - what a connection of the load generator receives: checked, counted, and the next one asked.
 *
 * An edge is told once only, so we read until a short read says that the socket is drained; and when the
 * event also told of an end or an error, until that has been seen too, for no other event will come. One look
 * at the clock for each recv(2): all answers that it brings have arrived by then. epoll(7), recv(2).
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <sys/epoll.h>

#include "bench/load_expect.h"
#include "bench/load_trip.h"
#include "bench/load_worker.h"
#include "core/clock.h"
#include "core/log.h"

enum { RECEIVES_AT_ONCE = 16 }; /* so that one server without an end does not keep us from all else */

static void not_right(struct load_worker *w, struct load_conn *c, enum load_verdict verdict, int64_t now)
{
	char text[64] = "";
	if (verdict == LOAD_BAD_STATUS)
		snprintf(text, sizeof text, "%d", c->reader.status);
	else if (c->reader.seen != c->reader.body->len)
		snprintf(text, sizeof text, "%zu bytes instead of %zu", c->reader.seen, c->reader.body->len);
	load_conn_error(w, c->place, verdict == LOAD_BAD_STATUS ? LOAD_E_STATUS : LOAD_E_BODY, 1, text, now);
}

bool load_answer_count(struct load_worker *w, struct load_conn *c, enum load_verdict verdict,
		       const struct load_sent *sent, int64_t now)
{
	if (verdict != LOAD_RIGHT) {
		not_right(w, c, verdict, now);
		return false;
	}
	if (w->places)
		load_conn_tally(w, c->place, now)->answers++;
	if (!load_conn_counts(w, sent))
		return false;
	hist_record(w->stats.latency, now - sent->due_ns);
	if (w->stats.uncorrected)
		hist_record(w->stats.uncorrected, now - sent->sent_ns);
	w->stats.cache[c->reader.cache]++;
	atomic_store_explicit(&w->answers, w->stats.latency->count, memory_order_relaxed);
	return true;
}

static void answered(struct load_worker *w, struct load_conn *c, enum load_verdict verdict, int64_t now)
{
	c->useful = true;
	w->last_answer_ns = now;
	if (c->trip) {
		load_trip_answered(w, c, verdict, now);
		return;
	}
	c->backoff_ms = 0;
	load_answer_count(w, c, verdict, &c->sent[c->oldest], now);
	load_conn_settle(w, c, now);
}

/* The server has closed, or said that it will: in good order if it owes nothing. */
static void reopen(struct load_worker *w, struct load_conn *c, int64_t now)
{
	if (c->in_flight || !c->useful) {
		load_conn_fail(w, c, LOAD_E_CLOSED,
			       c->in_flight ? "the server closed" : "closed without an answer", now);
		return;
	}
	load_conn_close(w, c);
	bool first = !c->trip || c->trip->client == c;
	if (first && !w->config->churn && w->phase < LOAD_DRAINING)
		load_conn_open(w, c, now);
	else
		load_conn_next(w, c, now);
}

static void fail_bytes(struct load_worker *w, struct load_conn *c, enum load_error kind, const char *data,
		       size_t len, int64_t now)
{
	char text[120];
	load_conn_fail(w, c, kind, log_bytes(text, sizeof text, data, len), now);
}

/* Bytes that have come. False: the connection is not what it was. */
static bool take(struct load_worker *w, struct load_conn *c, const char *data, size_t len, int64_t now)
{
	while (len) {
		size_t used = 0;
		if (c->in_flight == 0) {
			fail_bytes(w, c, LOAD_E_UNASKED, data, len, now);
			return false;
		}
		enum load_verdict verdict = w->protocol->check(&w->script, &c->reader, data, len, &used);
		if (verdict == LOAD_WRONG) {
			fail_bytes(w, c, LOAD_E_WRONG, data, len, now);
			return false;
		}
		if (verdict != LOAD_MORE)
			answered(w, c, verdict, now);
		data += used;
		len -= used;
	}
	if (c->in_flight == 0 && c->n_unsent) {
		load_conn_fail(w, c, LOAD_E_UNASKED, "answered before the question was complete", now);
		return false;
	}
	if (c->in_flight == 0 && (c->reader.closing || w->config->churn)) {
		reopen(w, c, now);
		return false;
	}
	return true;
}

static void ended(struct load_worker *w, struct load_conn *c, int64_t now)
{
	if (c->in_flight) {
		enum load_verdict verdict = w->protocol->at_end(&c->reader);
		if (verdict != LOAD_WRONG)
			answered(w, c, verdict, now);
	}
	reopen(w, c, now);
}

void load_conn_receive(struct load_worker *w, struct load_conn *c, uint32_t events)
{
	bool ending = events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR);
	for (int i = 0; i < RECEIVES_AT_ONCE; i++) {
		ssize_t n = recv(c->fd, w->buffer, LOAD_BUFFER, 0);
		int error = errno;
		if (n < 0 && error == EAGAIN)
			return;
		int64_t now = clock_ns();
		if (now >= w->phase_end_ns)
			load_worker_pass(w, now);
		if (n < 0) {
			load_conn_lost(w, c, -error, now);
			return;
		}
		if (n == 0) {
			ended(w, c, now);
			return;
		}
		if (w->phase == LOAD_MEASURING)
			w->stats.bytes_in += (uint64_t)n;
		if (!take(w, c, w->buffer, (size_t)n, now))
			return;
		if (ending)
			continue; /* ask nothing of a server that is about to close */
		load_conn_next(w, c, now);
		if (c->state != CONN_OPEN || n < LOAD_BUFFER)
			return;
	}
	load_conn_rearm(w, c);
}
