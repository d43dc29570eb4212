/* http_url.c - addresses: http://host:port/path?query, and the authority that stands in Host.
 *
 *     http-URI  = "http://" host [ ":" port ] [ "/" path ] [ "?" query ]       RFC 9110 section 4.2.1
 *     host      = "[" IPv6 "]" / name of letters, digits, -._~!$&'()*+,;= and %XX    RFC 3986 section 3.2.2
 *
 * "user@host" is refused: it makes a reader take the user for the host (RFC 9110 section 4.2.4).
 *
 * SPDX-License-Identifier: MIT */
#include "http_scan.h"

static bool is_v6(struct http_text text)
{
	size_t colons = 0;
	for (size_t i = 0; i < text.len; i++) {
		colons += text.text[i] == ':';
		if (!is_kind(text.text[i], KIND_HEX) && text.text[i] != ':' && text.text[i] != '.')
			return false;
	}
	return colons >= 2;
}

static bool is_name(struct http_text text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (is_kind(text.text[i], KIND_HOST))
			continue;
		if (text.text[i] != '%' || text.len - i < 3 || !is_kind(text.text[i + 1], KIND_HEX) ||
		    !is_kind(text.text[i + 2], KIND_HEX))
			return false;
		i += 2;
	}
	return text.len > 0;
}

/* ":8080", ":" (as good as none), or nothing. */
static bool split_port(struct http_text text, int *port)
{
	enum { DIGITS = 5, LARGEST = 65535 };
	*port = -1;
	if (text.len <= 1)
		return text.len == 0 || text.text[0] == ':';
	if (text.text[0] != ':' || text.len > 1 + DIGITS)
		return false;
	*port = (int)http_number((struct http_text){ text.text + 1, text.len - 1 });
	return *port >= 0 && *port <= LARGEST;
}

bool http_split_authority(struct http_text text, struct http_url *url)
{
	bool bracket = text.len > 0 && text.text[0] == '[';
	const char *end = text.len ? memchr(text.text, bracket ? ']' : ':', text.len) : NULL;
	if (bracket && !end)
		return false;
	size_t len = end ? (size_t)(end - text.text) : text.len;
	struct http_text host = { text.text + bracket, len - bracket };
	struct http_text tail = { text.text + len + bracket, text.len - len - bracket };
	int port;
	if (!(bracket ? is_v6(host) : is_name(host)) || !split_port(tail, &port))
		return false;
	url->authority = text;
	url->host = host;
	url->port = port;
	return true;
}

void http_split_path(struct http_text text, struct http_text *path, struct http_text *query)
{
	const char *mark = text.len ? memchr(text.text, '?', text.len) : NULL;
	*path = (struct http_text){ text.text, mark ? (size_t)(mark - text.text) : text.len };
	*query = (struct http_text){ NULL, 0 };
	if (mark)
		*query = (struct http_text){ mark + 1, text.len - path->len - 1 };
	if (path->len == 0)
		*path = HTTP_TEXT("/");
}

const char *http_split_url(struct http_text text, struct http_url *url)
{
	static const char scheme[] = "http://";
	enum { SCHEME = sizeof scheme - 1 };
	size_t len = SCHEME;
	if (text.len > SCHEME && http_is((struct http_text){ text.text, SCHEME + 1 }, "https://"))
		return "https is not spoken here, only http";
	if (text.len < SCHEME || !http_is((struct http_text){ text.text, SCHEME }, scheme))
		return "an address begins with http://";
	while (len < text.len && text.text[len] != '/' && text.text[len] != '?' && text.text[len] != '#')
		len++;
	if (!http_split_authority((struct http_text){ text.text + SCHEME, len - SCHEME }, url))
		return "the host in the address is malformed";
	const char *rest = text.text + len, *fragment = memchr(rest, '#', text.len - len);
	url->rest = (struct http_text){ rest, fragment ? (size_t)(fragment - rest) : text.len - len };
	http_split_path(url->rest, &url->path, &url->query);
	return NULL;
}
