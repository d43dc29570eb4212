/* drive_rules.c - what the contract has against a request; see drive.h and core/io.h.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>

#include "tests/unit/drive_own.h"

enum { WHERE_MAX = 16 << 10, BEHIND = 0xa5 };

/* ---- memory ---- */

static bool inside(const void *p, size_t len, const void *area, size_t area_len)
{
	uintptr_t from = (uintptr_t)p, start = (uintptr_t)area;
	return from >= start && from + len <= start + area_len;
}

static bool begins_in(const void *p, const void *area, size_t area_len)
{
	return area && inside(p, 1, area, area_len);
}

static bool in_a_closed_file(const struct drive *d, const void *p)
{
	for (const struct drive_lent_file *f = d->dead_files; f; f = f->older)
		if (begins_in(p, f->body, f->len))
			return true;
	return false;
}

/* Bytes that must be there until the send is over. */
static const char *wrong_stable(const struct drive *d, const void *p, size_t len)
{
	const struct drive_lent_file *f = d->file;
	if (begins_in(p, d->scratch, d->env.scratch_len) || begins_in(p, d->lent, d->n_lent))
		return "stable bytes are scratch or offered bytes";
	if (in_a_closed_file(d, p))
		return "bytes of a file that is not the session's any more";
	if (f && begins_in(p, f->body, f->len) && !inside(p, len, f->body, f->len))
		return "more bytes than the file has";
	return NULL;
}

static const char *wrong_bytes(const struct drive *d)
{
	const struct io_req *r = &d->req;
	if ((r->len && !r->buf) || (r->body_len && !r->body))
		return "a send from NULL";
	if (r->len && !r->stable && !inside(r->buf, r->len, d->scratch, d->env.scratch_len) &&
	    !inside(r->buf, r->len, d->lent, d->n_lent))
		return "an unstable buf is neither scratch nor offered bytes";
	const char *wrong = r->len && r->stable ? wrong_stable(d, r->buf, r->len) : NULL;
	return wrong || !r->body_len ? wrong : wrong_stable(d, r->body, r->body_len);
}

/* The text ends, and does so within the memory that it begins in. */
static bool is_text(const struct drive *d, const char *where)
{
	size_t room = WHERE_MAX;
	if (begins_in(where, d->scratch, d->env.scratch_len))
		room = (size_t)(d->scratch + d->env.scratch_len - where);
	else if (begins_in(where, d->lent, d->n_lent))
		room = (size_t)(d->lent + d->n_lent - where);
	else if (begins_in(where, d->state, d->service->session_size))
		room = (size_t)(d->state + d->service->session_size - where);
	return strnlen(where, room) < room;
}

void drive_mark_behind(char *area, size_t len)
{
	memset(area + len, BEHIND, DRIVE_BEHIND);
}

static bool is_marked(const char *behind)
{
	for (int i = 0; i < DRIVE_BEHIND; i++)
		if ((unsigned char)behind[i] != BEHIND)
			return false;
	return true;
}

const char *drive_wrong_writes(const struct drive *d)
{
	if (!is_marked(d->scratch + d->env.scratch_len))
		return "it wrote behind the scratch buffer";
	if (!is_marked(d->state + d->service->session_size))
		return "it wrote behind the session's state";
	if (!d->shares && !is_marked((char *)d->env.shared + d->service->shared_size))
		return "it wrote behind the shared memory";
	return NULL;
}

/* ---- time-outs ---- */

/* Whoever waits for the client must not wait longer than it was told, and for ever only if it was told so. */
static bool wrong_timeout(const struct drive *d)
{
	int limit = d->wait_max_ms ? d->wait_max_ms : d->env.idle_timeout_ms, asked = d->req.timeout_ms;
	if (d->req.end == IO_ORIGIN || d->wait_max_ms < 0)
		return asked == 0 || asked < -1;
	return limit < 0 ? asked != -1 : asked <= 0 || asked > limit;
}

/* ---- requests ---- */

/* What a request must not say, since it means nothing there. */
static const char *wrong_fields(const struct io_req *r)
{
	bool sends = r->op == IO_SEND || r->op == IO_SENDFILE, names = r->op == IO_CONNECT || r->op == IO_OPEN;
	bool to_origin = r->end == IO_ORIGIN;
	if (!sends && (r->buf || r->len || r->body_len || r->stable || (!names && r->body)))
		return "bytes to send in what is no send";
	if (r->answers && (!sends || to_origin))
		return "answers in what is no send to the client";
	if ((r->offset || r->file_len || r->copy) && r->op != IO_SENDFILE)
		return "a part of a file in what is no sendfile";
	if (r->idle && (r->op != IO_RECV || to_origin))
		return "idle, but not waiting for the client";
	if ((r->linger && r->op != IO_DONE) || (r->in_place && r->op != IO_SLEEP))
		return "a flag of another operation";
	if (r->list && r->op != IO_OPEN)
		return "a flag of another operation";
	return NULL;
}

/* Does the session have the end that it speaks of? */
static bool wrong_end(const struct drive *d)
{
	const struct io_req *r = &d->req;
	switch (r->op) {
	case IO_RECV:
	case IO_SEND:
		return r->end == IO_ORIGIN ? !d->origin.open : r->end != IO_CLIENT || !d->client.open;
	case IO_SENDFILE:
		return r->end != IO_CLIENT || !d->client.open;
	case IO_CONNECT:
		return r->end != IO_ORIGIN;
	case IO_OPEN:
		return r->end == IO_ORIGIN;
	case IO_CLOSE:
		return r->end == IO_CLIENT;
	case IO_SLEEP:
	case IO_DONE:
		break;
	}
	return r->end != IO_CLIENT || (r->linger && !d->client.open);
}

static const char *wrong_where(const struct drive *d)
{
	const char *where = d->req.where;
	if (!where || !is_text(d, where) || !*where)
		return "a name that is none, or does not end";
	if (d->req.op == IO_OPEN)
		return d->service->root ? NULL : "an open without a root";
	if (d->origin.open)
		return "a connect while there is an origin";
	const char *colon = strrchr(where, ':');
	return colon && colon > where && colon[1] ? NULL : "a connect to what is not host:port";
}

static const char *wrong_sendfile(const struct drive *d)
{
	const struct io_req *r = &d->req;
	const struct io_file *f = d->file ? &d->file->file : NULL;
	if (!f || f->directory)
		return "a sendfile without a file";
	if (f->body)
		return "a sendfile of a file whose body is lent";
	if (r->offset < 0 || r->file_len > (size_t)f->size || r->offset > f->size - (off_t)r->file_len)
		return "a part of a file that the file does not have";
	return NULL;
}

static const char *wrong_send(const struct drive *d)
{
	const struct io_req *r = &d->req;
	if (r->len + r->body_len + r->file_len == 0) /* to the origin it means: show me again what is left */
		return r->end == IO_ORIGIN && d->origin.kept.len ? NULL : "a send of nothing";
	const char *wrong = wrong_bytes(d);
	return wrong || r->op == IO_SEND ? wrong : wrong_sendfile(d);
}

const char *drive_wrong_request(const struct drive *d)
{
	const struct io_req *r = &d->req;
	if ((unsigned)r->op > IO_DONE)
		return "an operation that there is not";
	if (r->used > d->offering->kept.len)
		return "more bytes are taken than were offered";
	if (wrong_end(d))
		return "an end that this session does not have";
	const char *wrong = wrong_fields(r);
	if (wrong)
		return wrong;
	switch (r->op) {
	case IO_RECV:
		return wrong_timeout(d) ? "a receive without the right time-out" : NULL;
	case IO_SEND:
	case IO_SENDFILE:
		return wrong_timeout(d) ? "a send without the right time-out" : wrong_send(d);
	case IO_CONNECT:
	case IO_OPEN:
		return wrong_where(d);
	case IO_SLEEP:
		return r->timeout_ms < 0 ? "a sleep without end" : NULL;
	case IO_CLOSE:
	case IO_DONE:
		break;
	}
	return NULL;
}
