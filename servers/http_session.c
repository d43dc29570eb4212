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

#include "http_access.h"
#include "http_stats.h"

enum { CLOSE = 1, LINGER = 2, ERROR_ROOM = 512 };

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
		s->after = CLOSE | LINGER;
		return;
	}
	s->discarded += (uint32_t)n;
	t->used += (size_t)n;
	if (s->body.done)
		s->body = (struct http_body){ 0 };
}

static bool has_body(const struct http_request *r)
{
	return r->chunked || r->content_length > 0;
}

/* Where the request after this one begins; len when its body has not come whole. */
static size_t after_body(const struct http_turn *t, const struct http_request *r)
{
	struct http_body body;
	struct http_text piece;
	size_t at = t->used + t->head_len;
	http_body_of_request(&body, r);
	while (!body.done && at < t->len) {
		int64_t n = http_body_take(&body, t->data + at, t->len - at, &piece);
		if (n < 0)
			return t->len;
		at += (size_t)n;
	}
	return at;
}

/* While stopping, the last request that has come is told that it is the last. */
static bool is_last(const struct http_turn *t, const struct http_request *r)
{
	struct http_request following;
	size_t at = after_body(t, r);
	return at >= t->len || http_parse_request(&following, t->data + at, t->len - at) == 0;
}

bool http_may_keep_less_often(const struct http_turn *t, const struct http_request *r)
{
	if (!r->keep_alive)
		return false;
	if (has_body(r) && (r->expect_continue || r->content_length > HTTP_REQUEST_BODY_MAX))
		return false;
	return !t->env->stopping || !is_last(t, r);
}

/* ---- answers ---- */

/* Counts it, and takes the head. */
static inline void take_head(struct http_turn *t, int status, uint64_t content)
{
	if (t->kind->stats)
		http_stats_answer(t->kind->stats(t->env), t->env, status, content);
	t->used += t->head_len;
	t->head_len = 0;
	t->answers++;
}

void http_answered(struct http_turn *t, const struct http_request *r, bool keep, int status, uint64_t content)
{
	struct http_session *s = t->s;
	if (t->env->access)
		http_access(t->env, r->line, r->fields, status, content);
	take_head(t, status, content);
	if (!keep) {
		s->after = has_body(r) || t->env->stopping ? CLOSE | LINGER : CLOSE;
	} else if (has_body(r)) { /* it is discarded from here on */
		http_body_of_request(&s->body, r);
		s->discarded = 0;
		s->began_ms = (uint32_t)t->env->now_ms;
	}
}

bool http_answer_text(struct http_turn *t, const struct http_request *r, int status, const char *more,
		      struct http_text type, struct http_text content)
{
	bool keep = http_may_keep(t, r), send = r->method != HTTP_HEAD && content.text;
	size_t from = t->out.len, type_len = type.len < 127 ? type.len : 127;
	char type_text[128] = "";
	if (type_len)
		memcpy(type_text, type.text, type_len);
	struct http_answer answer = { .status = status,
				      .wall_s = t->env->wall_s,
				      .more = more,
				      .keep_alive = keep,
				      .say_keep_alive = r->minor == 0,
				      .content_length = content.text ? (int64_t)content.len : -1,
				      .content_type = type_len ? type_text : NULL };
	http_put_head(&t->out, &answer);
	if (send && content.len > t->out.size - t->out.len)
		t->out.full = true;
	if (t->out.full) {
		t->out.len = from;
		t->out.full = false;
		return false;
	}
	if (send) {
		memmove(t->out.data + t->out.len, content.text, content.len);
		t->out.len += content.len;
	}
	http_answered(t, r, keep, status, send ? content.len : 0);
	return true;
}

/* The first line of what has come, for the log. */
static struct http_text first_line(const struct http_turn *t)
{
	const char *at = t->data + t->used, *end = t->data + t->len;
	while (at < end && (*at == '\r' || *at == '\n'))
		at++;
	size_t n = 0;
	while (at + n < end && at[n] != '\r' && at[n] != '\n')
		n++;
	return (struct http_text){ at, n };
}

static uint64_t content_after(const struct http_out *out, size_t from)
{
	const char *end = memmem(out->data + from, out->len - from, "\r\n\r\n", 4);
	return end ? (uint64_t)(out->data + out->len - (end + 4)) : 0;
}

/* line and fields are of a head that was understood, or empty. False: no room. */
static bool put_error(struct http_turn *t, int status, const char *why, bool head, struct http_text line,
		      struct http_text fields)
{
	size_t from = t->out.len;
	if (t->out.size - from < ERROR_ROOM)
		return false;
	http_put_error(&t->out, status, why, head, t->env->wall_s);
	uint64_t content = content_after(&t->out, from);
	if (t->env->access)
		http_access(t->env, line.len ? line : first_line(t), fields, status, content);
	take_head(t, status, content);
	t->s->after = CLOSE | LINGER;
	return true;
}

bool http_answer_error(struct http_turn *t, const struct http_request *r, int status, const char *why)
{
	struct http_text none = { 0 };
	return put_error(t, status, why, r && r->method == HTTP_HEAD, r ? r->line : none, r ? r->fields : none);
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
	struct http_text none = { 0 };
	int head_len = http_parse_request(&r, t->data + t->used, t->len - t->used);
	if (head_len == 0)
		return NOT_YET;
	t->head_len = head_len > 0 ? (size_t)head_len : 0;
	if (head_len > 0)
		return (int)answer_whole(t, &r);
	return put_error(t, -head_len, r.why, r.method == HTTP_HEAD, none, none) ? HTTP_ANSWERED : HTTP_FULL;
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
		t->s->after |= LINGER;
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
		finish(t, t->s->after & LINGER || t->used < t->len);
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
