/* http_body.c - cuts the content out of a body as it comes: by length, in chunks, or until the end; see http.h.
 *
 *     chunked-body = *( size [ ";" extensions ] CR LF  data CR LF )  "0" CR LF  trailers CR LF
 *
 *     SIZE --;--> EXTENSION --CR--> SIZE_LF --LF--> DATA --all--> DATA_CR --> DATA_LF --> SIZE
 *      '--------------CR-----------^    '--size 0--> TRAILER <--> TRAILER_LINE ... --> LAST_LF --> done
 *
 * Byte by byte on the lines, in pieces on the data, so the bytes may be cut anywhere. Nothing is kept of the
 * lines: extensions and trailers are passed over, their length is bounded. Spaces behind the size are forgiven
 * (some servers pad it), but nothing that could be read as more of the number. RFC 9112 sections 6.3 and 7.1.
 *
 * SPDX-License-Identifier: MIT */
#include "http_scan.h"

#include <errno.h>

enum { SIZE, PADDING, EXTENSION, SIZE_LF, DATA, DATA_CR, DATA_LF, TRAILER, TRAILER_LINE, TRAILER_LF, LAST_LF };
enum { LINES_MAX = HTTP_LINE_MAX };

/* A request without both fields has no body: unlike a response, it never lasts until the end (section 6.3, 7.). */
void http_body_of_request(struct http_body *body, const struct http_request *r)
{
	*body = (struct http_body){ .framing = HTTP_NO_BODY, .done = true };
	if (r->chunked)
		*body = (struct http_body){ .framing = HTTP_CHUNKED };
	else if (r->content_length > 0)
		*body = (struct http_body){ .framing = HTTP_LENGTH, .left = r->content_length };
}

void http_body_of_response(struct http_body *body, const struct http_response *r, bool head)
{
	*body = (struct http_body){ .framing = HTTP_UNTIL_CLOSE };
	if (head || r->status < 200 || r->status == 204 || r->status == 304 || r->content_length == 0) {
		body->framing = HTTP_NO_BODY;
		body->done = true;
	} else if (r->chunked) {
		body->framing = HTTP_CHUNKED;
	} else if (r->content_length > 0) {
		body->framing = HTTP_LENGTH;
		body->left = r->content_length;
	}
}

static int hex_digit(char c)
{
	return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

static int after_size(char c)
{
	return c == '\r' ? SIZE_LF : c == ';' ? EXTENSION : c == ' ' || c == '\t' ? PADDING : -EPROTO;
}

/* One character of the size; the line must have one digit before anything else. */
static int size_char(struct http_body *b, char c)
{
	if (is_kind(c, KIND_HEX)) {
		if (b->left >> 56)
			return -EPROTO;
		b->left = b->left * 16 + hex_digit(c);
		return SIZE;
	}
	return b->line == 1 ? -EPROTO : after_size(c);
}

static int line_char(char c, int in_line, int after_cr)
{
	return c == '\r' ? after_cr : is_kind(c, KIND_VALUE) ? in_line : -EPROTO;
}

/* The state after one byte of framing, or -EPROTO. */
static int step(struct http_body *b, char c)
{
	if (++b->line > LINES_MAX)
		return -EPROTO;
	switch (b->state) {
	case SIZE:
		return size_char(b, c);
	case PADDING:
		return after_size(c);
	case EXTENSION:
		return line_char(c, EXTENSION, SIZE_LF);
	case SIZE_LF:
		b->line = 0;
		return c != '\n' ? -EPROTO : b->left ? DATA : TRAILER;
	case DATA_CR:
		return c == '\r' ? DATA_LF : -EPROTO;
	case DATA_LF:
		b->line = 0;
		return c == '\n' ? SIZE : -EPROTO;
	case TRAILER:
		return line_char(c, TRAILER_LINE, LAST_LF);
	case TRAILER_LINE:
		return line_char(c, TRAILER_LINE, TRAILER_LF);
	case TRAILER_LF:
		return c == '\n' ? TRAILER : -EPROTO;
	default:
		b->done = c == '\n';
		return b->done ? LAST_LF : -EPROTO;
	}
}

/* Data of known length: as much as there is. */
static size_t take_data(struct http_body *b, const char *data, size_t len, struct http_text *piece)
{
	size_t n = (uint64_t)b->left < len ? (size_t)b->left : len;
	*piece = (struct http_text){ data, n };
	b->left -= (int64_t)n;
	return n;
}

static int64_t take_chunked(struct http_body *b, const char *data, size_t len, struct http_text *piece)
{
	size_t used = 0;
	while (used < len && !b->done && b->state != DATA) {
		int state = step(b, data[used++]);
		if (state < 0)
			return state;
		b->state = (unsigned)state;
	}
	if (used < len && !b->done) {
		used += take_data(b, data + used, len - used, piece);
		if (b->left == 0)
			b->state = DATA_CR;
	}
	return (int64_t)used;
}

int64_t http_body_take(struct http_body *b, const char *data, size_t len, struct http_text *piece)
{
	*piece = (struct http_text){ data, 0 };
	if (b->framing == HTTP_CHUNKED)
		return take_chunked(b, data, len, piece);
	if (b->framing == HTTP_UNTIL_CLOSE) {
		piece->len = len;
		return (int64_t)len;
	}
	size_t used = take_data(b, data, len, piece);
	b->done = b->left == 0;
	return (int64_t)used;
}
