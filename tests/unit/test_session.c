/* test_session.c - where a session's bytes are: the window, the tail, what a send leaves over (core/session.c).
 *
 * A toy service that does what it is told, one end of a socket pair, and the driver's functions called by hand. No
 * backend: parking and unparking is done here, at the moments that a reactor would.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"
#include "core/server.h"
#include "core/session.h"

enum { MAX_MESSAGE = 100 };

/* What the toy service was told, and what it is to ask for next. */
static struct io_result told;
static char told_data[1 << 16];
static struct io_req wish;
static int ends;

static void toy_start(void *session, const struct io_env *env, struct io_req *first)
{
	(void)session, (void)env;
	*first = (struct io_req){ .op = IO_RECV, .timeout_ms = -1 };
}

static void toy_resume(void *session, const struct io_env *env, const struct io_result *got, struct io_req *next)
{
	(void)session, (void)env;
	told = *got;
	memcpy(told_data, got->data, got->len);
	if (got->n == -EMSGSIZE)
		*next = (struct io_req){ .op = IO_DONE };
	else
		*next = wish;
}

static void toy_end(void *session, const struct io_env *env)
{
	(void)session, (void)env;
	ends++;
}

static const struct service toy = {
	.contract = MUXLAB_CONTRACT, .name = "toy", .summary = "does what it is told", .max_message = MAX_MESSAGE,
	.start = toy_start, .resume = toy_resume, .end = toy_end,
};

static struct server server = {
	.service = &toy, .listen_fd = -1, .root_fd = -1,
	.lock = PTHREAD_MUTEX_INITIALIZER, .session_ended = PTHREAD_COND_INITIALIZER,
};

struct bench { /* one session on a bench, its far end in our hand */
	struct worker   worker;
	struct session *session;
	struct job      job;
	int             far;
};

static void set_up(struct bench *b)
{
	struct peer nobody = { 0 };
	int pair[2];
	memset(b, 0, sizeof *b);
	ends = 0;
	wish = (struct io_req){ .op = IO_RECV, .timeout_ms = -1 };
	CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
	CHECK_INT(worker_open(&b->worker, &server, &toy), 0);
	worker_is_passing(&b->worker);
	b->worker.nonblocking = true;
	b->session = calloc(1, sizeof *b->session);
	b->far = pair[1];
	session_begin(&b->worker, b->session, pair[0], &nobody, &b->job);
}

static void tear_down(struct bench *b)
{
	session_end(&b->worker, b->session);
	CHECK_INT(ends, 1);
	free(b->session);
	worker_close(&b->worker);
	close(b->far);
}

static ssize_t attempt(struct bench *b)
{
	return session_try(&b->worker, b->session, &b->job);
}

/* One receive and one resume, with a park in between as a reactor would do it. */
static void receive(struct bench *b, const char *bytes, size_t len)
{
	CHECK_INT(session_park(&b->worker, b->session, &b->job), 0);
	memset(b->worker.window.base, '#', b->worker.window.cap); /* other sessions use the window meanwhile */
	CHECK_INT(write(b->far, bytes, len), len);
	session_unpark(&b->worker, b->session, &b->job);
	ssize_t n = attempt(b);
	CHECK_INT(n, len);
	CHECK(session_resume(&b->worker, b->session, &b->job, n));
}

static void untaken_bytes_come_again_with_new_ones(void)
{
	struct bench b;
	set_up(&b);
	receive(&b, "abc", 3);
	CHECK_MEM(told_data, told.len, "abc", 3);
	receive(&b, "de", 2);
	CHECK_MEM(told_data, told.len, "abcde", 5);
	CHECK_INT(told.n, 2);
	wish.used = 4;
	receive(&b, "f", 1);
	CHECK_MEM(told_data, told.len, "abcdef", 6);
	wish.used = 0;
	receive(&b, "g", 1);
	CHECK_MEM(told_data, told.len, "efg", 3);
	tear_down(&b);
}

static void an_idle_session_keeps_no_buffer(void)
{
	struct bench b;
	set_up(&b);
	wish.used = 3;
	receive(&b, "abc", 3);
	CHECK_INT(session_park(&b.worker, b.session, &b.job), 0);
	CHECK(b.session->client.tail == NULL && b.session->parked == NULL && b.session->reach == NULL);
	tear_down(&b);
}

static void too_much_untaken_is_refused(void)
{
	struct bench b;
	char flood[MAX_MESSAGE + 50];
	memset(flood, 'x', sizeof flood);
	set_up(&b);
	receive(&b, flood, MAX_MESSAGE - 1);
	CHECK_INT(told.n, MAX_MESSAGE - 1);
	receive(&b, flood, 50);
	CHECK_INT(told.n, -EMSGSIZE);
	CHECK_INT(told.len, MAX_MESSAGE + 49);
	CHECK_INT(b.job.req.op, IO_DONE);
	tear_down(&b);
}

static void who_takes_a_little_may_ask_for_more(void)
{
	struct bench b;
	char flood[MAX_MESSAGE];
	memset(flood, 'x', sizeof flood);
	set_up(&b);
	wish.used = 1;
	for (int i = 0; i < 3; i++) {
		receive(&b, flood, sizeof flood);
		CHECK_INT(told.n, MAX_MESSAGE);
	}
	tear_down(&b);
}

/* Fills the socket, so that a send takes only part; returns what was sent before. */
static void shrink(int fd)
{
	int small = 4096;
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
}

static size_t drain(int fd, char *to, size_t size)
{
	size_t have = 0;
	for (ssize_t n; have < size && (n = read(fd, to + have, size - have)) > 0;)
		have += (size_t)n;
	return have;
}

static void fill_pattern(char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		bytes[i] = (char)('a' + i % 23);
}

/* An unstable buffer is copied as far as it was not sent; then it is ours to spoil. */
static void a_lent_buffer_outlives_its_owner(bool stable)
{
	enum { BIG = 60000, BODY = 30000 };
	static char big[BIG], body[BODY], want[BIG + BODY], got[BIG + BODY];
	struct bench b;
	size_t have = 0;
	set_up(&b);
	shrink(b.session->client.fd);
	fill_pattern(big, BIG);
	fill_pattern(body, BODY);
	memcpy(want, big, BIG);
	memcpy(want + BIG, body, BODY);
	wish = (struct io_req){ .op = IO_SEND, .buf = big, .len = BIG, .body = body, .body_len = BODY,
				.stable = stable, .answers = 1, .timeout_ms = -1 };
	receive(&b, "go", 2);
	ssize_t n = attempt(&b);
	CHECK_INT(n, -EAGAIN);
	for (int turns = 0; n == -EAGAIN && turns < 1000; turns++) {
		CHECK_INT(session_park(&b.worker, b.session, &b.job), 0);
		if (!stable)
			memset(big, '!', BIG);
		have += drain(b.far, got + have, sizeof got - have);
		session_unpark(&b.worker, b.session, &b.job);
		n = attempt(&b);
	}
	have += drain(b.far, got + have, sizeof got - have);
	CHECK_INT(n, BIG + BODY);
	CHECK(have == sizeof want && memcmp(got, want, sizeof want) == 0);
	wish = (struct io_req){ .op = IO_RECV, .timeout_ms = -1 };
	CHECK(session_resume(&b.worker, b.session, &b.job, n));
	CHECK_INT(told.op, IO_SEND);
	CHECK_MEM(told_data, told.len, "go", 2);
	tear_down(&b);
}

static void unstable_sends_are_copied(void)
{
	a_lent_buffer_outlives_its_owner(false);
}

static void stable_sends_are_not(void)
{
	a_lent_buffer_outlives_its_owner(true);
}

static void end_of_file_is_a_result(void)
{
	struct bench b;
	set_up(&b);
	receive(&b, "half", 4);
	shutdown(b.far, SHUT_WR);
	ssize_t n = attempt(&b);
	CHECK_INT(n, 0);
	CHECK(session_resume(&b.worker, b.session, &b.job, n));
	CHECK_INT(told.n, 0);
	CHECK_MEM(told_data, told.len, "half", 4);
	tear_down(&b);
}

static void a_dead_client_is_not_resumed(void)
{
	struct bench b;
	set_up(&b);
	receive(&b, "x", 1);
	told.n = 77;
	CHECK(!session_resume(&b.worker, b.session, &b.job, -ECONNRESET));
	CHECK_INT(told.n, 77);
	tear_down(&b);
}

static void a_missing_origin_is_a_result(void)
{
	struct bench b;
	set_up(&b);
	wish = (struct io_req){ .op = IO_RECV, .end = IO_ORIGIN, .timeout_ms = -1 };
	receive(&b, "x", 1);
	CHECK_INT(attempt(&b), -ENOTCONN);
	tear_down(&b);
}

static void a_graceful_stop_gives_one_last_receive(void)
{
	struct bench b;
	set_up(&b);
	wish.idle = true;
	wish.used = 1;
	receive(&b, "x", 1);
	b.worker.env.stopping = true;
	server.board->grace_end_ms = b.worker.env.now_ms + 5000;
	CHECK_INT(write(b.far, "y", 1), 1);
	ssize_t n = attempt(&b);
	CHECK_INT(n, 1);
	CHECK(session_resume(&b.worker, b.session, &b.job, n));
	CHECK_INT(attempt(&b), -EINTR); /* nothing more: it is another request now */
	CHECK_INT(b.job.req.op, IO_DONE);
	CHECK(b.job.req.linger);
	char end;
	CHECK_INT(attempt(&b), -EAGAIN); /* half-closed, and discards what comes */
	CHECK_INT(read(b.far, &end, 1), 0);
	shutdown(b.far, SHUT_WR);
	CHECK_INT(attempt(&b), 0);
	tear_down(&b);
}

static void at_the_end_of_a_stop_no_one_lingers(void)
{
	struct bench b;
	char end;
	set_up(&b);
	wish.idle = true;
	wish.used = 1;
	receive(&b, "x", 1);
	b.worker.env.stopping = true;
	server.board->grace_end_ms = b.worker.env.now_ms + 100;
	CHECK_INT(attempt(&b), -EINTR);
	CHECK_INT(attempt(&b), 0);
	CHECK_INT(read(b.far, &end, 1), 0);
	tear_down(&b);
}

int main(void)
{
	static const struct test tests[] = {
		TEST(untaken_bytes_come_again_with_new_ones),
		TEST(an_idle_session_keeps_no_buffer),
		TEST(too_much_untaken_is_refused),
		TEST(who_takes_a_little_may_ask_for_more),
		TEST(unstable_sends_are_copied),
		TEST(stable_sends_are_not),
		TEST(end_of_file_is_a_result),
		TEST(a_dead_client_is_not_resumed),
		TEST(a_missing_origin_is_a_result),
		TEST(a_graceful_stop_gives_one_last_receive),
		TEST(at_the_end_of_a_stop_no_one_lingers),
		{ 0 },
	};
	server.board = board_open(2);
	int status = run_tests(tests);
	board_close(server.board);
	return status;
}
