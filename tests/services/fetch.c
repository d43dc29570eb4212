/* fetch.c - a service that reaches for origins and files, to test those requests of the contract on every backend.
 *
 *     "ask HOST:PORT TEXT\n"   connects, sends TEXT, passes on what comes until the origin closes or says '.'
 *     "file PATH\n"            answers with the size in digits, a line feed and the file, by IO_SENDFILE
 *     "copy PATH\n"            the same, through a buffer
 *     "part PATH\n"            the same from the second byte on, as a part of a file
 *     "hot PATH\n"             the same, by IO_SEND if the file has a body; "hot " stands before if it was at hand
 *     "list PATH\n"            answers with the length of the names in the folder, a line feed and the names
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

enum how { BY_SENDFILE, BY_COPY, BY_PART, BY_BODY, BY_LIST };
static const char *const commands[] = { "file ", "copy ", "part ", "hot ", "list " };

struct fetch_session {
	char   text[64]; /* what to ask; the offered bytes are gone when the origin answers */
	size_t text_len;
	bool   origin_done;
	enum how how;
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

/* The file is ours: of what has a body, that; else the file itself. */
static void send_file(enum how how, const struct io_env *env, const struct io_file *file, const char *format,
		      struct io_req *next)
{
	if (file->directory && how != BY_LIST) {
		answer(env, next, "error %lld\n", EISDIR);
		return;
	}
	off_t from = how == BY_PART && file->size ? 1 : 0;
	size_t len = how == BY_LIST ? file->body_len : (size_t)(file->size - from);
	answer(env, next, format, (long long)len);
	if (how >= BY_BODY && file->body) {
		next->body = file->body;
		next->body_len = len;
	} else {
		next->op = IO_SENDFILE;
		next->offset = from;
		next->file_len = len;
		next->copy = how == BY_COPY;
	}
}

static void open_file(struct fetch_session *s, const struct io_env *env, const char *path, struct io_req *next)
{
	const struct io_file *hot = s->how == BY_BODY ? env->hot_file(env, path) : NULL;
	if (hot) {
		send_file(s->how, env, hot, "hot %lld\n", next);
		return;
	}
	next->op = IO_OPEN;
	next->where = path;
	next->list = s->how == BY_LIST;
}

/* "file PATH": PATH; NULL: it is another command. */
static const char *path_of(struct fetch_session *s, const char *word)
{
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		if (strncmp(word, commands[i], strlen(commands[i])) == 0) {
			s->how = (enum how)i;
			return word + strlen(commands[i]);
		}
	return NULL;
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
	} else if (path_of(s, word)) {
		open_file(s, env, path_of(s, word), next);
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
	} else if (got->op == IO_OPEN) {
		send_file(s->how, env, got->file, got->file->cut_short ? "%lld cut short\n" : "%lld\n", next);
	} else if (got->op == IO_SENDFILE && s->how != BY_BODY) { /* or an idle receive lets it go */
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
	.dials = true,
	.start = fetch_start,
	.resume = fetch_resume,
};
