/* load_http.c - one request again and again; answers must be well-formed, of the right status and length.
 *
 * A redirect must lead to the path and query that were asked for, on whatever host.
 *
 * Parsing a head costs more than all else that the generator does for a request. So heads found right are
 * remembered, and one that is equal to a remembered one, byte for byte, needs no parsing. There is room for
 * several, since a master that sends clients to its slaves by turns has a head for each; a Date changes them
 * once a second.
 *
 * load_http_head.h reads a head, load_http_stream.h finds where it ends and the body after it. RFC 9112.
 *
 * SPDX-License-Identifier: MIT */
#include "bench/load_protocol.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "bench/load_config.h"
#include "bench/load_http_head.h"
#include "bench/load_http_stream.h"

enum { KNOWN_HEADS = 16, KNOWN_LONGEST = 1024 };

struct known_head {
	struct http_head head;
	bool             bad_status;
	size_t           len;
	char             text[KNOWN_LONGEST];
};

struct http_memory {
	struct known_head heads[KNOWN_HEADS];
	unsigned          last; /* the one that matched: the next answer is probably like it */
	unsigned          oldest;
};

/* ---- the request ---- */

static bool has_header(const struct load_config *config, const char *name)
{
	size_t len = strlen(name);
	for (int i = 0; i < config->n_headers; i++)
		if (strncasecmp(config->headers[i], name, len) == 0 && config->headers[i][len] == ':')
			return true;
	return false;
}

static char *make_request(const struct load_config *config, size_t *len)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, len);
	if (!out)
		return NULL;
	fprintf(out, "%s %s%s%s HTTP/1.1\r\n", config->method, config->proxy ? "http://" : "",
		config->proxy ? config->authority : "", config->path);
	if (!has_header(config, "Host"))
		fprintf(out, "Host: %s\r\n", config->authority);
	if (config->churn && !has_header(config, "Connection"))
		fprintf(out, "Connection: close\r\n");
	for (int i = 0; i < config->n_headers; i++)
		fprintf(out, "%s\r\n", config->headers[i]);
	fprintf(out, "\r\n");
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

static int prepare(struct load_script *script, const struct load_config *config, unsigned batch, uint64_t seed)
{
	size_t len;
	char *request = make_request(config, &len);
	(void)seed;
	if (!request)
		return -ENOMEM;
	script->http = calloc(1, sizeof *script->http);
	script->requests = malloc(len * (batch + 1));
	if (load_script_alloc(script, 1, batch) < 0 || !script->http || !script->requests) {
		free(request);
		return -ENOMEM;
	}
	for (size_t i = 0; i <= batch; i++) {
		memcpy(script->requests + i * len, request, len);
		script->request_at[i + 1] = (i + 1) * len;
	}
	free(request);
	return 0;
}

/* ---- the heads that are known ---- */

static const struct known_head *recall(struct http_memory *memory, const char *data, size_t len)
{
	for (unsigned i = 0; i < KNOWN_HEADS; i++) {
		unsigned at = (memory->last + i) % KNOWN_HEADS;
		const struct known_head *known = &memory->heads[at];
		if (known->len && known->len <= len && memcmp(known->text, data, known->len) == 0) {
			memory->last = at;
			return known;
		}
	}
	return NULL;
}

static void remember(struct http_memory *memory, const struct http_head *head, bool bad_status,
		     const struct http_piece *piece)
{
	if (piece->len > KNOWN_LONGEST)
		return;
	struct known_head *known = &memory->heads[memory->oldest];
	memory->oldest = (memory->oldest + 1) % KNOWN_HEADS;
	known->head = *head;
	known->head.location = NULL; /* points into memory of others */
	known->bad_status = bad_status;
	known->len = piece->len;
	memcpy(known->text, piece->text, piece->len);
}

/* ---- judging ---- */

static bool is_redirect(int status)
{
	return (status >= 301 && status <= 303) || status == 307 || status == 308;
}

static bool ends_with(const char *text, size_t len, const char *end)
{
	size_t n = strlen(end);
	return text && len >= n && memcmp(text + len - n, end, n) == 0;
}

/* Behind a good head: what comes next? */
static enum load_verdict begin_body(struct load_reader *reader, const struct http_head *head, bool bad_status)
{
	static const enum http_state next[] = { [HTTP_LENGTH] = HTTP_BODY, [HTTP_CHUNKED] = HTTP_SIZE,
						[HTTP_UNTIL_END] = HTTP_BODY_UNTIL_END };
	reader->status = head->status;
	reader->bad_status = bad_status;
	reader->closing |= head->closing;
	if (head->framing == HTTP_NO_BODY || (head->framing == HTTP_LENGTH && head->length == 0))
		return http_done(reader);
	reader->state = (int)next[head->framing];
	reader->left = head->length;
	return LOAD_MORE;
}

static enum load_verdict judge_head(struct load_script *script, struct load_reader *reader,
				    const struct http_piece *piece)
{
	const struct load_config *config = script->config;
	struct http_head head;
	if (http_head_parse(&head, piece->text, piece->len, strcmp(config->method, "HEAD") == 0) < 0)
		return LOAD_WRONG;
	if (is_redirect(head.status) && !ends_with(head.location, head.location_len, config->path))
		return LOAD_WRONG;
	bool right = config->expect_status ? head.status == config->expect_status : head.status < 400;
	remember(script->http, &head, !right, piece);
	return begin_body(reader, &head, !right);
}

static enum load_verdict read_head(struct load_script *script, struct load_reader *reader, const char *data,
				   size_t len, size_t *used)
{
	struct http_piece piece;
	*used = 0;
	if (reader->line_len == 0) {
		const struct known_head *known = recall(script->http, data, len);
		if (known) {
			*used = known->len;
			return begin_body(reader, &known->head, known->bad_status);
		}
		if (memcmp(data, "HTTP/1.", len < 7 ? len : 7) != 0)
			return LOAD_WRONG; /* at once: what is not HTTP may never have an empty line */
	}
	int found = http_gather(reader, "\r\n\r\n", HTTP_HEAD_MAX, data, len, &piece, used);
	if (found <= 0)
		return found < 0 ? LOAD_WRONG : LOAD_MORE;
	return judge_head(script, reader, &piece);
}

static enum load_verdict check(struct load_script *script, struct load_reader *reader, const char *data,
			       size_t len, size_t *used)
{
	enum load_verdict verdict = LOAD_MORE;
	for (*used = 0; verdict == LOAD_MORE && *used < len;) {
		const char *at = data + *used;
		size_t left = len - *used, n = 0;
		verdict = reader->state == HTTP_HEAD ? read_head(script, reader, at, left, &n)
						     : http_read_body(reader, at, left, &n);
		*used += n;
	}
	if (verdict != LOAD_MORE)
		reader->state = HTTP_HEAD;
	return verdict;
}

static enum load_verdict at_end(struct load_reader *reader)
{
	return reader->state == HTTP_BODY_UNTIL_END ? http_done(reader) : LOAD_WRONG;
}

const struct load_protocol load_http = {
	.name = "http", .port = 80, .prepare = prepare, .check = check, .at_end = at_end,
};
