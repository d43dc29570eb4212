/* http_client_ask.c - one request and its answer, by blocking calls; see http_client_ask.h.
 *
 * The time-out is the kernel's: SO_RCVTIMEO and SO_SNDTIMEO make a blocking call give up (and connect(2) obeys
 * the latter), set before each call to what is left of the time, so that a server that sends single bytes
 * cannot put it off.
 *
 * A server is not trusted: the head is bounded, the body goes out as it comes and is never kept, what is
 * malformed or cut short is one line on standard error.
 *
 * connect(2), recv(2), send(2), socket(7). RFC 9112 sections 6.3, 8, 9.6.
 *
 * SPDX-License-Identifier: MIT */
#include "clients/http_client_ask.h"

#include <errno.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/net.h"

enum { HTTP_PORT = 80, INTERIM_MAX = 16 };

/* ---- one line for each thing that goes wrong ---- */

int complain(const struct exchange *x, const char *what)
{
	fflush(stdout);
	fprintf(stderr, "http_client: %.*s: %s\n", SHOWN_MAX, x->address, what);
	return -1;
}

static int complain_errno(const struct exchange *x, const char *what, int error)
{
	char text[128];
	if (error == EAGAIN || error == EINPROGRESS || error == ETIMEDOUT)
		snprintf(text, sizeof text, "%s: gave up after %g s (--timeout gives more)", what,
			 x->timeout_ms / 1e3);
	else
		snprintf(text, sizeof text, "%s: %s", what, strerrordesc_np(error));
	return complain(x, text);
}

static int complain_malformed(const struct exchange *x, const char *why)
{
	char text[200];
	snprintf(text, sizeof text, "the answer is malformed: %s", why);
	return complain(x, text);
}

int complain_output(const struct exchange *x, const struct output *out, int error)
{
	char text[300];
	if (!out->name)
		return -1; /* main looks at standard output in the end, and says so */
	snprintf(text, sizeof text, "cannot write %.200s: %s", out->name, strerrordesc_np(-error));
	return complain(x, text);
}

/* ---- connecting ---- */

/* The next blocking call on fd ends after so long. 0, or -EAGAIN: no time is left. */
static int limit_call(int fd, int which, int64_t ms)
{
	struct timeval tv = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };
	if (ms <= 0)
		return -EAGAIN; /* zero would mean: for ever */
	return setsockopt(fd, SOL_SOCKET, which, &tv, sizeof tv) < 0 ? -errno : 0;
}

static int connect_one(const struct addrinfo *ai, int64_t ms)
{
	int fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	int error = limit_call(fd, SO_SNDTIMEO, ms);
	if (!error && connect(fd, ai->ai_addr, ai->ai_addrlen) < 0)
		error = -errno;
	if (!error)
		return fd;
	close(fd);
	return error;
}

/* Every address of the name in turn. One that never answers must not use up the time of those behind it. */
static int connect_any(struct exchange *x, const char *host, int port)
{
	struct addrinfo *list;
	int n = 0, fd = -ENXIO, code = net_resolve(host, (uint16_t)port, &list);
	if (code)
		return complain(x, gai_strerror(code));
	for (const struct addrinfo *ai = list; ai; ai = ai->ai_next)
		n++;
	for (const struct addrinfo *ai = list; ai && fd < 0; ai = ai->ai_next)
		fd = connect_one(ai, (x->end_ms - clock_ms()) / n--);
	freeaddrinfo(list);
	return fd < 0 ? complain_errno(x, "cannot connect", -fd) : fd;
}

static int open_connection(struct exchange *x, const struct http_url *to)
{
	char host[256];
	if (to->host.len >= sizeof host)
		return complain(x, "the name of the host is too long");
	memcpy(host, to->host.text, to->host.len);
	host[to->host.len] = '\0';
	x->end_ms = clock_ms() + x->timeout_ms;
	x->fd = connect_any(x, host, to->port < 0 ? HTTP_PORT : to->port);
	return x->fd < 0 ? -1 : 0;
}

/* ---- bytes ---- */

/* A server may answer and close before it took all: that is found when receiving, where its answer is first. */
static int send_request(struct exchange *x, const struct request_config *config, bool elsewhere)
{
	char text[REQUEST_MAX];
	struct http_out out = { .data = text, .size = sizeof text };
	request_write(&out, config, &x->url, elsewhere);
	if (out.full)
		return complain(x, "the request would be longer than 24 KiB");
	for (size_t done = 0; done < out.len;) {
		ssize_t n = limit_call(x->fd, SO_SNDTIMEO, x->end_ms - clock_ms());
		if (n == 0 && (n = send(x->fd, text + done, out.len - done, MSG_NOSIGNAL)) < 0)
			n = -errno;
		if (n == -EPIPE || n == -ECONNRESET)
			return 0;
		if (n < 0 && n != -EINTR)
			return complain_errno(x, "cannot send", (int)-n);
		done += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

/* More bytes behind those that are there. How many; 0: the server closed; -1 after complaining. */
static ssize_t receive(struct exchange *x)
{
	for (;;) {
		ssize_t n = limit_call(x->fd, SO_RCVTIMEO, x->end_ms - clock_ms());
		if (n < 0)
			return complain_errno(x, "cannot receive", (int)-n);
		n = recv(x->fd, x->in + x->n_in, sizeof x->in - x->n_in, 0);
		if (n >= 0) {
			x->n_in += (size_t)n;
			return n;
		}
		if (errno != EINTR)
			return complain_errno(x, "cannot receive", errno);
	}
}

static void take(struct exchange *x, size_t used)
{
	x->n_in -= used;
	memmove(x->in, x->in + used, x->n_in);
}

/* ---- the answer ---- */

/* Receives until a whole head stands at the beginning of x->in, which has room for the largest one. */
static int receive_one_head(struct exchange *x)
{
	for (;;) {
		int n = http_parse_response(&x->response, x->in, x->n_in);
		if (n < 0)
			return complain_malformed(x, x->response.why);
		if (n > 0) {
			x->head_len = (size_t)n;
			return 0;
		}
		ssize_t got = receive(x);
		if (got < 0)
			return -1;
		if (got == 0)
			return complain(x, x->n_in ? "the server closed in the middle of the head of its answer"
						   : "the server closed without an answer");
	}
}

/* Interim answers (100 Continue, 103 Early Hints) come before the one that counts. */
static int receive_head(struct exchange *x)
{
	for (int i = 0; i < INTERIM_MAX; i++) {
		if (receive_one_head(x) < 0)
			return -1;
		if (x->response.status >= 200)
			return 0;
		if (x->response.status == 101)
			return complain(x, "the server switches to another protocol");
		take(x, x->head_len);
	}
	return complain(x, "the server sends interim answers without end");
}

static int complain_short(const struct exchange *x, const struct http_body *body)
{
	char text[128];
	int64_t all = x->response.content_length;
	if (body->framing == HTTP_CHUNKED)
		return complain(x, "the server closed before the last chunk");
	snprintf(text, sizeof text, "the server closed after %lld of %lld bytes", (long long)(all - body->left),
		 (long long)all);
	return complain(x, text);
}

/* Passes on what is received of it, and empties the buffer. */
static int pass_pieces(struct exchange *x, struct http_body *body, struct output *out)
{
	for (size_t at = 0; at < x->n_in && !body->done;) {
		struct http_text piece;
		int64_t used = http_body_take(body, x->in + at, x->n_in - at, &piece);
		if (used < 0)
			return complain_malformed(x, "the chunks of its body");
		int error = output_write(out, piece.text, piece.len);
		if (error)
			return complain_output(x, out, error);
		at += (size_t)used;
	}
	x->n_in = 0;
	return 0;
}

int ask_body(struct exchange *x, struct output *out)
{
	struct http_body body;
	http_body_of_response(&body, &x->response, x->head);
	take(x, x->head_len);
	for (;;) {
		if (pass_pieces(x, &body, out) < 0)
			return -1;
		if (body.done)
			return 0;
		ssize_t got = receive(x);
		if (got < 0)
			return -1;
		if (got == 0)
			return body.framing == HTTP_UNTIL_CLOSE ? 0 : complain_short(x, &body);
	}
}

/* ---- all of it ---- */

int ask(struct exchange *x, const char *address, const struct request_config *config, bool elsewhere,
	int timeout_ms)
{
	x->address = address;
	x->timeout_ms = timeout_ms;
	x->head = config->head;
	x->n_in = 0;
	x->fd = -1;
	http_split_url((struct http_text){ address, strlen(address) }, &x->url);
	if (open_connection(x, config->proxy ? &config->proxy_at : &x->url) < 0 ||
	    send_request(x, config, elsewhere) < 0)
		return -1;
	return receive_head(x);
}

void ask_close(struct exchange *x)
{
	if (x->fd >= 0)
		close(x->fd);
	x->fd = -1;
}
