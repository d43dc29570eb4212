/* test_proxy_talk.c - whole conversations through the proxy, the client's and the origin's bytes cut in every
 * way.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/proxy_cases.h"

/* ---- answers that have a length ---- */

static void passes_a_length_on(void)
{
	static const char origin[] = "HTTP/1.0 200 OK\r\nContent-Length: 5\r\nContent-Type: a/b\r\n\r\nhello";
	proxy_talk(GET_11 "\r\n", origin, ASK_11,
	     "HTTP/1.1 200 OK\r\nContent-Type: a/b\r\n" DATE VIA_10 MISS "Content-Length: 5\r\n\r\nhello");
	proxy_talk(GET_10 "\r\n", origin, ASK_10,
	     "HTTP/1.1 200 OK\r\nContent-Type: a/b\r\n" DATE VIA_10 MISS "Content-Length: 5\r\n"
	     "Connection: close\r\n\r\nhello");
	proxy_talk(GET_10 "Connection: keep-alive\r\n\r\n", origin, ASK_10,
	     "HTTP/1.1 200 OK\r\nContent-Type: a/b\r\n" DATE VIA_10 MISS "Content-Length: 5\r\n"
	     "Connection: keep-alive\r\n\r\nhello");
	/* what comes behind the body is nobody's */
	proxy_talk(GET_11 "\r\n",
		   "HTTP/1.0 404 No\r\nDate: x\r\nContent-Length: 1\r\n\r\nabHTTP/1.0 200 OK\r\n\r\n", ASK_11,
		   "HTTP/1.1 404 No\r\nDate: x\r\n" VIA_10 MISS "Content-Length: 1\r\n\r\na");
}

static void passes_no_body_on(void)
{
	proxy_talk("HEAD http://origin/x HTTP/1.1\r\nHost: a\r\n\r\n",
		   "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n",
		   "HEAD /x HTTP/1.0\r\nHost: origin\r\n" LAB VIA_11 "\r\n",
		   "HTTP/1.1 200 OK\r\n" DATE VIA_11 MISS "Content-Length: 7\r\n\r\n");
	proxy_talk(GET_11 "\r\n", "HTTP/1.1 304 Not Modified\r\nETag: \"e\"\r\n\r\n", NULL,
	     "HTTP/1.1 304 Not Modified\r\nETag: \"e\"\r\n" DATE VIA_11 MISS "\r\n");
	proxy_talk(GET_11 "\r\n", "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n", NULL,
	     "HTTP/1.1 204 No Content\r\n" DATE VIA_11 MISS "\r\n");
	proxy_talk(GET_11 "\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", NULL,
	     "HTTP/1.1 200 OK\r\n" DATE VIA_11 MISS "Content-Length: 0\r\n\r\n");
	proxy_talk("HEAD http://origin/x HTTP/1.1\r\nHost: a\r\n\r\n",
	     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", NULL,
	     "HTTP/1.1 200 OK\r\n" DATE VIA_11 MISS "\r\n");
}

static void heads_before_the_final_one_are_dropped(void)
{
	proxy_talk(GET_11 "\r\n",
	     "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
	     "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na",
	     ASK_11, "HTTP/1.1 200 OK\r\n" DATE VIA_11 MISS "Content-Length: 1\r\n\r\na");
}

/* ---- answers of unknown length ---- */

/* How bytes are cut decides where chunks are: so only the content is compared. */
static size_t decode(char *out, const char *data, size_t len, bool *whole)
{
	struct http_body body = { .framing = HTTP_CHUNKED };
	struct http_text piece;
	size_t used = 0, n = 0;
	while (used < len && !body.done) {
		int64_t took = http_body_take(&body, data + used, len - used, &piece);
		if (took < 0)
			break;
		memcpy(out + n, piece.text, piece.len);
		n += piece.len;
		used += (size_t)took;
	}
	*whole = body.done && used == len;
	return n;
}

/* For every way to cut both: the head, then the content in chunks, whole or broken off. */
static void talk_in_chunks(const struct drive_dialogue *c, const char *head, const char *content,
			   size_t content_len, bool whole)
{
	size_t len = c->origins[0].len ? c->origins[0].len : strlen(c->origins[0].bytes),
	       head_len = strlen(head);
	size_t in_len = strlen(c->in), stride = (in_len + len) / 300 + 1;
	static char got[1 << 17];
	for (size_t i = 0; i <= in_len + len; i += stride) {
		struct drive d;
		bool is_whole = false;
		drive_cut(&d, c, i < 4 ? (int)i : 0, i < 4 ? 0 : i);
		bool head_is = d.n_sent >= head_len && memcmp(d.sent, head, head_len) == 0;
		size_t n = head_is ? decode(got, d.sent + head_len, d.n_sent - head_len, &is_whole) : 0;
		check_note("cut at %zu", i);
		CHECK(head_is);
		CHECK_INT(is_whole, whole);
		CHECK_MEM(got, n, content, whole ? content_len : n);
		CHECK(d.done && !d.broken);
		drive_close(&d);
	}
}

#define CHUNKED_11 "HTTP/1.1 200 OK\r\n" DATE VIA_11 MISS "Transfer-Encoding: chunked\r\n\r\n"
#define CHUNKED_10 "HTTP/1.1 200 OK\r\n" DATE VIA_10 MISS "Transfer-Encoding: chunked\r\n\r\n"

static void chunks_become_chunks(void)
{
	static const struct drive_origin until_end = { .bytes = "HTTP/1.0 200 OK\r\n\r\nhello, world" };
	/* it does not close, and need not */
	static const struct drive_origin in_chunks = {
		.bytes = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
			 "5;a=b\r\nhello\r\n007 \r\n, world\r\n0\r\nX: y\r\n\r\n",
		.then = ORIGIN_SILENCE,
	};
	static const struct drive_origin empty = { .bytes = "HTTP/1.0 200 OK\r\n\r\n" };
	struct drive_dialogue c = proxy_dialogue(GET_11 "\r\n", &until_end, 1);
	talk_in_chunks(&c, CHUNKED_10, "hello, world", 12, true);
	c.origins = &in_chunks;
	talk_in_chunks(&c, CHUNKED_11, "hello, world", 12, true);
	c.origins = &empty;
	talk_in_chunks(&c, CHUNKED_10, "", 0, true);
}

static void an_old_client_gets_content_until_the_end(void)
{
	static const char want[] =
		"HTTP/1.1 200 OK\r\n" DATE VIA_11 MISS "Connection: close\r\n\r\nhello, world";
	proxy_talk(GET_10 "Connection: keep-alive\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\nhello, world", ASK_10,
	     want);
	proxy_talk(
		GET_10 "Connection: keep-alive\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nh\r\nb\r\nello, world\r\n0\r\n\r\n",
		ASK_10, want);
}

static void an_answer_without_head(void)
{
	static const char head[] = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n" DATE VIA_10 MISS
				   "Transfer-Encoding: chunked\r\n\r\n";
	static const struct drive_origin simple = { .bytes = "<p>HTTP/0.9" }, shortest = { .bytes = "<" };
	struct drive_dialogue c = proxy_dialogue(GET_11 "\r\n", &simple, 1);
	talk_in_chunks(&c, head, "<p>HTTP/0.9", 11, true);
	c.origins = &shortest;
	talk_in_chunks(&c, head, "<", 1, true);
	CHECK_INT(lru_count(proxy_config.cache).objects, 0);
	proxy_talk(GET_10 "\r\n", "<p>", ASK_10,
		   "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n" DATE VIA_10 MISS
		   "Connection: close\r\n\r\n<p>");
}

/* ---- long ones ---- */

/* Heads that nearly fill the scratch buffer, bodies longer than it: all of it must come, and in order. */
static void whatever_fits_or_not(void)
{
	enum { BODY = 50000 };
	static char origin[100000], want[100000], body[BODY];
	for (size_t i = 0; i < BODY; i++)
		body[i] = (char)('a' + i * i % 23);
	for (size_t pad = 0; pad < 4; pad++) {
		size_t fill = pad * 1100; /* of 4096 */
		size_t n =
			fill_text(origin, "HTTP/1.0 200 OK\r\nContent-Length: 50000\r\nX: ", fill, "\r\n\r\n");
		memcpy(origin + n, body, BODY);
		struct drive_origin one = { .bytes = origin, .len = n + BODY, .then = ORIGIN_SILENCE };
		struct drive_dialogue c = proxy_dialogue(GET_11 "\r\n", &one, 1);
		c.scratch_len = DRIVE_SCRATCH_LEAST;
		size_t w = fill_text(want, "HTTP/1.1 200 OK\r\nX: ", fill,
				     "\r\n" DATE VIA_10 MISS "Content-Length: 50000\r\n\r\n");
		memcpy(want + w, body, BODY);
		drive_all_ways(&c, want, w + BODY);
	}
	for (size_t pad = 0; pad < 4; pad++) {
		size_t n = fill_text(origin, "HTTP/1.1 200 OK\r\nX: ", pad * 1100,
				     "\r\nTransfer-Encoding: chunked\r\n\r\n");
		for (size_t at = 0, piece; at < BODY; at += piece) {
			piece = at * 7 % 9000 + 1;
			piece = piece < BODY - at ? piece : BODY - at;
			n += (size_t)sprintf(origin + n, "%zx\r\n", piece);
			memcpy(origin + n, body + at, piece);
			n += piece + (size_t)sprintf(origin + n + piece, "\r\n");
		}
		n += (size_t)sprintf(origin + n, "0\r\n\r\n");
		struct drive_origin one = { .bytes = origin, .len = n, .then = ORIGIN_SILENCE };
		struct drive_dialogue c = proxy_dialogue(GET_11 "\r\n", &one, 1);
		c.scratch_len = DRIVE_SCRATCH_LEAST;
		fill_text(want, "HTTP/1.1 200 OK\r\nX: ", pad * 1100,
			  "\r\n" DATE VIA_11 MISS "Transfer-Encoding: chunked\r\n\r\n");
		talk_in_chunks(&c, want, body, BODY, true);
	}
}

static void heads_that_do_not_fit(void)
{
	static char text[40000];
	fill_text(text, "HTTP/1.0 200 OK\r\nX: ", 5000, "\r\n\r\n");
	struct drive_origin one = { .bytes = text };
	struct drive_dialogue c = proxy_dialogue(GET_11 "\r\n", &one, 1);
	c.scratch_len = DRIVE_SCRATCH_LEAST;
	const char *want =
		proxy_error("HTTP/1.1 502 Bad Gateway", "the head of the origin's answer is too long");
	drive_all_ways(&c, want, strlen(want));
	fill_text(text, "HTTP/1.0 200 OK\r\nX: ", 30000, "\r\n\r\n"); /* beyond what the parser takes */
	c.scratch_len = 0;
	struct drive d;
	drive_cut(&d, &c, 0, 0);
	CHECK(strstr(d.sent, "HTTP/1.1 502 Bad Gateway\r\n") == d.sent);
	drive_close(&d);
	static char request[8192];
	fill_text(request, GET_11 "X: ", 4000, "\r\n\r\n");
	c = proxy_dialogue(request, NULL, 0);
	c.scratch_len = DRIVE_SCRATCH_LEAST;
	drive_cut(&d, &c, 0, 0);
	CHECK(strstr(d.sent, "HTTP/1.1 431 ") == d.sent);
	CHECK_INT(d.connects, 0);
	drive_close(&d);
}

/* ---- origins that fail ---- */

static void failing_origins_are_told(void)
{
	static const char bad[] = "HTTP/1.1 502 Bad Gateway", late[] = "HTTP/1.1 504 Gateway Timeout",
			  full[] = "HTTP/1.1 503 Service Unavailable";
	static const struct { struct drive_origin origin; const char *line, *why;
	} cases[] = {
		{{.connect = -ECONNREFUSED}, bad, "the origin refuses the connection"},
		{{.connect = -ENXIO}, bad, "the origin's name has no address"},
		{{.connect = -EHOSTUNREACH}, bad, "no way leads to the origin"},
		{{.connect = -ETIMEDOUT}, late, "the origin cannot be reached in time"},
		{{.connect = -EINVAL}, bad, "the origin cannot be reached"},
		{{.connect = -EMFILE}, full, "this proxy has no room for one more connection"},
		{{.send = -EPIPE}, bad, "the origin broke the connection off"},
		{{.send = -ETIMEDOUT}, late, "the origin does not take the request in time"},
		{{.bytes = ""}, bad, "the origin closed the connection without an answer"},
		{{.bytes = "", .then = ORIGIN_SILENCE}, late, "the origin does not answer in time"},
		{{.bytes = "", .then = ORIGIN_RESET}, bad, "the origin broke the connection off"},
		{{.bytes = "HTTP/1.1 200 OK\r\nA: b\r\n"},
		 bad,
		 "the origin's answer ends before its head does"},
		{{.bytes = "HTTP/1.1 200 OK\r\nA: b\r\n", .then = ORIGIN_SILENCE},
		 late,
		 "the origin does not answer in time"},
		{{.bytes = "HTTP/1.1 100 Continue\r\n\r\n"},
		 bad,
		 "the origin closed the connection without an answer"},
		{{.bytes = "HTTP/2 200 OK\r\n\r\n"}, bad, "the answer does not begin with HTTP/1.1"},
		{{.bytes = "HTTP/1.1 200 OK\nA: b\n\n"}, bad, "a line ends in LF and not in CR LF"},
		{{.bytes = "HTTP/1.1 101 Switching\r\n\r\n"}, bad, "the origin changes the protocol unasked"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *want = proxy_error(cases[i].line, cases[i].why);
		struct drive_dialogue c = proxy_dialogue(GET_11 "\r\n", &cases[i].origin, 1);
		check_note("origin %zu", i);
		drive_all_ways(&c, want, strlen(want));
	}
}

/* After an error the connection goes on with the next request, and its origin. */
static void the_connection_survives_an_error(void)
{
	static const struct drive_origin both[] = {
		{ .where = "origin:80", .connect = -ECONNREFUSED },
		{ .where = "[::1]:8", .bytes = "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok" },
	};
	static char want[1024];
	struct drive_dialogue c = proxy_dialogue(
		GET_11 "\r\nGET http://[::1]:8 HTTP/1.0\r\n\r\nGET http://never/ HTTP/1.0\r\n\r\n", both, 2);
	snprintf(want, sizeof want, "%s%s",
		 proxy_error("HTTP/1.1 502 Bad Gateway", "the origin refuses the connection"),
		 "HTTP/1.1 200 OK\r\n" DATE VIA_10 MISS "Content-Length: 2\r\nConnection: close\r\n\r\nok");
	drive_all_ways(&c, want, strlen(want));
}

/* It would have kept its connection, and may be sending on: what it sends must not reset the end of its answer. Who has
 * said "close" sends nothing more. */
static void who_wanted_to_go_on_is_lingered_for(void)
{
	static const struct drive_origin origin = { .bytes = "HTTP/1.0 200 OK\r\n\r\nhello" };
	static const struct { const char *in; bool linger; } cases[] = {
		{ GET_10 "Connection: keep-alive\r\n\r\n", true },
		{ GET_10 "\r\n", false },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct drive d;
		struct drive_dialogue c = proxy_dialogue(cases[i].in, &origin, 1);
		check_note("case %zu", i);
		drive_cut(&d, &c, 0, 0);
		CHECK(d.done && d.lingered == cases[i].linger);
		drive_close(&d);
	}
}

/* ---- origins that break off ---- */

/* What the client has got by then is a beginning, and its connection is cut, not ended. */
static void a_broken_body_is_never_whole(void)
{
	static const struct { struct drive_origin origin; const char *want; } cases[] = {
		{ { .bytes = "HTTP/1.0 200 OK\r\nContent-Length: 6\r\n\r\nhello" },
		  "HTTP/1.1 200 OK\r\n" DATE VIA_10 MISS "Content-Length: 6\r\n\r\nhello" },
		{ { .bytes = "HTTP/1.0 200 OK\r\nContent-Length: 6\r\n\r\nhello", .then = ORIGIN_SILENCE },
		  "HTTP/1.1 200 OK\r\n" DATE VIA_10 MISS "Content-Length: 6\r\n\r\nhello" },
		{ { .bytes = "HTTP/1.0 200 OK\r\nContent-Length: 6\r\n\r\nhello", .then = ORIGIN_RESET },
		  "HTTP/1.1 200 OK\r\n" DATE VIA_10 MISS "Content-Length: 6\r\n\r\nhello" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct drive d;
		struct drive_dialogue c = proxy_dialogue(GET_11 "\r\n" GET_11 "\r\n", &cases[i].origin, 1);
		check_note("origin %zu", i);
		drive_all_ways(&c, cases[i].want, strlen(cases[i].want));
		drive_cut(&d, &c, 0, 0);
		CHECK(d.done && !d.lingered);
		CHECK_INT(lru_count(proxy_config.cache).objects, 0);
		CHECK_INT(lru_count(proxy_config.cache).bytes, 0);
		drive_close(&d);
	}
}

static void broken_chunks_have_no_last_one(void)
{
	static const struct { struct drive_origin origin; const char *head;
	} cases[] = {
		{{.bytes = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n3\r\nwo"},
		 CHUNKED_11},
		{{.bytes = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"}, CHUNKED_11},
		{{.bytes = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n"},
		 CHUNKED_11},
		{{.bytes = "HTTP/1.1 200 OK\r\n\r\nhello", .then = ORIGIN_RESET}, CHUNKED_11},
		{{.bytes = "HTTP/1.1 200 OK\r\n\r\nhello", .then = ORIGIN_SILENCE}, CHUNKED_11},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct drive_dialogue c = proxy_dialogue(GET_11 "\r\n", &cases[i].origin, 1);
		talk_in_chunks(&c, cases[i].head, "hellowo", 7, false);
		CHECK_INT(lru_count(proxy_config.cache).objects, 0);
		CHECK_INT(lru_count(proxy_config.cache).bytes, 0);
	}
}

/* Whole, it is an error; byte by byte the head is gone already when it shows, and the connection is cut. */
static void malformed_chunks(void)
{
	static const struct drive_origin origin = {
		.bytes = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloX" };
	struct drive_dialogue c = proxy_dialogue(GET_11 "\r\n", &origin, 1);
	struct drive d;
	drive_cut(&d, &c, 0, 0);
	CHECK_STR(d.sent, proxy_error("HTTP/1.1 502 Bad Gateway", "the origin's chunks are malformed"));
	drive_close(&d);
	drive_cut(&d, &c, 1, 0);
	CHECK(strncmp(d.sent, CHUNKED_11, strlen(CHUNKED_11)) == 0 && !strstr(d.sent, "0\r\n\r\n"));
	CHECK(d.done && !d.lingered);
	drive_close(&d);
}

/* A client that leaves costs only itself: what was being filled is given back. */
static void a_client_that_leaves(void)
{
	struct drive d;
	proxy_new(NULL);
	drive_open(&d, &proxy_service, &proxy_config);
	drive_start(&d);
	drive_receive(&d, GET_11 "\r\n", strlen(GET_11 "\r\n"));
	CHECK(lru_count(proxy_config.cache).rest > 0);
	drive_close(&d); /* end(), in the middle */
	CHECK_INT(lru_count(proxy_config.cache).rest, 0);
}

int main(void)
{
	static const struct test tests[] = {
		TEST(passes_a_length_on), TEST(passes_no_body_on),
		TEST(heads_before_the_final_one_are_dropped), TEST(chunks_become_chunks),
		TEST(an_old_client_gets_content_until_the_end), TEST(an_answer_without_head),
		TEST(whatever_fits_or_not), TEST(heads_that_do_not_fit),
		TEST(failing_origins_are_told), TEST(the_connection_survives_an_error),
		TEST(a_broken_body_is_never_whole), TEST(broken_chunks_have_no_last_one),
		TEST(malformed_chunks), TEST(a_client_that_leaves),
		TEST(who_wanted_to_go_on_is_lingered_for), { 0 },
	};
	int status = run_tests(tests);
	proxy_done();
	return status;
}
