/* test_uring_stream.c - streams: a receive that goes on in the ring, given out one at a time.
 *
 * What must hold whatever comes when: no byte is lost, none comes twice or in another order, a flood is held back, and
 * each buffer goes back.
 *
 * SPDX-License-Identifier: MIT */
#include "core/uring_stream.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "uring_fixture.h"

enum { PLACE = 3, N_PLACES = 8 };

static const uint64_t TOKEN = UINT64_C(7) << 32 | PLACE << 1;

struct stream_test {
	struct ring_test     f;
	struct uring_streams streams;
};

static bool stream_open(struct stream_test *t)
{
	if (!ring_open(&t->f, 64, 256))
		return false;
	if (!ring_lacks(&t->f, URING_6_0, "6.0")) {
		CHECK_INT(uring_streams_open(&t->streams, &t->f.ring, N_PLACES), 0);
		return true;
	}
	ring_close(&t->f);
	return false;
}

static void stream_close(struct stream_test *t)
{
	struct uring_done done;
	uring_stream_forget(&t->streams, PLACE, TOKEN);
	uring_wait(&t->f.ring, 0);
	while (uring_reap(&t->f.ring, &done, 1))
		;
	uring_streams_close(&t->streams);
	ring_close(&t->f);
}

static void want(struct stream_test *t)
{
	CHECK_INT(uring_stream_want(&t->streams, PLACE, t->f.pair[0], TOKEN), 0);
}

/* Looks at all completions that are there. True: one of them is a result; the others are looked at the next time. */
static bool look(struct stream_test *t, struct uring_got *got)
{
	struct uring_done done;
	uring_streams_give_back(&t->streams);
	if (uring_streams_ready(&t->streams, got))
		return true;
	CHECK(uring_wait(&t->f.ring, 0) >= 0);
	while (uring_reap(&t->f.ring, &done, 1)) {
		if (done.token & (URING_SMALL | URING_LARGE) && uring_streams_take(&t->streams, PLACE, &done, got))
			return true;
		uring_streams_give_back(&t->streams);
	}
	return false;
}

static void expect(struct stream_test *t, int n, const char *data)
{
	struct uring_got got = { .token = UINT64_MAX };
	for (int i = 0; i < 10 && !look(t, &got); i++)
		; /* what is called back may need more than one look */
	CHECK_INT(got.token, TOKEN);
	CHECK_INT(got.n, n);
	if (n > 0 && got.n == n)
		CHECK_MEM(got.data, (size_t)got.n, data, (size_t)n);
}

static void expect_nothing(struct stream_test *t)
{
	struct uring_got got;
	CHECK(!look(t, &got));
}

static void one_result_for_each_wish(void)
{
	struct stream_test t;
	if (!stream_open(&t))
		return;
	want(&t);
	expect_nothing(&t);
	ring_say(&t.f, "one");
	expect(&t, 3, "one");
	ring_say(&t.f, "two");
	expect_nothing(&t); /* nobody wants it */
	want(&t);
	expect(&t, 3, "two");
	want(&t);
	ring_say(&t.f, "three");
	expect(&t, 5, "three");
	shutdown(t.f.pair[1], SHUT_WR);
	expect_nothing(&t);
	want(&t);
	expect(&t, 0, NULL);
	stream_close(&t);
}

/* The peer writes until the kernel takes no more; how much it was. */
static size_t stuff(const struct ring_test *f, unsigned char *next)
{
	unsigned char bytes[1000];
	size_t sent = 0;
	for (;;) {
		for (size_t i = 0; i < sizeof bytes; i++)
			bytes[i] = (unsigned char)((*next + i) % 251);
		ssize_t n = send(f->pair[1], bytes, sizeof bytes, MSG_DONTWAIT);
		if (n < 0)
			return sent;
		sent += (size_t)n;
		*next = (unsigned char)((*next + (size_t)n) % 251);
	}
}

static void a_flood_is_held_back_and_arrives_whole(void)
{
	struct stream_test t;
	struct uring_got got;
	unsigned char next = 0, wanted = 0;
	if (!stream_open(&t))
		return;
	want(&t);
	size_t sent = stuff(&t.f, &next), first = sent, came = 0;
	for (int i = 0; i < 20; i++) { /* it wants once, and looks often */
		if (look(&t, &got)) {
			CHECK(!came && got.n > 0);
			came += (size_t)got.n;
			wanted = (unsigned char)(came % 251);
		}
		sent += stuff(&t.f, &next);
	}
	CHECK(came > 0);
	CHECK(sent - first < 128 << 10); /* so much was taken from the socket, and no more */
	while (came < sent) {
		want(&t);
		bool is_there = false;
		for (int i = 0; i < 10 && !is_there; i++)
			is_there = look(&t, &got);
		CHECK(is_there && got.n > 0 && got.n <= 16 << 10);
		if (!is_there || got.n <= 0)
			break;
		for (int32_t i = 0; i < got.n; i++, wanted = (unsigned char)((wanted + 1) % 251))
			if ((unsigned char)got.data[i] != wanted) {
				CHECK_INT((unsigned char)got.data[i], wanted);
				break;
			}
		came += (size_t)got.n;
	}
	CHECK_INT((long long)came, (long long)sent);
	stream_close(&t);
}

static void called_back_it_says_so_and_begins_again(void)
{
	struct stream_test t;
	if (!stream_open(&t))
		return;
	for (int i = 0; i < 3; i++) {
		want(&t);
		expect_nothing(&t);
		uring_stream_recall(&t.streams, PLACE, TOKEN);
		expect(&t, -ECANCELED, NULL);
	}
	want(&t);
	ring_say(&t.f, "still here");
	uring_stream_recall(&t.streams, PLACE, TOKEN); /* both at once: the bytes are not lost */
	struct uring_got got = { 0 };
	for (int i = 0; i < 10 && !look(&t, &got); i++)
		;
	if (got.n == -ECANCELED) {
		want(&t);
		expect(&t, 10, "still here");
	} else {
		CHECK_MEM(got.data, (size_t)got.n, "still here", 10);
	}
	stream_close(&t);
}

/* Its completions come when the place is another's, and their buffers go back: else there would be none left. */
static void who_is_forgotten_is_not_heard_of_again(void)
{
	struct stream_test t;
	struct uring_got got;
	const uint64_t newer = UINT64_C(8) << 32 | PLACE << 1;
	if (!stream_open(&t))
		return;
	for (int i = 0; i < 600; i++) {
		want(&t);
		expect_nothing(&t);
		ring_say(&t.f, "late");
		uring_stream_forget(&t.streams, PLACE, TOKEN);
		CHECK_INT(uring_stream_want(&t.streams, PLACE, t.f.pair[0], newer), 0);
		if (look(&t, &got)) { /* the old one took the bytes, or left them for the new one */
			CHECK_INT(got.token, newer);
			CHECK_MEM(got.data, (size_t)got.n, "late", 4);
		}
		uring_stream_forget(&t.streams, PLACE, newer);
		expect_nothing(&t);
	}
	want(&t);
	ring_say(&t.f, "here");
	expect(&t, 4, "here");
	stream_close(&t);
}

static void a_failure_is_kept_until_it_is_wanted(void)
{
	struct stream_test t;
	if (!stream_open(&t))
		return;
	want(&t);
	ring_say(&t.f, "last words");
	expect(&t, 10, "last words");
	ring_say(&t.f, "and more");
	expect_nothing(&t);
	close(t.f.pair[1]);
	t.f.pair[1] = -1;
	expect_nothing(&t);
	want(&t);
	expect(&t, 8, "and more");
	want(&t);
	expect(&t, 0, NULL);
	stream_close(&t);
}

static void a_single_receive_needs_no_stream(void)
{
	struct stream_test t;
	struct uring_got got = { 0 };
	if (!stream_open(&t))
		return;
	const uint64_t token = TOKEN | 1;
	CHECK_INT(uring_receive_once(&t.streams, t.f.pair[0], token), 0);
	ring_is_quiet(&t.f);
	ring_say(&t.f, "once");
	struct uring_done done = ring_next(&t.f);
	CHECK(uring_once_take(&t.streams, &done, &got));
	CHECK_INT(got.token, token);
	CHECK_MEM(got.data, (size_t)got.n, "once", 4);
	uring_streams_give_back(&t.streams);
	ring_say(&t.f, "not asked for");
	ring_is_quiet(&t.f);
	stream_close(&t);
}

int main(void)
{
	static const struct test tests[] = {
		TEST(one_result_for_each_wish),
		TEST(a_flood_is_held_back_and_arrives_whole),
		TEST(called_back_it_says_so_and_begins_again),
		TEST(who_is_forgotten_is_not_heard_of_again),
		TEST(a_failure_is_kept_until_it_is_wanted),
		TEST(a_single_receive_needs_no_stream),
		{ 0 },
	};
	return run_uring_tests(tests);
}
