/* canned.c - a service that always says the same, however wrong: for tests of the clients. A plug-in, run by
 * servers/plugin_server.
 *
 *     --until END   a request ends in END ("?")        --say TEXT   the answer to it
 *     --apart MS    a byte at a time, MS between them  --then HOW   stay: wait for the next request
 *                                                                   close: the connection
 *                                                                   again: say TEXT again, for ever
 *                                                                   deaf: answer no other request
 *
 *     receive --END--> say ---> stay ---> receive        (--apart: say = send a byte, sleep, send a byte, ...)
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>

#include "core/io.h"
#include "core/options.h"

enum then { STAY, CLOSE, AGAIN, DEAF };

static const char *const then_names[] = { "stay", "close", "again", "deaf", NULL };

struct canned_config {
	const char *until, *say;
	int         apart_ms, then;
};

struct canned_session {
	size_t said; /* bytes of the text */
	bool   deaf;
};

static void receive(struct io_req *next, size_t used)
{
	next->op = IO_RECV;
	next->used = used;
	next->idle = true;
}

/* The next piece of the text, or the whole. */
static void say(struct canned_session *s, const struct canned_config *c, struct io_req *next)
{
	next->op = IO_SEND;
	next->buf = c->say + s->said;
	next->len = c->apart_ms ? 1 : strlen(c->say);
	next->stable = true;
	next->answers = 1;
	s->said += next->len;
}

/* A whole request among the bytes on offer is taken and answered; else more are waited for. */
static void look(struct canned_session *s, const struct canned_config *c, const struct io_result *got,
		 struct io_req *next)
{
	const char *end = got->len ? memmem(got->data, got->len, c->until, strlen(c->until)) : NULL;
	if (s->deaf || !end) {
		receive(next, s->deaf ? got->len : 0);
		return;
	}
	s->said = 0;
	if (*c->say)
		say(s, c, next);
	else if (c->then == CLOSE)
		next->op = IO_DONE;
	else
		receive(next, 0);
	next->used = (size_t)(end - got->data) + strlen(c->until);
}

static void after_saying(struct canned_session *s, const struct canned_config *c, const struct io_result *got,
			 struct io_req *next)
{
	if (c->then == AGAIN && !c->say[s->said])
		s->said = 0;
	if (c->say[s->said] && c->apart_ms) {
		next->op = IO_SLEEP;
		next->timeout_ms = c->apart_ms;
	} else if (c->then == AGAIN) {
		say(s, c, next);
	} else if (c->then == CLOSE) {
		next->op = IO_DONE;
	} else {
		s->deaf = c->then == DEAF;
		look(s, c, got, next);
	}
}

static void canned_start(void *session, const struct io_env *env, struct io_req *first)
{
	(void)session, (void)env;
	receive(first, 0);
}

static void canned_resume(void *session, const struct io_env *env, const struct io_result *got,
			  struct io_req *next)
{
	const struct canned_config *c = env->config;
	struct canned_session *s = session;
	if (got->op == IO_SLEEP)
		say(s, c, next);
	else if (got->op == IO_SEND)
		after_saying(s, c, got, next);
	else if (got->n <= 0)
		next->op = IO_DONE;
	else
		look(s, c, got, next);
}

#define FIELD(name) .offset = offsetof(struct canned_config, name)

static const struct option_def canned_options[] = {
	{ .name = "until", .arg = "END", .help = "a request ends in END (?)", .set = set_string, FIELD(until) },
	{ .name = "say", .arg = "TEXT", .help = "the answer", .set = set_string, FIELD(say) },
	{ .name = "apart", .arg = "TIME", .help = "byte by byte, TIME apart", .set = set_seconds_ms,
	  FIELD(apart_ms), .max = 10000 },
	{ .name = "then", .arg = "HOW", .help = "stay, close, again or deaf", .set = set_choice, FIELD(then),
	  .choices = then_names },
	{ 0 },
};

static const struct canned_config defaults = { .until = "?", .say = "" };

extern const struct service muxlab_service;
const struct service muxlab_service = {
	.contract = MUXLAB_CONTRACT,
	.name = "canned",
	.summary = "Says always the same.",
	.port = 1060,
	.session_size = sizeof(struct canned_session),
	.max_message = 16384,
	.config_size = sizeof(struct canned_config),
	.defaults = &defaults,
	.options = canned_options,
	.start = canned_start,
	.resume = canned_resume,
};
