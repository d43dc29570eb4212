/* load_http_stream.c - collects heads and lines that come in pieces, and walks through bodies.
 *
 * The usual answer comes whole, and nothing of it is copied. Only what is cut goes into a buffer of the
 * reader, which is allocated when that first happens. RFC 9112 section 7.1 (chunks).
 *
 * SPDX-License-Identifier: MIT */
#include "bench/load_http_stream.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "bench/load_expect.h"

static int keep(struct load_reader *reader, const char *data, size_t len)
{
	if (!reader->line && !(reader->line = malloc(HTTP_HEAD_MAX)))
		return -ENOMEM;
	memcpy(reader->line + reader->line_len, data, len);
	reader->line_len += len;
	return 0;
}

static int gather_first(struct load_reader *reader, const char *mark, size_t max, const char *data, size_t len,
			struct http_piece *out, size_t *used)
{
	const char *found = memmem(data, len, mark, strlen(mark));
	*used = found ? (size_t)(found - data) + strlen(mark) : len;
	*out = (struct http_piece){ data, *used };
	if (*used > max)
		return -EMSGSIZE;
	return found ? 1 : keep(reader, data, len);
}

int http_gather(struct load_reader *reader, const char *mark, size_t max, const char *data, size_t len,
		struct http_piece *out, size_t *used)
{
	size_t n_mark = strlen(mark), before = reader->line_len;
	if (before == 0)
		return gather_first(reader, mark, max, data, len, out, used);
	size_t taken = len < max - before ? len : max - before;
	size_t from = before < n_mark ? 0 : before - n_mark + 1; /* the mark may have been cut, too */
	if (keep(reader, data, taken) < 0)
		return -ENOMEM;
	const char *found = memmem(reader->line + from, reader->line_len - from, mark, n_mark);
	if (!found) {
		*used = taken;
		return reader->line_len < max ? 0 : -EMSGSIZE;
	}
	*out = (struct http_piece){ reader->line, (size_t)(found - reader->line) + n_mark };
	*used = out->len - before;
	reader->line_len = 0;
	return 1;
}

enum load_verdict http_done(const struct load_reader *reader)
{
	if (reader->bad_status)
		return LOAD_BAD_STATUS;
	bool all = !reader->body || (!reader->bad_body && reader->seen == reader->body->len);
	return all ? LOAD_RIGHT : LOAD_BAD_BODY;
}

void http_expect(struct load_reader *reader, const struct load_body *body)
{
	reader->body = body;
	reader->bad_body = false;
	reader->seen = 0;
}

void http_compare(struct load_reader *reader, const char *data, size_t len)
{
	const struct load_body *body = reader->body;
	if (reader->state == HTTP_BODY || reader->state == HTTP_CHUNK)
		len = len < reader->left ? len : reader->left;
	else if (reader->state != HTTP_BODY_UNTIL_END)
		return;
	if (body->data && reader->seen < body->len) {
		size_t left = body->len - reader->seen;
		reader->bad_body |= memcmp(data, body->data + reader->seen, len < left ? len : left) != 0;
	}
	reader->seen += len;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 32; /* to lower case */
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "1a2b\r\n", "1a2b;extension\r\n" */
static int parse_chunk_size(const struct http_piece *line, size_t *size)
{
	enum { MOST_DIGITS = 15 };
	size_t i = 0;
	*size = 0;
	for (; i <= MOST_DIGITS && hex_digit(line->text[i]) >= 0; i++) /* the line ends in \r\n */
		*size = *size * 16 + (size_t)hex_digit(line->text[i]);
	return i > 0 && i <= MOST_DIGITS && (line->text[i] == '\r' || line->text[i] == ';') ? 0 : -EINVAL;
}

/* The three kinds of lines in a chunked body: a size, the empty one behind a chunk, the trailer's. */
static enum load_verdict read_line(struct load_reader *reader, const char *data, size_t len, size_t *used)
{
	struct http_piece line;
	int found = http_gather(reader, "\r\n", HTTP_LINE_MAX, data, len, &line, used);
	if (found <= 0)
		return found < 0 ? LOAD_WRONG : LOAD_MORE;
	if (reader->state == HTTP_TRAILER)
		return line.len == 2 ? http_done(reader) : LOAD_MORE;
	if (reader->state == HTTP_CHUNK_END) {
		reader->state = HTTP_SIZE;
		return line.len == 2 ? LOAD_MORE : LOAD_WRONG;
	}
	if (parse_chunk_size(&line, &reader->left) < 0)
		return LOAD_WRONG;
	reader->state = reader->left ? HTTP_CHUNK : HTTP_TRAILER;
	return LOAD_MORE;
}

static enum load_verdict read_bytes(struct load_reader *reader, size_t len, size_t *used)
{
	*used = len < reader->left ? len : reader->left;
	reader->left -= *used;
	if (reader->left)
		return LOAD_MORE;
	if (reader->state == HTTP_BODY)
		return http_done(reader);
	reader->state = HTTP_CHUNK_END;
	return LOAD_MORE;
}

enum load_verdict http_read_body(struct load_reader *reader, const char *data, size_t len, size_t *used)
{
	if (reader->state == HTTP_BODY || reader->state == HTTP_CHUNK)
		return read_bytes(reader, len, used);
	if (reader->state != HTTP_BODY_UNTIL_END)
		return read_line(reader, data, len, used);
	*used = len;
	return LOAD_MORE;
}
