/* test_proxy.c - heads on their way through the proxy, as tables: what is asked, what is passed back, what is
 * kept.
 *
 * SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <string.h>

#include "servers/proxy_forward.h"
#include "tests/unit/check.h"
#include "tests/unit/texts.h"

#define NAME "muxlab-1"

enum { OUT = 64 << 10 };

static char out_text[OUT];

static struct http_out empty_out(void)
{
	return (struct http_out){ .data = out_text, .size = sizeof out_text };
}

/* A head in memory that ends before an unreadable page. */
static struct http_request request_of(const char *head)
{
	struct http_request r;
	size_t len = strlen(head);
	CHECK_INT(http_parse_request(&r, guarded(head, len), len), len);
	return r;
}

static struct http_response response_of(const char *head)
{
	struct http_response r;
	size_t len = strlen(head);
	CHECK_INT(http_parse_response(&r, guarded(head, len), len), len);
	return r;
}

/* ---- what the origin is asked ---- */

#define LAB                                                                                                    \
	"User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:10.0.3) Gecko/20120305 Firefox/10.0.3\r\n"             \
	"Connection: close\r\nProxy-Connection: close\r\n"
#define VIA_11 "Via: 1.1 " NAME "\r\n"
#define VIA_10 "Via: 1.0 " NAME "\r\n"

static void asks_the_origin(void)
{
	static const struct { const char *in, *want;
	} cases[] = {
		{"GET http://a/ HTTP/1.0\r\n\r\n", "GET / HTTP/1.0\r\nHost: a\r\n" LAB VIA_10 "\r\n"},
		{"GET http://a HTTP/1.1\r\nHost: a\r\n\r\n", "GET / HTTP/1.0\r\nHost: a\r\n" LAB VIA_11 "\r\n"},
		{"GET http://a?q HTTP/1.1\r\nHost: a\r\n\r\n",
		 "GET /?q HTTP/1.0\r\nHost: a\r\n" LAB VIA_11 "\r\n"},
		{"HEAD http://A.b:8080/x/y?q=1&r HTTP/1.1\r\nHost: a\r\n\r\n",
		 "HEAD /x/y?q=1&r HTTP/1.0\r\nHost: A.b:8080\r\n" LAB VIA_11 "\r\n"},
		{"GET HTTP://a:80/ HTTP/1.0\r\n\r\n", "GET / HTTP/1.0\r\nHost: a\r\n" LAB VIA_10 "\r\n"},
		{"GET http://a:/ HTTP/1.0\r\n\r\n", "GET / HTTP/1.0\r\nHost: a\r\n" LAB VIA_10 "\r\n"},
		{"GET http://[::1]:81/ HTTP/1.0\r\n\r\n",
		 "GET / HTTP/1.0\r\nHost: [::1]:81\r\n" LAB VIA_10 "\r\n"},
		{"GET http://[::1]/ HTTP/1.0\r\n\r\n", "GET / HTTP/1.0\r\nHost: [::1]\r\n" LAB VIA_10 "\r\n"},
		/* the target says which host, whatever Host says (RFC 9112 section 3.2.2) */
		{"GET http://a/ HTTP/1.1\r\nHost: other\r\n\r\n",
		 "GET / HTTP/1.0\r\nHost: a\r\n" LAB VIA_11 "\r\n"},
		/* end-to-end fields pass, in their order and with their case; ours replace theirs */
		{"GET http://a/ HTTP/1.1\r\nHost: a\r\nUser-Agent: x\r\nAccept:  */* \r\nCookie: b=c\r\n"
		 "X-Own:\r\nif-none-match: \"e\"\r\n\r\n",
		 "GET / HTTP/1.0\r\nHost: a\r\n" LAB "Accept: */*\r\nCookie: b=c\r\nX-Own: \r\n"
		 "if-none-match: \"e\"\r\n" VIA_11 "\r\n"},
		/* hop-by-hop ones do not, nor what belongs to a body */
		{"GET http://a/ HTTP/1.1\r\nHost: a\r\nconnection: keep-alive\r\nKeep-Alive: timeout=5\r\n"
		 "Proxy-Connection: keep-alive\r\nTE: trailers\r\nTrailer: X\r\nUpgrade: h2c\r\n"
		 "Proxy-Authorization: Basic eA==\r\nContent-Length: 0\r\nExpect: 100-continue\r\nA: b\r\n\r\n",
		 "GET / HTTP/1.0\r\nHost: a\r\n" LAB "A: b\r\n" VIA_11 "\r\n"},
		/* nor those that Connection names, in whatever case, in several lines, even before it */
		{"GET http://a/ HTTP/1.1\r\nHost: a\r\nX-One: 1\r\nConnection: x-one, ,close\r\nX-Two: 2\r\n"
		 "Connection: X-TWO\r\nX-Twofold: 3\r\n\r\n",
		 "GET / HTTP/1.0\r\nHost: a\r\n" LAB "X-Twofold: 3\r\n" VIA_11 "\r\n"},
		/* but our own lines stay, whatever is named */
		{"GET http://a/ HTTP/1.1\r\nHost: a\r\nConnection: host, via, user-agent\r\n\r\n",
		 "GET / HTTP/1.0\r\nHost: a\r\n" LAB VIA_11 "\r\n"},
		{"GET http://a/ HTTP/1.0\r\nVia: 1.1 other\r\n\r\n",
		 "GET / HTTP/1.0\r\nHost: a\r\n" LAB "Via: 1.1 other\r\n" VIA_10 "\r\n"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct http_request r = request_of(cases[i].in);
		struct http_out out = empty_out();
		struct proxy_wish w;
		note_text(cases[i].in);
		CHECK(!proxy_read_wish(&w, &r, NAME));
		CHECK(!proxy_put_request(&out, &w, &r, NAME));
		CHECK_MEM(out.data, out.len, cases[i].want, strlen(cases[i].want));
	}
}

static void connection_cannot_name_everything(void)
{
	char head[2048] = "GET http://a/ HTTP/1.0\r\nConnection: close";
	for (int i = 0; i < PROXY_OPTIONS_MAX; i++)
		strcat(head, ", x, keep-alive, te");
	char more[2048];
	strcpy(more, head);
	strcat(head, "\r\n\r\n");
	strcat(more, ", x\r\n\r\n");
	struct http_request r = request_of(head), s = request_of(more);
	struct http_out out = empty_out();
	struct proxy_wish w;
	CHECK(!proxy_read_wish(&w, &r, NAME));
	CHECK(!proxy_put_request(&out, &w, &r, NAME));
	CHECK(proxy_put_request(&out, &w, &s, NAME) != NULL);
}

/* ---- names ---- */

static void names_origins_and_objects(void)
{
	static const struct { const char *url, *key, *where; } cases[] = {
		{ "http://a", "a:80/", "a:80" },
		{ "http://A.Example/Path?Q", "a.example:80/Path?Q", "A.Example:80" },
		{ "http://a:080/", "a:80/", "a:80" },
		{ "http://a:8080/?", "a:8080/?", "a:8080" },
		{ "http://[FE80::1]:81/x", "[fe80::1]:81/x", "[FE80::1]:81" },
		{ "http://a?b", "a:80/?b", "a:80" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char head[256] = "GET ";
		strcat(strcat(head, cases[i].url), " HTTP/1.0\r\n\r\n");
		struct http_request r = request_of(head);
		struct http_out key = empty_out();
		char where_text[300];
		struct http_out where = { .data = where_text, .size = sizeof where_text };
		struct proxy_wish w;
		CHECK(!proxy_read_wish(&w, &r, NAME));
		proxy_put_key(&key, &w, &r);
		CHECK_MEM(key.data, key.len, cases[i].key, strlen(cases[i].key));
		proxy_put_where(&where, &w);
		CHECK_STR(where_text, cases[i].where);
	}
}

static void some_hosts_are_none(void)
{
	char head[1024] = "GET http://";
	struct proxy_wish w;
	struct http_request r = request_of("GET http://a:0/ HTTP/1.0\r\n\r\n");
	CHECK(proxy_read_wish(&w, &r, NAME) != NULL);
	memset(head + strlen(head), 'a', PROXY_HOST_MAX);
	r = request_of(strcat(head, "/ HTTP/1.0\r\n\r\n"));
	CHECK(!proxy_read_wish(&w, &r, NAME));
	memset(head, 0, sizeof head);
	strcpy(head, "GET http://");
	memset(head + strlen(head), 'a', PROXY_HOST_MAX + 1);
	r = request_of(strcat(head, "/ HTTP/1.0\r\n\r\n"));
	CHECK(proxy_read_wish(&w, &r, NAME) != NULL);
}

static void reads_wishes(void)
{
	static const struct { const char *fields; bool no_store, fresh, authorized, looped, only; } cases[] = {
		{ "", false, false, false, false, false },
		{ "Cache-Control: max-age=60\r\nAccept: no-store\r\n", false, false, false, false, false },
		{ "Cache-Control: a, No-Store\r\n", true, false, false, false, false },
		{ "cache-control: no-cache\r\n", false, true, false, false, false },
		{ "Cache-Control: max-age=0\r\n", false, true, false, false, false },
		{ "Pragma: no-cache\r\n", false, true, false, false, false },
		{ "Authorization: Basic eA==\r\n", false, false, true, false, false },
		{ "Via: 1.1 other, 1.0 muxlab-2 (x)\r\n", false, false, false, false, false },
		{ "Via: 1.1 other\r\nVia: 1.0 x,1.0 " NAME " (x)\r\n", false, false, false, true, false },
		{ "Cache-Control: only-if-cached\r\n", false, false, false, false, true },
		{ "Cache-Control: max-age=9,\tOnly-If-Cached, no-store\r\n", true, false, false, false, true },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char head[512] = "GET http://a/ HTTP/1.0\r\n";
		struct http_request r = request_of(strcat(strcat(head, cases[i].fields), "\r\n"));
		struct proxy_wish w;
		note_text(cases[i].fields);
		CHECK(!proxy_read_wish(&w, &r, NAME));
		CHECK_INT(w.no_store, cases[i].no_store);
		CHECK_INT(w.fresh, cases[i].fresh);
		CHECK_INT(w.authorized, cases[i].authorized);
		CHECK_INT(w.seen_before, cases[i].looped);
		CHECK_INT(w.only_cached, cases[i].only);
	}
}

static void too_many_proxies_are_a_loop(void)
{
	char head[2048] = "GET http://a/ HTTP/1.0\r\n";
	struct proxy_wish w;
	for (int i = 0; i < PROXY_VIA_MAX; i++)
		strcat(head, i % 2 ? ", 1.1 b" : i ? "\r\nVia: 1.1 a" : "Via: 1.1 a");
	char more[2048];
	strcpy(more, head);
	struct http_request r = request_of(strcat(head, "\r\n\r\n"));
	CHECK(!proxy_read_wish(&w, &r, NAME) && !w.too_far && !w.seen_before);
	r = request_of(strcat(more, "\r\nVia: 1.1 a\r\n\r\n"));
	CHECK(!proxy_read_wish(&w, &r, NAME) && w.too_far);
}

/* ---- what the client gets ---- */

#define DATE "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"

static void passes_answers_back(void)
{
	static const struct { const char *in, *want;
	} cases[] = {
		{"HTTP/1.0 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\n" DATE VIA_10},
		{"HTTP/1.1 404 What ever\r\nDate: then\r\nA: b\r\n\r\n",
		 "HTTP/1.1 404 What ever\r\nDate: then\r\nA: b\r\n" VIA_11},
		{"HTTP/1.1 200\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n\r\n",
		 "HTTP/1.1 200 \r\nSet-Cookie: a\r\nSet-Cookie: b\r\n" DATE VIA_11},
		{"HTTP/1.1 200 OK\r\nConnection: close, x-Hop\r\nX-hop: 1\r\nKeep-Alive: 5\r\nContent-Length: "
		 "4\r\n"
		 "Proxy-Authenticate: Basic\r\nUpgrade: h2\r\nProxy-Connection: close\r\nX-Cache: HIT\r\nAge: "
		 "4\r\n"
		 "ETag: \"e\"\r\nVia: 1.1 other\r\n\r\n",
		 "HTTP/1.1 200 OK\r\nETag: \"e\"\r\nVia: 1.1 other\r\n" DATE VIA_11},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: x\r\n\r\n",
		 "HTTP/1.1 200 OK\r\n" DATE VIA_11},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct http_response r = response_of(cases[i].in);
		struct http_out out = empty_out();
		note_text(cases[i].in);
		CHECK(!proxy_put_response(&out, &r, NAME, 784111777));
		CHECK_MEM(out.data, out.len, cases[i].want, strlen(cases[i].want));
	}
}

static void knows_how_long_to_keep(void)
{
	enum { NOW = 784111777, FOR_EVER = -1 };
	static const struct { const char *fields; int64_t left_s, age_s; } cases[] = {
		{ "", FOR_EVER, 0 },
		{ "Cache-Control: public\r\n", FOR_EVER, 0 },
		{ "Cache-Control: no-store\r\n", 0, 0 },
		{ "Cache-Control: NO-STORE\r\n", 0, 0 },
		{ "Cache-Control: x, private\r\n", 0, 0 },
		{ "Cache-Control: private=\"a, b\"\r\n", 0, 0 },
		{ "Cache-Control: max-age=60\r\nCache-Control: no-cache\r\n", 0, 0 },
		{ "Cache-Control: max-age=60\r\n", 60, 0 },
		{ "Cache-Control: max-age=\"60\"\r\n", 60, 0 },
		{ "Cache-Control: max-age=60, s-maxage=10\r\n", 10, 0 },
		{ "Cache-Control: s-maxage=0\r\n", 0, 0 },
		{ "Cache-Control: max-age=never\r\n", 0, 0 },
		{ "Cache-Control: max-age=-1\r\n", 0, 0 },
		{ "Cache-Control: max-age=60\r\nAge: 20\r\n", 40, 20 },
		{ "Age: 61\r\nCache-Control: max-age=60\r\n", 0, 61 },
		{ "Age: x\r\n", FOR_EVER, 0 },
		{ "Vary: *\r\n", 0, 0 },
		{ "Vary: Accept-Encoding\r\nCache-Control: max-age=60\r\n", 0, 0 },
		{ "Set-Cookie: a=b\r\n", 0, 0 },
		{ "Expires: 0\r\n", 0, 0 },
		{ "Expires: Sun, 06 Nov 1994 08:50:37 GMT\r\n", 60, 0 },
		{ "Expires: Sun, 06 Nov 1994 08:48:37 GMT\r\n", 0, 0 },
		{ "Expires: Sun, 06 Nov 1994 09:50:00 GMT\r\nDate: Sun, 06 Nov 1994 09:49:37 GMT\r\n", 23, 0 },
		{ "Expires: Sun, 06 Nov 1994 08:50:37 GMT\r\nCache-Control: max-age=5\r\n", 5, 0 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char head[512] = "HTTP/1.1 200 OK\r\n";
		struct http_response r = response_of(strcat(strcat(head, cases[i].fields), "\r\n"));
		struct proxy_life life = proxy_life_of(&r, NOW);
		note_text(cases[i].fields);
		CHECK_INT(life.no_end ? FOR_EVER : life.left_s, cases[i].left_s);
		CHECK_INT(life.age_s, cases[i].age_s);
	}
}

int main(void)
{
	static const struct test tests[] = {
		TEST(asks_the_origin), TEST(connection_cannot_name_everything),
		TEST(names_origins_and_objects), TEST(some_hosts_are_none),
		TEST(reads_wishes), TEST(too_many_proxies_are_a_loop),
		TEST(passes_answers_back), TEST(knows_how_long_to_keep), { 0 },
	};
	return run_tests(tests);
}
