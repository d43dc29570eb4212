/* http_answer.c - what every answer has to do with the connection: may it go on, is it counted, is it logged?
 *
 * Before an answer is written, http_may_keep() says what its head must say. Afterwards http_answered() does
 * what follows from that. The two short answers that every service needs are here as well: a text, and an
 * error that ends it all.
 *
 * RFC 9112 sections 9.3 and 9.6.
 *
 * SPDX-License-Identifier: MIT */
#include "http_access.h"
#include "http_session.h"
#include "http_stats.h"

enum { ERROR_ROOM = 512, TYPE_MAX = 127 };

/* ---- may the connection go on? ---- */

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

/* ---- accounts ---- */

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
	if (!keep) { /* a client that wanted to go on may be sending its next request already */
		bool linger = has_body(r) || r->keep_alive || t->env->stopping;
		s->after = linger ? HTTP_CLOSE | HTTP_LINGER : HTTP_CLOSE;
	} else if (has_body(r)) { /* it is discarded from here on */
		http_body_of_request(&s->body, r);
		s->discarded = 0;
		s->began_ms = (uint32_t)t->env->now_ms;
	}
}

/* ---- answers that are known beforehand ---- */

bool http_answer_text(struct http_turn *t, const struct http_request *r, int status, const char *more,
		      struct http_text type, struct http_text content)
{
	bool keep = http_may_keep(t, r), send = r->method != HTTP_HEAD && content.text;
	size_t from = t->out.len, type_len = type.len < TYPE_MAX ? type.len : TYPE_MAX;
	char type_text[TYPE_MAX + 1] = "";
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

bool http_answer_error(struct http_turn *t, const struct http_request *r, int status, const char *why)
{
	static const struct http_request unknown;
	size_t from = t->out.len;
	if (t->out.size - from < ERROR_ROOM)
		return false;
	r = r ? r : &unknown;
	http_put_error(&t->out, status, why, r->method == HTTP_HEAD, t->env->wall_s);
	uint64_t content = content_after(&t->out, from);
	if (t->env->access)
		http_access(t->env, r->line.len ? r->line : first_line(t), r->fields, status, content);
	take_head(t, status, content);
	t->s->after = HTTP_CLOSE | HTTP_LINGER;
	return true;
}
