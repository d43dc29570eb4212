/* test_drive.c - the driver of the unit tests is tested itself, by a service that uses all of the contract.
 *
 *     "ask TEXT\n"    sends TEXT to the origin o:80, passes on what comes until the origin ends
 *     "file PATH\n"   sends the file: from hand, as a body, or by sendfile; of a folder the names
 *
 * What fails is answered with '!' and the name of the error.
 *
 * SPDX-License-Identifier: MIT */
#include "tests/unit/drive.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/check.h"

/* ---- a service that uses everything ---- */

enum {
	IDLE,
	ASKING,  /* the question is on its way to the origin */
	WAITING, /* for the origin's bytes */
	PASSING, /* them on */
	FAILING, /* the client is told so */
};

struct fetch_session {
	char ask[16];
	int  doing;
};

static void receive(const struct io_env *env, struct io_req *next, enum io_end end)
{
	next->op = IO_RECV;
	next->end = end;
	next->idle = end == IO_CLIENT;
	next->timeout_ms = env->idle_timeout_ms;
}

static void fetch_start(void *session, const struct io_env *env, struct io_req *first)
{
	(void)session;
	receive(env, first, IO_CLIENT);
}

static void answer(const struct io_env *env, struct io_req *next, const char *text)
{
	next->op = IO_SEND;
	next->timeout_ms = env->idle_timeout_ms;
	next->buf = env->scratch;
	next->len = (size_t)snprintf(env->scratch, env->scratch_len, "%s;", text);
	next->answers = 1;
}

static void fail(const struct io_env *env, struct io_req *next, ssize_t n)
{
	char text[40];
	snprintf(text, sizeof text, "!%s", strerrorname_np((int)-n));
	answer(env, next, text);
}

static void send_file(const struct io_env *env, struct io_req *next, const struct io_file *file)
{
	char text[40];
	snprintf(text, sizeof text, "%lld", (long long)file->size);
	answer(env, next, text);
	if (file->body) {
		next->body = file->body;
		next->body_len = file->body_len;
	} else if (file->size) {
		next->op = IO_SENDFILE;
		next->offset = 1;
		next->file_len = (size_t)file->size - 1;
	}
}

/* A line, that is `word` in the scratch buffer. */
static void obey(struct fetch_session *s, const struct io_env *env, const char *word, struct io_req *next)
{
	if (env->access)
		env->access(env, "a command\n", 10);
	if (strncmp(word, "ask ", 4) == 0) {
		snprintf(s->ask, sizeof s->ask, "%s", word + 4);
		next->op = IO_CONNECT;
		next->end = IO_ORIGIN;
		next->where = "o:80";
		next->timeout_ms = 3000;
		return;
	}
	const struct io_file *hot = env->hot_file ? env->hot_file(env, word + 5) : NULL;
	if (hot && !hot->directory) {
		send_file(env, next, hot);
	} else {
		next->op = IO_OPEN;
		next->list = true;
		next->where = word + 5;
	}
}

static void next_command(struct fetch_session *s, const struct io_env *env, const struct io_result *got,
			 struct io_req *next)
{
	const char *end = got->len ? memchr(got->data, '\n', got->len) : NULL;
	if (end) {
		size_t len = (size_t)(end - got->data);
		memcpy(env->scratch, got->data, len);
		env->scratch[len] = '\0';
		obey(s, env, env->scratch, next);
		next->used = len + 1;
	} else if (got->op == IO_RECV && got->n <= 0) {
		next->op = IO_DONE;
	} else {
		receive(env, next, IO_CLIENT);
	}
}

static void fail_origin(struct fetch_session *s, const struct io_env *env, const struct io_result *got,
			struct io_req *next)
{
	s->doing = FAILING;
	fail(env, next, got->n);
}

static void send_question(struct fetch_session *s, struct io_req *next)
{
	s->doing = ASKING;
	next->op = IO_SEND;
	next->end = IO_ORIGIN;
	next->buf = s->ask;
	next->len = strlen(s->ask);
	next->stable = true;
}

static void await_origin(struct fetch_session *s, const struct io_env *env, struct io_req *next)
{
	s->doing = WAITING;
	receive(env, next, IO_ORIGIN);
}

static void close_end(struct fetch_session *s, struct io_req *next, enum io_end end)
{
	s->doing = IDLE;
	next->op = IO_CLOSE;
	next->end = end;
}

static void pass_on(struct fetch_session *s, const struct io_env *env, const struct io_result *got,
		    struct io_req *next)
{
	s->doing = PASSING;
	next->op = IO_SEND;
	next->timeout_ms = env->idle_timeout_ms;
	next->buf = got->data;
	next->len = next->used = got->len;
}

static void fetch_resume(void *session, const struct io_env *env, const struct io_result *got,
			 struct io_req *next)
{
	struct fetch_session *s = session;
	bool at_origin = got->op == IO_CONNECT || s->doing == ASKING || s->doing == WAITING;
	if (at_origin && got->n < 0)
		fail_origin(s, env, got, next);
	else if (got->op == IO_CONNECT)
		send_question(s, next);
	else if (s->doing == ASKING || s->doing == PASSING)
		await_origin(s, env, next);
	else if (s->doing == WAITING && got->n > 0)
		pass_on(s, env, got, next);
	else if (s->doing == WAITING || s->doing == FAILING)
		close_end(s, next, IO_ORIGIN);
	else if (got->op == IO_OPEN && got->n < 0)
		fail(env, next, got->n);
	else if (got->op == IO_OPEN)
		send_file(env, next, got->file);
	else if (got->op == IO_SENDFILE)
		close_end(s, next, IO_FILE);
	else
		next_command(s, env, got, next);
}

static void beside_start(void *session, const struct io_env *env, struct io_req *first)
{
	(void)session;
	first->op = IO_SLEEP;
	first->timeout_ms = 100 + (int)env->number;
}

static void beside_resume(void *session, const struct io_env *env, const struct io_result *got,
			 struct io_req *next)
{
	(void)session;
	char *said = env->shared;
	if (got->op == IO_SLEEP) {
		next->op = IO_CONNECT;
		next->end = IO_ORIGIN;
		next->where = "o:80";
	} else if (got->op == IO_CONNECT) {
		*said = got->n ? 'd' : 'u';
		next->op = IO_CLOSE;
		next->end = IO_ORIGIN;
	} else {
		beside_start(session, env, next);
	}
}

static const struct service beside_service = {
	.contract = MUXLAB_CONTRACT, .name = "beside", .max_message = 1,
	.start = beside_start, .resume = beside_resume,
};

static const char *root(const void *config)
{
	(void)config;
	return ".";
}

static const struct service fetch_service = {
	.contract = MUXLAB_CONTRACT, .name = "fetch", .port = 7100,
	.session_size = sizeof(struct fetch_session), .shared_size = 1, .max_message = 64, .root = root,
	.logs_access = true,
	.start = fetch_start, .resume = fetch_resume, .beside = &beside_service,
};

/* ---- what it sees ---- */

#define NAMES "a\0sub/\0"

static const struct drive_file files[] = {
	{ .path = "small", .file = { .body = "hello" } },
	{ .path = "large", .file = { .size = 301 } },
	{ .path = "empty", .file = { .body = "" } },
	{ .path = "cold", .cold = true, .file = { .body = "brr" } },
	{ .path = "sub", .file = { .directory = true, .body = NAMES, .body_len = sizeof NAMES - 1 } },
	{ .path = "secret", .error = -EACCES },
	{ 0 },
};

static void steps_through_all(void)
{
	static const struct drive_step steps[] = {
		{ DRIVE_START, "recv idle" },
		{ "ask hi\nfi", "connect o:80 used 7" },
		{ DRIVE_DONE, "origin send b'hi'" },
		{ DRIVE_DONE, "origin recv" },
		{ "one", "send b'one' used 3" },
		{ DRIVE_DONE, "origin recv" },
		{ DRIVE_TIMEOUT, "send b'!ETIMEDOUT;' answers 1" },
		{ DRIVE_DONE, "close origin" },
		{ DRIVE_DONE, "recv idle" },
		{ "le small\n", "open small list used 11" },
		{ DRIVE_DONE, "send b'5;' + b'hello' answers 1" },
		{ DRIVE_DONE, "recv idle" },
		{ "file large\n", "open large list used 11" },
		{ DRIVE_DONE, "sendfile b'301;' 1+300 answers 1" },
		{ DRIVE_DONE, "close file" },
		{ DRIVE_DONE, "recv idle" },
		{ "file secret\n", "open secret list used 12" },
		{ DRIVE_DONE, "send b'!EACCES;' answers 1" },
		{ DRIVE_DONE, "recv idle" },
		{ "ask x\n", "connect o:80 used 6" },
		{ DRIVE_REFUSED, "send b'!ECONNREFUSED;' answers 1" },
		{ DRIVE_RESET, "dead" },
		{ 0 },
	};
	struct drive d;
	drive_open(&d, &fetch_service, NULL);
	d.files = files;
	CHECK(drive_steps(&d, steps));
	CHECK(d.done && d.dead && !d.broken);
	CHECK_INT(d.connects, 2);
	CHECK_INT(d.opens, 3);
	CHECK_STR(d.origin_sent.data, "hi");
	CHECK_STR(d.log.data, "a command\na command\na command\na command\na command\n");
	CHECK_INT(d.self.port, fetch_service.port);
	drive_close(&d);
}

/* The answer to all of it, which ends with the bytes of a large file. */
static size_t expect(char *out)
{
	static const char before[] =
		"first second!ECONNRESET;half!ETIMEDOUT;!EPIPE;!EHOSTUNREACH;!ECONNREFUSED;"
		"5;hello3;brr0;0;" NAMES "!EACCES;!ENOENT;301;";
	memcpy(out, before, sizeof before - 1);
	drive_file_bytes(out + sizeof before - 1, 1, 300);
	return sizeof before - 1 + 300;
}

static void talks_in_all_ways(void)
{
	static const struct drive_origin origins[] = {
		{ .where = "o:80", .bytes = "first " },
		{ .bytes = "second", .then = ORIGIN_RESET },
		{ .bytes = "half", .len = 4, .then = ORIGIN_SILENCE },
		{ .send = -EPIPE },
		{ .connect = -EHOSTUNREACH },
	};
	struct drive_dialogue c = {
		.service = &fetch_service, .files = files, .origins = origins, .n_origins = 5,
		.in = "ask 1\nask 2\nask 3\nask 4\nask 5\nask 6\nfile small\nfile cold\nfile empty\nfile sub\n"
		      "file secret\nfile none\nfile large\n",
		.ask = "1234",
	};
	char want[600];
	size_t want_len = expect(want);
	drive_all_ways(&c, want, want_len);
	c.then = THEN_SILENCE;
	c.scratch_len = DRIVE_SCRATCH_LEAST;
	drive_all_ways(&c, want, want_len);
	c.hot = HOT_ALWAYS;
	struct drive d;
	drive_cut(&d, &c, 0, 0);
	/* small, empty, sub, large from hand; cold, sub, secret, none by asking */
	CHECK_INT(d.opens, 4 + 4);
	CHECK_INT(d.answers, 12);
	drive_close(&d);
}

/* Each position of the origin's bytes is tried, and what is untaken of one end is offered by no other. */
static void cuts_the_origins_bytes(void)
{
	static const struct drive_origin origins[] = { { .bytes = "abcdef" } };
	struct drive_dialogue c = { .service = &fetch_service, .in = "ask 1\n",
				    .origins = origins, .n_origins = 1 };
	for (size_t split = 7; split < 12; split++) {
		struct drive d;
		drive_cut(&d, &c, 0, split);
		CHECK_INT(d.sends, 2);
		CHECK_MEM(d.sent, d.n_sent, "abcdef", 6);
		drive_close(&d);
	}
}

static void drives_sessions_beside(void)
{
	static const struct drive_step steps[] = {
		{ DRIVE_START, "sleep 103" },
		{ DRIVE_DONE, "connect o:80" },
		{ DRIVE_DONE, "close origin" },
		{ DRIVE_DONE, "sleep 103" },
		{ DRIVE_DONE, "connect o:80" },
		{ DRIVE_REFUSED, "close origin" },
		{ 0 },
	};
	struct drive d, beside;
	drive_open(&d, &fetch_service, NULL);
	drive_open_beside(&beside, &d, 3);
	CHECK(drive_steps(&beside, steps));
	CHECK_INT(*(char *)d.env.shared, 'd');
	CHECK_INT(beside.env.now_ms, d.env.now_ms + 206);
	drive_close(&beside);
	drive_close(&d);
}

int main(void)
{
	static const struct test tests[] = {
		TEST(steps_through_all), TEST(talks_in_all_ways), TEST(cuts_the_origins_bytes),
		TEST(drives_sessions_beside), { 0 },
	};
	return run_tests(tests);
}
