/* redirect.c - the redirect master: one request in, the address of a slave out.
 *
 * The connection is http_session.c's; here is what is answered. An answer is six copies: status line and date, the
 * lines of the slave whose turn it is, the target as it came, and the end. The target has no character below '!' and
 * none above '~' (http_request.c), so it cannot end its line.
 *
 *  - GET, HEAD, POST, PUT, DELETE, OPTIONS, PATCH are redirected; TRACE, CONNECT, "OPTIONS *" and others: 501.
 *  - A target that leaves no room for the rest of the answer in the scratch buffer: 414.
 *
 * RFC 9110 sections 10.2.2, 15.4.
 *
 * SPDX-License-Identifier: MIT */
#include "redirect.h"

#include <stdatomic.h>

#include "http_session.h"
#include "redirect_config.h"

struct redirect_shared {
	atomic_uint_least64_t dealt; /* answers: whose turn is next */
};

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

/* There is room: see redirect_answer(). */
static void put_redirect(struct http_turn *t, const struct http_request *r, bool keep)
{
	const struct redirect_config *config = t->env->config;
	const struct redirect_slave *slave = next_slave(t->env);
	http_put(&t->out, config->status, config->status_len);
	http_put(&t->out, http_date(t->env->wall_s), HTTP_DATE_LEN);
	http_put(&t->out, slave->lines, slave->lines_len);
	put_path(&t->out, r);
	if (!keep)
		HTTP_PUT(&t->out, REDIRECT_CLOSE);
	else if (r->minor == 0)
		HTTP_PUT(&t->out, REDIRECT_KEEP);
	else
		HTTP_PUT(&t->out, REDIRECT_END);
	if (r->method != HTTP_HEAD)
		HTTP_PUT(&t->out, REDIRECT_TEXT);
}

static enum http_did refuse(struct http_turn *t, const struct http_request *r, int status, const char *why)
{
	return http_answer_error(t, r, status, why) ? HTTP_ANSWERED : HTTP_FULL;
}

static enum http_did redirect_answer(struct http_turn *t, const struct http_request *r)
{
	const struct redirect_config *config = t->env->config;
	if (r->method == HTTP_TRACE || r->form == HTTP_AUTHORITY || r->form == HTTP_ASTERISK)
		return refuse(t, r, 501, "this is nothing to be redirected");
	if (t->out.size - t->out.len < config->longest + r->target.len)
		return t->out.len ? HTTP_FULL : refuse(t, r, 414, "the target is too long");
	bool keep = http_may_keep(t, r);
	put_redirect(t, r, keep);
	http_answered(t, r, keep, config->status_code, r->method == HTTP_HEAD ? 0 : sizeof REDIRECT_TEXT - 1);
	return HTTP_ANSWERED;
}

static const struct http_kind redirect_http = { .answer = redirect_answer };

static void redirect_start(void *session, const struct io_env *env, struct io_req *first)
{
	http_session_start(session, &redirect_http, env, first);
}

static void redirect_resume(void *session, const struct io_env *env, const struct io_result *got,
			    struct io_req *next)
{
	struct http_turn t = http_turn(session, &redirect_http, env, got, next);
	http_session_resume(&t);
}

static void redirect_end(void *session, const struct io_env *env)
{
	http_session_end(session, &redirect_http, env);
}

const struct service redirect_service = {
	.contract = MUXLAB_CONTRACT,
	.name = "redirect",
	.summary = "Sends every HTTP request on to one of its slaves, in turn.",
	.port = 8080,
	.session_size = sizeof(struct http_session),
	.shared_size = sizeof(struct redirect_shared),
	.max_message = HTTP_HEAD_MAX,
	.config_size = sizeof(struct redirect_config),
	.options = redirect_options,
	.check = redirect_check,
	.start = redirect_start,
	.resume = redirect_resume,
	.end = redirect_end,
};
