/* test_redirect_turns.c - the redirect master: whose turn it is, and its options.
 *
 * SPDX-License-Identifier: MIT */
#include "servers/redirect.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/check.h"
#include "tests/unit/redirect_cases.h"

/* ---- turns ---- */

/* A letter for each answer's slave. */
static void check_turns(const char *const *options, const char *want)
{
	struct redirect_config *config = good_config(options);
	char got[64] = "";
	for (int i = 0; i < config->n_turns; i++)
		got[i] = (char)('A' + config->turns[i]);
	CHECK_STR(got, want);
	free(config);
}

static void weights_are_smooth(void)
{
	check_turns(OPTIONS("--slave", "a:1"), "A");
	check_turns(OPTIONS("--slave", "a:1", "--slave", "b:1", "--slave", "c:1"), "ABC");
	check_turns(OPTIONS("--slave", "a:1=5", "--slave", "b:1", "--slave", "c:1=1"), "AABACAA");
	check_turns(OPTIONS("--slave", "a:1=4", "--slave", "b:1=2"), "ABA");
	check_turns(OPTIONS("--slave", "a:1=100", "--slave", "b:1=100"), "AB");
}

enum { THREADS = 4, EACH = 3000 };

static struct io_env shared_env;

static void *ask_often(void *counts)
{
	static const char in[] = GET("/");
	uint64_t state[8] = { 0 };
	char scratch[DRIVE_SCRATCH_LEAST];
	struct io_env env = shared_env;
	env.scratch = scratch;
	env.scratch_len = sizeof scratch;
	for (int i = 0; i < EACH; i++) {
		struct io_result got = { .op = IO_RECV, .n = sizeof in - 1, .data = in, .len = sizeof in - 1 };
		struct io_req next = { .timeout_ms = -1 };
		redirect_service.resume(state, &env, &got, &next);
		const char *port = memmem(next.buf, next.len, "http://s:", 9);
		((int *)counts)[port ? port[9] - '1' : 3]++;
	}
	return NULL;
}

static void turns_are_exact_across_threads(void)
{
	struct redirect_config *config =
		good_config(OPTIONS("--slave", "s:1", "--slave", "s:2", "--slave", "s:3"));
	struct redirect_shared *shared = calloc(1, sizeof *shared);
	pthread_t threads[THREADS];
	int counts[THREADS][4] = { 0 }, sums[4] = { 0 };
	shared_env = (struct io_env){ .config = config, .shared = shared, .idle_timeout_ms = 1000 };
	for (int i = 0; i < THREADS; i++)
		CHECK_INT(pthread_create(&threads[i], NULL, ask_often, counts[i]), 0);
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		for (int k = 0; k < 4; k++)
			sums[k] += counts[i][k];
	}
	for (int k = 0; k < 3; k++)
		CHECK_INT(sums[k], THREADS * EACH / 3);
	CHECK_INT(sums[3], 0);
	CHECK(redirect_service.session_size <= 64);
	free(shared);
	free(config);
}

/* ---- options ---- */

static void refuses_wrong_options(void)
{
	static const struct {
		const char *options[4];
		const char *said;
	} cases[] = {
		{ { NULL }, "there is no slave" },
		{ { "--slave", "127.0.0.1" }, "'127.0.0.1' is not HOST:PORT" },
		{ { "--slave", "a:" }, "'a:' is not HOST:PORT" },
		{ { "--slave", "a:0" }, "is not HOST:PORT" },
		{ { "--slave", "a:65536" }, "is not HOST:PORT" },
		{ { "--slave", "::1:9000" }, "is not HOST:PORT" },
		{ { "--slave", "http://a:1" }, "is not HOST:PORT" },
		{ { "--slave", "a b:1" }, "is not HOST:PORT" },
		{ { "--slave", "a:1\rX: y" }, "is not HOST:PORT" },
		{ { "--slave", "" }, "'' is not HOST:PORT" },
		{ { "--slave", "a:1=" }, "the weight is a number from 1 to 100" },
		{ { "--slave", "a:1=0" }, "the weight" },
		{ { "--slave", "a:1=101" }, "the weight" },
		{ { "--slave", "a:1=x" }, "the weight" },
		{ { "--slave", "a:1", "--code=304" }, "300, 301, 302, 303, 307, 308" },
		{ { "--slave" }, "needs a value" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char said[400];
		struct redirect_config *config = redirect_configure(cases[i].options, said, sizeof said);
		check_note("%s %s: %s", cases[i].options[0], cases[i].options[1], said);
		CHECK(!config);
		CHECK(strstr(said, cases[i].said));
		CHECK(strchrnul(said, '\n') + 1 >= said + strlen(said)); /* one line */
		free(config);
	}
}

static void bounds_the_slaves(void)
{
	const char *options[80], **next = options;
	char said[400], name[300] = "--slave=";
	for (int i = 0; i < REDIRECT_SLAVES_MAX; i++)
		*next++ = "--slave=a:1=100";
	*next = NULL;
	struct redirect_config *config = redirect_configure(options, said, sizeof said);
	CHECK(config && config->n_turns == REDIRECT_SLAVES_MAX);
	free(config);
	options[0] = "--slave=b:1=99";
	config = redirect_configure(options, said, sizeof said);
	CHECK(config && config->n_turns == REDIRECT_SLAVES_MAX * REDIRECT_WEIGHT_MAX - 1);
	free(config);
	*next++ = "--slave=a:1";
	*next = NULL;
	CHECK(!redirect_configure(options, said, sizeof said));
	CHECK(strstr(said, "more than 64 slaves"));
	memset(name + 8, 'n', REDIRECT_HOST_MAX - 6);
	strcpy(name + 8 + REDIRECT_HOST_MAX - 6, ":65535");
	config = good_config(OPTIONS(name));
	char want[1000];
	snprintf(want, sizeof want, HEAD "%s/\r\n\r\n" TEXT, name + 8);
	check_answers_of(config, GET("/"), want);
	free(config);
	strcpy(name + 8 + REDIRECT_HOST_MAX - 6, "n:65535");
	CHECK(!redirect_configure(OPTIONS(name), said, sizeof said));
}

static void refuses_to_start(void)
{
	static const struct peer self = { .family = 4, .port = 8080, .addr = { 127, 0, 0, 1 } }, nowhere;
	char why[300] = "";
	struct redirect_config *config =
		good_config(OPTIONS("--slave=127.0.0.1:9000", "--slave=localhost:8080=3"));
	CHECK_INT(redirect_service.bound(config, &self, why, sizeof why), -1);
	CHECK_STR(why, "slave localhost:8080 is this server itself: clients would go round in a circle; change "
		       "its port "
		       "or ours (-p)");
	CHECK_INT(redirect_service.bound(config, &nowhere, why, sizeof why), 0);
	free(config);
	config = good_config(OPTIONS("--slave=127.0.0.1:9000", "--slave=127.0.0.1:8081"));
	CHECK_INT(redirect_service.bound(config, &self, why, sizeof why), 0);
	free(config);
}

int main(void)
{
	static const struct test tests[] = {
		TEST(weights_are_smooth), TEST(turns_are_exact_across_threads), TEST(refuses_wrong_options),
		TEST(bounds_the_slaves), TEST(refuses_to_start), { 0 },
	};
	return run_tests(tests);
}
