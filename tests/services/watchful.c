/* watchful.c - a service with sessions beside those of its clients, to test that part of the contract.
 *
 * Two sessions without a client ask a Zen server something, again and again, and count its answers in shared memory. A
 * client gets the two counts: "0 17 1 17\n", and the connection closes.
 *
 *     beside:  connect -> send -> receive -> close -> sleep -> connect ...
 *
 * SPDX-License-Identifier: MIT */
#include <stdatomic.h>
#include <stdio.h>

#include "core/io.h"
#include "core/options.h"

struct watchful_config {
	const char *origin; /* "host:port" */
};

struct watchful_shared {
	atomic_uint answers[2];
};

struct check {
	unsigned number;
};

static void connect_origin(const struct io_env *env, struct io_req *next)
{
	const struct watchful_config *config = env->config;
	next->op = IO_CONNECT;
	next->end = IO_ORIGIN;
	next->where = config->origin;
	next->timeout_ms = 1000;
}

static void check_start(void *session, const struct io_env *env, struct io_req *first)
{
	struct check *c = session;
	c->number = env->number;
	connect_origin(env, first);
}

static void close_origin(struct io_req *next)
{
	next->op = IO_CLOSE;
	next->end = IO_ORIGIN;
}

static void check_resume(void *session, const struct io_env *env, const struct io_result *got, struct io_req *next)
{
	static const char question[] = "Flat is better than?";
	struct check *c = session;
	struct watchful_shared *shared = env->shared;
	next->end = IO_ORIGIN;
	if (got->op == IO_CLOSE) {
		next->op = IO_SLEEP;
		next->timeout_ms = 10;
	} else if (got->op == IO_SLEEP) {
		connect_origin(env, next);
	} else if (got->op == IO_CONNECT && got->n == 0) {
		next->op = IO_SEND;
		next->buf = question;
		next->len = sizeof question - 1;
		next->stable = true;
	} else if (got->op == IO_SEND && got->n > 0) {
		next->op = IO_RECV;
		next->timeout_ms = 1000;
	} else {
		if (got->op == IO_RECV && got->n > 0)
			atomic_fetch_add(&shared->answers[c->number % 2], 1);
		close_origin(next);
		next->used = got->op == IO_RECV && got->n > 0 ? got->len : 0;
	}
}

static void tell(const struct io_env *env, struct io_req *next)
{
	struct watchful_shared *shared = env->shared;
	next->op = IO_SEND;
	next->buf = env->scratch;
	next->len = (size_t)snprintf(env->scratch, env->scratch_len, "0 %u 1 %u\n", atomic_load(&shared->answers[0]),
				     atomic_load(&shared->answers[1]));
}

static void watchful_start(void *session, const struct io_env *env, struct io_req *first)
{
	(void)session;
	tell(env, first);
}

static void watchful_resume(void *session, const struct io_env *env, const struct io_result *got, struct io_req *next)
{
	(void)session;
	(void)env;
	(void)got;
	next->op = IO_DONE;
}

static int two(const void *config)
{
	const struct watchful_config *c = config;
	return c->origin ? 2 : 0;
}

static const struct service check_service = {
	.contract = MUXLAB_CONTRACT,
	.name = "check",
	.summary = "Asks, without a client.",
	.session_size = sizeof(struct check),
	.max_message = 256,
	.start = check_start,
	.resume = check_resume,
};

static const struct option_def watchful_options[] = {
	{ .name = "origin", .arg = "HOST:PORT", .help = "a Zen server", .set = set_string,
	  .offset = offsetof(struct watchful_config, origin) },
	{ 0 },
};

extern const struct service muxlab_service;
const struct service muxlab_service = {
	.contract = MUXLAB_CONTRACT,
	.name = "watchful",
	.summary = "Looks after an origin: a test of the contract.",
	.port = 7101,
	.session_size = 8,
	.shared_size = sizeof(struct watchful_shared),
	.max_message = 256,
	.config_size = sizeof(struct watchful_config),
	.options = watchful_options,
	.start = watchful_start,
	.resume = watchful_resume,
	.beside = &check_service,
	.n_beside = two,
};
