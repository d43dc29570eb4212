/* service.c - see service.h. The driver is that of the unit tests (tests/unit/drive.h): it stops at what the
 * contract forbids.
 *
 * SPDX-License-Identifier: MIT */
#include "tests/fuzz/service.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "proto/http.h"
#include "tests/fuzz/answers.h"

/* ---- parts of the input ---- */

static struct drive_origin origin_of(const char *part, size_t len)
{
	struct drive_origin o = { .bytes = "" };
	if (len == 0)
		return o;
	if (len > 1) {
		o.bytes = part + 1;
		o.len = len - 1;
	}
	o.then = part[0] == 's' ? ORIGIN_SILENCE : part[0] == 'r' ? ORIGIN_RESET : ORIGIN_END;
	o.send = part[0] == 'p' ? -EPIPE : 0;
	o.connect = part[0] == 'c' ? -ECONNREFUSED : part[0] == 't' ? -ETIMEDOUT : 0;
	return o;
}

static size_t part_len(const char *from, const char *end)
{
	const char *mark = from < end ? memchr(from, FUZZ_PART, (size_t)(end - from)) : NULL;
	return (size_t)((mark ? mark : end) - from);
}

static void cut_parts(const struct fuzz_input *in, struct drive_dialogue *c, struct drive_origin *origins)
{
	const char *at = in->data, *end = at + in->len;
	c->in = at;
	c->in_len = part_len(at, end);
	c->origins = origins;
	at += c->in_len;
	while (at < end && c->n_origins < FUZZ_ORIGINS) {
		size_t len = part_len(++at, end);
		origins[c->n_origins++] = origin_of(at, len);
		at += len;
	}
	if (!c->in_len)
		c->in = ""; /* or its length is looked for */
}

/* ---- conversations ---- */

static void converse(struct drive *d, const struct drive_dialogue *c, int step, fuzz_look *look)
{
	drive_cut(d, c, step, 0);
	EXPECT(!d->broken && d->done);
	if (look)
		look(d, c);
}

static bool same_bytes(const struct drive_bytes *a, const struct drive_bytes *b)
{
	return a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

static bool same_answers(const struct drive *a, const struct drive *b, const struct drive_dialogue *c)
{
	enum answers_are sent = answers_compare(a, b, c);
	return sent == ANSWERS_PARTED || (sent == ANSWERS_SAME && same_bytes(&a->origin_sent, &b->origin_sent));
}

/* The same again, cut in another way: all must be said in the same way. */
static void compare(struct drive *first, const struct drive_dialogue *c, int step, fuzz_look *look)
{
	struct drive d;
	converse(&d, c, step, look);
	bool same = same_bytes(&d.taken, &first->taken) && same_bytes(&d.origin_sent, &first->origin_sent);
	if (!same && look)
		same = same_answers(&d, first, c);
	if (!same) {
		drive_failed(first, "cut in steps of %d", first->cut_step);
		drive_failed(&d, "cut in steps of %d%s", step, d.env.hot_file ? ", files at hand" : "");
	}
	EXPECT(same);
	drive_close(&d);
}

static int at_random(uint32_t *seed)
{
	return -(int)(1 + fuzz_choose(seed, 1000));
}

static void compare_all(const struct drive_dialogue *like, uint32_t seed, fuzz_look *look)
{
	enum { BYTE_BY_BYTE = 2000 };
	struct drive_dialogue c = *like;
	struct drive first;
	converse(&first, &c, 0, look);
	compare(&first, &c, c.in_len < BYTE_BY_BYTE ? 1 : at_random(&seed), look);
	c.hot = c.files ? HOT_ALWAYS : HOT_NEVER;
	compare(&first, &c, at_random(&seed), look);
	drive_close(&first);
}

/* While stopping, it depends on what has come which answer is the last. */
static void stop(struct drive_dialogue *c, uint32_t seed, fuzz_look *look)
{
	struct drive d;
	c->then = THEN_STOP;
	converse(&d, c, at_random(&seed), look);
	drive_close(&d);
}

void fuzz_service(const struct fuzz_input *in, const struct drive_dialogue *like, fuzz_look *look)
{
	struct drive_origin origins[FUZZ_ORIGINS];
	struct drive_dialogue c = *like;
	uint32_t seed = in->seed;
	cut_parts(in, &c, origins);
	c.then = fuzz_choose(&seed, 3) ? THEN_END : THEN_SILENCE;
	compare_all(&c, seed, look);
	c.scratch_len = DRIVE_SCRATCH_LEAST; /* with little room, other answers may be right */
	if (fuzz_choose(&seed, 2))
		compare_all(&c, seed, look);
	if (fuzz_choose(&seed, 3) == 0)
		stop(&c, seed, look);
}

/* ---- what was said ---- */

static bool is_ours(struct http_text name)
{
	static const char *const ours[] = {
		"accept-ranges", "allow", "cache-control", "connection", "content-length", "content-range",
		"content-type", "date", "etag", "last-modified", "link", "location", "retry-after",
		"transfer-encoding", "vary",
	};
	for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
		if (http_is(name, ours[i]))
			return true;
	return false;
}

void fuzz_look_at_answers(const struct drive *d, const struct drive_dialogue *c)
{
	struct answers a = answers_of(d, c);
	struct answer answer;
	struct http_text name, value;
	while (answers_next(&a, &answer)) {
		while (http_next_field(&answer.head.fields, &name, &value))
			EXPECT(is_ours(name));
		EXPECT(answer.whole);
	}
	EXPECT(a.sent_len == 0);
}

void fuzz_look_at_forwarded(const struct drive *d, const struct drive_dialogue *c)
{
	struct answers a = answers_of(d, c);
	struct answer answer;
	while (answers_next(&a, &answer))
		EXPECT(answer.head.status >= 200);
	EXPECT(a.sent_len == 0);
	unsigned n = 0;
	for (size_t at = 0; at < d->origin_sent.len; n++) {
		struct http_request r;
		int len = http_parse_request(&r, d->origin_sent.data + at, d->origin_sent.len - at);
		EXPECT(len > 0 && r.minor == 0 && !r.keep_alive && r.content_length <= 0);
		at += (size_t)len;
	}
	EXPECT(n <= d->connects);
}
