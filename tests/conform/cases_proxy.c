/* cases_proxy.c - the caching proxy: whatever comes from an origin, in any pieces, and whatever an origin does to it.
 *
 *     probe (client) <---> proxy <---> web server (--origin): the small file "a", cached after the first time
 *                            '-------> probe (origin): one that is slow, torn, huge, silent
 *
 * RFC 9112 section 3.2.2 (absolute form), RFC 9111 sections 3, 5.2 (what may be kept), CS:APP proxy lab.
 *
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/conform/dialect.h"
#include "tests/conform/http.h"

static const char content_of_a[] = "Now is better than never.\n";
static char       request[256], begun[64], flood[1024];

static void prepare(struct probe *p)
{
	const char *origin = p->origin ? p->origin : "127.0.0.1:9000";
	snprintf(request, sizeof request, "GET http://%s/a HTTP/1.1\r\nHost: %s\r\n\r\n", origin, origin);
	snprintf(begun, sizeof begun, "%.40s", request);
	snprintf(flood, sizeof flood, "%s%s%s%s", request, request, request, request);
}

static void hear_status(struct client *c, struct heard *h, int status, bool to_head)
{
	hear_http(c, h, to_head);
	if (h->status != status)
		expected(c->p, h->head, "client %d receives status %d", c->number, status);
}

static void hear_content(struct client *c, const char *want)
{
	struct heard h;
	hear_status(c, &h, 200, false);
	if (strcmp(h.body, want) != 0)
		expected(c->p, h.body, "client %d receives the content '%s'", c->number, want);
}

static void hear_answer(struct client *c)
{
	hear_content(c, content_of_a);
}

/* A stopping server may say "Connection: close" in any answer; those after it are not owed any more. */
static void hear_last(struct client *c, int n)
{
	struct heard h = { .closing = false };
	for (int i = 0; i < n && !h.closing; i++)
		hear_status(c, &h, 200, false);
	hear_http_end(c);
}

/* ---- the probe as origin ---- */

/* Asks for /path of the probe's own origin, as a HTTP/1.0 client: the content is all that comes until the end. */
static void ask_for(struct client *c, const struct origin *o, const char *path)
{
	static const char format[] = "GET http://127.0.0.1:%d%s HTTP/1.0\r\nHost: x\r\n\r\n";
	char text[256];
	snprintf(text, sizeof text, format, o->port, path);
	say_text(c, text);
}

/* The proxy's connection, and its request, which must begin so. */
static struct client *take_request(struct probe *p, struct origin *o, const char *path)
{
	char text[4096] = "", line[256];
	size_t len = 0, n;
	struct client *c = origin_answers(p, o);
	while (!strstr(text, "\r\n\r\n") && len < sizeof text - 1) {
		n = hear_some(c, text + len, sizeof text - 1 - len);
		if (n == 0)
			expected(p, text, "the origin receives a whole head");
		len += n;
	}
	snprintf(line, sizeof line, "GET %s HTTP/1.0\r\n", path);
	if (strncmp(text, line, strlen(line)) != 0 || !strcasestr(text, "\r\nConnection: close\r\n") ||
	    !strcasestr(text, "\r\nHost: ") || !strcasestr(text, "\r\nUser-Agent: "))
		expected(p, text, "the origin is asked in HTTP/1.0 with Host, User-Agent and Connection: close");
	return c;
}

/* What the client received up to the end: head and content. */
static size_t hear_all(struct client *c, char *buf, size_t size)
{
	size_t len = 0, n;
	while (len < size && (n = hear_some(c, buf + len, size - len)))
		len += n;
	return len;
}

static void hear_page(struct client *c, int status, const char *content)
{
	char text[4096] = "", want[32];
	hear_all(c, text, sizeof text - 1);
	snprintf(want, sizeof want, "HTTP/1.1 %d ", status);
	const char *end = strstr(text, "\r\n\r\n");
	if (strncmp(text, want, strlen(want)) != 0 || !end || (content && strcmp(end + 4, content) != 0))
		expected(c->p, text, "client %d receives %s and '%s'", c->number, want, content ? content : "a reason");
}

/* ---- what origins say ---- */

static void split_at_every_position(struct probe *p)
{
	static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\nX: y\r\n\r\nnested";
	struct origin o;
	char path[32];
	origin_opens(p, &o);
	for (size_t at = 0; at < sizeof answer - 1; at++) {
		struct client *c = dial(p);
		snprintf(path, sizeof path, "/%zu", at);
		ask_for(c, &o, path);
		struct client *origin = take_request(p, &o, path);
		say(origin, answer, at);
		all_delivered(origin);
		say_text(origin, answer + at);
		hang_up(origin);
		hear_page(c, 200, "nested");
		hang_up(c);
	}
	origin_closes(&o);
}

static void byte_by_byte(struct probe *p)
{
	static const char answer[] = "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nnested";
	struct origin o;
	origin_opens(p, &o);
	struct client *c = dial(p);
	char text[256];
	snprintf(text, sizeof text, "GET http://127.0.0.1:%d/b HTTP/1.0\r\n\r\n", o.port);
	say_in_pieces(c, text, strlen(text), 1);
	struct client *origin = take_request(p, &o, "/b");
	say_in_pieces(origin, answer, sizeof answer - 1, 1);
	hang_up(origin);
	hear_page(c, 200, "nested");
	origin_closes(&o);
}

static void request_split_at_every_position(struct probe *p)
{
	struct client *c = dial(p);
	for (size_t at = 1; at < strlen(request); at++) {
		say(c, request, at);
		all_delivered(c);
		say_text(c, request + at);
		hear_answer(c);
	}
}

/* More than an object may have, and more than sockets hold: it streams. */
static void a_big_answer(struct probe *p)
{
	enum { SIZE = 4 << 20 };
	static const char head[] = "HTTP/1.0 200 OK\r\n\r\n";
	struct origin o;
	origin_opens(p, &o);
	struct client *c = dial(p);
	ask_for(c, &o, "/big");
	struct client *origin = take_request(p, &o, "/big");
	char *content = take(p, SIZE), *heard = take(p, SIZE + 4096);
	for (size_t i = 0; i < SIZE; i++)
		content[i] = (char)('a' + i * 7 / 5 % 26);
	say_text(origin, head);
	size_t len = 0, n;
	while (origin->stuffed < SIZE) {
		stuff(origin, content, SIZE, SIZE - origin->stuffed);
		if ((n = hear_some(c, heard + len, SIZE + 4096 - len)) == 0)
			break;
		len += n;
	}
	hang_up(origin);
	len += hear_all(c, heard + len, SIZE + 4096 - len);
	const char *end = strstr(heard, "\r\n\r\n");
	if (!end || len - (size_t)(end + 4 - heard) != SIZE || memcmp(end + 4, content, SIZE) != 0)
		expected(p, "something else", "client %d receives the %d bytes that the origin sent", c->number, SIZE);
	origin_closes(&o);
}

/* It said how long it would be: the client must see that it is not whole, and nobody gets the part from the cache. */
static void torn_answers_are_not_kept(struct probe *p)
{
	struct origin o;
	origin_opens(p, &o);
	for (int i = 0; i < 2; i++) {
		struct client *c = dial(p);
		ask_for(c, &o, "/torn");
		struct client *origin = take_request(p, &o, "/torn");
		char text[4096] = "";
		say_text(origin, i == 0 ? "HTTP/1.0 200 OK\r\nContent-Length: 100\r\n\r\nonly this"
					: "HTTP/1.0 200 OK\r\nContent-Length: 4\r\n\r\nall.");
		hang_up(origin);
		if (i == 1) {
			hear_page(c, 200, "all.");
			continue;
		}
		hear_all(c, text, sizeof text - 1);
		if (strstr(text, "only this") && !strcasestr(text, "Content-Length: 100"))
			expected(p, text, "what breaks off does not look whole");
		hang_up(c);
	}
	origin_closes(&o);
}

static void what_is_cached(struct probe *p)
{
	struct origin o;
	if (p->processes)
		story_skip(&p->story, "each process keeps objects of its own");
	origin_opens(p, &o);
	for (int i = 0; i < 3; i++) {
		struct client *c = dial(p);
		ask_for(c, &o, "/kept");
		if (i == 0) {
			struct client *origin = take_request(p, &o, "/kept");
			say_text(origin, "HTTP/1.0 200 OK\r\nContent-Length: 4\r\n\r\nkept");
			hang_up(origin);
		}
		hear_page(c, 200, "kept"); /* from the second time on nobody asks the origin */
		hang_up(c);
	}
	for (int i = 0; i < 2; i++) {
		struct client *c = dial(p);
		ask_for(c, &o, "/private");
		struct client *origin = take_request(p, &o, "/private");
		say_text(origin, "HTTP/1.0 200 OK\r\nCache-Control: no-store\r\nContent-Length: 2\r\n\r\nno");
		hang_up(origin);
		hear_page(c, 200, "no");
		hang_up(c);
	}
	origin_closes(&o);
}

/* ---- what origins do ---- */

static void a_stalled_origin_holds_up_no_one(struct probe *p)
{
	enum { STALLED = 5 };
	struct origin o;
	struct client *waiting[STALLED], *origin[STALLED];
	char path[24];
	need_at_once(p, STALLED + 1);
	origin_opens(p, &o);
	for (int i = 0; i < STALLED; i++) {
		waiting[i] = dial(p);
		snprintf(path, sizeof path, "/stall%d", i);
		ask_for(waiting[i], &o, path);
		origin[i] = take_request(p, &o, path);
		say_text(origin[i], "HTTP/1.0 200 OK\r\n\r\nhal");
	}
	for (int i = 0; i < 20; i++)
		ask_as_new_client(p);
	for (int i = 0; i < STALLED; i++) {
		say_text(origin[i], "f");
		hang_up(origin[i]);
		hear_page(waiting[i], 200, "half");
	}
	origin_closes(&o);
}

static void origins_that_fail(struct probe *p)
{
	static const char *const nonsense[] = {
		"", "nonsense\r\n\r\n", "HTTP/1.1 abc\r\n\r\n", "HTTP/1.1 200 OK\r\nX : y\r\n\r\n",
	};
	struct origin o;
	origin_opens(p, &o);
	for (size_t i = 0; i < sizeof nonsense / sizeof nonsense[0]; i++) {
		struct client *c = dial(p);
		ask_for(c, &o, "/bad");
		struct client *origin = take_request(p, &o, "/bad");
		say_text(origin, nonsense[i]);
		hang_up(origin);
		hear_page(c, 502, NULL);
		hang_up(c);
	}
	origin_closes(&o);
	struct client *c = dial(p);
	ask_for(c, &o, "/closed"); /* nobody listens there any more */
	hear_page(c, 502, NULL);
}

/* The client leaves in the middle; the proxy lets go of the origin, and goes on. */
static void client_leaves_in_the_middle(struct probe *p)
{
	struct origin o;
	origin_opens(p, &o);
	for (int i = 0; i < 4; i++) {
		struct client *c = dial(p);
		char some[64];
		ask_for(c, &o, "/left");
		struct client *origin = take_request(p, &o, "/left");
		say_text(origin, "HTTP/1.0 200 OK\r\n\r\nbegun");
		hear_some(c, some, sizeof some);
		if (i % 2)
			hang_up_hard(c);
		else
			hang_up(c);
		say_text(origin, "more");
		hang_up(origin);
	}
	origin_closes(&o);
	ask_as_new_client(p);
}

/* ---- what clients may not ask ---- */

static void refused(struct probe *p, const char *text, int least, int most)
{
	struct heard h;
	struct client *c = dial(p);
	say_text(c, text);
	hear_http(c, &h, false);
	if (h.status < least || h.status > most)
		expected(p, h.head, "client %d receives a status from %d to %d", c->number, least, most);
	hang_up(c);
}

static void what_is_not_proxied(struct probe *p)
{
	refused(p, "GET /a HTTP/1.1\r\nHost: a\r\n\r\n", 400, 404);
	refused(p, "GET https://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400, 501);
	refused(p, "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400, 501);
	refused(p, "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", 405, 501);
	refused(p, "POST http://a/ HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", 405, 501);
	char text[128];
	snprintf(text, sizeof text, "GET http://127.0.0.1:%d/ HTTP/1.1\r\nHost: a\r\n\r\n", p->port);
	refused(p, text, 400, 508); /* itself */
}

static void pipelined_hits(struct probe *p)
{
	struct client *c = dial(p);
	const char *all = take_copies(p, request, 1000);
	size_t len = strlen(all);
	ask(c);
	for (int i = 0; i < 1000; i++) {
		if (c->stuffed < len)
			stuff(c, all, len, len - c->stuffed);
		hear_answer(c);
	}
	finish(c);
	hear_http_end(c);
}

static const struct test_case cases[] = {
	{ "request_split_at_every_position", request_split_at_every_position, false },
	{ "split_at_every_position", split_at_every_position, false },
	{ "byte_by_byte", byte_by_byte, false },
	{ "pipelined_hits", pipelined_hits, false },
	{ "a_big_answer", a_big_answer, false },
	{ "torn_answers_are_not_kept", torn_answers_are_not_kept, false },
	{ "what_is_cached", what_is_cached, false },
	{ "a_stalled_origin_holds_up_no_one", a_stalled_origin_holds_up_no_one, false },
	{ "origins_that_fail", origins_that_fail, false },
	{ "client_leaves_in_the_middle", client_leaves_in_the_middle, false },
	{ "what_is_not_proxied", what_is_not_proxied, false },
	{ 0 },
};

const struct dialect proxy_dialect = {
	.name = "proxy",
	.code = 200,
	.prepare = prepare,
	.request = request,
	.begun = begun,
	.flood = flood,
	.hear_answer = hear_answer,
	.hear_last = hear_last,
	.cases = cases,
	.more_cases = http_error_cases,
};
