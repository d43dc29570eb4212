/* http_scan.h - what the two head parsers share: the inner machine, that walks along one line.
 *
 * A function of it returns SCAN_DONE, or what a parser returns: 0 (the bytes end here) or negative (wrong).
 * Not for others than proto/http_*.c. */
#ifndef PROTO_HTTP_SCAN_H
#define PROTO_HTTP_SCAN_H

#include "http.h"

/* Which characters may stand where; a set is a bit in http_kinds[]. */
enum {
	KIND_TOKEN = 1,  /* method, field name: RFC 9110 section 5.6.2 */
	KIND_TARGET = 2, /* printable ASCII but for space and '#': a fragment is never sent */
	KIND_VALUE = 4,  /* field value: all but control characters; tab is allowed, and bytes above ASCII */
	KIND_HOST = 8,   /* reg-name but for %XX: RFC 3986 section 3.2.2 */
	KIND_DIGIT = 16,
	KIND_HEX = 32,
};
extern const uint8_t http_kinds[256];

static inline bool is_kind(char c, unsigned kind)
{
	return http_kinds[(unsigned char)c] & kind;
}

enum { SCAN_DONE = 1 };

struct scan {
	const char *at;      /* the next byte */
	const char *end;     /* of what may be looked at: the bytes on offer, or less by a limit */
	int         at_end;  /* what to return there: 0, not yet; or the error of the limit */
};

/* Begins a part of the head that may have `limit` bytes. */
static inline struct scan scan_part(const char *at, const char *end, size_t limit, int error)
{
	bool over = (size_t)(end - at) >= limit;
	return (struct scan){ at, over ? at + limit : end, over ? error : 0 };
}

static inline struct http_text scan_while(struct scan *s, unsigned kind)
{
	const char *start = s->at, *at = start, *end = s->end;
	while (at < end && is_kind(*at, kind))
		at++;
	s->at = at;
	return (struct http_text){ start, (size_t)(at - start) };
}

/* Passes over whole words of eight bytes in which no byte is a control character. Values are most of a head, so
 * this is where its time goes. The top bit of each byte is set aside first, so no carry can reach the next. */
static inline void scan_words(struct scan *s)
{
	const uint64_t ones = UINT64_MAX / 255, top = ones * 0x80;
	uint64_t word, low;
	while (s->end - s->at >= (ptrdiff_t)sizeof word) {
		memcpy(&word, s->at, sizeof word);
		low = word & ~top;
		uint64_t from_space = low + ones * (0x80 - ' '), is_del = low + ones;
		if ((((from_space & ~is_del) | word) & top) != top)
			return;
		s->at += sizeof word;
	}
}

static inline struct http_text scan_value(struct scan *s)
{
	const char *start = s->at;
	scan_words(s);
	scan_while(s, KIND_VALUE);
	return (struct http_text){ start, (size_t)(s->at - start) };
}

/* What the body rules, Connection and Host say, gathered line by line. http_fields.c */
struct gathered {
	int64_t          content_length;
	struct http_text host;
	bool             response; /* Host means nothing there */
	bool             any_host, any_transfer_encoding, chunked, other_coding;
	bool             close, keep_alive, expect_continue;
};

/* Walks over CR LF. Returns `error` (negative) with *why set when something else stands there. */
int scan_line_end(struct scan *, int error, const char **why);

/* One line of the header section, with its CR LF. */
int scan_field(struct scan *, struct gathered *, int error, const char **why);

/* All of them and the empty line; `fields` gets the lines. */
int scan_fields(struct scan *, struct gathered *, struct http_text *fields, int error, const char **why);

/* NULL, or what is wrong with Content-Length and Transfer-Encoding together. */
const char *check_framing(const struct gathered *, unsigned minor);

#endif
