/* test_http.c - the request parser, as tables; every head also as each of its beginnings.
 *
 * A parser that is shown a beginning must say "not yet" or give its final answer: then no way of cutting the
 * bytes can change anything. Every input ends right before an unreadable page.
 *
 * SPDX-License-Identifier: MIT */
#include "proto/http.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/check.h"
#include "tests/unit/texts.h"

#define H "Host: a\r\n"
#define END "\r\n"
#define GET "GET / HTTP/1.1\r\n"

/* ---- the answer ---- */

static int parse(struct http_request *r, const char *data, size_t len)
{
	return http_parse_request(r, guarded(data, len), len);
}

/* The answer to the whole; checks on the way that it is also the answer to each beginning, or "not yet". */
static int parse_all_ways(const char *data, size_t len)
{
	struct http_request r;
	int whole = parse(&r, data, len);
	bool decided = false;
	for (size_t n = 0; n <= len; n++) {
		int answer = parse(&r, data, n);
		if (answer != 0 && answer != whole)
			CHECK_INT(answer, whole);
		if (answer == 0 && decided)
			CHECK(!"an answer that was taken back");
		decided = decided || answer;
	}
	return whole;
}

struct head_case {
	const char *head;
	int         answer; /* 0: well-formed to its last byte; 1: not yet; else the status */
};

static void check_heads(const struct head_case *c)
{
	for (; c->head; c++) {
		int len = (int)strlen(c->head);
		int answer = parse_all_ways(c->head, (size_t)len);
		note_text(c->head);
		CHECK_INT(answer, c->answer == 0 ? len : c->answer == 1 ? 0 : -c->answer);
	}
}

static void takes_request_lines(void)
{
	static const struct head_case cases[] = {
		{ GET H END, 0 },
		{ "HEAD /a/b?c=d&e HTTP/1.1\r\n" H END, 0 },
		{ "GET http://a/ HTTP/1.1\r\n" H END, 0 },
		{ "OPTIONS * HTTP/1.1\r\n" H END, 0 },
		{ "CONNECT a:443 HTTP/1.1\r\n" H END, 0 },
		{ "GET /\"<>\\^`{|}~ HTTP/1.1\r\n" H END, 0 },
		{ "GET / HTTP/1.0\r\n\r\n", 0 },
		{ "\r\n\r\n\r\n\r\n" GET H END, 0 },
		{ "", 1 },
		{ "\r", 1 },
		{ "\r\n", 1 },
		{ "G", 1 },
		{ "GET / HTTP/1.1\r\n", 1 },
		{ GET H "\r", 1 },
		{ "\r\n\r\n\r\n\r\n\r\n" GET H END, 400 },
		{ "\n" GET H END, 400 },
		{ " " GET H END, 400 },
		{ "GET\r\n\r\n", 400 },
		{ "GET /\r\n\r\n", 400 },
		{ "GET  / HTTP/1.1\r\n" H END, 400 },
		{ "GET /  HTTP/1.1\r\n" H END, 400 },
		{ "GET / HTTP/1.1 \r\n" H END, 400 },
		{ "GET\t/ HTTP/1.1\r\n" H END, 400 },
		{ "GET / b HTTP/1.1\r\n" H END, 400 },
		{ "GET / HTTP/1.1\n" H END, 400 },
		{ "GET / HTTP/1.1\r" H END, 400 },
		{ "GET / HTTP/1.1\r\r\n" H END, 400 },
		{ "GET / HTTP/1\r\n" H END, 400 },
		{ "GET / HTTP/1.1.1\r\n" H END, 400 },
		{ "GET / http/1.1\r\n" H END, 400 },
		{ "GET / HTTP/a.1\r\n" H END, 400 },
		{ "GET / HTTP/1,1\r\n" H END, 400 },
		{ "GET / HTTP/01.1\r\n" H END, 400 },
		{ "GET / HTTP/2.0\r\n" H END, 505 },
		{ "GET / HTTP/1.2\r\n" H END, 505 },
		{ "GET / HTTP/0.9\r\n" H END, 505 },
		{ "PRI * HTTP/2.0\r\n\r\n", 505 },
		{ "get / HTTP/1.1\r\n" H END, 501 },
		{ "BREW / HTTP/1.1\r\n" H END, 501 },
		{ "GETS / HTTP/1.1\r\n" H END, 501 },
		{ "G@T / HTTP/1.1\r\n" H END, 400 },
		{ "\x16\x03\x01\x02", 400 }, /* TLS, on the wrong port */
		{ "GET /\x01 HTTP/1.1\r\n" H END, 400 },
		{ "GET /\x7f HTTP/1.1\r\n" H END, 400 },
		{ "GET /\xc3\xa4 HTTP/1.1\r\n" H END, 400 },
		{ "GET /a\rb HTTP/1.1\r\n" H END, 400 },
		{ "GET /#top HTTP/1.1\r\n" H END, 400 },
		{ "GET a HTTP/1.1\r\n" H END, 400 },
		{ "GET * HTTP/1.1\r\n" H END, 400 },
		{ "GET a:80 HTTP/1.1\r\n" H END, 400 },
		{ "OPTIONS ** HTTP/1.1\r\n" H END, 400 },
		{ "CONNECT / HTTP/1.1\r\n" H END, 400 },
		{ "CONNECT a HTTP/1.1\r\n" H END, 400 },
		{ "CONNECT http://a/ HTTP/1.1\r\n" H END, 400 },
		{ "GET https://a/ HTTP/1.1\r\n" H END, 400 },
		{ "GET http:// HTTP/1.1\r\n" H END, 400 },
		{ "GET http:///a HTTP/1.1\r\n" H END, 400 },
		{ "GET http://user@a/ HTTP/1.1\r\n" H END, 400 },
		{ "GET http://a:b/ HTTP/1.1\r\n" H END, 400 },
		{ 0 },
	};
	check_heads(cases);
}

static void takes_header_lines(void)
{
	static const struct head_case cases[] = {
		{ GET H "Empty:\r\n\r\n", 0 },
		{ GET H "X:a\tb \xc3\xa4 \t \r\n\r\n", 0 },
		{ GET H "!#$%&'*+-.^_`|~1: x\r\n\r\n", 0 },
		{ GET H "A: 1\r\nA: 2\r\n\r\n", 0 },
		{ GET "hOsT:\ta:80 \r\n\r\n", 0 },
		{ GET H "X : 1\r\n\r\n", 400 },
		{ GET H "X\t: 1\r\n\r\n", 400 },
		{ GET H ": 1\r\n\r\n", 400 },
		{ GET H "X\r\n\r\n", 400 },
		{ GET H "X y: 1\r\n\r\n", 400 },
		{ GET H "X(y): 1\r\n\r\n", 400 },
		{ GET H "X: 1\r\n 2\r\n\r\n", 400 },   /* obs-fold */
		{ GET H "X: 1\r\n\t2\r\n\r\n", 400 },
		{ GET " " H END, 400 },
		{ GET H "X: 1\n\r\n", 400 },           /* bare LF */
		{ GET "Host: a\nX: 1\r\n\r\n", 400 },
		{ GET H "X: 1\n\n", 400 },
		{ GET H "\n", 400 },
		{ GET H "X: a\rb\r\n\r\n", 400 },      /* bare CR */
		{ GET H "X: a\r\r\n\r\n", 400 },
		{ GET H "\rX: 1\r\n\r\n", 400 },
		{ GET H "X: a\x01\r\n\r\n", 400 },
		{ GET H "X: a\x7f\r\n\r\n", 400 },
		{ GET H "X: 12345678901\x0b""2345678901234567890\r\n\r\n", 400 },
		{ GET H "X\xc3: 1\r\n\r\n", 400 },
		{ 0 },
	};
	check_heads(cases);
}

static void wants_one_host(void)
{
	static const struct head_case cases[] = {
		{ GET END, 400 },
		{ GET "X: 1\r\n\r\n", 400 },
		{ GET H H END, 400 },
		{ GET H "Host: b\r\n\r\n", 400 },
		{ GET "Host:\r\n\r\n", 400 },
		{ GET "Host: a b\r\n\r\n", 400 },
		{ GET "Host: a, b\r\n\r\n", 400 },
		{ GET "Host: a/b\r\n\r\n", 400 },
		{ GET "Host: u@a\r\n\r\n", 400 },
		{ GET "Host: http://a\r\n\r\n", 400 },
		{ GET "Host: a:65536\r\n\r\n", 400 },
		{ GET "Host: a:-1\r\n\r\n", 400 },
		{ GET "Host: a:1:2\r\n\r\n", 400 },
		{ GET "Host: :80\r\n\r\n", 400 },
		{ GET "Host: [::1\r\n\r\n", 400 },
		{ GET "Host: ::1\r\n\r\n", 400 },
		{ GET "Host: [a]\r\n\r\n", 400 },
		{ GET "Host: [::1]x\r\n\r\n", 400 },
		{ GET "Host: a%2\r\n\r\n", 400 },
		{ GET "Host: a%zz\r\n\r\n", 400 },
		{ GET "Host: \xc3\xa4\r\n\r\n", 400 },
		{ "GET http://a/ HTTP/1.1\r\n\r\n", 400 },
		{ "GET / HTTP/1.0\r\n" H H END, 400 },
		{ "GET / HTTP/1.0\r\nHost: a b\r\n\r\n", 400 },
		{ GET "Host: [::1]:8080\r\n\r\n", 0 },
		{ GET "Host: a:\r\n\r\n", 0 },
		{ GET "Host: xn--bcher-kva.example:65535\r\n\r\n", 0 },
		{ GET "Host: a%20b\r\n\r\n", 0 },
		{ 0 },
	};
	check_heads(cases);
}

/* What two readers could understand in two ways must be refused: else a request hides in another's body. */
static void refuses_smuggling(void)
{
	static const struct head_case cases[] = {
		{ GET H "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", 400 },
		{ GET H "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n", 400 },
		{ GET H "Content-Length: 5\r\nContent-Length: 6\r\n\r\n", 400 },
		{ GET H "Content-Length: 5\r\nContent-Length: 5\r\n\r\n", 0 },
		{ GET H "Content-Length: 5, 5\r\n\r\n", 400 },
		{ GET H "Content-Length: 5,6\r\n\r\n", 400 },
		{ GET H "Content-Length:\r\n\r\n", 400 },
		{ GET H "Content-Length: +5\r\n\r\n", 400 },
		{ GET H "Content-Length: -5\r\n\r\n", 400 },
		{ GET H "Content-Length: 0x5\r\n\r\n", 400 },
		{ GET H "Content-Length: 5 5\r\n\r\n", 400 },
		{ GET H "Content-Length: 5a\r\n\r\n", 400 },
		{ GET H "Content-Length: 18446744073709551621\r\n\r\n", 400 },
		{ GET H "Content-Length: 999999999999999999\r\n\r\n", 0 },
		{ GET H "Content-Length : 5\r\n\r\n", 400 },
		{ GET H "Content-Length\x0b: 5\r\n\r\n", 400 },
		{ GET H "Transfer-Encoding : chunked\r\n\r\n", 400 },
		{ GET H "Transfer-Encoding:\x0b""chunked\r\n\r\n", 400 },
		{ GET H "Transfer-Encoding: chunked\r\n\r\n", 0 },
		{ GET H "TRANSFER-ENCODING: \t CHUNKED \r\n\r\n", 0 },
		{ GET H "Transfer-Encoding: identity\r\n\r\n", 400 },
		{ GET H "Transfer-Encoding: xchunked\r\n\r\n", 400 },
		{ GET H "Transfer-Encoding: chunked;q=1\r\n\r\n", 400 },
		{ GET H "Transfer-Encoding: \"chunked\"\r\n\r\n", 400 },
		{ GET H "Transfer-Encoding: chunked, identity\r\n\r\n", 400 },
		{ GET H "Transfer-Encoding: chunked, chunked\r\n\r\n", 400 },
		{ GET H "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 400 },
		{ GET H "Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n", 400 },
		{ GET H "Transfer-Encoding: ,chunked\r\n\r\n", 400 },
		{ GET H "Transfer-Encoding: chunked,\r\n\r\n", 400 },
		{ GET H "Transfer-Encoding:\r\n\r\n", 400 },
		{ GET H "Transfer-Encoding: gzip\r\n\r\n", 400 },
		{ GET H "Transfer-Encoding: gzip, chunked\r\n\r\n", 501 },
		{ GET H "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n", 501 },
		{ "GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400 },
		{ 0 },
	};
	check_heads(cases);
}

static void refuses_nul(void)
{
	static const char in_target[] = "GET /\0 HTTP/1.1\r\n" H END;
	static const char in_value[] = GET H "X: abcdefgh\0ijklmnop\r\n\r\n";
	static const char in_name[] = GET H "X\0: a\r\n\r\n";
	static const char in_length[] = GET H "Content-Length: 5\0\r\n\r\n";
	CHECK_INT(parse_all_ways(in_target, sizeof in_target - 1), -400);
	CHECK_INT(parse_all_ways(in_value, sizeof in_value - 1), -400);
	CHECK_INT(parse_all_ways(in_name, sizeof in_name - 1), -400);
	CHECK_INT(parse_all_ways(in_length, sizeof in_length - 1), -400);
}

/* Every byte at every place of a value and of a target: both ways of walking agree with the grammar. */
static void knows_every_byte(void)
{
	struct http_request r;
	for (int c = 0; c < 256; c++)
		for (size_t at = 0; at < 20; at++) {
			char value[] = GET H "X: 12345678901234567890abc\r\n\r\n";
			value[strlen(GET H "X: ") + at] = (char)c;
			bool good = c == '\t' || (c >= ' ' && c != 127);
			check_note("byte %d at %zu", c, at);
			CHECK_INT(parse(&r, value, sizeof value - 1), good ? (int)sizeof value - 1 : -400);
			char target[] = "GET /12345678901234567890 HTTP/1.1\r\n" H END;
			target[strlen("GET /") + at] = (char)c;
			good = c > ' ' && c < 127 && c != '#';
			CHECK_INT(parse(&r, target, sizeof target - 1), good ? (int)sizeof target - 1 : -400);
		}
}

/* ---- limits ---- */

static void limits_the_request_line(void)
{
	static const char before[] = "GET /", after[] = " HTTP/1.1\r\n", rest[] = H END;
	char *head = malloc(2 * HTTP_HEAD_MAX);
	size_t most = HTTP_LINE_MAX - strlen(before) - strlen(after);
	for (size_t extra = 0; extra < 2; extra++) {
		size_t len = fill_text(head, before, most + extra, after);
		memcpy(head + len, rest, sizeof rest);
		len += strlen(rest);
		CHECK_INT(parse_all_ways(head, len), extra ? -414 : (int)len);
	}
	size_t len = fill_text(head, "", HTTP_LINE_MAX, "");
	CHECK_INT(parse_all_ways(head, len), -414); /* a method without end */
	free(head);
}

static void limits_the_fields(void)
{
	static const char before[] = GET H "X: ", after[] = "\r\n\r\n";
	char *head = malloc(2 * HTTP_HEAD_MAX);
	size_t most = HTTP_FIELDS_MAX - (sizeof before - sizeof GET) - strlen(after);
	for (size_t extra = 0; extra < 2; extra++) {
		size_t len = fill_text(head, before, most + extra, after);
		CHECK_INT(parse_all_ways(head, len), extra ? -431 : (int)len);
	}
	size_t len = fill_text(head, GET, 0, "");
	while (len < HTTP_FIELDS_MAX + sizeof GET)
		len += (size_t)sprintf(head + len, "a:\r\n");
	CHECK_INT(parse_all_ways(head, len), -431); /* lines without end */
	free(head);
}

/* The largest head there can be is HTTP_HEAD_MAX: what max_message must be for a service. */
static void largest_head_fits(void)
{
	char *head = malloc(2 * HTTP_HEAD_MAX), *fields = malloc(2 * HTTP_HEAD_MAX);
	size_t len = fill_text(head, "\r\n\r\n\r\n\r\nGET /", HTTP_LINE_MAX - strlen("GET / HTTP/1.1\r\n"),
			   " HTTP/1.1\r\n");
	size_t more = fill_text(fields, H "X: ", HTTP_FIELDS_MAX - strlen(H "X: \r\n\r\n"), "\r\n\r\n");
	struct http_request r;
	memcpy(head + len, fields, more);
	CHECK_INT(len + more, HTTP_HEAD_MAX);
	CHECK_INT(parse(&r, head, HTTP_HEAD_MAX), HTTP_HEAD_MAX);
	CHECK_INT(parse(&r, head, HTTP_HEAD_MAX - 1), 0);
	head[HTTP_HEAD_MAX - 1] = '\r';
	CHECK_INT(parse(&r, head, HTTP_HEAD_MAX), -400); /* with so many on offer there always is an answer */
	free(head);
	free(fields);
}

static void sees_whether_a_head_grew(void)
{
	CHECK(http_head_grew("", 0, 0));
	CHECK(http_head_grew("GET / HTTP/1.1\r", 15, 0));
	CHECK(!http_head_grew("GET / HTTP/1.1\r", 15, 14));
	CHECK(http_head_grew("GET / HTTP/1.1\r\n", 16, 15));
	CHECK(!http_head_grew("GET / HTTP/1.1\r\nHost", 20, 16));
	char *line = calloc(1, HTTP_LINE_MAX);
	CHECK(http_head_grew(line, HTTP_LINE_MAX, HTTP_LINE_MAX - 1));
	CHECK(!http_head_grew(line, HTTP_LINE_MAX - 1, HTTP_LINE_MAX - 2));
	free(line);
}

/* ---- what is in a request ---- */

static void finds_the_parts(void)
{
	static const char head[] =
		"\r\nPOST http://b:81/x/y?q=1&r=?2 HTTP/1.1\r\nHost: a\r\nX-One:  1 \r\n"
		"content-length: 42\r\nConnection: Upgrade, CLOSE\r\nExpect: 100-Continue\r\n\r\nbody";
	struct http_request r;
	struct http_text value;
	CHECK_INT(parse(&r, head, sizeof head - 1), (int)sizeof head - 1 - 4);
	CHECK_INT(r.method, HTTP_POST);
	CHECK_INT(r.form, HTTP_ABSOLUTE);
	CHECK_INT(r.minor, 1);
	CHECK_TEXT(r.line, "POST http://b:81/x/y?q=1&r=?2 HTTP/1.1");
	CHECK_TEXT(r.target, "http://b:81/x/y?q=1&r=?2");
	CHECK_TEXT(r.path, "/x/y");
	CHECK_TEXT(r.query, "q=1&r=?2");
	CHECK_TEXT(r.host, "b:81"); /* of the target, and not that of Host: RFC 9112 section 3.2.2 */
	CHECK_INT(r.content_length, 42);
	CHECK(!r.chunked && !r.keep_alive && r.expect_continue);
	CHECK(http_field(r.fields, "x-one", &value));
	CHECK_TEXT(value, "1");
	CHECK(!http_field(r.fields, "x-on", &value));
	CHECK(!http_field(r.fields, "x-two", &value));
}

static void knows_the_methods(void)
{
	static const char *const names[] = {"GET",     "HEAD",	"POST",	 "PUT",	   "DELETE",
					    "OPTIONS", "PATCH", "TRACE", "CONNECT"};
	for (int i = 0; i < 9; i++) {
		char head[80];
		struct http_request r;
		snprintf(head, sizeof head, "%s %s HTTP/1.1\r\n" H END, names[i],
			 i == HTTP_CONNECT ? "a:1" : "/");
		check_note("%s", names[i]);
		CHECK(parse(&r, head, strlen(head)) > 0);
		CHECK_INT(r.method, i);
	}
}

static void splits_targets(void)
{
	static const struct {
		const char *method, *target, *path, *query; /* query NULL: none */
		enum http_form form;
	} cases[] = {
		{ "GET", "/", "/", NULL, HTTP_ORIGIN },
		{ "GET", "/?", "/", "", HTTP_ORIGIN },
		{ "GET", "//b/c?d", "//b/c", "d", HTTP_ORIGIN },
		{ "GET", "/http://b/?c?d", "/http://b/", "c?d", HTTP_ORIGIN },
		{ "GET", "http://b", "/", NULL, HTTP_ABSOLUTE },
		{ "GET", "HTTP://b?c", "/", "c", HTTP_ABSOLUTE },
		{ "GET", "http://[::1]:80/c", "/c", NULL, HTTP_ABSOLUTE },
		{ "OPTIONS", "*", "", NULL, HTTP_ASTERISK },
		{ "OPTIONS", "/x", "/x", NULL, HTTP_ORIGIN },
		{ "CONNECT", "b:443", "", NULL, HTTP_AUTHORITY },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char head[120];
		struct http_request r;
		snprintf(head, sizeof head, "%s %s HTTP/1.1\r\n" H END, cases[i].method, cases[i].target);
		note_text(cases[i].target);
		CHECK_INT(parse(&r, head, strlen(head)), (int)strlen(head));
		CHECK_INT(r.form, cases[i].form);
		CHECK_TEXT(r.path, cases[i].path);
		CHECK_TEXT(r.query, cases[i].query ? cases[i].query : "");
		CHECK_INT(r.query.text != NULL, cases[i].query != NULL);
	}
}

static void decides_keep_alive(void)
{
	static const struct {
		const char *head;
		bool        keep_alive;
	} cases[] = {
		{ "GET / HTTP/1.1\r\n" H END, true },
		{ "GET / HTTP/1.1\r\n" H "Connection: close\r\n\r\n", false },
		{ "GET / HTTP/1.1\r\n" H "Connection: Keep-Alive\r\n\r\n", true },
		{ "GET / HTTP/1.1\r\n" H "Connection: keep-alive, close\r\n\r\n", false },
		{ "GET / HTTP/1.1\r\n" H "Connection: x\r\nConnection: ,close,\r\n\r\n", false },
		{ "GET / HTTP/1.1\r\n" H "Connection: closed\r\n\r\n", true },
		{ "GET / HTTP/1.1\r\n" H "Connection:\r\n\r\n", true },
		{ "GET / HTTP/1.1\r\n" H "Connections: close\r\n\r\n", true },
		{ "GET / HTTP/1.0\r\n" H END, false },
		{ "GET / HTTP/1.0\r\n" H "Connection: keep-alive\r\n\r\n", true },
		{ "GET / HTTP/1.0\r\n" H "Connection: foo , Keep-Alive\r\n\r\n", true },
		{ "GET / HTTP/1.0\r\n" H "Connection: keep-alive\r\nConnection: close\r\n\r\n", false },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct http_request r;
		note_text(cases[i].head);
		CHECK(parse(&r, cases[i].head, strlen(cases[i].head)) > 0);
		CHECK_INT(r.keep_alive, cases[i].keep_alive);
	}
}

static void errors_say_why(void)
{
	struct http_request r;
	CHECK_INT(parse(&r, "GET / HTTP/1.1\n", 15), -400);
	CHECK_STR(r.why, "a line ends in LF and not in CR LF");
	CHECK_INT(parse(&r, GET END, strlen(GET END)), -400);
	CHECK_STR(r.why, "no Host");
}

/* Random damage to good heads: no crash, no over-read, and no beginning that contradicts the whole. */
static void survives_damage(void)
{
	static const char good[] =
		"POST http://a:8/b?c HTTP/1.1\r\nHost: [::1]:80\r\nContent-Length: 12\r\n"
		"Connection: close, x\r\nTransfer-Encoding: gzip, chunked\r\nExpect: 100-continue\r\n\r\n";
	static const char bytes[] = "\r\n\t :,/?[]%*\0\x7f\xff""0aZ";
	srand(1);
	for (int i = 0; i < 20000; i++) {
		char head[sizeof good];
		memcpy(head, good, sizeof good);
		for (int k = rand() % 4; k >= 0; k--)
			head[(size_t)rand() % (sizeof good - 1)] = bytes[(size_t)rand() % (sizeof bytes - 1)];
		struct http_request r;
		size_t n = (size_t)rand() % sizeof good;
		int whole = parse(&r, head, sizeof good - 1), part = parse(&r, head, n);
		check_note("round %d", i);
		CHECK(part == 0 || part == whole);
		CHECK(whole <= (int)sizeof good - 1 && (whole >= 0 || r.why || part == 0));
	}
}

int main(void)
{
	static const struct test tests[] = {
		TEST(takes_request_lines), TEST(takes_header_lines), TEST(wants_one_host),
		TEST(refuses_smuggling), TEST(refuses_nul), TEST(knows_every_byte),
		TEST(limits_the_request_line), TEST(limits_the_fields), TEST(largest_head_fits),
		TEST(sees_whether_a_head_grew), TEST(finds_the_parts), TEST(knows_the_methods),
		TEST(splits_targets), TEST(decides_keep_alive), TEST(errors_say_why), TEST(survives_damage),
		{ 0 },
	};
	return run_tests(tests);
}
