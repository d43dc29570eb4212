/* test_drive_rules.c - the driver of the unit tests is tested itself, by puppets that break the contract.
 *
 * SPDX-License-Identifier: MIT */
#include "tests/unit/drive.h"

#include <string.h>

#include "tests/unit/check.h"

#define NO_END  "an end that this session does not have"
#define NO_PART "a part of a file that the file does not have"

/* ---- puppets ---- */

#define TURN const struct io_env *env, const struct io_result *got, struct io_req *next

struct puppet {
	const char   *wrong;    /* what is to be said about the last step */
	int           n;        /* steps */
	struct io_req steps[3]; /* time-out 0: 1 s */
	void        (*also)(TURN); /* changes the last one */
};

struct puppet_session {
	int at;
};

static void puppet_next(struct puppet_session *s, TURN)
{
	const struct puppet *p = env->config;
	int timeout_ms = p->steps[s->at].timeout_ms;
	*next = p->steps[s->at];
	next->timeout_ms = timeout_ms ? timeout_ms : 1000;
	if (++s->at == p->n && p->also)
		p->also(env, got, next);
}

static void puppet_start(void *session, const struct io_env *env, struct io_req *first)
{
	puppet_next(session, env, NULL, first);
}

static void puppet_resume(void *session, TURN)
{
	puppet_next(session, env, got, next);
}

static const char *root(const void *config)
{
	(void)config;
	return ".";
}

static const struct service puppet_service = {
	.contract = MUXLAB_CONTRACT, .name = "puppet", .session_size = sizeof(struct puppet_session),
	.shared_size = 8, .max_message = 8, .logs_access = true, .root = root,
	.start = puppet_start, .resume = puppet_resume,
};

static void send_scratch_as_stable(TURN)
{
	(void)got;
	next->buf = env->scratch;
	next->len = 1;
	next->stable = true;
}

static void send_scratch_as_body(TURN)
{
	(void)got;
	next->body = env->scratch;
	next->body_len = 1;
}

static void open_endless_path(TURN)
{
	(void)got;
	memset(env->scratch, 'x', env->scratch_len);
	next->where = env->scratch + env->scratch_len - 5;
}

static void write_behind_scratch(TURN)
{
	(void)got;
	(void)next;
	env->scratch[env->scratch_len] = 'x';
}

static void write_behind_shared(TURN)
{
	(void)got;
	(void)next;
	((char *)env->shared)[8] = 'x';
}

static void send_too_much_of_file(TURN)
{
	(void)env;
	next->body = got->file->body;
	next->body_len = got->file->body_len + 1;
}

/* The second file takes the first one's place, whose body is sent. */
static void send_a_lost_file(TURN)
{
	(void)got;
	next->body = env->hot_file(env, "small")->body;
	next->body_len = 1;
	env->hot_file(env, "empty");
}

static void log_two_lines(TURN)
{
	(void)got;
	(void)next;
	env->access(env, "one\ntwo\n", 8);
}

#define RECV         .op = IO_RECV
#define SEND         .op = IO_SEND
#define TO_ORIGIN    .end = IO_ORIGIN
#define STABLE       .buf = some, .len = 4, .stable = true
#define CONNECT      { .op = IO_CONNECT, TO_ORIGIN, .where = "o:80" }
#define OPEN_LARGE   { .op = IO_OPEN, .where = "large" }
#define OPEN_SMALL   { .op = IO_OPEN, .where = "small" }
#define FILE_PART    .op = IO_SENDFILE, .file_len

static const char some[] = "some";

static const struct puppet puppets[] = {
	{ "an operation that there is not", 1, { { .op = (enum io_op)8 } }, NULL },
	{ "more bytes are taken than were offered", 1, { { RECV, .used = 1 } }, NULL },
	{ "more bytes are taken than were offered", 2, { CONNECT, { SEND, TO_ORIGIN, STABLE, .used = 1 } },
	  NULL },

	{ "a receive without the right time-out", 1, { { RECV, .timeout_ms = -1 } }, NULL },
	{ "a receive without the right time-out", 1, { { RECV, .timeout_ms = DRIVE_IDLE_MS + 1 } }, NULL },
	{ "a receive without the right time-out", 2, { CONNECT, { RECV, TO_ORIGIN, .timeout_ms = -2 } }, NULL },
	{ "a send without the right time-out", 1, { { SEND, STABLE, .timeout_ms = -1 } }, NULL },
	{ "a sleep without end", 1, { { .op = IO_SLEEP, .timeout_ms = -1 } }, NULL },

	{ NO_END, 1, { { RECV, TO_ORIGIN } }, NULL },
	{ NO_END, 1, { { RECV, .end = IO_FILE } }, NULL },
	{ NO_END, 1, { { SEND, TO_ORIGIN, STABLE } }, NULL },
	{ NO_END, 1, { { .op = IO_CLOSE } }, NULL },
	{ NO_END, 1, { { .op = IO_CONNECT, .where = "o:80" } }, NULL },
	{ NO_END, 3, { CONNECT, { .op = IO_CLOSE, TO_ORIGIN }, { RECV, TO_ORIGIN } }, NULL },

	{ "a connect while there is an origin", 2, { CONNECT, CONNECT }, NULL },
	{ "a connect to what is not host:port", 1, { { .op = IO_CONNECT, TO_ORIGIN, .where = "o" } }, NULL },
	{ "a connect to what is not host:port", 1, { { .op = IO_CONNECT, TO_ORIGIN, .where = ":80" } }, NULL },
	{ "a name that is none, or does not end", 1, { { .op = IO_OPEN } }, NULL },
	{ "a name that is none, or does not end", 1, { { .op = IO_OPEN, .where = "" } }, NULL },
	{ "a name that is none, or does not end", 1, { OPEN_SMALL }, open_endless_path },

	{ "a send of nothing", 1, { { SEND, .buf = some } }, NULL },
	{ "a send of nothing", 1, { { FILE_PART = 0 } }, NULL },
	{ "a send of nothing", 2, { CONNECT, { SEND, TO_ORIGIN } }, NULL },
	{ "a send from NULL", 1, { { SEND, .len = 1 } }, NULL },
	{ "a send from NULL", 1, { { SEND, STABLE, .body_len = 1 } }, NULL },
	{ "an unstable buf is neither scratch nor offered bytes", 1, { { SEND, .buf = some, .len = 1 } },
	  NULL },
	{ "stable bytes are scratch or offered bytes", 1, { { SEND } }, send_scratch_as_stable },
	{ "stable bytes are scratch or offered bytes", 1, { { SEND } }, send_scratch_as_body },

	{ "bytes to send in what is no send", 1, { { RECV, STABLE } }, NULL },
	{ "bytes to send in what is no send", 1, { { .op = IO_SLEEP, .where = "a" } }, NULL },
	{ "answers in what is no send to the client", 1, { { RECV, .answers = 1 } }, NULL },
	{ "answers in what is no send to the client", 2, { CONNECT, { SEND, TO_ORIGIN, STABLE, .answers = 1 } },
	  NULL },
	{ "a part of a file in what is no sendfile", 1, { { SEND, STABLE, .file_len = 1 } }, NULL },
	{ "a part of a file in what is no sendfile", 1, { { RECV, .copy = true } }, NULL },
	{ "idle, but not waiting for the client", 2, { CONNECT, { RECV, TO_ORIGIN, .idle = true } }, NULL },
	{ "a flag of another operation", 1, { { RECV, .linger = true } }, NULL },
	{ "a flag of another operation", 1, { { RECV, .in_place = true } }, NULL },
	{ "a flag of another operation", 1, { { RECV, .list = true } }, NULL },

	{ "a sendfile without a file", 1, { { FILE_PART = 1 } }, NULL },
	{ "a sendfile without a file", 2, { { .op = IO_OPEN, .where = "sub" }, { FILE_PART = 1 } }, NULL },
	{ "a sendfile without a file", 3, { OPEN_LARGE, { .op = IO_CLOSE, .end = IO_FILE }, { FILE_PART = 1 } },
	  NULL },
	{ "a sendfile of a file whose body is lent", 2, { OPEN_SMALL, { FILE_PART = 1 } }, NULL },
	{ NO_PART, 2, { OPEN_LARGE, { FILE_PART = 301, .offset = 1 } }, NULL },
	{ NO_PART, 2, { OPEN_LARGE, { FILE_PART = 1, .offset = -1 } }, NULL },
	{ "more bytes than the file has", 2, { OPEN_SMALL, { SEND } }, send_too_much_of_file },
	{ "bytes of a file that is not the session's any more", 1, { { SEND } }, send_a_lost_file },

	{ "what goes to the access log is not one line", 1, { { RECV } }, log_two_lines },
	{ "it wrote behind the scratch buffer", 1, { { RECV } }, write_behind_scratch },
	{ "it wrote behind the shared memory", 1, { { RECV } }, write_behind_shared },
};

static const struct drive_file files[] = {
	{ .path = "small", .file = { .body = "hello" } },
	{ .path = "large", .file = { .size = 301 } },
	{ .path = "empty", .file = { .body = "" } },
	{ .path = "sub", .file = { .directory = true } },
	{ 0 },
};

static void catches_what_is_forbidden(void)
{
	for (size_t i = 0; i < sizeof puppets / sizeof *puppets; i++) {
		struct drive d;
		drive_open(&d, &puppet_service, &puppets[i]);
		d.quiet = true;
		d.files = files;
		d.env.hot_file = drive_hot_file;
		drive_start(&d);
		for (int at = 1; at < puppets[i].n && !d.broken; at++)
			drive_result(&d, 0);
		check_note("puppet %zu, step %d", i, puppets[i].n);
		CHECK_STR(d.wrong ? d.wrong : "nothing", puppets[i].wrong);
		drive_close(&d);
	}
}

static void nobody_is_beside_a_client(void)
{
	static const struct puppet receiver = { "", 1, { { RECV } }, NULL };
	static const struct service with_puppet_beside = { .name = "main", .beside = &puppet_service };
	struct drive d, beside;
	drive_open(&d, &with_puppet_beside, &receiver);
	drive_open_beside(&beside, &d, 0);
	beside.quiet = true;
	drive_start(&beside);
	CHECK_STR(beside.wrong ? beside.wrong : "nothing", NO_END);
	drive_close(&beside);
	drive_close(&d);
}

/* ---- and those that never get anywhere ---- */

static void receive(const struct io_env *env, struct io_req *next)
{
	next->op = IO_RECV;
	next->timeout_ms = env->idle_timeout_ms;
}

static void start_receiving(void *session, const struct io_env *env, struct io_req *first)
{
	(void)session;
	receive(env, first);
}

static void keep_receiving(void *session, TURN)
{
	(void)session;
	(void)got;
	receive(env, next);
}

static void keep_closing(void *session, TURN)
{
	(void)session;
	(void)env;
	(void)got;
	next->op = IO_CLOSE;
	next->end = IO_FILE;
}

static void catches_the_stubborn(void)
{
	struct service service = { .name = "stubborn", .max_message = 8, .start = start_receiving,
				   .resume = keep_receiving };
	struct drive d;
	drive_open(&d, &service, NULL);
	d.quiet = true;
	drive_start(&d);
	drive_receive(&d, "1234567", 7);
	CHECK(!d.broken);
	drive_receive(&d, "8", 1);
	CHECK_STR(d.wrong ? d.wrong : "nothing", "it asks for more after -EMSGSIZE");
	drive_close(&d);
	service.resume = keep_closing;
	drive_open(&d, &service, NULL);
	d.quiet = true;
	drive_start(&d);
	drive_receive(&d, "1", 1);
	drive_perform(&d);
	CHECK_STR(d.wrong ? d.wrong : "nothing", "busy, without any progress");
	drive_close(&d);
}

int main(void)
{
	static const struct test tests[] = {
		TEST(catches_what_is_forbidden), TEST(nobody_is_beside_a_client), TEST(catches_the_stubborn),
		{ 0 },
	};
	return run_tests(tests);
}
