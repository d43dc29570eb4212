/* http_client.c - fetches one address by HTTP/1.1 and shows all that comes back, hop by hop.
 *
 *     connect -> send "GET ..." -> receive the head -> 3xx with Location? -> the same there, at most five times
 *                                        |
 *                                        +-> the body: by length, in chunks, or until the server closes
 *
 * The simplest way to wait there is: blocking calls, one connection, nothing else to do meanwhile.
 *
 *     http_client_request.c   what is asked: options, and the text of a request
 *     http_client_ask.c       one request and its answer
 *     http_client_output.c    where the body goes
 *
 * RFC 9110 sections 13 (conditions), 15.4 (redirects).
 *
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clients/http_client_ask.h"
#include "core/log.h"

enum { HOPS_MAX = 5, DEFAULT_TIMEOUT_MS = 30000 };

struct config {
	int         timeout_ms, repeat;
	bool        no_follow;
	const char *output; /* NULL: heads and body to standard output; "-": the body alone */
	struct request_config request;
};

static const struct option_def options[] = {
	{ .name = "no-follow", .help = "show a redirect and do not follow it", .set = set_flag,
	  .offset = offsetof(struct config, no_follow) },
	{ .name = "output", .letter = 'o', .arg = "FILE", .set = set_string, .offset = offsetof(struct config, output),
	  .help = "write a 2xx answer's body there, whole or not at all; -: show no heads" },
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
	"Exits 0 when the last answer is below 400 (304, not modified, is one of these); 1 when it is not, when\n"
	"there is none, or it cannot be written; 2 for wrong usage.\n"
	"An answer that is not 2xx, or not complete, leaves FILE as it was.",
};

/* ---- one answer ---- */

static void print_head(const struct exchange *x)
{
	for (size_t i = 0; i < x->head_len; i++)
		if (x->in[i] != '\r')
			putchar(x->in[i]);
}

/* To the file only what was asked for: neither an error's text nor the nothing of a 304. */
static int receive_body(struct exchange *x, const struct config *config)
{
	bool good = x->response.status / 100 == 2, shown = !config->output || strcmp(config->output, "-") == 0;
	struct output out;
	int error = output_open(&out, good && !shown ? config->output : NULL);
	if (error)
		return complain_output(x, &out, error);
	if (ask_body(x, &out) < 0) {
		output_discard(&out);
		return -1;
	}
	error = output_finish(&out);
	return error ? complain_output(x, &out, error) : 0;
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

/* Do both addresses lead to the same host and port? Written in another way counts as another server. */
static bool same_server(const char *a, const char *b)
{
	size_t scheme = strlen("http://"), n = scheme + strcspn(a + scheme, "/?");
	return strncmp(a, b, n) == 0 && (b[n] == '/' || b[n] == '?' || !b[n]);
}

/* Shows one answer. 1: it redirects to what was put into way; 0: it is the last one; -1: wrong. */
static int show(struct exchange *x, struct way *way, const struct config *config)
{
	struct http_text location;
	const char *address = way->address[way->n - 1];
	bool elsewhere = !same_server(way->address[0], address);
	if (ask(x, address, &config->request, elsewhere, config->timeout_ms) < 0)
		return -1;
	if (!config->output || strcmp(config->output, "-") != 0)
		print_head(x);
	if (!config->no_follow && is_redirect(&x->response, &location))
		return turn_to(x, way, location) < 0 ? -1 : 1;
	return receive_body(x, config);
}

static int fetch(struct exchange *x, struct way *way, const struct config *config)
{
	int state;
	do {
		state = show(x, way, config);
		ask_close(x);
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
		int error = ask(x, way->address[0], &config->request, false, config->timeout_ms);
		ask_close(x);
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

static const char *contradiction(const struct config *config)
{
	if (config->output && config->repeat)
		return "--repeat receives no body: leave --output out";
	if (config->output && config->request.head)
		return "an answer to --head has no body: leave --output out";
	if (config->output && !*config->output)
		return "--output: give the name of a file, or -";
	return NULL;
}

int main(int argc, char **argv)
{
	static struct exchange x;
	static struct way way;
	struct config config = { .timeout_ms = DEFAULT_TIMEOUT_MS };
	const struct option_set sets[] = { { "Options", options, &config },
					   { "What is asked", request_options, &config.request },
					   { 0 } };
	int first = options_parse(&program, sets, argc, argv);
	if (first < 0)
		return options_status(first);
	if (argc - first != 1)
		return wrong_usage("", argc > first ? "give one URL"
						    : "which URL? For example: http://127.0.0.1:8080/");
	const char *why = contradiction(&config);
	if (why)
		return wrong_usage("", why);
	why = take_address(argv[first], &way);
	if (why)
		return wrong_usage(argv[first], why);
	int status = config.repeat ? fetch_often(&x, &way, &config) : fetch(&x, &way, &config);
	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, "http_client: cannot write to standard output\n");
		return 1;
	}
	return status;
}
