/* web_file.c - a file as an answer: head, and content by one of three ways; see web_parts.h.
 *
 *     up to 4 KiB     copied behind the head: it leaves with the answers before and after it, in one send
 *     in memory       lent: the driver sends head and body in one call, and nothing is copied
 *     larger          IO_SENDFILE: from the page cache, with the head in front
 *
 * Copying 4 KiB costs less than a send of its own; a body of 100 KiB costs more than that to copy.
 *
 * RFC 9110 sections 8, 13, 14, 15.3.7.
 *
 * SPDX-License-Identifier: MIT */
#include "web_parts.h"

enum http_did web_say(struct http_turn *t, const struct http_request *r, int status, const char *lines,
		      struct http_text content)
{
	struct http_text type = content.text ? HTTP_TEXT("text/plain") : (struct http_text){ NULL, 0 };
	return http_answer_text(t, r, status, lines, type, content) ? HTTP_ANSWERED : HTTP_FULL;
}

struct content { /* what of a file is the answer */
	const struct io_file  *file;
	const char            *type;
	int64_t                size; /* of the whole file */
	struct http_validators validators;
	struct http_range      range;
	int                    status;
};

/* ---- the head ---- */

/* The lines that tell of the file, as a string. */
static void put_lines(struct http_out *out, const struct content *c)
{
	http_put_validators(out, &c->validators);
	HTTP_PUT(out, "Accept-Ranges: bytes\r\n");
	if (c->status == 206)
		http_put_content_range(out, &c->range, c->size);
	else if (c->status == 416)
		http_put_content_range(out, NULL, c->size);
	http_put(out, "", 1);
}

/* False: it does not fit behind the answers before it. */
static bool put_head(struct http_turn *t, const struct http_request *r, const struct content *c,
		     const char *lines, bool keep)
{
	size_t from = t->out.len;
	struct http_answer head = { .status = c->status, .wall_s = t->env->wall_s, .more = lines,
				    .content_length = c->range.len, .content_type = c->type,
				    .keep_alive = keep, .say_keep_alive = r->minor == 0 };
	http_put_head(&t->out, &head);
	if (!t->out.full)
		return true;
	t->out.full = false;
	t->out.len = from;
	return false;
}

/* ---- the content ---- */

static enum http_did send_file(struct http_turn *t, const struct http_range *range)
{
	const struct web_config *config = t->env->config;
	struct io_req *next = t->next;
	next->op = IO_SENDFILE;
	next->used = t->used;
	next->buf = t->out.data;
	next->len = t->out.len;
	next->offset = (off_t)range->first;
	next->file_len = (size_t)range->len;
	next->answers = t->answers;
	next->timeout_ms = http_send_ms(t);
	next->copy = config->sendfile == 1;
	return HTTP_LEADS;
}

static enum http_did send_content(struct http_turn *t, const struct http_request *r, const struct content *c,
				  bool keep)
{
	const struct http_range *range = &c->range;
	size_t len = (size_t)range->len;
	if (r->method == HTTP_HEAD || len == 0) {
		http_answered(t, r, keep, c->status, 0);
		return HTTP_ANSWERED;
	}
	const char *body = c->file->body ? c->file->body + range->first : NULL;
	if (body && len <= WEB_COPY_MAX && len <= t->out.size - t->out.len) {
		http_put(&t->out, body, len);
		http_answered(t, r, keep, c->status, len);
		return HTTP_ANSWERED;
	}
	http_answered(t, r, keep, c->status, len);
	web_session_of(t)->doing = WEB_SENDING;
	if (!body)
		return send_file(t, range);
	http_send(t, body, len);
	return HTTP_LEADS;
}

static enum http_did answer_condition(struct http_turn *t, const struct http_request *r, int status,
				      const char *lines)
{
	if (status == 304)
		return web_say(t, r, 304, lines, (struct http_text){ NULL, 0 });
	if (status == 412)
		return web_say(t, r, 412, lines, HTTP_TEXT("The file is another one by now.\n"));
	return web_say(t, r, 416, lines, HTTP_TEXT("The file ends before this range begins.\n"));
}

enum http_did web_answer_file(struct http_turn *t, const struct http_request *r, const struct io_file *file,
			      const char *path)
{
	char lines[320]; /* they are of fixed size but for numbers, and fit */
	struct http_out out = { .data = lines, .size = sizeof lines };
	struct content c = { .file = file, .size = file->body ? (int64_t)file->body_len : file->size };
	web_session_of(t)->holds = c.size > WEB_COPY_MAX;
	http_validate(&c.validators, file->inode, c.size, file->mtime_ns, t->env->wall_s);
	c.status = http_judge(r, &c.validators, c.size, t->env->wall_s, &c.range);
	put_lines(&out, &c);
	if (c.status != 200 && c.status != 206)
		return answer_condition(t, r, c.status, lines);
	bool keep = http_may_keep(t, r);
	c.type = http_mime((struct http_text){ path, strlen(path) });
	return put_head(t, r, &c, lines, keep) ? send_content(t, r, &c, keep) : HTTP_FULL;
}
