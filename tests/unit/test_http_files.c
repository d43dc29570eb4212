/* test_http_files.c - paths, kinds, dates, tags, ranges: what HTTP says of files, as pure functions.
 *
 * Every input ends before a page that must not be read.
 *
 * SPDX-License-Identifier: MIT */
#include "proto/http_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/unit/check.h"
#include "tests/unit/texts.h"

static struct http_text at_page(const char *text)
{
	return (struct http_text){ guarded(text, strlen(text)), strlen(text) };
}

/* ---- paths ---- */

static void check_path(const char *path, const char *want, bool want_folder)
{
	char out[100];
	bool folder = !want_folder;
	note_text(path);
	int len = http_path(out, sizeof out, at_page(path), &folder);
	CHECK_INT(len, strlen(want));
	if (len >= 0)
		CHECK_STR(out, want);
	CHECK_INT(folder, want_folder);
	note_text("");
}

static void decodes_paths(void)
{
	check_path("/", "", true);
	check_path("/a", "a", false);
	check_path("/a/b.html", "a/b.html", false);
	check_path("/a/b/", "a/b", true);
	check_path("/%61%2eb", "a.b", false);
	check_path("/%E4%b8%ad", "\xe4\xb8\xad", false);
	check_path("/a%20b+c", "a b+c", false);
	check_path("/%25", "%", false);
	check_path("/a\\b", "a\\b", false);
	check_path("/a%5Cb", "a\\b", false);
	check_path("/..\\..\\a", "..\\..\\a", false);
	check_path("/%7f%01%ff", "\x7f\x01\xff", false);
	check_path("/a:b@c;d=e,f", "a:b@c;d=e,f", false);
}

static void drops_dots_and_empty_parts(void)
{
	check_path("//", "", true);
	check_path("///etc//passwd", "etc/passwd", false);
	check_path("/.", "", true);
	check_path("/./a/./b/.", "a/b", true);
	check_path("/a/..", "", true);
	check_path("/a/../", "", true);
	check_path("/a/../b", "b", false);
	check_path("/a/b/../../c", "c", false);
	check_path("/a/b/..", "a", true);
	check_path("/a//../b", "b", false); /* the empty part is none */
	check_path("/a/%2e%2E/b", "b", false);
	check_path("/a/.%2e/b", "b", false);
	check_path("/%2E/a", "a", false);
	check_path("/...", "...", false);
	check_path("/.../a", ".../a", false);
	check_path("/..a/b..", "..a/b..", false);
	check_path("/. ./a", ". ./a", false);
}

static void decodes_once(void)
{
	check_path("/%252e%252e/a", "%2e%2e/a", false);
	check_path("/%252fa", "%2fa", false);
	check_path("/%2500", "%00", false);
}

static void refuses_paths(void)
{
	static const char *const bad[] = {
		"/..", "/../", "/../etc/passwd", "/./..", "//..", "/a/../..", "/a/../../b", "/a/b/../../../c",
		"/%2e%2e", "/%2e%2e/", "/.%2E/x", "/%2E./x", "/a/%2e%2e/%2e%2e/x",
		"/..%2fetc", "/%2fetc", "/a%2Fb", "/%2F", "/..%2f..%2fetc/passwd",
		"/%00", "/a%00", "/a%00.html", "/%00/..",
		"/%", "/%4", "/%g1", "/%1g", "/a%", "/a/%/b", "/% 1", "/%-1", "/%u0041", "/%%32%65",
		"/%c0%ae%c",
	};
	char out[100];
	bool folder;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		note_text(bad[i]);
		CHECK_INT(http_path(out, sizeof out, at_page(bad[i]), &folder), -400);
	}
	note_text("");
	/* Overlong UTF-8 is not "..". */
	check_path("/%c0%ae%c0%ae/x", "\xc0\xae\xc0\xae/x", false);
}

/* Whatever comes in: the room is kept to, and what comes out stays below the root. */
static void paths_fit_their_room(void)
{
	static const char *const paths[] = {
		"/abc/def", "/abc/./def/", "/abcdefg", "/a/b/c/d", "/%61bc/%64ef", "/abc/x/../def",
	};
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
		char all[100];
		bool folder;
		int len = http_path(all, sizeof all, at_page(paths[i]), &folder);
		for (size_t size = 1; size < 20; size++) {
			char *out = guarded("...................", size);
			int n = http_path(out, size, at_page(paths[i]), &folder);
			note_text(paths[i]);
			CHECK(n == -414 || (n == len && strcmp(out, all) == 0));
			CHECK(n == len || size <= strlen(paths[i]) + 1);
			CHECK(n == -414 || (size_t)n < size);
		}
	}
	note_text("");
}

static bool stays_below(const char *path)
{
	if (*path == '/' || strstr(path, "//") || (*path && path[strlen(path) - 1] == '/'))
		return false;
	for (const char *part = path; part; part = strchr(part, '/')) {
		part += *part == '/';
		size_t n = strcspn(part, "/");
		if ((n == 1 && part[0] == '.') || (n == 2 && memcmp(part, "..", 2) == 0))
			return false;
	}
	return true;
}

static void no_path_climbs(void)
{
	static const char *const pieces[] = {
		"/", ".", "..", "%2e", "%2E", "%2f", "a", "%00", "%", "\\", "//", "%252e", "%5c",
	};
	enum { PIECES = sizeof pieces / sizeof *pieces, TRIES = 20000 };
	unsigned seed = 7;
	for (int i = 0; i < TRIES; i++) {
		char path[64] = "/", out[80];
		bool folder;
		for (int n = 0; n < 9; n++) {
			seed = seed * 1103515245 + 12345;
			strcat(path, pieces[seed / 65536 % PIECES]);
		}
		int len = http_path(out, sizeof out, at_page(path), &folder);
		note_text(path);
		CHECK(len == -400 || (len >= 0 && strlen(out) == (size_t)len && stays_below(out)));
	}
	note_text("");
}

static void knows_hidden_names(void)
{
	CHECK(http_path_is_hidden(".git"));
	CHECK(http_path_is_hidden(".git/config"));
	CHECK(http_path_is_hidden("a/.htpasswd"));
	CHECK(http_path_is_hidden("a/.b/c"));
	CHECK(http_path_is_hidden("..."));
	CHECK(http_path_is_hidden(".well-known/.secret"));
	CHECK(http_path_is_hidden(".well-known-not"));
	CHECK(http_path_is_hidden("a/.well-known"));
	CHECK(!http_path_is_hidden(""));
	CHECK(!http_path_is_hidden("a.b/c."));
	CHECK(!http_path_is_hidden(".well-known"));
	CHECK(!http_path_is_hidden(".well-known/acme"));
}

static void encodes_paths(void)
{
	char room[200];
	struct http_out out = { .data = room, .size = sizeof room };
	http_put_encoded(&out, HTTP_TEXT("a/B-9._~ \"<>&'%?#:;\\\r\n\x80\xff+="));
	const char want[] = "a/B-9._~%20%22%3C%3E%26%27%25%3F%23%3A%3B%5C%0D%0A%80%FF%2B%3D";
	CHECK_MEM(room, out.len, want, sizeof want - 1);
	out = (struct http_out){ .data = room, .size = 5 };
	http_put_encoded(&out, HTTP_TEXT("abc d"));
	CHECK(out.full);
}

static void what_is_encoded_decodes(void)
{
	char name[256], room[1000], back[300];
	bool folder;
	for (int i = 0; i < 255; i++)
		name[i] = (char)(i + 1);
	name['/' - 1] = 'x';
	name[255] = '\0';
	struct http_out out = { .data = room, .size = sizeof room };
	HTTP_PUT(&out, "/");
	http_put_encoded(&out, (struct http_text){ name, 255 });
	CHECK_INT(http_path(back, sizeof back, (struct http_text){ room, out.len }, &folder), 255);
	CHECK_STR(back, name);
}

/* ---- kinds ---- */

static void check_mime(const char *path, const char *want)
{
	note_text(path);
	CHECK_STR(http_mime(at_page(path)), want);
	note_text("");
}

static void knows_kinds(void)
{
	check_mime("index.html", "text/html; charset=utf-8");
	check_mime("a.b/c.JPG", "image/jpeg");
	check_mime("x.tar.gz", "application/gzip");
	check_mime("a.css", "text/css; charset=utf-8");
	check_mime("a.js", "text/javascript; charset=utf-8");
	check_mime("a.jsx", "application/octet-stream");
	check_mime("a.j", "application/octet-stream");
	check_mime("a.", "application/octet-stream");
	check_mime("html", "application/octet-stream");
	check_mime("", "application/octet-stream");
	check_mime("a.html/b", "application/octet-stream");
	check_mime("a.zzzz", "application/octet-stream");
	check_mime("a.0", "application/octet-stream");
	check_mime("a.\xff", "application/octet-stream");
}

static void finds_every_kind(void)
{
	for (const struct http_mime *m = http_mimes; m->extension; m++) {
		char path[64];
		snprintf(path, sizeof path, "a.%s", m->extension);
		check_mime(path, m->type);
		CHECK(!m[1].extension || strcmp(m->extension, m[1].extension) < 0);
		CHECK(strncmp(m->type, "text/", 5) != 0 || strstr(m->type, "; charset=utf-8"));
	}
}

/* ---- dates ---- */

enum { NOW = 784111777 + 86400 }; /* the day after 6 November 1994 */

static void check_date(const char *text, int64_t want)
{
	int64_t date = -7;
	note_text(text);
	CHECK_INT(http_parse_date(at_page(text), NOW, &date), want != -7);
	CHECK_INT(date, want);
	note_text("");
}

static void reads_three_forms(void)
{
	check_date("Sun, 06 Nov 1994 08:49:37 GMT", 784111777);
	check_date("Sunday, 06-Nov-94 08:49:37 GMT", 784111777);
	check_date("Sun Nov  6 08:49:37 1994", 784111777);
	check_date("Sun Nov 16 08:49:37 1994", 784111777 + 10 * 86400);
	check_date("Wednesday, 09-Nov-94 08:49:37 GMT", 784111777 + 3 * 86400);
	check_date("Thu, 01 Jan 1970 00:00:00 GMT", 0);
	check_date("Wed, 31 Dec 1969 23:59:59 GMT", -1);
	check_date("Tue, 29 Feb 2000 12:00:00 GMT", 951825600);
	check_date("Fri, 31 Dec 9999 23:59:59 GMT", 253402300799);
	check_date("Sat, 31 Dec 2016 23:59:60 GMT", 1483228800); /* a leap second */
	check_date("Mon, 06 Nov 1994 08:49:37 GMT", 784111777);  /* it was a Sunday */
}

static void guesses_the_century(void)
{
	check_date("Saturday, 01-Jan-00 00:00:00 GMT", 946684800);
	check_date("Friday, 01-Jan-44 00:00:00 GMT", 2335219200);  /* 50 years ahead */
	check_date("Sunday, 01-Jan-45 00:00:00 GMT", -788918400);  /* more: 1945 */
	int64_t date = 0;
	CHECK(http_parse_date(at_page("Friday, 01-Jan-99 00:00:00 GMT"), 4102444800, &date)); /* said in 2100 */
	CHECK_INT(date, 4070908800); /* 2099 */
	CHECK(http_parse_date(at_page("Friday, 01-Jan-05 00:00:00 GMT"), 4070908800, &date)); /* said in 2099 */
	CHECK_INT(date, 4260211200); /* 2105 */
}

static void refuses_dates(void)
{
	static const char *const bad[] = {
		"", "0", "784111777", "now", "Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37",
		"Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 06 Nov 1994 08:49:37 gmt",
		"sun, 06 Nov 1994 08:49:37 GMT",
		"Sun, 06 nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT",
		"Sun, 06 Nov 1994 08:60:37 GMT",
		"Sun, 06 Nov 1994 08:49:61 GMT", "Sun, 00 Nov 1994 08:49:37 GMT",
		"Sun, 31 Nov 1994 08:49:37 GMT",
		"Sun, 29 Feb 1900 08:49:37 GMT", "Sun, 29 Feb 1995 08:49:37 GMT",
		"Sun, 06 Nov 199x 08:49:37 GMT",
		"Sun, -6 Nov 1994 08:49:37 GMT", "Sun,  6 Nov 1994 08:49:37 GMT",
		"Sun; 06 Nov 1994 08:49:37 GMT",
		"Sun, 06-Nov-1994 08:49:37 GMT", "Sun, 06 Nov 1994 08-49-37 GMT",
		"Sun, 06 Nov 1994 08:49:37 GMT ",
		" Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06 Nov 94 08:49:37 GMT",
		"Sun, 06-Nov-94 08:49:37 GMT",
		"Sunday, 06-Nov-94 08:49:37", "Someday, 06-Nov-94 08:49:37 GMT",
		"Sunday, 06-Nov-9x 08:49:37 GMT",
		"Sun Nov 6 08:49:37 1994", "Sun Nov 06 08:49:37 1994 GMT", "Sun Nov    08:49:37 1994",
		"Xyz Nov  6 08:49:37 1994", "Sun Nov  6 08:49:37 94  ",
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		check_date(bad[i], -7);
	char longest[9000];
	memset(longest, 'x', sizeof longest - 1);
	longest[sizeof longest - 1] = '\0';
	check_date(longest, -7);
}

/* Against libc, from 1970 to 9999. */
static void writes_what_it_reads(void)
{
	for (int64_t s = 0; s <= 253402300799; s += 5000000 + s % 4999) {
		char out[HTTP_DATE_LEN + 1], want[64];
		time_t time = (time_t)s;
		struct tm tm;
		int64_t back = -1;
		strftime(want, sizeof want, "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&time, &tm));
		http_format_date(out, s);
		CHECK_STR(out, want);
		CHECK(http_parse_date((struct http_text){ out, HTTP_DATE_LEN }, NOW, &back));
		CHECK_INT(back, s);
		strftime(want, sizeof want, "%a %b %e %H:%M:%S %Y", &tm);
		CHECK(http_parse_date(at_page(want), NOW, &back));
		CHECK_INT(back, s);
	}
	char out[HTTP_DATE_LEN + 1];
	http_format_date(out, -1);
	CHECK_STR(out, "Thu, 01 Jan 1970 00:00:00 GMT");
	http_format_date(out, 253402300800);
	CHECK_STR(out, "Thu, 01 Jan 1970 00:00:00 GMT");
}

/* ---- tags and conditions ---- */

enum { SIZE = 1000 };
#define OUR_TAG  "\"1f-3e8-" "ae1b981bc490a03\""
#define MTIME_S  784111777
#define MODIFIED "Sun, 06 Nov 1994 08:49:37 GMT"
#define EARLIER  "Sun, 06 Nov 1994 08:49:36 GMT"
#define LATER    "Sun, 06 Nov 1994 08:49:38 GMT"

static struct http_validators ours(void)
{
	struct http_validators v;
	http_validate(&v, 0x1f, SIZE, MTIME_S * INT64_C(1000000000) + 3, NOW);
	return v;
}

static void makes_validators(void)
{
	struct http_validators v = ours();
	char room[200];
	struct http_out out = { .data = room, .size = sizeof room };
	CHECK_MEM(v.etag, v.etag_len, OUR_TAG, strlen(OUR_TAG));
	CHECK_INT(v.modified_s, MTIME_S);
	http_put_validators(&out, &v);
	const char want[] = "Last-Modified: " MODIFIED "\r\nETag: " OUR_TAG "\r\n";
	CHECK_MEM(room, out.len, want, sizeof want - 1);
	http_validate(&v, UINT64_MAX, INT64_MAX, -1, NOW);
	CHECK_INT(v.etag_len, HTTP_ETAG_MAX);
	CHECK_INT(v.modified_s, 0);
	http_validate(&v, 0, 0, INT64_MAX, NOW);
	CHECK_INT(v.modified_s, NOW); /* never in the future */
}

/* The verdict on a request with these fields. */
static int judge(const char *method, const char *fields, struct http_range *range)
{
	char head[800];
	struct http_request r;
	struct http_validators v = ours();
	int n = snprintf(head, sizeof head, "%s / HTTP/1.1\r\nHost: a\r\nAccept: x\r\n%s\r\n", method, fields);
	CHECK_INT(http_parse_request(&r, guarded(head, (size_t)n), (size_t)n), n);
	return http_judge(&r, &v, SIZE, NOW, range);
}

static void check_judge(const char *fields, int want)
{
	struct http_range range;
	note_text(fields);
	CHECK_INT(judge("GET", fields, &range), want);
	CHECK(want == 206 || (range.first == 0 && range.len == SIZE));
	CHECK_INT(judge("HEAD", fields, &range), want == 206 || want == 416 ? 200 : want);
	note_text("");
}

static void judges_tags(void)
{
	check_judge("", 200);
	check_judge("If-None-Match: " OUR_TAG "\r\n", 304);
	check_judge("if-none-match:W/" OUR_TAG "\r\n", 304);
	check_judge("If-None-Match: *\r\n", 304);
	check_judge("If-None-Match: \"a\", " OUR_TAG "\r\n", 304);
	check_judge("If-None-Match: \"a\",W/\"b\"  ,,," OUR_TAG ",\"c\"\r\n", 304);
	check_judge("If-None-Match: \"a,b\", " OUR_TAG "\r\n", 304);
	check_judge("If-None-Match: \"a\"\r\nIf-None-Match: " OUR_TAG "\r\n", 304);
	check_judge("If-None-Match: \"\", " OUR_TAG "\r\n", 304);
	check_judge("If-None-Match: \"a\"\r\n", 200);
	check_judge("If-None-Match: \r\n", 200);
	check_judge("If-None-Match: \"*\"\r\n", 200);
	check_judge("If-None-Match: *, \"a\"\r\n", 200);
	check_judge("If-None-Match: w/" OUR_TAG "\r\n", 200);
	check_judge("If-None-Match: W/\r\n", 200);
	check_judge("If-None-Match: W\r\n", 200);
	check_judge("If-None-Match: \"\r\n", 200);
	check_judge("If-None-Match: \"1f-3e8-ae1b981bc490a03\r\n", 200);
	check_judge("If-None-Match: 1f-3e8-ae1b981bc490a03\r\n", 200);
	check_judge("If-None-Match: abc, " OUR_TAG "\r\n", 200); /* malformed from the beginning */
	check_judge("If-None-Match-Not: " OUR_TAG "\r\n", 200);
}

static void judges_dates(void)
{
	check_judge("If-Modified-Since: " MODIFIED "\r\n", 304);
	check_judge("If-Modified-Since: " LATER "\r\n", 304);
	check_judge("If-Modified-Since: " EARLIER "\r\n", 200);
	check_judge("If-Modified-Since: Sunday, 06-Nov-94 08:49:37 GMT\r\n", 304);
	check_judge("If-Modified-Since: Sun Nov  6 08:49:37 1994\r\n", 304);
	check_judge("If-Modified-Since: yesterday\r\n", 200);
	check_judge("If-Modified-Since: " MODIFIED "\r\nIf-Modified-Since: " MODIFIED "\r\n", 200);
	check_judge("If-None-Match: \"a\"\r\nIf-Modified-Since: " LATER "\r\n", 200);
	check_judge("If-Modified-Since: " EARLIER "\r\nIf-None-Match: " OUR_TAG "\r\n", 304);
}

static void judges_what_must_hold(void)
{
	check_judge("If-Match: " OUR_TAG "\r\n", 200);
	check_judge("If-Match: *\r\n", 200);
	check_judge("If-Match: \"a\", " OUR_TAG "\r\n", 200);
	check_judge("If-Match: \"a\"\r\n", 412);
	check_judge("If-Match: W/" OUR_TAG "\r\n", 412);
	check_judge("If-Match:\r\n", 412);
	check_judge("If-Unmodified-Since: " MODIFIED "\r\n", 200);
	check_judge("If-Unmodified-Since: " EARLIER "\r\n", 412);
	check_judge("If-Unmodified-Since: nonsense\r\n", 200);
	check_judge("If-Match: " OUR_TAG "\r\nIf-Unmodified-Since: " EARLIER "\r\n", 200);
	check_judge("If-Match: \"a\"\r\nIf-None-Match: " OUR_TAG "\r\n", 412);
	check_judge("If-Match: " OUR_TAG "\r\nIf-None-Match: " OUR_TAG "\r\n", 304);
}

static void judges_ranges(void)
{
	check_judge("Range: bytes=0-9\r\n", 206);
	check_judge("Range: bytes=1000-\r\n", 416);
	check_judge("Range: bytes=0-9\r\nRange: bytes=0-9\r\n", 200);
	check_judge("Range: bytes=0-9\r\nIf-None-Match: " OUR_TAG "\r\n", 304);
	check_judge("Range: bytes=0-9\r\nIf-Match: \"a\"\r\n", 412);
	check_judge("Range: bytes=0-9\r\nIf-Range: " OUR_TAG "\r\n", 206);
	check_judge("Range: bytes=1000-\r\nIf-Range: " OUR_TAG "\r\n", 416);
	check_judge("Range: bytes=0-9\r\nIf-Range: W/" OUR_TAG "\r\n", 200);
	check_judge("Range: bytes=0-9\r\nIf-Range: \"a\"\r\n", 200);
	check_judge("Range: bytes=0-9\r\nIf-Range: *\r\n", 200);
	check_judge("Range: bytes=1000-\r\nIf-Range: \"a\"\r\n", 200);
	check_judge("Range: bytes=0-9\r\nIf-Range: " MODIFIED "\r\n", 206);
	check_judge("Range: bytes=0-9\r\nIf-Range: " EARLIER "\r\n", 200);
	check_judge("Range: bytes=0-9\r\nIf-Range: " LATER "\r\n", 200);
	check_judge("Range: bytes=0-9\r\nIf-Range: " OUR_TAG "\r\nIf-Range: " OUR_TAG "\r\n", 200);
	check_judge("If-Range: " OUR_TAG "\r\n", 200);
}

/* A date says nothing of a second that is not over. */
static void a_date_of_this_second_is_no_version(void)
{
	static const char head[] = "GET / HTTP/1.1\r\nHost: a\r\n"
				   "Range: bytes=0-9\r\nIf-Range: " MODIFIED "\r\n\r\n";
	struct http_request r;
	struct http_range range;
	struct http_validators v = ours();
	CHECK(http_parse_request(&r, head, sizeof head - 1) > 0);
	CHECK_INT(http_judge(&r, &v, SIZE, MTIME_S, &range), 200);
	CHECK_INT(http_judge(&r, &v, SIZE, MTIME_S + 1, &range), 200);
	CHECK_INT(http_judge(&r, &v, SIZE, MTIME_S + 2, &range), 206);
}

/* ---- ranges ---- */

static void check_range(const char *value, int64_t size, int status, int64_t first, int64_t len)
{
	struct http_range range;
	note_text(value);
	CHECK_INT(http_parse_range(at_page(value), size, &range), status);
	CHECK_INT(range.first, first);
	CHECK_INT(range.len, len);
	note_text("");
}

static void reads_ranges(void)
{
	check_range("bytes=0-0", 10, 206, 0, 1);
	check_range("bytes=0-9", 10, 206, 0, 10);
	check_range("bytes=2-5", 10, 206, 2, 4);
	check_range("bytes=2-99", 10, 206, 2, 8);
	check_range("bytes=9-", 10, 206, 9, 1);
	check_range("bytes=0-", 10, 206, 0, 10);
	check_range("bytes=-1", 10, 206, 9, 1);
	check_range("bytes=-10", 10, 206, 0, 10);
	check_range("bytes=-11", 10, 206, 0, 10);
	check_range("BYTES=00002-0005", 10, 206, 2, 4);
	check_range("bytes= 2-5 ", 10, 206, 2, 4);
	check_range("bytes=,2-5,,", 10, 206, 2, 4);
	check_range("bytes=0-18446744073709551616", 10, 206, 0, 10);
	check_range("bytes=0-9223372036854775807", 10, 206, 0, 10);
	check_range("bytes=-99999999999999999999999", 10, 206, 0, 10);
	check_range("bytes=5-", INT64_MAX, 206, 5, INT64_MAX - 5);
	check_range("bytes=-5", INT64_MAX, 206, INT64_MAX - 5, 5);
}

static void refuses_ranges(void)
{
	check_range("bytes=10-", 10, 416, 0, 10);
	check_range("bytes=10-20", 10, 416, 0, 10);
	check_range("bytes=9223372036854775807-", 10, 416, 0, 10);
	check_range("bytes=99999999999999999999-", 10, 416, 0, 10);
	check_range("bytes=-0", 10, 416, 0, 10);
	check_range("bytes=0-", 0, 416, 0, 0);
	check_range("bytes=0-0", 0, 416, 0, 0);
	check_range("bytes=-5", 0, 200, 0, 0);
	check_range("bytes=-0", 0, 416, 0, 0);
}

static void ignores_ranges(void)
{
	static const char *const ignored[] = {
		"", "bytes", "bytes=", "bytes=-", "bytes=,", "bytes=a-b", "bytes=1", "bytes=5-2", "bytes=1-2-3",
		"bytes=--1",
		"bytes=1--2", "bytes=+1-2", "bytes=0x1-2", "bytes=1 -2", "bytes=1- 2", "bytes =1-2", "byte=1-2",
		"lines=1-2",
		"bytes=0-1,3-4", "bytes=0-,0-,0-", "bytes:1-2", " bytes=1-2", "bytes=1-2;3", "bytes=-1,-2",
	};
	for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++)
		check_range(ignored[i], 10, 200, 0, 10);
}

static void writes_content_range(void)
{
	char room[200];
	struct http_out out = { .data = room, .size = sizeof room };
	struct http_range range = { 2, 4 };
	http_put_content_range(&out, &range, 10);
	http_put_content_range(&out, NULL, 10);
	const char want[] = "Content-Range: bytes 2-5/10\r\nContent-Range: bytes */10\r\n";
	CHECK_MEM(room, out.len, want, sizeof want - 1);
}

int main(void)
{
	static const struct test tests[] = {
		TEST(decodes_paths), TEST(drops_dots_and_empty_parts), TEST(decodes_once), TEST(refuses_paths),
		TEST(paths_fit_their_room), TEST(no_path_climbs), TEST(knows_hidden_names), TEST(encodes_paths),
		TEST(what_is_encoded_decodes), TEST(knows_kinds), TEST(finds_every_kind),
		TEST(reads_three_forms),
		TEST(guesses_the_century), TEST(refuses_dates), TEST(writes_what_it_reads),
		TEST(makes_validators),
		TEST(judges_tags), TEST(judges_dates), TEST(judges_what_must_hold), TEST(judges_ranges),
		TEST(a_date_of_this_second_is_no_version), TEST(reads_ranges), TEST(refuses_ranges),
		TEST(ignores_ranges),
		TEST(writes_content_range), { 0 },
	};
	return run_tests(tests);
}
