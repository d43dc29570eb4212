/* http_request.c - one request head, parsed in place in one pass; see http.h.
 *
 * Two machines. The outer one knows the message, the inner one (http_scan.h) walks along a line:
 *
 *     blank lines (4 at most) -> request line -> header line, header line, ... -> empty line -> judge the whole
 *
 * Where the bytes end the answer is "not yet", and the next call begins again: the state of the machine is its
 * place in the code, so there is none to keep. The first thing that is wrong decides the status, and what is
 * wrong shows in the bytes up to it: so cutting the bytes differently cannot change the answer.
 *
 *     400  not HTTP, or it could be read in two ways (see http_fields.c); Host missing, doubled or malformed
 *     414  the request line is longer than 8 KiB         431  the header section is longer than 16 KiB
 *     501  a method or transfer coding we do not know    505  neither HTTP/1.0 nor HTTP/1.1
 *
 * A minor version above 1 could be read as 1.1 (RFC 9110 section 2.5), but no such version exists: 505.
 * RFC 9112 sections 2 to 7, 9.3; RFC 9110 sections 5, 7.2, 10.1.1.
 *
 * SPDX-License-Identifier: MIT */
#include "http_scan.h"

static int wrong(struct http_request *r, int status, const char *why)
{
	r->why = why;
	return -status;
}

/* ---- the request line ---- */

#define METHOD_IS(literal) (memcmp(m.text, literal, sizeof(literal) - 1) == 0)

/* Methods are case-sensitive (RFC 9110 section 9.1): "get" is unknown. -1: not one of ours. */
static int find_method(struct http_text m)
{
	switch (m.len) {
	case 3:
		return METHOD_IS("GET") ? HTTP_GET : METHOD_IS("PUT") ? HTTP_PUT : -1;
	case 4:
		return METHOD_IS("HEAD") ? HTTP_HEAD : METHOD_IS("POST") ? HTTP_POST : -1;
	case 5:
		return METHOD_IS("PATCH") ? HTTP_PATCH : METHOD_IS("TRACE") ? HTTP_TRACE : -1;
	case 6:
		return METHOD_IS("DELETE") ? HTTP_DELETE : -1;
	case 7:
		return METHOD_IS("OPTIONS") ? HTTP_OPTIONS : METHOD_IS("CONNECT") ? HTTP_CONNECT : -1;
	default:
		return -1;
	}
}

static int judge_version(struct http_request *r, struct http_text version)
{
	const char *v = version.text;
	if (version.len != 8 || memcmp(v, "HTTP/", 5) != 0 || !is_kind(v[5], KIND_DIGIT) || v[6] != '.' ||
	    !is_kind(v[7], KIND_DIGIT))
		return wrong(r, 400, "the request line does not end in HTTP/1.1");
	if (v[5] != '1' || v[7] > '1')
		return wrong(r, 505, "only HTTP/1.0 and HTTP/1.1 are spoken here");
	r->minor = (unsigned)(v[7] - '0');
	return SCAN_DONE;
}

static int judge_absolute(struct http_request *r)
{
	struct http_url url;
	const char *why = http_split_url(r->target, &url);
	if (why)
		return wrong(r, 400, why);
	r->form = HTTP_ABSOLUTE;
	r->host = url.authority;
	r->path = url.path;
	r->query = url.query;
	return SCAN_DONE;
}

static int judge_authority(struct http_request *r)
{
	struct http_url url;
	if (!http_split_authority(r->target, &url) || url.port < 0)
		return wrong(r, 400, "CONNECT wants host:port");
	r->form = HTTP_AUTHORITY;
	r->host = url.authority;
	return SCAN_DONE;
}

/* Which of the four forms it is; each goes with certain methods only (RFC 9112 section 3.2). */
static int judge_target(struct http_request *r)
{
	if (r->method == HTTP_CONNECT)
		return judge_authority(r);
	if (r->target.text[0] == '/') {
		r->form = HTTP_ORIGIN;
		http_split_path(r->target, &r->path, &r->query);
		return SCAN_DONE;
	}
	if (r->method == HTTP_OPTIONS && r->target.len == 1 && r->target.text[0] == '*') {
		r->form = HTTP_ASTERISK;
		return SCAN_DONE;
	}
	return judge_absolute(r);
}

static int scan_request_line(struct scan *s, struct http_request *r)
{
	struct http_text method = scan_while(s, KIND_TOKEN);
	if (s->at == s->end)
		return s->at_end;
	if (method.len == 0 || *s->at != ' ')
		return wrong(r, 400, "the request line does not begin with a method and a space");
	s->at++;
	r->target = scan_while(s, KIND_TARGET);
	if (s->at == s->end)
		return s->at_end;
	if (r->target.len == 0 || *s->at != ' ')
		return wrong(r, 400, "the request line has no target with a space behind it");
	s->at++;
	struct http_text version = scan_while(s, KIND_TARGET);
	r->line = (struct http_text){ method.text, (size_t)(s->at - method.text) };
	int state = scan_line_end(s, -400, &r->why);
	if (state == SCAN_DONE)
		state = judge_version(r, version);
	if (state != SCAN_DONE)
		return state;
	int known = find_method(method);
	if (known < 0)
		return wrong(r, 501, "this method is not known here");
	r->method = (enum http_method)known;
	return judge_target(r);
}

/* ---- the whole ---- */

static int judge_whole(struct http_request *r, const struct gathered *g)
{
	const char *why = check_framing(g, r->minor);
	if (why)
		return wrong(r, 400, why);
	if (g->other_coding)
		return wrong(r, 501, "no transfer coding but chunked is known here");
	if (r->minor == 1 && !g->any_host)
		return wrong(r, 400, "no Host");
	if (r->form == HTTP_ORIGIN || r->form == HTTP_ASTERISK)
		r->host = g->host;
	r->content_length = g->content_length;
	r->chunked = g->chunked;
	r->keep_alive = !g->close && (r->minor == 1 || g->keep_alive);
	r->expect_continue = g->expect_continue && r->minor == 1;
	return SCAN_DONE;
}

/* A client may send CR LF after a body that has none in its Content-Length (RFC 9112 section 2.2). */
static const char *skip_blank_lines(const char *at, const char *end)
{
	for (int i = 0; i < HTTP_BLANK_MAX && end - at >= 2 && at[0] == '\r' && at[1] == '\n'; i++)
		at += 2;
	return at;
}

int http_parse_request(struct http_request *r, const char *data, size_t len)
{
	struct gathered g = { .content_length = -1 };
	const char *end = data + len, *start = skip_blank_lines(data, end);
	*r = (struct http_request){ .content_length = -1 };
	if (start == end || (end - start == 1 && *start == '\r' && start < data + 2 * HTTP_BLANK_MAX))
		return 0;
	struct scan s = scan_part(start, end, HTTP_LINE_MAX, -414);
	int state = scan_request_line(&s, r);
	if (state == SCAN_DONE) {
		s = scan_part(s.at, end, HTTP_FIELDS_MAX, -431);
		state = scan_fields(&s, &g, &r->fields, -400, &r->why);
	}
	if (state == SCAN_DONE)
		state = judge_whole(r, &g);
	if (state == -414)
		r->why = "the request line is longer than 8 KiB";
	if (state == -431)
		r->why = "the header section is longer than 16 KiB";
	return state == SCAN_DONE ? (int)(s.at - data) : state;
}

bool http_head_grew(const char *data, size_t len, size_t seen)
{
	/* Beyond the shorter limit, look: it may be the longer one that is reached. */
	return seen == 0 || len >= HTTP_LINE_MAX || memchr(data + seen, '\n', len - seen);
}
