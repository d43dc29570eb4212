/* test_echo.c - the echo service, without sockets: every byte comes back, and nothing is copied or kept.
 *
 * SPDX-License-Identifier: MIT */
#include "servers/echo.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/check.h"
#include "tests/unit/drive.h"

static void check_echo(const char *in, size_t len, enum drive_then then)
{
	struct drive_dialogue c = { .service = &echo_service, .in = in, .in_len = len, .then = then,
				    .scratch_len = DRIVE_SCRATCH_LEAST };
	drive_all_ways(&c, in, len);
}

static void returns_every_byte(void)
{
	char all[256];
	for (int i = 0; i < 256; i++)
		all[i] = (char)i;
	check_echo(all, sizeof all, THEN_END);
	check_echo(all, sizeof all, THEN_SILENCE);
	check_echo(all, sizeof all, THEN_STOP);
	check_echo("", 0, THEN_END);
}

static void returns_more_than_any_buffer(void)
{
	enum { N = 100000 };
	char *in = malloc(N);
	srand(7);
	for (int i = 0; i < N; i++)
		in[i] = (char)rand();
	check_echo(in, N, THEN_END);
	free(in);
}

static void sends_the_offered_bytes(void)
{
	struct drive d;
	drive_open(&d, &echo_service, NULL);
	drive_start(&d);
	drive_receive(&d, "abc", 3);
	CHECK(d.req.buf == d.lent && !d.req.stable); /* lent, not copied */
	drive_close(&d);
	CHECK_INT(echo_service.session_size, 0);
}

static void steps(void)
{
	static const struct drive_step table[] = {
		{ DRIVE_START, "recv idle" },
		{ "a", "send b'a' used 1 answers 1" },
		{ DRIVE_DONE, "recv idle" },
		{ "bc\n", "send b'bc\\n' used 3 answers 1" },
		{ DRIVE_DONE, "recv idle" },
		{ DRIVE_END, "done" },
		{ 0 },
	};
	static const struct drive_step quiet[] = {
		{ DRIVE_START, "recv idle" }, { DRIVE_TIMEOUT, "done linger" }, { 0 },
	};
	drive_table(&echo_service, NULL, table);
	drive_table(&echo_service, NULL, quiet);
}

static void waits_for_ever_without_idle_timeout(void)
{
	struct drive d;
	drive_open(&d, &echo_service, NULL);
	d.env.idle_timeout_ms = -1;
	drive_start(&d);
	CHECK_INT(d.req.timeout_ms, -1);
	drive_receive(&d, "a", 1);
	CHECK_INT(d.req.timeout_ms, -1);
	drive_close(&d);
}

int main(void)
{
	static const struct test tests[] = {
		TEST(returns_every_byte), TEST(returns_more_than_any_buffer), TEST(sends_the_offered_bytes),
		TEST(steps), TEST(waits_for_ever_without_idle_timeout), { 0 },
	};
	return run_tests(tests);
}
