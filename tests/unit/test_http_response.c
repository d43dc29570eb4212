/* test_http_response.c - heads of answers, their bodies, and the writer: what we write, we can read.
 *
 * SPDX-License-Identifier: MIT */
#include "proto/http.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "tests/unit/check.h"
#include "tests/unit/texts.h"

/* ---- responses ---- */

static int parse_response_all_ways(struct http_response *r, const char *data)
{
	size_t len = strlen(data);
	int whole = http_parse_response(r, guarded(data, len), len);
	for (size_t n = 0; n < len; n++) {
		int answer = http_parse_response(r, guarded(data, n), n);
		if (answer != 0 && answer != whole)
			CHECK_INT(answer, whole);
	}
	return http_parse_response(r, guarded(data, len), len);
}

static void takes_responses(void)
{
	static const struct {
		const char *head;
		int         status; /* 0: not yet */
		int         length;
		bool        chunked, keep_alive;
	} cases[] = {
		{ "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", 200, 3, false, true },
		{ "HTTP/1.0 404 Not Found\r\n\r\n", 404, -1, false, false },
		{ "HTTP/1.1 301 \r\nConnection: close\r\n\r\n", 301, -1, false, false },
		{ "HTTP/1.1 204\r\n\r\n", 204, -1, false, true },
		{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nHost: ?\r\n\r\n", 200, -1, true, true },
		{ "HTTP/1.1 200 OK\r\nA: b\r\n", 0, 0, false, false },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct http_response r;
		int answer = parse_response_all_ways(&r, cases[i].head);
		note_text(cases[i].head);
		CHECK_INT(answer, cases[i].status ? (int)strlen(cases[i].head) : 0);
		if (!cases[i].status)
			continue;
		CHECK_INT(r.status, cases[i].status);
		CHECK_INT(r.content_length, cases[i].length);
		CHECK_INT(r.chunked, cases[i].chunked);
		CHECK_INT(r.keep_alive, cases[i].keep_alive);
	}
}

static void refuses_malformed_responses(void)
{
	static const char *const heads[] = {
		"HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1 099 OK\r\n\r\n",
		"HTTP/1.1 600 OK\r\n\r\n", "HTTP/1.1  200 OK\r\n\r\n", "HTTP/2 200 OK\r\n\r\n",
		"ICY 200 OK\r\n\r\n", "Beautiful\r\n\r\n", "HTTP/1.1 200 OK\n\n", "\r\nHTTP/1.1 200 OK\r\n\r\n",
		"HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
		"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
	};
	for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
		struct http_response r;
		note_text(heads[i]);
		CHECK_INT(parse_response_all_ways(&r, heads[i]), -EPROTO);
		CHECK(r.why);
	}
}

static void limits_response_heads(void)
{
	struct http_response r;
	char *head = malloc(2 * HTTP_HEAD_MAX);
	size_t len = fill_text(head, "HTTP/1.1 200 ", HTTP_LINE_MAX, "");
	CHECK_INT(http_parse_response(&r, guarded(head, len), len), -EMSGSIZE);
	len = fill_text(head, "HTTP/1.1 200 OK\r\nX: ", HTTP_FIELDS_MAX, "");
	CHECK_INT(http_parse_response(&r, guarded(head, len), len), -EMSGSIZE);
	free(head);
}

/* ---- bodies ---- */

static const struct http_body chunked = { .framing = HTTP_CHUNKED };
static const struct http_body three_bytes = { .framing = HTTP_LENGTH, .left = 3 };
static const struct http_body until_close = { .framing = HTTP_UNTIL_CLOSE };

/* Shows the body in pieces of at most `step` bytes. Returns bytes used or -EPROTO; out gets the content. */
static int64_t take_body(struct http_body body, const char *data, size_t len, size_t step, char *out, size_t *n,
			 bool *done)
{
	size_t at = 0;
	*n = 0;
	while (at < len && !body.done) {
		size_t offered = len - at < step ? len - at : step;
		struct http_text piece;
		int64_t used = http_body_take(&body, guarded(data + at, offered), offered, &piece);
		if (used < 0)
			return used;
		memcpy(out + *n, piece.text, piece.len);
		*n += piece.len;
		at += (size_t)used;
	}
	*done = body.done;
	return (int64_t)at;
}

static void cuts_chunks(void)
{
	static const struct {
		const char *body, *content;
		int state; /* 0: done at the last byte, 1: not yet, 2: done before the last 4, -EPROTO */
	} cases[] = {
		{ "0\r\n\r\n", "", 0 },
		{ "3\r\nabc\r\n0\r\n\r\n", "abc", 0 },
		{ "3\r\nabc\r\n0\r\n\r\nHTTP", "abc", 2 },
		{ "00003\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n", "abc0123456789", 0 },
		{ "3;name=value\r\na\r\n\r\n0;x\r\n\r\n", "a\r\n", 0 },
		{ "3 \r\nabc\r\n0\r\nTrailer: 1\r\nB:2\r\n\r\n", "abc", 0 },
		{ "5\r\nab", "ab", 1 },
		{ "2\r\nab\r\n", "ab", 1 },
		{ "\r\n\r\n", "", -EPROTO },
		{ "x\r\n", "", -EPROTO },
		{ " 3\r\nabc\r\n", "", -EPROTO },
		{ "3 5\r\nabc\r\n", "", -EPROTO },
		{ "3\t ;x\r\nabc\r\n0  \r\n\r\n", "abc", 0 },
		{ "-3\r\nabc\r\n", "", -EPROTO },
		{ "0x3\r\nabc\r\n", "", -EPROTO },
		{ "3\nabc\r\n0\r\n\r\n", "", -EPROTO },
		{ "3\r\nabcd\r\n0\r\n\r\n", "", -EPROTO },
		{ "3\r\nabc0\r\n\r\n", "", -EPROTO },
		{ "3\r\nabc\n0\r\n\r\n", "", -EPROTO },
		{ "3\r\nabc\rX0\r\n\r\n", "", -EPROTO },
		{ "3;a\nb\r\nabc\r\n0\r\n\r\n", "", -EPROTO },
		{ "0\r\n\rX", "", -EPROTO },
		{ "0\r\nA\n\r\n", "", -EPROTO },
		{ "fffffffffffffffff\r\n", "", -EPROTO },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		size_t len = strlen(cases[i].body);
		for (size_t step = 1; step <= len; step++) {
			char out[64];
			size_t n;
			bool done = false;
			int64_t used = take_body(chunked, cases[i].body, len, step, out, &n, &done);
			note_text(cases[i].body);
			if (cases[i].state < 0) {
				CHECK_INT(used, cases[i].state);
				continue;
			}
			CHECK_INT(used, len - (cases[i].state == 2 ? 4 : 0));
			CHECK_INT(done, cases[i].state != 1);
			CHECK_MEM(out, n, cases[i].content, strlen(cases[i].content));
		}
	}
}

static void bounds_chunk_lines(void)
{
	char *line = malloc(HTTP_LINE_MAX + 100), *out = malloc(HTTP_LINE_MAX + 100);
	const char *const starts[] = { "1;", "0\r\n", "0000000000000000" };
	for (size_t i = 0; i < 3; i++) {
		size_t n;
		bool done;
		size_t len = fill_text(line, starts[i], HTTP_LINE_MAX + 1, "");
		if (i == 2)
			memset(line, '0', len);
		CHECK_INT(take_body(chunked, line, len, len, out, &n, &done), -EPROTO);
	}
	free(line);
	free(out);
}

static void frames_bodies(void)
{
	static const struct {
		const char       *head;
		bool              to_head;
		enum http_framing framing;
	} cases[] = {
		{ "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", false, HTTP_LENGTH },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", true, HTTP_NO_BODY },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", false, HTTP_NO_BODY },
		{ "HTTP/1.1 200 OK\r\n\r\n", false, HTTP_UNTIL_CLOSE },
		{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", false, HTTP_CHUNKED },
		{ "HTTP/1.1 204 No Content\r\n\r\n", false, HTTP_NO_BODY },
		{ "HTTP/1.1 304 Not Modified\r\nContent-Length: 3\r\n\r\n", false, HTTP_NO_BODY },
		{ "HTTP/1.1 100 Continue\r\n\r\n", false, HTTP_NO_BODY },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct http_response r;
		struct http_body body;
		CHECK(http_parse_response(&r, cases[i].head, strlen(cases[i].head)) > 0);
		http_body_of_response(&body, &r, cases[i].to_head);
		note_text(cases[i].head);
		CHECK_INT(body.framing, cases[i].framing);
		CHECK_INT(body.done, cases[i].framing == HTTP_NO_BODY);
	}
	for (size_t step = 1; step < 6; step++) {
		char out[8];
		size_t n;
		bool done;
		int64_t used = take_body(three_bytes, "abcde", 5, step, out, &n, &done);
		CHECK(used == 3 && done);
		CHECK_MEM(out, n, "abc", 3);
		used = take_body(until_close, "abcde", 5, step, out, &n, &done);
		CHECK(used == 5 && !done);
		CHECK_MEM(out, n, "abcde", 5);
	}
}

/* ---- writing ---- */

static void dates_are_right(void)
{
	static const struct {
		int64_t     wall_s;
		const char *text;
	} cases[] = {
		{ 784111777, "Sun, 06 Nov 1994 08:49:37 GMT" }, /* the example of RFC 9110 */
		{ 0, "Thu, 01 Jan 1970 00:00:00 GMT" },
		{ 951782399, "Mon, 28 Feb 2000 23:59:59 GMT" },
		{ 951782400, "Tue, 29 Feb 2000 00:00:00 GMT" },
		{ 4107542400, "Mon, 01 Mar 2100 00:00:00 GMT" },
		{ 253402300799, "Fri, 31 Dec 9999 23:59:59 GMT" },
		{ 253402300800, "Thu, 01 Jan 1970 00:00:00 GMT" },
		{ -1, "Thu, 01 Jan 1970 00:00:00 GMT" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		CHECK_STR(http_date(cases[i].wall_s), cases[i].text);
		CHECK_INT(strlen(http_date(cases[i].wall_s)), HTTP_DATE_LEN);
	}
}

/* Every day of 800 years against the C library. */
static void dates_agree_with_libc(void)
{
	for (int64_t day = 0; day < 800 * 366; day++) {
		time_t wall_s = (time_t)(day * 86400 + day % 86400);
		struct tm tm;
		char text[64];
		strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&wall_s, &tm));
		if (strcmp(text, http_date(wall_s)) != 0)
			CHECK_STR(http_date(wall_s), text);
	}
}

static void writes_heads(void)
{
	char data[400];
	struct http_out out = { .data = data, .size = sizeof data };
	http_put_head(&out, &(struct http_answer){ .status = 200, .wall_s = 784111777, .content_length = 12,
						   .content_type = "text/html", .more = "A: b\r\n",
						   .keep_alive = true });
	static const char want[] =
		"HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Type: text/html\r\n"
		"Content-Length: 12\r\nA: b\r\n\r\n";
	CHECK_MEM(data, out.len, want, sizeof want - 1);
	out.len = 0;
	http_put_head(&out, &(struct http_answer){ .status = 204, .content_length = -1, .keep_alive = true,
						   .say_keep_alive = true });
	static const char want2[] = "HTTP/1.1 204 No Content\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
				    "Connection: keep-alive\r\n\r\n";
	CHECK_MEM(data, out.len, want2, sizeof want2 - 1);
}

/* What we write we can read; with every size of buffer, nothing is written past its end. */
static void errors_are_well_formed(void)
{
	static const int statuses[] = { 400, 408, 414, 431, 500, 501, 503, 505, 599 };
	for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
		char data[512];
		struct http_response r;
		struct http_out out = { .data = data, .size = sizeof data };
		http_put_error(&out, statuses[i], "why it is so", false, 784111777);
		size_t whole = out.len;
		int head = http_parse_response(&r, data, whole);
		check_note("%d", statuses[i]);
		CHECK(head > 0 && !out.full);
		CHECK_INT(r.status, statuses[i]);
		CHECK_INT(r.content_length, whole - (size_t)head);
		CHECK(!r.keep_alive);
		out.len = 0;
		http_put_error(&out, statuses[i], "why it is so", true, 784111777);
		CHECK_INT(out.len, head);
	}
	char large[400];
	struct http_out all = { .data = large, .size = sizeof large };
	http_put_error(&all, 400, "why it is so", false, 0);
	for (size_t size = 0; size < all.len + 2; size++) {
		char *small = malloc(size + 1);
		struct http_out out = { .data = small, .size = size };
		http_put_error(&out, 400, "why it is so", false, 0);
		check_note("%zu bytes of room", size);
		CHECK(out.full == (size < all.len) && out.len <= size);
		free(small);
	}
}

int main(void)
{
	static const struct test tests[] = {
		TEST(takes_responses), TEST(refuses_malformed_responses), TEST(limits_response_heads),
		TEST(cuts_chunks),
		TEST(bounds_chunk_lines), TEST(frames_bodies), TEST(dates_are_right),
		TEST(dates_agree_with_libc), TEST(writes_heads), TEST(errors_are_well_formed), { 0 },
	};
	return run_tests(tests);
}
