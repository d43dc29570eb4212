/* uring_fixture.c - what the tests of io_uring share; see uring_fixture.h.
 *
 * SPDX-License-Identifier: MIT */
#include "uring_fixture.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "check.h"

bool ring_open(struct ring_test *f, unsigned n_entries, unsigned n_completions)
{
	memset(f, 0, sizeof *f);
	CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, f->pair), 0);
	int error = uring_open(&f->ring, &f->counters, n_entries, n_completions);
	CHECK_INT(error, 0);
	return !error;
}

void ring_close(struct ring_test *f)
{
	uring_close(&f->ring);
	for (int i = 0; i < 2; i++)
		if (f->pair[i] >= 0)
			close(f->pair[i]);
}

bool ring_lacks(const struct ring_test *f, unsigned bit, const char *version)
{
	if (f->ring.has & bit)
		return false;
	printf("# skipped: this kernel is older than %s\n", version);
	return true;
}

/* The next completion; one that never comes has the token ~0. */
struct uring_done ring_next(struct ring_test *f)
{
	struct uring_done done = { .token = UINT64_MAX };
	int n = 0;
	while (!uring_reap(&f->ring, &done, 1) && (n = uring_wait(&f->ring, RING_PATIENCE_MS)) > 0)
		;
	CHECK(n >= 0);
	return done;
}

void ring_expect(struct ring_test *f, uint64_t token, int result)
{
	struct uring_done done = ring_next(f);
	CHECK_INT(done.token, token);
	CHECK_INT(done.result, result);
	CHECK(!uring_goes_on(&done));
}

/* Hands over what is filled in and looks what is there: nothing more is to come of itself. */
void ring_is_quiet(struct ring_test *f)
{
	CHECK_INT(uring_wait(&f->ring, 0), 0);
}

struct iovec ring_text(const char *s)
{
	return (struct iovec){ (char *)s, strlen(s) };
}

void ring_say(const struct ring_test *f, const char *s)
{
	CHECK_INT(write(f->pair[1], s, strlen(s)), (long long)strlen(s));
}

void ring_hears(const struct ring_test *f, const char *want)
{
	char got[256];
	ssize_t n = recv(f->pair[1], got, sizeof got, MSG_DONTWAIT);
	CHECK_MEM(got, n < 0 ? 0 : (size_t)n, want, strlen(want));
}

int ring_listen(struct sockaddr_in *at)
{
	socklen_t len = sizeof *at;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	*at = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	CHECK_INT(bind(fd, (struct sockaddr *)at, len), 0);
	CHECK_INT(listen(fd, 64), 0);
	CHECK_INT(getsockname(fd, (struct sockaddr *)at, &len), 0);
	return fd;
}

int ring_dial(const struct sockaddr_in *at)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CHECK_INT(connect(fd, (const struct sockaddr *)at, sizeof *at), 0);
	return fd;
}

bool group_open(struct group_test *g, unsigned n, size_t size)
{
	if (!ring_open(&g->f, 8, 32))
		return false;
	if (!ring_lacks(&g->f, URING_6_0, "6.0")) {
		int error = uring_buffers_open(&g->f.ring, &g->buffers, RING_GROUP, n, size);
		CHECK_INT(error, 0);
		if (!error)
			return true;
	}
	ring_close(&g->f);
	return false;
}

void group_close(struct group_test *g)
{
	uring_buffers_close(&g->f.ring, &g->buffers);
	ring_close(&g->f);
}

/* A completion with these bytes in a buffer, which is the caller's now. Whether the receive goes on. */
bool group_expect(struct group_test *g, uint64_t token, const char *want, unsigned *number)
{
	struct uring_done done = ring_next(&g->f);
	CHECK_INT(done.token, token);
	CHECK(uring_has_buffer(&done));
	*number = uring_buffer_number(&done);
	if (done.result >= 0 && uring_has_buffer(&done))
		CHECK_MEM(uring_buffer_at(&g->buffers, *number), (size_t)done.result, want, strlen(want));
	else
		CHECK_INT(done.result, (long long)strlen(want));
	return uring_goes_on(&done);
}

/* As one skipped test: TAP, as run_tests() prints it. */
int run_uring_tests(const struct test *tests)
{
	int error = uring_probe();
	if (!error)
		return run_tests(tests);
	printf("ok 1 - io_uring # SKIP %s: %s\n1..1\n", strerrorname_np(-error), uring_advice(error));
	return 0;
}
