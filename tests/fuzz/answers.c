/* answers.c - see answers.h.
 *
 * SPDX-License-Identifier: MIT */
#include "tests/fuzz/answers.h"

#include <stdlib.h>
#include <string.h>

struct answers answers_of(const struct drive *d, const struct drive_dialogue *c)
{
	return (struct answers){ .in = c->in, .in_len = c->in_len, .sent = d->sent, .sent_len = d->n_sent };
}

static void skip(const char **data, size_t *len, size_t n)
{
	*data += n;
	*len -= n;
}

/* How many of the bytes are the body's; *content, if not NULL, gets what is in it. */
static size_t body_len(struct http_body *body, const char *data, size_t len, struct drive_bytes *content)
{
	size_t used = 0;
	while (used < len && !body->done) {
		struct http_text piece;
		int64_t n = http_body_take(body, data + used, len - used, &piece);
		if (n < 0)
			break;
		if (content && piece.len) {
			content->data = realloc(content->data, content->len + piece.len);
			memcpy(content->data + content->len, piece.text, piece.len);
			content->len += piece.len;
		}
		used += (size_t)n;
	}
	return used;
}

/* Is the next answer one to HEAD? Its head tells of a content that does not come. */
static bool take_request(struct answers *a)
{
	struct http_request r;
	struct http_body body;
	int n = http_parse_request(&r, a->in, a->in_len);
	if (n <= 0) { /* an error is answered, and that is the last answer */
		a->in_len = 0;
		return n < 0 && r.method == HTTP_HEAD;
	}
	skip(&a->in, &a->in_len, (size_t)n);
	http_body_of_request(&body, &r);
	skip(&a->in, &a->in_len, body_len(&body, a->in, a->in_len, NULL));
	return r.method == HTTP_HEAD;
}

bool answers_next(struct answers *a, struct answer *answer)
{
	int n = http_parse_response(&answer->head, a->sent, a->sent_len);
	if (n <= 0)
		return false;
	struct http_body body;
	answer->of_head = take_request(a);
	answer->head_bytes = (struct http_text){ a->sent, (size_t)n };
	skip(&a->sent, &a->sent_len, (size_t)n);
	http_body_of_response(&body, &answer->head, answer->of_head);
	answer->content = (struct http_text){ a->sent, body_len(&body, a->sent, a->sent_len, NULL) };
	answer->whole = body.done;
	skip(&a->sent, &a->sent_len, answer->content.len);
	return true;
}

/* ---- comparing ---- */

static bool same_text(struct http_text a, struct http_text b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.text, b.text, a.len) == 0);
}

static struct drive_bytes content_of(const struct answer *answer)
{
	struct drive_bytes content = { 0 };
	struct http_body body;
	http_body_of_response(&body, &answer->head, answer->of_head);
	body_len(&body, answer->content.text, answer->content.len, &content);
	return content;
}

static bool same_content(const struct answer *a, const struct answer *b)
{
	struct drive_bytes in_a = content_of(a), in_b = content_of(b);
	bool same = in_a.len == in_b.len && (in_a.len == 0 || memcmp(in_a.data, in_b.data, in_a.len) == 0);
	free(in_a.data);
	free(in_b.data);
	return same;
}

/* An answer until the end of the connection never is known to be whole. */
static bool failed(const struct answer *answer)
{
	return answer->head.status == 502 || answer->head.status == 504 || !answer->whole;
}

enum answers_are answers_compare(const struct drive *first, const struct drive *second,
				 const struct drive_dialogue *c)
{
	struct answers a = answers_of(first, c), b = answers_of(second, c);
	struct answer in_a, in_b;
	for (;;) {
		bool more_a = answers_next(&a, &in_a), more_b = answers_next(&b, &in_b);
		if ((more_a && failed(&in_a)) || (more_b && failed(&in_b)))
			return ANSWERS_PARTED;
		if (!more_a && !more_b)
			return a.sent_len || b.sent_len ? ANSWERS_DIFFER : ANSWERS_SAME;
		if (more_a != more_b || !same_text(in_a.head_bytes, in_b.head_bytes))
			return ANSWERS_DIFFER;
		if (!same_content(&in_a, &in_b))
			return ANSWERS_DIFFER;
	}
}
