/* load_http.c - one request again and again, or those of a list; answers must be well-formed, of the right
 * status and length, and, where it is known, have the right body.
 *
 * A redirect must lead to the path and query that were asked for, on whatever host; one that is followed,
 * anywhere.
 *
 * Parsing a head costs more than all else that the generator does for a request. So heads found right are
 * remembered, and one that is equal to a remembered one, byte for byte, needs no parsing. There is room for
 * several, since a master that sends clients to its slaves by turns has a head for each, and each remembers
 * which one came behind it; a Date changes them once a second.
 *
 * load_http_head.h reads a head, load_http_stream.h finds where it ends and the body after it. RFC 9112.
 *
 * SPDX-License-Identifier: MIT */
#include "bench/load_protocol.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bench/load_config.h"
#include "bench/load_expect.h"
#include "bench/load_http_head.h"
#include "bench/load_http_stream.h"
#include "bench/load_request.h"
#include "bench/load_urls.h"

enum { KNOWN_HEADS = 16, KNOWN_LONGEST = 1024, LOCATION_LONGEST = 8192 };

struct known_head {
	struct http_head head;
	bool             bad_status;
	unsigned         next; /* the head that came behind this one the last time, and is tried first */
	size_t           len;
	char             text[KNOWN_LONGEST];
};

struct http_memory {
	struct known_head heads[KNOWN_HEADS];
	unsigned          last; /* the one that came last */
	unsigned          oldest;
};

/* ---- the request ---- */

/* Requests of a list are there already, and go out one by one. */
static int lend_requests(struct load_script *script, const struct load_urls *urls, uint64_t seed)
{
	script->urls = urls;
	script->random = seed;
	script->requests = urls->requests.data;
	script->request_at = urls->request_at;
	script->n_steps = (unsigned)urls->n;
	script->batch = 1;
	return 0;
}

/* The one request, `batch` times more than once. */
static int make_requests(struct load_script *script, const struct load_config *config, unsigned batch)
{
	const struct load_request request = { config->authority, strlen(config->authority), config->path,
					      strlen(config->path), false };
	struct load_text text = { 0 };
	int error = load_script_alloc(script, 1, batch);
	for (size_t i = 0; i <= batch && !error; i++) {
		error = load_request_put(&text, config, &request);
		script->request_at[i + 1] = text.len;
	}
	script->requests = text.data;
	return error;
}

static int prepare(struct load_script *script, const struct load_config *config, unsigned batch, uint64_t seed)
{
	script->http = calloc(1, sizeof *script->http);
	if (!script->http)
		return -ENOMEM;
	return config->urls ? lend_requests(script, config->urls, seed) : make_requests(script, config, batch);
}

/* ---- the heads that are known ---- */

static const struct known_head *recall(struct http_memory *memory, const char *data, size_t len)
{
	struct known_head *before = &memory->heads[memory->last];
	for (unsigned i = 0, at = before->next; i < KNOWN_HEADS; i++, at = (at + 1) % KNOWN_HEADS) {
		const struct known_head *known = &memory->heads[at];
		if (known->len && known->len <= len && memcmp(known->text, data, known->len) == 0) {
			memory->last = before->next = at;
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
	unsigned at = memory->oldest;
	struct known_head *known = &memory->heads[at];
	memory->oldest = (at + 1) % KNOWN_HEADS;
	memory->heads[memory->last].next = known->next = at;
	memory->last = at;
	known->head = *head;
	known->bad_status = bad_status;
	known->len = piece->len;
	memcpy(known->text, piece->text, piece->len);
	if (head->location) /* in our own copy */
		known->head.location = known->text + (head->location - piece->text);
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

/* The head will be overwritten by what comes behind it. */
static int keep_location(struct load_reader *reader, const struct http_head *head)
{
	if (head->location_len == 0 || head->location_len > LOCATION_LONGEST)
		return -EINVAL;
	if (!reader->location && !(reader->location = malloc(LOCATION_LONGEST)))
		return -ENOMEM;
	memcpy(reader->location, head->location, head->location_len);
	reader->location_len = head->location_len;
	return 0;
}

/* What only some runs want to know. -EINVAL: a redirect that should be followed leads nowhere. */
static int look_closer(const struct load_config *config, struct load_reader *reader,
		       const struct http_head *head)
{
	if (config->follow && is_redirect(head->status))
		return keep_location(reader, head);
	if (config->expect && head->framing != HTTP_NO_BODY)
		http_expect(reader, load_expect_of(config->expect, reader->step));
	return 0;
}

/* Behind a good head: what comes next? */
static enum load_verdict begin_body(const struct load_config *config, struct load_reader *reader,
				    const struct http_head *head, bool bad_status)
{
	static const enum http_state next[] = { [HTTP_LENGTH] = HTTP_BODY, [HTTP_CHUNKED] = HTTP_SIZE,
						[HTTP_UNTIL_END] = HTTP_BODY_UNTIL_END };
	reader->status = head->status;
	reader->bad_status = bad_status;
	reader->cache = head->cache;
	reader->closing |= head->closing;
	reader->location_len = 0;
	reader->body = NULL;
	if ((config->follow || config->expect) && look_closer(config, reader, head) < 0)
		return LOAD_WRONG;
	if (head->framing == HTTP_NO_BODY || (head->framing == HTTP_LENGTH && head->length == 0))
		return http_done(reader);
	reader->state = (int)next[head->framing];
	reader->left = head->length;
	return LOAD_MORE;
}

/* 0: right; 1: well-formed, but not the status that is wanted; -EINVAL. */
static int judge_head(struct load_script *script, const struct load_reader *reader,
		      const struct http_piece *piece, struct http_head *head)
{
	const struct load_config *config = script->config;
	if (http_head_parse(head, piece->text, piece->len, strcmp(config->method, "HEAD") == 0) < 0)
		return -EINVAL;
	bool redirects = is_redirect(head->status), right = redirects || head->status < 400;
	if (redirects && !config->follow &&
	    !ends_with(head->location, head->location_len, load_url_path(config, reader->step)))
		return -EINVAL;
	if (config->expect_status && !(redirects && config->follow))
		right = head->status == config->expect_status;
	head->closing |= config->closes;
	if (!redirects || config->follow || !script->urls) /* else it is right for one URL only */
		remember(script->http, head, !right, piece);
	return !right;
}

/* One that is not known. As judge_head(), or -EAGAIN: it is not complete. */
static int read_new_head(struct load_script *script, struct load_reader *reader, const char *data, size_t len,
			 size_t *used, struct http_head *head)
{
	struct http_piece piece;
	*used = 0;
	if (reader->line_len == 0 && memcmp(data, "HTTP/1.", len < 7 ? len : 7) != 0)
		return -EINVAL; /* at once: what is not HTTP may never have an empty line */
	int found = http_gather(reader, "\r\n\r\n", HTTP_HEAD_MAX, data, len, &piece, used);
	if (found <= 0)
		return found < 0 ? -EINVAL : -EAGAIN;
	return judge_head(script, reader, &piece, head);
}

static enum load_verdict read_head(struct load_script *script, struct load_reader *reader, const char *data,
				   size_t len, size_t *used)
{
	const struct known_head *known = reader->line_len ? NULL : recall(script->http, data, len);
	struct http_head parsed;
	const struct http_head *head = &parsed;
	int bad_status;
	if (known) {
		*used = known->len;
		head = &known->head;
		bad_status = known->bad_status;
	} else {
		bad_status = read_new_head(script, reader, data, len, used, &parsed);
		if (bad_status < 0)
			return bad_status == -EAGAIN ? LOAD_MORE : LOAD_WRONG;
	}
	return begin_body(script->config, reader, head, bad_status);
}

static enum load_verdict check(struct load_script *script, struct load_reader *reader, const char *data,
			       size_t len, size_t *used)
{
	enum load_verdict verdict = LOAD_MORE;
	for (*used = 0; verdict == LOAD_MORE && *used < len;) {
		const char *at = data + *used;
		size_t left = len - *used, n = 0;
		if (reader->body && reader->state != HTTP_HEAD)
			http_compare(reader, at, left);
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
