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
	bool head = take_request(a);
	skip(&a->sent, &a->sent_len, (size_t)n);
	http_body_of_response(&body, &answer->head, head);
	answer->content = (struct http_text){ a->sent, body_len(&body, a->sent, a->sent_len, NULL) };
	skip(&a->sent, &a->sent_len, answer->content.len);
	return true;
}

static void add(struct drive_bytes *out, const char *data, size_t len)
{
	out->data = realloc(out->data, out->len + len + 1);
	if (len)
		memcpy(out->data + out->len, data, len);
	out->len += len;
}

void answers_tidy(struct drive_bytes *out, const struct drive *d, const struct drive_dialogue *c)
{
	struct answers a = answers_of(d, c);
	struct answer answer;
	const char *from = a.sent;
	for (; answers_next(&a, &answer); from = a.sent) {
		add(out, from, (size_t)(answer.content.text - from));
		struct http_body body;
		http_body_of_response(&body, &answer.head, answer.content.len == 0);
		size_t n = body_len(&body, answer.content.text, answer.content.len, out);
		add(out, body.done ? "|" : "...", body.done ? 1 : 3);
		add(out, answer.content.text + n, answer.content.len - n);
	}
	add(out, a.sent, a.sent_len);
}
