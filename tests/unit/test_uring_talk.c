/* test_uring_talk.c - receiving, sending and accepting through io_uring: what the kernel promises of it.
 *
 * What ends a receive that goes on, what a short send means, what a closed descriptor leaves behind.
 *
 * SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "uring_fixture.h"

/* ---- receiving ---- */

static void receives_into_memory(void)
{
	struct ring_test f;
	char got[16];
	if (!ring_open(&f, 4, 8))
		return;
	uring_recv(&f.ring, f.pair[0], got, sizeof got, 0, UINT64_C(0xfedcba9876543210));
	ring_is_quiet(&f);
	ring_say(&f, "hello");
	ring_expect(&f, UINT64_C(0xfedcba9876543210), 5);
	CHECK_MEM(got, 5, "hello", 5);
	uring_recv(&f.ring, f.pair[0], got, sizeof got, MSG_DONTWAIT, 2);
	ring_expect(&f, 2, -EAGAIN);
	shutdown(f.pair[1], SHUT_WR);
	uring_recv(&f.ring, f.pair[0], got, sizeof got, 0, 3);
	ring_expect(&f, 3, 0);
	ring_close(&f);
}

/* O_NONBLOCK is for the calls of others: here only MSG_DONTWAIT means "at once or not at all". */
static void waits_for_non_blocking_sockets_too(void)
{
	struct ring_test f;
	char got[16];
	if (!ring_open(&f, 4, 8))
		return;
	fcntl(f.pair[0], F_SETFL, O_NONBLOCK);
	uring_recv(&f.ring, f.pair[0], got, sizeof got, 0, 1);
	ring_is_quiet(&f);
	ring_say(&f, "later");
	ring_expect(&f, 1, 5);
	ring_close(&f);
}

static void receives_into_a_group_once(void)
{
	struct group_test g;
	unsigned number;
	if (!group_open(&g, 2, 64))
		return;
	uring_recv_group(&g.f.ring, g.f.pair[0], RING_GROUP, false, 1);
	ring_say(&g.f, "one");
	CHECK(!group_expect(&g, 1, "one", &number));
	ring_say(&g.f, "two");
	ring_is_quiet(&g.f);
	group_close(&g);
}

static void receives_on_and_on(void)
{
	struct group_test g;
	unsigned number;
	char line[24];
	if (!group_open(&g, 4, 64))
		return;
	uring_recv_group(&g.f.ring, g.f.pair[0], RING_GROUP, true, 1);
	for (int i = 0; i < 20; i++) { /* five times round the ring of buffers */
		snprintf(line, sizeof line, "line %d", i);
		ring_say(&g.f, line);
		CHECK(group_expect(&g, 1, line, &number));
		uring_give_back(&g.buffers, number);
	}
	shutdown(g.f.pair[1], SHUT_WR);
	ring_expect(&g.f, 1, 0); /* the end takes no buffer and is the last */
	group_close(&g);
}

/* Bytes and the end in one go: the end is not forgotten, though the socket tells of it only once. */
static void end_right_behind_the_bytes(void)
{
	struct group_test g;
	unsigned number;
	struct sockaddr_in at;
	if (!group_open(&g, 4, 64))
		return;
	int listen_fd = ring_listen(&at), client = ring_dial(&at), fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);
	uring_recv_group(&g.f.ring, fd, RING_GROUP, true, 1);
	ring_is_quiet(&g.f);
	CHECK_INT(send(client, "bye", 3, MSG_MORE), 3);
	close(client); /* one segment with both */
	CHECK(group_expect(&g, 1, "bye", &number));
	ring_expect(&g.f, 1, 0);
	close(fd);
	close(listen_fd);
	group_close(&g);
}

/* No buffer is left: the receive ends; nothing is lost, and it can begin again. */
static void buffers_run_out(void)
{
	struct group_test g;
	unsigned numbers[2], number;
	if (!group_open(&g, 2, 4))
		return;
	ring_say(&g.f, "aaaabbbbcccc");
	uring_recv_group(&g.f.ring, g.f.pair[0], RING_GROUP, true, 1);
	CHECK(group_expect(&g, 1, "aaaa", &numbers[0]));
	CHECK(group_expect(&g, 1, "bbbb", &numbers[1]));
	CHECK(numbers[0] != numbers[1]);
	ring_expect(&g.f, 1, -ENOBUFS);
	uring_recv_group(&g.f.ring, g.f.pair[0], RING_GROUP, true, 2);
	ring_expect(&g.f, 2, -ENOBUFS); /* as long as bytes are there and buffers are not */
	uring_give_back(&g.buffers, numbers[1]);
	uring_recv_group(&g.f.ring, g.f.pair[0], RING_GROUP, true, 3);
	CHECK(group_expect(&g, 3, "cccc", &number));
	CHECK_INT(number, numbers[1]);
	group_close(&g);
}

/* It is cancelled, and a new one takes up where it stopped. */
static void receive_stops_and_begins_again(void)
{
	struct group_test g;
	unsigned number;
	if (!group_open(&g, 4, 64))
		return;
	uring_recv_group(&g.f.ring, g.f.pair[0], RING_GROUP, true, 1);
	ring_say(&g.f, "before");
	CHECK(group_expect(&g, 1, "before", &number));
	uring_cancel(&g.f.ring, 1, 2);
	struct uring_done first = ring_next(&g.f), second = ring_next(&g.f); /* in whichever order */
	struct uring_done cancelled = first.token == 1 ? first : second;
	CHECK_INT(first.token + second.token, 3);
	CHECK_INT(cancelled.result, -ECANCELED);
	CHECK(!uring_goes_on(&cancelled));
	ring_say(&g.f, "after");
	ring_is_quiet(&g.f);
	uring_recv_group(&g.f.ring, g.f.pair[0], RING_GROUP, true, 3);
	CHECK(group_expect(&g, 3, "after", &number));
	group_close(&g);
}

/* ---- sending ---- */

static void sends_head_and_body(void)
{
	struct ring_test f;
	if (!ring_open(&f, 4, 8))
		return;
	/* Four of them wait for the same call: each entry has a message of its own. */
	uring_send(&f.ring, f.pair[0], ring_text("a"), ring_text("bc"), 0, 1);
	uring_send(&f.ring, f.pair[0], ring_text("de"), ring_text("f"), 0, 2);
	uring_send(&f.ring, f.pair[0], ring_text("g"), nothing, 0, 3);
	uring_send(&f.ring, f.pair[0], ring_text("h"), ring_text("i"), 0, 4);
	ring_expect(&f, 1, 3);
	ring_expect(&f, 2, 3);
	ring_expect(&f, 3, 1);
	ring_expect(&f, 4, 2);
	ring_hears(&f, "abcdefghi");
	ring_close(&f);
}

/* Reads what is there; how much, or the sum of bytes that are wrong as a negative number. */
static long drain(int fd, long from, char (*at)(long))
{
	static char got[1 << 16];
	long wrong = 0, n = 0;
	for (ssize_t k; (k = recv(fd, got, sizeof got, MSG_DONTWAIT)) > 0; n += k)
		for (ssize_t i = 0; i < k; i++)
			wrong += got[i] != at(from + n + i);
	return wrong ? -wrong : n;
}

static char pattern(long i)
{
	return (char)(i % 251);
}

/* MSG_WAITALL: the rest follows when there is room, from memory that the kernel was told of once, though message and
 * iovec have long been written over. */
static void sends_all_of_it(void)
{
	enum { HEAD = 100, BODY = 4 << 20 };
	static char bytes[HEAD + BODY];
	struct ring_test f;
	long n = 0;
	if (!ring_open(&f, 4, 8))
		return;
	for (long i = 0; i < HEAD + BODY; i++)
		bytes[i] = pattern(i);
	if (!ring_lacks(&f, URING_5_19, "5.19")) {
		struct iovec head = { bytes, HEAD }, body = { bytes + HEAD, BODY };
		uring_send(&f.ring, f.pair[0], head, body, MSG_WAITALL, 1);
		ring_is_quiet(&f);
		for (unsigned i = 0; i < 2 * f.ring.n_entries; i++) /* writes over what stood beside the entry */
			uring_send(&f.ring, -1, ring_text("x"), ring_text("y"), 0, 2), ring_expect(&f, 2, -EBADF);
		while (!uring_wait(&f.ring, 0)) {
			long k = drain(f.pair[1], n, pattern);
			CHECK(k >= 0);
			if (k < 0)
				break;
			n += k;
		}
		ring_expect(&f, 1, HEAD + BODY);
		CHECK_INT(n + drain(f.pair[1], n, pattern), HEAD + BODY);
	}
	ring_close(&f);
}

/* Neither flag: a short count. MSG_DONTWAIT: the same, or -EAGAIN; either way it is over when the call returns. */
static void short_sends(void)
{
	static char bytes[4 << 20];
	struct ring_test f;
	struct iovec all = { bytes, sizeof bytes };
	if (!ring_open(&f, 4, 8))
		return;
	uring_send(&f.ring, f.pair[0], all, nothing, MSG_DONTWAIT, 1);
	CHECK_INT(uring_wait(&f.ring, 0), 1);
	struct uring_done done = ring_next(&f);
	CHECK(done.result > 0 && done.result < (int)sizeof bytes);
	uring_send(&f.ring, f.pair[0], all, nothing, MSG_DONTWAIT, 2);
	CHECK_INT(uring_wait(&f.ring, 0), 1);
	ring_expect(&f, 2, -EAGAIN);
	uring_send(&f.ring, f.pair[0], all, nothing, 0, 3); /* waits for room */
	ring_is_quiet(&f);
	CHECK(recv(f.pair[1], bytes, sizeof bytes, MSG_DONTWAIT) > 0);
	done = ring_next(&f);
	CHECK_INT(done.token, 3);
	CHECK(done.result > 0 && done.result < (int)sizeof bytes);
	ring_close(&f);
}

/* What was sent before a send of everything is cancelled is its result; the failure is the next send's. */
static void cancelled_send_says_how_far_it_came(void)
{
	static char bytes[4 << 20];
	struct ring_test f;
	if (!ring_open(&f, 4, 8))
		return;
	if (!ring_lacks(&f, URING_5_19, "5.19")) {
		uring_send(&f.ring, f.pair[0], (struct iovec){ bytes, sizeof bytes }, nothing, MSG_WAITALL, 1);
		ring_is_quiet(&f);
		uring_cancel_fd(&f.ring, f.pair[0], 2);
		struct uring_done first = ring_next(&f), second = ring_next(&f);
		struct uring_done sent = first.token == 1 ? first : second;
		CHECK_INT(first.token + second.token, 3);
		CHECK(sent.result == -ECANCELED || sent.result > 0);
	}
	ring_close(&f);
}

/* ---- accepting ---- */

static void accepts_one_with_its_address(void)
{
	struct ring_test f;
	struct sockaddr_in at, from = { 0 }, self = { 0 };
	socklen_t len = sizeof from, self_len = sizeof self;
	if (!ring_open(&f, 4, 8))
		return;
	int listen_fd = ring_listen(&at);
	uring_accept(&f.ring, listen_fd, (struct sockaddr *)&from, &len, SOCK_NONBLOCK, 1);
	ring_is_quiet(&f);
	int client = ring_dial(&at);
	struct uring_done done = ring_next(&f);
	CHECK_INT(done.token, 1);
	CHECK(done.result >= 0);
	CHECK(fcntl(done.result, F_GETFL) & O_NONBLOCK);
	CHECK(fcntl(done.result, F_GETFD) & FD_CLOEXEC);
	getsockname(client, (struct sockaddr *)&self, &self_len);
	CHECK_INT(from.sin_port, self.sin_port);
	close(done.result);
	close(client);
	close(listen_fd);
	ring_close(&f);
}

static void accepts_on_and_on_until_cancelled(void)
{
	struct ring_test f;
	struct sockaddr_in at;
	if (!ring_open(&f, 4, 8))
		return;
	int listen_fd = ring_listen(&at);
	if (!ring_lacks(&f, URING_5_19, "5.19")) {
		uring_accept_all(&f.ring, listen_fd, 0, 1);
		for (int i = 0; i < 5; i++) {
			int client = ring_dial(&at);
			struct uring_done done = ring_next(&f);
			CHECK_INT(done.token, 1);
			CHECK(done.result >= 0);
			CHECK(uring_goes_on(&done));
			close(done.result);
			close(client);
		}
		/* Closing is not enough: the kernel holds what it accepts from. */
		close(listen_fd);
		int client = ring_dial(&at);
		struct uring_done done = ring_next(&f);
		CHECK(done.result >= 0);
		close(done.result);
		close(client);
		uring_cancel(&f.ring, 1, 2);
		struct uring_done first = ring_next(&f), second = ring_next(&f);
		CHECK_INT(first.token + second.token, 3);
		CHECK_INT(first.result + second.result, -ECANCELED);
		client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		CHECK_INT(connect(client, (struct sockaddr *)&at, sizeof at), -1);
		close(client);
	} else {
		close(listen_fd);
	}
	ring_close(&f);
}

int main(void)
{
	static const struct test tests[] = {
		TEST(receives_into_memory),
		TEST(waits_for_non_blocking_sockets_too),
		TEST(receives_into_a_group_once),
		TEST(receives_on_and_on),
		TEST(end_right_behind_the_bytes),
		TEST(buffers_run_out),
		TEST(receive_stops_and_begins_again),
		TEST(sends_head_and_body),
		TEST(sends_all_of_it),
		TEST(short_sends),
		TEST(cancelled_send_says_how_far_it_came),
		TEST(accepts_one_with_its_address),
		TEST(accepts_on_and_on_until_cancelled),
		{ 0 },
	};
	return run_uring_tests(tests);
}
