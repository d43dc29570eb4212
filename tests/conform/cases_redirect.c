/* cases_redirect.c - the redirecting master: HTTP/1.1 in any pieces, the slaves in turn, errors that arrive.
 *
 * RFC 9110 (codes, HEAD), RFC 9112 (messages, keep-alive, pipelining). The slaves are named to the probe with
 * --slave as they were to the server; nothing is ever sent to them.
 *
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "tests/conform/dialect.h"
#include "tests/conform/http.h"

#define GET(target) "GET " target " HTTP/1.1\r\nHost: master.example\r\n\r\n"

enum { MEBIBYTE = 1 << 20 };

/* The slave that "Location: http://SLAVE/target" names; any other value fails. */
static int slave_of(struct client *c, const struct heard *h, const char *target)
{
	struct probe *p = c->p;
	char location[4096], want[4096];
	heard_field(c, h, "Location", location, sizeof location);
	for (int i = 0; i < p->n_slaves; i++) {
		snprintf(want, sizeof want, "http://%s%s", p->slaves[i], target);
		if (strcmp(location, want) == 0)
			return i;
	}
	expected(p, h->head, "client %d receives Location: http://(a slave)%s", c->number, target);
}

static int hear_redirect_of(struct client *c, struct heard *h, const char *target, bool to_head)
{
	hear_http(c, h, to_head);
	if (h->status != c->p->code)
		expected(c->p, h->head, "client %d receives status %d", c->number, c->p->code);
	return slave_of(c, h, target);
}

/* A redirect that lets the connection stay open. */
static int hear_redirect(struct client *c, const char *target)
{
	struct heard h;
	int slave = hear_redirect_of(c, &h, target, false);
	if (h.closing)
		expected(c->p, h.head, "client %d may go on asking", c->number);
	return slave;
}

static void hear_answer(struct client *c)
{
	hear_redirect(c, "/a?b=c");
}

/* A stopping server may say "Connection: close" in any answer; those after it are not owed any more. */
static void hear_last(struct client *c, int n)
{
	struct heard h = { .closing = false };
	for (int i = 0; i < n && !h.closing; i++)
		hear_redirect_of(c, &h, "/a?b=c", false);
	hear_http_end(c);
}

/* ---- where to ---- */

static void path_and_query_are_kept(struct probe *p)
{
	static const char *const targets[] = {
		"/", "/a", "/a/b/", "/a?b=c", "/?", "/a?b=c&d=%20%2F?/", "//a//b", "/a/../b", "/%zz", "/~!$&'()*+,;=:@",
	};
	struct client *c = dial(p);
	for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
		char request[256];
		snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: a\r\n\r\n", targets[i]);
		say_text(c, request);
		hear_redirect(c, targets[i]);
	}
	say_text(c, "GET http://other.example/a?b HTTP/1.1\r\nHost: other.example\r\n\r\n");
	hear_redirect(c, "/a?b");
}

static void check_turn(struct client *c, int slave, int *last)
{
	int n = c->p->n_slaves;
	if (*last >= 0 && slave != (*last + 1) % n)
		expected(c->p, c->p->slaves[slave], "client %d is sent to %s, whose turn it is", c->number,
			 c->p->slaves[(*last + 1) % n]);
	*last = slave;
}

/* The turn belongs to the server, not to the connection. */
static void slaves_in_turn(struct probe *p)
{
	int last = -1;
	struct client *c = dial(p);
	for (int i = 0; i < 2 * p->n_slaves + 1; i++) {
		say_text(c, GET("/a?b=c"));
		check_turn(c, hear_redirect(c, "/a?b=c"), &last);
	}
	hang_up(c);
	for (int i = 0; i < p->n_slaves + 1; i++) {
		c = dial(p);
		say_text(c, GET("/a?b=c"));
		check_turn(c, hear_redirect(c, "/a?b=c"), &last);
		hang_up(c);
	}
}

/* A cached 301 would send a browser to the same slave for ever. */
static void not_to_be_cached(struct probe *p)
{
	struct heard h;
	char value[64];
	struct client *c = dial(p);
	say_text(c, GET("/"));
	hear_redirect_of(c, &h, "/", false);
	if (!strstr(heard_field(c, &h, "Cache-Control", value, sizeof value), "no-store"))
		expected(p, h.head, "the answer has Cache-Control: no-store");
	if (!*heard_field(c, &h, "Date", value, sizeof value))
		expected(p, h.head, "the answer has a Date");
}

/* ---- framing ---- */

static void keep_alive(struct probe *p)
{
	struct client *c = dial(p);
	for (int i = 0; i < 50; i++)
		ask(c);
	finish(c);
	hear_http_end(c);
}

/* As many requests as are taken, an answer, as many more as are taken now, ... */
static void pipeline(struct client *c, int n)
{
	char *all = take(c->p, (size_t)n * 64), *at = all, target[32];
	int last = -1;
	for (int i = 0; i < n; i++)
		at += sprintf(at, "GET /%d HTTP/1.1\r\nHost: a\r\n\r\n", i);
	size_t len = (size_t)(at - all);
	STEP(c->p, "client %d begins to send %d requests", c->number, n);
	for (int i = 0; i < n; i++) {
		if (c->stuffed < len)
			stuff(c, all, len, len - c->stuffed);
		snprintf(target, sizeof target, "/%d", i);
		check_turn(c, hear_redirect(c, target), &last);
	}
	finish(c);
	hear_http_end(c);
}

static void pipelined_thousand(struct probe *p)
{
	pipeline(dial(p), 1000);
}

/* Megabytes of answers, more than the server's kernel takes at once: it waits, and goes on where it was. */
static void pipelined_to_a_slow_reader(struct probe *p)
{
	pipeline(dial_slow_reader(p), 16000);
}

static void byte_by_byte(struct probe *p)
{
	static const char two[] = GET("/a?b=c") "\r\n" GET("/d");
	struct client *c = dial(p);
	say_in_pieces(c, two, sizeof two - 1, 1);
	hear_redirect(c, "/a?b=c");
	hear_redirect(c, "/d");
}

static void split_at_every_position(struct probe *p)
{
	static const char head[] = GET("/a?b=c");
	struct client *c = dial(p), *witness = p->at_once == 1 ? NULL : dial(p);
	for (size_t at = 1; at < sizeof head - 1; at++) {
		say(c, head, at);
		if (witness)
			ask(witness);
		say_text(c, head + at);
		hear_answer(c);
	}
}

static void half_close(struct probe *p)
{
	struct client *c = dial(p);
	say_text(c, GET("/1") GET("/2") GET("/3"));
	finish(c);
	struct heard h;
	hear_redirect_of(c, &h, "/1", false);
	hear_redirect_of(c, &h, "/2", false);
	hear_redirect_of(c, &h, "/3", false);
	hear_http_end(c);
}

/* There is no one to answer: nothing, or a 400, but an end in any case. */
static void end_inside_a_head(struct probe *p)
{
	static const char want[] = "HTTP/1.1 400 ";
	char buf[4096] = "";
	size_t len = 0, n;
	struct client *c = dial(p);
	say_text(c, "GET / HTTP/1.1\r\nHost: a\r\n");
	finish(c);
	while ((n = hear_some(c, buf + len, sizeof buf - 1 - len)))
		len += n;
	if (len && strncmp(buf, want, sizeof want - 1) != 0)
		expected(p, buf, "client %d receives the end, or a 400", c->number);
}

/* ---- methods, versions, bodies ---- */

static void head_has_no_body(struct probe *p)
{
	struct heard h;
	struct client *c = dial(p);
	say_text(c, "HEAD /a HTTP/1.1\r\nHost: a\r\n\r\n" GET("/b"));
	hear_redirect_of(c, &h, "/a", true);
	hear_redirect(c, "/b");
}

static void body_is_discarded(struct probe *p)
{
	struct client *c = dial(p);
	say_text(c, "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 38\r\n\r\n"
		    "GET /in/the/body HTTP/1.1\r\nHost: a\r\n\r\n" GET("/b"));
	hear_redirect(c, "/a");
	hear_redirect(c, "/b");
	say_text(c, "PUT /c HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n");
	hear_redirect(c, "/c");
	say_in_pieces(c, "GET /d HT" GET("/e"), 9 + strlen(GET("/e")), 5);
	hear_redirect(c, "/e");
}

/* A server may read a body to its end or close the connection behind its answer; it may not take the body for
 * the next request, and not reset what it has answered. */
static void in_step_or_closed(struct client *c, const char *target, const char *next)
{
	struct heard h;
	hear_redirect_of(c, &h, target, false);
	if (h.closing)
		hear_http_end(c);
	else
		hear_redirect(c, next);
	hang_up(c);
}

static void other_bodies_end_in_step_or_close(struct probe *p)
{
	struct client *c = dial(p);
	say_text(c, "PUT /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
		    "5;x=y\r\nGET /\r\n10\r\n0123456789abcdef\r\n0\r\nTrailer: x\r\n\r\n" GET("/d"));
	in_step_or_closed(c, "/c", "/d");
	c = dial(p);
	say_text(c, "POST /e HTTP/1.1\r\nHost: a\r\nContent-Length: 1048576\r\n\r\n");
	say(c, take_copies(p, "x", MEBIBYTE), MEBIBYTE);
	say_text(c, GET("/f"));
	in_step_or_closed(c, "/e", "/f");
	c = dial(p);
	say_text(c, "POST /g HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
	say_text(c, "abc" GET("/h"));
	in_step_or_closed(c, "/g", "/h");
}

static void connection_close(struct probe *p)
{
	struct heard h;
	struct client *c = dial(p);
	say_text(c, "GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
	hear_redirect_of(c, &h, "/a", false);
	if (!h.closing)
		expected(p, h.head, "the answer says Connection: close");
	hear_http_end(c);
}

static void http_1_0(struct probe *p)
{
	struct heard h;
	struct client *c = dial(p);
	say_text(c, "GET /a HTTP/1.0\r\n\r\n");
	hear_redirect_of(c, &h, "/a", false);
	hear_http_end(c);
	c = dial(p);
	say_text(c, "GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
	hear_redirect_of(c, &h, "/a", false);
	if (h.closing)
		hear_http_end(c);
	else
		ask(c);
}

static const struct test_case cases[] = {
	{ "path_and_query_are_kept", path_and_query_are_kept, false },
	{ "slaves_in_turn", slaves_in_turn, false },
	{ "not_to_be_cached", not_to_be_cached, false },
	{ "keep_alive", keep_alive, false },
	{ "pipelined_thousand", pipelined_thousand, false },
	{ "pipelined_to_a_slow_reader", pipelined_to_a_slow_reader, true },
	{ "byte_by_byte", byte_by_byte, false },
	{ "split_at_every_position", split_at_every_position, false },
	{ "half_close", half_close, false },
	{ "end_inside_a_head", end_inside_a_head, false },
	{ "head_has_no_body", head_has_no_body, false },
	{ "body_is_discarded", body_is_discarded, false },
	{ "other_bodies_end_in_step_or_close", other_bodies_end_in_step_or_close, false },
	{ "connection_close", connection_close, false },
	{ "http_1_0", http_1_0, false },
	{ 0 },
};

const struct dialect redirect_dialect = {
	.name = "redirect",
	.code = 301,
	.request = GET("/a?b=c"),
	.begun = "GET /a?b=c HTTP/1.1\r\nHo",
	.flood = GET("/") GET("/") GET("/") GET("/") GET("/") GET("/") GET("/") GET("/"),
	.hear_answer = hear_answer,
	.hear_last = hear_last,
	.cases = cases,
	.more_cases = http_error_cases,
};
