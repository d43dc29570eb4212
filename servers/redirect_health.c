/* redirect_health.c - is a slave alive? A session beside the clients' asks it, again and again.
 *
 *     +--> connect --> send GET /status --> receive the head --> and the body, for its load --> close --+
 *     |       |               |                    |                                            ^       |
 *     |       +---------------+--------------------+------- refused, silent, not HTTP: bad -----+       |
 *     +------------------------------------- sleep <----------------------------------------------------+
 *
 * Any HTTP answer below 500 is life, so servers of other makes can be slaves too; only the load needs our own
 * status. What follows from a check is in redirect_verdict.c. There is one session for each slave, and all of
 * them run on one thread; so a row of the table has one writer.
 *
 * A server that dies between two checks is found by the next one. With --health-watch the connection stays
 * open instead of the sleep: then the kernel tells of the death at once, since it closes what the dead had
 * open. The price is a connection of the slave's, so a slave that serves one client at a time must not be
 * watched.
 *
 * RFC 9110 section 15 (statuses), RFC 9112 section 9.3 (may the connection stay open?).
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>

#include "core/error.h"

#include "redirect_parts.h"

enum { STATUS_MAX = 64 << 10 }; /* of a status, so much is read at most */

enum stage { CONNECTING, ASKING, HEARING, READING, WATCHING, CLOSING, SLEEPING };

struct check {
	int64_t              began_ms;
	uint32_t             number;  /* of the slave */
	uint32_t             read;    /* bytes of the body */
	uint8_t              stage;   /* enum stage */
	bool                 keep;    /* the connection may stay open */
	bool                 again;   /* this check is not the first one on its connection */
	bool                 early;   /* this check is out of turn: the connection was closed */
	bool                 at_once; /* after the close comes no sleep */
	struct http_body     body;
	struct redirect_scan scan;
};

struct turn { /* of resume() */
	struct check                 *check;
	const struct redirect_config *config;
	struct redirect_shared       *shared;
	const struct redirect_slave  *slave;
	const struct io_env          *env;
	const struct io_result       *got;
	struct io_req                *next;
};

/* What we lack says nothing about the slave: else a master that runs out of descriptors buries the cluster. */
static void judge(const struct turn *t, int last)
{
	if (last < 0 && error_kind(last) == ERROR_TIRED)
		return;
	int latency_ms = (int)(t->env->now_ms - t->check->began_ms);
	redirect_judge(t->config, t->shared, (int)t->check->number, last, latency_ms, t->env->now_ms);
}

/* ---- requests ---- */

/* Of the whole check: what comes in small pieces does not gain time. */
static int64_t time_left(const struct turn *t)
{
	return t->check->began_ms + t->config->timeout_ms - t->env->now_ms;
}

/* As long as a request can wait. */
static int timeout(const struct turn *t)
{
	int64_t left = time_left(t);
	return left > 0 ? (int)left : 1;
}

static void begin(const struct turn *t)
{
	t->check->began_ms = t->env->now_ms;
	t->check->read = 0;
	t->check->keep = false;
	t->check->scan = (struct redirect_scan){ 0 };
}

static void connect_to(const struct turn *t)
{
	begin(t);
	t->check->again = false;
	t->check->stage = CONNECTING;
	t->next->op = IO_CONNECT;
	t->next->end = IO_ORIGIN;
	t->next->where = t->slave->where;
	t->next->timeout_ms = t->config->timeout_ms;
}

static void ask(const struct turn *t)
{
	struct http_out out = { .data = t->env->scratch, .size = t->env->scratch_len };
	HTTP_PUT(&out, "GET ");
	http_put_string(&out, t->config->health_path);
	HTTP_PUT(&out, " HTTP/1.1\r\nHost: ");
	http_put_string(&out, t->slave->where);
	HTTP_PUT(&out, "\r\nUser-Agent: redirect_master\r\nAccept: application/json, */*;q=0.5\r\n");
	http_put_string(&out, t->config->watch ? "\r\n" : "Connection: close\r\n\r\n");
	t->check->stage = ASKING;
	t->next->op = IO_SEND;
	t->next->end = IO_ORIGIN;
	t->next->buf = out.data;
	t->next->len = out.len;
	t->next->timeout_ms = timeout(t);
}

static void receive(const struct turn *t, enum stage stage, size_t used, int timeout_ms)
{
	t->check->stage = (uint8_t)stage;
	t->next->op = IO_RECV;
	t->next->end = IO_ORIGIN;
	t->next->used = used;
	t->next->timeout_ms = timeout_ms;
}

static void close_it(const struct turn *t, bool at_once)
{
	t->check->at_once = at_once;
	t->check->stage = CLOSING;
	t->next->op = IO_CLOSE;
	t->next->end = IO_ORIGIN;
}

static void sleep_or_connect(const struct turn *t)
{
	if (t->check->at_once) {
		t->check->early = true;
		t->check->at_once = false;
		connect_to(t);
		return;
	}
	t->check->stage = SLEEPING;
	t->next->op = IO_SLEEP;
	t->next->timeout_ms = t->config->interval_ms;
}

/* ---- answers ---- */

/* While we watch, an end is looked into at once: is it still there? But not again and again, if it closes every
 * connection after an answer. */
static void look_again(const struct turn *t)
{
	close_it(t, !t->check->early);
}

/* All of the answer has been read that is of any use. */
static void end_check(const struct turn *t, size_t used)
{
	const struct check *c = t->check;
	bool closed = t->got->n == 0 || (t->got->n < 0 && t->got->n != -ETIMEDOUT);
	redirect_note_load(&t->shared->known[c->number], redirect_scanned(&c->scan));
	if (t->config->watch && c->keep && c->body.done && used == t->got->len)
		receive(t, WATCHING, used, t->config->interval_ms);
	else if (t->config->watch && c->keep && closed) /* it may have died in the middle of its answer */
		look_again(t);
	else
		close_it(t, false);
}

/* Of the bytes on offer, `used` were the head. */
static void read_body(const struct turn *t, size_t used)
{
	struct check *c = t->check;
	struct http_text piece;
	bool more = t->got->n > 0 && time_left(t) > 0;
	while (!c->body.done && used < t->got->len && c->read < STATUS_MAX) {
		int64_t n = http_body_take(&c->body, t->got->data + used, t->got->len - used, &piece);
		if (n < 0)
			break;
		redirect_scan(&c->scan, piece);
		c->read += (uint32_t)n;
		used += (size_t)n;
	}
	if (!c->body.done && more && used == t->got->len && c->read < STATUS_MAX)
		receive(t, READING, used, timeout(t));
	else
		end_check(t, used);
}

/* No answer came. Where one came before on this connection, it may just have been closed for being idle (RFC
 * 9112 section 9.3.1): that is no verdict, a new connection has it. */
static void fail(const struct turn *t, int error)
{
	bool closed = t->check->again && error != -ETIMEDOUT && t->got->len == 0;
	if (!closed)
		judge(t, error);
	close_it(t, closed);
}

static void hear(const struct turn *t)
{
	struct http_response r;
	size_t used = 0;
	int head_len;
	while ((head_len = http_parse_response(&r, t->got->data + used, t->got->len - used)) > 0 &&
	       r.status < 200)
		used += (size_t)head_len;
	if (head_len > 0) {
		judge(t, r.status);
		http_body_of_response(&t->check->body, &r, false);
		t->check->keep = r.keep_alive && t->check->body.framing != HTTP_UNTIL_CLOSE;
		read_body(t, used + (size_t)head_len);
	} else if (head_len < 0 || t->got->n <= 0) {
		fail(t, head_len < 0 || t->got->n == 0 ? -EPROTO : (int)t->got->n);
	} else if (time_left(t) <= 0) {
		fail(t, -ETIMEDOUT);
	} else {
		receive(t, HEARING, used, timeout(t));
	}
}

/* ---- the session ---- */

/* Between two checks. */
static void watch(const struct turn *t)
{
	if (t->got->n == -ETIMEDOUT) {
		t->check->early = false;
		t->check->again = true;
		begin(t);
		ask(t);
	} else {
		look_again(t);
	}
}

static void step(const struct turn *t)
{
	switch ((enum stage)t->check->stage) {
	case CONNECTING:
		if (t->got->n < 0) {
			judge(t, (int)t->got->n);
			sleep_or_connect(t);
		} else {
			ask(t);
		}
		break;
	case ASKING:
		if (t->got->n < 0)
			fail(t, (int)t->got->n);
		else
			receive(t, HEARING, 0, timeout(t));
		break;
	case HEARING:
		hear(t);
		break;
	case READING:
		read_body(t, 0);
		break;
	case WATCHING:
		watch(t);
		break;
	case CLOSING:
		sleep_or_connect(t);
		break;
	case SLEEPING:
		t->check->early = false;
		connect_to(t);
		break;
	}
}

static struct turn turn_of(void *session, const struct io_env *env, const struct io_result *got,
			   struct io_req *next)
{
	struct turn t = { .check = session,
			  .config = env->config,
			  .shared = env->shared,
			  .env = env,
			  .got = got,
			  .next = next };
	t.slave = &t.config->slaves[t.check->number];
	return t;
}

static void health_start(void *session, const struct io_env *env, struct io_req *first)
{
	struct check *c = session;
	c->number = env->number;
	struct turn t = turn_of(session, env, NULL, first);
	connect_to(&t);
}

static void health_resume(void *session, const struct io_env *env, const struct io_result *got,
			  struct io_req *next)
{
	struct turn t = turn_of(session, env, got, next);
	step(&t);
}

int redirect_n_checked(const void *target)
{
	const struct redirect_config *config = target;
	return config->interval_ms ? config->n_slaves : 0;
}

const struct service redirect_health = {
	.contract = MUXLAB_CONTRACT,
	.name = "redirect_health",
	.summary = "Looks after the slaves.",
	.session_size = sizeof(struct check),
	.max_message = HTTP_HEAD_MAX,
	.start = health_start,
	.resume = health_resume,
};
