/* proxy_origin.c - a fetch: what is not in the cache is asked of its origin and passed on while it comes.
 *
 *     CONNECT --> ASK --> HEAD ---> PASS --+--> BODY --> PASS ...      PASS sends to the client; BODY, HEAD receive
 *        |         |       | ^        ^    |                           from the origin
 *        |         |       +-+ 1xx    |    +--> LOOK                   bytes are left: they are offered again
 *        |         |       |          |    |     |
 *        v         v       v          +----------+
 *       FAIL: 502, 504                     |
 *                                          +--> LEAVE                  all is passed on
 *       CUT: the origin broke off <--------+
 *
 * While this goes on, the client's request stays on offer, untaken: it is parsed again when it is needed. FAIL,
 * CUT and LEAVE close the origin, and so have the client's bytes again.
 *
 *     origin says           HTTP/1.1 client            HTTP/1.0 client, which understands no chunks
 *     Content-Length        the same, keep-alive       the same, keep-alive if asked
 *     chunked               new chunks, keep-alive     content until the end, close
 *     neither, or 0.9       chunks, keep-alive         content until the end, close
 *
 * Content of known length, and content until the end, is sent straight from the received bytes. Heads and
 * chunks are made in the scratch buffer, and content is copied behind them as far as it fits. A body that
 * breaks off is never made to look whole: the client's connection ends without the last chunk, or short of its
 * Content-Length. Only a client of HTTP/1.0 whose origin gave no length cannot see it.
 *
 * RFC 9112 sections 6.3, 7.1, 8; RFC 1945 section 1.1 (a "simple response" of HTTP/0.9 is a body and nothing
 * else).
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>

#include "proxy_session.h"

enum {
	CHUNK_LINE = 6,  /* "3ff0\r\n" */
	CHUNK_END = 7,   /* "\r\n" behind it, and "0\r\n\r\n", the last one */
	CHUNK_MAX = 0xffff,
	TAIL_ROOM = 64,  /* what an object's head gains at the end */
};

/* ---- requests of the contract ---- */

static void receive(const struct http_turn *t, struct proxy_session *s, enum proxy_step step, size_t used)
{
	s->step = (uint8_t)step;
	t->next->op = IO_RECV;
	t->next->end = IO_ORIGIN;
	t->next->used = used;
	t->next->timeout_ms = proxy_config_of(t)->origin_ms;
}

/* Straight from the bytes on offer, or what stands in out. */
static void pass(const struct http_turn *t, struct proxy_session *s, struct http_text bytes, size_t used)
{
	s->step = STEP_PASS;
	t->next->op = IO_SEND;
	t->next->used = used;
	t->next->buf = bytes.text;
	t->next->len = bytes.len;
	t->next->timeout_ms = http_send_ms(t);
	t->next->answers = !s->begun;
	s->begun = true;
}

/* A send of nothing: its result offers again what is left of the origin's bytes. */
static void look_again(const struct http_turn *t, struct proxy_session *s)
{
	s->step = STEP_LOOK;
	t->next->op = IO_SEND;
	t->next->end = IO_ORIGIN;
	t->next->timeout_ms = proxy_config_of(t)->origin_ms;
}

static void close_origin(const struct http_turn *t, struct proxy_session *s, enum proxy_step step)
{
	s->step = (uint8_t)step;
	t->next->op = IO_CLOSE;
	t->next->end = IO_ORIGIN;
}

static void keep_nothing(const struct http_turn *t, struct proxy_session *s)
{
	if (s->fill)
		lru_abandon(proxy_config_of(t)->cache, s->fill);
	s->fill = NULL;
}

static void fail(const struct http_turn *t, struct proxy_session *s, int status, const char *why)
{
	keep_nothing(t, s);
	s->status = (uint16_t)status;
	s->why = why;
	close_origin(t, s, STEP_FAIL);
}

static void cut(const struct http_turn *t, struct proxy_session *s)
{
	keep_nothing(t, s);
	close_origin(t, s, STEP_CUT);
}

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
	t->answers = 0; /* pass() has told */
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
		fail(t, s, 504, "the origin cannot be reached in time");
		break;
	case -ECONNREFUSED:
		fail(t, s, 502, "the origin refuses the connection");
		break;
	case -ENXIO:
		fail(t, s, 502, "the origin's name has no address");
		break;
	case -EHOSTUNREACH:
	case -ENETUNREACH:
		fail(t, s, 502, "no way leads to the origin");
		break;
	case -EMFILE:
	case -ENFILE:
	case -ENOMEM:
	case -ENOBUFS:
	case -EADDRNOTAVAIL:
		fail(t, s, 503, "this proxy has no room for one more connection");
		break;
	default:
		fail(t, s, 502, "the origin cannot be reached");
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
		fail(t, s, wrong ? 400 : 431, wrong ? wrong : "the head is too long to be passed on");
		return;
	}
	s->keep = http_may_keep(t, &r);
	s->step = STEP_ASK;
	t->next->op = IO_SEND;
	t->next->end = IO_ORIGIN;
	t->next->buf = t->out.data;
	t->next->len = t->out.len;
	t->next->timeout_ms = config->origin_ms;
}

/* ---- keeping ---- */

/* What is kept is the head so far, as it stands in out; the end comes with the length, when that is known. */
static void begin_keeping(struct http_turn *t, struct proxy_session *s, const struct http_response *r)
{
	const struct proxy_config *config = proxy_config_of(t);
	struct proxy_life life = proxy_life_of(r, t->env->wall_s);
	int64_t now_ms = t->env->now_ms, until_ms = INT64_MAX;
	if (config->lab)
		life.left_s = INT64_MAX;
	if (life.left_s < INT64_MAX / 2000)
		until_ms = now_ms + life.left_s * 1000;
	bool may_keep = s->fill && r->status == 200 && life.left_s > 0;
	if (may_keep &&
	    lru_expect_body(config->cache, s->fill, r->content_length > 0 ? (size_t)r->content_length : 0) &&
	    lru_add_head(config->cache, s->fill, t->out.data, t->out.len))
		lru_set_life(s->fill, now_ms - (life.age_s < INT64_MAX / 2000 ? life.age_s * 1000 : 0),
			     until_ms);
	else
		keep_nothing(t, s);
}

static void keep_content(const struct http_turn *t, struct proxy_session *s, struct http_text piece)
{
	s->content += piece.len;
	if (s->fill && !lru_add_body(proxy_config_of(t)->cache, s->fill, piece.text, piece.len))
		keep_nothing(t, s);
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
	keep_nothing(t, s);
	proxy_count(&proxy_row_of(t)->not_cached, 1);
}

/* ---- passing on ---- */

/* The last bytes of the body have come; the last chunk follows them. */
static void end_body(struct http_turn *t, struct proxy_session *s)
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
		pass(t, s, bytes, used);
	else if (s->body.done)
		close_origin(t, s, STEP_LEAVE);
	else
		receive(t, s, STEP_BODY, used);
}

/* From `used` on the origin's bytes are of the body. The head may stand in out. */
static void pass_on(struct http_turn *t, struct proxy_session *s, size_t used)
{
	struct http_text bytes = { 0 };
	int64_t n = s->body.done ? 0 : take(t, s, used, &bytes);
	if (n < 0 && s->begun) {
		cut(t, s);
		return;
	}
	if (n < 0) {
		fail(t, s, 502, "the origin's chunks are malformed");
		return;
	}
	if (s->body.done && n)
		end_body(t, s);
	send_on(t, s, bytes, used + (size_t)n);
}

static void receive_body(struct http_turn *t, struct proxy_session *s)
{
	bool ended = t->got->op == IO_RECV && t->got->n == 0;
	if (t->got->n < 0 || (ended && s->body.framing != HTTP_UNTIL_CLOSE)) {
		cut(t, s);
		return;
	}
	if (ended)
		end_body(t, s);
	pass_on(t, s, 0);
}

static void passed(const struct http_turn *t, struct proxy_session *s)
{
	if (s->rest)
		look_again(t, s);
	else if (s->body.done)
		close_origin(t, s, STEP_LEAVE);
	else
		receive(t, s, STEP_BODY, 0);
}

/* ---- the head of the answer ---- */

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
	begin_keeping(t, s, r);
	put_own_lines(t, s, r);
	if (wrong || t->out.full) {
		fail(t, s, 502, wrong ? wrong : "the head of the origin's answer is too long");
		return;
	}
	if (s->body.done)
		end_body(t, s);
	pass_on(t, s, used);
}

/* HTTP/0.9: no head at all. Nothing tells that it is a success, so it is not kept. */
static bool is_simple(const char *data, size_t len, bool ended)
{
	static const char begin[] = "HTTP/";
	enum { BEGIN = sizeof begin - 1 };
	if (len >= BEGIN || !ended)
		return memcmp(data, begin, len < BEGIN ? len : BEGIN) != 0;
	return len > 0;
}

static void begin_simple(struct http_turn *t, struct proxy_session *s, size_t used)
{
	const struct http_response r = { .status = 200, .reason = HTTP_TEXT("OK"), .fields = HTTP_TEXT(""),
					 .content_length = -1 };
	keep_nothing(t, s);
	begin_answer(t, s, &r, used);
}

/* The final head, behind any number of 1xx. */
static void read_head(struct http_turn *t, struct proxy_session *s, bool ended)
{
	enum { SWITCHING = 101, FINAL = 200 };
	size_t used = 0;
	struct http_response r;
	while (used < t->len) {
		if (is_simple(t->data + used, t->len - used, ended)) {
			begin_simple(t, s, used);
			return;
		}
		int head_len = http_parse_response(&r, t->data + used, t->len - used);
		if (head_len == 0)
			break;
		if (head_len < 0 || r.status == SWITCHING) {
			fail(t, s, 502, head_len < 0 ? r.why : "the origin changes the protocol unasked");
			return;
		}
		used += (size_t)head_len;
		if (r.status >= FINAL) {
			begin_answer(t, s, &r, used);
			return;
		}
	}
	s->seen = (uint32_t)(t->len - used);
	if (!ended)
		receive(t, s, STEP_HEAD, used);
	else
		fail(t, s, 502, s->seen ? "the origin's answer ends before its head does"
					: "the origin closed the connection without an answer");
}

static void receive_head(struct http_turn *t, struct proxy_session *s)
{
	ssize_t n = t->got->n;
	if (n == -ETIMEDOUT)
		fail(t, s, 504, "the origin does not answer in time");
	else if (n == -EMSGSIZE)
		fail(t, s, 502, "the head of the origin's answer is too long");
	else if (n < 0)
		fail(t, s, 502, "the origin broke the connection off");
	else if (n == 0 || http_head_grew(t->data, t->len, s->seen))
		read_head(t, s, n == 0);
	else
		receive(t, s, STEP_HEAD, 0);
}

/* ---- the steps ---- */

static void asked(const struct http_turn *t, struct proxy_session *s)
{
	if (t->got->n == -ETIMEDOUT)
		fail(t, s, 504, "the origin does not take the request in time");
	else if (t->got->n < 0)
		fail(t, s, 502, "the origin broke the connection off");
	else
		receive(t, s, STEP_HEAD, 0);
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
		receive_head(t, s);
		break;
	case STEP_BODY:
	case STEP_LOOK:
		receive_body(t, s);
		break;
	case STEP_PASS:
		passed(t, s);
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
