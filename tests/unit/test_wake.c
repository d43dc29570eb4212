/* test_wake.c - the pipe that wakes a loop: many are as good as one, and every way to wait hears of it.
 *
 * SPDX-License-Identifier: MIT */
#include "core/wake.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "tests/unit/check.h"

enum { WAIT_MS = 30000, TOO_MANY = 1 << 20 };

static struct counters c;

static int is_readable(const struct wake *w)
{
	struct pollfd wait = { .fd = wake_fd(w), .events = POLLIN };
	return poll(&wait, 1, 0);
}

static void is_heard_once(void)
{
	struct wake w;
	CHECK_INT(wake_open(&w), 0);
	CHECK_INT(is_readable(&w), 0);
	wake_up(&w, &c);
	wake_up(&w, NULL);
	CHECK_INT(is_readable(&w), 1);
	wake_heard(&w, &c);
	CHECK_INT(is_readable(&w), 0);
	wake_up(&w, NULL);
	CHECK_INT(is_readable(&w), 1);
	wake_close(&w);
}

static void neither_end_blocks_or_is_inherited(void)
{
	struct wake w;
	CHECK_INT(wake_open(&w), 0);
	for (int i = 0; i < 2; i++) {
		CHECK(fcntl(w.fds[i], F_GETFL) & O_NONBLOCK);
		CHECK(fcntl(w.fds[i], F_GETFD) & FD_CLOEXEC);
	}
	wake_heard(&w, &c); /* of nothing: it returns */
	wake_close(&w);
	CHECK_INT(w.fds[0], -1);
	wake_close(&w);
}

static void a_full_pipe_is_fine(void)
{
	struct wake w;
	CHECK_INT(wake_open(&w), 0);
	errno = ENOENT;
	for (int i = 0; i < TOO_MANY && errno == ENOENT; i++)
		wake_up(&w, NULL);
	CHECK_INT(errno, ENOENT);
	wake_heard(&w, &c);
	CHECK_INT(is_readable(&w), 0);
	wake_close(&w);
}

static void its_calls_are_counted(void)
{
	struct wake w;
	struct counters mine = { 0 };
	CHECK_INT(wake_open(&w), 0);
	wake_up(&w, &mine);
	wake_up(&w, NULL);
	wake_heard(&w, &mine);
	CHECK_INT(count_get(&mine, COUNT_OTHER), 2);
	wake_close(&w);
}

static void *wake_it(void *w)
{
	wake_up(w, NULL);
	return NULL;
}

static void another_thread_ends_a_wait(void)
{
	struct wake w;
	pthread_t thread;
	CHECK_INT(wake_open(&w), 0);
	struct pollfd wait = { .fd = wake_fd(&w), .events = POLLIN };
	CHECK_INT(pthread_create(&thread, NULL, wake_it, &w), 0);
	CHECK_INT(poll(&wait, 1, WAIT_MS), 1);
	pthread_join(thread, NULL);
	wake_close(&w);
}

static struct wake of_handler;

static void handler(int signo)
{
	(void)signo;
	wake_up(&of_handler, NULL);
}

/* The classic use: what the handler may not do, the loop does. */
static void a_signal_handler_ends_a_wait(void)
{
	struct sigaction action = { .sa_handler = handler }, before;
	CHECK_INT(wake_open(&of_handler), 0);
	sigaction(SIGUSR2, &action, &before);
	raise(SIGUSR2);
	CHECK_INT(is_readable(&of_handler), 1);
	sigaction(SIGUSR2, &before, NULL);
	wake_close(&of_handler);
}

/* Does O_ASYNC stay when it is set? */
static int raises_signals(int fd)
{
	CHECK_INT(fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_ASYNC), 0);
	int stayed = !!(fcntl(fd, F_GETFL) & O_ASYNC);
	close(fd);
	return stayed;
}

/* Why it is a pipe. fcntl says 0 in each case. */
static void a_pipe_raises_SIGIO_and_an_eventfd_does_not(void)
{
	sigset_t signals;
	struct wake w;
	sigemptyset(&signals);
	CHECK_INT(wake_open(&w), 0);
	CHECK_INT(raises_signals(dup(wake_fd(&w))), 1);
	CHECK_INT(raises_signals(eventfd(0, EFD_NONBLOCK)), 0);
	CHECK_INT(raises_signals(signalfd(-1, &signals, SFD_NONBLOCK)), 0);
	CHECK_INT(raises_signals(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK)), 0);
	CHECK_INT(raises_signals(epoll_create1(0)), 0);
	wake_close(&w);
}

int main(void)
{
	static const struct test tests[] = {
		TEST(is_heard_once),
		TEST(neither_end_blocks_or_is_inherited),
		TEST(a_full_pipe_is_fine),
		TEST(its_calls_are_counted),
		TEST(another_thread_ends_a_wait),
		TEST(a_signal_handler_ends_a_wait),
		TEST(a_pipe_raises_SIGIO_and_an_eventfd_does_not),
		{ 0 },
	};
	return run_tests(tests);
}
