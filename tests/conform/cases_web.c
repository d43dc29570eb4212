/* cases_web.c - the web server: files whole and in part, conditions, the root that nobody leaves, pipelines.
 *
 * The folder it serves (conform.bash makes it) is told to the probe with --root, so the probe reads the same files:
 *
 *     a       a line                     1, 2   small ones
 *     big     more than a megabyte: it leaves with sendfile(2) and in many pieces
 *
 * RFC 9110 sections 8.8 (validators), 13 (conditions), 14 (ranges), 15.
 *
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/conform/dialect.h"
#include "tests/conform/http.h"

#define GET(target) "GET " target " HTTP/1.1\r\nHost: web.example\r\n\r\n"

static const char content_of_a[] = "Now is better than never.\n";
static const char not_found[] = "The requested file was not found on this server.\n";

static void hear_status(struct client *c, struct heard *h, int status, bool to_head)
{
	hear_http(c, h, to_head);
	if (h->status != status)
		expected(c->p, h->head, "client %d receives status %d", c->number, status);
}

static void hear_content(struct client *c, int status, const char *want)
{
	struct heard h;
	hear_status(c, &h, status, false);
	if (strcmp(h.body, want) != 0)
		expected(c->p, h.body, "client %d receives the content '%s'", c->number, want);
	if (h.closing)
		expected(c->p, h.head, "client %d may go on asking", c->number);
}

static void hear_answer(struct client *c)
{
	hear_content(c, 200, content_of_a);
}

/* A stopping server may say "Connection: close" in any answer; those after it are not owed any more. */
static void hear_last(struct client *c, int n)
{
	struct heard h = { .closing = false };
	for (int i = 0; i < n && !h.closing; i++)
		hear_status(c, &h, 200, false);
	hear_http_end(c);
}

/* The file as it is on the disk. */
static char *read_file(struct probe *p, const char *name, size_t *len)
{
	char path[4096];
	snprintf(path, sizeof path, "%s/%s", p->root ? p->root : ".", name);
	FILE *f = fopen(path, "rbe");
	if (!f || fseek(f, 0, SEEK_END))
		expected(p, path, "the probe can read the file (--root)");
	*len = (size_t)ftell(f);
	rewind(f);
	char *data = take(p, *len);
	if (fread(data, 1, *len, f) != *len)
		expected(p, path, "the probe can read all of the file");
	fclose(f);
	return data;
}

/* ---- files ---- */

static void small_files(struct probe *p)
{
	struct client *c = dial(p);
	for (int i = 0; i < 20; i++) {
		ask(c);
		say_text(c, GET("/1") GET("/2?x=/../y"));
		hear_content(c, 200, "one\n");
		hear_content(c, 200, "two\n");
	}
	finish(c);
	hear_http_end(c);
}

static void a_big_file(struct probe *p)
{
	size_t len;
	const char *data = read_file(p, "big", &len);
	struct client *c = dial(p);
	for (int i = 0; i < 3; i++) {
		say_text(c, GET("/big"));
		hear_http_content(c, 200, data, len);
		ask(c);
	}
}

static void a_big_file_to_a_slow_reader(struct probe *p)
{
	size_t len;
	const char *data = read_file(p, "big", &len);
	struct client *c = dial_slow_reader(p), *witness = p->at_once == 1 ? NULL : dial(p);
	say_text(c, GET("/big") GET("/a") GET("/big"));
	if (witness)
		ask(witness);
	hear_http_content(c, 200, data, len);
	hear_answer(c);
	hear_http_content(c, 200, data, len);
}

static void leaves_in_the_middle_of_a_file(struct probe *p)
{
	char some[1000];
	for (int i = 0; i < 10; i++) {
		struct client *c = dial_slow_reader(p);
		say_text(c, GET("/big"));
		hear_some(c, some, sizeof some);
		if (i % 2)
			hang_up_hard(c);
		else
			hang_up(c);
	}
	ask_as_new_client(p);
}

static void head_has_no_content(struct probe *p)
{
	struct heard h;
	char length[16];
	struct client *c = dial(p);
	say_text(c, "HEAD /a HTTP/1.1\r\nHost: a\r\n\r\n" GET("/a"));
	hear_status(c, &h, 200, true);
	if ((size_t)atoi(heard_field(c, &h, "Content-Length", length, sizeof length)) != sizeof content_of_a - 1)
		expected(p, h.head, "the length of the file");
	hear_answer(c);
}

static void what_is_not_there(struct probe *p)
{
	static const char *const paths[] = {
		"/none", "/a/", "/a/b", "/none/../none", "/..", "/../../etc/passwd", "/%2e%2e/etc/passwd",
		"/%2e%2e%2fetc/passwd",
		"/..%2f..%2fetc/passwd", "/sub/%2e./%2E%2E/etc/passwd", "/out/passwd", "/%00", "/a%00b", "//etc/passwd",
		"/%2fetc/passwd", "/.%2e/.%2e/etc/passwd", "/%252e%252e/etc/passwd",
	};
	struct client *c = dial(p);
	struct heard h;
	say_text(c, GET("/none"));
	hear_content(c, 404, not_found);
	for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
		char request[256];
		snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: a\r\n\r\n", paths[i]);
		hang_up(c);
		c = dial(p);
		say_text(c, request);
		hear_http(c, &h, false);
		if (h.status < 300 || h.status >= 500 || strstr(h.body, "root:"))
			expected(p, h.head, "%s is refused", paths[i]);
	}
}

static void methods(struct probe *p)
{
	struct heard h;
	char allow[64];
	struct client *c = dial(p);
	say_text(c, "DELETE /a HTTP/1.1\r\nHost: a\r\n\r\n");
	hear_status(c, &h, 405, false);
	if (strcmp(heard_field(c, &h, "Allow", allow, sizeof allow), "GET, HEAD") != 0)
		expected(p, h.head, "the answer says Allow: GET, HEAD");
	hang_up(c);
	c = dial(p);
	say_text(c, "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 38\r\n\r\n"
		    "GET /in/the/body HTTP/1.1\r\nHost: a\r\n\r\n" GET("/a"));
	hear_status(c, &h, 405, false);
	if (h.closing)
		hear_http_end(c);
	else
		hear_answer(c);
}

/* ---- in part, and on condition ---- */

static void ranges(struct probe *p)
{
	struct heard h;
	size_t len;
	const char *data = read_file(p, "big", &len);
	struct client *c = dial(p);
	say_text(c, "GET /a HTTP/1.1\r\nHost: a\r\nRange: bytes=7-12\r\n\r\n"
		    "GET /a HTTP/1.1\r\nHost: a\r\nRange: bytes=-7\r\n\r\n"
		    "GET /a HTTP/1.1\r\nHost: a\r\nRange: bytes=100-\r\n\r\n"
		    "GET /big HTTP/1.1\r\nHost: a\r\nRange: bytes=1000-900999\r\n\r\n");
	hear_content(c, 206, "better");
	hear_content(c, 206, "never.\n");
	hear_status(c, &h, 416, false);
	hear_http_content(c, 206, data + 1000, 900000);
	ask(c);
	(void)len;
}

static void conditions(struct probe *p)
{
	struct heard h;
	char tag[128], date[64], request[512];
	struct client *c = dial(p);
	say_text(c, GET("/a"));
	hear_status(c, &h, 200, false);
	heard_field(c, &h, "ETag", tag, sizeof tag);
	heard_field(c, &h, "Last-Modified", date, sizeof date);
	if (!*tag || !*date)
		expected(p, h.head, "the answer has ETag and Last-Modified");
	static const char *const formats[] = {
		"GET /a HTTP/1.1\r\nHost: a\r\nIf-None-Match: %s\r\n\r\n",
		"GET /a HTTP/1.1\r\nHost: a\r\nIf-None-Match: \"x\", W/%s\r\n\r\n",
		"GET /a HTTP/1.1\r\nHost: a\r\nIf-Modified-Since: %s\r\n\r\n",
	};
	for (int i = 0; i < 3; i++) {
		snprintf(request, sizeof request, formats[i], i < 2 ? tag : date);
		say_text(c, request);
		hear_status(c, &h, 304, true); /* no content, whatever a length says */
		ask(c);
	}
	snprintf(request, sizeof request, "GET /a HTTP/1.1\r\nHost: a\r\nRange: bytes=0-2\r\nIf-Range: %s\r\n\r\n",
		 tag);
	say_text(c, request);
	hear_content(c, 206, "Now");
	say_text(c, "GET /a HTTP/1.1\r\nHost: a\r\nRange: bytes=0-2\r\nIf-Range: \"other\"\r\n\r\n");
	hear_content(c, 200, content_of_a);
}

/* ---- framing ---- */

static void pipelined_thousand(struct probe *p)
{
	struct client *c = dial(p);
	const char *all = take_copies(p, GET("/a") GET("/none"), 500);
	size_t len = strlen(all);
	for (int i = 0; i < 500; i++) {
		if (c->stuffed < len)
			stuff(c, all, len, len - c->stuffed);
		hear_content(c, 200, content_of_a);
		hear_content(c, 404, not_found);
	}
	finish(c);
	hear_http_end(c);
}

static void byte_by_byte(struct probe *p)
{
	static const char three[] = GET("/a") "HEAD /a HTTP/1.1\r\nHost: a\r\n\r\n" GET("/none");
	struct heard h;
	struct client *c = dial(p);
	say_in_pieces(c, three, sizeof three - 1, 1);
	hear_answer(c);
	hear_status(c, &h, 200, true);
	hear_content(c, 404, not_found);
}

static void split_at_every_position(struct probe *p)
{
	static const char head[] = GET("/a");
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
	size_t len;
	const char *data = read_file(p, "big", &len);
	struct client *c = dial(p);
	say_text(c, GET("/a") GET("/big") GET("/none"));
	finish(c);
	hear_answer(c);
	hear_http_content(c, 200, data, len);
	struct heard h;
	hear_status(c, &h, 404, false);
	hear_http_end(c);
}

static void http_1_0(struct probe *p)
{
	struct heard h;
	struct client *c = dial(p);
	say_text(c, "GET /a HTTP/1.0\r\n\r\n");
	hear_status(c, &h, 200, false);
	hear_http_end(c);
	c = dial(p);
	say_text(c, "GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
	hear_status(c, &h, 200, false);
	if (!h.closing)
		ask(c);
}

static void status_counts(struct probe *p)
{
	struct heard h;
	struct client *c = dial(p);
	ask(c);
	say_text(c, GET("/status"));
	hear_status(c, &h, 200, false);
	if (!strstr(h.body, "\"requests\"") || !strstr(h.body, "\"200\""))
		expected(p, h.body, "client %d receives the server's counts", c->number);
}

static const struct test_case cases[] = {
	{ "small_files", small_files, false },
	{ "a_big_file", a_big_file, false },
	{ "a_big_file_to_a_slow_reader", a_big_file_to_a_slow_reader, false },
	{ "leaves_in_the_middle_of_a_file", leaves_in_the_middle_of_a_file, false },
	{ "head_has_no_content", head_has_no_content, false },
	{ "what_is_not_there", what_is_not_there, false },
	{ "methods", methods, false },
	{ "ranges", ranges, false },
	{ "conditions", conditions, false },
	{ "pipelined_thousand", pipelined_thousand, false },
	{ "byte_by_byte", byte_by_byte, false },
	{ "split_at_every_position", split_at_every_position, false },
	{ "half_close", half_close, false },
	{ "http_1_0", http_1_0, false },
	{ "status_counts", status_counts, false },
	{ 0 },
};

const struct dialect web_dialect = {
	.name = "web",
	.code = 200,
	.request = GET("/a"),
	.begun = "GET /a HTTP/1.1\r\nHo",
	.flood = GET("/none") GET("/a") GET("/none") GET("/a"),
	.hear_answer = hear_answer,
	.hear_last = hear_last,
	.cases = cases,
	.more_cases = http_error_cases,
};
