/* http_session.c - a client's HTTP connection: batches of answers, parts of heads, bodies, deadlines, the end.
 *
 * A turn answers every whole request on offer as long as the answers fit in the scratch buffer, and sends
 * them at once. What is left over is a part of a head, whose deadline runs from its first byte however often
 * a byte of it comes, or a request that comes up again when the send is done.
 *
 *  - A request is answered when its head is whole; its body is discarded afterwards. So nobody can make us
 *    keep one, and a client that waits for "100 Continue" has the final answer instead (RFC 9110 section
 *    10.1.1). It may then send the body or not, and we cannot know which: the connection ends.
 *  - After an answer that ends the connection nothing of the client is looked at. Bytes may still be on their
 *    way, and closing with bytes unread would reset the connection and eat the answer: IO_DONE with linger.
 *  - While stopping, the last request that has come whole is told so.
 *
 * RFC 9112 sections 2.2, 6.3, 9.3, 9.6; RFC 9110 section 10.1.1.
 *
 * SPDX-License-Identifier: MIT */
#include "http_session.h"

#include <errno.h>

#include "http_stats.h"

/* ---- the clock ---- */

static struct http_limits limits_of(const struct http_turn *t)
{
	struct http_limits all = { 0 };
	return t->kind->limits ? t->kind->limits(t->env) : all;
}

static int or_idle(const struct http_turn *t, int limit_ms)
{
	return limit_ms ? limit_ms : t->env->idle_timeout_ms;
}

int http_send_ms(const struct http_turn *t)
{
	return or_idle(t, limits_of(t).send_ms);
}

static bool in_body(const struct http_turn *t)
{
	return t->s->body.framing != HTTP_NO_BODY;
}

/* Of a deadline that runs since began_ms; -1: there is none; 0: it has passed. */
static int time_left(const struct http_turn *t, int limit_ms)
{
	uint32_t spent = (uint32_t)t->env->now_ms - t->s->began_ms;
	return limit_ms < 0 ? -1 : spent >= (uint32_t)limit_ms ? 0 : limit_ms - (int)spent;
}

/* How long the client's next bytes may take. */
static int receive_ms(const struct http_turn *t)
{
	struct http_limits limits = limits_of(t);
	if (t->s->seen)
		return time_left(t, or_idle(t, limits.header_ms));
	if (in_body(t))
		return time_left(t, or_idle(t, limits.body_ms));
	return or_idle(t, limits.keep_alive_ms);
}

/* ---- what to do next ---- */

static void finish(struct http_turn *t, bool linger)
{
	t->next->op = IO_DONE;
	t->next->used = t->len;
	t->next->linger = linger;
}

static void receive(struct http_turn *t, int timeout_ms)
{
	t->next->op = IO_RECV;
	t->next->used = t->used;
	t->next->timeout_ms = timeout_ms;
	t->next->idle = !t->s->seen;
}

void http_receive(struct http_turn *t)
{
	int left_ms = receive_ms(t);
	receive(t, left_ms ? left_ms : 1);
}

void http_send(struct http_turn *t, const void *body, size_t body_len)
{
	t->next->op = IO_SEND;
	t->next->used = t->used;
	t->next->buf = t->out.data;
	t->next->len = t->out.len;
	t->next->body = body;
	t->next->body_len = body_len;
	t->next->answers = t->answers;
	t->next->timeout_ms = http_send_ms(t);
}

/* ---- bodies ---- */

/* Of a body that is malformed or too long, nothing that follows can be understood: the connection ends. */
static void discard_body(struct http_turn *t)
{
	struct http_session *s = t->s;
	struct http_text piece;
	int64_t n = http_body_take(&s->body, t->data + t->used, t->len - t->used, &piece);
	if (n < 0 || n > HTTP_REQUEST_BODY_MAX - (int64_t)s->discarded) {
		s->after = HTTP_CLOSE | HTTP_LINGER;
		return;
	}
	s->discarded += (uint32_t)n;
	t->used += (size_t)n;
	if (s->body.done)
		s->body = (struct http_body){ 0 };
}

/* ---- a batch of them ---- */

static enum http_did answer_whole(struct http_turn *t, const struct http_request *r)
{
	t->s->seen = 0;
	enum http_did did = t->kind->answer(t, r);
	if (did == HTTP_FULL && t->out.len == 0 && http_answer_error(t, r, 500, "the answer does not fit"))
		return HTTP_ANSWERED;
	return did;
}

enum { NOT_YET = -1 };

/* What answer() did with the next request, or NOT_YET: it has not come whole. */
static int answer_one(struct http_turn *t)
{
	struct http_request r;
	int head_len = http_parse_request(&r, t->data + t->used, t->len - t->used);
	if (head_len == 0)
		return NOT_YET;
	t->head_len = head_len > 0 ? (size_t)head_len : 0;
	if (head_len > 0)
		return (int)answer_whole(t, &r);
	return http_answer_error(t, &r, -head_len, r.why) ? HTTP_ANSWERED : HTTP_FULL;
}

/* After the last answer nothing else is looked at. False: the service leads now. */
static bool answer_all(struct http_turn *t)
{
	int did = HTTP_ANSWERED;
	while (did == HTTP_ANSWERED && t->used < t->len && !t->s->after)
		if (in_body(t))
			discard_body(t);
		else
			did = answer_one(t);
	if (t->s->after && t->used < t->len) {
		t->s->after |= HTTP_LINGER;
		t->used = t->len;
	}
	return did != HTTP_LEADS;
}

/* ---- what is left over ---- */

/* Has a head begun? Blank lines before it are none. */
static bool any_head(const char *data, size_t len)
{
	size_t n = 0;
	while (n < len && (data[n] == '\r' || data[n] == '\n'))
		n++;
	return n < len;
}

/* What is left over is the beginning of a head: when did it begin, and how much of it is known? */
static void note_rest(struct http_turn *t)
{
	size_t rest = t->len - t->used;
	if (rest && !any_head(t->data + t->used, rest))
		rest = 0;
	if (rest && (t->used || !t->s->seen))
		t->s->began_ms = (uint32_t)t->env->now_ms;
	t->s->seen = (uint32_t)rest;
}

/* The head will not come whole: it ended, took too long, or is too long. */
static void refuse_part(struct http_turn *t, bool ended)
{
	if (ended)
		http_answer_error(t, NULL, 400, "the request ends before its head does");
	else if (t->got->n == -EMSGSIZE)
		http_answer_error(t, NULL, 431, "the head is too long");
	else
		http_answer_error(t, NULL, 408, "the request did not come whole in time");
	t->used = t->len;
	http_send(t, NULL, 0);
}

/* Nothing to answer. Wait for more, unless none will come or the time for it is over. */
static void wait_for_more(struct http_turn *t, bool received)
{
	bool ended = received && t->got->n == 0;
	int left_ms = receive_ms(t);
	if (left_ms && (!received || t->got->n > 0))
		receive(t, left_ms);
	else if (t->s->seen)
		refuse_part(t, ended);
	else
		finish(t, !ended);
}

/* What has come is dealt with. received: it was received just now. */
static void go_on(struct http_turn *t, bool received)
{
	if (t->out.len)
		http_send(t, NULL, 0);
	else if (t->s->after)
		finish(t, t->s->after & HTTP_LINGER || t->used < t->len);
	else
		wait_for_more(t, received);
}

/* ---- for the service ---- */

static void answer_and_go_on(struct http_turn *t, bool received)
{
	if (!t->s->after) {
		if (!answer_all(t))
			return;
		note_rest(t);
	}
	go_on(t, received);
}

void http_session_go_on(struct http_turn *t)
{
	answer_and_go_on(t, false);
}

void http_session_resume(struct http_turn *t)
{
	bool received = t->got->op == IO_RECV;
	if (received && t->got->n > 0 && !http_head_grew(t->data, t->len, t->s->seen)) {
		note_rest(t);
		go_on(t, true);
	} else if (received || t->len || t->s->after) {
		answer_and_go_on(t, received);
	} else {
		go_on(t, false); /* the usual end of a send */
	}
}

void http_session_start(struct http_session *s, const struct http_kind *kind, const struct io_env *env,
			struct io_req *first)
{
	const struct io_result nothing = { 0 };
	struct http_turn t = http_turn(s, kind, env, &nothing, first);
	if (kind->stats)
		http_stats_connection(kind->stats(env), env, true);
	http_receive(&t);
}

void http_session_end(struct http_session *s, const struct http_kind *kind, const struct io_env *env)
{
	(void)s;
	if (kind->stats)
		http_stats_connection(kind->stats(env), env, false);
}
