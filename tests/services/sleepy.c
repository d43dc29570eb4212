/* sleepy.c - a service whose answer may block the thread that runs it, to test who else goes on meanwhile.
 *
 *     "ping\n"      answers "pong\n"
 *     "sleep N\n"   answers "sleeping\n", blocks the thread for N milliseconds, then answers "slept\n"
 *
 * One command at a time, any number after another.
 *
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "core/io.h"

struct sleepy_session {
	int sleep_ms; /* when "sleeping" has been sent; 0: not at all */
};

static void receive(const struct io_env *env, struct io_req *next)
{
	next->op = IO_RECV;
	next->idle = true;
	next->timeout_ms = env->idle_timeout_ms;
}

static void sleepy_start(void *session, const struct io_env *env, struct io_req *first)
{
	(void)session;
	receive(env, first);
}

static void answer(struct io_req *next, const char *text)
{
	next->op = IO_SEND;
	next->buf = text;
	next->len = strlen(text);
	next->stable = true;
	next->answers = 1;
}

static void obey(struct sleepy_session *s, const struct io_env *env, const struct io_result *got, struct io_req *next)
{
	const char *end = got->len ? memchr(got->data, '\n', got->len) : NULL;
	if (!end) {
		receive(env, next);
		return;
	}
	next->used = (size_t)(end - got->data) + 1;
	if (strncmp(got->data, "sleep ", 6) == 0) {
		s->sleep_ms = atoi(got->data + 6);
		answer(next, "sleeping\n");
	} else {
		answer(next, "pong\n");
	}
}

static void sleepy_resume(void *session, const struct io_env *env, const struct io_result *got, struct io_req *next)
{
	struct sleepy_session *s = session;
	if (got->n < 0 || (got->op == IO_RECV && got->n == 0)) {
		next->op = IO_DONE;
	} else if (got->op == IO_SLEEP) {
		answer(next, "slept\n");
	} else if (s->sleep_ms) {
		next->op = IO_SLEEP;
		next->in_place = true;
		next->timeout_ms = s->sleep_ms;
		s->sleep_ms = 0;
	} else {
		obey(s, env, got, next);
	}
}

extern const struct service muxlab_service;
const struct service muxlab_service = {
	.contract = MUXLAB_CONTRACT,
	.name = "sleepy",
	.summary = "Answers at once, or blocks: a test of who goes on meanwhile.",
	.session_size = sizeof(struct sleepy_session),
	.max_message = 64,
	.start = sleepy_start,
	.resume = sleepy_resume,
};
