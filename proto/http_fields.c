/* http_fields.c - header fields: the machine for one line, and those fields that frame a message.
 *
 *     name ":" white-space value white-space CR LF        RFC 9112 section 5
 *
 * Two readers of one message must find the same fields and the same end of it, or a request can be hidden in
 * another one (request smuggling). So nothing is guessed here:
 *  - a line ends in CR LF; a bare LF or a bare CR is an error, though section 2.2 would let us forgive the LF;
 *  - no white space before the colon, no line that begins with white space (obs-fold), no control characters;
 *  - Content-Length is one number; Transfer-Encoding ends in chunked, and never stands beside Content-Length.
 *
 * SPDX-License-Identifier: MIT */
#include "http_scan.h"

#define DIGIT   (KIND_TOKEN | KIND_TARGET | KIND_VALUE | KIND_HOST | KIND_DIGIT | KIND_HEX)
#define HEX     (KIND_TOKEN | KIND_TARGET | KIND_VALUE | KIND_HOST | KIND_HEX)
#define NAME    (KIND_TOKEN | KIND_TARGET | KIND_VALUE | KIND_HOST)
#define TOKEN   (KIND_TOKEN | KIND_TARGET | KIND_VALUE)
#define HOST    (KIND_TARGET | KIND_VALUE | KIND_HOST)
#define TARGET  (KIND_TARGET | KIND_VALUE)
#define VALUE   KIND_VALUE

const uint8_t http_kinds[256] = {
	['\t'] = VALUE, [' '] = VALUE, ['#'] = KIND_TOKEN | KIND_VALUE, ['0' ... '9'] = DIGIT,
	['A' ... 'F'] = HEX, ['G' ... 'Z'] = NAME, ['a' ... 'f'] = HEX, ['g' ... 'z'] = NAME,
	['!'] = NAME, ['$'] = NAME, ['&'] = NAME, ['\''] = NAME, ['*'] = NAME, ['+'] = NAME, ['-'] = NAME,
	['.'] = NAME, ['_'] = NAME, ['~'] = NAME, ['%'] = TOKEN, ['^'] = TOKEN, ['`'] = TOKEN, ['|'] = TOKEN,
	['('] = HOST, [')'] = HOST, [','] = HOST, [';'] = HOST, ['='] = HOST,
	['"'] = TARGET, ['/'] = TARGET, [':'] = TARGET, ['<'] = TARGET, ['>'] = TARGET, ['?'] = TARGET,
	['@'] = TARGET, ['['] = TARGET, ['\\'] = TARGET, [']'] = TARGET, ['{'] = TARGET, ['}'] = TARGET,
	[128 ... 255] = VALUE,
};

/* ---- texts ---- */

bool http_is(struct http_text text, const char *lower)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.text[i];
		if ((c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c) != lower[i] || !lower[i])
			return false;
	}
	return !lower[text.len];
}

static struct http_text trim(const char *from, const char *to)
{
	while (from < to && (*from == ' ' || *from == '\t'))
		from++;
	while (from < to && (to[-1] == ' ' || to[-1] == '\t'))
		to--;
	return (struct http_text){ from, (size_t)(to - from) };
}

bool http_next_element(struct http_text *list, struct http_text *element)
{
	if (!list->text)
		return false;
	const char *end = list->text + list->len;
	const char *comma = memchr(list->text, ',', list->len);
	*element = trim(list->text, comma ? comma : end);
	if (comma)
		*list = (struct http_text){ comma + 1, (size_t)(end - comma - 1) };
	else
		*list = (struct http_text){ NULL, 0 };
	return true;
}

int64_t http_number(struct http_text text)
{
	enum { DIGITS = 18 }; /* so many always fit */
	int64_t number = 0;
	if (text.len == 0 || text.len > DIGITS)
		return -1;
	for (size_t i = 0; i < text.len; i++) {
		if (!is_kind(text.text[i], KIND_DIGIT))
			return -1;
		number = number * 10 + (text.text[i] - '0');
	}
	return number;
}

/* ---- finding fields again in a head that was parsed ---- */

bool http_next_field(struct http_text *fields, struct http_text *name, struct http_text *value)
{
	if (fields->len == 0)
		return false;
	const char *at = fields->text, *end = at + fields->len;
	const char *colon = memchr(at, ':', fields->len);
	const char *cr = memchr(colon, '\r', (size_t)(end - colon));
	*name = (struct http_text){ at, (size_t)(colon - at) };
	*value = trim(colon + 1, cr);
	*fields = (struct http_text){ cr + 2, (size_t)(end - cr - 2) };
	return true;
}

bool http_field(struct http_text fields, const char *name, struct http_text *value)
{
	struct http_text found;
	while (http_next_field(&fields, &found, value))
		if (http_is(found, name))
			return true;
	return false;
}

/* ---- the fields that count for framing ---- */

static const char *gather_length(struct gathered *g, struct http_text value)
{
	int64_t length = http_number(value);
	if (length < 0)
		return "Content-Length is not a number";
	if (g->content_length >= 0 && g->content_length != length)
		return "two Content-Lengths that differ";
	g->content_length = length;
	return NULL;
}

static const char *gather_coding(struct gathered *g, struct http_text value)
{
	struct http_text coding;
	g->any_transfer_encoding = true;
	while (http_next_element(&value, &coding)) {
		if (g->chunked || coding.len == 0)
			return "Transfer-Encoding does not end in one chunked";
		if (http_is(coding, "chunked"))
			g->chunked = true;
		else
			g->other_coding = true;
	}
	return NULL;
}

static void gather_connection(struct gathered *g, struct http_text value)
{
	struct http_text option;
	while (http_next_element(&value, &option)) {
		g->close |= http_is(option, "close");
		g->keep_alive |= http_is(option, "keep-alive");
	}
}

static const char *gather_host(struct gathered *g, struct http_text value)
{
	struct http_url url;
	if (g->response)
		return NULL;
	if (g->any_host)
		return "more than one Host";
	if (!http_split_authority(value, &url))
		return "Host is not a host";
	g->any_host = true;
	g->host = value;
	return NULL;
}

/* By length first: most fields are none of ours, and need no comparison to find that out. */
static const char *gather(struct gathered *g, struct http_text name, struct http_text value)
{
	switch (name.len) {
	case sizeof "host" - 1:
		return http_is(name, "host") ? gather_host(g, value) : NULL;
	case sizeof "expect" - 1:
		if (http_is(name, "expect"))
			g->expect_continue |= http_is(value, "100-continue");
		return NULL;
	case sizeof "connection" - 1:
		if (http_is(name, "connection"))
			gather_connection(g, value);
		return NULL;
	case sizeof "content-length" - 1:
		return http_is(name, "content-length") ? gather_length(g, value) : NULL;
	case sizeof "transfer-encoding" - 1:
		return http_is(name, "transfer-encoding") ? gather_coding(g, value) : NULL;
	default:
		return NULL;
	}
}

const char *check_framing(const struct gathered *g, unsigned minor)
{
	if (!g->any_transfer_encoding)
		return NULL;
	if (g->content_length >= 0)
		return "Content-Length and Transfer-Encoding in one message";
	if (minor == 0)
		return "Transfer-Encoding in HTTP/1.0";
	if (!g->chunked)
		return "Transfer-Encoding does not end in one chunked";
	return NULL;
}

/* ---- the machine for one line ---- */

int scan_line_end(struct scan *s, int error, const char **why)
{
	if (s->at == s->end)
		return s->at_end;
	if (*s->at != '\r') {
		*why = *s->at == '\n' ? "a line ends in LF and not in CR LF"
				      : "a character that must not be there";
		return error;
	}
	if (s->at + 1 == s->end)
		return s->at_end;
	if (s->at[1] != '\n') {
		*why = "a CR without LF";
		return error;
	}
	s->at += 2;
	return SCAN_DONE;
}

static const char *bad_name(char first, size_t len, char found)
{
	if (found == '\n')
		return "a line ends in LF and not in CR LF";
	if (first == ' ' || first == '\t')
		return "a header line begins with white space";
	if (len == 0 && found == ':')
		return "a header line without a name";
	if (found == ' ' || found == '\t')
		return "white space before the colon of a header line";
	return "a header line without a colon";
}

int scan_field(struct scan *s, struct gathered *g, int error, const char **why)
{
	struct http_text name = scan_while(s, KIND_TOKEN);
	if (s->at == s->end)
		return s->at_end;
	if (*s->at != ':' || name.len == 0) {
		*why = bad_name(name.text[0], name.len, *s->at);
		return error;
	}
	s->at++;
	struct http_text value = scan_value(s);
	int state = scan_line_end(s, error, why);
	if (state != SCAN_DONE)
		return state;
	*why = gather(g, name, trim(value.text, value.text + value.len));
	return *why ? error : SCAN_DONE;
}

int scan_fields(struct scan *s, struct gathered *g, struct http_text *fields, int error, const char **why)
{
	fields->text = s->at;
	while (s->at < s->end && *s->at != '\r') {
		int state = scan_field(s, g, error, why);
		if (state != SCAN_DONE)
			return state;
	}
	fields->len = (size_t)(s->at - fields->text);
	return scan_line_end(s, error, why);
}
