/* redirect.c - the redirect master: one request in, the address of a slave out.
 *
 *     client --GET /a?b--> redirect.c --whose turn?--> redirect_policy.c --who is alive?--> shared memory
 *            <--301, Location: http://SLAVE/a?b--                                               ^
 *                                                      slaves <--GET /status-- redirect_health.c
 *
 * The connection is http_session.c's; here is what is answered. An answer is six copies: status line and
 * date, the lines of the slave whose turn it is, the target as it came, and the end. The target has no
 * character below '!' and none above '~' (http_request.c), so it cannot end its line.
 *
 *  - GET, HEAD, POST, PUT, DELETE, OPTIONS, PATCH are redirected; TRACE, CONNECT, "OPTIONS *" and others: 501.
 *  - With all slaves dead: 503, and Retry-After says when the next check will have been.
 *  - /master/status is the master's own page: redirect_status.c.
 *  - A target that leaves no room for the rest of the answer in the scratch buffer: 414.
 *
 * RFC 9110 sections 10.2.2, 10.2.3, 15.4.
 *
 * SPDX-License-Identifier: MIT */
#include "redirect.h"

#include <stdio.h>

#include "redirect_parts.h"

/* There is room: see answer(). */
static void put_redirect(struct http_turn *t, const struct http_request *r,
			 const struct redirect_status *status, const struct redirect_slave *slave, bool keep)
{
	http_put(&t->out, status->text, status->len);
	http_put(&t->out, http_date(t->env->wall_s), HTTP_DATE_LEN);
	http_put(&t->out, slave->lines, slave->lines_len);
	redirect_put_path(&t->out, r);
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

static enum http_did all_dead(struct http_turn *t, const struct http_request *r)
{
	const struct redirect_config *config = t->env->config;
	char more[96];
	snprintf(more, sizeof more, "Retry-After: %d\r\n" REDIRECT_NO_STORE,
		 (config->interval_ms + 999) / 1000);
	bool done = http_answer_text(t, r, 503, more, HTTP_TEXT("text/plain"),
				     HTTP_TEXT("503 Service Unavailable: no slave is alive\n"));
	return done ? HTTP_ANSWERED : HTTP_FULL;
}

static enum http_did redirect(struct http_turn *t, const struct http_request *r,
			      const struct redirect_status *status)
{
	const struct redirect_config *config = t->env->config;
	int slave = redirect_pick(config, t->env->shared, t->env->now_ms, r->path);
	if (slave < 0)
		return all_dead(t, r);
	if (status->code == 300)
		return redirect_choices(t, r, slave);
	bool keep = http_may_keep(t, r);
	put_redirect(t, r, status, &config->slaves[slave], keep);
	http_answered(t, r, keep, status->code, r->method == HTTP_HEAD ? 0 : sizeof REDIRECT_TEXT - 1);
	return HTTP_ANSWERED;
}

/* Is there room for it first, then whose turn it is: who is asked again has not dealt twice. */
static enum http_did answer(struct http_turn *t, const struct http_request *r)
{
	const struct redirect_config *config = t->env->config;
	if (r->method == HTTP_TRACE || r->form == HTTP_AUTHORITY || r->form == HTTP_ASTERISK)
		return refuse(t, r, 501, "this is nothing to be redirected");
	if (redirect_is_status(r))
		return redirect_status(t, r);
	bool usual = r->method == HTTP_GET || r->method == HTTP_HEAD;
	const struct redirect_status *status = usual ? &config->usual : &config->other;
	if (status->code == 300 && t->out.len)
		return HTTP_FULL; /* the list is cut to what there is room for: always the same */
	if (t->out.size - t->out.len < config->longest + r->target.len)
		return t->out.len ? HTTP_FULL : refuse(t, r, 414, "the target is too long");
	return redirect(t, r, status);
}

static struct http_limits limits(const struct io_env *env)
{
	const struct redirect_config *config = env->config;
	return config->limits;
}

static struct http_stats *stats(const struct io_env *env)
{
	struct redirect_shared *shared = env->shared;
	return &shared->http;
}

static const struct http_kind redirect_http = { .answer = answer, .limits = limits, .stats = stats };

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
	.summary = "Sends every HTTP request on to one of its slaves.",
	.port = 8080,
	.session_size = sizeof(struct http_session),
	.shared_size = sizeof(struct redirect_shared),
	.max_message = HTTP_HEAD_MAX,
	.ignores_peer = true,
	.config_size = sizeof(struct redirect_config),
	.defaults = &redirect_defaults,
	.options = redirect_options,
	.logs_access = true,
	.check = redirect_check,
	.bound = redirect_bound,
	.start = redirect_start,
	.resume = redirect_resume,
	.end = redirect_end,
	.beside = &redirect_health,
	.n_beside = redirect_n_checked,
};
