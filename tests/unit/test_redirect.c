/* test_redirect.c - the redirect master, without sockets: what it answers, and what it refuses.
 *
 * SPDX-License-Identifier: MIT */
#include "servers/redirect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "servers/http_session.h"
#include "tests/unit/check.h"
#include "tests/unit/redirect_cases.h"
#include "tests/unit/texts.h"

/* ---- what is answered ---- */

static void sends_clients_on(void)
{
	check_answers(GET("/"), TO_A("/"));
	check_answers(GET("/a/b.html?c=d&e=%20"), TO_A("/a/b.html?c=d&e=%20"));
	check_answers(GET("/?"), TO_A("/?"));
	check_answers(GET("//evil.example/"), TO_A("//evil.example/"));
	check_answers(GET("/\"<script>"), TO_A("/\"<script>"));
	check_answers(GET("/http://b/"), TO_A("/http://b/"));
	check_answers("\r\n\r\n" GET("/"), TO_A("/"));
	check_answers("", "");
}

static void takes_the_path_of_absolute_targets(void)
{
	check_answers(GET("http://b:81/x?y"), TO_A("/x?y"));
	check_answers(GET("http://b"), TO_A("/"));
	check_answers(GET("http://b?y"), TO_A("/?y"));
	check_answers(GET("HTTP://[::1]:80/x"), TO_A("/x"));
}

static void deals_in_turn(void)
{
	check_answers(GET("/1") GET("/2") GET("/3") GET("/4"), TO_A("/1") TO_B("/2") TO_A("/3") TO_B("/4"));
}

static void heads_have_no_body(void)
{
	check_answers("HEAD /x HTTP/1.1\r\n" H "\r\n" GET("/y"), HEAD "127.0.0.1:9000/x\r\n\r\n" TO_B("/y"));
}

static void redirects_these_methods(void)
{
	static const char *const methods[] = { "GET", "POST", "PUT", "DELETE", "OPTIONS", "PATCH" };
	for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
		char in[100];
		snprintf(in, sizeof in, "%s /x HTTP/1.1\r\n" H "\r\n", methods[i]);
		check_answers(in, TO_A("/x"));
	}
}

static void knows_the_codes(void)
{
	static const char *const codes[][2] = {
		{ "301", "HTTP/1.1 301 Moved Permanently\r\n" }, { "302", "HTTP/1.1 302 Found\r\n" },
		{ "303", "HTTP/1.1 303 See Other\r\n" }, { "307", "HTTP/1.1 307 Temporary Redirect\r\n" },
		{ "308", "HTTP/1.1 308 Permanent Redirect\r\n" },
	};
	for (size_t i = 0; i < 5; i++) {
		char want[600];
		struct redirect_config *config = good_config(OPTIONS("--slave", "s:1", "--code", codes[i][0]));
		snprintf(want, sizeof want,
			 "%s" LINES "Cache-Control: no-store\r\nLocation: http://s:1/\r\n\r\n" TEXT,
			 codes[i][1]);
		check_answers_of(config, GET("/"), want);
		free(config);
	}
}

static void cacheable_on_purpose(void)
{
	struct redirect_config *config = good_config(OPTIONS("--slave", "s:1", "--cacheable"));
	check_answers_of(config, GET("/"),
		   "HTTP/1.1 301 Moved Permanently\r\n" LINES "Location: http://s:1/\r\n\r\n" TEXT);
	free(config);
}

/* ---- staying connected ---- */

static void keeps_alive_by_the_rules(void)
{
	check_answers("GET /x HTTP/1.0\r\n\r\n" GET("/y"), TO_A_CLOSE("/x"));
	check_answers("GET /x HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n" GET("/y"),
		      HEAD "127.0.0.1:9000/x\r\n" KEEP "\r\n" TEXT TO_B("/y"));
	check_answers("GET /x HTTP/1.1\r\n" H "Connection: close\r\n\r\n" GET("/y"), TO_A_CLOSE("/x"));
	check_answers("HEAD /x HTTP/1.1\r\n" H "Connection: close\r\n\r\n",
		      HEAD "127.0.0.1:9000/x\r\n" CLOSE "\r\n");
}

static void lingers_only_when_bytes_may_be_unread(void)
{
	struct redirect_config *config = two_slaves();
	static const struct {
		const char *in;
		bool        lingers;
	} cases[] = {
		{ "GET /x HTTP/1.0\r\n\r\n", false },
		{ "GET /x HTTP/1.0\r\n\r\nmore", true },
		{ "POST /x HTTP/1.0\r\nContent-Length: 5\r\n\r\n", true },
		{ "GET /x\r\n\r\n", true },
		{ GET("/x"), false },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct drive d;
		converse(&d, config, cases[i].in, THEN_END);
		note_text(cases[i].in);
		CHECK_INT(d.lingered, cases[i].lingers);
		drive_close(&d);
	}
	free(config);
}

static void discards_bodies(void)
{
	check_answers("POST /x HTTP/1.1\r\n" H "Content-Length: 5\r\n\r\nGET /" GET("/y"),
		      TO_A("/x") TO_B("/y"));
	check_answers("POST /x HTTP/1.1\r\n" H "Content-Length: 0\r\n\r\n" GET("/y"), TO_A("/x") TO_B("/y"));
	check_answers("PUT /x HTTP/1.1\r\n" H "Content-Length: 21\r\n\r\nGET /z HTTP/1.1\r\n\r\n\r\n" GET("/y"),
		      TO_A("/x") TO_B("/y"));
	check_answers("POST /x HTTP/1.1\r\n" H "Content-Length: 5\r\n\r\nab", TO_A("/x"));
}

static void discards_64_kib_and_no_more(void)
{
	char *in = malloc(HTTP_REQUEST_BODY_MAX + 1000);
	for (int extra = 0; extra < 2; extra++) {
		int n = sprintf(in, "POST /x HTTP/1.1\r\n" H "Content-Length: %d\r\n\r\n",
				HTTP_REQUEST_BODY_MAX + extra);
		memset(in + n, 'x', HTTP_REQUEST_BODY_MAX + (size_t)extra);
		strcpy(in + n + HTTP_REQUEST_BODY_MAX + extra, GET("/y"));
		struct redirect_config *config = two_slaves();
		const char *want = extra ? TO_A_CLOSE("/x") : TO_A("/x") TO_B("/y");
		struct drive_dialogue c = { .service = &redirect_service, .config = config, .in = in };
		drive_all_ways(&c, want, strlen(want));
		free(config);
	}
	free(in);
}

static void closes_after_bodies_that_may_not_come(void)
{
	check_answers("POST /x HTTP/1.1\r\n" H "Content-Length: 5\r\nExpect: 100-continue\r\n\r\n" GET("/y"),
		      TO_A_CLOSE("/x"));
	check_answers("GET /x HTTP/1.1\r\n" H "Expect: 100-continue\r\n\r\n" GET("/y"), TO_A("/x") TO_B("/y"));
}

/* ---- errors ---- */

/* The answer is in front, and exactly one error with this status follows it, and then the end. */
static void check_error(const char *in, const char *before, int status)
{
	static const enum drive_then thens[] = { THEN_END, THEN_SILENCE };
	struct redirect_config *config = two_slaves();
	for (size_t i = 0; i < 2; i++) {
		struct drive d;
		struct http_response r;
		converse(&d, config, in, thens[i]);
		note_text(in);
		CHECK(d.done && d.lingered);
		size_t at = d.n_sent < strlen(before) ? d.n_sent : strlen(before);
		CHECK_MEM(d.sent, at, before, strlen(before));
		int head = http_parse_response(&r, d.sent + at, d.n_sent - at);
		CHECK(head > 0);
		CHECK_INT(r.status, status);
		CHECK_INT(r.content_length, d.n_sent - at - (size_t)head);
		CHECK(!r.keep_alive);
		struct drive_dialogue c = { .service = &redirect_service, .config = config, .in = in,
					    .then = thens[i] };
		drive_all_ways(&c, d.sent, d.n_sent);
		drive_close(&d);
	}
	free(config);
}

static void answers_malformed_requests(void)
{
	static const struct {
		const char *in;
		int         status;
	} cases[] = {
		{ "GET /\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\n\n", 400 },
		{ "GET / HTTP/1.1\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\n" H H "\r\n", 400 },
		{ "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\n" H " x\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\n" H "X : y\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\n" H "X: a\rb\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\n" H "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		 400 },
		{ "GET / HTTP/1.1\r\n" H "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello", 400 },
		{ "GET / HTTP/1.1\r\n" H "Content-Length: +5\r\n\r\nhello", 400 },
		{ "GET / HTTP/1.1\r\n" H "Transfer-Encoding: chunked, x\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\n" H "Transfer-Encoding: gzip, chunked\r\n\r\n", 501 },
		{ "GET /a\r\nLocation:http://evil/ HTTP/1.1\r\n" H "\r\n", 400 },
		{ "GET /\xc3\xa4 HTTP/1.1\r\n" H "\r\n", 400 },
		{ "GET / HTTP/2.0\r\n" H "\r\n", 505 },
		{ "BREW / HTTP/1.1\r\n" H "\r\n", 501 },
		{ "TRACE / HTTP/1.1\r\n" H "\r\n", 501 },
		{ "CONNECT a:443 HTTP/1.1\r\n" H "\r\n", 501 },
		{ "OPTIONS * HTTP/1.1\r\n" H "\r\n", 501 },
		{ "\x16\x03\x01", 400 },
		{ "GET / HTTP/1.1\r\n" H "X y: 1", 400 }, /* wrong before its line ends */
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char in[300];
		check_error(cases[i].in, "", cases[i].status);
		snprintf(in, sizeof in, GET("/x") "%s" GET("/y"), cases[i].in);
		check_error(in, TO_A("/x"), cases[i].status);
	}
}

/* The error comes after so many answers that it hardly fits, or just does not. */
static void errors_find_room(void)
{
	struct redirect_config *config = two_slaves();
	char *in = malloc(100000), *want = malloc(100000);
	for (int n = 1; n < 40; n++) {
		size_t in_len = 0, want_len = 0;
		for (int i = 0; i < n; i++) {
			in_len += (size_t)sprintf(in + in_len, "GET /%0*d HTTP/1.1\r\n" H "\r\n", n, i);
			want_len += (size_t)sprintf(want + want_len, HEAD "%s/%0*d\r\n\r\n" TEXT,
						    i % 2 ? "[::1]:9001" : "127.0.0.1:9000", n, i);
		}
		strcpy(in + in_len, "GET / HTTP/1.1\r\n\r\n" GET("/y"));
		strcpy(want + want_len,
		       "HTTP/1.1 400 Bad Request\r\n" DATE TYPE "Content-Length: 25\r\n" CLOSE "\r\n"
		       "400 Bad Request: no Host\n");
		struct drive d;
		struct drive_dialogue c = { .service = &redirect_service, .config = config, .in = in,
					    .scratch_len = DRIVE_SCRATCH_LEAST };
		drive_cut(&d, &c, 0, 0);
		CHECK_MEM(d.sent, d.n_sent, want, strlen(want));
		CHECK_INT(d.answers, n + 1);
		drive_close(&d);
	}
	free(in);
	free(want);
	free(config);
}

static void answers_long_requests(void)
{
	char *in = malloc(2 * HTTP_HEAD_MAX);
	int n = sprintf(in, GET("/x") "GET /");
	memset(in + n, 'y', HTTP_LINE_MAX);
	in[n + HTTP_LINE_MAX] = '\0';
	check_error(in, TO_A("/x"), 414);
	n = sprintf(in, "GET / HTTP/1.1\r\n" H "X: ");
	memset(in + n, 'y', HTTP_FIELDS_MAX);
	in[n + HTTP_FIELDS_MAX] = '\0';
	check_error(in, "", 431);
	free(in);
}

static void errors_to_heads_have_no_body(void)
{
	struct drive d;
	struct redirect_config *config = two_slaves();
	struct http_response r;
	converse(&d, config, "HEAD / HTTP/1.1\r\n\r\n", THEN_END);
	CHECK_INT(http_parse_response(&r, d.sent, d.n_sent), d.n_sent);
	CHECK_INT(r.status, 400);
	CHECK(r.content_length > 0);
	drive_close(&d);
	free(config);
}

/* A target that fits the request line, but not an answer in a small scratch buffer. */
static void long_targets_need_room(void)
{
	struct redirect_config *config = two_slaves();
	char *in = malloc(HTTP_HEAD_MAX), *want = malloc(HTTP_HEAD_MAX), path[7001];
	memset(path, 'p', 7000);
	path[0] = '/';
	path[7000] = '\0';
	sprintf(in, GET("/x") "GET %s HTTP/1.1\r\n" H "\r\n" GET("/z"), path);
	sprintf(want, TO_A("/x") HEAD "[::1]:9001%s\r\n\r\n" TEXT TO_A("/z"), path);
	struct drive_dialogue c = { .service = &redirect_service, .config = config, .in = in };
	drive_all_ways(&c, want, strlen(want));
	struct drive d;
	struct http_response r;
	c.scratch_len = DRIVE_SCRATCH_LEAST;
	drive_cut(&d, &c, 0, 0);
	CHECK(d.n_sent > sizeof TO_A("/x"));
	CHECK_MEM(d.sent, sizeof TO_A("/x") - 1, TO_A("/x"), sizeof TO_A("/x") - 1);
	CHECK(http_parse_response(&r, d.sent + sizeof TO_A("/x") - 1, d.n_sent - sizeof TO_A("/x") + 1) > 0);
	CHECK_INT(r.status, 414);
	CHECK_INT(d.answers, 2);
	drive_close(&d);
	free(in);
	free(want);
	free(config);
}

int main(void)
{
	static const struct test tests[] = {
		TEST(sends_clients_on), TEST(takes_the_path_of_absolute_targets), TEST(deals_in_turn),
		TEST(heads_have_no_body), TEST(redirects_these_methods), TEST(knows_the_codes),
		TEST(cacheable_on_purpose), TEST(keeps_alive_by_the_rules),
		TEST(lingers_only_when_bytes_may_be_unread), TEST(discards_bodies),
		TEST(discards_64_kib_and_no_more), TEST(closes_after_bodies_that_may_not_come),
		TEST(answers_malformed_requests), TEST(errors_find_room), TEST(answers_long_requests),
		TEST(errors_to_heads_have_no_body), TEST(long_targets_need_room), { 0 },
	};
	return run_tests(tests);
}
