/* test_load_urls.c - lists of pages, the requests for them, and the bodies that they must have.
 *
 * SPDX-License-Identifier: MIT */
#include "bench/load_urls.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/load_config.h"
#include "bench/load_expect.h"
#include "bench/load_protocol.h"
#include "tests/unit/check.h"

static char folder[] = "/tmp/muxlab-urls-XXXXXX";

static const char *in_folder(const char *name)
{
	static char path[200];
	snprintf(path, sizeof path, "%s/%s", folder, name);
	return path;
}

static const char *write_file(const char *name, const char *text)
{
	const char *path = in_folder(name);
	FILE *out = fopen(path, "w");
	if (!out || fputs(text, out) < 0 || fclose(out))
		abort();
	return path;
}

static struct load_config config_for(const char *target)
{
	struct load_config config = { .pipeline = 1, .method = "GET" };
	char why[256];
	CHECK_INT(load_target_parse(&config, target, why, sizeof why), 0);
	return config;
}

/* The list that this text is. What was wrong with it stands in `why`. */
static int open_list(struct load_urls *urls, const struct load_config *config, const char *text, char *why,
		     size_t size)
{
	return load_urls_open(urls, config, write_file("list", text), 0, why, size);
}

static void paths_and_urls(void)
{
	static const char list[] =
		"/a?b=c#d\n\n# none\n  /../x%20y \r\nhttp://h:8080\nhttp://h:8080?q\nhttp://h:8080/z";
	static const char *const paths[] = { "/a?b=c", "/../x%20y", "/", "/?q", "/z" };
	struct load_config config = config_for("http://h:8080/");
	struct load_urls urls;
	char why[256] = "", want[100];
	CHECK_INT(open_list(&urls, &config, list, why, sizeof why), 0);
	config.urls = &urls;
	CHECK_INT(urls.n, 5);
	for (unsigned i = 0; i < urls.n && i < 5; i++) {
		check_note("URL %u", i);
		CHECK_STR(load_url_path(&config, i), paths[i]);
		snprintf(want, sizeof want, "http://h:8080%s", paths[i]);
		CHECK_STR(load_url_address(&config, i), want);
		int n = snprintf(want, sizeof want, "GET %s HTTP/1.1\r\nHost: h:8080\r\n\r\n", paths[i]);
		CHECK_MEM(urls.requests.data + urls.request_at[i], urls.request_at[i + 1] - urls.request_at[i],
			  want, (size_t)n);
	}
	check_note("%s", "");
	load_urls_close(&urls);
}

static void lists_that_are_wrong(void)
{
	static const struct { const char *text, *says; } cases[] = {
		{ "", "has no line" }, { "# x\n\n", "has no line" }, { "/a\nb\n", "line 2" },
		{ "/a b\n", "space" }, { "/a\n\n/\x01\n", "line 3" }, { "https://h:8080/\n", "https" },
		{ "http://h:8080@x/\n", "malformed" }, { "http://other/\n", "another server" },
		{ "http://h:80801/\n", "malformed" }, { "http://h:8080/\nhttp://h:8080x/\n", "line 2" },
	};
	struct load_config config = config_for("http://h:8080/");
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct load_urls urls;
		char why[256] = "";
		check_note("list %zu", i);
		CHECK_INT(open_list(&urls, &config, cases[i].text, why, sizeof why), -1);
		CHECK(strstr(why, cases[i].says) != NULL);
		load_urls_close(&urls);
	}
	check_note("%s", "");
}

static void a_proxy_is_asked_for_any_server(void)
{
	static const char want[] = "GET http://other/a HTTP/1.1\r\nHost: other\r\n\r\n";
	struct load_config config = config_for("http://h:8080/");
	struct load_urls urls;
	char why[256] = "";
	config.proxy = "127.0.0.1:3128";
	CHECK_INT(open_list(&urls, &config, "http://other/a\n", why, sizeof why), 0);
	CHECK_MEM(urls.requests.data, urls.requests.len, want, sizeof want - 1);
	load_urls_close(&urls);
}

static void a_long_list(void)
{
	enum { N = 5000 };
	struct load_config config = config_for("http://h/");
	struct load_text text = { 0 };
	struct load_urls urls;
	char line[32], why[256];
	for (int i = 0; i < N; i++)
		load_text_put(&text, line, (size_t)snprintf(line, sizeof line, "/%d\n", i));
	load_text_put(&text, "", 1);
	CHECK_INT(open_list(&urls, &config, text.data, why, sizeof why), 0);
	config.urls = &urls;
	CHECK_INT(urls.n, N);
	int wrong = 0;
	for (unsigned i = 0; i < N; i++) {
		snprintf(line, sizeof line, "/%u", i);
		wrong += strcmp(load_url_path(&config, i), line) != 0;
	}
	CHECK_INT(wrong, 0);
	load_urls_close(&urls);
	load_text_free(&text);
}

/* The script's requests are the list's, and are not freed with it; the choice depends on the seed alone. */
static void a_script_borrows_them(void)
{
	struct load_config config = config_for("http://h/");
	struct load_urls urls;
	struct load_script a, b;
	char why[256];
	CHECK_INT(open_list(&urls, &config, "/a\n/b\n/c\n/d\n/e\n/f\n/g\n/h\n", why, sizeof why), 0);
	config.urls = &urls;
	CHECK_INT(load_script_open(&a, &config, 1, 7), 0);
	CHECK_INT(load_script_open(&b, &config, 1, 7), 0);
	CHECK_INT(a.n_steps, 8);
	CHECK(a.requests == urls.requests.data && a.request_at == urls.request_at);
	for (unsigned i = 0; i < 20; i++)
		CHECK_INT(load_script_first(&a, i), load_script_first(&b, 0));
	load_script_close(&a);
	load_script_close(&b);
	load_urls_close(&urls);
}

/* Another page's redirect is wrong, though its head has been seen and was right. */
static void a_redirect_must_fit_its_page(void)
{
	static const char answer[] = "HTTP/1.1 301 M\r\nLocation: http://s/a\r\nContent-Length: 0\r\n\r\n";
	struct load_config config = config_for("http://h/");
	struct load_urls urls;
	struct load_script script;
	struct load_reader reader = { 0 };
	char why[256];
	size_t used;
	CHECK_INT(open_list(&urls, &config, "/a\n/b\n", why, sizeof why), 0);
	config.urls = &urls;
	CHECK_INT(load_script_open(&script, &config, 1, 1), 0);
	for (unsigned step = 0; step < 2; step++) {
		load_reader_start(&reader, step);
		CHECK_INT(load_http.check(&script, &reader, answer, sizeof answer - 1, &used),
			  step == 0 ? LOAD_RIGHT : LOAD_WRONG);
	}
	load_reader_free(&reader);
	load_script_close(&script);
	load_urls_close(&urls);
}

static void fields_stay_with_the_first_server(void)
{
	static const char want[] = "GET /a HTTP/1.1\r\nHost: s:1\r\nX-Mine: 1\r\n\r\n";
	struct load_config config = config_for("http://h/");
	struct load_text text = { 0 };
	const struct load_request request = { "s:1", 3, "/a", 2, true };
	config.headers[0] = "host: h";
	config.headers[1] = "Authorization: Basic eDp5";
	config.headers[2] = "COOKIE: a=b";
	config.headers[3] = "X-Mine: 1";
	config.n_headers = 4;
	CHECK_INT(load_request_put(&text, &config, &request), 0);
	CHECK_MEM(text.data, text.len, want, sizeof want - 1);
	load_text_free(&text);
}

/* ---- bodies ---- */

static void a_file_for_all(void)
{
	struct load_config config = config_for("http://h/");
	struct load_expect expect;
	char why[512];
	CHECK_INT(load_expect_open(&expect, &config, write_file("body", "hello"), why, sizeof why), 0);
	CHECK_MEM(load_expect_of(&expect, 3)->data, load_expect_of(&expect, 3)->len, "hello", 5);
	load_expect_close(&expect);
	CHECK_INT(load_expect_open(&expect, &config, in_folder("missing"), why, sizeof why), -1);
	CHECK(strstr(why, "missing") != NULL);
	load_expect_close(&expect);
}

static void a_folder_for_each(void)
{
	struct load_config config = config_for("http://h/");
	struct load_urls urls;
	struct load_expect expect;
	char why[512];
	mkdir(in_folder("pages"), 0700);
	write_file("pages/a", "AAA");
	write_file("pages/index.html", "");
	CHECK_INT(open_list(&urls, &config, "/a?x\n/\n", why, sizeof why), 0);
	config.urls = &urls;
	CHECK_INT(load_expect_open(&expect, &config, in_folder("pages"), why, sizeof why), 0);
	CHECK_MEM(load_expect_of(&expect, 0)->data, load_expect_of(&expect, 0)->len, "AAA", 3);
	CHECK_INT(load_expect_of(&expect, 1)->len, 0);
	load_expect_close(&expect);
	unlink(in_folder("pages/a"));
	CHECK_INT(load_expect_open(&expect, &config, in_folder("pages"), why, sizeof why), -1);
	CHECK(strstr(why, "pages/a") != NULL);
	load_expect_close(&expect);
	load_urls_close(&urls);
}

static void clean_up(void)
{
	static const char *const names[] = { "list", "body", "pages/a", "pages/index.html" };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		unlink(in_folder(names[i]));
	rmdir(in_folder("pages"));
	rmdir(folder);
}

int main(void)
{
	static const struct test tests[] = {
		TEST(paths_and_urls), TEST(lists_that_are_wrong), TEST(a_proxy_is_asked_for_any_server),
		TEST(a_long_list), TEST(a_script_borrows_them), TEST(a_redirect_must_fit_its_page),
		TEST(fields_stay_with_the_first_server), TEST(a_file_for_all), TEST(a_folder_for_each), { 0 },
	};
	if (!mkdtemp(folder))
		return 1;
	int status = run_tests(tests);
	clean_up();
	return status;
}
