/* session.c - the driver's side of a session; see session.h. The same for every driver.
 *
 * Where a session's bytes are:
 *
 *     kernel --recv--> window of the thread --resume()--> taken
 *                        |          ^
 *              unmount() |          | mount()         A turn is what a session does while it runs. Between two
 *                        v          |                 turns nothing of it is in the window, and an idle session
 *                       end->tail (malloc)            has no tail either: it costs its slot and no buffer.
 *
 *     answer (scratch, offered bytes, static text) --send--> kernel
 *                        | what the socket did not take
 *                        v
 *                     parked->copy (malloc)
 *
 * recv(2), send(2), sendmsg(2), shutdown(2), close(2). RFC 9293 section 3.10.7.4 and RFC 1122 section 4.2.2.13 are
 * why we linger: closing with unread bytes sends a reset, and a reset may overtake the last answer.
 *
 * SPDX-License-Identifier: MIT */
#include "session.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "error.h"
#include "files.h"
#include "log.h"
#include "net.h"
#include "server.h"
#include "session_file.h"
#include "sys.h"
#include "trace.h"

enum { LINGER_RECEIVES = 64 };

struct bytes {
	size_t len;
	char   data[];
};

/* A send that the socket did not take whole. Unstable bytes are copied behind it. */
struct parked {
	const void *buf, *body;
	size_t      len, body_len, file_len, done, before;
	off_t       offset;
	unsigned    answers;
	char        copy[];
};

static void job_begin(struct job *job)
{
	job->req = (struct io_req){ .timeout_ms = -1 };
	job->done = job->before = 0;
	job->until_ns = 0;
}

struct reach *session_reach(struct session *s)
{
	if (!s->reach) {
		s->reach = calloc(1, sizeof *s->reach);
		if (s->reach)
			s->reach->origin.fd = -1;
	}
	return s->reach;
}

/* ---- the window ---- */

static size_t home_size(const struct worker *w)
{
	return w->service->max_message + RECEIVE_SIZE;
}

static void clear_window(struct worker *w)
{
	w->window.start = w->window.len = 0;
	if (w->window.base == w->home)
		return;
	w->window.base = w->home;
	w->window.cap = home_size(w);
}

/* Keeps what is on offer in the window for its end's next turn. */
static int unmount(struct worker *w)
{
	struct window *in = &w->window;
	struct end *end = w->mounted;
	w->mounted = NULL;
	if (!end)
		return 0;
	end->tail = malloc(sizeof *end->tail + in->len);
	if (!end->tail)
		return -ENOMEM;
	end->tail->len = in->len;
	memcpy(end->tail->data, in->base + in->start, in->len);
	return 0;
}

static void load_tail(struct window *in, struct end *end)
{
	in->len = end->tail->len;
	memcpy(in->base, end->tail->data, in->len);
	free(end->tail);
	end->tail = NULL;
}

static int mount_anew(struct worker *w, struct end *end)
{
	int error = w->window.len ? unmount(w) : 0;
	clear_window(w);
	w->mounted = end;
	if (end && end->tail)
		load_tail(&w->window, end);
	return error;
}

/* Puts the end's untaken bytes into the window, where they mostly are. NULL: an end that is not there offers none. */
static inline int mount(struct worker *w, struct end *end)
{
	return w->mounted == end ? 0 : mount_anew(w, end);
}

/* Whatever stands in it was another session's. */
static void forget_window(struct worker *w)
{
	w->mounted = NULL;
	clear_window(w);
}

/* Bytes that were brought stand where they came, unless others of that end are before them. */
static void mount_brought(struct worker *w, struct end *end)
{
	struct window *in = &w->window;
	const struct lent brought = w->brought;
	w->brought.len = 0;
	mount_anew(w, end);
	if (in->len) {
		memcpy(in->base + in->len, brought.data, brought.len);
		in->len += brought.len;
	} else {
		*in = (struct window){ .base = brought.data, .cap = brought.len, .len = brought.len };
	}
}

/* What was brought moves to where there is room behind it. */
static void bring_home(struct worker *w)
{
	struct window *in = &w->window;
	memcpy(w->home, in->base + in->start, in->len);
	*in = (struct window){ .base = w->home, .cap = home_size(w), .len = in->len };
}

/* Moves the untaken bytes to the front if there is no room for a whole receive behind them. */
static size_t window_room(struct worker *w)
{
	struct window *in = &w->window;
	if (in->base != w->home)
		bring_home(w);
	if (!in->len) {
		in->start = 0;
	} else if (in->start && in->cap - in->start - in->len < RECEIVE_SIZE) {
		memmove(in->base, in->base + in->start, in->len);
		in->start = 0;
	}
	size_t room = in->cap - in->start - in->len;
	return room < RECEIVE_SIZE ? room : RECEIVE_SIZE;
}

static void window_take(struct worker *w, size_t used)
{
	struct window *in = &w->window;
	if (used > in->len)
		die_bug("service %s took %zu of %zu bytes", w->service->name, used, in->len);
	in->start += used;
	in->len -= used;
}

/* ---- attempts ---- */

static void log_received(int fd, const char *data, size_t len)
{
	char text[512];
	log_debug("%d receive %s", fd, log_bytes(text, sizeof text, data, len));
}

static ssize_t try_finish(struct worker *w, struct session *s, struct job *job)
{
	forget_window(w);
	if (!job->req.linger)
		return 0;
	if (!s->client.half_closed) {
		s->client.half_closed = true;
		sys_shutdown(w->counters, s->client.fd, SHUT_WR);
	}
	if (!job->req.timeout_ms)
		return 0;
	for (int i = 0; i < LINGER_RECEIVES; i++) {
		ssize_t n = sys_recv(w->counters, s->client.fd, w->home, RECEIVE_SIZE, w->at_once);
		if (n == -EAGAIN || n == -EINTR)
			return n;
		if (n <= 0)
			return 0;
	}
	return -EINTR; /* a flood: let others have their turn */
}

/* How long a client may take to close, after we did. At a stop others may be waiting behind it, so each takes only a
 * small part of the time that is left, and in the end none: so all of them get their answers. */
static int linger_ms(const struct worker *w)
{
	if (!w->env.stopping)
		return LINGER_MS;
	int64_t share = (server_grace_end_ms(w->server) - w->env.now_ms) / 16;
	return share < LEAST_LINGER_MS ? 0 : share < STOP_LINGER_MS ? (int)share : STOP_LINGER_MS;
}

/* A graceful stop, and the last receive found nothing: the session's request becomes another one. */
static ssize_t end_idle_session(const struct worker *w, struct job *job)
{
	job->req = (struct io_req){ .op = IO_DONE, .linger = true, .timeout_ms = linger_ms(w) };
	return -EINTR;
}

static ssize_t try_recv(struct worker *w, struct session *s, struct job *job)
{
	struct window *in = &w->window;
	struct end *end = session_end_of(s, job->req.end);
	bool last_call = job->req.idle && w->env.stopping;
	if (!end || end->fd < 0)
		return -ENOTCONN;
	int error = mount(w, end);
	if (error)
		return error;
	size_t room = window_room(w);
	char *to = in->base + in->start + in->len;
	ssize_t n = sys_recv(w->counters, end->fd, to, room, last_call ? MSG_DONTWAIT : w->at_once);
	/* A short read means drained: no second call to see EAGAIN (epoll(7)). Unless the event also told of the
	 * end: data and FIN may make one edge only, and the FIN would never be heard of again. */
	if (n == -EAGAIN || (n > 0 && (size_t)n < room && !(end->ready & WATCH_END)))
		end->ready &= (uint8_t)~WATCH_READ;
	if (n == -EAGAIN && last_call)
		return end_idle_session(w, job);
	if (n > 0) {
		in->len += (size_t)n;
		if (log_debugging())
			log_received(end->fd, to, (size_t)n);
	}
	return n;
}

/* What is left of a piece of which so many bytes have gone. */
static struct iovec rest(const void *piece, size_t len, size_t done)
{
	return (struct iovec){ (char *)piece + done, len - done };
}

/* Sends what is left of head and body. 0 when all of it is gone. */
static ssize_t send_memory(struct worker *w, struct end *end, struct job *job, int flags)
{
	const struct io_req *req = &job->req;
	const struct iovec nothing = { 0 };
	while (job->done < req->len + req->body_len) {
		struct iovec body = rest(req->body, req->body_len, job->done > req->len ? job->done - req->len : 0);
		ssize_t n = job->done < req->len
				    ? sys_send(w->counters, end->fd, rest(req->buf, req->len, job->done), body, flags)
				    : sys_send(w->counters, end->fd, body, nothing, flags);
		if (n < 0)
			return n;
		job->done += (size_t)n;
	}
	return 0;
}

static ssize_t count_sent(struct worker *w, unsigned answers, size_t n)
{
	count_add(w->counters, COUNT_ANSWERS, answers);
	return (ssize_t)n;
}

static ssize_t try_send(struct worker *w, struct session *s, struct job *job)
{
	struct end *end = session_end_of(s, job->req.end);
	if (!end || end->fd < 0)
		return -ENOTCONN;
	if (job->req.op == IO_SENDFILE)
		session_file_as_body(s, &job->req);
	ssize_t error = send_memory(w, end, job, w->at_once | (job->req.file_len ? MSG_MORE : 0));
	if (!error && job->req.op == IO_SENDFILE)
		error = session_send_file(w, s, end, job);
	if (error == -EAGAIN)
		end->ready &= (uint8_t)~WATCH_WRITE;
	if (error)
		return error;
	return count_sent(w, job->req.answers, job->before + job->done);
}

static ssize_t try_connect(struct worker *w, struct session *s, struct job *job)
{
	struct reach *reach = session_reach(s);
	if (!reach)
		return -ENOMEM;
	job->req.end = IO_ORIGIN;
	if (!reach->dial.begun)
		end_close(w, &reach->origin);
	return dial_step(w, &reach->dial, &reach->origin, s, job->req.where);
}

/* However it ended, in time or not. */
static void end_connect(struct worker *w, struct reach *reach, ssize_t n)
{
	if (!reach)
		return; /* there was no memory for it */
	dial_close(w, &reach->dial);
	if (n < 0)
		end_close(w, &reach->origin);
}

static ssize_t try_close(struct worker *w, struct session *s, const struct job *job)
{
	if (job->req.end == IO_FILE)
		session_close_file(w, s);
	else if (s->reach && job->req.end == IO_ORIGIN)
		end_close(w, &s->reach->origin);
	return job->req.end == IO_CLIENT ? -EINVAL : 0;
}

static ssize_t try_sleep(struct worker *w, struct job *job)
{
	if (!job->until_ns)
		job->until_ns = clock_ns() + (int64_t)job->req.timeout_ms * 1000000;
	return sys_sleep_until(w->counters, job->until_ns);
}

ssize_t session_try(struct worker *w, struct session *s, struct job *job)
{
	switch (job->req.op) {
	case IO_RECV:
		return try_recv(w, s, job);
	case IO_SEND:
	case IO_SENDFILE:
		return try_send(w, s, job);
	case IO_SLEEP:
		return try_sleep(w, job);
	case IO_CONNECT:
		return try_connect(w, s, job);
	case IO_OPEN:
		return session_open_file(w, s, job);
	case IO_CLOSE:
		return try_close(w, s, job);
	case IO_DONE:
		return try_finish(w, s, job);
	}
	die_bug("service %s asks for %d, which is no request", w->service->name, (int)job->req.op);
}

/* ---- the conversation with the service ---- */

static void accept_request(struct worker *w, struct session *s, struct job *job)
{
	window_take(w, job->req.used);
	if (job->req.op == IO_DONE)
		job->req.timeout_ms = linger_ms(w);
	else if (s->reach && job->req.op == IO_RECV && job->req.idle)
		session_close_file(w, s);
}

void session_begin(struct worker *w, struct session *s, int fd, const struct peer *peer, struct job *job)
{
	s->client.fd = fd;
	s->client.ready = WATCH_READ | WATCH_WRITE;
	s->peer = *peer;
	if (fd >= 0 && log_debugging()) {
		char name[PEER_TEXT];
		log_debug("accept connection from %s, fd = %d", peer_format(name, sizeof name, peer), fd);
	}
	count_add(w->counters, COUNT_SESSIONS, 1);
	forget_window(w);
	w->env.peer = &s->peer;
	w->current = s;
	job_begin(job);
	w->service->start(s->state, &w->env, &job->req);
	accept_request(w, s, job);
}

static bool talks(const struct io_req *req)
{
	return req->op == IO_RECV || req->op == IO_SEND || req->op == IO_SENDFILE;
}

/* After a failure of the client's end there is no one to talk to. A receive that timed out is different: the
 * service may still want to say so. */
static bool client_is_dead(const struct job *job, ssize_t n)
{
	if (!talks(&job->req) || job->req.end != IO_CLIENT)
		return false;
	if (error_kind((int)n) == ERROR_BUG)
		die_bug("a system call for a client failed: %s", strerrordesc_np((int)-n));
	return !(job->req.op == IO_RECV && n == -ETIMEDOUT);
}

__attribute__((cold, noinline))
static void resume_traced(struct worker *w, struct session *s, const struct io_result *got, struct io_req *next)
{
	int64_t began_ns = clock_ns();
	w->service->resume(s->state, &w->env, got, next);
	trace_add(w->counters->trace, TRACE_THINK, -1, (int)next->op, began_ns);
}

static void ask_service(struct worker *w, struct session *s, struct job *job, ssize_t n)
{
	struct io_result got = {
		.op = job->req.op, .n = n,
		.data = w->window.base + w->window.start, .len = w->window.len,
		.file = job->req.op == IO_OPEN && n >= 0 ? file_of(s->reach->file) : NULL,
	};
	job_begin(job);
	w->env.peer = &s->peer;
	w->current = s;
	count_add(w->counters, COUNT_RESUMES, 1);
	if (tracing(w->counters))
		resume_traced(w, s, &got, &job->req);
	else
		w->service->resume(s->state, &w->env, &got, &job->req);
	accept_request(w, s, job);
}

static size_t untaken(const struct worker *w, const struct end *end)
{
	if (w->mounted == end)
		return w->window.len;
	return end && end->tail ? end->tail->len : 0;
}

/* It took nothing of a full message's worth and wants more of that end: it would for ever. */
static bool wants_too_much(const struct worker *w, const struct session *s, const struct job *job)
{
	const struct end *end = session_end_of(s, job->req.end);
	bool took_some = job->req.used && w->mounted == end;
	return !took_some && untaken(w, end) >= w->service->max_message;
}

/* What was kept for a send that is over. */
static void drop_parked(struct session *s)
{
	free(s->parked);
	s->parked = NULL;
}

/* Whose bytes are offered with the result. */
static struct end *offering_end(struct session *s, const struct io_req *req)
{
	return s->reach && talks(req) && req->end == IO_ORIGIN ? &s->reach->origin : &s->client;
}

static bool refuse(struct worker *w, struct session *s, struct job *job)
{
	if (mount(w, session_end_of(s, job->req.end)))
		return false;
	ask_service(w, s, job, -EMSGSIZE);
	if (job->req.op == IO_RECV && wants_too_much(w, s, job)) /* it is an answer that must be acted on */
		die_bug("service %s asks for more after -EMSGSIZE", w->service->name);
	return true;
}

bool session_resume(struct worker *w, struct session *s, struct job *job, ssize_t n)
{
	if (job->req.op == IO_DONE || (n < 0 && client_is_dead(job, n)))
		return false;
	if (job->req.op == IO_CONNECT)
		end_connect(w, s->reach, n);
	if (s->parked)
		drop_parked(s);
	if (mount(w, offering_end(s, &job->req)))
		return false;
	ask_service(w, s, job, n);
	if (job->req.op != IO_RECV || !wants_too_much(w, s, job))
		return true;
	return refuse(w, s, job);
}

/* ---- between two turns ---- */

/* Unstable memory is copied, and only the rest of it: from there on `done` counts anew. */
static int park_send(struct session *s, const struct job *job)
{
	if (s->parked) { /* it was parked before, and sent some of it since */
		s->parked->done = job->done;
		return 0;
	}
	const struct io_req *req = &job->req;
	size_t sent = job->done < req->len ? job->done : req->len; /* of buf */
	size_t copied = req->stable ? 0 : req->len - sent;
	struct parked *p = malloc(sizeof *p + copied);
	if (!p)
		return -ENOMEM;
	*p = (struct parked){ .buf = req->buf, .body = req->body, .len = req->len, .body_len = req->body_len,
			      .offset = req->offset, .file_len = req->file_len, .done = job->done,
			      .answers = req->answers };
	if (!req->stable) {
		if (copied) /* a send of nothing may have no buf */
			memcpy(p->copy, (const char *)req->buf + sent, copied);
		p->buf = p->copy;
		p->len = copied;
		p->done -= sent;
		p->before = sent;
	}
	s->parked = p;
	return 0;
}

/* Its text may be in the scratch buffer, like an answer. */
static int park_where(struct session *s, const struct job *job)
{
	if (s->parked || !job->req.where)
		return 0;
	size_t size = strlen(job->req.where) + 1;
	struct parked *p = calloc(1, sizeof *p + size);
	if (!p)
		return -ENOMEM;
	memcpy(p->copy, job->req.where, size);
	s->parked = p;
	return 0;
}

/* WATCH_READ, WATCH_WRITE; 0 for a sleep or a name. */
static unsigned wants_of(const struct session *s)
{
	switch ((enum io_op)s->op) {
	case IO_RECV:
	case IO_DONE:
		return WATCH_READ;
	case IO_SEND:
	case IO_SENDFILE:
		return WATCH_WRITE;
	case IO_CONNECT:
		return s->reach && s->reach->origin.fd >= 0 ? WATCH_WRITE : 0;
	default:
		return 0;
	}
}

int session_park(struct worker *w, struct session *s, const struct job *job)
{
	s->op = (uint8_t)job->req.op;
	s->end_of = (uint8_t)job->req.end;
	s->idle = job->req.idle;
	s->linger = job->req.linger;
	s->in_place = job->req.in_place;
	s->list = job->req.list;
	s->copy = job->req.copy;
	s->timeout_ms = job->req.timeout_ms;
	s->wants = (uint8_t)wants_of(s);
	int error = 0;
	if (job->req.op == IO_SEND || job->req.op == IO_SENDFILE)
		error = park_send(s, job);
	else if (job->req.op == IO_OPEN || job->req.op == IO_CONNECT)
		error = park_where(s, job);
	if (!error && w->window.len)
		error = unmount(w);
	return error;
}

void session_unpark(struct worker *w, struct session *s, struct job *job)
{
	forget_window(w);
	if (w->brought.len)
		mount_brought(w, session_end_of(s, (enum io_end)s->end_of));
	w->current = s;
	job_begin(job);
	job->req.op = (enum io_op)s->op;
	job->req.end = (enum io_end)s->end_of;
	job->req.timeout_ms = s->timeout_ms;
	job->req.idle = s->idle;
	job->req.linger = s->linger;
	job->req.in_place = s->in_place;
	job->req.list = s->list;
	job->req.copy = s->copy;
	if (s->parked && (s->op == IO_OPEN || s->op == IO_CONNECT)) {
		job->req.where = s->parked->copy;
	} else if (s->parked) {
		job->req.buf = s->parked->buf;
		job->req.len = s->parked->len;
		job->req.body = s->parked->body;
		job->req.body_len = s->parked->body_len;
		job->req.offset = s->parked->offset;
		job->req.file_len = s->parked->file_len;
		job->req.answers = s->parked->answers;
		job->req.stable = true; /* it lives until this send is done */
		job->done = s->parked->done;
		job->before = s->parked->before;
	}
}

/* ---- what the kernel has done ---- */

ssize_t session_bring(struct worker *w, const struct session *s, char *data, size_t n)
{
	const struct end *end = session_end_of(s, (enum io_end)s->end_of);
	if (end->tail && end->tail->len + n > home_size(w))
		return -EMSGSIZE;
	w->brought = (struct lent){ data, n };
	count_add(w->counters, COUNT_BYTES_IN, n);
	if (log_debugging())
		log_received(end->fd, data, n);
	return (ssize_t)n;
}

void session_left(const struct session *s, struct iovec *head, struct iovec *body)
{
	const struct parked *p = s->parked;
	*head = rest(p->buf, p->len, p->done < p->len ? p->done : p->len);
	*body = rest(p->body, p->body_len, p->done < p->len ? 0 : p->done - p->len);
}

ssize_t session_sent(struct worker *w, struct session *s, size_t n)
{
	struct parked *p = s->parked;
	count_add(w->counters, COUNT_BYTES_OUT, n);
	p->done += n;
	if (p->done < p->len + p->body_len)
		return -EAGAIN;
	return count_sent(w, p->answers, p->before + p->done);
}

bool session_is_idle(const struct session *s)
{
	return s->op == IO_RECV && s->idle;
}

/* ---- the end ---- */

void end_close(struct worker *w, struct end *end)
{
	if (w->mounted == end)
		w->mounted = NULL;
	if (end->watched && w->forget)
		w->forget(w, end);
	if (end->fd >= 0 && !(w->close_later && w->close_later(w, end->fd)))
		sys_close(w->counters, end->fd);
	free(end->tail);
	*end = (struct end){ .fd = -1 };
}

static void end_reach(struct worker *w, struct session *s)
{
	if (!s->reach)
		return;
	dial_close(w, &s->reach->dial);
	end_close(w, &s->reach->origin);
	session_close_file(w, s);
	free(s->reach);
	s->reach = NULL;
}

void session_end(struct worker *w, struct session *s)
{
	const struct service *service = w->service;
	w->env.peer = &s->peer;
	w->current = s;
	if (service->end)
		service->end(s->state, &w->env);
	forget_window(w);
	end_reach(w, s);
	end_close(w, &s->client);
	drop_parked(s);
	if (s->peer.family && log_debugging()) {
		char name[PEER_TEXT];
		log_debug("%s closed", peer_format(name, sizeof name, &s->peer));
	}
}
