/* http_response.c - one response head, parsed in place: for clients and the proxy; see http.h.
 *
 *     status line -> header line, header line, ... -> empty line
 *
 * The same inner machine as for requests, so the same strictness. The one thing forgiven is a status line
 * without the space before an empty reason, which many servers send. RFC 9112 sections 4 and 6.
 *
 * SPDX-License-Identifier: MIT */
#include "http_scan.h"

#include <errno.h>

static int malformed(struct http_response *r, const char *why)
{
	r->why = why;
	return -EPROTO;
}

/* "HTTP/1.1 200 OK" */
static int judge_status_line(struct http_response *r, struct http_text line)
{
	enum { VERSION = 9, SHORTEST = 12 };
	const char *t = line.text;
	if (line.len < SHORTEST || memcmp(t, "HTTP/1.", 7) != 0 || !is_kind(t[7], KIND_DIGIT) || t[8] != ' ')
		return malformed(r, "the answer does not begin with HTTP/1.1");
	int64_t status = http_number((struct http_text){ t + VERSION, 3 });
	if (status < 100 || status > 599 || (line.len > SHORTEST && t[SHORTEST] != ' '))
		return malformed(r, "the answer has no status between 100 and 599");
	r->minor = t[7] > '0';
	r->status = (int)status;
	if (line.len > SHORTEST)
		r->reason = (struct http_text){ t + SHORTEST + 1, line.len - SHORTEST - 1 };
	r->line = line;
	return SCAN_DONE;
}

static int scan_status_line(struct scan *s, struct http_response *r)
{
	struct http_text line = scan_value(s);
	int state = scan_line_end(s, -EPROTO, &r->why);
	return state == SCAN_DONE ? judge_status_line(r, line) : state;
}

static int judge_whole(struct http_response *r, const struct gathered *g)
{
	const char *why = check_framing(g, r->minor);
	if (why)
		return malformed(r, why);
	if (g->other_coding)
		return malformed(r, "a transfer coding other than chunked");
	r->content_length = g->content_length;
	r->chunked = g->chunked;
	r->keep_alive = !g->close && (r->minor == 1 || g->keep_alive);
	return SCAN_DONE;
}

int http_parse_response(struct http_response *r, const char *data, size_t len)
{
	struct gathered g = { .content_length = -1, .response = true };
	const char *end = data + len;
	*r = (struct http_response){ .content_length = -1 };
	struct scan s = scan_part(data, end, HTTP_LINE_MAX, -EMSGSIZE);
	int state = scan_status_line(&s, r);
	if (state == SCAN_DONE) {
		s = scan_part(s.at, end, HTTP_FIELDS_MAX, -EMSGSIZE);
		state = scan_fields(&s, &g, &r->fields, -EPROTO, &r->why);
	}
	if (state == SCAN_DONE)
		state = judge_whole(r, &g);
	if (state == -EMSGSIZE)
		r->why = "the head of the answer is longer than 24 KiB";
	return state == SCAN_DONE ? (int)(s.at - data) : state;
}
