/* test_redirect_status.c - the redirect master: its table of slaves, and who gets it as a page.
 *
 * SPDX-License-Identifier: MIT */
#include "servers/redirect_parts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/check.h"
#include "tests/unit/redirect_cases.h"
#include "tests/unit/texts.h"

#define HTML   "Accept: text/html\r\n"
#define STATUS "/master/status"

static void some_state(struct drive *d)
{
	struct redirect_shared *shared = d->env.shared;
	shared->dead = 2;
	shared->known[0].dealt = 12;
	shared->known[0].checks = 3;
	shared->known[0].load = 5;
	shared->known[0].latency_ms = 1;
	shared->known[0].last = 200;
	shared->known[1].since_ms = d->env.now_ms - 7900;
	shared->known[1].checks = shared->known[1].failures = 4;
	shared->known[1].last = -ECONNREFUSED;
}

#define OK(type, length)                                                                                       \
	"HTTP/1.1 200 OK\r\n" DATE "Content-Type: " type "\r\nContent-Length: " length "\r\n"                  \
	"Cache-Control: no-store\r\nVary: Accept\r\n\r\n"
#define JSON                                                                                                   \
	"{\"service\": \"redirect\", \"connections\": 1, \"requests\": 0, \"bytes\": 0, \"status\": {}, "      \
	"\"workers\": "                                                                                        \
	"[{\"connections\": 1, \"requests\": 0, \"bytes\": 0}], \"policy\": \"round_robin\", \"alive\": 1, "   \
	"\"slaves\": [\n"                                                                                      \
	"{\"where\": \"127.0.0.1:9000\", \"weight\": 1, \"state\": \"alive\", \"seconds\": null, \"dealt\": "  \
	"12, "                                                                                                 \
	"\"load\": 5, \"latency_ms\": 1, \"checks\": 3, \"failures\": 0, \"last\": 200},\n"                    \
	"{\"where\": \"[::1]:9001\", \"weight\": 1, \"state\": \"dead\", \"seconds\": 7, \"dealt\": 0, "       \
	"\"load\": null, \"latency_ms\": null, \"checks\": 4, \"failures\": 4, \"last\": "                     \
	"\"ECONNREFUSED\"}]}\n"
#define PAGE                                                                                                   \
	"<!DOCTYPE html>\n<html lang=\"en\">\n<meta "                                                          \
	"charset=\"utf-8\">\n<title>Slaves</title>\n<h1>Slaves</h1>\n"                                         \
	"<p>1 of 2 are alive. Policy: round_robin. Connections now: 1, requests: 0.</p>\n<table "              \
	"border=\"1\">\n"                                                                                      \
	"<tr><th>slave<th>weight<th>state<th>seconds<th>dealt<th>load<th>latency, ms<th>checks<th>failures"    \
	"<th>last check</tr>\n"                                                                                \
	"<tr><td>127.0.0.1:9000<td>1<td>alive<td>-<td>12<td>5<td>1<td>3<td>0<td>200</tr>\n"                    \
	"<tr><td>[::1]:9001<td>1<td><b>dead</b><td>7<td>0<td>-<td>-<td>4<td>4<td>ECONNREFUSED</tr>\n"          \
	"</table>\n</html>\n"

static void check_page(const char *in, const char *want)
{
	struct redirect_config *config = two_slaves();
	struct drive_dialogue c = {
		.service = &redirect_service, .config = config, .in = in, .prepare = some_state
	};
	note_text(in);
	drive_all_ways(&c, want, strlen(want));
	c.scratch_len = DRIVE_SCRATCH_LEAST;
	drive_all_ways(&c, want, strlen(want));
	note_text("");
	free(config);
}

static void shows_the_table(void)
{
	check_page(GET(STATUS), OK("application/json", "519") JSON);
	check_page("GET " STATUS "?x HTTP/1.1\r\n" H "\r\n", OK("application/json", "519") JSON);
	check_page("HEAD " STATUS " HTTP/1.1\r\n" H "\r\n", OK("application/json", "519"));
	check_page("GET " STATUS " HTTP/1.1\r\n" H HTML "\r\n", OK("text/html; charset=utf-8", "496") PAGE);
}

static void stands_in_line(void)
{
	struct drive d;
	struct redirect_config *config = two_slaves();
	converse(&d, config, GET("/1") GET(STATUS) GET("/2"), THEN_END);
	CHECK_MEM(d.sent, sizeof TO_A("/1") - 1, TO_A("/1"), sizeof TO_A("/1") - 1);
	CHECK(strstr(d.sent, "\"requests\": 1,"));
	CHECK_STR(d.sent + d.n_sent - sizeof TO_B("/2") + 1, TO_B("/2"));
	CHECK_INT(d.answers, 3);
	drive_close(&d);
	free(config);
}

static void only_this_path_is_ours(void)
{
	check_answers(GET("/master/status/"), TO_A("/master/status/"));
	check_answers(GET("/master/statu"), TO_A("/master/statu"));
	check_answers(GET("/status"), TO_A("/status"));
	check_answers("POST " STATUS " HTTP/1.1\r\n" H "\r\n" GET("/"),
		      "HTTP/1.1 405 Method Not Allowed\r\n" DATE TYPE
		      "Content-Length: 52\r\nAllow: GET, HEAD\r\n\r\n"
		      "405 Method Not Allowed: the status can only be read\n" TO_A("/"));
}

/* 64 slaves with as long names as there are, in as little room as there may be. */
static void says_what_it_left_out(void)
{
	static char names[REDIRECT_SLAVES_MAX][REDIRECT_HOST_MAX + 20];
	const char *options[80] = { NULL };
	for (int i = 0; i < REDIRECT_SLAVES_MAX; i++) {
		memset(names[i], '\'', sizeof names[i]);
		memcpy(names[i], "--slave=", 8);
		snprintf(names[i] + 8 + REDIRECT_HOST_MAX - 5, 20, ":%04d", i + 1);
		options[i] = names[i];
	}
	struct redirect_config *config = good_config(options);
	for (int small = 0; small < 2; small++)
		for (int html = 0; html < 2; html++) {
			struct drive d;
			struct http_response r;
			struct drive_dialogue c = {
				.service = &redirect_service,
				.config = config,
				.in = html ? "GET " STATUS " HTTP/1.1\r\n" H HTML "\r\n" : GET(STATUS),
				.scratch_len = small ? DRIVE_SCRATCH_LEAST : DRIVE_SCRATCH
			};
			drive_cut(&d, &c, 0, 0);
			int head = http_parse_response(&r, d.sent, d.n_sent);
			CHECK(head > 0 && r.status == 200);
			CHECK_INT(d.n_sent - (size_t)head, r.content_length);
			CHECK(strstr(d.sent, html ? "<p>More slaves: " : "\"more_slaves\": "));
			CHECK(strstr(d.sent, html ? "</html>\n" : "}\n"));
			CHECK(!html || !strstr(d.sent, "''"));
			drive_close(&d);
		}
	free(config);
}

/* ---- Accept ---- */

static void knows_what_clients_prefer(void)
{
	static const struct {
		const char *accept;
		bool html;
	} cases[] = {
		{ "text/html", true },
		{ "Text/HTML", true },
		{ "text/html;q=0.1", true },
		{ "text/*", true },
		{ "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", true }, /* a browser */
		{ "*/*", false },
		{ "application/json", false },
		{ "", false },
		{ "text/html;q=0", false },
		{ "text/html, application/json", false },
		{ "text/html;q=0.5, application/json;q=0.4", true },
		{ "text/html;q=0.4, application/json;q=0.5", false },
		{ "text/html ; q=0.8 , */* ; q=0.5", true },
		{ "text/html;level=1;q=0.3, */*;q=0.4", false },
		{ "*/*;q=0.9, text/html;q=0.95", true },
		{ "text/html;q=0, */*", false },
		{ "application/*;q=0.1, text/*;q=0.2", true },
		{ "text/html;q=7, application/json;q=x", false },
		{ "*/*, application/json;q=0", true },
		{ "text/html;Q=0.001", true },
		{ ",,text/html,", true },
		{ "text/", false },
		{ "text", false },
		{ ";q=1", false },
		{ "text/html;q=1.000, application/json;q=0.999", true },
		{ "text/htm", false },
		{ "text/html2", false },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char head[200];
		struct http_request r;
		int n = snprintf(head, sizeof head, "GET / HTTP/1.1\r\n" H "Accept: %s\r\n\r\n",
				 cases[i].accept);
		const char *lent = guarded(head, (size_t)n);
		CHECK_INT(http_parse_request(&r, lent, (size_t)n), n);
		check_note("%s", cases[i].accept);
		CHECK_INT(redirect_prefers_html(&r, "application/json"), cases[i].html);
	}
	check_note("%s", "");
}

int main(void)
{
	static const struct test tests[] = {
		TEST(shows_the_table),		 TEST(stands_in_line),
		TEST(only_this_path_is_ours),	 TEST(says_what_it_left_out),
		TEST(knows_what_clients_prefer), { 0 },
	};
	return run_tests(tests);
}
