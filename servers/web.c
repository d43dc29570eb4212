/* web.c - the web server as a service: whose turn is it, and what is no file?
 *
 *     head ---> web_answer ---> /status: counters       another method: 405, 501
 *                   |
 *                   +---> web_find.c: a file? ---> web_file.c ---> copied, lent, or IO_SENDFILE
 *                               ^     |not at hand
 *                               |  IO_OPEN
 *                               +-----+
 *
 * While a file is being opened its request stays on offer; with the result it is parsed and answered once more,
 * this time with the file at hand. So nothing of a request is ever stored, and pipelined answers keep their
 * order by themselves.
 *
 * RFC 9110 section 9.
 *
 * SPDX-License-Identifier: MIT */
#include "web.h"

#include "http_stats.h"
#include "web_parts.h"

#define ALLOW "Allow: GET, HEAD"

/* ---- what is no file ---- */

/* TRACE would send a client's cookies back to it; CONNECT asks for a tunnel, and what follows is no HTTP. */
static enum http_did answer_method(struct http_turn *t, const struct http_request *r)
{
	if (r->method == HTTP_CONNECT)
		return http_answer_error(t, r, 501, "this is no proxy") ? HTTP_ANSWERED : HTTP_FULL;
	if (r->form == HTTP_ASTERISK)
		return web_say(t, r, 204, ALLOW ", OPTIONS\r\n", (struct http_text){ NULL, 0 });
	return web_say(t, r, 405, ALLOW "\r\n", HTTP_TEXT("Files can be read here: by GET and HEAD.\n"));
}

static enum http_did answer_status(struct http_turn *t, const struct http_request *r)
{
	enum { HEAD_ROOM = 512, NAME_ROOM = 64 };
	char json[HTTP_STATS_JSON_MAX + NAME_ROOM];
	struct http_out out = { .data = json, .size = sizeof json };
	if (out.size > t->out.size - HEAD_ROOM)
		out.size = t->out.size - HEAD_ROOM;
	http_stats_json(&out, t->env->shared, "web", NULL);
	bool done = http_answer_text(t, r, 200, "Cache-Control: no-store\r\n", HTTP_TEXT("application/json"),
				     (struct http_text){ json, out.len });
	return done ? HTTP_ANSWERED : HTTP_FULL;
}

static bool is_status(const struct web_config *config, struct http_text path)
{
	static const char status[] = "/status";
	return !config->no_status && path.len == sizeof status - 1 && memcmp(path.text, status, path.len) == 0;
}

/* ---- the service ---- */

static enum http_did web_answer(struct http_turn *t, const struct http_request *r)
{
	if (r->method != HTTP_GET && r->method != HTTP_HEAD)
		return answer_method(t, r);
	if (is_status(t->env->config, r->path))
		return answer_status(t, r);
	return web_answer_path(t, r);
}

static struct http_limits web_limits(const struct io_env *env)
{
	const struct web_config *config = env->config;
	return config->limits;
}

static struct http_stats *web_stats(const struct io_env *env)
{
	return env->shared;
}

static const struct http_kind web_http = { .answer = web_answer, .limits = web_limits, .stats = web_stats };

static void web_start(void *session, const struct io_env *env, struct io_req *first)
{
	struct web_session *s = session;
	http_session_start(&s->http, &web_http, env, first);
}

/* An idle receive lets the file go. But a client that has sent a byte of its next head is not idle, and
 * thousands of them could hold a file each, until the deadline for heads. */
static void let_go(struct web_session *s, struct io_req *next)
{
	*next = (struct io_req){ .op = IO_CLOSE, .end = IO_FILE, .used = next->used, .timeout_ms = -1 };
	s->doing = WEB_CLOSING;
	s->holds = false;
}

static void web_resume(void *session, const struct io_env *env, const struct io_result *got,
		       struct io_req *next)
{
	struct web_session *s = session;
	struct http_turn t = http_turn(&s->http, &web_http, env, got, next);
	enum web_doing doing = s->doing;
	if (doing == WEB_SENDING || doing == WEB_CLOSING)
		s->doing = WEB_NOTHING;
	if (doing == WEB_NOTHING)
		http_session_resume(&t);
	else if (doing == WEB_LISTING)
		web_go_on_listing(&t);
	else
		http_session_go_on(&t);
	if (s->holds && next->op == IO_RECV && !next->idle)
		let_go(s, next);
}

static void web_end(void *session, const struct io_env *env)
{
	struct web_session *s = session;
	http_session_end(&s->http, &web_http, env);
}

static const char *web_root(const void *config)
{
	const struct web_config *web = config;
	return web->root;
}

const struct service web_service = {
	.contract = MUXLAB_CONTRACT,
	.name = "web",
	.summary = "Serves the files below a folder over HTTP.",
	.port = 9000,
	.session_size = sizeof(struct web_session),
	.shared_size = sizeof(struct http_stats),
	.max_message = HTTP_HEAD_MAX,
	.ignores_peer = true,
	.config_size = sizeof(struct web_config),
	.defaults = &web_defaults,
	.options = web_options,
	.logs_access = true,
	.root = web_root,
	.start = web_start,
	.resume = web_resume,
	.end = web_end,
};
