/* talk.c - clients that wait with a deadline; see talk.h.
 *
 * poll(2) is the only place where a client waits. connect(2), send(2), recv(2), shutdown(2), socket(7)
 * SO_LINGER, tcp(7) SIOCOUTQ.
 *
 * SPDX-License-Identifier: MIT */
#include "talk.h"

#include <errno.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/net.h"

enum { HEAP = 32 << 20 };

/* ---- memory, limits, failures ---- */

char *take(struct probe *p, size_t len)
{
	if (!p->heap)
		p->heap = malloc(HEAP);
	if (!p->heap || len >= HEAP - p->heap_used)
		abort(); /* a case wants more than HEAP */
	char *memory = p->heap + p->heap_used;
	p->heap_used += len + 1;
	return memset(memory, 0, len + 1);
}

char *take_copies(struct probe *p, const char *text, size_t times)
{
	size_t len = strlen(text);
	char *all = take(p, times * len), *at = all;
	for (size_t i = 0; i < times; i++)
		at = stpcpy(at, text);
	return all;
}

void need_at_once(struct probe *p, int n)
{
	if (p->at_once && p->at_once < n)
		story_skip(&p->story, "serves %d client%s at a time; this needs %d", p->at_once,
			   p->at_once == 1 ? "" : "s", n);
}

_Noreturn void expected(struct probe *p, const char *got, const char *format, ...)
{
	char text[2 * STORY_TEXT];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	story_fail(&p->story, text, got);
}

/* ---- waiting ---- */

static const char *error_text(int error)
{
	return error == ECONNRESET ? "the connection was reset (ECONNRESET)" : strerrordesc_np(error);
}

/* Waits until the client may do one of `events`; what for is said in `format` when it does not come to that. */
static short await(struct client *c, short events, const char *what)
{
	struct probe *p = c->p;
	struct pollfd fd = { .fd = c->fd, .events = events };
	int64_t now = clock_ms(), end = now + p->patience_ms;
	if (end >= p->end_ms)
		end = p->end_ms;
	for (; now < end; now = clock_ms()) {
		int n = poll(&fd, 1, (int)(end - now));
		if (n > 0)
			return fd.revents;
		if (n < 0 && errno != EINTR)
			abort(); /* EFAULT, EINVAL: ours */
	}
	char got[64];
	snprintf(got, sizeof got, end == p->end_ms ? "it came so far until the time of the case was over, %g s"
						   : "nothing happened for %g s",
		 (double)(end == p->end_ms ? CASE_PATIENCE * p->patience_ms : p->patience_ms) / 1e3);
	expected(p, got, "client %d %s", c->number, what);
}

/* ---- connecting and leaving ---- */

static struct client *connect_client(struct probe *p, bool narrow_in, bool narrow_out)
{
	struct addrinfo *list;
	int on = 1, least = 1, error = 0;
	socklen_t len = sizeof error;
	if (p->n_clients == MAX_CLIENTS || net_resolve(p->host, (uint16_t)p->port, &list))
		abort();
	struct client *c = &p->clients[p->n_clients++];
	*c = (struct client){ .p = p, .number = p->n_clients };
	c->fd = socket(list->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (c->fd < 0)
		expected(p, strerrordesc_np(errno), "client %d gets a socket", c->number);
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	if (narrow_in) /* the kernel raises 1 to its minimum, socket(7) */
		setsockopt(c->fd, SOL_SOCKET, SO_RCVBUF, &least, sizeof least);
	if (narrow_out)
		setsockopt(c->fd, SOL_SOCKET, SO_SNDBUF, &least, sizeof least);
	if (connect(c->fd, list->ai_addr, list->ai_addrlen) < 0 && errno != EINPROGRESS)
		error = errno;
	freeaddrinfo(list);
	if (!error) {
		await(c, POLLOUT, "connects");
		getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &len);
	}
	if (error)
		expected(p, error_text(error), "client %d connects to port %d", c->number, p->port);
	STEP(p, "client %d connects", c->number);
	return c;
}

void origin_opens(struct probe *p, struct origin *o)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof sa;
	o->listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (o->listen_fd < 0 || bind(o->listen_fd, (struct sockaddr *)&sa, len) || listen(o->listen_fd, 64) ||
	    getsockname(o->listen_fd, (struct sockaddr *)&sa, &len))
		expected(p, strerrordesc_np(errno), "the probe can be an origin");
	o->port = ntohs(sa.sin_port);
}

struct client *origin_answers(struct probe *p, struct origin *o)
{
	int on = 1;
	if (p->n_clients == MAX_CLIENTS)
		abort();
	struct client *c = &p->clients[p->n_clients++];
	*c = (struct client){ .p = p, .fd = o->listen_fd, .number = p->n_clients };
	await(c, POLLIN, "is called by the server");
	c->fd = accept4(o->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (c->fd < 0)
		expected(p, strerrordesc_np(errno), "origin %d accepts", c->number);
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	STEP(p, "client %d is an origin, and is called by the server", c->number);
	return c;
}

void origin_closes(struct origin *o)
{
	close(o->listen_fd);
	o->listen_fd = -1;
}

struct client *dial(struct probe *p)
{
	return connect_client(p, false, false);
}

struct client *dial_narrow(struct probe *p)
{
	return connect_client(p, true, true);
}

struct client *dial_slow_reader(struct probe *p)
{
	return connect_client(p, true, false);
}

void finish(struct client *c)
{
	STEP(c->p, "client %d sends its end", c->number);
	shutdown(c->fd, SHUT_WR);
}

void hang_up(struct client *c)
{
	if (c->fd < 0)
		return;
	STEP(c->p, "client %d closes", c->number);
	close(c->fd);
	c->fd = -1;
}

void hang_up_hard(struct client *c)
{
	struct linger none = { .l_onoff = 1, .l_linger = 0 };
	setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
	STEP(c->p, "client %d resets the connection", c->number);
	close(c->fd);
	c->fd = -1;
}

void hang_up_all(struct probe *p)
{
	for (int i = 0; i < p->n_clients; i++)
		if (p->clients[i].fd >= 0)
			hang_up(&p->clients[i]);
	p->n_clients = 0;
	p->heap_used = 0;
}

/* ---- saying ---- */

/* What can be sent without waiting; the server may have closed already: that is for who listens to judge. */
static size_t send_now(struct client *c, const char *data, size_t len, bool *closed)
{
	ssize_t n = send(c->fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT);
	*closed = n < 0 && errno != EAGAIN && errno != EINTR;
	c->sent += n > 0 ? (size_t)n : 0;
	return n > 0 ? (size_t)n : 0;
}

static void send_all(struct client *c, const char *data, size_t len)
{
	bool closed = false;
	while (len && !closed) {
		await(c, POLLOUT, "may send more (and hears nothing meanwhile)");
		size_t n = send_now(c, data, len, &closed);
		data += n;
		len -= n;
	}
	if (closed)
		expected(c->p, error_text(errno), "client %d sends %zu more bytes", c->number, len);
}

void say(struct client *c, const char *data, size_t len)
{
	char text[STORY_TEXT];
	STEP(c->p, "client %d sends %s", c->number, story_bytes(text, data, len));
	send_all(c, data, len);
}

void say_text(struct client *c, const char *text)
{
	say(c, text, strlen(text));
}

void say_in_pieces(struct client *c, const char *data, size_t len, size_t piece)
{
	char text[STORY_TEXT];
	STEP(c->p, "client %d sends %s, %zu to a segment", c->number, story_bytes(text, data, len), piece);
	for (size_t at = 0; at < len; at += piece)
		send_all(c, data + at, len - at < piece ? len - at : piece);
}

size_t stuff(struct client *c, const char *data, size_t len, size_t most)
{
	size_t before = c->stuffed, n = 1;
	bool closed = false;
	while (n && !closed && c->stuffed - before < most) {
		size_t at = c->stuffed % len;
		n = send_now(c, data + at, len - at, &closed);
		c->stuffed += n;
	}
	if (closed)
		expected(c->p, error_text(errno), "client %d, which reads nothing, is kept", c->number);
	return c->stuffed - before;
}

void all_delivered(struct client *c)
{
	int unacknowledged = 1;
	while (ioctl(c->fd, SIOCOUTQ, &unacknowledged) == 0 && unacknowledged > 0)
		if (clock_ms() > c->p->end_ms)
			expected(c->p, NULL, "the kernel acknowledges what client %d sent", c->number);
		else
			sched_yield();
}

/* ---- hearing ---- */

static void wrong_bytes(struct client *c, const char *got, size_t n, const char *want, size_t left)
{
	char got_text[STORY_TEXT], want_text[STORY_TEXT];
	story_bytes(got_text, got, n);
	story_bytes(want_text, want, left);
	expected(c->p, got_text, "client %d receives, after %zu bytes, %s", c->number, c->received, want_text);
}

/* One recv(2) of at most len bytes: how many; 0 for none yet. */
static size_t receive_now(struct client *c, const char *want, size_t len)
{
	char buf[65536], text[STORY_TEXT];
	ssize_t n = recv(c->fd, buf, len < sizeof buf ? len : sizeof buf, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0) {
		int error = errno;
		story_bytes(text, want, len);
		expected(c->p, n < 0 ? error_text(error) : "the end of the stream",
			 "client %d receives, after %zu bytes, %s", c->number, c->received, text);
	}
	size_t got = (size_t)n, same = 0;
	while (same < got && buf[same] == want[same])
		same++;
	c->received += same;
	if (same < got)
		wrong_bytes(c, buf + same, got - same, want + same, len - same);
	return got;
}

void hear(struct client *c, const char *want, size_t len)
{
	char text[STORY_TEXT], what[STORY_TEXT + 16];
	snprintf(what, sizeof what, "receives %s", story_bytes(text, want, len));
	for (size_t at = 0; at < len;) {
		await(c, POLLIN, what);
		at += receive_now(c, want + at, len - at);
	}
	STEP(c->p, "client %d receives %s", c->number, text);
}

void hear_text(struct client *c, const char *want)
{
	hear(c, want, strlen(want));
}

size_t hear_some(struct client *c, char *buf, size_t len)
{
	for (;;) {
		await(c, POLLIN, "receives something");
		ssize_t n = recv(c->fd, buf, len, 0);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (n < 0)
			expected(c->p, error_text(errno), "client %d receives something, after %zu bytes",
				 c->number, c->received);
		c->received += (size_t)n;
		return (size_t)n;
	}
}

void hear_end(struct client *c)
{
	char buf[64], text[STORY_TEXT];
	await(c, POLLIN, "receives the end of the stream");
	ssize_t n = recv(c->fd, buf, sizeof buf, 0);
	if (n)
		expected(c->p, n < 0 ? error_text(errno) : story_bytes(text, buf, (size_t)n),
			 "client %d receives the end of the stream, after %zu bytes", c->number, c->received);
	STEP(c->p, "client %d receives the end", c->number);
}

bool hears_nothing(struct client *c)
{
	char byte;
	return recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

/* ---- both at once ---- */

void trade(struct client *c, const char *out, size_t out_len, size_t piece, const char *want, size_t want_len)
{
	char out_text[STORY_TEXT], want_text[STORY_TEXT], what[2 * STORY_TEXT];
	story_bytes(out_text, out, out_len);
	story_bytes(want_text, want, want_len);
	STEP(c->p, "client %d begins to send %s, reading meanwhile", c->number, out_text);
	for (size_t said = 0, heard = 0; said < out_len || heard < want_len;) {
		snprintf(what, sizeof what, "sends on (%zu of %zu bytes sent), or receives on (%zu of %s)", said,
			 out_len, heard, want_text);
		bool closed = false;
		short events = (short)((said < out_len ? POLLOUT : 0) | (heard < want_len ? POLLIN : 0));
		short ready = await(c, events, what);
		size_t left = out_len - said;
		if (ready & POLLOUT)
			said += send_now(c, out + said, left < piece ? left : piece, &closed);
		if (closed) /* the server may close while we still talk, but not before its last answer */
			said = out_len;
		if (heard < want_len && ready & (POLLIN | POLLHUP | POLLERR))
			heard += receive_now(c, want + heard, want_len - heard);
	}
	STEP(c->p, "client %d has received %s", c->number, want_text);
}
