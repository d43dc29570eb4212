/* load_http_head.c - reads the head of a response; what is not well-formed is refused, never guessed at.
 *
 * Kept apart from the servers' own HTTP code on purpose: a checker that shares code with what it checks
 * shares its mistakes. RFC 9112 sections 4 (status line), 5 (fields), 6.3 (how long the body is), 9.6
 * (closing).
 *
 * SPDX-License-Identifier: MIT */
#include "bench/load_http_head.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

struct parse {
	struct http_head *head;
	int  minor;             /* HTTP/1.minor */
	bool has_length, chunked, other_coding, close, keep_alive;
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_token(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c && strchr("!#$%&'*+-.^_`|~", c));
}

/* "HTTP/1.1 301 Moved Permanently": the reason may be empty, the space before it may not be missing. */
static int parse_status_line(struct parse *p, const char *line, size_t len)
{
	if (len < 13 || memcmp(line, "HTTP/1.", 7) != 0 || !is_digit(line[7]) || line[8] != ' ' ||
	    line[12] != ' ')
		return -EINVAL;
	if (line[9] < '1' || line[9] > '5' || !is_digit(line[10]) || !is_digit(line[11]))
		return -EINVAL;
	p->minor = line[7] - '0';
	p->head->status = (line[9] - '0') * 100 + (line[10] - '0') * 10 + line[11] - '0';
	return 0;
}

static bool is_named(const char *name, size_t len, const char *wanted)
{
	return len == strlen(wanted) && strncasecmp(name, wanted, len) == 0;
}

/* A list of tokens: "keep-alive, upgrade". */
static bool list_has(const char *value, size_t len, const char *wanted)
{
	while (len) {
		size_t n = 0;
		while (n < len && value[n] != ',')
			n++;
		size_t from = 0, to = n;
		while (from < to && (value[from] == ' ' || value[from] == '\t'))
			from++;
		while (to > from && (value[to - 1] == ' ' || value[to - 1] == '\t'))
			to--;
		if (is_named(value + from, to - from, wanted))
			return true;
		n += n < len;
		value += n;
		len -= n;
	}
	return false;
}

static int parse_length(struct parse *p, const char *value, size_t len)
{
	size_t length = 0;
	if (len == 0 || len > 18)
		return -EINVAL;
	for (size_t i = 0; i < len; i++) {
		if (!is_digit(value[i]))
			return -EINVAL;
		length = length * 10 + (size_t)(value[i] - '0');
	}
	if (p->has_length && p->head->length != length)
		return -EINVAL;
	p->has_length = true;
	p->head->length = length;
	return 0;
}

static bool begins_with(const char *value, size_t len, const char *wanted)
{
	size_t n = strlen(wanted);
	return len >= n && strncasecmp(value, wanted, n) == 0 && (len == n || !is_token(value[n]));
}

/* "HIT", "MISS from proxy.example:3128" */
static enum load_cache parse_cache(const char *value, size_t len)
{
	return begins_with(value, len, "HIT")	 ? LOAD_CACHE_HIT
	       : begins_with(value, len, "MISS") ? LOAD_CACHE_MISS
						 : LOAD_CACHE_UNSAID;
}

static int take_field(struct parse *p, const char *name, size_t n_name, const char *value, size_t n_value)
{
	if (is_named(name, n_name, "content-length"))
		return parse_length(p, value, n_value);
	if (is_named(name, n_name, "transfer-encoding")) {
		p->chunked = list_has(value, n_value, "chunked");
		p->other_coding = !is_named(value, n_value, "chunked");
	} else if (is_named(name, n_name, "connection")) {
		p->close |= list_has(value, n_value, "close");
		p->keep_alive |= list_has(value, n_value, "keep-alive");
	} else if (is_named(name, n_name, "location")) {
		if (p->head->location)
			return -EINVAL;
		p->head->location = value;
		p->head->location_len = n_value;
	} else if (is_named(name, n_name, "x-cache")) {
		p->head->cache = parse_cache(value, n_value);
	}
	return 0;
}

/* "Name: value", with no space before the colon and no folded lines. */
static int parse_field(struct parse *p, const char *line, size_t len)
{
	size_t n = 0, end = len;
	while (n < len && is_token(line[n]))
		n++;
	if (n == 0 || n == len || line[n] != ':')
		return -EINVAL;
	for (size_t i = n + 1; i < len; i++)
		if ((unsigned char)line[i] < ' ' && line[i] != '\t')
			return -EINVAL;
	size_t from = n + 1;
	while (from < end && (line[from] == ' ' || line[from] == '\t'))
		from++;
	while (end > from && (line[end - 1] == ' ' || line[end - 1] == '\t'))
		end--;
	return take_field(p, line, n, line + from, end - from);
}

/* RFC 9112 section 6.3, in its order. */
static int decide_framing(struct parse *p, bool no_body)
{
	struct http_head *head = p->head;
	if (p->other_coding || (p->chunked && (p->has_length || p->minor == 0)))
		return -EINVAL;
	if (no_body || head->status < 200 || head->status == 204 || head->status == 304)
		head->framing = HTTP_NO_BODY;
	else if (p->chunked)
		head->framing = HTTP_CHUNKED;
	else
		head->framing = p->has_length ? HTTP_LENGTH : HTTP_UNTIL_END;
	head->closing = p->close || (p->minor == 0 && !p->keep_alive) || head->framing == HTTP_UNTIL_END;
	return head->status < 200 ? -EINVAL : 0; /* an interim answer: nothing that we send asks for one */
}

int http_head_parse(struct http_head *head, const char *text, size_t len, bool no_body)
{
	struct parse p = { .head = head };
	const char *line = text, *end = text + len;
	*head = (struct http_head){ 0 };
	for (int number = 0; line < end; number++) {
		const char *stop = memmem(line, (size_t)(end - line), "\r\n", 2);
		if (!stop)
			return -EINVAL;
		size_t n = (size_t)(stop - line);
		if (n == 0 && number > 0)
			return stop + 2 == end ? decide_framing(&p, no_body) : -EINVAL;
		int error = number == 0 ? parse_status_line(&p, line, n) : parse_field(&p, line, n);
		if (error)
			return error;
		line = stop + 2;
	}
	return -EINVAL;
}
