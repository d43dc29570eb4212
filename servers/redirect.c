/* redirect.c - the redirect master: one request in, the address of a slave out.
 *
 *                +--- whole heads ---> an answer each, as many as fit ---> send ---> receive, or the next batch
 *     receive ---+--- wrong ---> 4xx or 5xx ---> send ---> half-close, discard, close
 *        ^       +--- a part of a head ---> wait for the rest, until the deadline: 408 ---+
 *        |       +--- a request's body ---> discard --------------------------------------+
 *        +--------------------------------------------------------------------------------+
 *
 * An answer is six copies: status line and date, the lines of the slave whose turn it is, the target as it
 * came, and the end. The target has no character below '!' and none above '~' (http_request.c), so it cannot
 * end its line.
 *
 *  - GET, HEAD, POST, PUT, DELETE, OPTIONS, PATCH are redirected; TRACE, CONNECT, "OPTIONS *" and others: 501.
 *  - A body is not looked at. Up to 64 KiB of it are discarded, so that the connection stays in step. After a
 *    longer one, a chunked one, and one that waits for "100 Continue" (RFC 9110 section 10.1.1: we cannot know
 *    whether it will come) the connection ends.
 *  - A head or a body has --idle-timeout from its first byte to its last, however often a byte of it comes.
 *  - A target that leaves no room for the rest of the answer in the scratch buffer: 414.
 *
 * RFC 9110 sections 10.2.2, 15.4; RFC 9112 sections 9.3, 9.6.
 *
 * SPDX-License-Identifier: MIT */
#include "redirect.h"

#include <errno.h>
#include <stdatomic.h>

#include "redirect_config.h"

enum { CLOSE = 1, LINGER = 2, ERROR_ROOM = 512 };

struct redirect_session {
	uint32_t began_ms; /* when the head or body at hand began; wraps around, differences do not care */
	uint32_t skip;     /* bytes of a body that are still to be discarded */
	uint32_t seen;     /* so many bytes of a head were not enough */
	uint32_t after;    /* CLOSE, LINGER: what follows the send at hand */
};

struct redirect_shared {
	atomic_uint_least64_t dealt; /* answers: whose turn is next */
};

struct batch { /* answers to the requests at the beginning of the bytes on offer */
	struct redirect_session *s;
	const struct io_env     *env;
	const char              *data;
	size_t                   len, used;
	struct http_out          out;
	unsigned                 answers;
};

/* ---- one answer ---- */

/* After the last answer nothing else is looked at. */
static void end_after(struct batch *b, bool linger)
{
	b->s->after = linger ? CLOSE | LINGER : CLOSE;
	b->used = b->len;
}

static bool add_error(struct batch *b, int status, const char *why, bool head)
{
	if (b->out.size - b->out.len < ERROR_ROOM)
		return false;
	http_put_error(&b->out, status, why, head, b->env->wall_s);
	b->answers++;
	end_after(b, true);
	return true;
}

/* While stopping, the last request that has come is told that it is the last. */
static bool is_last(const struct batch *b, size_t after)
{
	struct http_request r;
	if (!b->env->stopping)
		return false;
	return after >= b->len || http_parse_request(&r, b->data + after, b->len - after) == 0;
}

static const struct redirect_slave *next_slave(const struct io_env *env)
{
	const struct redirect_config *config = env->config;
	struct redirect_shared *shared = env->shared;
	uint64_t turn = atomic_fetch_add_explicit(&shared->dealt, 1, memory_order_relaxed);
	return &config->slaves[config->turns[turn % (unsigned)config->n_turns]];
}

static void put_path(struct http_out *out, const struct http_request *r)
{
	if (r->form == HTTP_ORIGIN) {
		http_put(out, r->target.text, r->target.len);
		return;
	}
	http_put(out, r->path.text, r->path.len);
	if (r->query.text) {
		HTTP_PUT(out, "?");
		http_put(out, r->query.text, r->query.len);
	}
}

/* There is room: see add_redirect(). */
static void put_redirect(struct batch *b, const struct http_request *r, bool keep)
{
	const struct redirect_config *config = b->env->config;
	const struct redirect_slave *slave = next_slave(b->env);
	http_put(&b->out, config->status, config->status_len);
	http_put(&b->out, http_date(b->env->wall_s), HTTP_DATE_LEN);
	http_put(&b->out, slave->lines, slave->lines_len);
	put_path(&b->out, r);
	if (!keep)
		HTTP_PUT(&b->out, REDIRECT_CLOSE);
	else if (r->minor == 0)
		HTTP_PUT(&b->out, REDIRECT_KEEP);
	else
		HTTP_PUT(&b->out, REDIRECT_END);
	if (r->method != HTTP_HEAD)
		HTTP_PUT(&b->out, REDIRECT_TEXT);
}

/* False: there is no room for it behind the answers before it. */
static bool add_redirect(struct batch *b, const struct http_request *r, size_t head_len)
{
	const struct redirect_config *config = b->env->config;
	if (b->out.size - b->out.len < config->longest + r->target.len)
		return b->out.len == 0 && add_error(b, 414, "the target is too long", r->method == HTTP_HEAD);
	bool body = r->chunked || r->content_length > 0;
	bool skippable = !r->chunked && !r->expect_continue && r->content_length <= REDIRECT_BODY_MAX;
	size_t after = b->used + head_len;
	size_t skip = body && skippable ? (size_t)r->content_length : 0;
	bool keep = r->keep_alive && (!body || skippable) && !is_last(b, after + skip);
	put_redirect(b, r, keep);
	b->answers++;
	if (!keep) {
		end_after(b, body || after < b->len || b->env->stopping);
		return true;
	}
	b->used = after;
	b->s->skip = (uint32_t)skip;
	b->s->began_ms = (uint32_t)b->env->now_ms;
	return true;
}

/* ---- a batch of them ---- */

static void skip_body(struct batch *b)
{
	size_t n = b->len - b->used < b->s->skip ? b->len - b->used : b->s->skip;
	b->used += n;
	b->s->skip -= (uint32_t)n;
}

/* The answer to the next request. False: it has not come whole, there is no room, or the last one was given. */
static bool add_answer(struct batch *b)
{
	struct http_request r;
	int head_len = b->used < b->len ? http_parse_request(&r, b->data + b->used, b->len - b->used) : 0;
	if (head_len == 0)
		return false;
	bool head = r.method == HTTP_HEAD;
	if (head_len < 0)
		return add_error(b, -head_len, r.why, head);
	if (r.method == HTTP_TRACE || r.form == HTTP_AUTHORITY || r.form == HTTP_ASTERISK)
		return add_error(b, 501, "this is nothing to be redirected", head);
	return add_redirect(b, &r, (size_t)head_len);
}

static void answer_all(struct batch *b)
{
	do
		skip_body(b);
	while (!b->s->skip && add_answer(b));
}

/* ---- what to do next ---- */

static void finish(struct io_req *next, size_t used, bool linger)
{
	next->op = IO_DONE;
	next->used = used;
	next->linger = linger;
}

static void receive(struct io_req *next, size_t used, int timeout_ms, bool idle)
{
	next->op = IO_RECV;
	next->used = used;
	next->timeout_ms = timeout_ms;
	next->idle = idle;
}

static void send_batch(const struct batch *b, struct io_req *next)
{
	next->op = IO_SEND;
	next->used = b->used;
	next->buf = b->out.data;
	next->len = b->out.len;
	next->answers = b->answers;
	next->timeout_ms = b->env->idle_timeout_ms;
}

/* Of the deadline of the head or body at hand; -1: there is none; 0: it has passed. */
static int time_left(const struct redirect_session *s, const struct io_env *env)
{
	if (env->idle_timeout_ms < 0)
		return -1;
	uint32_t spent = (uint32_t)env->now_ms - s->began_ms;
	return spent >= (uint32_t)env->idle_timeout_ms ? 0 : env->idle_timeout_ms - (int)spent;
}

/* Has a head begun? Blank lines before it are none. */
static bool any_head(const char *data, size_t len)
{
	size_t n = 0;
	while (n < len && (data[n] == '\r' || data[n] == '\n'))
		n++;
	return n < len;
}

/* What is left over is the beginning of a head: when did it begin, and how much of it is known? */
static void note_rest(struct batch *b)
{
	size_t rest = b->len - b->used;
	if (!any_head(b->data + b->used, rest))
		rest = 0;
	if (rest && (b->used || !b->s->seen))
		b->s->began_ms = (uint32_t)b->env->now_ms;
	b->s->seen = (uint32_t)rest;
}

/* The head will not come whole: it ended, took too long, or is too long. */
static void refuse_part(struct batch *b, const struct io_result *got)
{
	if (got->op == IO_RECV && got->n == 0)
		add_error(b, 400, "the request ends before its head does", false);
	else if (got->n == -EMSGSIZE)
		add_error(b, 431, "the head is too long", false);
	else
		add_error(b, 408, "the request did not come whole in time", false);
}

/* Nothing to answer. Wait for more, unless none will come or the time for it is over. */
static void wait_for_more(struct batch *b, const struct io_result *got, struct io_req *next)
{
	bool part = b->s->seen;
	int timeout_ms = part || b->s->skip ? time_left(b->s, b->env) : b->env->idle_timeout_ms;
	bool over = timeout_ms == 0 || (got->op == IO_RECV && got->n <= 0);
	if (!over) {
		receive(next, b->used, timeout_ms, !part);
	} else if (part) {
		refuse_part(b, got);
		send_batch(b, next);
	} else {
		finish(next, b->used, got->n != 0);
	}
}

static void redirect_start(void *session, const struct io_env *env, struct io_req *first)
{
	(void)session;
	receive(first, 0, env->idle_timeout_ms, true);
}

static void redirect_resume(void *session, const struct io_env *env, const struct io_result *got,
			    struct io_req *next)
{
	struct redirect_session *s = session;
	struct batch b = { .s = s, .env = env, .data = got->data, .len = got->len,
			   .out = { .data = env->scratch, .size = env->scratch_len } };
	if (s->after) {
		finish(next, got->len, s->after & LINGER);
		return;
	}
	if (got->op != IO_RECV || got->n <= 0 || http_head_grew(got->data, got->len, s->seen))
		answer_all(&b);
	note_rest(&b);
	if (b.out.len)
		send_batch(&b, next);
	else
		wait_for_more(&b, got, next);
}

const struct service redirect_service = {
	.contract = MUXLAB_CONTRACT,
	.name = "redirect",
	.summary = "Sends every HTTP request on to one of its slaves, in turn.",
	.port = 8080,
	.session_size = sizeof(struct redirect_session),
	.shared_size = sizeof(struct redirect_shared),
	.max_message = HTTP_HEAD_MAX,
	.config_size = sizeof(struct redirect_config),
	.options = redirect_options,
	.check = redirect_check,
	.start = redirect_start,
	.resume = redirect_resume,
};
