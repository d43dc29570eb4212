/* http_client.c - fetches one address by HTTP/1.1 and shows all that comes back, hop by hop.
 *
 *     connect -> send "GET ..." -> receive the head -> 3xx with Location? -> the same there, at most five times
 *                                        |
 *                                        +-> the body: by length, in chunks, or until the server closes
 *
 * The simplest way to wait there is: blocking calls, one connection, nothing else to do meanwhile. The time-out
 * is the kernel's: SO_RCVTIMEO and SO_SNDTIMEO make a blocking call give up (and connect(2) obeys the latter),
 * set before each call to what is left of the time, so that a server that sends single bytes cannot put it off.
 *
 * A server is not trusted: the head is bounded, the body goes to standard output as it comes and is never kept,
 * what is malformed or cut short is one line on standard error and exit status 1.
 *
 * connect(2), recv(2), send(2), socket(7). RFC 9110 section 15.4; RFC 9112 sections 6.3, 8, 9.6.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/log.h"
#include "core/net.h"
#include "core/options.h"
#include "core/version.h"
#include "proto/http.h"

enum { HTTP_PORT = 80, HOPS_MAX = 5, INTERIM_MAX = 16, DEFAULT_TIMEOUT_MS = 30000, SHOWN_MAX = 200 };

struct config {
	int  timeout_ms, repeat;
	bool no_follow;
};

/* One request and its answer. */
struct exchange {
	const char     *address; /* "http://127.0.0.1:8080/x" */
	struct http_url url;     /* points into address */
	int             fd;
	int             timeout_ms;
	int64_t         end_ms;
	char            in[HTTP_HEAD_MAX];
	size_t          n_in;
	size_t          head_len;
	struct http_response response; /* points into in */
};

static const struct option_def options[] = {
	{ .name = "no-follow", .help = "show a redirect and do not follow it", .set = set_flag,
	  .offset = offsetof(struct config, no_follow) },
	{ .name = "repeat", .letter = 'n', .arg = "N", .set = set_int,
	  .offset = offsetof(struct config, repeat),
	  .help = "ask N times, each on a new connection; show status and Location only", .min = 1,
	  .max = 1000000 },
	{ .name = "timeout", .arg = "TIME",
	  .help = "give each request so long, from connecting to its last byte (30s)", .set = set_seconds_ms,
	  .offset = offsetof(struct config, timeout_ms), .min = 1, .max = 86400000 },
	{ 0 },
};

static const struct program program = {
	"http_client",
	"Fetches URL and shows status, header and body; follows at most 5 redirects.",
	"URL [OPTION...]",
	"Exits 0 when the last answer is below 400; 1 when it is not, or there is none; 2 for wrong usage.",
};

/* ---- one line for each thing that goes wrong ---- */

static int complain(const struct exchange *x, const char *what)
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

static int open_connection(struct exchange *x)
{
	char host[256];
	if (x->url.host.len >= sizeof host)
		return complain(x, "the name of the host is too long");
	memcpy(host, x->url.host.text, x->url.host.len);
	host[x->url.host.len] = '\0';
	x->end_ms = clock_ms() + x->timeout_ms;
	x->fd = connect_any(x, host, x->url.port < 0 ? HTTP_PORT : x->url.port);
	return x->fd < 0 ? -1 : 0;
}

/* ---- bytes ---- */

/* A server may answer and close before it took all: that is found when receiving, where its answer is first. */
static int send_request(struct exchange *x)
{
	char text[HTTP_LINE_MAX + 1024];
	struct http_out out = { .data = text, .size = sizeof text };
	HTTP_PUT(&out, "GET ");
	http_put(&out, x->url.path.text, x->url.path.len);
	http_put(&out, "?", x->url.query.text ? 1 : 0);
	http_put(&out, x->url.query.text ? x->url.query.text : "", x->url.query.len);
	HTTP_PUT(&out, " HTTP/1.1\r\nHost: ");
	http_put(&out, x->url.authority.text, x->url.authority.len);
	HTTP_PUT(&out, "\r\nUser-Agent: muxlab/" MUXLAB_VERSION "\r\nAccept: */*\r\nConnection: close\r\n\r\n");
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

static void print_head(const struct exchange *x)
{
	for (size_t i = 0; i < x->head_len; i++)
		if (x->in[i] != '\r')
			putchar(x->in[i]);
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

/* Shows what is received of it, and empties the buffer. */
static int print_pieces(struct exchange *x, struct http_body *body)
{
	for (size_t at = 0; at < x->n_in && !body->done;) {
		struct http_text piece;
		int64_t used = http_body_take(body, x->in + at, x->n_in - at, &piece);
		if (used < 0)
			return complain_malformed(x, "the chunks of its body");
		if (fwrite(piece.text, 1, piece.len, stdout) < piece.len)
			return -1; /* main says so */
		at += (size_t)used;
	}
	x->n_in = 0;
	return 0;
}

/* Shows the body as it comes. The head is given up: the buffer is needed. */
static int print_body(struct exchange *x)
{
	struct http_body body;
	http_body_of_response(&body, &x->response, false);
	take(x, x->head_len);
	for (;;) {
		if (print_pieces(x, &body) < 0)
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

/* Connects, asks, and receives the head. The caller closes x->fd, which is -1 if there is none. */
static int ask(struct exchange *x, const char *address, const struct config *config)
{
	x->address = address;
	x->timeout_ms = config->timeout_ms;
	x->n_in = 0;
	x->fd = -1;
	http_split_url((struct http_text){ address, strlen(address) }, &x->url);
	if (open_connection(x) < 0 || send_request(x) < 0)
		return -1;
	return receive_head(x);
}

static void close_connection(struct exchange *x)
{
	if (x->fd >= 0)
		close(x->fd);
}

/* ---- redirects ---- */

struct way { /* the addresses asked so far, this one last */
	char address[HOPS_MAX + 2][HTTP_LINE_MAX];
	int  n;
};

static bool is_redirect(const struct http_response *r, struct http_text *location)
{
	switch (r->status) {
	case 301: case 302: case 303: case 307: case 308:
		return http_field(r->fields, "location", location);
	default:
		return false;
	}
}

static int complain_loop(const struct way *way, int from)
{
	fflush(stdout);
	fprintf(stderr, "http_client: the redirects go round: ");
	for (int i = from; i <= way->n; i++)
		fprintf(stderr, "%.*s%s", SHOWN_MAX, way->address[i], i < way->n ? " -> " : "\n");
	return -1;
}

/* Enters the next address. 0, or -1: there is no going on. */
static int turn_to(const struct exchange *x, struct way *way, struct http_text location)
{
	char *next = way->address[way->n], shown[200], text[400];
	struct http_out out = { .data = next, .size = HTTP_LINE_MAX - 1 };
	const char *why = http_resolve(&out, &x->url, location);
	if (why) {
		snprintf(text, sizeof text, "redirected to %s: %s",
			 log_bytes(shown, sizeof shown, location.text, location.len), why);
		return complain(x, text);
	}
	next[out.len] = '\0';
	for (int i = 0; i < way->n; i++)
		if (strcmp(way->address[i], next) == 0)
			return complain_loop(way, i);
	if (++way->n > HOPS_MAX + 1)
		return complain(x, "redirected again, after five redirects");
	return 0;
}

/* Shows one answer. 1: it redirects to what was put into way; 0: it is the last one; -1: wrong. */
static int show(struct exchange *x, struct way *way, const struct config *config)
{
	struct http_text location;
	if (ask(x, way->address[way->n - 1], config) < 0)
		return -1;
	print_head(x);
	if (!config->no_follow && is_redirect(&x->response, &location))
		return turn_to(x, way, location) < 0 ? -1 : 1;
	return print_body(x);
}

static int fetch(struct exchange *x, struct way *way, const struct config *config)
{
	int state;
	do {
		state = show(x, way, config);
		close_connection(x);
	} while (state > 0);
	return state == 0 && x->response.status < 400 ? 0 : 1;
}

/* ---- many times: how a master deals its slaves ---- */

static void print_short(const struct exchange *x)
{
	struct http_text location;
	printf("%.*s", (int)x->response.line.len, x->response.line.text);
	if (http_field(x->response.fields, "location", &location))
		printf("  Location: %.*s", (int)location.len, location.text);
	putchar('\n');
}

static int fetch_often(struct exchange *x, const struct way *way, const struct config *config)
{
	int failed = 0;
	for (int i = 0; i < config->repeat; i++) {
		int error = ask(x, way->address[0], config);
		close_connection(x);
		if (error)
			return 1;
		print_short(x);
		failed |= x->response.status >= 400;
	}
	return failed;
}

/* ---- main ---- */

static int wrong_usage(const char *address, const char *why)
{
	fprintf(stderr, "http_client: %.*s%s%s (--help lists all options)\n", SHOWN_MAX, address,
		*address ? ": " : "", why);
	return 2;
}

/* What the user typed, as an address: http:// may be left out. NULL, or what is wrong with it. */
static const char *take_address(const char *typed, struct way *way)
{
	static const struct http_url nowhere;
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
	char full[HTTP_LINE_MAX];
	struct http_out out = { .data = way->address[0], .size = HTTP_LINE_MAX - 1 };
	bool scheme = strncmp(typed + strspn(typed, letters), "://", 3) == 0;
	int n = snprintf(full, sizeof full, "%s%s", scheme ? "" : "http://", typed);
	if (n >= (int)sizeof full)
		return "the address is too long";
	const char *why = http_resolve(&out, &nowhere, (struct http_text){ full, (size_t)n });
	way->address[0][out.len] = '\0';
	way->n = 1;
	return why;
}

int main(int argc, char **argv)
{
	static struct exchange x;
	static struct way way;
	struct config config = { .timeout_ms = DEFAULT_TIMEOUT_MS };
	const struct option_set sets[] = { { "Options", options, &config }, { 0 } };
	int first = options_parse(&program, sets, argc, argv);
	if (first < 0)
		return options_status(first);
	if (argc - first != 1)
		return wrong_usage("", argc > first ? "give one URL"
						    : "which URL? For example: http://127.0.0.1:8080/");
	const char *why = take_address(argv[first], &way);
	if (why)
		return wrong_usage(argv[first], why);
	int status = config.repeat ? fetch_often(&x, &way, &config) : fetch(&x, &way, &config);
	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, "http_client: cannot write to standard output\n");
		return 1;
	}
	return status;
}
