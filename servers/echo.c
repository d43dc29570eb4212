/* echo.c - every byte comes back (RFC 862). The smallest service there is: it owns nothing and copies nothing.
 *
 *     receive ---> send the offered bytes themselves ---> receive ---> ... until the client closes
 *
 * While a send waits for a client that does not read, nothing more is received from it: so its memory is bounded, and
 * the client's own sends stop when the sockets are full.
 *
 * SPDX-License-Identifier: MIT */
#include "echo.h"

static void receive(const struct io_env *env, struct io_req *next)
{
	next->op = IO_RECV;
	next->idle = true;
	next->timeout_ms = env->idle_timeout_ms;
}

static void echo_start(void *session, const struct io_env *env, struct io_req *first)
{
	(void)session;
	receive(env, first);
}

static void echo_resume(void *session, const struct io_env *env, const struct io_result *got, struct io_req *next)
{
	(void)session;
	if (got->len) {
		next->op = IO_SEND;
		next->buf = got->data;
		next->len = next->used = got->len;
		next->answers = 1;
		next->timeout_ms = env->idle_timeout_ms;
	} else if (got->op == IO_RECV) { /* nothing came: the end, or too long a silence */
		next->op = IO_DONE;
		next->linger = got->n < 0;
	} else {
		receive(env, next);
	}
}

const struct service echo_service = {
	.contract = MUXLAB_CONTRACT,
	.name = "echo",
	.summary = "Returns every byte (RFC 862).",
	.port = 7007,
	.max_message = 1,
	.ignores_peer = true,
	.start = echo_start,
	.resume = echo_resume,
};
