/* test_http_session.c - a client's HTTP connection, with a small service behind it that can do all there is.
 *
 *     /text  a short text       /lead   sleeps first, then a text     /file  a head and a stable body
 *     /full  finds no room      /wrong  400                           /none  204
 *
 * SPDX-License-Identifier: MIT */
#include "servers/http_session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "servers/http_access.h"
#include "servers/http_stats.h"
#include "tests/unit/check.h"
#include "tests/unit/drive.h"
#include "tests/unit/texts.h"

/* ---- the service ---- */

struct session {
	struct http_session http;
	uint64_t            sleeping;
};

struct config {
	struct http_limits limits;
};

static bool at(const struct http_request *r, const char *path)
{
	return r->path.len == strlen(path) && memcmp(r->path.text, path, r->path.len) == 0;
}

static enum http_did put_file(struct http_turn *t, const struct http_request *r)
{
	static const char body[] = "the body";
	bool keep = http_may_keep(t, r);
	struct http_answer a = { .status = 200, .wall_s = t->env->wall_s, .content_length = sizeof body - 1,
				 .keep_alive = keep };
	http_put_head(&t->out, &a);
	http_answered(t, r, keep, 200, sizeof body - 1);
	http_send(t, body, sizeof body - 1);
	return HTTP_LEADS;
}

static enum http_did put_text(struct http_turn *t, const struct http_request *r)
{
	struct http_text text = HTTP_TEXT("text\n");
	return http_answer_text(t, r, 200, "X: y\r\n", HTTP_TEXT("text/plain"), text) ? HTTP_ANSWERED
										      : HTTP_FULL;
}

static enum http_did answer(struct http_turn *t, const struct http_request *r)
{
	if (at(r, "/full"))
		return HTTP_FULL;
	if (at(r, "/wrong"))
		return http_answer_error(t, r, 400, "as you wish") ? HTTP_ANSWERED : HTTP_FULL;
	if (at(r, "/none"))
		return http_answer_text(t, r, 204, NULL, (struct http_text){ 0 }, (struct http_text){ 0 })
			       ? HTTP_ANSWERED
			       : HTTP_FULL;
	if (at(r, "/file"))
		return t->out.size - t->out.len < 256 ? HTTP_FULL : put_file(t, r);
	if (!at(r, "/lead"))
		return put_text(t, r);
	if (t->out.len)
		return HTTP_FULL;
	((struct session *)(void *)t->s)->sleeping = 1;
	t->next->op = IO_SLEEP;
	t->next->used = t->used;
	t->next->timeout_ms = 5;
	return HTTP_LEADS;
}

static struct http_limits limits(const struct io_env *env)
{
	return ((const struct config *)env->config)->limits;
}

static struct http_stats *stats(const struct io_env *env)
{
	return env->shared;
}

static const struct http_kind kind = { .answer = answer, .limits = limits, .stats = stats };

static void start(void *session, const struct io_env *env, struct io_req *first)
{
	http_session_start(session, &kind, env, first);
}

/* The head was left on offer while it slept. */
static void resume(void *session, const struct io_env *env, const struct io_result *got, struct io_req *next)
{
	struct session *s = session;
	struct http_turn t = http_turn(&s->http, &kind, env, got, next);
	if (!s->sleeping) {
		http_session_resume(&t);
		return;
	}
	struct http_request r;
	int head_len = http_parse_request(&r, t.data, t.len);
	s->sleeping = 0;
	t.head_len = (size_t)head_len;
	put_text(&t, &r);
	http_session_go_on(&t);
}

static void end(void *session, const struct io_env *env)
{
	http_session_end(session, &kind, env);
}

static const struct service service = {
	.contract = MUXLAB_CONTRACT,
	.name = "test",
	.summary = "",
	.session_size = sizeof(struct session),
	.shared_size = sizeof(struct http_stats),
	.max_message = HTTP_HEAD_MAX,
	.config_size = sizeof(struct config),
	.start = start,
	.resume = resume,
	.end = end,
};

/* ---- helpers ---- */

#define DATE "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
#define H "Host: a\r\n"
#define GET(path) "GET " path " HTTP/1.1\r\n" H "\r\n"
#define OF(length) "Content-Type: text/plain\r\nContent-Length: " length "\r\n"
#define CLOSE "Connection: close\r\n"
#define OK "HTTP/1.1 200 OK\r\n" DATE OF("5") "X: y\r\n"
#define TEXT OK "\r\ntext\n"
#define TEXT_CLOSE OK CLOSE "\r\ntext\n"
#define FILE_OF "HTTP/1.1 200 OK\r\n" DATE "Content-Length: 8\r\n"
#define ERROR(words, length, why) "HTTP/1.1 " words "\r\n" DATE OF(length) CLOSE "\r\n" words ": " why "\n"
#define EXPECT "Expect: 100-continue\r\n"
#define NO_FIT ERROR("500 Internal Server Error", "51", "the answer does not fit")
#define CHUNKED "POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n"

static void check_answers(const char *in, const char *want)
{
	static const struct config config;
	struct drive_dialogue c = { .service = &service, .config = &config, .in = in };
	note_text(in);
	drive_all_ways(&c, want, strlen(want));
	c.scratch_len = DRIVE_SCRATCH_LEAST;
	drive_all_ways(&c, want, strlen(want));
	note_text("");
}

/* ---- answers ---- */

static void gathers_answers(void)
{
	check_answers(GET("/text"), TEXT);
	check_answers(GET("/1") GET("/2") GET("/3"), TEXT TEXT TEXT);
	check_answers("HEAD / HTTP/1.1\r\n" H "\r\n" GET("/"), OK "\r\n" TEXT);
	check_answers("GET / HTTP/1.0\r\n\r\n" GET("/"), TEXT_CLOSE);
	check_answers("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n" GET("/"),
		      OK "Connection: keep-alive\r\n\r\ntext\n" TEXT);
	check_answers(GET("/none") GET("/"), "HTTP/1.1 204 No Content\r\n" DATE "\r\n" TEXT);
}

static void lets_the_service_lead(void)
{
	check_answers(GET("/lead"), TEXT);
	check_answers(GET("/lead") GET("/lead") GET("/"), TEXT TEXT TEXT);
	check_answers(GET("/1") GET("/lead") GET("/file") GET("/2"), TEXT TEXT FILE_OF "\r\nthe body" TEXT);
	check_answers("POST /lead HTTP/1.1\r\n" H "Content-Length: 3\r\n\r\nabc" GET("/"), TEXT TEXT);
	check_answers("GET /lead HTTP/1.1\r\n" H CLOSE "\r\n" GET("/"), TEXT_CLOSE);
	check_answers("GET /file HTTP/1.1\r\n" H CLOSE "\r\n" GET("/"), FILE_OF CLOSE "\r\nthe body");
	check_answers(GET("/file") GET("/file"), FILE_OF "\r\nthe body" FILE_OF "\r\nthe body");
}

static void sends_a_led_answer_with_the_next_one(void)
{
	static const struct config config;
	struct drive d;
	drive_open(&d, &service, &config);
	drive_start(&d);
	drive_receive(&d, GET("/lead") GET("/file"), 2 * (sizeof GET("/lead") - 1));
	CHECK_INT(d.req.op, IO_SLEEP);
	drive_result(&d, 0);
	CHECK_INT(d.req.op, IO_SEND); /* the second one's head follows the first one's answer, with its body */
	CHECK_INT(d.req.answers, 2);
	CHECK_INT(d.req.body_len, 8);
	CHECK_INT(d.req.used, 2 * (sizeof GET("/lead") - 1));
	drive_result(&d, 0);
	CHECK(d.req.op == IO_RECV && d.req.idle);
	drive_close(&d);
}

static void answers_that_never_fit_are_500(void)
{
	check_answers(GET("/full") GET("/"), NO_FIT);
	check_answers(GET("/") GET("/full"), TEXT NO_FIT);
	check_answers(GET("/wrong") GET("/"), ERROR("400 Bad Request", "29", "as you wish"));
}

/* ---- bodies ---- */

static void discards_chunks(void)
{
	check_answers(CHUNKED "0\r\n\r\n" GET("/"), TEXT TEXT);
	check_answers(CHUNKED "5\r\nGET /\r\n0\r\n\r\n" GET("/"), TEXT TEXT);
	check_answers(CHUNKED "a;x=\"y\"\r\n0123456789\r\n1\r\n\n\r\n000\r\nTrailer: t\r\n\r\n"
		      GET("/") GET("/"), TEXT TEXT TEXT);
	check_answers(CHUNKED "5\r\nab", TEXT);
	check_answers(CHUNKED "5\r\nabcdefg\r\n0\r\n\r\n" GET("/"), TEXT); /* malformed: it ends there */
	check_answers(CHUNKED "x\r\n" GET("/"), TEXT);
	check_answers("POST / HTTP/1.1\r\n" H "Content-Length: 3\r\n" EXPECT "\r\nabc" GET("/"), TEXT_CLOSE);
	check_answers("POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n" EXPECT "\r\n", TEXT_CLOSE);
	check_answers("GET / HTTP/1.1\r\n" H EXPECT "\r\n" GET("/"), TEXT TEXT);
}

/* A body in chunks of a byte: 6 bytes each on the wire, which count too. */
static void discards_chunks_within_bounds(void)
{
	static const struct config config;
	enum { LAST = 5 };
	for (int more = 0; more < 2; more++) {
		size_t n = HTTP_REQUEST_BODY_MAX / 6 + (size_t)more, len;
		char *in = malloc(sizeof CHUNKED + n * 6 + 100);
		strcpy(in, CHUNKED);
		len = strlen(in);
		for (size_t i = 0; i < n; i++, len += 6)
			strcpy(in + len, "1\r\nx\r\n");
		if (!more) { /* to the byte */
			len -= 6 + 6;
			len += (size_t)sprintf(in + len, "%03x\r\n", 1);
			len += (size_t)sprintf(in + len, "x\r\n0\r\n\r\n");
		}
		strcpy(in + len, GET("/"));
		struct drive_dialogue c = { .service = &service, .config = &config, .in = in };
		const char *want = more ? TEXT : TEXT TEXT;
		drive_all_ways(&c, want, strlen(want));
		free(in);
	}
}

/* ---- time ---- */

static void has_four_time_outs(void)
{
	static const struct config config = { { 1000, 2000, 3000, 4000 } }; /* head, body, keep-alive, send */
	static const char post[] = "POST / HTTP/1.1\r\n" H "Content-Length: 9\r\n\r\nab";
	struct drive d;
	drive_open(&d, &service, &config);
	drive_start(&d);
	CHECK_INT(d.req.timeout_ms, 3000);
	drive_receive(&d, "GET", 3);
	CHECK_INT(d.req.timeout_ms, 1000);
	d.env.now_ms += 400;
	drive_receive(&d, " ", 1);
	CHECK_INT(d.req.timeout_ms, 600);
	drive_receive(&d, "/ HTTP/1.1\r\n" H "\r\n", 12 + 9 + 2);
	CHECK_INT(d.req.op, IO_SEND);
	CHECK_INT(d.req.timeout_ms, 4000);
	drive_result(&d, 0);
	CHECK_INT(d.req.timeout_ms, 3000);
	drive_receive(&d, post, sizeof post - 1);
	drive_result(&d, 0);
	CHECK(d.req.idle && d.req.timeout_ms == 2000);
	d.env.now_ms += 500;
	drive_receive(&d, "cd", 2);
	CHECK_INT(d.req.timeout_ms, 1500);
	drive_result(&d, -ETIMEDOUT);
	CHECK(d.done && d.lingered);
	drive_close(&d);
}

static void zero_is_the_idle_time_out(void)
{
	static const struct config config = { { .send_ms = 7 } };
	struct drive d;
	drive_open(&d, &service, &config);
	drive_start(&d);
	CHECK_INT(d.req.timeout_ms, DRIVE_IDLE_MS);
	drive_receive(&d, "G", 1);
	CHECK_INT(d.req.timeout_ms, DRIVE_IDLE_MS);
	drive_close(&d);
}

static void the_last_one_before_a_stop_says_so(void)
{
	static const struct config config;
	static const struct {
		const char *in, *want;
	} cases[] = {
		{ CHUNKED "1\r\nx\r\n0\r\n\r\n" GET("/2"), TEXT TEXT_CLOSE },
		{ CHUNKED "1\r\nx\r\n0\r\n", TEXT_CLOSE },
		{ CHUNKED "1\r\nxyz" GET("/2"), TEXT_CLOSE },
		{ GET("/1") GET("/lead"), TEXT TEXT_CLOSE },
		{ GET("/file") GET("/file") "GET", FILE_OF "\r\nthe body" FILE_OF CLOSE "\r\nthe body" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct drive d;
		struct drive_dialogue c = { .service = &service, .config = &config, .in = cases[i].in,
					    .then = THEN_STOP };
		drive_cut(&d, &c, 0, 0);
		note_text(cases[i].in);
		CHECK_MEM(d.sent, d.n_sent, cases[i].want, strlen(cases[i].want));
		CHECK(d.done && d.lingered);
		drive_close(&d);
	}
}

/* ---- counts ---- */

static void counts_what_it_answers(void)
{
	static const struct config config;
	struct drive d;
	char text[HTTP_STATS_JSON_MAX];
	struct http_out out = { .data = text, .size = sizeof text };
	drive_open(&d, &service, &config);
	d.env.worker = 1;
	drive_start(&d);
	drive_receive(&d, GET("/") GET("/wrong"), sizeof GET("/") GET("/wrong") - 1);
	struct http_totals totals = http_stats_totals(d.env.shared);
	CHECK_INT(totals.now, 1);
	CHECK_INT(totals.requests, 2);
	CHECK_INT(totals.bytes, 5 + 29);
	http_stats_json(&out, d.env.shared, "test", "\"hits\": 3,");
	static const char want[] =
		"{\"service\": \"test\", \"connections\": 1, \"requests\": 2, \"bytes\": 34, "
		"\"status\": {\"200\": 1, \"400\": 1}, \"hits\": 3, "
		"\"workers\": [{\"connections\": 0, \"requests\": 0, \"bytes\": 0}, "
		"{\"connections\": 1, \"requests\": 2, \"bytes\": 34}]}\n";
	CHECK_MEM(out.data, out.len, want, sizeof want - 1);
	drive_close(&d);
}

/* With every counter at its highest, in as little as it asks for. */
static void json_fits(void)
{
	struct http_stats *s = calloc(1, sizeof *s);
	char text[HTTP_STATS_JSON_MAX];
	for (int i = 0; i < HTTP_STATS_ROWS; i++) {
		s->rows[i].connections = s->rows[i].bytes = UINT64_MAX;
		for (int code = 0; code < HTTP_STATS_CODES; code++)
			s->rows[i].by_code[code] = UINT64_MAX / HTTP_STATS_CODES;
	}
	static const size_t sizes[] = { HTTP_STATS_JSON_MAX, 4096, 2048 };
	for (size_t i = 0; i < 3; i++) {
		struct http_out out = { .data = text, .size = sizes[i] };
		http_stats_json(&out, s, "test", NULL);
		CHECK(!out.full);
		CHECK(out.len > 3 && memcmp(text + out.len - 3, "]}\n", 3) == 0);
	}
	free(s);
}

/* ---- the access log ---- */

static void check_log(const char *in, const char *want)
{
	static const struct config config;
	struct drive d;
	drive_open(&d, &service, &config);
	drive_start(&d);
	drive_receive(&d, in, strlen(in));
	while (!d.done && d.req.op != IO_RECV)
		drive_result(&d, 0);
	if (!d.done)
		drive_result(&d, 0);
	while (!d.done)
		drive_result(&d, 0);
	note_text(in);
	CHECK_MEM(d.log.data, d.log.len, want, strlen(want));
	drive_close(&d);
}

#define LOG "127.0.0.1 - - [06/Nov/1994:08:49:37 +0000] "

static void logs_answers(void)
{
	check_log(GET("/a?b"), LOG "\"GET /a?b HTTP/1.1\" 200 5 \"-\" \"-\"\n");
	check_log("HEAD / HTTP/1.1\r\n" H "Referer: http://r/\r\nUser-Agent: curl/7\r\n\r\n",
		  LOG "\"HEAD / HTTP/1.1\" 200 0 \"http://r/\" \"curl/7\"\n");
	check_log(GET("/lead") GET("/file"),
		  LOG "\"GET /lead HTTP/1.1\" 200 5 \"-\" \"-\"\n"
		  LOG "\"GET /file HTTP/1.1\" 200 8 \"-\" \"-\"\n");
	check_log("GET / HTTP/1.1\r\n" H "User-Agent: a\"b\\c\xc3\xa4\td\r\nReferer: \r\n\r\n",
		  LOG "\"GET / HTTP/1.1\" 200 5 \"-\" \"a\\x22b\\x5Cc\\xC3\\xA4\\x09d\"\n");
	check_log("GET /\x01\x1b[0m\"\r\n\r\n", LOG "\"GET /\\x01\\x1B[0m\\x22\" 400 71 \"-\" \"-\"\n");
	check_log("\r\nGE", LOG "\"GE\" 400 55 \"-\" \"-\"\n");
	check_log("", "");
}

static void keep(const struct io_env *env, const char *line, size_t len)
{
	char *kept = env->shared;
	memcpy(kept, line, len);
	kept[len] = '\0';
}

static void check_address(struct peer peer, const char *want)
{
	char kept[HTTP_ACCESS_MAX + 1] = "";
	struct io_env env = { .peer = &peer, .shared = kept, .access = keep };
	http_access(&env, HTTP_TEXT("x"), HTTP_TEXT(""), 200, 1);
	*strchr(kept, ' ') = '\0';
	CHECK_STR(kept, want);
}

static void logs_addresses(void)
{
	check_address((struct peer){ .family = 4, .addr = { 255, 0, 10, 1 } }, "255.0.10.1");
	check_address((struct peer){ 0 }, "-");
	check_address((struct peer){ .family = 6 }, "::");
	check_address((struct peer){ .family = 6, .addr = { [15] = 1 } }, "::1");
	check_address((struct peer){ .family = 6, .addr = { 0x20, 1, 0xd, 0xb8, [15] = 16 } }, "2001:db8::10");
	check_address((struct peer){ .family = 6, .addr = { 0, 1 } }, "1::");
	check_address((struct peer){ .family = 6, .addr = { 0, 1, 0, 0, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7 } },
		      "1:0:2:3:4:5:6:7");
	check_address((struct peer){ .family = 6, .addr = { 0, 1, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 7 } },
		      "1:0:0:3::7");
	check_address((struct peer){ .family = 6, .addr = { 0, 1, 0, 0, 0, 0, 0, 3, 0, 4, 0, 0, 0, 0, 0, 7 } },
		      "1::3:4:0:0:7");
}

static void long_lines_are_cut(void)
{
	char kept[HTTP_ACCESS_MAX + 1] = "", *agent = malloc(HTTP_HEAD_MAX);
	struct peer peer = { .family = 6 };
	memset(peer.addr, 0xff, 16);
	struct io_env env = { .peer = &peer, .shared = kept, .access = keep, .wall_s = 784111777 };
	int n = sprintf(agent, "User-Agent: ");
	memset(agent + n, '"', 9000);
	n += 9000;
	n += sprintf(agent + n, "\r\nReferer: ");
	memset(agent + n, '"', 9000);
	n += 9000;
	n += sprintf(agent + n, "\r\n");
	http_access(&env, (struct http_text){ agent + 12, 9000 }, (struct http_text){ agent, (size_t)n }, 200,
		    UINT64_MAX);
	size_t len = strlen(kept);
	CHECK(len > 3500 && len <= HTTP_ACCESS_MAX);
	CHECK_STR(kept + len - 6, "\\x22\"\n");
	CHECK(strchr(kept, '\n') == kept + len - 1);
	free(agent);
}

int main(void)
{
	static const struct test tests[] = {
		TEST(gathers_answers), TEST(lets_the_service_lead), TEST(sends_a_led_answer_with_the_next_one),
		TEST(answers_that_never_fit_are_500), TEST(discards_chunks),
		TEST(discards_chunks_within_bounds), TEST(has_four_time_outs), TEST(zero_is_the_idle_time_out),
		TEST(the_last_one_before_a_stop_says_so), TEST(counts_what_it_answers), TEST(json_fits),
		TEST(logs_answers), TEST(logs_addresses), TEST(long_lines_are_cut), { 0 },
	};
	return run_tests(tests);
}
