/* test_proxy_hostile.c - origins that mean no good: they trickle, flood, and announce what never comes.
 *
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "tests/unit/proxy_cases.h"

#define EARLY "HTTP/1.1 103 Early Hints\r\n\r\n"
#define OK_5  "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello"

enum { LIMIT_MS = 30000 }; /* --origin-timeout by default */

/* Of a client that has asked for this: the proxy waits for the origin's first bytes. */
static void ask_for(struct drive *d, const char *request)
{
	drive_open(d, &proxy_service, &proxy_config);
	drive_start(d);
	drive_receive(d, request, strlen(request));
	drive_result(d, 0); /* connected */
	drive_result(d, 0); /* asked */
	CHECK(d->req.op == IO_RECV && d->req.end == IO_ORIGIN);
}

static bool awaits_origin(const struct drive *d)
{
	return !d->broken && d->req.op == IO_RECV && d->req.end == IO_ORIGIN;
}

/* ---- a deadline for the head ---- */

/* However often something comes, it does not gain time. */
static void a_head_has_a_deadline(void)
{
	static const struct { const char *first, *each; int pace_ms; } cases[] = {
		{ "HTTP/1.0 200 OK\r\nX: ", "x", 500 },
		{ "HTTP/1.1 2", "0", 29999 },
		{ "", EARLY, 2000 },
		{ EARLY "HTTP/1.0 200 OK\r\nX: ", "x", 7 },
	};
	const char *want = proxy_error("HTTP/1.1 504 Gateway Timeout", "the origin does not answer in time");
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct drive d;
		int passed_ms = 0;
		check_note("case %zu", i);
		proxy_new(NULL);
		ask_for(&d, GET_11 "\r\n");
		CHECK_INT(d.req.timeout_ms, LIMIT_MS);
		if (*cases[i].first)
			drive_receive(&d, cases[i].first, strlen(cases[i].first));
		while (awaits_origin(&d) && passed_ms <= LIMIT_MS) {
			CHECK_INT(d.req.timeout_ms, LIMIT_MS - passed_ms);
			passed_ms += cases[i].pace_ms;
			d.env.now_ms += cases[i].pace_ms;
			drive_receive(&d, cases[i].each, strlen(cases[i].each));
		}
		CHECK(passed_ms >= LIMIT_MS && passed_ms < LIMIT_MS + cases[i].pace_ms);
		drive_perform(&d);
		CHECK_STR(d.sent, want);
		drive_close(&d);
	}
}

/* Taking the request slowly is a part of it; and a head that is whole is taken, however late it was read. */
static void the_deadline_begins_with_the_question(void)
{
	struct drive d;
	proxy_new(NULL);
	drive_open(&d, &proxy_service, &proxy_config);
	drive_start(&d);
	drive_receive(&d, GET_11 "\r\n", strlen(GET_11 "\r\n"));
	d.env.now_ms += LIMIT_MS; /* to connect has a limit of its own */
	drive_result(&d, 0);
	CHECK_INT(d.req.timeout_ms, LIMIT_MS);
	d.env.now_ms += 10000;
	drive_result(&d, 0);
	CHECK_INT(d.req.timeout_ms, LIMIT_MS - 10000);
	d.env.now_ms += LIMIT_MS;
	drive_receive(&d, OK_5, strlen(OK_5));
	drive_perform(&d);
	CHECK_STR(d.sent, "HTTP/1.1 200 OK\r\n" DATE VIA_10 MISS "Content-Length: 5\r\n\r\nhello");
	drive_close(&d);
}

/* A body may take as long as it likes, as long as it comes. */
static void a_body_has_a_deadline_between_bytes(void)
{
	struct drive d;
	proxy_new(NULL);
	ask_for(&d, GET_11 "\r\n");
	d.env.now_ms += 20000;
	drive_receive(&d, OK_5, strlen(OK_5) - 4);
	for (const char *at = "ello"; *at; at++) {
		drive_result(&d, 0); /* passed on */
		CHECK_INT(d.req.timeout_ms, LIMIT_MS);
		d.env.now_ms += 20000;
		drive_receive(&d, at, 1);
	}
	drive_perform(&d);
	CHECK(d.answers == 1 && strcmp(d.sent + d.n_sent - 5, "hello") == 0);
	drive_close(&d);
}

/* ---- heads before the final one ---- */

static void early_heads_are_counted(void)
{
	static const char bad[] = "HTTP/1.1 502 Bad Gateway";
	char origin[1024] = "";
	for (int i = 0; i < 16; i++)
		strcat(origin, EARLY);
	size_t len = strlen(origin);
	strcat(origin, OK_5);
	proxy_talk(GET_11 "\r\n", origin, ASK_11,
		   "HTTP/1.1 200 OK\r\n" DATE VIA_10 MISS "Content-Length: 5\r\n\r\nhello");
	strcpy(origin + len, EARLY OK_5);
	proxy_talk(GET_11 "\r\n", origin, ASK_11, proxy_error(bad, "the origin does not come to its answer"));
}

/* What has begun as HTTP/1.1 does not go on as HTTP/0.9. */
static void junk_behind_an_early_head_is_no_page(void)
{
	static const struct { const char *junk, *why; } cases[] = {
		{ "<p>\r\n", "the answer does not begin with HTTP/1.1" },
		{ "<p>junk", "the origin's answer ends before its head does" },
		{ "<", "the origin's answer ends before its head does" },
		{ "\x16\x03\x01 a hello of another kind", "a character that must not be there" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char origin[256];
		snprintf(origin, sizeof origin, EARLY "%s", cases[i].junk);
		proxy_talk(GET_11 "\r\n", origin, ASK_11,
			   proxy_error("HTTP/1.1 502 Bad Gateway", cases[i].why));
	}
}

/* ---- announcements ---- */

#define LARGE_HEAD "HTTP/1.0 200 OK\r\nContent-Length: 102400\r\n\r\n"

enum { LARGE = 100 << 10, GOOD = 9, LIARS = 10 };

static void get_large(struct drive *d, int number, const struct drive_origin *origin)
{
	char request[80];
	snprintf(request, sizeof request, "GET http://good/%d HTTP/1.1\r\nHost: a\r\n\r\n", number);
	drive_open(d, &proxy_service, &proxy_config);
	d->origins = origin;
	d->n_origins = 1;
	drive_start(d);
	drive_receive(d, request, strlen(request));
	drive_perform(d);
	CHECK(d->n_sent > LARGE);
}

/* Of so many large ones: how many are asked of their origin? */
static int misses_among(int n, const struct drive_origin *origin)
{
	int misses = 0;
	for (int i = 0; i < n; i++) {
		struct drive d;
		get_large(&d, i, origin);
		misses += (int)d.connects;
		drive_close(&d);
	}
	return misses;
}

/* Ten of the largest bodies are announced, which would fill the cache, and a byte of each comes. */
static void announce(struct drive *liars)
{
	for (int i = 0; i < LIARS; i++) {
		char request[80];
		snprintf(request, sizeof request, "GET http://liar/%d HTTP/1.1\r\nHost: a\r\n\r\n", i);
		ask_for(&liars[i], request);
		drive_receive(&liars[i], LARGE_HEAD, strlen(LARGE_HEAD));
		drive_result(&liars[i], 0);
		drive_receive(&liars[i], "x", 1);
		drive_result(&liars[i], 0);
		CHECK(awaits_origin(&liars[i]));
	}
}

static void what_is_only_announced_takes_no_room(void)
{
	static char text[LARGE + 100];
	static struct drive liars[LIARS];
	struct drive_origin origin = { .bytes = text };
	origin.len = fill_text(text, LARGE_HEAD, LARGE, "");
	for (int first = 0; first < 2; first++) { /* who comes first? */
		check_note(first ? "liars first" : "liars last");
		proxy_new(NULL);
		if (first)
			announce(liars);
		CHECK_INT(misses_among(GOOD, &origin), GOOD);
		if (!first)
			announce(liars);
		CHECK_INT(misses_among(GOOD, &origin), 0);
		CHECK_INT(lru_count(proxy_config.cache).evictions, 0);
		for (int i = 0; i < LIARS; i++)
			drive_close(&liars[i]);
		CHECK_INT(lru_count(proxy_config.cache).bytes, GOOD * LARGE);
	}
}

int main(void)
{
	static const struct test tests[] = {
		TEST(a_head_has_a_deadline),
		TEST(the_deadline_begins_with_the_question),
		TEST(a_body_has_a_deadline_between_bytes),
		TEST(early_heads_are_counted),
		TEST(junk_behind_an_early_head_is_no_page),
		TEST(what_is_only_announced_takes_no_room),
		{ 0 },
	};
	int status = run_tests(tests);
	proxy_done();
	return status;
}
