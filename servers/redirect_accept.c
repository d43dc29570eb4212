/* redirect_accept.c - what a client would rather read: Accept, with its weights.
 *
 *     a browser:  text/html, application/xml;q=0.9, any/any;q=0.8     HTML has 1, JSON 0.8 by the last one
 *
 * "any" stands for an asterisk here. The most specific range that matches a type decides about it. RFC 9110
 * sections 12.4.2 and 12.5.1.
 *
 * SPDX-License-Identifier: MIT */
#include "redirect_parts.h"

enum { Q_ONE = 1000 };

static struct http_text trim(struct http_text t)
{
	while (t.len && (t.text[0] == ' ' || t.text[0] == '\t'))
		t = (struct http_text){ t.text + 1, t.len - 1 };
	while (t.len && (t.text[t.len - 1] == ' ' || t.text[t.len - 1] == '\t'))
		t.len--;
	return t;
}

/* Takes what stands before the first ';'. */
static struct http_text take_part(struct http_text *rest)
{
	const char *end = memchr(rest->text, ';', rest->len);
	size_t len = end ? (size_t)(end - rest->text) : rest->len;
	struct http_text part = { rest->text, len };
	*rest = (struct http_text){ rest->text + len + (end ? 1 : 0), rest->len - len - (end ? 1 : 0) };
	return trim(part);
}

/* "0.85" in thousandths. What is no weight counts as 1. */
static int weight(struct http_text t)
{
	int q = 0, unit = Q_ONE;
	if (t.len == 0 || t.len > 5 || (t.text[0] != '0' && t.text[0] != '1') ||
	    (t.len > 1 && t.text[1] != '.'))
		return Q_ONE;
	for (size_t i = 0; i < t.len; i++) {
		if (i == 1)
			continue;
		if (t.text[i] < '0' || t.text[i] > '9')
			return Q_ONE;
		q += unit * (t.text[i] - '0');
		unit /= 10;
	}
	return q < Q_ONE ? q : Q_ONE;
}

static int weight_of(struct http_text parameters)
{
	while (parameters.len) {
		struct http_text p = take_part(&parameters);
		if (p.len > 2 && (p.text[0] | 0x20) == 'q' && p.text[1] == '=')
			return weight((struct http_text){ p.text + 2, p.len - 2 });
	}
	return Q_ONE;
}

/* How specific is this range about the type: 3 it is it, 2 "text/any", 1 "any/any", 0 it is another. */
static int match(struct http_text range, const char *type)
{
	size_t main_len = strcspn(type, "/");
	struct http_text main_type = { range.text, main_len };
	char lower[32];
	if (http_is(range, type))
		return 3;
	if (range.len == 3 && memcmp(range.text, "*/*", 3) == 0)
		return 1;
	if (range.len != main_len + 2 || main_len >= sizeof lower ||
	    memcmp(range.text + main_len, "/*", 2) != 0)
		return 0;
	memcpy(lower, type, main_len);
	lower[main_len] = '\0';
	return http_is(main_type, lower) ? 2 : 0;
}

static int quality(struct http_text list, const char *type)
{
	struct http_text element;
	int q = 0, best = 0;
	while (http_next_element(&list, &element)) {
		int specific = match(take_part(&element), type);
		if (specific > best) {
			best = specific;
			q = weight_of(element);
		}
	}
	return q;
}

bool redirect_prefers_html(const struct http_request *r, const char *other)
{
	struct http_text accept;
	return http_field(r->fields, "accept", &accept) &&
	       quality(accept, "text/html") > quality(accept, other);
}
