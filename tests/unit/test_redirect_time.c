/* test_redirect_time.c - the redirect master: deadlines, the graceful stop, many requests at once.
 *
 * SPDX-License-Identifier: MIT */
#include "servers/redirect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/check.h"
#include "tests/unit/redirect_cases.h"
#include "tests/unit/texts.h"

/* ---- time ---- */

/* The status of the last answer, 0 if there is none. */
static int last_status(const struct drive *d)
{
	struct http_response r;
	size_t at = 0;
	int status = 0;
	while (at < d->n_sent) {
		int head = http_parse_response(&r, d->sent + at, d->n_sent - at);
		if (head <= 0)
			return -1;
		at += (size_t)head + (size_t)r.content_length;
		status = r.status;
	}
	return at == d->n_sent ? status : -1;
}

static void times_out(void)
{
	static const struct {
		const char *in;
		int         status, pace_ms;
		enum drive_then then;
	} cases[] = {
		{ "", 0, 0, THEN_SILENCE },
		{ "\r\n", 0, 0, THEN_SILENCE },
		{ "\r\n\r", 0, 0, THEN_SILENCE },
		{ "G", 408, 0, THEN_SILENCE },
		{ "G", 400, 0, THEN_END },
		{ "\r\n", 0, 0, THEN_END },
		{ GET("/"), 301, 0, THEN_SILENCE },
		{ GET("/") "\r\n", 301, 0, THEN_SILENCE },
		{ GET("/") "GET", 408, 0, THEN_SILENCE },
		{ GET("/"), 301, 1000, THEN_END }, /* 26 bytes, a second each: in time */
		{ GET("/") GET("/") GET("/"), 301, 1000, THEN_END },
		{ GET("/123456789"), 408, 1000, THEN_END }, /* each byte comes in time, but the head does not */
		{ GET("/"), 408, 29000, THEN_END },
		{ "POST / HTTP/1.0\r\nContent-Length: 9\r\nConnection: keep-alive\r\n\r\nab", 301, 0,
		 THEN_SILENCE },
	};
	struct redirect_config *config = two_slaves();
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct drive d;
		struct drive_dialogue c = { .service = &redirect_service, .config = config, .in = cases[i].in,
					    .then = cases[i].then, .pace_ms = cases[i].pace_ms };
		drive_cut(&d, &c, 1, 0);
		note_text(cases[i].in);
		CHECK_INT(last_status(&d), cases[i].status);
		drive_close(&d);
	}
	free(config);
}

/* A timer may fire late. Bytes that come after the deadline do not help any more. */
static void late_bytes_do_not_help(void)
{
	struct redirect_config *config = two_slaves();
	struct drive d;
	drive_open(&d, &redirect_service, config);
	drive_start(&d);
	drive_receive(&d, "GET", 3);
	d.env.now_ms += DRIVE_IDLE_MS;
	drive_receive(&d, " ", 1);
	drive_perform(&d);
	CHECK_INT(last_status(&d), 408);
	drive_close(&d);
	drive_open(&d, &redirect_service, config); /* the same for a body, whose answer has left */
	drive_start(&d);
	static const char post[] = "POST / HTTP/1.1\r\n" H "Content-Length: 10\r\n\r\n";
	drive_receive(&d, post, sizeof post - 1);
	drive_perform(&d);
	d.env.now_ms += DRIVE_IDLE_MS;
	drive_receive(&d, "a", 1);
	CHECK(d.done && d.lingered);
	CHECK_INT(last_status(&d), 301);
	drive_close(&d);
	free(config);
}

static void says_when_it_is_idle(void)
{
	struct redirect_config *config = two_slaves();
	static const struct drive_step steps[] = {
		{ DRIVE_START, "recv idle" },
		{ "\r\n", "recv idle" },
		{ "G", "recv" },
		{ "ET / HTTP/1.1\r\n", "recv" },
		{ 0 },
	};
	struct drive d;
	drive_table(&redirect_service, config, steps);
	drive_open(&d, &redirect_service, config);
	drive_start(&d);
	static const char post[] = "POST / HTTP/1.1\r\n" H "Content-Length: 10\r\n\r\nabc";
	drive_receive(&d, post, sizeof post - 1);
	CHECK_INT(d.req.used, sizeof post - 1);
	drive_perform(&d);
	CHECK(d.req.op == IO_RECV && d.req.idle); /* it was answered: nothing is owed */
	d.env.now_ms += 10000;
	drive_receive(&d, "d", 1);
	CHECK_INT(d.req.timeout_ms, DRIVE_IDLE_MS - 10000);
	drive_receive(&d, "efghijG", 7);
	CHECK(!d.req.idle);
	CHECK_INT(d.req.timeout_ms, DRIVE_IDLE_MS);
	d.env.now_ms += 10000;
	drive_receive(&d, "E", 1);
	CHECK_INT(d.req.timeout_ms, DRIVE_IDLE_MS - 10000);
	drive_close(&d);
	free(config);
}

static void waits_for_ever_without_idle_timeout(void)
{
	struct redirect_config *config = two_slaves();
	struct drive d;
	drive_open(&d, &redirect_service, config);
	d.env.idle_timeout_ms = -1;
	drive_start(&d);
	for (const char *c = GET("/x"); *c; c++) {
		CHECK_INT(d.req.timeout_ms, -1);
		d.env.now_ms += INT32_MAX / 8;
		drive_receive(&d, c, 1);
		drive_perform(&d);
	}
	CHECK_INT(last_status(&d), 301);
	drive_close(&d);
	free(config);
}

/* ---- stopping ---- */

static void the_last_answer_before_a_stop_says_so(void)
{
	static const struct {
		const char *in, *want;
	} cases[] = {
		{ GET("/1"), TO_A_CLOSE("/1") },
		{ GET("/1") GET("/2") GET("/3"), TO_A("/1") TO_B("/2") TO_A_CLOSE("/3") },
		{ GET("/1") GET("/2") "GET", TO_A("/1") TO_B_CLOSE("/2") },
		{ "POST /1 HTTP/1.1\r\n" H "Content-Length: 3\r\n\r\nabc" GET("/2"),
		 TO_A("/1") TO_B_CLOSE("/2") },
		{ "POST /1 HTTP/1.1\r\n" H "Content-Length: 3\r\n\r\nab", TO_A_CLOSE("/1") },
		{ "", "" },
	};
	struct redirect_config *config = two_slaves();
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct drive d;
		converse(&d, config, cases[i].in, THEN_STOP);
		note_text(cases[i].in);
		CHECK_MEM(d.sent, d.n_sent, cases[i].want, strlen(cases[i].want));
		CHECK(d.lingered);
		drive_close(&d);
	}
	free(config);
}

/* ---- many ---- */

static void answers_a_thousand(void)
{
	enum { N = 1000 };
	char *in = malloc(N * 100), *want = malloc(N * 400);
	size_t in_len = 0, want_len = 0;
	for (int i = 0; i < N; i++) {
		in_len += (size_t)sprintf(in + in_len, "GET /%d HTTP/1.1\r\n" H "\r\n", i);
		want_len += (size_t)sprintf(want + want_len, HEAD "%s/%d\r\n\r\n" TEXT,
					    i % 2 ? "[::1]:9001" : "127.0.0.1:9000", i);
	}
	struct redirect_config *config = two_slaves();
	struct drive_dialogue c = { .service = &redirect_service, .config = config, .in = in };
	struct drive d;
	drive_cut(&d, &c, 0, 0);
	CHECK_MEM(d.sent, d.n_sent, want, want_len);
	CHECK_INT(d.answers, N);
	CHECK(d.sends < N / 20); /* in batches */
	drive_close(&d);
	c.scratch_len = DRIVE_SCRATCH_LEAST;
	for (int step = -5; step < 200; step += 13) {
		drive_cut(&d, &c, step, 0);
		CHECK_MEM(d.sent, d.n_sent, want, want_len);
		drive_close(&d);
	}
	free(in);
	free(want);
	free(config);
}

/* A head in single bytes, so long that the short way (no line has ended) and the long way are both taken. */
static void long_heads_come_slowly(void)
{
	char *in = malloc(HTTP_HEAD_MAX + 100);
	int n = sprintf(in, "GET /x HTTP/1.1\r\n" H);
	while (n < HTTP_FIELDS_MAX - 2000)
		n += sprintf(in + n, "X-%d: %0500d\r\n", n, n);
	strcpy(in + n, "\r\n");
	struct redirect_config *config = two_slaves();
	struct drive d;
	struct drive_dialogue c = { .service = &redirect_service, .config = config, .in = in };
	drive_cut(&d, &c, 1, 0);
	CHECK_MEM(d.sent, d.n_sent, TO_A("/x"), sizeof TO_A("/x") - 1);
	drive_close(&d);
	free(in);
	free(config);
}

int main(void)
{
	static const struct test tests[] = {
		TEST(times_out), TEST(late_bytes_do_not_help), TEST(says_when_it_is_idle),
		TEST(waits_for_ever_without_idle_timeout), TEST(the_last_answer_before_a_stop_says_so),
		TEST(answers_a_thousand), TEST(long_heads_come_slowly), { 0 },
	};
	return run_tests(tests);
}
