/* proxy_body.c - the body of an answer on its way: to the client in the form that it understands, and into the
 * cache.
 *
 *     the origin's bytes --+-- content of known length, or until the end ---------------> client, as they are
 *                          |
 *                          +-- chunks ---> content --+---> scratch, behind the head ----> client
 *                          |                         +---> scratch, in one chunk -------> client
 *                          +--------------- content -----> object that is being filled --> published at the end
 *
 * A send takes the scratch buffer or the bytes on offer, never both. So behind a head, and in chunks, content
 * is copied as far as it fits; the rest is looked at again when that is sent.
 *
 * RFC 9112 sections 6.3, 7.1, 8.
 *
 * SPDX-License-Identifier: MIT */
#include "proxy_session.h"

enum {
	CHUNK_LINE = 6, /* "3ff0\r\n" */
	CHUNK_END = 7,  /* "\r\n" behind it, and "0\r\n\r\n", the last one */
	CHUNK_MAX = 0xffff,
	TAIL_ROOM = 64, /* what an object's head gains at the end */
};

/* ---- keeping ---- */

void proxy_begin_keeping(struct http_turn *t, struct proxy_session *s, const struct http_response *r)
{
	const struct proxy_config *config = proxy_config_of(t);
	struct proxy_life life = proxy_life_of(r, t->env->wall_s);
	int64_t now_ms = t->env->now_ms;
	size_t expected = r->content_length > 0 ? (size_t)r->content_length : 0;
	bool endless = life.no_end || config->lab;
	if (!s->fill)
		return;
	if (r->status != 200 || (!endless && life.left_s == 0) ||
	    !lru_may_hold(config->cache, expected) ||
	    !lru_add_head(config->cache, s->fill, t->out.data, t->out.len)) {
		proxy_keep_nothing(t, s);
		return;
	}
	lru_set_life(s->fill, now_ms - life.age_s * 1000, endless ? INT64_MAX : now_ms + life.left_s * 1000);
}

static void keep_content(const struct http_turn *t, struct proxy_session *s, struct http_text piece)
{
	s->content += piece.len;
	if (s->fill && !lru_add_body(proxy_config_of(t)->cache, s->fill, piece.text, piece.len))
		proxy_keep_nothing(t, s);
}

/* The body is whole: from now on the object is found. */
static void finish_keeping(const struct http_turn *t, struct proxy_session *s)
{
	char text[TAIL_ROOM];
	struct http_out tail = { .data = text, .size = sizeof text };
	struct lru *cache = proxy_config_of(t)->cache;
	HTTP_PUT(&tail, "Content-Length: ");
	http_put_number(&tail, s->content);
	HTTP_PUT(&tail, "\r\nX-Cache: HIT\r\nAge: ");
	if (s->fill && lru_add_head(cache, s->fill, tail.data, tail.len)) {
		lru_publish(cache, s->fill);
		s->fill = NULL;
		return;
	}
	proxy_keep_nothing(t, s);
	proxy_count(&proxy_row_of(t)->not_cached, 1);
}

/* ---- passing on ---- */

void proxy_end_body(struct http_turn *t, struct proxy_session *s)
{
	s->body.done = true;
	finish_keeping(t, s);
	if (s->chunks)
		HTTP_PUT(&t->out, "0\r\n\r\n");
}

/* Takes content off the bytes from `used` on and puts it into out, as far as it fits and `spare` bytes are
 * left there. Returns how much was taken, or -EPROTO. */
static int64_t gather(struct http_turn *t, struct proxy_session *s, size_t used, size_t spare)
{
	size_t from = used;
	while (used < t->len && !s->body.done) {
		struct http_text piece;
		size_t room = t->out.size - t->out.len, left = t->len - used;
		if (room <= spare)
			break;
		room -= spare;
		int64_t n = http_body_take(&s->body, t->data + used, left < room ? left : room, &piece);
		if (n < 0)
			return n;
		http_put(&t->out, piece.text, piece.len);
		keep_content(t, s, piece);
		used += (size_t)n;
	}
	return (int64_t)(used - from);
}

/* All chunk lines are of the same length, so one can be written when what follows it is there. */
static void write_chunk_line(char *line, size_t len)
{
	for (int i = 0; i < 4; i++)
		line[i] = "0123456789abcdef"[len >> (12 - 4 * i) & 15];
	line[4] = '\r';
	line[5] = '\n';
}

/* The same, in a chunk: none when there is no content, since an empty one would be the last. */
static int64_t gather_chunk(struct http_turn *t, struct proxy_session *s, size_t used)
{
	struct http_out *out = &t->out;
	size_t from = out->len, room = out->size - from, spare = CHUNK_END;
	if (room <= CHUNK_LINE + CHUNK_END)
		return 0;
	if (room > CHUNK_MAX)
		spare += room - CHUNK_MAX;
	out->len += CHUNK_LINE;
	int64_t n = gather(t, s, used, spare);
	size_t len = out->len - from - CHUNK_LINE;
	if (len) {
		write_chunk_line(out->data + from, len);
		HTTP_PUT(out, "\r\n");
	} else {
		out->len = from;
	}
	return n;
}

/* What the client gets of the bytes from `used` on: as they are, or made in out. Returns how much was taken,
 * or -EPROTO. */
static int64_t take(struct http_turn *t, struct proxy_session *s, size_t used, struct http_text *bytes)
{
	if (s->chunks)
		return gather_chunk(t, s, used);
	if (t->out.len || s->body.framing == HTTP_CHUNKED)
		return gather(t, s, used, 0);
	int64_t n = http_body_take(&s->body, t->data + used, t->len - used, bytes);
	keep_content(t, s, *bytes);
	return n;
}

/* The next request: bytes of the body go to the client, or of head and body in out. */
static void send_on(const struct http_turn *t, struct proxy_session *s, struct http_text bytes, size_t used)
{
	s->rest = !s->body.done && used < t->len;
	if (t->out.len)
		bytes = (struct http_text){ t->out.data, t->out.len };
	if (bytes.len)
		proxy_pass(t, s, bytes, used);
	else if (s->body.done)
		proxy_close_origin(t, s, STEP_LEAVE);
	else
		proxy_receive(t, s, STEP_BODY, used);
}

void proxy_pass_on(struct http_turn *t, struct proxy_session *s, size_t used)
{
	struct http_text bytes = { 0 };
	int64_t n = s->body.done ? 0 : take(t, s, used, &bytes);
	if (n < 0 && s->begun) {
		proxy_cut(t, s);
		return;
	}
	if (n < 0) {
		proxy_fail(t, s, 502, "the origin's chunks are malformed");
		return;
	}
	if (s->body.done && n)
		proxy_end_body(t, s);
	send_on(t, s, bytes, used + (size_t)n);
}

void proxy_receive_body(struct http_turn *t, struct proxy_session *s)
{
	bool ended = t->got->op == IO_RECV && t->got->n == 0;
	if (t->got->n < 0 || (ended && s->body.framing != HTTP_UNTIL_CLOSE)) {
		proxy_cut(t, s);
		return;
	}
	if (ended)
		proxy_end_body(t, s);
	proxy_pass_on(t, s, 0);
}

void proxy_passed(const struct http_turn *t, struct proxy_session *s)
{
	if (s->rest)
		proxy_look_again(t, s);
	else if (s->body.done)
		proxy_close_origin(t, s, STEP_LEAVE);
	else
		proxy_receive(t, s, STEP_BODY, 0);
}
