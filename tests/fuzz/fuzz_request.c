/* fuzz_request.c - the request parser: however the bytes are cut, the answer is the same.
 *
 *     input: what a client sends, request after request, with bodies
 *
 * Expected of every head: no part of it but the whole is answered; an error once it shows stays the same; the
 * end is the first empty line; all texts stand within it; and what was understood, written down again, is
 * understood the same. http_head_grew() may spare a look, but must not change what is seen in the end.
 *
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "proto/http.h"
#include "tests/fuzz/fuzz.h"

enum { LENGTHS = 48 };

/* ---- cutting ---- */

/* What the parser says of the first len bytes, seen alone. */
static int verdict(const char *data, size_t len, const char **why)
{
	struct http_request r;
	char *copy = fuzz_copy(data, len);
	int n = http_parse_request(&r, copy, len);
	*why = n < 0 ? r.why : NULL;
	EXPECT(n >= 0 || *why);
	free(copy);
	return n;
}

/* The shortest beginning that has a verdict; verdicts do not go away, so it can be found by halving. */
static size_t shortest(const char *data, size_t len)
{
	size_t none = 0, some = len;
	const char *why;
	while (some - none > 1) {
		size_t middle = none + (some - none) / 2;
		if (verdict(data, middle, &why))
			some = middle;
		else
			none = middle;
	}
	return some;
}

/* Short inputs at every place, long ones at some. */
static void check_cuts(const char *data, size_t len, int n, const char *why, uint32_t seed)
{
	size_t first = n ? shortest(data, len) : len + 1;
	EXPECT(n <= 0 || first == (size_t)n);
	for (size_t i = 0; i <= (len < LENGTHS ? len : LENGTHS); i++) {
		const char *cut_why;
		size_t cut = len <= LENGTHS ? i : fuzz_choose(&seed, len + 1);
		int cut_n = verdict(data, cut, &cut_why);
		EXPECT(cut_n == (cut < first ? 0 : n));
		EXPECT(cut < first || n >= 0 || (cut_why && why && strcmp(cut_why, why) == 0));
	}
}

/* As a session sees it: piece by piece, and looking only when it may be of use. */
static void check_growth(const char *data, size_t len, int n, uint32_t seed)
{
	size_t at = 0, seen = 0, most = 1 + len / 200 + fuzz_choose(&seed, 40);
	int found = 0;
	while (at < len && !found) {
		size_t left = len - at, more = 1 + fuzz_choose(&seed, most);
		const char *why;
		at += more < left ? more : left;
		char *copy = fuzz_copy(data, at);
		if (http_head_grew(copy, at, seen))
			found = verdict(copy, at, &why);
		seen = at;
		free(copy);
	}
	EXPECT(found == n || (found == 0 && n <= 0));
}

/* ---- what was understood ---- */

/* One empty line, at the end; and each CR with its LF, each LF with its CR. */
static void check_lines(const char *head, size_t len)
{
	size_t start = 0;
	while (head[start] == '\r' || head[start] == '\n')
		start++;
	EXPECT(start <= 2 * HTTP_BLANK_MAX);
	EXPECT(memmem(head + start, len - start, "\r\n\r\n", 4) == head + len - 4);
	for (size_t i = 0; i < len; i++) {
		EXPECT(head[i] != '\r' || head[i + 1] == '\n');
		EXPECT(head[i] != '\n' || (i && head[i - 1] == '\r'));
		EXPECT(head[i] != '\0');
	}
}

static void check_target(const struct http_request *r, const char *head, size_t len)
{
	static const char root[] = "/";
	EXPECT(fuzz_inside(r->target, head, len) && r->target.len);
	EXPECT(fuzz_inside(r->query, head, len) && fuzz_inside(r->host, head, len));
	for (size_t i = 0; i < r->target.len; i++)
		EXPECT(r->target.text[i] > ' ' && r->target.text[i] <= '~' && r->target.text[i] != '#');
	if (r->form == HTTP_ORIGIN || r->form == HTTP_ABSOLUTE)
		EXPECT(r->path.len && r->path.text[0] == root[0]);
	else
		EXPECT(r->path.len == 0);
	EXPECT((r->form == HTTP_AUTHORITY) == (r->method == HTTP_CONNECT));
	EXPECT(r->form != HTTP_ASTERISK || r->method == HTTP_OPTIONS);
}

static void check_framing(const struct http_request *r)
{
	EXPECT(r->minor <= 1);
	EXPECT(r->content_length >= -1);
	EXPECT(!r->chunked || (r->content_length == -1 && r->minor == 1));
	EXPECT(!r->expect_continue || r->minor == 1);
}

/* ---- written down again ---- */

static bool same_text(struct http_text a, struct http_text b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.text, b.text, a.len) == 0);
}

static void write_again(struct http_out *out, const struct http_request *r)
{
	struct http_text fields = r->fields, name, value;
	http_put(out, r->line.text, r->line.len);
	HTTP_PUT(out, "\r\n");
	while (http_next_field(&fields, &name, &value)) {
		EXPECT(name.len && fuzz_inside(name, r->fields.text, r->fields.len));
		EXPECT(fuzz_inside(value, r->fields.text, r->fields.len));
		http_put(out, name.text, name.len);
		HTTP_PUT(out, ":");
		http_put(out, value.text, value.len);
		HTTP_PUT(out, "\r\n");
	}
	HTTP_PUT(out, "\r\n");
}

static void check_written(const struct http_request *r, size_t head_len)
{
	struct http_request again;
	struct http_out out = { .data = malloc(head_len), .size = head_len };
	write_again(&out, r);
	EXPECT(!out.full);
	EXPECT(http_parse_request(&again, out.data, out.len) == (int)out.len);
	EXPECT(again.method == r->method && again.form == r->form && again.minor == r->minor);
	EXPECT(same_text(again.target, r->target) && same_text(again.host, r->host));
	EXPECT(same_text(again.path, r->path) && same_text(again.query, r->query));
	EXPECT(again.content_length == r->content_length && again.chunked == r->chunked);
	EXPECT(again.keep_alive == r->keep_alive && again.expect_continue == r->expect_continue);
	free(out.data);
}

/* ---- requests, one after the other ---- */

/* How many bytes it was; 0: there is nothing behind it that could be looked at. */
static size_t check_one(const char *data, size_t len, uint32_t seed)
{
	struct http_request r;
	struct http_body body;
	bool done = true;
	int n = http_parse_request(&r, data, len);
	EXPECT(n <= (int)(len < HTTP_HEAD_MAX ? len : HTTP_HEAD_MAX));
	EXPECT(n >= 0 || n == -400 || n == -414 || n == -431 || n == -501 || n == -505);
	check_cuts(data, len, n, r.why, seed);
	check_growth(data, len, n, seed);
	if (n <= 0)
		return 0;
	check_lines(data, (size_t)n);
	check_target(&r, data, (size_t)n);
	check_framing(&r);
	check_written(&r, (size_t)n);
	http_body_of_request(&body, &r);
	int64_t body_len = fuzz_body(&body, data + n, len - (size_t)n, seed, &done);
	return done ? (size_t)n + (size_t)body_len : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum { REQUESTS = 8 };
	struct fuzz_input in = fuzz_begin(data, size);
	size_t at = 0, n = 1;
	for (int i = 0; i < REQUESTS && n; i++) {
		char *rest = fuzz_copy(in.data + at, in.len - at);
		n = check_one(rest, in.len - at, in.seed);
		at += n;
		free(rest);
	}
	free(in.data);
	return 0;
}
