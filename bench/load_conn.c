/* load_conn.c - one connection of the load generator: opened, asked, answered, closed, opened again.
 *
 *           connect(2)               writable
 *     DOWN -------------> CONNECTING ----------> OPEN: ask, answer, ask, answer ...
 *      ^                      |                    |
 *      +---- back-off --------+--------------------+ error, end of file, or --churn
 *
 * A request costs one send(2), one recv(2), and its share of an epoll_wait(2). Edge-triggered, with reading and
 * writing watched once and for all, so there is no epoll_ctl(2) either. --churn sends right behind connect(2),
 * without waiting for "writable": on the loopback the connection is already there. epoll(7), tcp(7).
 *
 * The events of one epoll_wait(2) stay valid while they are handled: each connection appears once, and handling
 * one touches only its own. But for redirects: there another connection of the same client may have been
 * closed, or opened anew. An event too many does no harm, since the next call on the socket says what is true.
 *
 * SPDX-License-Identifier: MIT */
#include "bench/load_worker.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "bench/load_trip.h"
#include "bench/load_urls.h"
#include "core/clock.h"

enum { BACKOFF_MIN_MS = 2, BACKOFF_MAX_MS = 500 };

/* ---- down ---- */

void load_conn_close(struct load_worker *w, struct load_conn *c)
{
	static const struct linger reset = { .l_onoff = 1, .l_linger = 0 };
	if (c->state == CONN_DOWN)
		return;
	if (w->config->reset)
		setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
	w->n_connecting -= c->state == CONN_CONNECTING;
	w->n_up--;
	close(c->fd); /* the only descriptor of its socket, so this takes it out of the epoll set */
	c->fd = -1;
	c->state = CONN_DOWN;
	c->wake_ns = 0;
	c->n_unsent = 0;
	c->in_flight = 0;
}

bool load_conn_counts(const struct load_worker *w, const struct load_sent *sent)
{
	if (w->config->rate)
		return sent->due_ns >= w->start_ns && sent->due_ns < w->end_ns && w->phase >= LOAD_MEASURING;
	return w->phase == LOAD_MEASURING;
}

void load_conn_over(struct load_worker *w, const struct load_sent *sent, int64_t now)
{
	if (load_conn_counts(w, sent) && ++w->settled == w->quota)
		load_worker_stop_measuring(w, now);
}

void load_conn_settle(struct load_worker *w, struct load_conn *c, int64_t now)
{
	const struct load_sent *sent = &c->sent[c->oldest];
	if (++c->oldest == (unsigned)w->config->pipeline)
		c->oldest = 0;
	c->in_flight--;
	load_conn_over(w, sent, now);
}

/* ---- what goes wrong ---- */

struct load_tally *load_conn_tally(struct load_worker *w, unsigned place, int64_t now)
{
	if (now >= w->timeline.end_ns)
		load_timeline_turn(&w->timeline, w->places, now);
	return &w->places->list[place].tally;
}

void load_conn_error(struct load_worker *w, unsigned place, enum load_error kind, uint64_t n, const char *text,
		     int64_t now)
{
	load_stats_error(&w->stats, kind, n, text);
	if (w->places)
		load_conn_tally(w, place, now)->errors += n;
}

void load_conn_rest(struct load_worker *w, struct load_conn *c, int64_t now)
{
	if (c->state == CONN_CONNECTING)
		return; /* which is a pause, too, and has a deadline in wake_ns */
	c->backoff_ms = c->backoff_ms ? c->backoff_ms * 2 : BACKOFF_MIN_MS;
	if (c->backoff_ms > BACKOFF_MAX_MS)
		c->backoff_ms = BACKOFF_MAX_MS;
	c->wake_ns = now + c->backoff_ms * INT64_C(1000000);
	load_worker_watch_rest(w);
}

static bool is_side(const struct load_conn *c)
{
	return c->trip && c->trip->client != c;
}

void load_conn_fail(struct load_worker *w, struct load_conn *c, enum load_error kind, const char *text,
		    int64_t now)
{
	if (is_side(c)) {
		load_trip_fail(w, c, kind, text, now);
		return;
	}
	load_conn_error(w, c->place, kind, c->in_flight ? c->in_flight : 1, text, now);
	while (c->in_flight)
		load_conn_settle(w, c, now);
	c->n_unsent = 0;
	load_conn_close(w, c);
	load_conn_rest(w, c, now);
}

void load_conn_lost(struct load_worker *w, struct load_conn *c, int error, int64_t now)
{
	enum load_error kind = c->state == CONN_OPEN ? LOAD_E_RESET : LOAD_E_CONNECT;
	if (error == -EADDRNOTAVAIL)
		kind = LOAD_E_PORTS;
	load_conn_fail(w, c, kind, strerrordesc_np(-error), now);
}

/* ---- up ---- */

static void flush(struct load_worker *w, struct load_conn *c, int64_t now)
{
	ssize_t n = send(c->fd, c->unsent, c->n_unsent, MSG_NOSIGNAL);
	if (n < 0) {
		if (errno != EAGAIN)
			load_conn_lost(w, c, -errno, now);
		return;
	}
	c->unsent += n;
	c->n_unsent -= (size_t)n;
	if (w->phase == LOAD_MEASURING)
		w->stats.bytes_out += (uint64_t)n;
}

static int watch(struct load_worker *w, struct load_conn *c, int operation)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = c };
	return epoll_ctl(w->epoll_fd, operation, c->fd, &event) < 0 ? -errno : 0;
}

void load_conn_rearm(struct load_worker *w, struct load_conn *c)
{
	watch(w, c, EPOLL_CTL_MOD);
}

/* `step`: of the script, what will be answered first. */
static void open_at(struct load_worker *w, struct load_conn *c, unsigned step, int64_t now)
{
	const struct load_sources *to = c->place ? &w->places->list[c->place].sources : w->shared->sources;
	int fd = load_source_connect(to, w->source++), on = 1;
	if (fd < 0) {
		load_conn_lost(w, c, fd, now);
		return;
	}
	c->fd = fd;
	c->state = CONN_CONNECTING;
	c->wake_ns = now + w->config->timeout_ms * INT64_C(1000000);
	c->useful = false;
	load_reader_start(&c->reader, step);
	w->n_up++;
	w->n_connecting++;
	if (!w->config->churn)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	int error = watch(w, c, EPOLL_CTL_ADD);
	if (error)
		load_conn_lost(w, c, error, now);
}

void load_conn_open(struct load_worker *w, struct load_conn *c, int64_t now)
{
	open_at(w, c, c->step, now);
}

/* The event that ends CONNECTING. False: it ended badly. */
static bool connected(struct load_worker *w, struct load_conn *c, uint32_t events)
{
	int error = 0;
	socklen_t len = sizeof error;
	if (events & (EPOLLERR | EPOLLHUP))
		getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &len);
	if (error) {
		load_conn_lost(w, c, -error, clock_ns());
		return false;
	}
	w->n_connecting--;
	w->stats.connects++;
	c->state = CONN_OPEN;
	c->wake_ns = 0;
	return true;
}

/* ---- asking ---- */

static void ask(struct load_worker *w, struct load_conn *c, unsigned n, int64_t now)
{
	struct load_script *script = &w->script;
	unsigned depth = (unsigned)w->config->pipeline;
	for (unsigned i = 0; i < n; i++) {
		unsigned at = c->oldest + c->in_flight++;
		c->sent[at < depth ? at : at - depth] =
			(struct load_sent){ .due_ns = load_schedule_due(w, c, now), .sent_ns = now };
	}
	c->unsent = script->requests + script->request_at[c->step];
	c->n_unsent = script->request_at[c->step + n] - script->request_at[c->step];
	if (script->urls) { /* one at a time */
		c->reader.step = c->step;
		c->step = load_urls_draw(script->urls, &script->random);
	} else {
		c->step = (c->step + n) % script->n_steps;
	}
}

void load_conn_next(struct load_worker *w, struct load_conn *c, int64_t now)
{
	if (c->trip)
		c = c->trip->client;
	if (w->phase == LOAD_OPENING || c->n_unsent || c->state == CONN_CONNECTING || c->wake_ns > now)
		return;
	bool churn = w->config->churn;
	if (c->state == (churn ? CONN_OPEN : CONN_DOWN))
		return;
	unsigned n = load_schedule_allowed(w, c), step = c->step;
	if (n == 0)
		return;
	ask(w, c, n, now);
	if (churn)
		open_at(w, c, step, now);
	if (c->state != CONN_DOWN)
		flush(w, c, now);
}

void load_conn_send(struct load_worker *w, struct load_conn *c, const struct load_text *text, unsigned step,
		    int64_t now)
{
	c->unsent = text->data;
	c->n_unsent = text->len;
	c->in_flight = 1;
	c->reader.step = step;
	if (c->state == CONN_DOWN)
		open_at(w, c, step, now);
	if (c->state != CONN_DOWN)
		flush(w, c, now);
}

void load_conn_event(struct load_worker *w, struct load_conn *c, uint32_t events)
{
	if (c->state == CONN_CONNECTING) {
		if (!(events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) || !connected(w, c, events))
			return;
		load_conn_next(w, c, clock_ns());
	}
	if (c->state == CONN_OPEN && c->n_unsent && (events & EPOLLOUT)) {
		int64_t now = clock_ns();
		flush(w, c, now);
		load_conn_next(w, c, now);
	}
	if (c->state == CONN_OPEN && (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)))
		load_conn_receive(w, c, events);
}

void load_conn_tick(struct load_worker *w, struct load_conn *c, int64_t now)
{
	int64_t timeout = w->config->timeout_ms * INT64_C(1000000);
	if (c->state == CONN_CONNECTING && now >= c->wake_ns)
		load_conn_fail(w, c, LOAD_E_CONNECT, "no answer to the connection request", now);
	else if (c->state == CONN_OPEN && c->in_flight && now - c->sent[c->oldest].sent_ns > timeout)
		load_conn_fail(w, c, LOAD_E_TIMEOUT, "", now);
	if (c->trip)
		load_trip_tick(w, c, now);
	if (c->trip && c->state == CONN_OPEN)
		load_conn_next(w, c, now); /* it may have rested */
	w->any_rests |= c->state != CONN_CONNECTING && c->wake_ns > now;
	if (c->state != CONN_DOWN || now < c->wake_ns || w->phase == LOAD_OPENING)
		return;
	if (w->config->churn)
		load_conn_next(w, c, now);
	else if (w->phase < LOAD_DRAINING)
		load_conn_open(w, c, now);
}
