/* web_list.c - the names in a folder as a page of links; see web_parts.h.
 *
 *     head, top of the page, some names ---> send ---> more names ---> send ---> ... the last names, bottom
 *
 * The driver has read the names and holds them until the last is sent. A page of them can be larger than the
 * scratch buffer, so it leaves in parts; its length stands in the head, so it is written twice, the first time
 * only to be measured.
 *
 * A name is anything but '/' and '\0', and whoever can make a file can choose it. In a link all but letters,
 * digits and -._~ is %XX, so that "javascript:x" is a file and no program; as text, the five characters that
 * mean something in HTML are references. Names with a dot in front are left out.
 *
 * SPDX-License-Identifier: MIT */
#include "web_parts.h"

enum {
	NAME_MAX_BYTES = 255,
	ENTRY_MAX = NAME_MAX_BYTES * (3 + 6) + 64, /* a byte is at most %XX in the link and &quot; as text */
	TOP_MAX = 2048,
};

/* ---- the page ---- */

static void put_escaped(struct http_out *out, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '&': HTTP_PUT(out, "&amp;"); break;
		case '<': HTTP_PUT(out, "&lt;"); break;
		case '>': HTTP_PUT(out, "&gt;"); break;
		case '"': HTTP_PUT(out, "&quot;"); break;
		case '\'': HTTP_PUT(out, "&#39;"); break;
		default: http_put(out, text, 1);
		}
	}
}

static void put_top(struct http_out *out, const char *path)
{
	char title[TOP_MAX / 2 - 128];
	struct http_out t = { .data = title, .size = sizeof title };
	HTTP_PUT(&t, "/");
	put_escaped(&t, path);
	HTTP_PUT(&t, "/");
	if (t.full) {
		t.len = 0;
		HTTP_PUT(&t, "a folder");
	} else if (!*path) {
		t.len = 1;
	}
	HTTP_PUT(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>");
	http_put(out, title, t.len);
	HTTP_PUT(out, "</title></head>\n<body>\n<h1>");
	http_put(out, title, t.len);
	HTTP_PUT(out, "</h1>\n<ul>\n");
	if (*path)
		HTTP_PUT(out, "<li><a href=\"../\">../</a></li>\n");
}

static void put_entry(struct http_out *out, const char *name)
{
	if (name[0] == '.')
		return;
	HTTP_PUT(out, "<li><a href=\"");
	http_put_encoded(out, (struct http_text){ name, strlen(name) });
	HTTP_PUT(out, "\">");
	put_escaped(out, name);
	HTTP_PUT(out, "</a></li>\n");
}

static void put_bottom(struct http_out *out, const struct io_file *folder)
{
	HTTP_PUT(out, "</ul>\n");
	if (folder->cut_short)
		HTTP_PUT(out, "<p>There are more than these.</p>\n");
	HTTP_PUT(out, "</body>\n</html>\n");
}

/* ---- in parts ---- */

/* Entries from `at` on, as many as fit, and the bottom behind the last: where to go on, or body_len + 1: all is
 * done. */
static size_t put_entries(struct http_out *out, const struct io_file *folder, size_t at)
{
	while (at <= folder->body_len) {
		size_t from = out->len;
		bool last = at == folder->body_len;
		if (last)
			put_bottom(out, folder);
		else
			put_entry(out, folder->body + at);
		if (out->full) {
			out->full = false;
			out->len = from;
			return at;
		}
		at += last ? 1 : strlen(folder->body + at) + 1;
	}
	return at;
}

static int64_t page_len(const struct io_file *folder, const char *path)
{
	char room[TOP_MAX > ENTRY_MAX ? TOP_MAX : ENTRY_MAX];
	struct http_out out = { .data = room, .size = sizeof room };
	put_top(&out, path);
	int64_t len = (int64_t)out.len;
	for (size_t at = 0; at <= folder->body_len; len += (int64_t)out.len) {
		out.len = 0;
		at = put_entries(&out, folder, at);
	}
	return len;
}

/* What is in out leaves; afterwards the rest of the page is written, or there is none. */
static enum http_did send_part(struct http_turn *t, const struct io_file *folder, size_t at)
{
	struct web_session *s = web_session_of(t);
	if (at > folder->body_len)
		return HTTP_ANSWERED;
	s->doing = WEB_LISTING;
	s->listed = folder;
	s->list_at = (uint32_t)at;
	http_send(t, NULL, 0);
	return HTTP_LEADS;
}

void web_go_on_listing(struct http_turn *t)
{
	struct web_session *s = web_session_of(t);
	size_t at = put_entries(&t->out, s->listed, s->list_at);
	s->doing = WEB_NOTHING;
	if (send_part(t, s->listed, at) == HTTP_ANSWERED)
		http_session_go_on(t);
}

enum http_did web_answer_list(struct http_turn *t, const struct http_request *r, const struct io_file *folder,
			      const char *path)
{
	size_t from = t->out.len, at = folder->body_len + 1;
	bool keep = http_may_keep(t, r), head_only = r->method == HTTP_HEAD;
	int64_t len = page_len(folder, path);
	struct http_answer head = { .status = 200, .wall_s = t->env->wall_s, .content_length = len,
				    .content_type = "text/html; charset=utf-8", .keep_alive = keep,
				    .say_keep_alive = r->minor == 0 };
	http_put_head(&t->out, &head);
	if (!head_only)
		put_top(&t->out, path);
	if (t->out.full) {
		t->out.full = false;
		t->out.len = from;
		return HTTP_FULL;
	}
	web_session_of(t)->holds = true;
	if (!head_only)
		at = put_entries(&t->out, folder, 0);
	http_answered(t, r, keep, 200, head_only ? 0 : (uint64_t)len);
	return send_part(t, folder, at);
}
