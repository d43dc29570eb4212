/* proxy_origin.c - a fetch: what is not in the cache is asked of its origin and passed on while it comes.
 *
 *     CONNECT --> ASK --> HEAD --> PASS --+--> BODY    more is to come from the origin --+--> CUT  it broke off
 *        |         |      |  ^      ^     |                                              |
 *        |         |      |  +1xx   |     +--> LOOK    bytes of it are left -------------+
 *        v         v      v         |     |                                              |
 *       FAIL: 502, 503, 504         |     +--> LEAVE   all is passed on                  |
 *                                   +----------------------------------------------------+
 *
 * PASS sends to the client; ASK sends to the origin, HEAD (proxy_head.c) and BODY receive from it.
 *
 * While this goes on, the client's request stays on offer, untaken: it is parsed again when it is needed. FAIL,
 * CUT and LEAVE close the origin, and so have the client's bytes again.
 *
 *     origin says           HTTP/1.1 client            HTTP/1.0 client, which understands no chunks
 *     Content-Length        the same, keep-alive       the same, keep-alive if asked
 *     chunked               new chunks, keep-alive     content until the end, close
 *     neither, or 0.9       chunks, keep-alive         content until the end, close
 *
 * A body that breaks off is never made to look whole: the client's connection ends without the last chunk, or
 * short of its Content-Length. Only a client of HTTP/1.0 whose origin gave no length cannot see it.
 *
 * RFC 9112 section 6.3; RFC 9110 section 15.6; RFC 1945 section 6 (a "simple response" is a body and no head).
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>

#include "core/error.h"

#include "proxy_session.h"

/* ---- the request, again ---- */

/* The client's bytes are on offer, and the request is the first of them. */
static void parse_again(struct http_turn *t, struct http_request *r)
{
	t->head_len = (size_t)http_parse_request(r, t->data, t->len);
}

static void answer_failure(struct http_turn *t, struct proxy_session *s)
{
	char text[256];
	struct http_request r;
	struct http_out out = { .data = text, .size = sizeof text };
	http_put(&out, s->why, strlen(s->why));
	HTTP_PUT(&out, "\n");
	parse_again(t, &r);
	s->step = STEP_NONE;
	http_answer_text(t, &r, s->status, NULL, HTTP_TEXT("text/plain"), (struct http_text){ text, out.len });
	http_session_go_on(t);
}

static void leave(struct http_turn *t, struct proxy_session *s)
{
	struct http_request r;
	parse_again(t, &r);
	s->step = STEP_NONE;
	proxy_count(&proxy_row_of(t)->miss_bytes, s->content);
	http_answered(t, &r, s->keep, s->status, s->content);
	t->answers = 0; /* proxy_pass() has told */
	http_session_go_on(t);
}

static void end_cut(struct http_turn *t, struct proxy_session *s)
{
	struct http_request r;
	parse_again(t, &r);
	http_answered(t, &r, false, s->status, s->content);
	t->next->op = IO_DONE;
	t->next->used = t->len;
}

/* ---- asking ---- */

void proxy_fetch(struct http_turn *t, struct proxy_session *s, const struct http_request *r,
		 const struct proxy_wish *w)
{
	const struct proxy_config *config = proxy_config_of(t);
	struct http_out key = t->out;
	bool may_keep = r->method == HTTP_GET && (config->lab || !(w->no_store || w->authorized));
	*s = (struct proxy_session){ .http = s->http, .step = STEP_CONNECT, .head = r->method == HTTP_HEAD,
				     .http_1_1 = r->minor == 1 };
	proxy_count(&proxy_row_of(t)->misses, 1);
	proxy_put_key(&key, w, r);
	if (may_keep)
		s->fill = lru_begin(config->cache, key.data, key.len);
	proxy_put_where(&t->out, w);
	t->next->op = IO_CONNECT;
	t->next->end = IO_ORIGIN;
	t->next->where = t->out.data;
	t->next->used = t->used;
	t->next->timeout_ms = config->connect_ms;
}

static void connect_failed(const struct http_turn *t, struct proxy_session *s, int error)
{
	switch (error) {
	case -ETIMEDOUT:
		proxy_fail(t, s, 504, "the origin cannot be reached in time");
		break;
	case -ECONNREFUSED:
		proxy_fail(t, s, 502, "the origin refuses the connection");
		break;
	case -ENXIO:
		proxy_fail(t, s, 502, "the origin's name has no address");
		break;
	case -EHOSTUNREACH:
	case -ENETUNREACH:
		proxy_fail(t, s, 502, "no way leads to the origin");
		break;
	default:
		if (error_kind(error) == ERROR_TIRED || error == -EADDRNOTAVAIL) /* every local port is taken */
			proxy_fail(t, s, 503, "this proxy has no room for one more connection");
		else
			proxy_fail(t, s, 502, "the origin cannot be reached");
	}
}

static void ask(struct http_turn *t, struct proxy_session *s)
{
	const struct proxy_config *config = proxy_config_of(t);
	struct http_request r;
	struct proxy_wish w;
	parse_again(t, &r);
	proxy_read_wish(&w, &r, config->name);
	const char *wrong = proxy_put_request(&t->out, &w, &r, config->name);
	if (wrong || t->out.full) {
		proxy_fail(t, s, wrong ? 400 : 431, wrong ? wrong : "the head is too long to be passed on");
		return;
	}
	s->keep = http_may_keep(t, &r);
	s->asked_ms = t->env->now_ms;
	s->step = STEP_ASK;
	t->next->op = IO_SEND;
	t->next->end = IO_ORIGIN;
	t->next->buf = t->out.data;
	t->next->len = t->out.len;
	t->next->timeout_ms = config->origin_ms;
}

/* ---- the steps ---- */

static void asked(const struct http_turn *t, struct proxy_session *s)
{
	if (t->got->n == -ETIMEDOUT)
		proxy_fail(t, s, 504, "the origin does not take the request in time");
	else if (t->got->n < 0)
		proxy_fail(t, s, 502, "the origin broke the connection off");
	else
		proxy_await_head(t, s, 0);
}

static void connected(struct http_turn *t, struct proxy_session *s)
{
	if (t->got->n < 0)
		connect_failed(t, s, (int)t->got->n);
	else
		ask(t, s);
}

void proxy_fetch_resume(struct http_turn *t, struct proxy_session *s)
{
	switch ((enum proxy_step)s->step) {
	case STEP_CONNECT:
		connected(t, s);
		break;
	case STEP_ASK:
		asked(t, s);
		break;
	case STEP_HEAD:
		proxy_receive_head(t, s);
		break;
	case STEP_BODY:
	case STEP_LOOK:
		proxy_receive_body(t, s);
		break;
	case STEP_PASS:
		proxy_passed(t, s);
		break;
	case STEP_LEAVE:
		leave(t, s);
		break;
	case STEP_FAIL:
		answer_failure(t, s);
		break;
	case STEP_CUT:
		end_cut(t, s);
		break;
	case STEP_NONE:
	case STEP_HIT:
		break; /* not a fetch */
	}
}
