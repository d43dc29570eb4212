/* fetch.c - a service that reaches for origins and files, to test those requests of the contract on every backend.
 *
 *     "ask HOST:PORT TEXT\n"   connects, sends TEXT, passes on what comes until the origin closes or says '.'
 *     "file PATH\n"            answers with the size in digits, a line feed and the file
 *
 * A failure is answered with "error N\n", N being the errno. One command at a time, any number after another.
 *
 *     receive -> connect -> send to origin -> receive from origin -> send to client -> close origin -> receive
 *     receive -> open -> send size and file -> close file -> receive
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/io.h"

struct fetch_session {
	char   text[64]; /* what to ask; the offered bytes are gone when the origin answers */
	size_t text_len;
	bool   origin_done;
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

static void answer(const struct io_env *env, struct io_req *next, const char *format, long long number)
{
	next->op = IO_SEND;
	next->buf = env->scratch;
	next->len = (size_t)snprintf(env->scratch, env->scratch_len, format, number);
}

/* A line is on offer; words are cut out of it in the scratch buffer, which is ours until resume() returns. */
static void obey(struct fetch_session *s, const struct io_env *env, const char *line, size_t len, struct io_req *next)
{
	char *word = env->scratch;
	memcpy(word, line, len);
	word[len] = '\0';
	next->used = len + 1;
	if (strncmp(word, "ask ", 4) == 0) {
		char *text = strchr(word + 4, ' ');
		if (!text || strlen(text + 1) >= sizeof s->text) {
			answer(env, next, "error %lld\n", EINVAL);
			return;
		}
		*text++ = '\0';
		s->text_len = strlen(text);
		memcpy(s->text, text, s->text_len);
		next->op = IO_CONNECT;
		next->end = IO_ORIGIN;
		next->where = word + 4;
		next->timeout_ms = 3000;
	} else if (strncmp(word, "file ", 5) == 0) {
		next->op = IO_OPEN;
		next->where = word + 5;
	} else {
		answer(env, next, "error %lld\n", EINVAL);
	}
}

static void next_command(struct fetch_session *s, const struct io_env *env, const struct io_result *got,
			 struct io_req *next)
{
	const char *line_end = got->len ? memchr(got->data, '\n', got->len) : NULL;
	if (line_end && line_end - got->data < 200)
		obey(s, env, got->data, (size_t)(line_end - got->data), next);
	else if (got->op == IO_RECV && got->n <= 0)
		next->op = IO_DONE;
	else
		receive(env, next, IO_CLIENT);
}

static void send_to_origin(struct fetch_session *s, struct io_req *next)
{
	s->origin_done = false;
	next->op = IO_SEND;
	next->end = IO_ORIGIN;
	next->buf = s->text;
	next->len = s->text_len;
	next->stable = true;
}

/* The origin's bytes go out as they stand in the window. */
static void pass_on(struct fetch_session *s, const struct io_env *env, const struct io_result *got, struct io_req *next)
{
	if (got->n < 0) {
		s->origin_done = true;
		answer(env, next, "error %lld\n", -(long long)got->n);
		return;
	}
	s->origin_done = got->n == 0 || got->data[got->len - 1] == '.';
	next->op = got->n ? IO_SEND : IO_CLOSE;
	next->end = got->n ? IO_CLIENT : IO_ORIGIN;
	next->buf = got->data;
	next->len = next->used = got->len;
}

static void fetch_resume(void *session, const struct io_env *env, const struct io_result *got, struct io_req *next)
{
	struct fetch_session *s = session;
	bool asking = s->text_len > 0;
	if (got->op == IO_CONNECT && got->n == 0) {
		send_to_origin(s, next);
	} else if (got->op == IO_CONNECT || (got->op == IO_OPEN && got->n < 0)) {
		s->text_len = 0;
		answer(env, next, "error %lld\n", -(long long)got->n);
	} else if (got->op == IO_OPEN && got->file->directory) {
		answer(env, next, "error %lld\n", EISDIR);
	} else if (got->op == IO_OPEN) {
		answer(env, next, "%lld\n", (long long)got->file->size);
		next->op = IO_SENDFILE;
		next->file_len = (size_t)got->file->size;
	} else if (got->op == IO_SENDFILE) {
		next->op = IO_CLOSE;
		next->end = IO_FILE;
	} else if (asking && got->op == IO_SEND && !s->origin_done) {
		receive(env, next, IO_ORIGIN);
	} else if (asking && got->op == IO_RECV) {
		pass_on(s, env, got, next);
	} else if (asking && got->op == IO_SEND) {
		next->op = IO_CLOSE;
		next->end = IO_ORIGIN;
		s->text_len = 0;
	} else {
		if (got->op == IO_CLOSE)
			s->text_len = 0;
		next_command(s, env, got, next);
	}
}

static const char *here(const void *config)
{
	(void)config;
	return ".";
}

extern const struct service muxlab_service;
const struct service muxlab_service = {
	.contract = MUXLAB_CONTRACT,
	.name = "fetch",
	.summary = "Asks origins and sends files: a test of the contract.",
	.port = 7100,
	.session_size = sizeof(struct fetch_session),
	.max_message = 256,
	.root = here,
	.start = fetch_start,
	.resume = fetch_resume,
};
