/* test_web.c - the web server, without sockets and files: which answers, by which requests of the contract.
 *
 * Every conversation is cut in every way, with the files at hand and with none of them, in a large and in a
 * small scratch buffer.
 *
 * SPDX-License-Identifier: MIT */
#include "servers/web.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/options.h"
#include "servers/http_stats.h"
#include "tests/unit/check.h"
#include "tests/unit/drive.h"
#include "tests/unit/texts.h"

enum { MID = 9000, BIG = 300000, MTIME_S = 784000000 };

#define H          "Host: a\r\n"
#define GET(path)  "GET " path " HTTP/1.1\r\n" H "\r\n"
#define WITH(path, lines) "GET " path " HTTP/1.1\r\n" H lines "\r\n"

#define DATE       "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
#define MODIFIED   "Sat, 05 Nov 1994 01:46:40 GMT"
#define MTIME_HEX  "ae153d89fe80000"
#define OK         "HTTP/1.1 200 OK\r\n" DATE
#define PLAIN      "Content-Type: text/plain; charset=utf-8\r\n"
#define UNKNOWN    "Content-Type: application/octet-stream\r\n"
#define LENGTH(n)  "Content-Length: " n "\r\n"
#define TAG_A      "\"1-6-" MTIME_HEX "\""
#define ABOUT(tag) "Last-Modified: " MODIFIED "\r\nETag: " tag "\r\nAccept-Ranges: bytes\r\n"
#define HEAD_A     OK PLAIN LENGTH("6") ABOUT(TAG_A)
#define FILE_A     HEAD_A "\r\nhello\n"
#define FILE_B     OK UNKNOWN LENGTH("2") ABOUT("\"2-2-" MTIME_HEX "\"") "\r\nb\n"
#define SAYS(status, n) "HTTP/1.1 " status "\r\n" DATE "Content-Type: text/plain\r\n" LENGTH(n)
#define NOT_FOUND  SAYS("404 Not Found", "49") "\r\nThe requested file was not found on this server.\n"
#define CLOSE      "Connection: close\r\n"

static char mid[MID + 1];

#define FILE(name, number, ...) { .path = (name), .file = { .inode = (number), \
				  .mtime_ns = MTIME_S * INT64_C(1000000000), __VA_ARGS__ } }

static const struct drive_file files[] = {
	FILE("a.txt", 1, .body = "hello\n"), FILE("b", 2, .body = "b\n"), FILE("empty", 3, .body = ""),
	FILE("mid", 4, .body = mid, .body_len = MID, .size = MID), FILE("big", 5, .size = BIG),
	FILE("c d/\xc3\xa9%.txt", 6, .body = "odd\n"), FILE("status", 7, .body = "status\n"),
	FILE(".well-known/x.txt", 1, .body = "hello\n"), FILE(".secret", 9, .body = "no\n"),
	FILE("sub/.secret", 9, .body = "no\n"),
	{ .path = "beyond", .error = -EXDEV }, { .path = "loop", .error = -ELOOP },
	{ .path = "locked", .error = -EACCES },
	{ .path = "a.txt/x", .error = -ENOTDIR }, { .path = "a.txt/index.html", .error = -ENOTDIR },
	{ .path = "long", .error = -ENAMETOOLONG }, { .path = "strange", .error = -ENXIO },
	{ .path = "busy", .error = -EMFILE }, { .path = "full", .error = -ENOMEM },
	{ .path = "broken", .error = -EIO },
	{ 0 },
};

static struct drive_dialogue dialogue(const char *in)
{
	memset(mid, 'm', MID);
	return (struct drive_dialogue){ .service = &web_service, .in = in, .files = files };
}

static void check_dialogue(struct drive_dialogue c, const char *want, size_t want_len)
{
	note_text(c.in);
	drive_all_ways(&c, want, want_len);
	c.scratch_len = DRIVE_SCRATCH_LEAST;
	drive_all_ways(&c, want, want_len);
	note_text("");
}

static void check_answers(const char *in, const char *want)
{
	check_dialogue(dialogue(in), want, strlen(want));
}

/* One conversation in one piece, left open for a look. */
static void converse(struct drive *d, const char *in, enum drive_hot hot)
{
	struct drive_dialogue c = dialogue(in);
	c.hot = hot;
	drive_cut(d, &c, 0, 0);
}

/* The first answer's status; 0: none. */
static int status_of(const char *in)
{
	struct drive d;
	struct http_response r = { 0 };
	converse(&d, in, HOT_NEVER);
	if (http_parse_response(&r, d.sent, d.n_sent) <= 0)
		r.status = 0;
	drive_close(&d);
	return r.status;
}

/* ---- files ---- */

static void answers_files(void)
{
	check_answers(GET("/a.txt"), FILE_A);
	check_answers(GET("/a.txt?x=/../b"), FILE_A);
	check_answers(GET("/x/../%61.t%78t"), FILE_A);
	check_answers(GET("//a.txt"), FILE_A);
	check_answers(GET("/.well-known/x.txt"), FILE_A);
	check_answers(GET("/empty"), OK UNKNOWN LENGTH("0") ABOUT("\"3-0-" MTIME_HEX "\"") "\r\n");
	check_answers(GET("/c%20d/%C3%A9%25.txt"),
		      OK PLAIN LENGTH("4") ABOUT("\"6-4-" MTIME_HEX "\"") "\r\nodd\n");
	check_answers(GET("http://b:81/a.txt"), FILE_A);
	check_answers("HEAD /a.txt HTTP/1.1\r\n" H "\r\n" GET("/b"), HEAD_A "\r\n" FILE_B);
	check_answers("", "");
}

static void answers_in_order(void)
{
	check_answers(GET("/a.txt") GET("/none") GET("/b") GET("/a.txt"), FILE_A NOT_FOUND FILE_B FILE_A);
}

static void answers_large_files(void)
{
	char *want = malloc(2 * BIG);
	size_t n = (size_t)sprintf(want, OK UNKNOWN LENGTH("9000") ABOUT("\"4-2328-" MTIME_HEX "\"") "\r\n");
	memset(want + n, 'm', MID);
	n += MID;
	n += (size_t)sprintf(want + n, OK UNKNOWN LENGTH("300000") ABOUT("\"5-493e0-" MTIME_HEX "\"") "\r\n");
	drive_file_bytes(want + n, 0, BIG);
	n += BIG;
	n += (size_t)sprintf(want + n, FILE_B);
	check_dialogue(dialogue(GET("/mid") GET("/big") GET("/b")), want, n);
	free(want);
}

static void keeps_alive_by_the_rules(void)
{
	check_answers("GET /a.txt HTTP/1.0\r\n\r\n" GET("/b"), HEAD_A CLOSE "\r\nhello\n");
	check_answers("GET /a.txt HTTP/1.0\r\nConnection: keep-alive\r\n\r\n" GET("/b"),
		      HEAD_A "Connection: keep-alive\r\n\r\nhello\n" FILE_B);
	check_answers(WITH("/a.txt", CLOSE) GET("/b"), HEAD_A CLOSE "\r\nhello\n");
	check_answers(WITH("/a.txt", "Content-Length: 3\r\n") "abc" GET("/b"), FILE_A FILE_B);
	check_answers(WITH("/none", "Transfer-Encoding: chunked\r\n") "1\r\nx\r\n0\r\n\r\n" GET("/b"),
		      NOT_FOUND FILE_B);
}

static void large_files_can_be_the_last(void)
{
	struct drive d;
	struct http_response r;
	converse(&d, "GET /big HTTP/1.0\r\n\r\n" GET("/b"), HOT_NEVER);
	int head = http_parse_response(&r, d.sent, d.n_sent);
	CHECK(head > 0 && !r.keep_alive);
	CHECK_INT(d.n_sent - (size_t)head, BIG);
	CHECK(d.done);
	drive_close(&d);
}

/* ---- by which requests of the contract ---- */

static void begin(struct drive *d, enum drive_hot hot)
{
	memset(mid, 'm', MID);
	drive_open(d, &web_service, NULL);
	d->files = files;
	d->env.hot_file = hot == HOT_ALWAYS ? drive_hot_file : NULL;
}

static void check_request(const struct drive *d, enum io_op op, size_t used, unsigned answers)
{
	CHECK_INT(d->req.op, op);
	CHECK_INT(d->req.used, used);
	CHECK_INT(d->req.answers, answers);
}

static void a_hot_file_is_one_send(void)
{
	struct drive d;
	const char in[] = GET("/a.txt") GET("/b") GET("/a.txt");
	begin(&d, HOT_ALWAYS);
	drive_start(&d);
	drive_receive(&d, in, sizeof in - 1);
	check_request(&d, IO_SEND, sizeof in - 1, 3);
	CHECK_INT(d.req.body_len, 0);
	drive_result(&d, 0);
	CHECK(d.req.op == IO_RECV && d.req.idle);
	drive_close(&d);
}

static void a_body_is_lent(void)
{
	struct drive d;
	const char in[] = GET("/b") GET("/mid") GET("/b");
	begin(&d, HOT_ALWAYS);
	drive_start(&d);
	drive_receive(&d, in, sizeof in - 1);
	check_request(&d, IO_SEND, sizeof in - sizeof GET("/b"), 2);
	CHECK_INT(d.req.body_len, MID);
	drive_result(&d, 0);
	check_request(&d, IO_SEND, sizeof GET("/b") - 1, 1);
	drive_close(&d);
}

static void a_cold_file_is_opened_first(void)
{
	struct drive d;
	const char in[] = GET("/none") GET("/big");
	begin(&d, HOT_NEVER);
	drive_start(&d);
	drive_receive(&d, in, sizeof in - 1);
	check_request(&d, IO_OPEN, 0, 0);
	CHECK_STR(d.req.where, "none");
	drive_result(&d, 0);
	check_request(&d, IO_SEND, sizeof GET("/none") - 1, 1);
	drive_result(&d, 0);
	check_request(&d, IO_OPEN, 0, 0);
	CHECK_STR(d.req.where, "big");
	drive_result(&d, 0);
	check_request(&d, IO_SENDFILE, sizeof GET("/big") - 1, 1);
	CHECK_INT(d.req.offset, 0);
	CHECK_INT(d.req.file_len, BIG);
	CHECK(!d.req.copy);
	drive_close(&d);
}

static void a_range_is_a_part_of_a_sendfile(void)
{
	struct drive d;
	struct web_config config = { .root = ".", .sendfile = 1 };
	begin(&d, HOT_NEVER);
	d.env.config = &config;
	const char in[] = WITH("/big", "Range: bytes=1000-1999\r\n");
	drive_start(&d);
	drive_receive(&d, in, sizeof in - 1);
	drive_result(&d, 0);
	check_request(&d, IO_SENDFILE, sizeof in - 1, 1);
	CHECK_INT(d.req.offset, 1000);
	CHECK_INT(d.req.file_len, 1000);
	CHECK(d.req.copy); /* --sendfile no */
	drive_close(&d);
}

/* A client that is in the middle of its next head does not hold the file that it had. */
static void lets_go_of_large_files(void)
{
	struct drive d;
	const char in[] = GET("/big") "GET";
	begin(&d, HOT_NEVER);
	drive_start(&d);
	drive_receive(&d, in, sizeof in - 1);
	drive_result(&d, 0);
	CHECK_INT(d.req.op, IO_SENDFILE);
	drive_result(&d, 0);
	CHECK(d.req.op == IO_CLOSE && d.req.end == IO_FILE);
	drive_result(&d, 0);
	CHECK(d.req.op == IO_RECV && !d.req.idle);
	drive_receive(&d, " /a.txt HTTP/1.1\r\n" H "\r\n", strlen(" /a.txt HTTP/1.1\r\n" H "\r\n"));
	drive_result(&d, 0);
	CHECK_INT(d.req.op, IO_SEND);
	drive_result(&d, 0);
	CHECK(d.req.op == IO_RECV && d.req.idle);
	drive_close(&d);
}

static void a_failing_client_ends_it(void)
{
	struct drive d;
	begin(&d, HOT_NEVER);
	drive_start(&d);
	drive_receive(&d, GET("/big"), sizeof GET("/big") - 1);
	drive_result(&d, 0);
	drive_result(&d, -ECONNRESET);
	CHECK(d.dead);
	drive_close(&d);
}

/* ---- on condition, and in part ---- */

static void answers_conditions(void)
{
	check_answers(WITH("/a.txt", "If-None-Match: W/\"x\", " TAG_A "\r\n") GET("/b"),
		      "HTTP/1.1 304 Not Modified\r\n" DATE ABOUT(TAG_A) "\r\n" FILE_B);
	check_answers("HEAD /a.txt HTTP/1.1\r\n" H "If-Modified-Since: " MODIFIED "\r\n\r\n" GET("/b"),
		      "HTTP/1.1 304 Not Modified\r\n" DATE ABOUT(TAG_A) "\r\n" FILE_B);
	check_answers(WITH("/a.txt", "If-None-Match: \"x\"\r\nIf-Modified-Since: " MODIFIED "\r\n"), FILE_A);
	check_answers(WITH("/a.txt", "If-Match: \"x\"\r\n") GET("/b"),
		      SAYS("412 Precondition Failed", "32") ABOUT(TAG_A)
		      "\r\nThe file is another one by now.\n" FILE_B);
	check_answers(WITH("/none", "If-None-Match: *\r\n"), NOT_FOUND);
}

static void answers_ranges(void)
{
	static const char part[] = "HTTP/1.1 206 Partial Content\r\n" DATE PLAIN LENGTH("3") ABOUT(TAG_A)
				   "Content-Range: bytes 1-3/6\r\n\r\nell";
	check_answers(WITH("/a.txt", "Range: bytes=1-3\r\n"), part);
	check_answers(WITH("/a.txt", "Range: bytes=1-3\r\nIf-Range: " TAG_A "\r\n"), part);
	check_answers(WITH("/a.txt", "Range: bytes=1-3\r\nIf-Range: \"x\"\r\n"), FILE_A);
	check_answers(WITH("/a.txt", "Range: bytes=1-2,4-5\r\n"), FILE_A);
	check_answers("HEAD /a.txt HTTP/1.1\r\n" H "Range: bytes=1-3\r\n\r\n", HEAD_A "\r\n");
	check_answers(WITH("/a.txt", "Range: bytes=6-\r\n") GET("/b"),
		      SAYS("416 Range Not Satisfiable", "40") ABOUT(TAG_A)
		      "Content-Range: bytes */6\r\n\r\nThe file ends before this range begins.\n" FILE_B);
}

static void answers_ranges_of_large_files(void)
{
	char want[1000];
	size_t n = (size_t)sprintf(want, "HTTP/1.1 206 Partial Content\r\n" DATE UNKNOWN LENGTH("100")
				   ABOUT("\"5-493e0-" MTIME_HEX "\"")
				   "Content-Range: bytes 299900-299999/300000\r\n\r\n");
	drive_file_bytes(want + n, BIG - 100, 100);
	n += 100;
	n += (size_t)sprintf(want + n, "%s", FILE_B);
	check_dialogue(dialogue(WITH("/big", "Range: bytes=-100\r\n") GET("/b")), want, n);
}

/* ---- what is refused ---- */

static void answers_what_is_not_there(void)
{
	check_answers(GET("/none"), NOT_FOUND);
	check_answers("HEAD /none HTTP/1.1\r\n" H "\r\n" GET("/b"), SAYS("404 Not Found", "49") "\r\n" FILE_B);
	check_answers(GET("/a.txt/"), NOT_FOUND);
	check_answers(GET("/a.txt/x"), NOT_FOUND);
	check_answers(GET("/none/") GET("/b"), NOT_FOUND FILE_B);
	check_answers(GET("/.secret") GET("/sub/.secret") GET("/%2esecret"), NOT_FOUND NOT_FOUND NOT_FOUND);
	check_answers(GET("/x/../.secret") GET("/.secret/"), NOT_FOUND NOT_FOUND);
}

static void answers_errors(void)
{
	static const char *const not_there[] = { "beyond", "loop", "locked", "long", "strange" };
	for (size_t i = 0; i < sizeof not_there / sizeof *not_there; i++) {
		char in[100];
		snprintf(in, sizeof in, "GET /%s HTTP/1.1\r\n" H "\r\n" GET("/b"), not_there[i]);
		check_answers(in, NOT_FOUND FILE_B);
	}
	check_answers(GET("/busy") GET("/b"), SAYS("503 Service Unavailable", "46")
		      "Retry-After: 1\r\n\r\nThe server is short of memory or descriptors.\n" FILE_B);
	CHECK_INT(status_of(GET("/full")), 503);
	CHECK_INT(status_of(GET("/broken")), 500);
}

static void answers_malformed_paths(void)
{
	static const char *const bad[] = {
		"/..", "/../a.txt", "/%2e%2e/a.txt", "/x/../../a.txt", "/a.txt%00", "/%00", "/a%2ftxt",
		"/..%2fa.txt",
		"/%", "/%zz", "http://b/../a.txt",
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		char in[100];
		snprintf(in, sizeof in, "GET %s HTTP/1.1\r\n" H "\r\n" GET("/b"), bad[i]);
		check_answers(in, SAYS("400 Bad Request", "43")
			      "\r\nThis path is malformed or leaves the root.\n" FILE_B);
	}
}

static void answers_long_paths(void)
{
	char in[HTTP_LINE_MAX], text[5000];
	for (size_t n = 4080; n < 4096; n++) {
		memset(text, 'x', n);
		text[n] = '\0';
		snprintf(in, sizeof in, "GET /%s HTTP/1.1\r\n" H "\r\n", text);
		CHECK_INT(status_of(in), n < 4096 - sizeof "/index.html" ? 404 : 414);
	}
}

static void answers_methods(void)
{
	static const char *const methods[] = { "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE" };
	static const char says[] = SAYS("405 Method Not Allowed", "41")
				   "Allow: GET, HEAD\r\n\r\nFiles can be read here: by GET and HEAD.\n" FILE_B;
	for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
		char in[100];
		snprintf(in, sizeof in, "%s /a.txt HTTP/1.1\r\n" H "\r\n" GET("/b"), methods[i]);
		check_answers(in, says);
	}
	check_answers("POST /status HTTP/1.1\r\n" H "Content-Length: 2\r\n\r\n{}" GET("/b"), says);
	check_answers("OPTIONS * HTTP/1.1\r\n" H "\r\n" GET("/b"),
		      "HTTP/1.1 204 No Content\r\n" DATE "Allow: GET, HEAD, OPTIONS\r\n\r\n" FILE_B);
	CHECK_INT(status_of("CONNECT b:80 HTTP/1.1\r\n" H "\r\n"), 501);
	CHECK_INT(status_of("BREW /a.txt HTTP/1.1\r\n" H "\r\n"), 501);
	CHECK_INT(status_of("get /a.txt HTTP/1.1\r\n" H "\r\n"), 501);
}

/* ---- counting ---- */

static void tells_its_status(void)
{
	struct drive d;
	converse(&d, GET("/a.txt") GET("/none") GET("/status"), HOT_NEVER);
	const char *body = memmem(d.sent, d.n_sent, "{\"service\"", 10);
	CHECK(body && memmem(d.sent, d.n_sent, "Cache-Control: no-store\r\n", 25));
	if (body)
		CHECK_STR(body, "{\"service\": \"web\", \"connections\": 1, \"requests\": 2, \"bytes\": 55, "
			  "\"status\": {\"200\": 1, \"404\": 1}, "
			  "\"workers\": [{\"connections\": 1, \"requests\": 2, \"bytes\": 55}]}\n");
	drive_close(&d);
	CHECK_INT(status_of(GET("/status/")), 404);
	CHECK_INT(status_of(GET("/%73tatus?x")), 200);
}

static void status_can_be_a_file(void)
{
	struct web_config config = { .root = ".", .no_status = true };
	struct drive_dialogue c = dialogue(GET("/status"));
	const char want[] = OK UNKNOWN LENGTH("7") ABOUT("\"7-7-" MTIME_HEX "\"") "\r\nstatus\n";
	c.config = &config;
	check_dialogue(c, want, sizeof want - 1);
}

static void logs_what_went_out(void)
{
	struct drive d;
	converse(&d, GET("/big") "HEAD /b HTTP/1.1\r\n" H "Referer: http://a/\r\nUser-Agent: x\r\n\r\n",
		 HOT_NEVER);
	CHECK_STR(d.log.data,
		  "127.0.0.1 - - [06/Nov/1994:08:49:37 +0000] \"GET /big HTTP/1.1\" 200 300000 \"-\" \"-\"\n"
		  "127.0.0.1 - - [06/Nov/1994:08:49:37 +0000] \"HEAD /b HTTP/1.1\" 200 0 \"http://a/\" \"x\"\n");
	CHECK_INT(http_stats_totals(d.env.shared).bytes, BIG);
	CHECK_INT(http_stats_totals(d.env.shared).requests, 2);
	drive_close(&d);
}

/* ---- options ---- */

static void knows_its_options(void)
{
	const struct program program = { .name = "web_server", .usage = "", .summary = "" };
	struct web_config config = *(const struct web_config *)web_service.defaults;
	struct option_set sets[] = { { "Options", web_service.options, &config }, { 0 } };
	CHECK_STR(web_service.root(&config), ".");
	static const char *const words[] = {
		"web_server", "--root", "/srv", "--list", "--no-status", "--sendfile=no", "--header-timeout", "2s",
	};
	char *argv[9] = { NULL };
	for (int i = 0; i < 8; i++)
		argv[i] = (char *)words[i];
	CHECK_INT(options_parse(&program, sets, 8, argv), 8);
	CHECK_STR(web_service.root(&config), "/srv");
	CHECK(config.list && config.no_status);
	CHECK_INT(config.sendfile, 1);
	CHECK_INT(config.limits.header_ms, 2000);
}

int main(void)
{
	static const struct test tests[] = {
		TEST(answers_files), TEST(answers_in_order), TEST(answers_large_files),
		TEST(keeps_alive_by_the_rules),
		TEST(large_files_can_be_the_last), TEST(a_hot_file_is_one_send), TEST(a_body_is_lent),
		TEST(a_cold_file_is_opened_first), TEST(a_range_is_a_part_of_a_sendfile),
		TEST(lets_go_of_large_files),
		TEST(a_failing_client_ends_it), TEST(answers_conditions), TEST(answers_ranges),
		TEST(answers_ranges_of_large_files), TEST(answers_what_is_not_there), TEST(answers_errors),
		TEST(answers_malformed_paths), TEST(answers_long_paths), TEST(answers_methods),
		TEST(tells_its_status),
		TEST(status_can_be_a_file), TEST(logs_what_went_out), TEST(knows_its_options), { 0 },
	};
	return run_tests(tests);
}
