/* http.c - reads HTTP answers off a client's socket; see http.h.
 *
 * A head is a status line and fields, each ended by CR LF, then an empty line: RFC 9112 sections 2 to 6.
 *
 * SPDX-License-Identifier: MIT */
#include "http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static void receive_more(struct client *c, const char *what)
{
	if (!c->inbox)
		c->inbox = take(c->p, INBOX);
	if (c->n_inbox == INBOX)
		expected(c->p, "64 KiB without one", "client %d receives %s", c->number, what);
	size_t n = hear_some(c, c->inbox + c->n_inbox, INBOX - c->n_inbox);
	char text[STORY_TEXT];
	if (n == 0)
		expected(c->p, story_bytes(text, c->inbox, c->n_inbox), "client %d receives %s before the end",
			 c->number, what);
	c->n_inbox += n;
}

static void drop(struct client *c, size_t n)
{
	c->n_inbox -= n;
	memmove(c->inbox, c->inbox + n, c->n_inbox);
}

static size_t head_len(const struct client *c)
{
	const char *end = c->n_inbox ? memmem(c->inbox, c->n_inbox, "\r\n\r\n", 4) : NULL;
	return end ? (size_t)(end + 4 - c->inbox) : 0;
}

const char *heard_field(struct client *c, const struct heard *h, const char *name, char *out, size_t size)
{
	size_t n = 0, name_len = strlen(name);
	*out = '\0';
	for (const char *line = strstr(h->head, "\r\n") + 2; line[0] != '\r'; line = strstr(line, "\r\n") + 2) {
		if (strncasecmp(line, name, name_len) != 0 || line[name_len] != ':')
			continue;
		const char *value = line + name_len + 1 + strspn(line + name_len + 1, " \t");
		snprintf(out, size, "%.*s", (int)strcspn(value, "\r"), value);
		if (n++)
			expected(c->p, h->head, "client %d receives one field %s", c->number, name);
	}
	return out;
}

/* Each line ends in CR LF with neither alone, and is a field; the first one is a status line. */
static void check_head(struct client *c, const struct heard *h)
{
	bool good = strlen(h->head) > 15 && strncmp(h->head, "HTTP/1.1 ", 9) == 0 && h->head[12] == ' ' &&
		    h->status >= 100 && h->status <= 599;
	for (const char *at = h->head; good && *at; at++)
		good = *at == '\r' ? at[1] == '\n' : *at != '\n' || (at > h->head && at[-1] == '\r');
	if (!good)
		expected(c->p, h->head, "client %d receives a well-formed head", c->number);
	for (const char *line = strstr(h->head, "\r\n") + 2; line[0] != '\r'; line = strstr(line, "\r\n") + 2)
		if (strcspn(line, ":") == 0 || strcspn(line, ": \t\r") != strcspn(line, ":"))
			expected(c->p, line, "client %d receives a field in each line", c->number);
}

/* Everything but the content, whose length is said (or, where there is none by nature, may be left unsaid). */
static void hear_head(struct client *c, struct heard *h, bool to_head)
{
	char text[64];
	size_t len;
	while (!(len = head_len(c)))
		receive_more(c, "the head of an answer");
	if (len >= sizeof h->head)
		expected(c->p, "a longer one", "client %d receives a head of less than 8 KiB", c->number);
	memcpy(h->head, c->inbox, len);
	h->head[len] = '\0';
	h->status = atoi(h->head + strcspn(h->head, " "));
	drop(c, len);
	check_head(c, h);
	heard_field(c, h, "Connection", text, sizeof text);
	h->closing = strcasecmp(text, "close") == 0;
	heard_field(c, h, "Content-Length", text, sizeof text);
	if ((!*text && !to_head) || text[strspn(text, "0123456789")] || strlen(text) > 9)
		expected(c->p, h->head, "client %d receives a Content-Length", c->number);
	h->body_len = to_head ? 0 : (size_t)atoi(text);
}

void hear_http(struct client *c, struct heard *h, bool to_head)
{
	char text[64];
	hear_head(c, h, to_head);
	snprintf(text, sizeof text, "%zu bytes", h->body_len);
	if (h->body_len >= sizeof h->body)
		expected(c->p, text, "client %d receives a body of less than 8 KiB", c->number);
	while (c->n_inbox < h->body_len)
		receive_more(c, "the rest of a body");
	if (h->body_len)
		memcpy(h->body, c->inbox, h->body_len);
	h->body[h->body_len] = '\0';
	drop(c, h->body_len);
	STEP(c->p, "client %d receives %d with a body of %zu bytes", c->number, h->status, h->body_len);
}

void hear_http_content(struct client *c, int status, const char *want, size_t len)
{
	struct heard h;
	char text[STORY_TEXT];
	hear_head(c, &h, false);
	if (h.status != status || h.body_len != len)
		expected(c->p, h.head, "client %d receives status %d and Content-Length: %zu", c->number, status, len);
	for (size_t at = 0, n; at < len; at += n) {
		if (!c->n_inbox)
			receive_more(c, "the rest of the content");
		n = c->n_inbox < len - at ? c->n_inbox : len - at;
		if (memcmp(c->inbox, want + at, n) != 0)
			expected(c->p, story_bytes(text, c->inbox, n), "client %d receives what stands at byte %zu",
				 c->number, at);
		drop(c, n);
	}
	STEP(c->p, "client %d receives %d with %zu bytes of content", c->number, status, len);
}

void hear_http_end(struct client *c)
{
	char text[STORY_TEXT];
	if (c->n_inbox)
		expected(c->p, story_bytes(text, c->inbox, c->n_inbox),
			 "client %d receives nothing behind the answer", c->number);
	hear_end(c);
}
