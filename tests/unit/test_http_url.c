/* test_http_url.c - addresses and lists: taken apart, and put together by a Location.
 *
 * SPDX-License-Identifier: MIT */
#include "proto/http.h"

#include <stdlib.h>

#include "tests/unit/check.h"
#include "tests/unit/texts.h"

/* ---- addresses ---- */

static void splits_urls(void)
{
	static const struct {
		const char *url, *host;
		int         port;
		const char *rest, *path, *query;
	} cases[] = {
		{ "http://a", "a", -1, "", "/", NULL },
		{ "http://a:80/", "a", 80, "/", "/", NULL },
		{ "http://[::1]:9000/b?c#d", "::1", 9000, "/b?c", "/b", "c" },
		{ "http://127.0.0.1?c", "127.0.0.1", -1, "?c", "/", "c" },
		{ "http://a#b/c?d", "a", -1, "", "/", NULL },
		{ "HtTp://a/@b:c", "a", -1, "/@b:c", "/@b:c", NULL },
		{ "https://a/", NULL, 0, NULL, NULL, NULL },
		{ "http://", NULL, 0, NULL, NULL, NULL },
		{ "http:/a", NULL, 0, NULL, NULL, NULL },
		{ "a", NULL, 0, NULL, NULL, NULL },
		{ "http://a b/", NULL, 0, NULL, NULL, NULL },
		{ "http://[::1/", NULL, 0, NULL, NULL, NULL },
		{ "http://a:99999/", NULL, 0, NULL, NULL, NULL },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct http_url url;
		size_t len = strlen(cases[i].url);
		const char *why = http_split_url((struct http_text){ guarded(cases[i].url, len), len }, &url);
		note_text(cases[i].url);
		CHECK_INT(!why, cases[i].host != NULL);
		if (why || !cases[i].host)
			continue;
		CHECK_TEXT(url.host, cases[i].host);
		CHECK_INT(url.port, cases[i].port);
		CHECK_TEXT(url.rest, cases[i].rest);
		CHECK_TEXT(url.path, cases[i].path);
		CHECK_TEXT(url.query, cases[i].query ? cases[i].query : "");
	}
}

/* RFC 3986 section 5.4: what is normal, and what is not. */
static void resolves_references(void)
{
	static const char *const cases[][2] = {
		{ "http://g", "http://g/" },
		{ "g", "http://a/b/c/g" },
		{ "./g", "http://a/b/c/g" },
		{ "g/", "http://a/b/c/g/" },
		{ "/g", "http://a/g" },
		{ "//g", "http://g/" },
		{ "?y", "http://a/b/c/d;p?y" },
		{ "g?y", "http://a/b/c/g?y" },
		{ "#s", "http://a/b/c/d;p?q" },
		{ "g#s", "http://a/b/c/g" },
		{ "g?y#s", "http://a/b/c/g?y" },
		{ ";x", "http://a/b/c/;x" },
		{ "g;x?y#s", "http://a/b/c/g;x?y" },
		{ "", "http://a/b/c/d;p?q" },
		{ ".", "http://a/b/c/" },
		{ "./", "http://a/b/c/" },
		{ "..", "http://a/b/" },
		{ "../", "http://a/b/" },
		{ "../g", "http://a/b/g" },
		{ "../..", "http://a/" },
		{ "../../", "http://a/" },
		{ "../../g", "http://a/g" },
		{ "../../../g", "http://a/g" },
		{ "../../../../g", "http://a/g" },
		{ "/./g", "http://a/g" },
		{ "/../g", "http://a/g" },
		{ "g.", "http://a/b/c/g." },
		{ ".g", "http://a/b/c/.g" },
		{ "g..", "http://a/b/c/g.." },
		{ "..g", "http://a/b/c/..g" },
		{ "./../g", "http://a/b/g" },
		{ "./g/.", "http://a/b/c/g/" },
		{ "g/./h", "http://a/b/c/g/h" },
		{ "g/../h", "http://a/b/c/h" },
		{ "g;x=1/./y", "http://a/b/c/g;x=1/y" },
		{ "g;x=1/../y", "http://a/b/c/y" },
		{ "g?y/./x", "http://a/b/c/g?y/./x" },
		{ "g?y/../x", "http://a/b/c/g?y/../x" },
		{ "http://g:8/x/../y?z", "http://g:8/y?z" },
		{ "//g:8/x", "http://g:8/x" },
		{ "HTTP://g/", "http://g/" },
		{ "1:2", "http://a/b/c/1:2" },
		{ "/g//..", "http://a/g/" },
		{ "https://g/", NULL },
		{ "g:h", NULL },
		{ "http:g", NULL },
		{ "//", NULL },
		{ "///g", NULL },
		{ "http://u@g/", NULL },
		{ "g h", NULL },
		{ "g\x01", NULL },
		{ "g\xc3\xa4", NULL },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct http_url base;
		char data[200];
		size_t len = strlen(cases[i][0]);
		struct http_out out = { .data = data, .size = sizeof data };
		CHECK(!http_split_url(HTTP_TEXT("http://a/b/c/d;p?q"), &base));
		const char *why = http_resolve(&out, &base, (struct http_text){guarded(cases[i][0], len), len});
		note_text(cases[i][0]);
		CHECK_INT(!why, cases[i][1] != NULL);
		if (cases[i][1])
			CHECK_MEM(data, out.len, cases[i][1], strlen(cases[i][1]));
	}
}

/* A reference of any length, into a buffer of any size. */
static void resolving_is_bounded(void)
{
	char *reference = malloc(2 * HTTP_LINE_MAX), *data = malloc(HTTP_LINE_MAX);
	static const char *const starts[] = { "/", "g", "//g/", "http://g/", "?", "/../g/" };
	for (size_t i = 0; i < 6; i++)
		for (size_t n = HTTP_LINE_MAX - 40; n < HTTP_LINE_MAX + 40; n++) {
			struct http_url base;
			size_t len = fill_text(reference, starts[i], n, "");
			struct http_out out = { .data = data, .size = HTTP_LINE_MAX };
			http_split_url(HTTP_TEXT("http://a/b/c?d"), &base);
			const char *why = http_resolve(&out, &base, (struct http_text){ reference, len });
			CHECK(out.len <= HTTP_LINE_MAX && !why == (out.len > n));
		}
	free(reference);
	free(data);
}

static void walks_lists(void)
{
	struct http_text list = HTTP_TEXT("a, b\t,,c d ,"), element;
	static const char *const want[] = { "a", "b", "", "c d", "" };
	for (size_t i = 0; i < 5; i++) {
		CHECK(http_next_element(&list, &element));
		CHECK_TEXT(element, want[i]);
	}
	CHECK(!http_next_element(&list, &element));
	CHECK_INT(http_number(HTTP_TEXT("007")), 7);
	CHECK_INT(http_number(HTTP_TEXT("")), -1);
	CHECK_INT(http_number(HTTP_TEXT("1 ")), -1);
}

int main(void)
{
	static const struct test tests[] = {
		TEST(splits_urls), TEST(resolves_references), TEST(resolving_is_bounded), TEST(walks_lists),
		{ 0 },
	};
	return run_tests(tests);
}
