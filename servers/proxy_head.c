/* proxy_head.c - the head of the origin's answer: it is read to its end, and begins the answer to the client.
 *
 *     asked ---> 100, 103 ... ---> the final head ---> body
 *       |        at most 16: 502         |
 *       |        they are dropped        |
 *       +---- --origin-timeout: 504 -----+
 *
 * The limit is for all of it. If each byte began it anew, an origin that sends one now and then would hold a
 * client, a session and two connections for ever. In the body it is one for the next bytes, since a body may
 * be of any length.
 *
 * RFC 9110 section 15.2 (1xx: any number of them, says the RFC); RFC 1945 section 6 ("simple response").
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>

#include "proxy_session.h"

/* ---- the answer's head, for the client ---- */

static void put_number_line(struct http_out *out, const char *name, int64_t number)
{
	http_put(out, name, strlen(name));
	http_put_number(out, (uint64_t)number);
	HTTP_PUT(out, "\r\n");
}

/* The lines that are this answer's alone, and not the object's. */
static void put_own_lines(struct http_turn *t, struct proxy_session *s, const struct http_response *r)
{
	enum { NO_CONTENT = 204 };
	struct http_text age;
	bool none = s->body.framing == HTTP_NO_BODY, length = r->content_length >= 0;
	HTTP_PUT(&t->out, "X-Cache: MISS\r\n");
	if (http_field(r->fields, "age", &age) && http_number(age) >= 0)
		put_number_line(&t->out, "Age: ", http_number(age));
	if (length && r->status != NO_CONTENT)
		put_number_line(&t->out, "Content-Length: ", r->content_length);
	s->chunks = !none && !length && s->http_1_1;
	s->keep &= none || length || s->chunks;
	if (s->chunks)
		HTTP_PUT(&t->out, "Transfer-Encoding: chunked\r\n");
	proxy_put_end(&t->out, s->keep, s->http_1_1);
}

/* The head ends at `used`. */
static void begin_answer(struct http_turn *t, struct proxy_session *s, const struct http_response *r,
			 size_t used)
{
	const char *wrong = proxy_put_response(&t->out, r, proxy_config_of(t)->name, t->env->wall_s);
	s->status = (uint16_t)r->status;
	http_body_of_response(&s->body, r, s->head);
	proxy_begin_keeping(t, s, r);
	put_own_lines(t, s, r);
	if (wrong || t->out.full) {
		proxy_fail(t, s, 502, wrong ? wrong : "the head of the origin's answer is too long");
		return;
	}
	if (s->body.done)
		proxy_end_body(t, s);
	proxy_pass_on(t, s, used);
}

/* HTTP/0.9 has no head: its answer is a page of HTML until the end. Other bytes without a head are more likely
 * those of another protocol, and nothing to be passed on as a success. */
static bool is_simple(const char *data)
{
	return data[0] == '<';
}

/* Nothing tells that it is a success, so it is not kept. */
static void begin_simple(struct http_turn *t, struct proxy_session *s)
{
	const struct http_response r = { .status = 200, .reason = HTTP_TEXT("OK"), .content_length = -1,
					 .fields = HTTP_TEXT("Content-Type: text/html\r\n") };
	proxy_keep_nothing(t, s);
	begin_answer(t, s, &r, 0);
}

/* ---- the origin's bytes ---- */

void proxy_await_head(const struct http_turn *t, struct proxy_session *s, size_t used)
{
	int64_t left_ms = s->asked_ms + proxy_config_of(t)->origin_ms - t->env->now_ms;
	if (left_ms <= 0) {
		proxy_fail(t, s, 504, "the origin does not answer in time");
		return;
	}
	proxy_receive(t, s, STEP_HEAD, used);
	t->next->timeout_ms = (int)left_ms;
}

/* The final head, behind a few of 1xx. */
static void read_head(struct http_turn *t, struct proxy_session *s, bool ended)
{
	enum { SWITCHING = 101, FINAL = 200, EARLY_MAX = 16 };
	size_t used = 0;
	struct http_response r;
	while (used < t->len) {
		if (used == 0 && s->n_early == 0 && is_simple(t->data)) {
			begin_simple(t, s);
			return;
		}
		int head_len = http_parse_response(&r, t->data + used, t->len - used);
		if (head_len == 0)
			break;
		if (head_len < 0 || r.status == SWITCHING) {
			proxy_fail(t, s, 502, head_len < 0 ? r.why : "the origin changes the protocol unasked");
			return;
		}
		used += (size_t)head_len;
		if (r.status >= FINAL) {
			begin_answer(t, s, &r, used);
			return;
		}
		if (s->n_early++ == EARLY_MAX) {
			proxy_fail(t, s, 502, "the origin does not come to its answer");
			return;
		}
	}
	s->seen = (uint32_t)(t->len - used);
	if (!ended)
		proxy_await_head(t, s, used);
	else
		proxy_fail(t, s, 502, s->seen ? "the origin's answer ends before its head does"
					: "the origin closed the connection without an answer");
}

void proxy_receive_head(struct http_turn *t, struct proxy_session *s)
{
	ssize_t n = t->got->n;
	if (n == -ETIMEDOUT)
		proxy_fail(t, s, 504, "the origin does not answer in time");
	else if (n == -EMSGSIZE)
		proxy_fail(t, s, 502, "the head of the origin's answer is too long");
	else if (n < 0)
		proxy_fail(t, s, 502, "the origin broke the connection off");
	else if (n == 0 || http_head_grew(t->data, t->len, s->seen))
		read_head(t, s, n == 0);
	else
		proxy_await_head(t, s, 0);
}
