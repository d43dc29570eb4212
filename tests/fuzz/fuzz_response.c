/* fuzz_response.c - the response parser and the bodies behind it: cut in any way, the bytes mean the same.
 *
 *     input: what an origin sends
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "proto/http.h"
#include "tests/fuzz/fuzz.h"

static int verdict(const char *data, size_t len)
{
	struct http_response r;
	char *copy = fuzz_copy(data, len);
	int n = http_parse_response(&r, copy, len);
	EXPECT(n >= 0 || r.why);
	free(copy);
	return n;
}

/* No beginning of a head is one; what is wrong with a beginning is wrong with all of it. */
static void check_cuts(const char *data, size_t len, int n, uint32_t seed)
{
	enum { CUTS = 64 };
	for (size_t i = 0; i <= (len < CUTS ? len : CUTS); i++) {
		size_t cut = len <= CUTS ? i : fuzz_choose(&seed, len + 1);
		int cut_n = verdict(data, cut);
		EXPECT(cut_n == n || cut_n == 0);
		EXPECT(n <= 0 || cut_n == (cut < (size_t)n ? 0 : n));
	}
}

static void check_fields(const struct http_response *r, const char *data, size_t n)
{
	struct http_text fields = r->fields, name, value;
	EXPECT(fuzz_inside(r->line, data, n) && fuzz_inside(r->reason, data, n));
	EXPECT(fuzz_inside(fields, data, n));
	while (http_next_field(&fields, &name, &value)) {
		EXPECT(name.len && fuzz_inside(name, data, n) && fuzz_inside(value, data, n));
		for (size_t i = 0; i < value.len; i++)
			EXPECT(value.text[i] != '\r' && value.text[i] != '\n');
	}
}

static size_t check_one(const char *data, size_t len, uint32_t seed)
{
	struct http_response r;
	struct http_body body;
	bool done;
	int n = http_parse_response(&r, data, len);
	EXPECT(n <= (int)len && (n >= 0 || n == -EPROTO || n == -EMSGSIZE));
	check_cuts(data, len, n, seed);
	if (n <= 0)
		return 0;
	check_fields(&r, data, (size_t)n);
	EXPECT(r.status >= 100 && r.status <= 599 && r.minor <= 1);
	EXPECT(r.content_length >= -1 && !(r.chunked && r.content_length >= 0));
	http_body_of_response(&body, &r, seed % 8 == 0);
	bool empty = body.done;
	int64_t body_len = fuzz_body(&body, data + n, len - (size_t)n, seed, &done);
	EXPECT(!empty || body_len == 0);
	EXPECT(body.framing != HTTP_LENGTH || body_len <= r.content_length);
	return done ? (size_t)n + (size_t)body_len : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum { RESPONSES = 8 };
	struct fuzz_input in = fuzz_begin(data, size);
	size_t at = 0, n = 1;
	for (int i = 0; i < RESPONSES && n; i++) {
		char *rest = fuzz_copy(in.data + at, in.len - at);
		n = check_one(rest, in.len - at, in.seed);
		at += n;
		free(rest);
	}
	free(in.data);
	return 0;
}
