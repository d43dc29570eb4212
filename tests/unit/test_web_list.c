/* test_web_list.c - the web server and folders: redirects to them, their index, the page of their names.
 *
 * SPDX-License-Identifier: MIT */
#include "servers/web.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/check.h"
#include "tests/unit/drive.h"
#include "tests/unit/texts.h"

#define H         "Host: a\r\n"
#define GET(path) "GET " path " HTTP/1.1\r\n" H "\r\n"
#define DATE      "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
#define SAYS(status, n) "HTTP/1.1 " status "\r\n" DATE "Content-Type: text/plain\r\nContent-Length: " n "\r\n"
#define NOT_FOUND SAYS("404 Not Found", "49") "\r\nThe requested file was not found on this server.\n"
#define NO_LIST   SAYS("403 Forbidden", "40") "\r\nThe names in this folder are not shown.\n"
#define TO(path)  SAYS("301 Moved Permanently", "32") "Location: " path "\r\n\r\n" \
		  "This is a folder: see Location.\n"
#define INDEX     "HTTP/1.1 200 OK\r\n" DATE "Content-Type: text/html; charset=utf-8\r\nContent-Length: 6\r\n" \
		  "Last-Modified: Thu, 01 Jan 1970 00:00:00 GMT\r\nETag: \"0-6-0\"\r\n" \
		  "Accept-Ranges: bytes\r\n\r\nindex\n"

#define FOLDER(name, ...) { .path = (name), .file = { .directory = true, __VA_ARGS__ } }
#define FILE(name)        { .path = (name), .file = { .body = "index\n" } }
#define NAMES(text)       .body = (text), .body_len = sizeof(text) - 1

static const struct web_config listing = { .root = ".", .list = true };

static struct drive_dialogue dialogue(const struct drive_file *files, bool list, const char *in)
{
	return (struct drive_dialogue){ .service = &web_service, .files = files, .in = in,
					.config = list ? &listing : NULL };
}

static void check_answers_of(const struct drive_file *files, bool list, const char *in, const char *want)
{
	struct drive_dialogue c = dialogue(files, list, in);
	note_text(in);
	drive_all_ways(&c, want, strlen(want));
	c.scratch_len = DRIVE_SCRATCH_LEAST;
	drive_all_ways(&c, want, strlen(want));
	note_text("");
}

/* ---- folders and their index ---- */

static const struct drive_file tree[] = {
	FOLDER(".", NAMES("a\0with/\0")), FOLDER("with"), FILE("with/index.html"), FOLDER("none", NAMES("x\0")),
	FOLDER("evil.example"), FOLDER("\\evil.example"), FOLDER("x\r\nSet-Cookie: y"), FOLDER("a b?c#d%e"),
	FOLDER("odd", NAMES("")), FOLDER("odd/index.html"), FOLDER("locked"),
	{ .path = "locked/index.html", .error = -EACCES }, { .path = "shut", .error = -EACCES },
	{ .path = "shut/index.html", .error = -EACCES }, FOLDER(".git"), FILE(".git/index.html"), { 0 },
};

static void check_answers(const char *in, const char *want)
{
	check_answers_of(tree, false, in, want);
}

static void folders_end_in_a_slash(void)
{
	check_answers(GET("/with"), TO("/with/"));
	check_answers(GET("/with?a=b/../c&d"), TO("/with/?a=b/../c&d"));
	check_answers(GET("/with?"), TO("/with/?"));
	check_answers(GET("http://other.example/with"), TO("/with/"));
	check_answers(GET("/x/../with"), TO("/with/"));
	check_answers("HEAD /with HTTP/1.1\r\n" H "\r\n" GET("/with/"),
		      SAYS("301 Moved Permanently", "32") "Location: /with/\r\n\r\n" INDEX);
}

/* Whoever can choose the target must not choose the host, nor a header line. */
static void nothing_breaks_out_of_location(void)
{
	check_answers(GET("//evil.example"), TO("/evil.example/"));
	check_answers(GET("///evil.example"), TO("/evil.example/"));
	check_answers(GET("/.//evil.example"), TO("/evil.example/"));
	check_answers(GET("/x/..//evil.example"), TO("/evil.example/"));
	check_answers(GET("/%2e//evil.example"), TO("/evil.example/"));
	check_answers(GET("/\\evil.example"), TO("/%5Cevil.example/"));
	check_answers(GET("/%5cevil.example"), TO("/%5Cevil.example/"));
	check_answers(GET("http://a//evil.example"), TO("/evil.example/"));
	check_answers(GET("/x%0d%0aSet-Cookie:%20y"), TO("/x%0D%0ASet-Cookie%3A%20y/"));
	check_answers(GET("/a%20b%3Fc%23d%25e"), TO("/a%20b%3Fc%23d%25e/"));
	check_answers(GET("/with?//evil.example"), TO("/with/?//evil.example"));
}

static void long_queries_have_no_location(void)
{
	char in[HTTP_LINE_MAX];
	for (size_t n = 2500; n < 3500; n += 100) {
		struct drive d;
		struct http_response r = { 0 };
		fill_text(in, "GET /with?", n, " HTTP/1.1\r\n" H "\r\n");
		struct drive_dialogue c = dialogue(tree, false, in);
		c.scratch_len = DRIVE_SCRATCH_LEAST;
		drive_cut(&d, &c, 0, 0);
		CHECK(http_parse_response(&r, d.sent, d.n_sent) > 0);
		CHECK_INT(r.status, n < 3050 ? 301 : 414);
		CHECK(r.keep_alive);
		drive_close(&d);
	}
}

static void folders_have_an_index(void)
{
	check_answers(GET("/with/"), INDEX);
	check_answers(GET("/with/.") GET("/with/x/.."), INDEX INDEX);
	check_answers(GET("/with//"), INDEX);
	check_answers(GET("/with/index.html"), INDEX);
}

static void folders_without_index_are_closed(void)
{
	check_answers(GET("/") GET("/none/") GET("/with/"), NO_LIST NO_LIST INDEX);
	check_answers(GET("/odd/"), NO_LIST);
	check_answers(GET("/nothing/") GET("/nothing/deep/"), NOT_FOUND NOT_FOUND);
	check_answers(GET("/locked/") GET("/shut/") GET("/shut"), NOT_FOUND NOT_FOUND NOT_FOUND);
	check_answers(GET("/.git") GET("/.git/") GET("/.git/index.html"), NOT_FOUND NOT_FOUND NOT_FOUND);
	check_answers("HEAD / HTTP/1.1\r\n" H "\r\n" GET("/with/"), SAYS("403 Forbidden", "40") "\r\n" INDEX);
}

static void asks_for_names_only_to_list_them(void)
{
	for (int list = 0; list < 2; list++) {
		struct drive d;
		drive_open(&d, &web_service, list ? &listing : NULL);
		d.files = tree;
		drive_start(&d);
		drive_receive(&d, GET("/none/"), sizeof GET("/none/") - 1);
		CHECK(d.req.op == IO_OPEN && !d.req.list);
		CHECK_STR(d.req.where, "none/index.html");
		drive_result(&d, 0);
		CHECK_INT(d.req.op, IO_OPEN);
		CHECK_INT(d.req.list, list);
		CHECK_STR(d.req.where, "none");
		drive_result(&d, 0);
		CHECK_INT(d.req.op, IO_SEND);
		drive_close(&d);
	}
}

/* ---- the page ---- */

#define HTML(length) "HTTP/1.1 200 OK\r\n" DATE "Content-Type: text/html; charset=utf-8\r\n" \
	"Content-Length: " length "\r\n"
#define CONTENT(title, items) "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>" title \
	"</title></head>\n<body>\n<h1>" title "</h1>\n<ul>\n" items "</ul>\n</body>\n</html>\n"
#define PAGE(length, title, items) HTML(length) "\r\n" CONTENT(title, items)
#define ITEM(href, text) "<li><a href=\"" href "\">" text "</a></li>\n"

static void check_page(const struct drive_file *files, const char *in, const char *want)
{
	check_answers_of(files, true, in, want);
}

static void lists_names(void)
{
	check_page(tree, GET("/"), PAGE("192", "/", ITEM("a", "a") ITEM("with/", "with/")));
	check_page(tree, GET("/none/") GET("/with/"),
		   PAGE("198", "/none/", ITEM("../", "../") ITEM("x", "x")) INDEX);
	check_page(tree, GET("/odd/"), PAGE("169", "/odd/", ITEM("../", "../")));
	check_page(tree, "HEAD /odd/ HTTP/1.1\r\n" H "\r\n" GET("/with/"), HTML("169") "\r\n" INDEX);
	check_page(tree, "GET /odd/ HTTP/1.0\r\n\r\n",
		   HTML("169") "Connection: close\r\n\r\n" CONTENT("/odd/", ITEM("../", "../")));
}

static void escapes_names(void)
{
	static const struct drive_file files[] = {
		FOLDER("<&'\">", NAMES("\"><script>alert(1)\0&amp;\0'\0..evil\0.hidden\0a b\0c:d\0e?f#g%h\0"
				       "javascript:x\0\\\\h\0\r\nx\0\xc3\xa9\0\xff\0d&/\0")),
		{ 0 },
	};
	check_page(files, GET("/%3C%26'\">/"),
		   PAGE("705", "/&lt;&amp;&#39;&quot;&gt;/",
			ITEM("../", "../")
			ITEM("%22%3E%3Cscript%3Ealert%281%29", "&quot;&gt;&lt;script&gt;alert(1)")
			ITEM("%26amp%3B", "&amp;amp;") ITEM("%27", "&#39;") ITEM("a%20b", "a b")
			ITEM("c%3Ad", "c:d") ITEM("e%3Ff%23g%25h", "e?f#g%h") ITEM("javascript%3Ax", "javascript:x")
			ITEM("%5C%5Ch", "\\\\h") ITEM("%0D%0Ax", "\r\nx") ITEM("%C3%A9", "\xc3\xa9") ITEM("%FF", "\xff")
			ITEM("d%26/", "d&amp;/")));
}

#define MORE "<p>There are more than these.</p>\n"

/* Names that need nine times their room, more of them than any scratch buffer holds. */
static void lists_large_folders(void)
{
	enum { NAMES = 300, LONGEST = 255, ITEM_LEN = LONGEST * 9 + sizeof ITEM("", "") - 1 };
	char *names = malloc(NAMES * (LONGEST + 1)), *want = malloc(NAMES * ITEM_LEN + 2000), page[1000];
	struct drive_file files[] = { FOLDER("x", .body = names, .cut_short = true), { 0 } };
	size_t n = 0, len = 0;
	for (int i = 0; i < NAMES; i++) {
		size_t name_len = i % 2 ? LONGEST : 1;
		memset(names + n, '"', name_len);
		names[n + name_len] = '\0';
		n += name_len + 1;
	}
	files[0].file.body_len = n;
	size_t around = (size_t)sprintf(page, "%s", CONTENT("/x/", ITEM("../", "../"))) + sizeof MORE - 1;
	len = around + NAMES / 2 * (2 * (sizeof ITEM("", "") - 1) + 9 * (LONGEST + 1));
	n = (size_t)sprintf(want, "HTTP/1.1 200 OK\r\n" DATE "Content-Type: text/html; charset=utf-8\r\n"
			    "Content-Length: %zu\r\n\r\n", len);
	size_t top = (size_t)(strstr(page, "</ul>") - page);
	memcpy(want + n, page, top);
	n += top;
	for (int i = 0; i < NAMES; i++) {
		n += (size_t)sprintf(want + n, "<li><a href=\"");
		for (int k = 0; k < (i % 2 ? LONGEST : 1); k++)
			n += (size_t)sprintf(want + n, "%%22");
		n += (size_t)sprintf(want + n, "\">");
		for (int k = 0; k < (i % 2 ? LONGEST : 1); k++)
			n += (size_t)sprintf(want + n, "&quot;");
		n += (size_t)sprintf(want + n, "</a></li>\n");
	}
	n += (size_t)sprintf(want + n, "</ul>\n" MORE "</body>\n</html>\n");
	n += (size_t)sprintf(want + n, "%s", NOT_FOUND);
	struct drive_dialogue c = dialogue(files, true, GET("/x/") GET("/y"));
	struct drive d;
	for (int step = 0; step < 2; step++) {
		c.scratch_len = step ? DRIVE_SCRATCH_LEAST : DRIVE_SCRATCH;
		drive_cut(&d, &c, step * 7, 0);
		CHECK_INT(d.answers, 2);
		CHECK_MEM(d.sent, d.n_sent, want, n);
		drive_close(&d);
	}
	free(names);
	free(want);
}

static void long_titles_are_left_out(void)
{
	char path[4000], in[5000];
	struct drive_file files[] = { FOLDER(path, NAMES("a\0")), { 0 } };
	struct drive d;
	struct http_response r;
	memset(path, '&', 3900);
	path[3900] = '\0';
	snprintf(in, sizeof in, "GET /%s/ HTTP/1.1\r\n" H "\r\n", path);
	struct drive_dialogue c = dialogue(files, true, in);
	c.scratch_len = DRIVE_SCRATCH_LEAST;
	drive_cut(&d, &c, 0, 0);
	int head = http_parse_response(&r, d.sent, d.n_sent);
	CHECK(head > 0 && r.status == 200);
	CHECK_INT(d.n_sent - (size_t)head, r.content_length);
	CHECK(memmem(d.sent, d.n_sent, "<title>a folder</title>", 23));
	drive_close(&d);
}

static void a_client_may_leave_in_the_middle(void)
{
	enum { NAMES = 5000 };
	char *names = malloc(NAMES * 5 + 1);
	for (int i = 0; i < NAMES; i++)
		sprintf(names + i * 5, "%04d", i);
	struct drive_file files[] = { FOLDER(".", .body = names, .body_len = NAMES * 5), { 0 } };
	struct drive d;
	drive_open(&d, &web_service, &listing);
	d.files = files;
	drive_start(&d);
	drive_receive(&d, GET("/"), sizeof GET("/") - 1);
	drive_result(&d, 0);
	drive_result(&d, 0);
	CHECK_INT(d.req.op, IO_SEND);
	drive_result(&d, 0);
	CHECK_INT(d.req.op, IO_SEND);
	drive_result(&d, -EPIPE);
	CHECK(d.dead);
	drive_close(&d);
	free(names);
}

int main(void)
{
	static const struct test tests[] = {
		TEST(folders_end_in_a_slash), TEST(nothing_breaks_out_of_location),
		TEST(long_queries_have_no_location),
		TEST(folders_have_an_index), TEST(folders_without_index_are_closed),
		TEST(asks_for_names_only_to_list_them),
		TEST(lists_names), TEST(escapes_names), TEST(lists_large_folders),
		TEST(long_titles_are_left_out),
		TEST(a_client_may_leave_in_the_middle), { 0 },
	};
	return run_tests(tests);
}
