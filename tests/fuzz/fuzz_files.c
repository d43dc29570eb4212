/* fuzz_files.c - what HTTP says of files: names stay below the root, dates are dates, ranges within the file.
 *
 *     input: a line with a path, a line with a date, and header lines of a request
 *
 * SPDX-License-Identifier: MIT */
#include "proto/http_files.h"

#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"

/* ---- names ---- */

/* No part of it leads upwards, is empty, or begins at the root of the machine. */
static void check_name(const char *name, size_t len)
{
	EXPECT(strlen(name) == len && name[0] != '/');
	for (const char *part = name; *part; part += *part == '/') {
		size_t n = strcspn(part, "/");
		EXPECT(n > 0);
		EXPECT(!(n == 1 && part[0] == '.') && !(n == 2 && part[0] == '.' && part[1] == '.'));
		part += n;
		EXPECT(!*part || part[1]);
	}
}

/* Encoded, it is safe to print, and is the same name when it comes back. */
static void check_encoded(const char *name, size_t len)
{
	size_t size = 1 + 3 * len;
	struct http_out out = { .data = malloc(size), .size = size };
	char *again = malloc(len + 1);
	bool folder;
	HTTP_PUT(&out, "/");
	http_put_encoded(&out, (struct http_text){ name, len });
	EXPECT(!out.full);
	for (size_t i = 0; i < out.len; i++)
		EXPECT(out.data[i] > ' ' && out.data[i] <= '~' && !strchr("\"'<>&?#:;", out.data[i]));
	int n = http_path(again, len + 1, (struct http_text){ out.data, out.len }, &folder);
	EXPECT(n == (int)len && memcmp(again, name, len) == 0);
	free(again);
	free(out.data);
}

static void check_path(struct http_text path, uint32_t seed)
{
	size_t size = 1 + fuzz_choose(&seed, path.len + 2);
	char *name = malloc(size);
	bool folder;
	int n = http_path(name, size, path, &folder);
	EXPECT(n < (int)size && (n >= 0 || n == -400 || n == -414));
	if (n >= 0) {
		check_name(name, (size_t)n);
		check_encoded(name, (size_t)n);
		http_path_is_hidden(name);
		EXPECT(*http_mime((struct http_text){ name, (size_t)n }));
	}
	free(name);
}

/* ---- dates ---- */

static void check_date(struct http_text text, int64_t now_s)
{
	const int64_t last = 253402300799; /* of the year 9999; a leap second may be behind it */
	char again[HTTP_DATE_LEN + 1];
	int64_t date, same;
	if (!http_parse_date(text, now_s, &date))
		return;
	http_format_date(again, date);
	EXPECT(strlen(again) == HTTP_DATE_LEN);
	EXPECT(http_parse_date((struct http_text){ again, HTTP_DATE_LEN }, now_s, &same));
	EXPECT(same == date || date < 0 || date > last);
}

/* ---- conditions ---- */

static void check_part(int status, const struct http_range *range, int64_t size)
{
	if (status == 206)
		EXPECT(range->first >= 0 && range->len > 0 && range->first <= size - range->len);
	if (status == 200)
		EXPECT(range->first == 0 && range->len == size);
}

static void check_range(struct http_text value, int64_t size)
{
	struct http_range range;
	int status = http_parse_range(value, size, &range);
	EXPECT(status == 200 || status == 206 || status == 416);
	check_part(status, &range, size);
}

static void check_judged(const struct http_request *r, int64_t size, int64_t now_s)
{
	struct http_validators v;
	struct http_range range;
	http_validate(&v, 17, size, now_s * 1000000000 - 123, now_s);
	EXPECT(v.etag_len > 2 && v.etag_len <= HTTP_ETAG_MAX && v.modified_s <= now_s);
	int status = http_judge(r, &v, size, now_s, &range);
	EXPECT(status == 200 || status == 206 || status == 304 || status == 412 || status == 416);
	check_part(status, &range, size);
	EXPECT(status != 206 || r->method == HTTP_GET);
}

static void check_lines(struct http_text lines, uint32_t seed)
{
	static const int64_t sizes[] = { 0, 1, 10, 100000, INT64_MAX / 2 };
	int64_t size = sizes[fuzz_choose(&seed, 5)];
	struct http_text value;
	struct http_request r;
	char *head = malloc(lines.len + 80);
	struct http_out out = { .data = head, .size = lines.len + 80 };
	HTTP_PUT(&out, "GET / HTTP/1.1\r\nHost: a\r\n");
	http_put(&out, lines.text, lines.len);
	HTTP_PUT(&out, "\r\n");
	check_range(lines, size);
	if (http_parse_request(&r, out.data, out.len) > 0) {
		check_judged(&r, size, 784111777);
		if (http_field(r.fields, "range", &value))
			check_range(value, size);
	}
	free(head);
}

/* ---- lines ---- */

/* The next one in memory of its own; free() it. */
static struct http_text next_line(struct fuzz_input *in, size_t *at)
{
	const char *from = in->data + *at, *end = *at < in->len ? memchr(from, '\n', in->len - *at) : NULL;
	size_t len = end ? (size_t)(end - from) : in->len - *at;
	*at += len + !!end;
	return (struct http_text){ fuzz_copy(from, len), len };
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = fuzz_begin(data, size);
	size_t at = 0;
	struct http_text path = next_line(&in, &at), date = next_line(&in, &at);
	struct http_text lines = { fuzz_copy(in.data + at, in.len - at), in.len - at };
	check_path(path, in.seed);
	check_date(date, 784111777);
	check_lines(lines, in.seed);
	free((char *)path.text);
	free((char *)date.text);
	free((char *)lines.text);
	free(in.data);
	return 0;
}
