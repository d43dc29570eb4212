/* http_range.c - a part of a file: what Range asks for, and what Content-Range says; see http_files.h.
 *
 *     bytes=0-9     the first ten         bytes=10-   all but these         bytes=-10   the last ten
 *
 * Several ranges would want a body in parts (multipart/byteranges). The whole file is a right answer to every
 * Range (RFC 9110 section 14.2), and ours to several: so nobody can ask for the same bytes a thousand times
 * over.
 *
 * RFC 9110 sections 14.1, 14.2, 14.4, 15.5.17.
 *
 * SPDX-License-Identifier: MIT */
#include "http_files.h"

#include "http_scan.h"

/* Digits at *at. Whatever does not fit is more than any file has. -1: there are none. */
static int64_t take_number(struct http_text *at)
{
	int64_t number = 0;
	size_t n = 0;
	while (n < at->len && is_kind(at->text[n], KIND_DIGIT)) {
		int digit = at->text[n++] - '0';
		number = number > (INT64_MAX - digit) / 10 ? INT64_MAX : number * 10 + digit;
	}
	*at = (struct http_text){ at->text + n, at->len - n };
	return n ? number : -1;
}

/* "bytes=", in whatever case. */
static bool take_unit(struct http_text *value)
{
	enum { UNIT = sizeof "bytes=" - 1 };
	if (value->len < UNIT || !http_is((struct http_text){ value->text, UNIT }, "bytes="))
		return false;
	*value = (struct http_text){ value->text + UNIT, value->len - UNIT };
	return true;
}

/* The one range of the list; false: there are several, or none. An element may be empty (RFC 9110 section
 * 5.6.1). */
static bool only_one(struct http_text list, struct http_text *spec)
{
	struct http_text element;
	unsigned n = 0;
	while (http_next_element(&list, &element)) {
		if (element.len == 0)
			continue;
		*spec = element;
		n++;
	}
	return n == 1;
}

static int whole(int64_t size, struct http_range *range)
{
	*range = (struct http_range){ 0, size };
	return 200;
}

/* "-n". Of an empty file there is no last byte to be named in Content-Range, so it is sent whole. */
static int last_bytes(int64_t n, int64_t size, struct http_range *range)
{
	if (n == 0)
		return 416;
	if (size == 0)
		return 200;
	range->len = n < size ? n : size;
	range->first = size - range->len;
	return 206;
}

int http_parse_range(struct http_text value, int64_t size, struct http_range *range)
{
	struct http_text spec;
	whole(size, range);
	if (!take_unit(&value) || !only_one(value, &spec))
		return 200;
	int64_t first = take_number(&spec);
	if (spec.len == 0 || spec.text[0] != '-')
		return 200;
	spec = (struct http_text){ spec.text + 1, spec.len - 1 };
	int64_t last = take_number(&spec);
	if (spec.len || (first < 0 && last < 0) || (last >= 0 && last < first))
		return 200;
	if (first < 0)
		return last_bytes(last, size, range);
	if (first >= size)
		return 416;
	range->first = first;
	range->len = (last < 0 || last >= size ? size - 1 : last) - first + 1;
	return 206;
}

void http_put_content_range(struct http_out *out, const struct http_range *range, int64_t size)
{
	HTTP_PUT(out, "Content-Range: bytes ");
	if (range) {
		http_put_number(out, (uint64_t)range->first);
		HTTP_PUT(out, "-");
		http_put_number(out, (uint64_t)(range->first + range->len - 1));
	} else {
		HTTP_PUT(out, "*");
	}
	HTTP_PUT(out, "/");
	http_put_number(out, (uint64_t)size);
	HTTP_PUT(out, "\r\n");
}
