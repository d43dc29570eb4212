/* http_conditional.c - requests with conditions: "if it has changed", "the rest of it"; see http_files.h.
 *
 *     If-Match             no tag of it is ours ------------------------> 412
 *       (else) If-Unmodified-Since   it was modified since -------------> 412
 *     If-None-Match        a tag of it is ours -------------------------> 304
 *       (else) If-Modified-Since     it was not modified since ---------> 304
 *     Range, GET only      If-Range there, and neither our tag nor date > 200, all of it
 *                          (else) -------------------------------------> 206 or 416, http_range.c
 *
 * In this order (RFC 9110 section 13.2.2), and a date counts only where there is no tag: it is coarse, a tag is
 * not. Ours are strong tags. If-None-Match compares weakly, so W/"x" is "x"; If-Match and If-Range ask for
 * strong ones. A malformed list of tags has none of ours. A date or range that is malformed, or stands there
 * twice, is as if it was not there: then the whole file is the answer.
 *
 * RFC 9110 sections 8.8, 13.1, 13.2.
 *
 * SPDX-License-Identifier: MIT */
#include "http_files.h"

/* ---- what a file is known by ---- */

static size_t put_hex(char *out, uint64_t number)
{
	char digits[16];
	size_t n = sizeof digits;
	do
		digits[--n] = "0123456789abcdef"[number % 16];
	while (number /= 16);
	memcpy(out, digits + n, sizeof digits - n);
	return sizeof digits - n;
}

void http_validate(struct http_validators *v, uint64_t inode, int64_t size, int64_t mtime_ns, int64_t now_s)
{
	char *at = v->etag;
	*at++ = '"';
	at += put_hex(at, inode);
	*at++ = '-';
	at += put_hex(at, (uint64_t)size);
	*at++ = '-';
	at += put_hex(at, (uint64_t)mtime_ns);
	*at++ = '"';
	v->etag_len = (size_t)(at - v->etag);
	int64_t modified_s = mtime_ns < 0 ? 0 : mtime_ns / 1000000000;
	/* No later than Date: RFC 9110 section 8.8.2.1. */
	v->modified_s = modified_s < now_s ? modified_s : now_s;
}

void http_put_validators(struct http_out *out, const struct http_validators *v)
{
	char date[HTTP_DATE_LEN + 1];
	http_format_date(date, v->modified_s);
	HTTP_PUT(out, "Last-Modified: ");
	http_put(out, date, HTTP_DATE_LEN);
	HTTP_PUT(out, "\r\nETag: ");
	http_put(out, v->etag, v->etag_len);
	HTTP_PUT(out, "\r\n");
}

/* ---- tags ---- */

static bool is_ours(const struct http_validators *v, struct http_text tag)
{
	return tag.len == v->etag_len && memcmp(tag.text, v->etag, tag.len) == 0;
}

/* Takes white space and commas off, then a tag with its quotes. A comma may stand inside a tag, so this is no
 * job for http_next_element(). False: none is left, or what is left is malformed. */
static bool next_tag(struct http_text *list, struct http_text *tag, bool *weak)
{
	const char *at = list->text, *end = at + list->len;
	while (at < end && (*at == ' ' || *at == '\t' || *at == ','))
		at++;
	*weak = end - at > 2 && at[0] == 'W' && at[1] == '/';
	if (*weak)
		at += 2;
	const char *close = end - at > 1 && *at == '"' ? memchr(at + 1, '"', (size_t)(end - at - 1)) : NULL;
	if (!close)
		return false;
	*tag = (struct http_text){ at, (size_t)(close + 1 - at) };
	*list = (struct http_text){ close + 1, (size_t)(end - close - 1) };
	return true;
}

/* "*" is any file that exists, and this one does. */
static bool has_our_tag(const struct http_validators *v, struct http_text list, bool weak_too)
{
	struct http_text tag;
	bool weak;
	if (list.len == 1 && list.text[0] == '*')
		return true;
	while (next_tag(&list, &tag, &weak))
		if (is_ours(v, tag) && (weak_too || !weak))
			return true;
	return false;
}

/* ---- the fields, gathered in one walk ---- */

struct once { /* a field that may stand there once */
	struct http_text value;
	unsigned         n;
};

struct conditions {
	bool        any_match, match;           /* If-Match */
	bool        any_none_match, none_match; /* If-None-Match; none_match: no tag of it is ours */
	struct once modified, unmodified, range, if_range;
};

static void note(struct once *field, struct http_text value)
{
	field->value = value;
	field->n++;
}

/* By length first, as in http_fields.c: most fields are none of these. Lists may go on in a second line. */
static void gather(struct conditions *c, const struct http_validators *v, struct http_text name,
		   struct http_text value)
{
	switch (name.len) {
	case sizeof "range" - 1:
		if (http_is(name, "range"))
			note(&c->range, value);
		break;
	case sizeof "if-match" - 1: /* and "if-range" */
		if (http_is(name, "if-range")) {
			note(&c->if_range, value);
		} else if (http_is(name, "if-match")) {
			c->any_match = true;
			c->match |= has_our_tag(v, value, false);
		}
		break;
	case sizeof "if-none-match" - 1:
		if (http_is(name, "if-none-match")) {
			c->any_none_match = true;
			c->none_match &= !has_our_tag(v, value, true);
		}
		break;
	case sizeof "if-modified-since" - 1:
		if (http_is(name, "if-modified-since"))
			note(&c->modified, value);
		break;
	case sizeof "if-unmodified-since" - 1:
		if (http_is(name, "if-unmodified-since"))
			note(&c->unmodified, value);
		break;
	default:
		break;
	}
}

/* ---- the verdict ---- */

static bool read_date(const struct once *field, int64_t now_s, int64_t *date)
{
	return field->n == 1 && http_parse_date(field->value, now_s, date);
}

static int judge_preconditions(const struct conditions *c, const struct http_validators *v, int64_t now_s)
{
	int64_t date;
	if (c->any_match ? !c->match : read_date(&c->unmodified, now_s, &date) && v->modified_s > date)
		return 412;
	if (c->any_none_match ? !c->none_match : read_date(&c->modified, now_s, &date) && v->modified_s <= date)
		return 304;
	return 200;
}

/* Has the client a part of this very version? A date must be the very one, and so long ago that nothing else
 * can have been written in the same second (RFC 9110 section 8.8.2.2). */
static bool same_version(const struct once *field, const struct http_validators *v, int64_t now_s)
{
	int64_t date;
	if (field->n == 0)
		return true;
	if (field->n > 1)
		return false;
	if (is_ours(v, field->value))
		return true;
	return http_parse_date(field->value, now_s, &date) && date == v->modified_s && date < now_s - 1;
}

int http_judge(const struct http_request *r, const struct http_validators *v, int64_t size, int64_t now_s,
	       struct http_range *range)
{
	struct conditions c = { .none_match = true };
	struct http_text fields = r->fields, name, value;
	*range = (struct http_range){ 0, size };
	while (http_next_field(&fields, &name, &value))
		gather(&c, v, name, value);
	int status = judge_preconditions(&c, v, now_s);
	if (status == 200 && r->method == HTTP_GET && c.range.n == 1 && same_version(&c.if_range, v, now_s))
		status = http_parse_range(c.range.value, size, range);
	return status;
}
