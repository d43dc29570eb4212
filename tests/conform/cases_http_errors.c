/* cases_http_errors.c - what is wrong gets a well-formed answer that arrives, and then the end.
 *
 * "Arrives": who closes a socket with unread bytes sends a reset, and the reset eats the answer on its way. So each
 * of these reads the whole answer, the end behind it, and no reset, also while it goes on talking.
 *
 * RFC 9112 sections 2.2, 3, 5.1, 5.2, 6.3; RFC 9110 section 15.5.
 *
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "tests/conform/dialect.h"
#include "tests/conform/http.h"

#define GET(target) "GET " target " HTTP/1.1\r\nHost: master.example\r\n\r\n"

enum { MEBIBYTE = 1 << 20 };

static void refused(struct probe *p, const char *request, int status)
{
	struct heard h;
	struct client *c = dial(p);
	say_text(c, request);
	hear_http(c, &h, false);
	if (h.status != status)
		expected(p, h.head, "client %d receives status %d", c->number, status);
	if (!h.closing)
		expected(p, h.head, "the answer says Connection: close");
	hear_http_end(c);
	hang_up(c);
}

static void malformed_requests(struct probe *p)
{
	static const char *const requests[] = {
		"GET / HTTP/1.1\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
		"GET / HTTP/1.1\r\nHost : a\r\n\r\n",
		"GET / HTTP/1.1\r\n Host: a\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n folded\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n",
		"GET /\r\n\r\n",
		"test data\r\n\r\n",
		"GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
		"GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
		"GET / HTTP/1.1 \r\nHost: a\r\n\r\n",
		"GET / http/1.1\r\nHost: a\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1x\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n",
	};
	for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++)
		refused(p, requests[i], 400);
}

static void too_long_heads(struct probe *p)
{
	char *line = take(p, 32768), *fields = take(p, 65536), *many = take(p, 65536);
	sprintf(line, "GET /%s HTTP/1.1\r\nHost: a\r\n\r\n", take_copies(p, "a", 9000));
	refused(p, line, 414);
	sprintf(fields, "GET / HTTP/1.1\r\nHost: a\r\nX: %s\r\n\r\n", take_copies(p, "a", 20000));
	refused(p, fields, 431);
	sprintf(many, "GET / HTTP/1.1\r\nHost: a\r\n%s\r\n", take_copies(p, "X-Y: z\r\n", 3000));
	refused(p, many, 431);
}

static void what_is_not_spoken(struct probe *p)
{
	refused(p, "BREW /pot HTTP/1.1\r\nHost: a\r\n\r\n", 501);
	refused(p, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501);
	refused(p, "GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505);
}

static void error_after_good_requests(struct probe *p)
{
	struct heard h;
	struct client *c = dial(p);
	say_text(c, take_copies(p, p->dialect->request, 2));
	say_text(c, "GET\r\n\r\n" GET("/never"));
	for (int i = 0; i < 2; i++) {
		hear_http(c, &h, false);
		if (h.status != p->code)
			expected(p, h.head, "client %d receives status %d", c->number, p->code);
	}
	hear_http(c, &h, false);
	if (h.status != 400)
		expected(p, h.head, "client %d receives status 400", c->number);
	hear_http_end(c);
}

/* The server has closed its half, and must go on taking what we say, or its answer is lost to a reset. */
static void error_and_talking_on(struct probe *p)
{
	struct heard h;
	struct client *c = dial(p);
	say_text(c, "nonsense\r\n\r\n");
	say(c, take_copies(p, "x", MEBIBYTE), MEBIBYTE);
	hear_http(c, &h, false);
	if (h.status != 400)
		expected(p, h.head, "client %d receives status 400", c->number);
	hear_http_end(c);
}

const struct test_case http_error_cases[] = {
	{ "malformed_requests", malformed_requests, false },
	{ "too_long_heads", too_long_heads, false },
	{ "what_is_not_spoken", what_is_not_spoken, false },
	{ "error_after_good_requests", error_after_good_requests, false },
	{ "error_and_talking_on", error_and_talking_on, false },
	{ 0 },
};
