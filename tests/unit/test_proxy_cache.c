/* test_proxy_cache.c - what the proxy answers without asking an origin: hits, errors, counters; and what it
 * keeps.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/proxy_cases.h"

#define OK_5      "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello"
#define KEPT      "HTTP/1.1 200 OK\r\n" DATE VIA_10
#define MISSED    KEPT MISS "Content-Length: 5\r\n\r\nhello"
#define HIT_HEAD  KEPT "Content-Length: 5\r\n" HIT "Age: 0\r\n"
#define FOUND     HIT_HEAD "\r\nhello"

/* One conversation, whole, with these origins; the drive is left open. */
static void say(struct drive *d, const char *in, const struct drive_origin *origins, size_t n_origins)
{
	struct drive_dialogue c = proxy_dialogue(in, origins, n_origins);
	drive_cut(d, &c, 0, 0);
	CHECK(d->done && !d->broken);
}

/* How often is the origin asked when the client asks twice? */
static unsigned asks(const char *first, const char *second, const char *origin)
{
	struct drive_origin both[] = { { .bytes = origin }, { .bytes = origin } };
	char in[2048];
	struct drive d;
	snprintf(in, sizeof in, "%s%s", first, second);
	check_note("%s", strchr(origin, '\n'));
	say(&d, in, both, 2);
	unsigned n = d.connects;
	drive_close(&d);
	return n;
}

/* ---- hits ---- */

static void the_second_time_it_is_a_hit(void)
{
	proxy_talk(GET_11 "\r\n" GET_11 "\r\n", OK_5, ASK_11, MISSED FOUND);
	proxy_talk(GET_11 "\r\n" GET_10 "\r\n", OK_5, ASK_11, MISSED HIT_HEAD "Connection: close\r\n\r\nhello");
	proxy_talk(GET_11 "\r\n" GET_10 "Connection: keep-alive\r\n\r\n" GET_11 "\r\n", OK_5, ASK_11,
		   MISSED HIT_HEAD "Connection: keep-alive\r\n\r\nhello" FOUND);
	proxy_talk(GET_11 "\r\nHEAD http://ORIGIN:80/x HTTP/1.1\r\nHost: a\r\n\r\n" GET_11 "\r\n", OK_5, ASK_11,
		   MISSED HIT_HEAD "\r\n" FOUND);
	/* whoever asks for a part, or for news, may get the whole */
	proxy_talk(GET_11 "\r\n" GET_11 "Range: bytes=0-1\r\nIf-None-Match: *\r\n\r\n", OK_5, ASK_11,
		   MISSED FOUND);
}

static void what_had_no_length_has_one_now(void)
{
	static const char want[] =
		"HTTP/1.1 200 OK\r\n" DATE VIA_11 "Content-Length: 5\r\n" HIT "Age: 0\r\n\r\nhello";
	static const char *const origins[] = {
		"HTTP/1.1 200 OK\r\n\r\nhello",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
	};
	for (size_t i = 0; i < sizeof origins / sizeof *origins; i++) {
		struct drive d;
		struct drive_origin one = { .bytes = origins[i] };
		say(&d, GET_11 "\r\n" GET_11 "\r\n", &one, 1);
		CHECK(d.n_sent > strlen(want) && strcmp(d.sent + d.n_sent - strlen(want), want) == 0);
		drive_close(&d);
	}
}

/* Small hits stand in one send with the answers around them, large ones are lent. */
static void pipelined_hits_leave_together(void)
{
	enum { HITS = 20, LARGE = 30000 };
	static char in[8192] = GET_11 "\r\n", origin[LARGE + 100];
	struct drive_origin one = { .bytes = OK_5 };
	struct drive d;
	for (int i = 0; i < HITS; i++)
		strcat(in, GET_11 "\r\n");
	say(&d, in, &one, 1);
	CHECK_INT(d.answers, 1 + HITS);
	CHECK_INT(d.sends, 2);
	drive_close(&d);
	one.bytes = origin;
	one.len = fill_text(origin, "HTTP/1.0 200 OK\r\nContent-Length: 30000\r\n\r\n", LARGE, "");
	say(&d, in, &one, 1);
	CHECK_INT(d.answers, 1 + HITS);
	CHECK_INT(lru_count(proxy_config.cache).bytes, LARGE);
	const char *at = d.sent;
	for (int i = 0; i <= HITS; i++, at += LARGE)
		CHECK((at = strstr(at, "\r\n\r\nx")) && strspn(at += 4, "x") == LARGE);
	drive_close(&d);
}

/* A client that takes a large hit slowly and then leaves: the pin goes with it. */
static void a_hit_is_pinned_while_it_is_sent(void)
{
	enum { LARGE = 30000 };
	static char origin[LARGE + 100];
	struct drive d, other;
	struct drive_origin one = { .bytes = origin };
	one.len = fill_text(origin, "HTTP/1.0 200 OK\r\nContent-Length: 30000\r\n\r\n", LARGE, "");
	proxy_wanted.cache_bytes = LARGE;
	say(&d, GET_11 "\r\n", &one, 1);
	drive_close(&d);
	drive_open(&d, &proxy_service, &proxy_config);
	drive_start(&d);
	drive_receive(&d, GET_11 "\r\n", strlen(GET_11 "\r\n"));
	CHECK_INT(d.req.body_len, LARGE);
	/* others find no room beside it, and it stays as it is */
	drive_open(&other, &proxy_service, &proxy_config);
	other.origins = &one;
	other.n_origins = 1;
	drive_start(&other);
	drive_receive(&other, "GET http://b/ HTTP/1.0\r\n\r\n", 26);
	drive_perform(&other);
	CHECK(other.done);
	drive_close(&other);
	CHECK_INT(lru_count(proxy_config.cache).objects, 1);
	const char *body = d.req.body;
	CHECK(body[0] == 'x' && memcmp(body, body + 1, LARGE - 1) == 0);
	drive_result(&d, -ECONNRESET);
	drive_close(&d);
	CHECK_INT(asks("GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n", "GET http://a/ HTTP/1.0\r\n\r\n", OK_5), 1);
	proxy_wanted.cache_bytes = 0;
}

static void objects_grow_old(void)
{
	static const struct drive_origin origin = {
		.bytes = "HTTP/1.0 200 OK\r\nAge: 7\r\nCache-Control: max-age=60\r\nContent-Length: 0\r\n\r\n"};
	struct drive_origin both[] = { origin, origin };
	struct drive d;
	proxy_new(NULL);
	drive_open(&d, &proxy_service, &proxy_config);
	d.origins = both;
	d.n_origins = 2;
	drive_start(&d);
	for (int i = 0; i < 4; i++) {
		static const char *const want[] = {MISS "Age: 7\r\n", HIT "Age: 7\r\n", HIT "Age: 59\r\n",
						   MISS "Age: 7\r\n"};
		static const int pass_ms[] = { 999, 51001, 1000, 0 };
		size_t before = d.n_sent;
		drive_receive(&d, GET_11 "\r\n", strlen(GET_11 "\r\n"));
		drive_perform(&d);
		check_note("time %d", i);
		CHECK(strstr(d.sent + before, want[i]) != NULL);
		d.env.now_ms += pass_ms[i];
	}
	CHECK_INT(d.connects, 2);
	drive_close(&d);
}

/* ---- what is kept ---- */

static void keeps_what_it_may(void)
{
	static const char get[] = GET_11 "\r\n",
			  get_x_2[] = "GET http://origin/x?2 HTTP/1.1\r\nHost: a\r\n\r\n",
			  head[] = "HEAD http://origin/x HTTP/1.1\r\nHost: a\r\n\r\n";
	static const struct { const char *first, *second, *origin; unsigned asks, asks_lab; } cases[] = {
		{ get, get, OK_5, 1, 1 },
		{ get, get_x_2, OK_5, 2, 2 },
		{ get, get, "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", 1, 1 },
		{ get, get, "HTTP/1.0 404 No\r\nContent-Length: 0\r\n\r\n", 2, 2 },
		{ get, get, "HTTP/1.0 206 Part\r\nContent-Length: 0\r\n\r\n", 2, 2 },
		{ get, get, "HTTP/1.0 301 There\r\nContent-Length: 0\r\n\r\n", 2, 2 },
		{ get, get, "HTTP/1.0 204 None\r\n\r\n", 2, 2 },
		{ head, get, "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", 2, 2 },
		{ get, head, "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", 1, 1 },
		{ get, get, "HTTP/1.0 200 OK\r\nCache-Control: no-store\r\nContent-Length: 0\r\n\r\n", 2, 1 },
		{ get, get, "HTTP/1.0 200 OK\r\nCache-Control: private\r\nContent-Length: 0\r\n\r\n", 2, 1 },
		{ get, get, "HTTP/1.0 200 OK\r\nCache-Control: max-age=0\r\nContent-Length: 0\r\n\r\n", 2, 1 },
		{ get, get, "HTTP/1.0 200 OK\r\nVary: Accept\r\nContent-Length: 0\r\n\r\n", 2, 1 },
		{ get, GET_11 "Authorization: x\r\n\r\n", OK_5, 2, 1 },
		{ GET_11 "Authorization: x\r\n\r\n", get, OK_5, 2, 1 },
		{ GET_11 "Cache-Control: no-store\r\n\r\n", get, OK_5, 2, 1 },
		{ get, GET_11 "Cache-Control: no-store\r\n\r\n", OK_5, 1, 1 },
		{ get, GET_11 "Cache-Control: no-cache\r\n\r\n", OK_5, 2, 1 },
		{ GET_11 "Cache-Control: no-cache\r\n\r\n", get, OK_5, 1, 1 },
		{ get, GET_11 "Pragma: no-cache\r\n\r\n", OK_5, 2, 1 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		CHECK_INT(asks(cases[i].first, cases[i].second, cases[i].origin), cases[i].asks);
		proxy_wanted.lab = true;
		CHECK_INT(asks(cases[i].first, cases[i].second, cases[i].origin), cases[i].asks_lab);
		proxy_wanted.lab = false;
	}
}

/* No origin is asked, whatever the lab wants kept; answers before it are sent as ever. */
static void only_if_cached(void)
{
#define ONLY GET_11 "Cache-Control: only-if-cached"
#define NOT_THERE "it is not in the cache, and nobody else was to be asked"
	static char after_a_miss[1024];
	const char *none = proxy_error("HTTP/1.1 504 Gateway Timeout", NOT_THERE);
	snprintf(after_a_miss, sizeof after_a_miss, MISSED "%s", none);
	proxy_talk(ONLY "\r\n\r\n", OK_5, "", none);
	proxy_talk(GET_11 "\r\n" ONLY "\r\n\r\n", OK_5, ASK_11, MISSED FOUND);
	proxy_talk(GET_11 "\r\n" ONLY ", no-cache\r\n\r\n", OK_5, ASK_11, after_a_miss);
	proxy_wanted.lab = true;
	proxy_talk(ONLY "\r\n\r\n", OK_5, "", none);
	proxy_talk(GET_11 "\r\n" ONLY ", no-cache\r\n\r\n", OK_5, ASK_11, MISSED FOUND);
	proxy_wanted.lab = false;
}

/* A limit may show at once, or when it is too late for the head: the client gets the whole body in any case. */
static void large_bodies_are_passed_on_but_not_kept(void)
{
	proxy_wanted.object_bytes = 4;
	proxy_talk(GET_11 "\r\n", OK_5, ASK_11, MISSED);
	CHECK_INT(asks(GET_11 "\r\n", GET_11 "\r\n", OK_5), 2);
	CHECK_INT(asks(GET_11 "\r\n", GET_11 "\r\n", "HTTP/1.0 200 OK\r\n\r\nhello"), 2);
	CHECK_INT(asks(GET_11 "\r\n", GET_11 "\r\n", "HTTP/1.0 200 OK\r\n\r\nhell"), 1);
	proxy_wanted.object_bytes = 5;
	CHECK_INT(asks(GET_11 "\r\n", GET_11 "\r\n", OK_5), 1);
	proxy_wanted.object_bytes = 0;
}

static void the_least_recently_used_one_goes(void)
{
	struct drive_origin origins[] = {{.bytes = OK_5}, {.bytes = OK_5}, {.bytes = OK_5}, {.bytes = OK_5}};
	struct drive d;
	proxy_wanted.cache_bytes = 10;
#define ASKS(name) "GET http://" name "/ HTTP/1.1\r\nHost: a\r\n\r\n"
	say(&d, ASKS("a") ASKS("b") ASKS("a") ASKS("c") ASKS("a") ASKS("b"), origins, 4);
	CHECK_INT(d.connects, 4); /* a, b, c, and b again */
	CHECK_INT(lru_count(proxy_config.cache).evictions, 2);
	CHECK_INT(lru_count(proxy_config.cache).bytes, 10);
	drive_close(&d);
	proxy_wanted.cache_bytes = 0;
}

/* ---- errors of the client ---- */

static void refuses_what_it_cannot_do(void)
{
	static const char bad[] = "HTTP/1.1 400 Bad Request", loop[] = "HTTP/1.1 508 Loop Detected";
	static const struct { const char *in, *line, *why;
	} cases[] = {
		{"GET /x HTTP/1.1\r\nHost: a\r\n\r\n", bad,
		 "this is a proxy: ask for a whole address, http://host/path"},
		{"GET http://a:0/ HTTP/1.1\r\nHost: a\r\n\r\n", bad, "no one can listen on port 0"},
		{"CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", "HTTP/1.1 501 Not Implemented",
		 "no tunnels are made here, so no https"},
		{GET_11 "Via: 1.1 a, 1.0 " NAME "\r\n\r\n", loop, "the request has been here before (Via)"},
		{"GET /x HTTP/1.1\r\nHost: me\r\nVia: 1.0 " NAME "\r\n\r\n", loop,
		 "the request has been here before (Via)"},
		{"GET http://127.0.0.1:8888/x HTTP/1.1\r\nHost: a\r\n\r\n", loop,
		 "that address is this proxy's own"},
		{"GET http://LOCALHOST:8888/x HTTP/1.1\r\nHost: a\r\n\r\n", loop,
		 "that address is this proxy's own"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *want = proxy_error(cases[i].line, cases[i].why);
		struct drive_dialogue c = proxy_dialogue(cases[i].in, NULL, 0);
		note_text(cases[i].in);
		drive_all_ways(&c, want, strlen(want));
	}
}

/* The parser's errors end the connection. */
static void refuses_what_it_cannot_read(void)
{
	static const struct { const char *in, *begin, *end;
	} cases[] = {
		{"GET https://a/ HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 400 ",
		 "https is not spoken here, only http\n"},
		{"GET http://u:p@a/ HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 400 ",
		 "the address is malformed\n"},
		{"GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 400 ",
		 "an address begins with http://\n"},
		{"BREW http://a/ HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 501 ",
		 "this method is not known here\n"},
		{"GET http://a/ HTTP/1.1\r\n\r\n", "HTTP/1.1 400 ", "no Host\n"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct drive d;
		note_text(cases[i].in);
		say(&d, cases[i].in, NULL, 0);
		size_t end = strlen(cases[i].end);
		CHECK(strncmp(d.sent, cases[i].begin, strlen(cases[i].begin)) == 0);
		CHECK(strstr(d.sent, "Connection: close\r\n") != NULL);
		CHECK(d.n_sent > end && strcmp(d.sent + d.n_sent - end, cases[i].end) == 0);
		drive_close(&d);
	}
}

static void other_methods_have_a_list_of_ours(void)
{
	static const char *const methods[] = { "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE" };
	for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
		char in[200];
		struct drive d;
		snprintf(in, sizeof in, "%s http://a/ HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc%s",
			 methods[i], "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
		check_note("%s", methods[i]);
		say(&d, in, NULL, 0);
		CHECK(strncmp(d.sent, "HTTP/1.1 405 ", 13) == 0 && strstr(d.sent, "\r\nAllow: GET, HEAD\r\n"));
		CHECK_INT(d.answers, 2); /* the body was discarded, the next request is read */
		drive_close(&d);
	}
}

/* But not for ever. */
static void goes_in_circles_if_it_is_told_to(void)
{
	static char in[2048] = "GET http://127.0.0.1:8888/x HTTP/1.0\r\nVia: 1.0 " NAME;
	static const struct drive_origin self = { .where = "127.0.0.1:8888", .bytes = OK_5 };
	struct drive d;
	proxy_wanted.allow_self = true;
	say(&d, "GET http://127.0.0.1:8888/x HTTP/1.1\r\nHost: a\r\nVia: 1.0 " NAME "\r\n\r\n", &self, 1);
	CHECK_INT(d.connects, 1);
	CHECK_STR(d.sent, MISSED);
	drive_close(&d);
	for (int i = 0; i < 40; i++)
		strcat(in, ", 1.0 " NAME);
	say(&d, strcat(in, "\r\n\r\n"), &self, 1);
	CHECK_INT(d.connects, 0);
	CHECK(strncmp(d.sent, "HTTP/1.1 508 ", 13) == 0);
	drive_close(&d);
	proxy_wanted.allow_self = false;
}

/* ---- the rest ---- */

static void counts(void)
{
	static const char want[] =
		"\"hits\": 2, \"misses\": 2, \"not_cached\": 1, \"hit_bytes\": 5, \"miss_bytes\": 7, "
		"\"cached_objects\": 1, "
		"\"cached_bytes\": 5, \"cache_size\": 1048576, \"evictions\": 0, \"workers\": ";
	static const struct drive_origin origins[] = {
		{ .bytes = OK_5 }, { .bytes = "HTTP/1.0 404 No\r\nContent-Length: 2\r\n\r\nno" } };
	struct drive d;
	say(&d,
	    GET_11 "\r\n" GET_11 "\r\nHEAD http://origin/x HTTP/1.1\r\nHost: a\r\n\r\n"
		   "GET http://origin/y HTTP/1.1\r\nHost: a\r\n\r\n"
		   "GET /proxy/status HTTP/1.1\r\nHost: a\r\n\r\n",
	    origins, 2);
	CHECK(strstr(d.sent, "Content-Type: application/json\r\n") != NULL);
	CHECK(strstr(d.sent, want) != NULL);
	CHECK(strstr(d.sent, "{\"service\": \"proxy\", ") != NULL);
	drive_close(&d);
	say(&d, "GET http://localhost:8888/proxy/status HTTP/1.0\r\n\r\n", NULL, 0);
	CHECK(strstr(d.sent, "{\"service\": \"proxy\", ") != NULL);
	drive_close(&d);
}

static void logs_what_was_answered(void)
{
	static const struct drive_origin origins[] = {
		{ .bytes = OK_5 }, { .connect = -ECONNREFUSED },
		{ .bytes = "HTTP/1.0 200 OK\r\nContent-Length: 6\r\n\r\nhello" } };
	static const char want[] =
		"127.0.0.1 - - [06/Nov/1994:08:49:37 +0000] \"GET http://origin/x HTTP/1.1\" 200 5 \"-\" "
		"\"-\"\n"
		"127.0.0.1 - - [06/Nov/1994:08:49:37 +0000] \"GET http://origin/x HTTP/1.1\" 200 5 \"-\" "
		"\"-\"\n"
		"127.0.0.1 - - [06/Nov/1994:08:49:37 +0000] \"GET http://a/ HTTP/1.1\" 502 34 \"-\" \"me\"\n"
		"127.0.0.1 - - [06/Nov/1994:08:49:37 +0000] \"GET http://b/ HTTP/1.0\" 200 5 \"-\" \"-\"\n";
	struct drive d;
	say(&d,
	    GET_11 "\r\n" GET_11 "\r\nGET http://a/ HTTP/1.1\r\nHost: a\r\nUser-Agent: me\r\n\r\n"
		   "GET http://b/ HTTP/1.0\r\n\r\n",
	    origins, 3);
	CHECK_STR(d.log.data, want);
	CHECK_INT(d.answers, 4);
	drive_close(&d);
}

/* While stopping, the last answer says that it is the last, a miss as well as a hit. */
static void a_stop_is_announced(void)
{
	static const struct drive_origin origin = { .bytes = OK_5 };
	static const char last[] = KEPT MISS "Content-Length: 5\r\nConnection: close\r\n\r\nhello";
	static const char hit[] = MISSED HIT_HEAD "Connection: close\r\n\r\nhello";
	struct drive_dialogue c = proxy_dialogue(GET_11 "\r\n", &origin, 1);
	c.then = THEN_STOP;
	drive_all_ways(&c, last, strlen(last));
	c.in = GET_11 "\r\n" GET_11 "\r\n";
	struct drive d;
	drive_cut(&d, &c, 0, 0);
	CHECK_STR(d.sent, hit);
	drive_close(&d);
}

int main(void)
{
	static const struct test tests[] = {
		TEST(the_second_time_it_is_a_hit), TEST(what_had_no_length_has_one_now),
		TEST(pipelined_hits_leave_together), TEST(a_hit_is_pinned_while_it_is_sent),
		TEST(objects_grow_old), TEST(keeps_what_it_may), TEST(only_if_cached),
		TEST(large_bodies_are_passed_on_but_not_kept), TEST(the_least_recently_used_one_goes),
		TEST(refuses_what_it_cannot_do), TEST(refuses_what_it_cannot_read),
		TEST(other_methods_have_a_list_of_ours), TEST(goes_in_circles_if_it_is_told_to),
		TEST(counts), TEST(logs_what_was_answered), TEST(a_stop_is_announced), { 0 },
	};
	int status = run_tests(tests);
	proxy_done();
	return status;
}
