/* uring_fixture.h - what the tests of io_uring share: a ring and a socketpair, and completions that are expected. */
#ifndef TESTS_URING_FIXTURE_H
#define TESTS_URING_FIXTURE_H

#include <netinet/in.h>
#include <stdbool.h>

#include "core/uring.h"

enum { RING_PATIENCE_MS = 20000, RING_GROUP = 7 };

static const struct iovec nothing = { 0 };

struct ring_test { /* a ring and a pair of connected stream sockets */
	struct counters counters;
	struct uring    ring;
	int             pair[2]; /* the ring's end and the peer's; who closes one sets it to -1 */
};

struct group_test { /* the same with a group of buffers */
	struct ring_test     f;
	struct uring_buffers buffers;
};

struct test;

/* As run_tests(). Where io_uring is forbidden or not there, all is skipped, with the reason. */
int run_uring_tests(const struct test *);

/* False: a check has failed. */
bool ring_open(struct ring_test *, unsigned n_entries, unsigned n_completions);
void ring_close(struct ring_test *);
/* False also when this kernel has no multishot receive: said as skipped. */
bool group_open(struct group_test *, unsigned n, size_t size);
void group_close(struct group_test *);
/* URING_ bit: says that the test is skipped for want of it. */
bool ring_lacks(const struct ring_test *, unsigned bit, const char *version);

/* The next completion; one that does not come in RING_PATIENCE_MS has the token UINT64_MAX. */
struct uring_done ring_next(struct ring_test *);
/* It must be this, and the last of its token. */
void ring_expect(struct ring_test *, uint64_t token, int result);
/* Hands over what is filled in and looks what is there: nothing must be. */
void ring_is_quiet(struct ring_test *);
/* A completion with these bytes in a buffer, which is the caller's now. Whether the receive goes on. */
bool group_expect(struct group_test *, uint64_t token, const char *want, unsigned *number);

/* The peer's end. */
void ring_say(const struct ring_test *, const char *text);
void ring_hears(const struct ring_test *, const char *want);

struct iovec ring_text(const char *);
int ring_listen(struct sockaddr_in *at); /* on a free port of the loopback */
int ring_dial(const struct sockaddr_in *at);

#endif
