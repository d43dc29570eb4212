/* drive.c - one session, driven by hand; see drive.h.
 *
 *     drive_start --> request --> check it --> result, by the test or drive_perform --> resume --> request ...
 *
 * SPDX-License-Identifier: MIT */
#include "tests/unit/drive.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/log.h"
#include "tests/unit/check.h"

enum { STEPS_SIZE = 1 << 16, LINE = 160, RESUMES_PER_BYTE = 4, RESUMES_AT_LEAST = 64, POISON = 0x5a };

/* ---- the record of steps ---- */

static void note_step(struct drive *d, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Keeps the newest: the older half is forgotten when there is no more room. */
static void note_step(struct drive *d, const char *format, ...)
{
	if (d->steps_len > STEPS_SIZE - DRIVE_TEXT - LINE) {
		memmove(d->steps, d->steps + STEPS_SIZE / 2, d->steps_len - STEPS_SIZE / 2 + 1);
		d->steps_len -= STEPS_SIZE / 2;
	}
	va_list args;
	va_start(args, format);
	d->steps_len += (size_t)vsnprintf(d->steps + d->steps_len, STEPS_SIZE - d->steps_len, format, args);
	va_end(args);
}

static void print_steps(const struct drive *d)
{
	enum { LAST = 12 };
	const char *from = d->steps + d->steps_len;
	for (int lines = 0; from > d->steps; from--)
		if (from[-1] == '\n' && lines++ == LAST)
			break;
	printf("# the last steps:\n");
	for (const char *end; *from; from = end) {
		end = strchrnul(from, '\n');
		end += *end == '\n';
		printf("#   %.*s\n", (int)strcspn(from, "\n"), from);
	}
}

void drive_failed(struct drive *d, const char *format, ...)
{
	char text[DRIVE_TEXT + 2 * LINE];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	check_failed(d->service->name, (int)d->resumes, text);
	print_steps(d);
}

static void violated(struct drive *d, const char *rule)
{
	d->broken = d->done = true;
	drive_failed(d, "the contract is violated: %s", rule);
}

static const char *describe_op(char *out, size_t size, const struct io_req *req)
{
	char bytes[LINE];
	switch (req->op) {
	case IO_RECV:
		return req->idle ? "recv idle" : "recv";
	case IO_SEND:
		snprintf(out, size, "send %s", log_bytes(bytes, sizeof bytes, req->buf, req->len));
		return out;
	case IO_SLEEP:
		snprintf(out, size, "sleep %d%s", req->timeout_ms, req->in_place ? " in place" : "");
		return out;
	case IO_DONE:
		return req->linger ? "done linger" : "done";
	default:
		return "another operation";
	}
}

char *drive_describe(char *out, size_t size, const struct io_req *req)
{
	char op[DRIVE_TEXT], used[32] = "", answers[32] = "";
	if (req->used)
		snprintf(used, sizeof used, " used %zu", req->used);
	if (req->answers)
		snprintf(answers, sizeof answers, " answers %u", req->answers);
	snprintf(out, size, "%.180s%s%s", describe_op(op, sizeof op, req), used, answers);
	return out;
}

/* ---- what a service may ask for ---- */

static bool inside(const void *p, size_t len, const char *area, size_t area_len)
{
	uintptr_t from = (uintptr_t)p, start = (uintptr_t)area;
	return from >= start && from + len <= start + area_len;
}

static const char *wrong_send(const struct drive *d)
{
	const struct io_req *r = &d->req;
	bool in_scratch = inside(r->buf, r->len, d->scratch, d->env.scratch_len);
	bool in_offered = inside(r->buf, r->len, d->lent, d->n_lent);
	if (r->len + r->body_len == 0)
		return "a send of nothing";
	if ((r->len && !r->buf) || (r->body_len && !r->body))
		return "a send from NULL";
	if (r->len && !r->stable && !in_scratch && !in_offered)
		return "an unstable buf is neither scratch nor offered bytes";
	if (r->len && r->stable && (in_scratch || in_offered))
		return "a stable buf is scratch or offered bytes";
	if (inside(r->body, r->body_len, d->scratch, d->env.scratch_len))
		return "a body in the scratch";
	return r->idle || r->linger || r->in_place ? "a flag that a send does not have" : NULL;
}

/* Whoever waits for the client must not wait longer than --idle-timeout, and for ever only without one. */
static bool wrong_timeout(const struct drive *d)
{
	int limit = d->env.idle_timeout_ms, asked = d->req.timeout_ms;
	return limit < 0 ? asked != -1 : asked <= 0 || asked > limit;
}

static const char *wrong_request(const struct drive *d)
{
	const struct io_req *r = &d->req;
	if (r->used > d->n_offered)
		return "more bytes are taken than were offered";
	if (r->end != IO_CLIENT)
		return "an end that this session does not have";
	if (r->op != IO_SEND && (r->buf || r->len || r->body || r->body_len || r->answers || r->stable))
		return "bytes to send in what is no send";
	switch (r->op) {
	case IO_RECV:
		if (r->linger || r->in_place)
			return "a flag that a receive does not have";
		return wrong_timeout(d) ? "a receive without the right time-out" : NULL;
	case IO_SEND:
		return wrong_timeout(d) ? "a send without the right time-out" : wrong_send(d);
	case IO_SLEEP:
		return r->timeout_ms < 0 ? "a sleep without end" : NULL;
	case IO_DONE:
		return r->idle || r->in_place ? "a flag that an end does not have" : NULL;
	default:
		return "an operation that this driver does not know";
	}
}

/* ---- steps ---- */

/* What is offered stands somewhere else each time, right before a page that must not be read. */
static void lend(struct drive *d)
{
	if (d->lent)
		memset(d->lent, POISON, d->n_lent);
	memset(d->scratch, POISON, d->env.scratch_len);
	d->lent = guarded(d->offered, d->n_offered);
	d->n_lent = d->n_offered;
}

/* The bytes of a send are taken at once, since the next resume() may overwrite them. */
static void keep_sent(struct drive *d)
{
	const struct io_req *r = &d->req;
	size_t all = r->len + r->body_len;
	if (d->sent_cap - d->n_sent < all) {
		d->sent_cap = 2 * d->sent_cap + all;
		d->sent = realloc(d->sent, d->sent_cap);
	}
	if (r->len)
		memcpy(d->sent + d->n_sent, r->buf, r->len);
	if (r->body_len)
		memcpy(d->sent + d->n_sent + r->len, r->body, r->body_len);
	d->n_sent += all;
	d->answers += r->answers;
	d->sends++;
}

/* The request that start() or resume() gave. */
static void accept_request(struct drive *d)
{
	char text[DRIVE_TEXT];
	const char *wrong = wrong_request(d);
	note_step(d, " -> %s\n", wrong ? "?" : drive_describe(text, sizeof text, &d->req));
	if (wrong) {
		violated(d, wrong);
		return;
	}
	if (d->req.op == IO_SEND)
		keep_sent(d);
	d->sleeps += d->req.op == IO_SLEEP;
	d->done = d->req.op == IO_DONE;
	d->lingered = d->done && d->req.linger;
	d->n_offered -= d->req.used;
	memmove(d->offered, d->offered + d->req.used, d->n_offered);
}

static void resume(struct drive *d, ssize_t n)
{
	if (d->done || d->resumes_left-- == 0) {
		violated(d, d->done ? "resume() after the end (the test's mistake)"
				    : "busy, without any progress");
		return;
	}
	struct io_result got = { .op = d->req.op, .n = n, .len = d->n_offered };
	lend(d);
	got.data = d->lent;
	d->req = (struct io_req){ .timeout_ms = -1 };
	d->resumes++;
	d->service->resume(d->state, &d->env, &got, &d->req);
	accept_request(d);
}

/* It took nothing of a full message's worth and wants more: it would for ever. */
static bool wants_too_much(const struct drive *d)
{
	return !d->done && d->req.op == IO_RECV && !d->req.used && d->n_offered >= d->service->max_message;
}

static void resume_within_limits(struct drive *d, ssize_t n)
{
	resume(d, n);
	if (!wants_too_much(d))
		return;
	note_step(d, "-EMSGSIZE, %zu on offer", d->n_offered);
	resume(d, -EMSGSIZE);
	if (wants_too_much(d))
		violated(d, "it asks for more after -EMSGSIZE");
}

void drive_receive(struct drive *d, const char *data, size_t len)
{
	char text[LINE];
	if (d->req.op != IO_RECV || d->n_offered + len > d->offered_cap) {
		violated(d, d->req.op != IO_RECV ? "bytes for what does not receive (the test's mistake)"
						 : "more is kept than max_message and one receive");
		return;
	}
	memcpy(d->offered + d->n_offered, data, len);
	d->n_offered += len;
	d->resumes_left += len * RESUMES_PER_BYTE;
	note_step(d, "receive %zu %s, %zu on offer", len, log_bytes(text, 80, data, len), d->n_offered);
	resume_within_limits(d, (ssize_t)len);
}

void drive_result(struct drive *d, int n)
{
	size_t sent = d->req.len + d->req.body_len;
	if (n == 0 && d->req.op == IO_SLEEP)
		d->env.now_ms += d->req.timeout_ms;
	if (n == -ETIMEDOUT) {
		if (d->req.timeout_ms < 0) {
			violated(d, "a time-out where there is none (the test's mistake)");
			return;
		}
		d->env.now_ms += d->req.timeout_ms;
	}
	note_step(d, "%s, %zu on offer",
		  n			 ? strerrorname_np(-n)
		  : d->req.op == IO_RECV ? "end of file"
					 : "done",
		  d->n_offered);
	resume_within_limits(d, n == 0 && d->req.op == IO_SEND ? (ssize_t)sent : n);
}

void drive_perform(struct drive *d)
{
	while (!d->done && d->req.op != IO_RECV)
		drive_result(d, 0);
}

/* ---- begin and end ---- */

void drive_open(struct drive *d, const struct service *service, const void *config)
{
	*d = (struct drive){ .service = service, .resumes_left = RESUMES_AT_LEAST };
	d->offered_cap = service->max_message + DRIVE_RECEIVE;
	d->offered = malloc(d->offered_cap);
	d->scratch = malloc(DRIVE_SCRATCH);
	d->sent = malloc(1); /* never NULL */
	d->steps = calloc(1, STEPS_SIZE);
	d->state = calloc(1, service->session_size + 1);
	d->peer = (struct peer){ .addr = { 127, 0, 0, 1 }, .port = 40338, .family = 4 };
	d->env = (struct io_env){
		.config = config ? config : service->defaults,
		.shared = calloc(1, service->shared_size + 1),
		.scratch = d->scratch,
		.scratch_len = DRIVE_SCRATCH,
		.peer = &d->peer,
		.now_ms = 1000000,
		.wall_s = 784111777,
		.idle_timeout_ms = DRIVE_IDLE_MS,
	};
	if (!d->env.config)
		d->env.config = d->zeroed_config = calloc(1, service->config_size + 1);
}

void drive_start(struct drive *d)
{
	note_step(d, "start");
	lend(d);
	d->req = (struct io_req){ .timeout_ms = -1 };
	d->service->start(d->state, &d->env, &d->req);
	accept_request(d);
}

void drive_close(struct drive *d)
{
	if (d->service->end)
		d->service->end(d->state, &d->env);
	free(d->offered);
	free(d->scratch);
	free(d->steps);
	free(d->state);
	free(d->sent);
	free(d->env.shared);
	free(d->zeroed_config);
}
