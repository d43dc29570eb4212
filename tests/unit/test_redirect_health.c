/* test_redirect_health.c - the redirect master: checks of a slave, step by step, and what they change.
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

enum { WEB = 2 }; /* number of the slave that is checked here */

static const char *const web_options[] = { "--slave=a:1", "--slave=b:2", "--slave=127.0.0.1:9002", NULL };

#define CONNECT "connect 127.0.0.1:9002"
#define ASK                                                                                                    \
	"GET /status HTTP/1.1\r\nHost: 127.0.0.1:9002\r\nUser-Agent: redirect_master\r\n"                      \
	"Accept: application/json, */*;q=0.5\r\n"
#define ASK_ONCE     ASK "Connection: close\r\n\r\n"
#define ASK_AND_STAY ASK "\r\n"
#define JSON	     "{\"service\": \"web\", \"connections\": 8, \"requests\": 3}"
#define ANSWER	     "HTTP/1.1 200 OK\r\nContent-Length: 51\r\n\r\n" JSON

struct bed { /* a master, and the session that checks its slave WEB */
	struct redirect_config       *config;
	const struct redirect_shared *shared;
	const struct redirect_known  *known;
	struct drive                  main, d;
};

static struct bed *make_bed(const char *const *more)
{
	const char *options[16];
	struct bed *bed = calloc(1, sizeof *bed);
	int n = 0;
	for (int i = 0; web_options[i]; i++)
		options[n++] = web_options[i];
	for (int i = 0; more && more[i]; i++)
		options[n++] = more[i];
	options[n] = NULL;
	bed->config = good_config(options);
	drive_open(&bed->main, &redirect_service, bed->config);
	bed->shared = bed->main.env.shared;
	bed->known = &bed->shared->known[WEB];
	drive_open_beside(&bed->d, &bed->main, WEB);
	drive_start(&bed->d);
	return bed;
}

static void free_bed(struct bed *bed)
{
	drive_close(&bed->d);
	drive_close(&bed->main);
	free(bed->config);
	free(bed);
}

static void check_request(struct bed *bed, const char *want)
{
	char text[DRIVE_TEXT];
	CHECK_STR(drive_describe(text, sizeof text, &bed->d.req), want);
}

static void check_asks(struct bed *bed, const char *want)
{
	CHECK(bed->d.req.op == IO_SEND && bed->d.req.end == IO_ORIGIN);
	size_t len = strlen(want), n = bed->d.origin_sent.len;
	CHECK_MEM(bed->d.origin_sent.data + (n > len ? n - len : 0), n < len ? n : len, want, len);
}

static void receive(struct bed *bed, const char *text)
{
	drive_receive(&bed->d, text, strlen(text));
}

/* From the request to connect to the one to receive. */
static void ask(struct bed *bed)
{
	check_request(bed, CONNECT);
	drive_result(&bed->d, 0);
	check_asks(bed, bed->config->watch ? ASK_AND_STAY : ASK_ONCE);
	drive_result(&bed->d, 0);
	check_request(bed, "origin recv");
}

/* From the close to the next request to connect. */
static void sleep_well(struct bed *bed)
{
	check_request(bed, "close origin");
	drive_result(&bed->d, 0);
	check_request(bed, "sleep 1000");
	drive_result(&bed->d, 0);
	check_request(bed, CONNECT);
}

static void check_well(struct bed *bed)
{
	ask(bed);
	receive(bed, ANSWER);
	sleep_well(bed);
}

static void check_refused(struct bed *bed)
{
	check_request(bed, CONNECT);
	drive_result(&bed->d, -ECONNREFUSED);
	check_request(bed, "sleep 1000");
	drive_result(&bed->d, 0);
}

static bool is_alive(const struct bed *bed)
{
	return redirect_alive(bed->config, bed->shared) >> WEB & 1;
}

/* ---- one check ---- */

static void sees_life(void)
{
	struct bed *bed = make_bed(NULL);
	check_request(bed, CONNECT);
	CHECK_INT(bed->d.req.timeout_ms, 2000);
	drive_result(&bed->d, 0);
	bed->d.env.now_ms += 300;
	drive_result(&bed->d, 0);
	check_request(bed, "origin recv");
	CHECK_INT(bed->d.req.timeout_ms, 1700);
	receive(bed, ANSWER);
	CHECK(is_alive(bed));
	CHECK_INT(bed->known->last, 200);
	CHECK_INT(bed->known->checks, 1);
	CHECK_INT(bed->known->failures, 0);
	CHECK_INT(bed->known->latency_ms, 300);
	CHECK_INT(bed->known->load, 7); /* the eighth is ours */
	CHECK_INT(bed->known->since_ms, 0);
	sleep_well(bed);
	check_well(bed);
	CHECK_INT(bed->known->checks, 2);
	free_bed(bed);
}

/* Each answer, cut everywhere; then the close, and what was found. */
static void check_answer(const char *answer, int last, int load)
{
	size_t len = strlen(answer);
	note_text(answer);
	for (size_t split = 0; split == 0 || split < len; split++) {
		struct bed *bed = make_bed(NULL);
		ask(bed);
		if (split)
			drive_receive(&bed->d, answer, split);
		if (bed->d.req.op == IO_RECV && len)
			drive_receive(&bed->d, answer + split, len - split);
		if (bed->d.req.op == IO_RECV)
			drive_result(&bed->d, 0);
		check_request(bed, "close origin");
		CHECK_INT(bed->known->last, last);
		CHECK_INT(is_alive(bed), last > 0 && last < 500);
		if (last > 0)
			CHECK_INT(bed->known->load, load);
		CHECK_INT(bed->known->checks, 1);
		free_bed(bed);
	}
	note_text("");
}

static void understands_answers(void)
{
	check_answer(ANSWER, 200, 7);
	check_answer("HTTP/1.0 200 OK\r\n\r\n" JSON, 200, 7);
	check_answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n{\"connec\r\n9\r\ntions\": "
		     "4\r\n1\r\n2\r\n0\r\n\r\n",
		     200, 41);
	check_answer("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\nno\n",
		     404, -1);
	check_answer("HTTP/1.1 301 Moved Permanently\r\nLocation: /\r\nContent-Length: 0\r\n\r\n", 301, -1);
	check_answer("HTTP/1.1 499 Odd\r\nContent-Length: 0\r\n\r\n", 499, -1);
	check_answer("HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n", 500, -1);
	check_answer("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n", 503, -1);
	check_answer("Error: unknown aphorism.", -EPROTO, 0);
	check_answer("", -EPROTO, 0);
	check_answer("HTTP/1.1 200", -EPROTO, 0);
	check_answer("HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n" JSON, 200, 7); /* it ends too early */
	check_answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 200, -1);
}

static void finds_the_load(void)
{
	static const struct {
		const char *text;
		int         load;
	} cases[] = {
		{ "{\"connections\": 3}", 3 },
		{ "{\"connections\":3,", 3 },
		{ "{\"connections\" :  30 ", 30 },
		{ "\"connections\": 0", 0 },
		{ "\"connections\": 1\"connections\": 2", 1 },
		{ "", -1 },
		{ "connections: 3", -1 },
		{ "\"connections\": null, \"connections\": 5", 5 },
		{ "\"connections\": -1", -1 },
		{ "\"\"connections\": 6", 6 },
		{ "\"connect\"connections\": 7", 7 },
		{ "\"connections\": 99999999999", 1000000000 },
		{ "\"connections\": \"connections\": 8", 8 },
		{ "\"connections\"  ", -1 },
		{ "\"connections_now\": 2", -1 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		size_t len = strlen(cases[i].text);
		for (size_t split = 0; split <= len; split++) {
			struct redirect_scan s = { 0 };
			redirect_scan(&s, (struct http_text){ cases[i].text, split });
			redirect_scan(&s, (struct http_text){ cases[i].text + split, len - split });
			check_note("%s, split at %zu", cases[i].text, split);
			CHECK_INT(redirect_scanned(&s), cases[i].load);
		}
	}
	check_note("%s", "");
}

/* A slave that sends and sends costs neither memory nor time. */
static void does_not_read_for_ever(void)
{
	struct bed *bed = make_bed(NULL);
	char spaces[1001];
	memset(spaces, ' ', 1000);
	spaces[1000] = '\0';
	ask(bed);
	receive(bed, "HTTP/1.1 200 OK\r\n\r\n");
	CHECK(is_alive(bed));
	CHECK_INT(bed->known->checks, 1); /* that is enough for the verdict */
	int n = 0;
	for (; bed->d.req.op == IO_RECV && n < 1000; n++) {
		CHECK_INT(bed->d.req.timeout_ms, 2000 - n);
		bed->d.env.now_ms++;
		receive(bed, spaces);
	}
	CHECK_INT(n, 66);
	sleep_well(bed);
	ask(bed);
	receive(bed, "HTTP/1.1 200 OK\r\n\r\n");
	drive_result(&bed->d, -ETIMEDOUT);
	CHECK_INT(bed->known->last, 200);
	sleep_well(bed);
	free_bed(bed);
}

static void sees_death(void)
{
	struct bed *bed = make_bed(OPTIONS("--fall=9"));
	drive_result(&bed->d, -ETIMEDOUT);
	CHECK_INT(bed->known->last, -ETIMEDOUT);
	check_request(bed, "sleep 1000");
	drive_result(&bed->d, 0);
	drive_result(&bed->d, 0);
	drive_result(&bed->d, -ECONNRESET); /* of the send */
	CHECK_INT(bed->known->last, -ECONNRESET);
	sleep_well(bed);
	ask(bed);
	drive_result(&bed->d, -ETIMEDOUT);
	CHECK_INT(bed->known->last, -ETIMEDOUT);
	sleep_well(bed);
	ask(bed);
	receive(bed, "HTTP/1.1 2");
	drive_result(&bed->d, -ECONNRESET);
	CHECK_INT(bed->known->last, -ECONNRESET);
	sleep_well(bed);
	CHECK_INT(bed->known->checks, 4);
	CHECK_INT(bed->known->failures, 4);
	CHECK(is_alive(bed));
	free_bed(bed);
}

/* The time-out is for the whole check: what comes in small pieces does not gain time. */
static void small_pieces_gain_no_time(void)
{
	static const struct { const char *first, *each; int last; } cases[] = {
		{ "", "HTTP/1.1 103 Early Hints\r\n\r\n", -ETIMEDOUT },
		{ "HTTP/1.1 200 OK\r\nX: ", "x", -ETIMEDOUT },
		{ "HTTP/1.1 200 OK\r\n\r\n", "x", 200 }, /* that is life; only its load is not waited for */
		{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n", 200 },
	};
	for (size_t i = 0; i < 2 * sizeof cases / sizeof *cases; i++) {
		struct bed *bed = make_bed(i % 2 ? OPTIONS("--health-watch", "--health-timeout=0.3")
						 : OPTIONS("--health-timeout=0.3"));
		int left = 300;
		check_note("case %zu", i);
		ask(bed);
		if (*cases[i / 2].first)
			receive(bed, cases[i / 2].first);
		for (; bed->d.req.op == IO_RECV && left > 0; left -= 20) {
			CHECK_INT(bed->d.req.timeout_ms, left);
			bed->d.env.now_ms += 20;
			receive(bed, cases[i / 2].each);
		}
		CHECK_INT(left, 0);
		CHECK_INT(bed->known->last, cases[i / 2].last);
		CHECK_INT(bed->known->checks, 1);
		CHECK_INT(is_alive(bed), cases[i / 2].last > 0);
		sleep_well(bed);
		free_bed(bed);
	}
	check_note("%s", "");
}

/* A head that is whole counts, however late it was read; and what the master lacks is not the slave's fault. */
static void judges_slaves_and_not_the_master(void)
{
	static const int ours[] = { -EMFILE, -ENFILE, -ENOMEM, -ENOBUFS };
	struct bed *bed = make_bed(OPTIONS("--fall=2"));
	ask(bed);
	bed->d.env.now_ms += 2500;
	receive(bed, ANSWER);
	sleep_well(bed);
	CHECK_INT(bed->known->last, 200);
	drive_result(&bed->d, -ECONNREFUSED);
	for (size_t i = 0; i < sizeof ours / sizeof *ours; i++) {
		check_request(bed, "sleep 1000");
		drive_result(&bed->d, 0);
		check_request(bed, CONNECT);
		drive_result(&bed->d, ours[i]);
		CHECK_INT(bed->known->last, -ECONNREFUSED);
		CHECK_INT(bed->known->checks, 2);
		CHECK_INT(bed->known->in_a_row, -1);
	}
	drive_result(&bed->d, 0);
	ask(bed);
	drive_result(&bed->d, -ENOBUFS);
	sleep_well(bed);
	CHECK(is_alive(bed));
	check_request(bed, CONNECT); /* no way to its address, as for [::1] without IPv6: that is its own */
	drive_result(&bed->d, -EADDRNOTAVAIL);
	CHECK_INT(bed->known->last, -EADDRNOTAVAIL);
	CHECK(!is_alive(bed));
	free_bed(bed);
}

/* ---- rise and fall ---- */

static void falls_and_rises(void)
{
	struct bed *bed = make_bed(OPTIONS("--fall=3", "--rise=2"));
	check_refused(bed);
	check_refused(bed);
	check_well(bed); /* two are not three */
	check_refused(bed);
	check_refused(bed);
	CHECK(is_alive(bed));
	int64_t now_ms = bed->d.env.now_ms;
	check_refused(bed);
	CHECK(!is_alive(bed));
	CHECK_INT(bed->known->since_ms, now_ms);
	for (int i = 0; i < 5; i++)
		check_refused(bed);
	CHECK_INT(bed->known->since_ms, now_ms);
	check_well(bed);
	check_refused(bed);
	check_well(bed);
	CHECK(!is_alive(bed));
	check_well(bed);
	CHECK(is_alive(bed));
	CHECK(bed->known->since_ms > now_ms);
	CHECK_INT(bed->shared->dead, 0);
	free_bed(bed);
}

static void falls_at_once_by_default(void)
{
	struct bed *bed = make_bed(NULL);
	CHECK(is_alive(bed)); /* before the first check: rather a wrong redirect than none */
	check_refused(bed);
	CHECK_INT(bed->shared->dead, 1 << WEB);
	check_well(bed);
	CHECK(!is_alive(bed));
	check_well(bed);
	CHECK(is_alive(bed));
	free_bed(bed);
}

static void a_check_settles_what_was_dealt(void)
{
	struct bed *bed = make_bed(NULL);
	struct redirect_shared *shared = bed->main.env.shared;
	shared->known[WEB].dealt = 40;
	ask(bed);
	receive(bed, ANSWER);
	CHECK_INT(bed->known->dealt_by_then, 40);
	sleep_well(bed);
	shared->known[WEB].dealt = 50;
	check_refused(bed);
	CHECK_INT(bed->known->dealt_by_then, 40);
	CHECK_INT(bed->known->load, 7); /* what it said last */
	free_bed(bed);
}

/* ---- watching ---- */

#define STAYS "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"

static void watches(void)
{
	struct bed *bed = make_bed(OPTIONS("--health-watch", "--health-interval=700ms"));
	ask(bed);
	receive(bed, STAYS);
	check_request(bed, "origin recv used 40");
	CHECK_INT(bed->d.req.timeout_ms, 700);
	for (int i = 2; i < 5; i++) {
		drive_result(&bed->d, -ETIMEDOUT); /* quiet: the next check, on the same connection */
		check_asks(bed, ASK_AND_STAY);
		drive_result(&bed->d, 0);
		receive(bed, STAYS);
		check_request(bed, "origin recv used 40");
		CHECK_INT(bed->known->checks, i);
	}
	drive_result(&bed->d, 0); /* it is gone: is nobody there any more? */
	check_request(bed, "close origin");
	CHECK(is_alive(bed));
	drive_result(&bed->d, 0);
	check_request(bed, CONNECT);
	drive_result(&bed->d, -ECONNREFUSED);
	CHECK(!is_alive(bed));
	check_request(bed, "sleep 700");
	free_bed(bed);
}

/* It closes each connection a little after its answer: that must not become a busy loop. */
static void is_not_driven_by_closes(void)
{
	struct bed *bed = make_bed(OPTIONS("--health-watch"));
	ask(bed);
	receive(bed, STAYS);
	drive_result(&bed->d, -ECONNRESET);
	check_request(bed, "close origin");
	drive_result(&bed->d, 0);
	ask(bed); /* at once */
	receive(bed, STAYS);
	drive_result(&bed->d, 0);
	sleep_well(bed); /* but not again */
	ask(bed);
	receive(bed, STAYS);
	drive_result(&bed->d, 0);
	check_request(bed, "close origin");
	drive_result(&bed->d, 0);
	check_request(bed, CONNECT);
	CHECK_INT(bed->known->failures, 0);
	free_bed(bed);
}

/* The verdict is there with the head, so it may die between its head and the end of its body. */
static void looks_again_after_half_an_answer(void)
{
	struct bed *bed = make_bed(OPTIONS("--health-watch"));
	for (int i = 0; i < 2; i++) {
		ask(bed);
		receive(bed, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{");
		CHECK(is_alive(bed));
		drive_result(&bed->d, i ? -ECONNRESET : 0);
		check_request(bed, "close origin");
		drive_result(&bed->d, 0);
		check_request(bed, i ? "sleep 1000" : CONNECT);
	}
	free_bed(bed);
}

/* Closed for being idle just when it was asked again. */
static void a_late_close_is_no_death(void)
{
	struct bed *bed = make_bed(OPTIONS("--health-watch"));
	for (int i = 0; i < 3; i++) {
		if (i == 0)
			ask(bed);
		receive(bed, STAYS);
		drive_result(&bed->d, -ETIMEDOUT);
		check_asks(bed, ASK_AND_STAY);
		if (i == 0) {
			drive_result(&bed->d, -EPIPE);
		} else {
			drive_result(&bed->d, 0);
			drive_result(&bed->d, i == 1 ? 0 : -ECONNRESET);
		}
		check_request(bed, "close origin");
		drive_result(&bed->d, 0);
		ask(bed);
	}
	CHECK_INT(bed->known->failures, 0);
	receive(bed, STAYS);
	drive_result(&bed->d, -ETIMEDOUT);
	drive_result(&bed->d, 0);
	drive_result(&bed->d, -ETIMEDOUT); /* silence is something else */
	CHECK_INT(bed->known->failures, 1);
	free_bed(bed);
}

static void does_not_watch_who_wants_to_close(void)
{
	static const char *const answers[] = {
		"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}",
		"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}",
		"HTTP/1.1 200 OK\r\n\r\n{}",
		STAYS "more",
	};
	for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
		struct bed *bed = make_bed(OPTIONS("--health-watch"));
		ask(bed);
		receive(bed, answers[i]);
		if (bed->d.req.op == IO_RECV) /* until it closes */
			drive_result(&bed->d, 0);
		sleep_well(bed);
		free_bed(bed);
	}
}

/* ---- options ---- */

static void asks_what_it_is_told_to(void)
{
	struct bed *bed =
		make_bed(OPTIONS("--health-path=/x?y", "--health-timeout=5s", "--health-interval=20ms"));
	CHECK_INT(bed->d.req.timeout_ms, 5000);
	drive_result(&bed->d, 0);
	check_asks(bed, "GET /x?y HTTP/1.1\r\nHost: 127.0.0.1:9002\r\nUser-Agent: redirect_master\r\n"
			"Accept: application/json, */*;q=0.5\r\nConnection: close\r\n\r\n");
	drive_result(&bed->d, 0);
	receive(bed, ANSWER);
	drive_result(&bed->d, 0);
	check_request(bed, "sleep 20");
	CHECK_INT(redirect_service.n_beside(bed->config), 3);
	free_bed(bed);
	struct redirect_config *never = good_config(OPTIONS("--slave=a:1", "--health-interval=0"));
	CHECK_INT(redirect_service.n_beside(never), 0);
	free(never);
}

static void refuses_wrong_paths(void)
{
	static const char *const paths[] = { "status", "", "/a b", "/\r\nX: y", "/#", "/\x7f", "/\xc3\xa4" };
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
		char said[400];
		CHECK(!redirect_configure(OPTIONS("--slave=a:1", "--health-path", paths[i]), said,
					  sizeof said));
		CHECK(strstr(said, "is not a path"));
	}
}

int main(void)
{
	static const struct test tests[] = {
		TEST(sees_life),
		TEST(understands_answers),
		TEST(finds_the_load),
		TEST(does_not_read_for_ever),
		TEST(sees_death),
		TEST(small_pieces_gain_no_time),
		TEST(judges_slaves_and_not_the_master),
		TEST(falls_and_rises),
		TEST(falls_at_once_by_default),
		TEST(a_check_settles_what_was_dealt),
		TEST(watches),
		TEST(is_not_driven_by_closes),
		TEST(looks_again_after_half_an_answer),
		TEST(a_late_close_is_no_death),
		TEST(does_not_watch_who_wants_to_close),
		TEST(asks_what_it_is_told_to),
		TEST(refuses_wrong_paths),
		{ 0 },
	};
	return run_tests(tests);
}
