/* http_path.c - the path of a request becomes the name of a file below a root, or is refused; see http_files.h.
 *
 *     "/a/./%2e%2e/b%20c/"   cut at '/'     decode once    judge                what is kept
 *                             a              a             a name               a
 *                             .              .             nothing              a
 *                             %2e%2e         ..            one back             (nothing)
 *                             b%20c          b c           a name               b c
 *                             (empty)        (empty)       nothing: a folder    b c
 *
 * Cutting comes before decoding, decoding happens once, and judging comes last: so "%2e%2e" is "..", "%252e" is
 * the name "%2e", and "%2f" is a byte that no name can have, never a separator. A backslash is a byte like any
 * other. What is kept has no "..", no empty part and no '/' in front, whatever came in. (That a symbolic link
 * leads nowhere else is the kernel's business: openat2(2), RESOLVE_BENEATH.)
 *
 * RFC 3986 sections 2.1, 5.2.4, 6.2.2.
 *
 * SPDX-License-Identifier: MIT */
#include "http_files.h"

#include "http_scan.h"

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return (c | 0x20) - 'a' + 10; /* the caller has seen that it is one */
}

/* The byte at *at, which moves behind it; -1: no byte of a name. */
static int decode_byte(const char **at, const char *end)
{
	const char *p = *at;
	if (*p != '%') {
		*at = p + 1;
		return *p ? (unsigned char)*p : -1;
	}
	if (end - p < 3 || !is_kind(p[1], KIND_HEX) || !is_kind(p[2], KIND_HEX))
		return -1;
	int byte = hex_value(p[1]) * 16 + hex_value(p[2]);
	*at = p + 3;
	return byte == '\0' || byte == '/' ? -1 : byte;
}

/* One part, up to the next '/' or the end: its length or -status. */
static int decode_part(char *out, size_t size, const char **at, const char *end)
{
	size_t n = 0;
	while (*at < end && **at != '/') {
		int byte = decode_byte(at, end);
		if (byte < 0)
			return -400;
		if (n == size)
			return -414;
		out[n++] = (char)byte;
	}
	return (int)n;
}

/* Without its last part. */
static size_t parent_len(const char *path, size_t len)
{
	const char *slash = memrchr(path, '/', len);
	return slash ? (size_t)(slash - path) : 0;
}

static bool is_dots(const char *part, int n, int dots)
{
	return n == dots && memcmp(part, "..", (size_t)dots) == 0;
}

int http_path(char *out, size_t size, struct http_text path, bool *folder)
{
	const char *at = path.text, *end = at + path.len;
	size_t len = 0;
	*folder = true;
	while (at < end) {
		size_t start = len ? len + 1 : 0; /* of the next part; a '/' comes before it */
		at += *at == '/';
		if (start >= size)
			return -414;
		int n = decode_part(out + start, size - start - 1, &at, end);
		if (n < 0)
			return n;
		bool up = is_dots(out + start, n, 2);
		if (up && len == 0)
			return -400;
		*folder = up || n == 0 || is_dots(out + start, n, 1);
		if (up) {
			len = parent_len(out, len);
		} else if (!*folder) {
			if (len)
				out[len] = '/';
			len = start + (size_t)n;
		}
	}
	out[len] = '\0';
	return (int)len;
}

bool http_path_is_hidden(const char *path)
{
	static const char known[] = ".well-known";
	enum { KNOWN = sizeof known - 1 };
	if (strncmp(path, known, KNOWN) == 0 && (path[KNOWN] == '/' || path[KNOWN] == '\0'))
		path += KNOWN;
	return path[0] == '.' || strstr(path, "/.");
}

void http_put_encoded(struct http_out *out, struct http_text text)
{
	static const char digits[] = "0123456789ABCDEF";
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.text[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
		char code[3] = { '%', digits[c / 16], digits[c % 16] };
		if (letter || (c && strchr("-._~/", c)))
			http_put(out, &text.text[i], 1);
		else
			http_put(out, code, sizeof code);
	}
}
