/* redirect_choices.c - 300 Multiple Choices: all living slaves as a list, for the client to choose from.
 *
 *     HTTP/1.1 300 Multiple Choices          the list stands in Link, for programs (RFC 8288, "alternate"),
 *     Location: http://b:1/x                 and in the content, for people: HTML if they would rather have it
 *     Link: <http://b:1/x>; rel="alternate"  Location is the one whose turn it is
 *     Link: <http://a:1/x>; rel="alternate"
 *
 * In a Link and in HTML, '<', '>' and '"' of the target would end the address: they stand as %XX there. The
 * list has as many slaves as there is room for in the scratch buffer, the one whose turn it is first; a long
 * target leaves room for fewer of them. RFC 9110 section 15.4.1.
 *
 * SPDX-License-Identifier: MIT */
#include "redirect_parts.h"

#define LINK_END ">; rel=\"alternate\"\r\n"

struct choices { /* an answer being written */
	struct http_turn          *t;
	const struct http_request *r;
	uint64_t                   alive;
	int                        first, n; /* slaves in the list */
	bool                       html, keep;
};

/* ---- addresses ---- */

void redirect_put_path(struct http_out *out, const struct http_request *r)
{
	if (r->form == HTTP_ORIGIN) {
		http_put(out, r->target.text, r->target.len);
		return;
	}
	http_put(out, r->path.text, r->path.len);
	if (r->query.text) {
		HTTP_PUT(out, "?");
		http_put(out, r->query.text, r->query.len);
	}
}

/* What no URL may have bare (RFC 3986) and browsers send nevertheless. */
static bool is_unsafe(char c)
{
	return strchr("\"<>\\^`{|}", c);
}

static void put_safe(struct http_out *out, struct http_text text, bool html)
{
	static const char digits[] = "0123456789ABCDEF";
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.text[i];
		char encoded[3] = { '%', digits[c >> 4], digits[c & 15] };
		struct http_text one = { &text.text[i], 1 };
		if (is_unsafe(text.text[i]))
			http_put(out, encoded, sizeof encoded);
		else if (html)
			redirect_put_html(out, one);
		else
			http_put(out, one.text, one.len);
	}
}

static void put_address(struct http_out *out, const struct choices *c, int slave, bool html)
{
	const struct redirect_config *config = c->t->env->config;
	const char *where = config->slaves[slave].where;
	HTTP_PUT(out, "http://");
	put_safe(out, (struct http_text){ where, strlen(where) }, html);
	put_safe(out, c->r->path, html);
	if (c->r->query.text) {
		HTTP_PUT(out, "?");
		put_safe(out, c->r->query, html);
	}
}

/* ---- the list ---- */

/* The slave behind this one in the circle that is alive. */
static int following(const struct choices *c, int slave)
{
	const struct redirect_config *config = c->t->env->config;
	do
		slave = (slave + 1) % config->n_slaves;
	while (!(c->alive >> slave & 1));
	return slave;
}

static void put_links(struct http_out *out, const struct choices *c)
{
	for (int i = 0, slave = c->first; i < c->n; i++, slave = following(c, slave)) {
		HTTP_PUT(out, "Link: <");
		put_address(out, c, slave, false);
		HTTP_PUT(out, LINK_END);
	}
}

static void put_text(struct http_out *out, const struct choices *c)
{
	for (int i = 0, slave = c->first; i < c->n; i++, slave = following(c, slave)) {
		put_address(out, c, slave, false);
		HTTP_PUT(out, "\n");
	}
}

static void put_html(struct http_out *out, const struct choices *c)
{
	HTTP_PUT(out, "<!DOCTYPE html>\n<title>300 Multiple Choices</title>\n<ul>\n");
	for (int i = 0, slave = c->first; i < c->n; i++, slave = following(c, slave)) {
		HTTP_PUT(out, "<li><a href=\"");
		put_address(out, c, slave, true);
		HTTP_PUT(out, "\">");
		put_address(out, c, slave, true);
		HTTP_PUT(out, "</a>\n");
	}
	HTTP_PUT(out, "</ul>\n");
}

static void put_content(struct http_out *out, const struct choices *c)
{
	if (c->html)
		put_html(out, c);
	else
		put_text(out, c);
}

/* ---- the answer ---- */

static void put_head(struct http_out *out, const struct choices *c, size_t content_len)
{
	const struct redirect_config *config = c->t->env->config;
	http_put(out, config->usual.text, config->usual.len);
	http_put(out, http_date(c->t->env->wall_s), HTTP_DATE_LEN);
	HTTP_PUT(out, "\r\nContent-Type: ");
	if (c->html)
		HTTP_PUT(out, "text/html");
	else
		HTTP_PUT(out, "text/plain");
	HTTP_PUT(out, "\r\nContent-Length: ");
	http_put_number(out, content_len);
	HTTP_PUT(out, "\r\nVary: Accept\r\n");
	if (!config->cacheable)
		HTTP_PUT(out, REDIRECT_NO_STORE);
	put_links(out, c);
	HTTP_PUT(out, "Location: http://");
	http_put(out, config->slaves[c->first].where, strlen(config->slaves[c->first].where));
	redirect_put_path(out, c->r);
	if (!c->keep)
		HTTP_PUT(out, REDIRECT_CLOSE);
	else if (c->r->minor == 0)
		HTTP_PUT(out, REDIRECT_KEEP);
	else
		HTTP_PUT(out, REDIRECT_END);
}

/* The content is written twice: the first time only to see how long it is. The length of it, or -1: no room. */
static int64_t put_all(struct http_out *out, const struct choices *c)
{
	size_t from = out->len;
	put_content(out, c);
	size_t content_len = out->len - from;
	out->len = from;
	if (!out->full)
		put_head(out, c, content_len);
	if (!out->full && c->r->method != HTTP_HEAD)
		put_content(out, c);
	if (!out->full)
		return (int64_t)content_len;
	out->len = from;
	out->full = false;
	return -1;
}

enum http_did redirect_choices(struct http_turn *t, const struct http_request *r, int first)
{
	struct choices c = { .t = t,
			     .r = r,
			     .first = first,
			     .html = redirect_prefers_html(r, "text/plain"),
			     .alive = redirect_alive(t->env->config, t->env->shared) | UINT64_C(1) << first,
			     .keep = http_may_keep(t, r) };
	int64_t len = -1;
	c.n = __builtin_popcountll(c.alive) + 1;
	while (len < 0 && --c.n)
		len = put_all(&t->out, &c);
	if (len < 0)
		return http_answer_error(t, r, 414, "the target is too long") ? HTTP_ANSWERED : HTTP_FULL;
	http_answered(t, r, c.keep, 300, r->method == HTTP_HEAD ? 0 : (uint64_t)len);
	return HTTP_ANSWERED;
}
