/* http_resolve.c - what a Location means, seen from the address that was asked; see http.h.
 *
 *     base http://a/b/c?d    http://e/f  -> http://e/f        ?y   -> http://a/b/c?y
 *                            //e/f       -> http://e/f        g    -> http://a/b/g
 *                            /f          -> http://a/f        ../g -> http://a/g
 *
 * RFC 3986 sections 5.2 and 5.4 (whose examples are in the unit test).
 *
 * SPDX-License-Identifier: MIT */
#include "http_scan.h"

static struct http_text without(struct http_text text, size_t n)
{
	return (struct http_text){ text.text + n, text.len - n };
}

static bool is_scheme_char(char c, bool first)
{
	bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
	return letter || (!first && (is_kind(c, KIND_DIGIT) || c == '+' || c == '-' || c == '.'));
}

/* "https:" of "https://a/", nothing of "a/b:c". */
static bool has_scheme(struct http_text text)
{
	size_t n = 0;
	while (n < text.len && is_scheme_char(text.text[n], n == 0))
		n++;
	return n > 0 && n < text.len && text.text[n] == ':';
}

/* Whatever stands behind '#' is the reader's, and is never sent. */
static struct http_text cut_fragment(struct http_text text)
{
	const char *mark = text.len ? memchr(text.text, '#', text.len) : NULL;
	return (struct http_text){ text.text, mark ? (size_t)(mark - text.text) : text.len };
}

/* Takes the last segment off what was written from `start` on. */
static void drop_segment(struct http_out *out, size_t start)
{
	while (out->len > start && out->data[--out->len] != '/')
		;
}

/* Writes a path that begins with '/', segment by segment: "/." is left out, "/.." takes one back. */
static void put_path(struct http_out *out, size_t start, struct http_text path)
{
	while (path.len) {
		const char *slash = path.len > 1 ? memchr(path.text + 1, '/', path.len - 1) : NULL;
		size_t len = slash ? (size_t)(slash - path.text) : path.len;
		bool dot = len == 2 && path.text[1] == '.';
		bool dots = len == 3 && path.text[1] == '.' && path.text[2] == '.';
		if (dots)
			drop_segment(out, start);
		if (!dot && !dots)
			http_put(out, path.text, len);
		else if (!slash)
			HTTP_PUT(out, "/");
		path = without(path, len);
	}
}

static void put_query(struct http_out *out, struct http_text query)
{
	if (!query.text)
		return;
	HTTP_PUT(out, "?");
	http_put(out, query.text, query.len);
}

/* The base's path up to its last '/', and then the reference's. A path of so many bytes at most. */
static void put_merged(struct http_out *out, size_t start, struct http_text base, struct http_text path)
{
	char merged[HTTP_LINE_MAX];
	struct http_out m = { .data = merged, .size = sizeof merged };
	const char *slash = memrchr(base.text, '/', base.len);
	http_put(&m, base.text, (size_t)(slash - base.text) + 1);
	http_put(&m, path.text, path.len);
	out->full |= m.full;
	put_path(out, start, (struct http_text){ merged, m.len });
}

static void put_relative(struct http_out *out, const struct http_url *base, struct http_text reference)
{
	struct http_text path, query;
	size_t start = out->len;
	http_split_path(reference, &path, &query);
	if (reference.len == 0 || reference.text[0] == '?') {
		put_path(out, start, base->path);
		put_query(out, query.text ? query : base->query);
		return;
	}
	if (reference.text[0] == '/')
		put_path(out, start, path);
	else
		put_merged(out, start, base->path, path);
	put_query(out, query);
}

/* The reference brings its own host. */
static const char *put_absolute(struct http_out *out, struct http_text reference)
{
	struct http_url url;
	const char *why = http_split_url(reference, &url);
	if (why)
		return why;
	HTTP_PUT(out, "http://");
	http_put(out, url.authority.text, url.authority.len);
	size_t start = out->len;
	put_path(out, start, url.path);
	put_query(out, url.query);
	return NULL;
}

const char *http_resolve(struct http_out *out, const struct http_url *base, struct http_text reference)
{
	const char *why = NULL;
	reference = cut_fragment(reference);
	for (size_t i = 0; i < reference.len; i++)
		if (!is_kind(reference.text[i], KIND_TARGET))
			return "a space or another character that must be written as %XX";
	if (has_scheme(reference)) {
		why = put_absolute(out, reference);
	} else if (reference.len >= 2 && memcmp(reference.text, "//", 2) == 0) {
		char full[HTTP_LINE_MAX];
		struct http_out f = { .data = full, .size = sizeof full };
		HTTP_PUT(&f, "http:");
		http_put(&f, reference.text, reference.len);
		why = f.full ? NULL : put_absolute(out, (struct http_text){ full, f.len });
		out->full |= f.full;
	} else {
		HTTP_PUT(out, "http://");
		http_put(out, base->authority.text, base->authority.len);
		put_relative(out, base, reference);
	}
	return out->full ? "an address longer than 8 KiB" : why;
}
