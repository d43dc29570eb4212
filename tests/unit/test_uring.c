/* test_uring.c - the rings of io_uring: opening, submitting, waiting, reaping; and faults made on purpose.
 *
 * The operations themselves are in test_uring_talk.c and test_uring_wait.c.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "check.h"
#include "core/clock.h"
#include "core/fault.h"
#include "uring_fixture.h"

static void advice_says_what_to_do(void)
{
	static const int errors[] = { ENOSYS, EPERM, EACCES, ENOMEM, EMFILE, EOPNOTSUPP, EINVAL };
	for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
		const char *advice = uring_advice(-errors[i]);
		CHECK(strlen(advice) > 20 && !strchr(advice, '\n'));
	}
}

static void sizes_are_powers_of_two(void)
{
	struct ring_test f;
	if (!ring_open(&f, 5, 100))
		return;
	CHECK_INT(f.ring.n_entries, 8);
	CHECK_INT(f.ring.n_completions, 128);
	ring_close(&f);
}

static void wait_ends_in_time_and_says_so(void)
{
	struct ring_test f;
	if (!ring_open(&f, 4, 8))
		return;
	int64_t before = clock_ms();
	CHECK_INT(uring_wait(&f.ring, 30), 0);
	CHECK(clock_ms() - before >= 29);
	CHECK_INT(count_get(&f.counters, COUNT_EMPTY), 1);
	CHECK_INT(count_get(&f.counters, COUNT_ENTER), 1);
	ring_is_quiet(&f); /* that one did not wait */
	CHECK_INT(count_get(&f.counters, COUNT_EMPTY), 1);
	ring_close(&f);
}

/* It submits and its time ends, in one call: the kernel reports the submission, not the time. */
static void wait_that_submits_ends_in_time_too(void)
{
	struct ring_test f;
	char got[8];
	if (!ring_open(&f, 4, 8))
		return;
	uring_recv(&f.ring, f.pair[0], got, sizeof got, 0, 1);
	CHECK_INT(uring_wait(&f.ring, 20), 0);
	CHECK_INT(count_get(&f.counters, COUNT_EMPTY), 1);
	CHECK_INT(count_get(&f.counters, COUNT_ENTER), 1);
	ring_say(&f, "late");
	ring_expect(&f, 1, 4);
	ring_close(&f);
}

static void ignore(int signo)
{
	(void)signo;
}

static void signal_interrupts_the_wait(void)
{
	static const struct itimerval often = { { 0, 10000 }, { 0, 10000 } }, never; /* the first may come too early */
	struct sigaction caught = { .sa_handler = ignore }, old;
	struct ring_test f;
	if (!ring_open(&f, 4, 8))
		return;
	sigaction(SIGALRM, &caught, &old);
	setitimer(ITIMER_REAL, &often, NULL);
	CHECK_INT(uring_wait(&f.ring, RING_PATIENCE_MS), -EINTR);
	setitimer(ITIMER_REAL, &never, NULL);
	sigaction(SIGALRM, &old, NULL);
	CHECK_INT(count_get(&f.counters, COUNT_EMPTY), 0);
	ring_close(&f);
}

/* 100 operations through a ring of 8: it submits when it is full; all complete, each once. */
static void more_operations_than_entries(void)
{
	enum { N = 100 };
	struct ring_test f;
	bool seen[N] = { false };
	if (!ring_open(&f, 8, 16))
		return;
	for (unsigned i = 0; i < N; i++)
		CHECK(uring_send(&f.ring, f.pair[0], ring_text("x"), nothing, 0, i) != NULL);
	for (int i = 0; i < N; i++) {
		struct uring_done done = ring_next(&f);
		CHECK_INT(done.result, 1);
		CHECK(done.token < N && !seen[done.token]);
		if (done.token < N)
			seen[done.token] = true;
	}
	ring_is_quiet(&f);
	CHECK_INT(count_get(&f.counters, COUNT_EVENTS), N);
	CHECK(count_get(&f.counters, COUNT_ENTER) < N / 2);
	ring_close(&f);
}

/* Far more completions than the ring of them holds: the kernel keeps the others (IORING_FEAT_NODROP). */
static void completions_overflow_and_none_is_lost(void)
{
	enum { N = 200 };
	struct ring_test f;
	uint64_t sum = 0;
	if (!ring_open(&f, 8, 16))
		return;
	for (unsigned i = 1; i <= N; i++)
		if (!uring_send(&f.ring, f.pair[0], ring_text("x"), nothing, MSG_DONTWAIT, i)) {
			sum += i; /* before 5.19 the kernel takes nothing while some are kept (EBUSY) */
			uring_wait(&f.ring, 0);
		}
	uring_wait(&f.ring, 0);
	CHECK(__atomic_load_n(f.ring.sq_flags, __ATOMIC_ACQUIRE) & IORING_SQ_CQ_OVERFLOW);
	struct uring_done done[5];
	for (unsigned n; uring_wait(&f.ring, 0) > 0;)
		while ((n = uring_reap(&f.ring, done, 5)))
			for (unsigned i = 0; i < n; i++)
				sum += done[i].token;
	CHECK_INT(sum, N * (N + 1) / 2);
	ring_close(&f);
}

static void chain_stays_together(void)
{
	struct ring_test f;
	if (!ring_open(&f, 4, 16))
		return;
	for (unsigned i = 0; i < 3; i++)
		uring_send(&f.ring, f.pair[0], ring_text("."), nothing, 0, 10 + i);
	CHECK_INT(uring_reserve(&f.ring, 5), -EINVAL);
	CHECK_INT(uring_reserve(&f.ring, 2), 0); /* one place was left: these three are submitted now */
	uring_send(&f.ring, f.pair[0], ring_text("last"), nothing, MSG_WAITALL, 1)->flags |= IOSQE_IO_LINK;
	uring_close_fd(&f.ring, f.pair[0], 2);
	for (unsigned i = 0; i < 3; i++)
		ring_expect(&f, 10 + i, 1);
	ring_expect(&f, 1, 4);
	ring_expect(&f, 2, 0);
	ring_hears(&f, "...last");
	char byte;
	CHECK_INT(read(f.pair[1], &byte, 1), 0);
	f.pair[0] = -1;
	ring_close(&f);
}

/* A send that fails breaks its chain: the close behind it does not take place. */
static void broken_chain_is_cancelled(void)
{
	struct ring_test f;
	if (!ring_open(&f, 4, 8))
		return;
	close(f.pair[1]);
	f.pair[1] = -1;
	uring_send(&f.ring, f.pair[0], ring_text("lost"), nothing, MSG_WAITALL, 1)->flags |= IOSQE_IO_LINK;
	uring_close_fd(&f.ring, f.pair[0], 2);
	ring_expect(&f, 1, -EPIPE); /* and no SIGPIPE */
	ring_expect(&f, 2, -ECANCELED);
	CHECK(fcntl(f.pair[0], F_GETFD) >= 0);
	ring_close(&f);
}

static void silent_success(void)
{
	struct ring_test f;
	if (!ring_open(&f, 4, 8))
		return;
	if (!ring_lacks(&f, URING_5_19, "5.17")) {
		uring_be_silent(uring_send(&f.ring, f.pair[0], ring_text("quiet"), nothing, 0, 1));
		ring_is_quiet(&f);
		ring_hears(&f, "quiet");
		uring_be_silent(uring_close_fd(&f.ring, 1 << 20, 2));
		ring_expect(&f, 2, -EBADF);
	}
	ring_close(&f);
}

/* An entry that the kernel refuses costs itself alone. */
static void refused_entry(void)
{
	struct ring_test f;
	if (!ring_open(&f, 4, 8))
		return;
	uring_close_fd(&f.ring, f.pair[0], 1)->opcode = 255;
	uring_send(&f.ring, f.pair[0], ring_text("on"), nothing, 0, 2);
	ring_expect(&f, 1, -EINVAL);
	ring_expect(&f, 2, 2);
	ring_close(&f);
}

#ifdef MUXLAB_FAULTS
/* The last test: faults that have been asked for stay. */
static void faults_strike_in_place_of_operations(void)
{
	struct group_test g;
	unsigned number;
	char got[16];
	if (!group_open(&g, 4, 64))
		return;
	/* A call that fails is not counted by the faults behind it: these are the 1st, 3rd and 4th receive. */
	setenv("MUXLAB_FAULT", "recv:1:ECONNRESET,recv:2:short,recv:3:short,send:1:EPIPE,send:1:short,wait:1:EINTR", 1);
	CHECK_INT(fault_open(), 0);
	CHECK_INT(uring_wait(&g.f.ring, RING_PATIENCE_MS), -EINTR);
	uring_recv(&g.f.ring, g.f.pair[0], got, sizeof got, 0, 1);
	uring_send(&g.f.ring, g.f.pair[0], ring_text("never"), ring_text("sent"), 0, 2);
	CHECK_INT(uring_wait(&g.f.ring, RING_PATIENCE_MS), 2);
	ring_expect(&g.f, 1, -ECONNRESET);
	ring_expect(&g.f, 2, -EPIPE);
	ring_is_quiet(&g.f); /* in their places stood operations that say nothing */
	ring_hears(&g.f, "");
	ring_say(&g.f, "bytes");
	uring_recv(&g.f.ring, g.f.pair[0], got, 1, 0, 3);
	ring_expect(&g.f, 3, 1);
	uring_recv(&g.f.ring, g.f.pair[0], got, sizeof got, 0, 4);
	ring_expect(&g.f, 4, 1);
	uring_recv_group(&g.f.ring, g.f.pair[0], RING_GROUP, true, 5);
	CHECK(!group_expect(&g, 5, "t", &number)); /* short, so it does not go on */
	uring_recv_group(&g.f.ring, g.f.pair[0], RING_GROUP, true, 6);
	CHECK(group_expect(&g, 6, "es", &number));
	uring_send(&g.f.ring, g.f.pair[0], ring_text("head"), ring_text("body"), MSG_WAITALL, 7);
	ring_expect(&g.f, 7, 1);
	ring_hears(&g.f, "h");
	group_close(&g);
}
#endif

int main(void)
{
	static const struct test tests[] = {
		TEST(advice_says_what_to_do),
		TEST(sizes_are_powers_of_two),
		TEST(wait_ends_in_time_and_says_so),
		TEST(wait_that_submits_ends_in_time_too),
		TEST(signal_interrupts_the_wait),
		TEST(more_operations_than_entries),
		TEST(completions_overflow_and_none_is_lost),
		TEST(chain_stays_together),
		TEST(broken_chain_is_cancelled),
		TEST(silent_success),
		TEST(refused_entry),
#ifdef MUXLAB_FAULTS
		TEST(faults_strike_in_place_of_operations),
#endif
		{ 0 },
	};
	return run_uring_tests(tests);
}
