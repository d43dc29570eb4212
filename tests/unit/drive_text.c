/* drive_text.c - requests in words, and the record of steps that a failure prints; see drive.h.
 *
 * SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/log.h"
#include "tests/unit/check.h"
#include "tests/unit/drive_own.h"

enum { STEPS_SIZE = 1 << 16, LINE = 160, SHORT_LINE = 60 };

/* ---- the record of steps ---- */

/* Keeps the newest: the older half is forgotten when there is no more room. */
void drive_note(struct drive *d, const char *format, ...)
{
	if (!d->steps)
		d->steps = calloc(1, STEPS_SIZE);
	if (d->steps_len > STEPS_SIZE - 2 * DRIVE_TEXT) {
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
	for (const char *end; from && *from; from = end) {
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

void drive_violated(struct drive *d, const char *rule)
{
	d->broken = d->done = true;
	d->wrong = rule;
	if (!d->quiet)
		drive_failed(d, "the contract is violated: %s", rule);
}

/* ---- requests ---- */

/* `b'head'`, `b'head' + b'body'`, `b'body'` */
static void describe_bytes(char *out, size_t size, const struct io_req *req)
{
	char head[LINE] = "", body[SHORT_LINE] = "";
	if (req->len || !req->body_len)
		log_bytes(head, sizeof head, req->buf, req->len);
	if (req->body_len)
		log_bytes(body, sizeof body, req->body, req->body_len);
	snprintf(out, size, "%s%s%s", head, *head && *body ? " + " : "", body);
}

static const char *describe_op(char *out, size_t size, const struct io_req *req)
{
	char bytes[LINE + SHORT_LINE + 4];
	const char *end = req->end == IO_ORIGIN ? "origin " : "";
	switch (req->op) {
	case IO_RECV:
		snprintf(out, size, "%srecv%s", end, req->idle ? " idle" : "");
		break;
	case IO_SEND:
		describe_bytes(bytes, sizeof bytes, req);
		snprintf(out, size, "%ssend %s", end, bytes);
		break;
	case IO_SENDFILE:
		describe_bytes(bytes, sizeof bytes, req);
		snprintf(out, size, "sendfile %s %lld+%zu%s", bytes, (long long)req->offset, req->file_len,
			 req->copy ? " copy" : "");
		break;
	case IO_SLEEP:
		snprintf(out, size, "sleep %d%s", req->timeout_ms, req->in_place ? " in place" : "");
		break;
	case IO_CONNECT:
		snprintf(out, size, "connect %s", req->where);
		break;
	case IO_OPEN:
		snprintf(out, size, "open %s%s", req->where, req->list ? " list" : "");
		break;
	case IO_CLOSE:
		return req->end == IO_ORIGIN ? "close origin" : "close file";
	case IO_DONE:
		return req->linger ? "done linger" : "done";
	}
	return out;
}

char *drive_describe(char *out, size_t size, const struct io_req *req)
{
	char op[DRIVE_TEXT], used[32] = "", answers[32] = "";
	if (req->used)
		snprintf(used, sizeof used, " used %zu", req->used);
	if (req->answers)
		snprintf(answers, sizeof answers, " answers %u", req->answers);
	snprintf(out, size, "%.250s%s%s", describe_op(op, sizeof op, req), used, answers);
	return out;
}

/* ---- bytes ---- */

void drive_gather(struct drive_bytes *b, const void *data, size_t len)
{
	if (b->cap - b->len <= len) {
		b->cap = 2 * b->cap + len + 1;
		b->data = realloc(b->data, b->cap);
	}
	if (len)
		memcpy(b->data + b->len, data, len);
	b->len += len;
	b->data[b->len] = '\0';
}
