/* test_uring_wait.c - the other operations of io_uring: poll, cancel, shutdown, close, and time.
 *
 * Cancelling is a race that either side may win: the tests accept both ends, but each operation completes once.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "check.h"
#include "core/clock.h"
#include "uring_fixture.h"

static void polls_once_and_as_an_edge(void)
{
	struct ring_test f;
	int pipe_fds[2];
	char got[8];
	if (!ring_open(&f, 4, 8))
		return;
	CHECK_INT(pipe2(pipe_fds, O_CLOEXEC | O_NONBLOCK), 0);
	uring_poll(&f.ring, pipe_fds[0], POLLIN, false, 1);
	ring_is_quiet(&f);
	CHECK_INT(write(pipe_fds[1], "a", 1), 1);
	ring_expect(&f, 1, POLLIN);
	uring_poll(&f.ring, pipe_fds[0], POLLIN, true, 2);
	for (int i = 0; i < 3; i++) { /* the first is there already */
		struct uring_done done = ring_next(&f);
		CHECK_INT(done.token, 2);
		CHECK(done.result & POLLIN);
		CHECK(uring_goes_on(&done));
		CHECK_INT(read(pipe_fds[0], got, sizeof got), 1);
		ring_is_quiet(&f);
		CHECK_INT(write(pipe_fds[1], "b", 1), 1);
	}
	ring_close(&f);
	close(pipe_fds[0]);
	close(pipe_fds[1]);
}

static void polls_a_signalfd(void)
{
	struct ring_test f;
	sigset_t set, old;
	struct signalfd_siginfo info;
	if (!ring_open(&f, 4, 8))
		return;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, &old);
	int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	uring_poll(&f.ring, fd, POLLIN, true, 1);
	ring_is_quiet(&f);
	raise(SIGUSR2);
	struct uring_done done = ring_next(&f);
	CHECK_INT(done.token, 1);
	CHECK(done.result & POLLIN);
	CHECK_INT(read(fd, &info, sizeof info), sizeof info);
	CHECK_INT(info.ssi_signo, SIGUSR2);
	sigprocmask(SIG_SETMASK, &old, NULL);
	close(fd);
	ring_close(&f);
}

static void cancels_by_token(void)
{
	struct ring_test f;
	char got[8];
	if (!ring_open(&f, 8, 16))
		return;
	uring_cancel(&f.ring, 99, 1);
	ring_expect(&f, 1, -ENOENT);
	uring_recv(&f.ring, f.pair[0], got, sizeof got, 0, 2);
	ring_is_quiet(&f);
	uring_cancel(&f.ring, 2, 3);
	struct uring_done first = ring_next(&f), second = ring_next(&f);
	CHECK_INT(first.token + second.token, 5);
	CHECK_INT(first.result + second.result, -ECANCELED);
	ring_close(&f);
}

static void cancels_by_descriptor(void)
{
	struct ring_test f;
	char got[8];
	if (!ring_open(&f, 8, 16))
		return;
	if (!ring_lacks(&f, URING_5_19, "5.19")) {
		uring_recv(&f.ring, f.pair[0], got, sizeof got, 0, 1);
		uring_poll(&f.ring, f.pair[0], POLLIN, true, 2);
		uring_recv(&f.ring, f.pair[1], got, sizeof got, 0, 4);
		ring_is_quiet(&f);
		uring_cancel_fd(&f.ring, f.pair[0], 8);
		uint64_t tokens = 0;
		for (int i = 0; i < 3; i++) {
			struct uring_done done = ring_next(&f);
			tokens += done.token;
			CHECK_INT(done.result, done.token == 8 ? 2 : -ECANCELED);
		}
		CHECK_INT(tokens, 1 + 2 + 8);
		ring_is_quiet(&f); /* the other descriptor's goes on */
		CHECK_INT(write(f.pair[0], "x", 1), 1);
		ring_expect(&f, 4, 1);
	}
	ring_close(&f);
}

/* Bytes come, and the cancellation right behind them: whatever wins, each operation completes once, and no byte is
 * lost: it was received, or it is still there. */
static void cancel_races_with_completion(void)
{
	struct ring_test f;
	int n_received = 0, n_cancelled = 0;
	if (!ring_open(&f, 8, 16))
		return;
	for (int i = 0; i < 200; i++) {
		char got = 0;
		uring_recv(&f.ring, f.pair[0], &got, 1, 0, 1);
		if (i & 1)
			ring_is_quiet(&f); /* it waits; else it is filled in with the cancellation */
		if (i & 2)
			ring_say(&f, "x");
		uring_cancel(&f.ring, 1, 2);
		if (!(i & 2))
			ring_say(&f, "x");
		struct uring_done first = ring_next(&f), second = ring_next(&f);
		struct uring_done done = first.token == 1 ? first : second, cancel = first.token == 1 ? second : first;
		CHECK_INT(first.token + second.token, 3);
		CHECK(done.result == 1 || done.result == -ECANCELED);
		CHECK(cancel.result == 0 || cancel.result == -ENOENT || cancel.result == -EALREADY);
		n_received += done.result == 1;
		n_cancelled += done.result == -ECANCELED;
		if (done.result != 1)
			CHECK_INT(recv(f.pair[0], &got, 1, MSG_DONTWAIT), 1);
		CHECK_INT(got, 'x');
		ring_is_quiet(&f);
	}
	CHECK_INT(n_received + n_cancelled, 200);
	ring_close(&f);
}

/* While a receive is under way, close() alone tells the peer nothing. */
static void close_waits_for_the_last_operation(void)
{
	struct ring_test f;
	char got[8];
	if (!ring_open(&f, 8, 16))
		return;
	uring_recv(&f.ring, f.pair[0], got, sizeof got, 0, 1);
	ring_is_quiet(&f);
	close(f.pair[0]);
	CHECK_INT(recv(f.pair[1], got, sizeof got, MSG_DONTWAIT), -1);
	CHECK_INT(errno, EAGAIN);
	uring_cancel(&f.ring, 1, 2);
	struct uring_done first = ring_next(&f), second = ring_next(&f);
	CHECK_INT(first.token + second.token, 3);
	uring_wait(&f.ring, 0);
	CHECK_INT(recv(f.pair[1], got, sizeof got, 0), 0);
	f.pair[0] = -1;
	ring_close(&f);
}

/* shutdown(2) on the socket ends a receive that waits: no cancellation is needed. */
static void shutdown_ends_a_receive(void)
{
	struct ring_test f;
	char got[8];
	if (!ring_open(&f, 8, 16))
		return;
	uring_recv(&f.ring, f.pair[0], got, sizeof got, 0, 1);
	ring_is_quiet(&f);
	uring_shutdown(&f.ring, f.pair[0], SHUT_RDWR, 2);
	struct uring_done first = ring_next(&f), second = ring_next(&f);
	CHECK_INT(first.token + second.token, 3);
	CHECK_INT(first.result, 0);
	CHECK_INT(second.result, 0);
	CHECK_INT(recv(f.pair[1], got, sizeof got, 0), 0);
	ring_close(&f);
}

static void closes(void)
{
	struct ring_test f;
	char got[8];
	if (!ring_open(&f, 4, 8))
		return;
	uring_close_fd(&f.ring, f.pair[0], 1);
	ring_expect(&f, 1, 0);
	CHECK_INT(fcntl(f.pair[0], F_GETFD), -1);
	CHECK_INT(recv(f.pair[1], got, sizeof got, 0), 0);
	f.pair[0] = -1;
	ring_close(&f);
}

static void times_out(void)
{
	struct ring_test f;
	if (!ring_open(&f, 4, 8))
		return;
	int64_t before = clock_ms();
	uring_timeout(&f.ring, 60, 1);
	uring_timeout(&f.ring, 20, 2);
	ring_expect(&f, 2, -ETIME);
	CHECK(clock_ms() - before >= 19);
	ring_expect(&f, 1, -ETIME);
	CHECK(clock_ms() - before >= 59);
	ring_close(&f);
}

int main(void)
{
	static const struct test tests[] = {
		TEST(polls_once_and_as_an_edge),
		TEST(polls_a_signalfd),
		TEST(cancels_by_token),
		TEST(cancels_by_descriptor),
		TEST(cancel_races_with_completion),
		TEST(close_waits_for_the_last_operation),
		TEST(shutdown_ends_a_receive),
		TEST(closes),
		TEST(times_out),
		{ 0 },
	};
	return run_uring_tests(tests);
}
