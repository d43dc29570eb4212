/* cases_echo.c - every byte comes back, in order, however many and in whatever pieces.
 *
 * A session has one request outstanding: an echo server that sends does not read. So a client that only sends
 * fills the buffers between and stops (never_reads), and one that does both at once gets everything through.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>

#include "tests/conform/dialect.h"

enum { MEBIBYTE = 1 << 20 };

static void hear_answer(struct client *c)
{
	hear_text(c, c->p->dialect->request);
}

static void hear_last(struct client *c, int n)
{
	hear_text(c, take_copies(c->p, c->p->dialect->request, (size_t)n));
	hear_end(c);
}

/* Bytes in which no piece looks like another one: a lost, doubled or swapped piece is seen. */
static char *noise(struct probe *p, size_t len)
{
	char *bytes = take(p, len);
	uint32_t x = 2463534242;
	for (size_t i = 0; i < len; i++) { /* xorshift */
		x ^= x << 13;
		x ^= x >> 17;
		x ^= x << 5;
		bytes[i] = (char)x;
	}
	return bytes;
}

static void every_byte_value(struct probe *p)
{
	struct client *c = dial(p);
	char all[256];
	for (int i = 0; i < 256; i++)
		all[i] = (char)i;
	say(c, all, sizeof all);
	hear(c, all, sizeof all);
}

static void byte_by_byte(struct probe *p)
{
	struct client *c = dial(p);
	const char *bytes = noise(p, 300);
	for (int i = 0; i < 100; i++) { /* each waits for its echo */
		say(c, bytes + i, 1);
		hear(c, bytes + i, 1);
	}
	say_in_pieces(c, bytes + 100, 200, 1);
	hear(c, bytes + 100, 200);
}

static void mebibyte_at_once(struct probe *p)
{
	struct client *c = dial(p);
	const char *bytes = noise(p, MEBIBYTE);
	trade(c, bytes, MEBIBYTE, MEBIBYTE, bytes, MEBIBYTE);
	finish(c);
	hear_end(c);
}

/* Sizes around those of buffers and segments, none of them a divisor of another. */
static void mebibyte_in_odd_pieces(struct probe *p)
{
	static const size_t pieces[] = { 997, 4097, 16383, 65537 };
	const char *bytes = noise(p, MEBIBYTE);
	for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
		struct client *c = dial(p);
		trade(c, bytes, MEBIBYTE, pieces[i], bytes, MEBIBYTE);
		finish(c);
		hear_end(c);
		hang_up(c);
	}
}

static void mebibyte_through_narrow_buffers(struct probe *p)
{
	struct client *c = dial_narrow(p);
	const char *bytes = noise(p, MEBIBYTE);
	trade(c, bytes, MEBIBYTE, MEBIBYTE, bytes, MEBIBYTE);
	finish(c);
	hear_end(c);
}

/* As much as is taken while nothing is read, then the end; then it is all still there. */
static void half_close_returns_everything(struct probe *p)
{
	struct client *c = dial(p);
	const char *bytes = noise(p, MEBIBYTE);
	size_t n = stuff(c, bytes, MEBIBYTE, MEBIBYTE);
	STEP(p, "client %d sends %zu bytes", c->number, n);
	finish(c);
	hear(c, bytes, n);
	hear_end(c);
}

static void end_without_a_byte(struct probe *p)
{
	struct client *c = dial(p);
	finish(c);
	hear_end(c);
}

static const struct test_case cases[] = {
	{ "every_byte_value", every_byte_value, false },
	{ "byte_by_byte", byte_by_byte, false },
	{ "mebibyte_at_once", mebibyte_at_once, false },
	{ "mebibyte_in_odd_pieces", mebibyte_in_odd_pieces, false },
	{ "mebibyte_through_narrow_buffers", mebibyte_through_narrow_buffers, true },
	{ "half_close_returns_everything", half_close_returns_everything, false },
	{ "end_without_a_byte", end_without_a_byte, false },
	{ 0 },
};

const struct dialect echo_dialect = {
	.name = "echo",
	.request = "Hello, echo.\n",
	.begun = "Hel",
	.flood = "A stone, a leaf, an unfound door; of a stone, a leaf, a door.\n",
	.hear_answer = hear_answer,
	.hear_last = hear_last,
	.cases = cases,
};
