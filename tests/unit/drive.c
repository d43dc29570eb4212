/* drive.c - one session, driven by hand; see drive.h.
 *
 *     drive_start --> request --> check it --> result, by the test or drive_perform --> resume --> request ...
 *
 * SPDX-License-Identifier: MIT */
#include "tests/unit/drive.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/log.h"
#include "tests/unit/drive_own.h"

enum { RESUMES_PER_BYTE = 4, RESUMES_AT_LEAST = 64, RESUMES_A_WAIT = 16, POISON = 0x5a, SHARED_ALIGNED = 64 };

/* ---- the request that start() or resume() gave ---- */

static void gather_both(const struct io_req *r, struct drive_bytes *to)
{
	drive_gather(to, r->buf, r->len);
	drive_gather(to, r->body, r->body_len);
}

/* The bytes of a send are taken at once, since the next resume() may overwrite them. */
static void keep_sent(struct drive *d)
{
	const struct io_req *r = &d->req;
	if (r->end == IO_ORIGIN) {
		gather_both(r, &d->origin_sent);
		return;
	}
	gather_both(r, &d->taken);
	if (r->file_len) {
		char *bytes = malloc(r->file_len);
		drive_file_bytes(bytes, r->offset, r->file_len);
		drive_gather(&d->taken, bytes, r->file_len);
		free(bytes);
	}
	d->sent = d->taken.data;
	d->n_sent = d->taken.len;
	d->answers += r->answers;
	d->sends++;
}

static void take(struct drive_bytes *kept, size_t used)
{
	kept->len -= used;
	memmove(kept->data, kept->data + used, kept->len);
}

static void accept_request(struct drive *d)
{
	char text[DRIVE_TEXT];
	if (d->broken)
		return; /* in a call that it made */
	const char *wrong = drive_wrong_writes(d);
	wrong = wrong ? wrong : drive_wrong_request(d);
	drive_note(d, " -> %s\n", wrong ? "?" : drive_describe(text, sizeof text, &d->req));
	if (wrong) {
		drive_violated(d, wrong);
		return;
	}
	if (d->req.op == IO_SEND || d->req.op == IO_SENDFILE)
		keep_sent(d);
	d->sleeps += d->req.op == IO_SLEEP;
	d->done = d->req.op == IO_DONE;
	d->lingered = d->done && d->req.linger;
	take(&d->offering->kept, d->req.used);
}

/* ---- its result ---- */

static bool talks(const struct io_req *r)
{
	return r->op == IO_RECV || r->op == IO_SEND || r->op == IO_SENDFILE;
}

static struct drive_end *end_of(struct drive *d, const struct io_req *r)
{
	return talks(r) && r->end == IO_ORIGIN ? &d->origin : &d->client;
}

static void wipe_scratch(struct drive *d)
{
	memset(d->scratch, POISON, d->env.scratch_len);
	drive_mark_behind(d->scratch, d->env.scratch_len);
}

static void resume(struct drive *d, ssize_t n)
{
	if (d->done || d->resumes_left-- == 0) {
		drive_violated(d, d->done ? "resume() after the end (the test's mistake)"
					  : "busy, without any progress");
		return;
	}
	d->offering = end_of(d, &d->req);
	drive_lend(d);
	wipe_scratch(d);
	struct io_result got = { .op = d->req.op, .n = n, .data = d->lent, .len = d->n_lent };
	if (d->req.op == IO_OPEN && n == 0)
		got.file = &d->file->file;
	d->req = (struct io_req){ .timeout_ms = -1 };
	d->resumes++;
	d->service->resume(d->state, &d->env, &got, &d->req);
	accept_request(d);
}

/* It took nothing of a full message's worth and wants more of that end: it would for ever. */
static bool wants_too_much(struct drive *d)
{
	const struct drive_end *end = end_of(d, &d->req);
	bool took_some = d->req.used && d->offering == end;
	return !d->done && d->req.op == IO_RECV && !took_some && end->kept.len >= d->service->max_message;
}

static void resume_within_limits(struct drive *d, ssize_t n)
{
	resume(d, n);
	if (!wants_too_much(d))
		return;
	drive_note(d, "-EMSGSIZE, %zu on offer", end_of(d, &d->req)->kept.len);
	resume(d, -EMSGSIZE);
	if (wants_too_much(d))
		drive_violated(d, "it asks for more after -EMSGSIZE");
}

void drive_receive(struct drive *d, const char *data, size_t len)
{
	char text[80];
	struct drive_bytes *kept = &end_of(d, &d->req)->kept;
	if (d->req.op != IO_RECV || kept->len + len > d->service->max_message + DRIVE_RECEIVE) {
		drive_violated(d, d->req.op != IO_RECV ? "bytes for what does not receive (the test's mistake)"
						       : "more is kept than max_message and one receive");
		return;
	}
	drive_gather(kept, data, len);
	d->resumes_left += len * RESUMES_PER_BYTE;
	drive_note(d, "%sreceive %zu %s, %zu on offer", d->req.end == IO_ORIGIN ? "origin: " : "", len,
		   log_bytes(text, sizeof text, data, len), kept->len);
	resume_within_limits(d, (ssize_t)len);
}

/* After a failure of the client's end there is no one to talk to. */
static bool client_is_dead(const struct drive *d, int n)
{
	const struct io_req *r = &d->req;
	return n < 0 && talks(r) && r->end == IO_CLIENT && !(r->op == IO_RECV && n == -ETIMEDOUT);
}

static void pass_time(struct drive *d)
{
	d->env.now_ms += d->req.timeout_ms;
	d->resumes_left += d->req.timeout_ms ? RESUMES_A_WAIT : 0;
}

/* What the result means for the ends that the session has. */
static void change_ends(struct drive *d, int n)
{
	struct drive_end *origin = &d->origin;
	if (d->req.op == IO_CLOSE && d->req.end == IO_FILE)
		drive_drop_file(d);
	if (d->req.op == IO_CONNECT || (d->req.op == IO_CLOSE && d->req.end == IO_ORIGIN)) {
		origin->open = d->req.op == IO_CONNECT && n == 0;
		origin->kept.len = 0;
	}
	if (d->req.op == IO_CONNECT) {
		d->connects++;
		d->resumes_left += RESUMES_A_WAIT;
	}
}

/* Of IO_OPEN the table says it, unless the test says that it fails. */
static int open_file(struct drive *d, int n)
{
	if (n == 0)
		return drive_take_file(d, d->req.where, d->req.list, false);
	drive_drop_file(d);
	return n;
}

static const char *result_text(const struct drive *d, int n)
{
	if (n)
		return strerrorname_np(-n);
	return d->req.op == IO_RECV ? "end of file" : "done";
}

void drive_result(struct drive *d, int n)
{
	if (n == -ETIMEDOUT && d->req.timeout_ms < 0) {
		drive_violated(d, "a time-out where there is none (the test's mistake)");
		return;
	}
	if (n == -ETIMEDOUT || (n == 0 && d->req.op == IO_SLEEP))
		pass_time(d);
	if (d->req.op == IO_OPEN)
		n = open_file(d, n);
	change_ends(d, n);
	drive_note(d, "%s, %zu on offer", result_text(d, n), end_of(d, &d->req)->kept.len);
	if (client_is_dead(d, n)) {
		drive_note(d, " -> dead\n");
		d->dead = d->done = true;
		return;
	}
	bool sent = n == 0 && d->req.op != IO_RECV && talks(&d->req);
	resume_within_limits(d, sent ? (ssize_t)(d->req.len + d->req.body_len + d->req.file_len) : n);
}

/* ---- begin and end ---- */

static void *marked(size_t len)
{
	size_t size = (len + DRIVE_BEHIND + SHARED_ALIGNED - 1) / SHARED_ALIGNED * SHARED_ALIGNED;
	char *area = aligned_alloc(SHARED_ALIGNED, size);
	memset(area, 0, size);
	drive_mark_behind(area, len);
	return area;
}

/* All but what differs between a client's session and one beside. */
static void open_common(struct drive *d, const struct service *service)
{
	*d = (struct drive){ .service = service, .resumes_left = RESUMES_AT_LEAST, .offering = &d->client };
	d->scratch = marked(DRIVE_SCRATCH);
	d->state = marked(service->session_size);
	drive_gather(&d->client.kept, NULL, 0); /* so none of them is ever NULL */
	drive_gather(&d->origin.kept, NULL, 0);
	drive_gather(&d->taken, NULL, 0);
	drive_gather(&d->origin_sent, NULL, 0);
	drive_gather(&d->log, NULL, 0);
	d->sent = d->taken.data;
	d->env = (struct io_env){
		.scratch = d->scratch,
		.scratch_len = DRIVE_SCRATCH,
		.peer = &d->peer,
		.self = &d->self,
		.now_ms = 1000000,
		.wall_s = 784111777,
		.idle_timeout_ms = DRIVE_IDLE_MS,
		.access = drive_take_log,
	};
}

void drive_open(struct drive *d, const struct service *service, const void *config)
{
	open_common(d, service);
	d->client.open = true;
	d->peer = (struct peer){ .addr = { 127, 0, 0, 1 }, .port = 40338, .family = 4 };
	d->self = (struct peer){ .addr = { 127, 0, 0, 1 }, .port = service->port, .family = 4 };
	d->env.shared = marked(service->shared_size);
	d->env.config = config ? config : service->defaults;
	if (!d->env.config)
		d->env.config = d->zeroed_config = marked(service->config_size);
}

void drive_open_beside(struct drive *d, const struct drive *main, unsigned number)
{
	open_common(d, main->service->beside);
	d->self = main->self;
	d->env.number = number;
	d->env.config = main->env.config;
	d->env.shared = main->env.shared;
	d->env.now_ms = main->env.now_ms;
	d->env.wall_s = main->env.wall_s;
	d->shares = true;
}

void drive_start(struct drive *d)
{
	drive_note(d, "start");
	drive_lend(d);
	wipe_scratch(d);
	d->req = (struct io_req){ .timeout_ms = -1 };
	d->started = true;
	d->service->start(d->state, &d->env, &d->req);
	accept_request(d);
}

void drive_close(struct drive *d)
{
	if (d->service->end && d->started)
		d->service->end(d->state, &d->env);
	drive_free_files(d);
	drive_free_areas(d);
	free(d->client.kept.data);
	free(d->origin.kept.data);
	free(d->taken.data);
	free(d->origin_sent.data);
	free(d->log.data);
	free(d->scratch);
	free(d->steps);
	free(d->state);
	free(d->zeroed_config);
	if (!d->shares)
		free(d->env.shared);
}
