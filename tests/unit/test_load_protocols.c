/* test_load_protocols.c - what the load generator sends, and how it judges answers, cut in every possible way.
 *
 * A case is a stream of bytes and the verdicts that it must lead to, as letters: R right, S complete but of
 * the wrong status, B of the wrong body, W wrong (the end), and then, after the server has closed, R or S when
 * that ended an answer, c when it said that it would close. Each stream is fed whole, byte by byte, and cut in
 * two at each position; from guarded memory; to a new script, and to one that has already seen the same stream.
 *
 * SPDX-License-Identifier: MIT */
#include "bench/load_protocol.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/load_config.h"
#include "bench/load_expect.h"
#include "bench/load_request.h"
#include "tests/unit/check.h"

static struct load_config config_for(const char *target)
{
	struct load_config config = { .pipeline = 1, .payload = 5, .method = "GET" };
	char why[256];
	CHECK_INT(load_target_parse(&config, target, why, sizeof why), 0);
	return config;
}

/* ---- feeding ---- */

struct feed {
	struct load_script *script;
	struct load_reader  reader;
	char                verdicts[64];
	size_t              n;
	bool                over;
};

static char letter(enum load_verdict verdict)
{
	switch (verdict) {
	case LOAD_RIGHT:
		return 'R';
	case LOAD_BAD_STATUS:
		return 'S';
	case LOAD_BAD_BODY:
		return 'B';
	default:
		return 'W';
	}
}

static void note_verdict(struct feed *f, char letter)
{
	if (f->n + 1 < sizeof f->verdicts)
		f->verdicts[f->n++] = letter;
}

static void feed_piece(struct feed *f, const char *data, size_t len)
{
	const char *at = guarded(data, len);
	while (len && !f->over) {
		size_t used = 0;
		enum load_verdict verdict =
			f->script->config->protocol->check(f->script, &f->reader, at, len, &used);
		CHECK(verdict == LOAD_WRONG || (used > 0 && used <= len));
		CHECK(verdict != LOAD_MORE || used == len);
		if (verdict != LOAD_MORE)
			note_verdict(f, letter(verdict));
		f->over = verdict == LOAD_WRONG;
		at += used;
		len -= used;
	}
}

static void feed_end(struct feed *f)
{
	enum load_verdict verdict = f->over ? LOAD_WRONG : f->script->config->protocol->at_end(&f->reader);
	if (verdict != LOAD_WRONG)
		note_verdict(f, letter(verdict));
	if (f->reader.closing && !f->over)
		note_verdict(f, 'c');
	load_reader_free(&f->reader);
}

static void begin(struct feed *f, struct load_script *script)
{
	*f = (struct feed){ .script = script };
	load_reader_start(&f->reader, 0);
}

/* cut 0: whole; len: byte by byte; else in two pieces. */
static void feed_cut(struct load_script *script, const char *stream, size_t len, size_t cut, const char *want)
{
	struct feed f;
	begin(&f, script);
	check_note("cut at %zu", cut);
	if (cut == len && len)
		for (size_t i = 0; i < len; i++)
			feed_piece(&f, stream + i, 1);
	else {
		feed_piece(&f, stream, cut);
		feed_piece(&f, stream + cut, len - cut);
	}
	feed_end(&f);
	CHECK_STR(f.verdicts, want);
	check_note("%s", "");
}

static void check_stream(const struct load_config *config, const char *stream, size_t len, const char *want)
{
	struct load_script used;
	CHECK_INT(load_script_open(&used, config, 4, 1), 0);
	for (size_t cut = 0; cut <= len; cut++) {
		struct load_script fresh;
		CHECK_INT(load_script_open(&fresh, config, 4, 1), 0);
		feed_cut(&fresh, stream, len, cut, want);
		feed_cut(&used, stream, len, cut, want);
		load_script_close(&fresh);
	}
	load_script_close(&used);
}

static void check_text(const struct load_config *config, const char *stream, const char *want)
{
	check_stream(config, stream, strlen(stream), want);
}

/* ---- zen and echo ---- */

static void zen_first_question(void)
{
	struct load_config config = config_for("zen://localhost");
	struct load_script script;
	config.one_question = 1;
	CHECK_INT(config.port, 1060);
	CHECK_INT(load_script_open(&script, &config, 3, 1), 0);
	CHECK_INT(script.n_steps, 1);
	CHECK_MEM(script.requests, script.request_at[3], "Beautiful is better than?Beautiful is better than?"
		  "Beautiful is better than?", 75);
	load_script_close(&script);
	check_text(&config, "ugly.", "R");
	check_text(&config, "ugly.ugly.ugly.", "RRR");
	check_text(&config, "ugly.ug", "R");
	check_text(&config, "ugli.", "W");
	check_text(&config, "ugly.nested.", "RW");
	check_text(&config, "Error: unknown aphorism.", "W");
	check_text(&config, "\nugly.", "W");
}

/* The script's own answers are right, in its order; and the tail repeats the beginning. */
static void zen_mixed_questions(void)
{
	struct load_config config = config_for("zen://localhost");
	struct load_script script;
	struct feed f;
	CHECK_INT(load_script_open(&script, &config, 4, 1), 0);
	CHECK(script.n_steps > 100);
	size_t n = script.n_steps;
	CHECK_MEM(script.requests + script.request_at[n], script.request_at[n + 4] - script.request_at[n],
		  script.requests, script.request_at[4]);
	begin(&f, &script);
	feed_piece(&f, script.answers, script.answer_at[10]);
	CHECK_STR(f.verdicts, "RRRRRRRRRR");
	feed_piece(&f, script.answers, script.answer_at[1]); /* of this seed, not the eleventh */
	CHECK_STR(f.verdicts, "RRRRRRRRRRW");
	load_script_close(&script);
}

/* A reader that has reached the last step begins anew. */
static void zen_around_the_script(void)
{
	struct load_config config = config_for("zen://localhost");
	struct load_script script;
	struct feed f;
	CHECK_INT(load_script_open(&script, &config, 4, 1), 0);
	size_t last = script.n_steps - 1;
	begin(&f, &script);
	load_reader_start(&f.reader, (unsigned)last);
	feed_piece(&f, script.answers + script.answer_at[last],
		   script.answer_at[last + 3] - script.answer_at[last]);
	CHECK_STR(f.verdicts, "RRR");
	CHECK_INT(f.reader.step, 2);
	load_script_close(&script);
}

static void same_seed_same_questions(void)
{
	struct load_config config = config_for("zen://localhost");
	struct load_script a, b, c;
	CHECK_INT(load_script_open(&a, &config, 1, 5), 0);
	CHECK_INT(load_script_open(&b, &config, 1, 5), 0);
	CHECK_INT(load_script_open(&c, &config, 1, 6), 0);
	size_t len = a.request_at[a.n_steps], other = c.request_at[c.n_steps];
	CHECK_MEM(a.requests, len, b.requests, b.request_at[b.n_steps]);
	CHECK(len != other || memcmp(a.requests, c.requests, len) != 0);
	load_script_close(&a);
	load_script_close(&b);
	load_script_close(&c);
}

static void echo(void)
{
	struct load_config config = config_for("echo://localhost:7");
	struct load_script script;
	CHECK_INT(load_script_open(&script, &config, 4, 1), 0);
	CHECK_INT(script.request_at[3], 15);
	check_stream(&config, script.requests, 15, "RRR");
	check_stream(&config, script.requests, 13, "RR");
	check_stream(&config, script.requests + 5, 5, "W"); /* the message of another */
	load_script_close(&script);
}

/* ---- http ---- */

#define OK "HTTP/1.1 200 OK\r\n"

static void http_request(void)
{
	struct load_config config = config_for("http://example.org:8080/a/b?c=d#e");
	struct load_script script;
	config.churn = true;
	config.headers[0] = "X-One: 1";
	config.n_headers = 1;
	static const char want[] =
		"GET /a/b?c=d HTTP/1.1\r\nHost: example.org:8080\r\nConnection: close\r\nX-One: 1\r\n\r\n";
	CHECK_INT(load_script_open(&script, &config, 2, 1), 0);
	CHECK_MEM(script.requests, script.request_at[1], want, sizeof want - 1);
	CHECK_INT(script.request_at[2], 2 * (sizeof want - 1));
	load_script_close(&script);
	config.headers[1] = "host: other";
	config.n_headers = 2;
	CHECK_INT(load_script_open(&script, &config, 2, 1), 0);
	CHECK(memmem(script.requests, script.request_at[1], "example.org", 11) == NULL);
	load_script_close(&script);
}

static void http_with_length(void)
{
	struct load_config config = config_for("http://localhost/");
	check_text(&config, OK "Content-Length: 5\r\n\r\nhello", "R");
	check_text(&config, OK "Content-Length: 0\r\n\r\n", "R");
	check_text(&config, OK "Content-Length: 2\r\n\r\nab" OK "Date: x\r\nContent-Length: 1\r\n\r\nc", "RR");
	check_text(&config, OK "Content-Length: 5\r\n\r\nhell", "");
	check_text(&config, OK "content-LENGTH:5\r\nConnection: x, Close\r\n\r\nhello", "Rc");
	check_text(&config, "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", "Rc");
	check_text(&config, "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\nx", "R");
	check_text(&config, "HTTP/1.1 204 No Content\r\n\r\n", "R");
	check_text(&config, "HTTP/1.1 304 \r\nContent-Length: 99\r\n\r\n", "R");
}

static void http_chunked(void)
{
	struct load_config config = config_for("http://localhost/");
	check_text(&config, OK "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", "R");
	check_text(&config, OK "Transfer-Encoding: chunked\r\n\r\n1;x=y\r\na\r\n"
			    "A\r\n0123456789\r\n0\r\nT: x\r\n\r\n" OK "Content-Length: 0\r\n\r\n", "RR");
	check_text(&config, OK "Transfer-Encoding: chunked\r\n\r\n5\r\nhelloo\r\n0\r\n\r\n", "W");
	check_text(&config, OK "Transfer-Encoding: chunked\r\n\r\nx\r\n", "W");
	check_text(&config, OK "Transfer-Encoding: chunked\r\n\r\n\r\n", "W");
	check_text(&config, OK "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n", "W");
	check_text(&config, OK "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "W");
	check_text(&config, OK "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n", "W");
}

static void http_until_the_end(void)
{
	struct load_config config = config_for("http://localhost/");
	check_text(&config, OK "\r\nall that comes", "Rc");
	check_text(&config, OK "\r\n", "Rc");
	check_text(&config, "HTTP/1.0 404 No\r\n\r\ngone", "Sc");
}

static void http_status(void)
{
	static const char not_found[] = "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno"
					OK "Content-Length: 0\r\n\r\n";
	struct load_config config = config_for("http://localhost/");
	check_text(&config, not_found, "SR");
	check_text(&config, "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", "Sc");
	config.expect_status = 404;
	check_text(&config, not_found, "RS");
}

static void http_head_has_no_body(void)
{
	struct load_config config = config_for("http://localhost/");
	config.method = "HEAD";
	check_text(&config, OK "Content-Length: 5\r\n\r\n" OK "Content-Length: 5\r\n\r\n", "RR");
	check_text(&config, OK "Content-Length: 5\r\n\r\nhello", "RW");
}

/* The slaves come by turns: each head is right, and the body is as long as this head says. */
static void http_redirects(void)
{
	struct load_config config = config_for("http://localhost/a?b=c");
	static const char one[] = "HTTP/1.1 301 Moved Permanently\r\nLocation: http://10.0.0.1:9000/a?b=c\r\n"
				  "Content-Length: 1\r\n\r\nx";
	static const char two[] = "HTTP/1.1 301 Moved Permanently\r\nLocation: http://10.0.0.2:9000/a?b=c\r\n"
				  "Content-Length: 2\r\n\r\nxx";
	char stream[1024];
	snprintf(stream, sizeof stream, "%s%s%s%s%s", one, two, one, two, two);
	check_text(&config, stream, "RRRRR");
	check_text(&config, "HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n", "W");
	check_text(&config, "HTTP/1.1 307 T\r\nLocation: http://s/a\r\nContent-Length: 0\r\n\r\n", "W");
	check_text(&config, "HTTP/1.1 308 P\r\nLocation: /a?b=c\r\nContent-Length: 0\r\n\r\n", "R");
	check_text(&config, "HTTP/1.1 300 Choose\r\nContent-Length: 0\r\n\r\n", "R");
}

static void http_malformed(void)
{
	static const char *const heads[] = {
		"HTTP/2 200 OK\r\n\r\n",
		"HTTP/1.1 20 OK\r\n\r\n",
		"HTTP/1.1 2000 OK\r\n\r\n",
		"HTTP/1.1 099 OK\r\n\r\n",
		"HTTP/1.1  200 OK\r\n\r\n",
		"HTTP/1.1 200\r\n\r\n",
		"HTTP/1.1 100 Continue\r\n\r\n",
		"http/1.1 200 OK\r\n\r\n",
		"\r\nHTTP/1.1 200 OK\r\n\r\n",
		"ugly.",
		OK "no colon\r\n\r\n",
		OK ": no name\r\n\r\n",
		OK "Space : before\r\n\r\n",
		OK "A: b\r\n folded\r\n\r\n",
		OK "A: b\rc\r\n\r\n",
		OK "A: b\nContent-Length: 0\r\n\r\n",
		OK "Content-Length: -1\r\n\r\n",
		OK "Content-Length: 1 2\r\n\r\n",
		OK "Content-Length:\r\n\r\n",
		OK "Content-Length: 9999999999999999999\r\n\r\n",
		OK "Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
		OK "Location: a\r\nLocation: b\r\nContent-Length: 0\r\n\r\n",
		"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
	};
	struct load_config config = config_for("http://localhost/");
	for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
		check_text(&config, heads[i], "W");
}

/* ---- what bodies must be ---- */

static void http_bodies_of_a_length(void)
{
	struct load_config config = config_for("http://localhost/");
	struct load_body body = { .len = 5 };
	struct load_expect expect = { 1, &body };
	config.expect = &expect;
	check_text(&config, OK "Content-Length: 5\r\n\r\nhello", "R");
	check_text(&config, OK "Content-Length: 4\r\n\r\nhell" OK "Content-Length: 5\r\n\r\nhello", "BR");
	check_text(&config, OK "Content-Length: 0\r\n\r\n", "B");
	check_text(&config, OK "Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x\r\nllo\r\n0\r\nT: x\r\n\r\n",
		   "R");
	check_text(&config, OK "Transfer-Encoding: chunked\r\n\r\n6\r\nhello!\r\n0\r\n\r\n", "B");
	check_text(&config, OK "\r\nhello", "Rc");
	check_text(&config, OK "\r\nhello!", "Bc");
	check_text(&config, "HTTP/1.1 304 Not Modified\r\n\r\n", "R"); /* has none */
	check_text(&config, "HTTP/1.1 404 No\r\nContent-Length: 1\r\n\r\nx", "S");
}

static void http_bodies_byte_by_byte(void)
{
	static char hello[] = "hello";
	struct load_config config = config_for("http://localhost/");
	struct load_body body = { hello, 5 };
	struct load_expect expect = { 1, &body };
	config.expect = &expect;
	check_text(&config, OK "Content-Length: 5\r\n\r\nhello", "R");
	check_text(&config, OK "Content-Length: 5\r\n\r\nhellO", "B");
	check_text(&config, OK "Content-Length: 5\r\n\r\njello", "B");
	check_text(&config, OK "Content-Length: 6\r\n\r\nhello!", "B");
	check_text(&config, OK "Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n", "R");
	check_text(&config, OK "Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllx\r\n0\r\n\r\n", "B");
	check_text(&config, OK "\r\nhellp", "Bc");
}

/* ---- redirects that are followed, caches ---- */

/* The bytes of the head are gone when the answer is complete; where it leads must not be. */
static void http_location_is_kept(void)
{
	static const char stream[] =
		"HTTP/1.1 302 Found\r\nLocation: http://a:1/b\r\nContent-Length: 3\r\n\r\nxyz"
		"HTTP/1.1 301 Moved\r\nContent-Length: 0\r\nLocation: ../c\r\n\r\n";
	struct load_config config = config_for("http://localhost/");
	struct load_script script;
	config.follow = true;
	check_text(&config, stream, "RR");
	check_text(&config, OK "Location: x\r\nContent-Length: 0\r\n\r\n", "R");
	check_text(&config, "HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n", "W"); /* leads nowhere */
	CHECK_INT(load_script_open(&script, &config, 1, 1), 0);
	for (size_t cut = 0; cut < sizeof stream - 1; cut++) {
		struct feed f;
		begin(&f, &script);
		feed_piece(&f, stream, cut);
		if (f.n == 1)
			CHECK_MEM(f.reader.location, f.reader.location_len, "http://a:1/b", 12);
		feed_piece(&f, stream + cut, sizeof stream - 1 - cut);
		CHECK_MEM(f.reader.location, f.reader.location_len, "../c", 4);
		feed_end(&f);
	}
	load_script_close(&script);
}

/* What is expected is expected of the answer at the end of the way. */
static void http_redirect_on_the_way_is_right(void)
{
	struct load_config config = config_for("http://localhost/");
	struct load_body body = { .len = 5 };
	struct load_expect expect = { 1, &body };
	config.follow = true;
	config.expect_status = 200;
	config.expect = &expect;
	check_text(&config, "HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 1\r\n\r\nx", "R");
	check_text(&config, "HTTP/1.1 204 No Content\r\n\r\n", "S");
}

static void http_cache_says(void)
{
	static const struct { const char *value; enum load_cache cache; } cases[] = {
		{ "HIT", LOAD_CACHE_HIT }, { "MISS", LOAD_CACHE_MISS }, { "hit", LOAD_CACHE_HIT },
		{ "HIT from a:3128", LOAD_CACHE_HIT }, { "HITS", LOAD_CACHE_UNSAID }, { "", LOAD_CACHE_UNSAID },
		{ "EXPIRED", LOAD_CACHE_UNSAID }, { "MISS, HIT", LOAD_CACHE_MISS },
	};
	struct load_config config = config_for("http://localhost/");
	struct load_script script;
	CHECK_INT(load_script_open(&script, &config, 1, 1), 0);
	for (size_t i = 0; i < 2 * sizeof cases / sizeof *cases; i++) { /* each twice: new, and known */
		struct feed f;
		char stream[100];
		check_note("X-Cache: %s", cases[i / 2].value);
		snprintf(stream, sizeof stream, OK "X-Cache: %s\r\nContent-Length: 0\r\n\r\n",
			 cases[i / 2].value);
		begin(&f, &script);
		feed_piece(&f, stream, strlen(stream));
		CHECK_INT(f.reader.cache, cases[i / 2].cache);
		feed_end(&f);
	}
	check_note("%s", "");
	load_script_close(&script);
}

/* Who says "Connection: close" gets one answer, whatever the server says. */
static void http_request_closes(void)
{
	struct load_config config = config_for("http://localhost/");
	config.headers[0] = "connection: TE, close";
	config.n_headers = 1;
	CHECK(load_request_closes(&config));
	config.closes = true;
	check_text(&config, OK "Content-Length: 1\r\n\r\nx", "Rc");
	config.headers[0] = "Connection-ID: close";
	CHECK(!load_request_closes(&config));
}

/* A head that never ends is given up, whole or in pieces. */
static void http_endless_head(void)
{
	struct load_config config = config_for("http://localhost/");
	struct load_script script;
	char *stream = malloc(100000);
	size_t n = strlen(OK);
	for (size_t i = 0; i < 100000; i++)
		stream[i] = i < n ? OK[i] : 'a';
	CHECK_INT(load_script_open(&script, &config, 1, 1), 0);
	for (size_t piece = 1; piece <= 100000; piece *= 10) {
		struct feed f;
		begin(&f, &script);
		for (size_t at = 0; at < 100000 && !f.over; at += piece)
			feed_piece(&f, stream + at, piece);
		CHECK_STR(f.verdicts, "W");
		feed_end(&f);
	}
	load_script_close(&script);
	free(stream);
}

/* ---- targets ---- */

static void targets(void)
{
	struct load_config config = { 0 };
	char why[256];
	CHECK_INT(load_target_parse(&config, "http://[::1]:8080", why, sizeof why), 0);
	CHECK_STR(config.host, "::1");
	CHECK_STR(config.path, "/");
	CHECK_STR(config.authority, "[::1]:8080");
	CHECK_INT(config.port, 8080);
	CHECK_INT(load_target_parse(&config, "http://h?q", why, sizeof why), 0);
	CHECK_STR(config.path, "/?q");
	CHECK_INT(load_target_parse(&config, "zen://h:1/", why, sizeof why), 0);
	static const char *const wrong[] = {
		"", "zen", "zen:h", "ftp://h/", "zen://", "zen://:1", "zen://h:0", "zen://h:70000",
		"zen://h/path", "http://h/a b", "http://h/a\r\nX: y",
	};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		check_note("target %zu", i);
		CHECK_INT(load_target_parse(&config, wrong[i], why, sizeof why), -1);
	}
	check_note("%s", "");
}

int main(void)
{
	static const struct test tests[] = {
		TEST(zen_first_question), TEST(zen_mixed_questions), TEST(zen_around_the_script),
		TEST(same_seed_same_questions), TEST(echo), TEST(http_request), TEST(http_with_length),
		TEST(http_chunked), TEST(http_until_the_end), TEST(http_status), TEST(http_head_has_no_body),
		TEST(http_bodies_of_a_length), TEST(http_bodies_byte_by_byte), TEST(http_location_is_kept),
		TEST(http_redirect_on_the_way_is_right), TEST(http_cache_says), TEST(http_request_closes),
		TEST(http_redirects), TEST(http_malformed), TEST(http_endless_head), TEST(targets), { 0 },
	};
	return run_tests(tests);
}
