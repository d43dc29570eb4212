/* fuzz.c - see fuzz.h.
 *
 * SPDX-License-Identifier: MIT */
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/http.h"

bool fuzz_broken(const char *file, int line, const char *promise)
{
	fflush(stdout); /* the steps of a session, if it was one */
	fprintf(stderr, "%s:%d: broken promise: %s\n", file, line, promise);
	abort();
}

/* ---- inputs ---- */

/* FNV-1a */
static uint32_t hash(const uint8_t *data, size_t size)
{
	uint32_t h = 2166136261U;
	for (size_t i = 0; i < size; i++)
		h = (h ^ data[i]) * 16777619U;
	return h ? h : 1;
}

struct fuzz_input fuzz_begin(const uint8_t *data, size_t size)
{
	static char out[FUZZ_MAX];
	size_t len = 0;
	for (size_t i = 0; i < size && len < FUZZ_MAX; i++) {
		if (data[i] != FUZZ_REPEAT || size - i < 3) {
			out[len++] = (char)data[i];
			continue;
		}
		size_t n = (size_t)data[i + 2] * FUZZ_REPEATED, room = FUZZ_MAX - len;
		n = n < room ? n : room;
		memset(out + len, data[i + 1], n);
		len += n;
		i += 2;
	}
	return (struct fuzz_input){ .data = fuzz_copy(out, len), .len = len, .seed = hash(data, size) };
}

/* xorshift32 */
size_t fuzz_choose(uint32_t *seed, size_t n)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed % n;
}

char *fuzz_copy(const char *data, size_t len)
{
	char *copy = malloc(len ? len : 1);
	if (len)
		memcpy(copy, data, len);
	return copy;
}

bool fuzz_inside(struct http_text text, const char *data, size_t len)
{
	return text.len == 0 || (text.text >= data && text.text + text.len <= data + len);
}

/* ---- bodies ---- */

struct content {
	int64_t  used; /* or -EPROTO */
	size_t   len;
	uint32_t hash;
	bool     done;
};

static void add_piece(struct content *c, const char *data, size_t len, struct http_text piece)
{
	EXPECT(fuzz_inside(piece, data, len));
	for (size_t i = 0; i < piece.len; i++)
		c->hash = (c->hash ^ (uint8_t)piece.text[i]) * 16777619U;
	c->len += piece.len;
}

/* One piece of the body, that is taken in as many calls as it wants. */
static void take_piece(struct content *c, struct http_body *body, const char *data, size_t len)
{
	size_t at = 0;
	while (at < len && !body->done && c->used >= 0) {
		struct http_text piece;
		char *copy = fuzz_copy(data + at, len - at);
		int64_t n = http_body_take(body, copy, len - at, &piece);
		EXPECT(n <= (int64_t)(len - at));
		EXPECT(n != 0 || body->done);
		if (n >= 0) {
			EXPECT(piece.len <= (size_t)n);
			add_piece(c, copy, (size_t)n, piece);
			at += (size_t)n;
		}
		c->used = n < 0 ? n : c->used + n;
		free(copy);
	}
}

/* most 0: all at once */
static struct content take_body(struct http_body body, const char *data, size_t len, size_t most, uint32_t seed)
{
	struct content c = { .hash = 1 };
	size_t at = 0;
	while (at < len && !body.done && c.used >= 0) {
		size_t left = len - at, n = most ? 1 + fuzz_choose(&seed, most) : left;
		n = n < left ? n : left;
		take_piece(&c, &body, data + at, n);
		at += n;
	}
	c.done = body.done;
	return c;
}

int64_t fuzz_body(const struct http_body *body, const char *data, size_t len, uint32_t seed, bool *done)
{
	enum { BYTE_BY_BYTE = 2000 };
	static const size_t most[] = { 900, 7, 1 }; /* the last ones take long */
	struct content whole = take_body(*body, data, len, 0, seed);
	for (size_t i = 0; i < (len <= BYTE_BY_BYTE ? 3 : 1); i++) {
		struct content cut = take_body(*body, data, len, most[i], seed);
		EXPECT(cut.used == whole.used);
		EXPECT(cut.len == whole.len && cut.hash == whole.hash);
		EXPECT(cut.done == whole.done);
	}
	*done = whole.done;
	return whole.used;
}
