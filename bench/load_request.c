/* load_request.c - request line, Host, and the user's own fields; see load_request.h. RFC 9112 section 3.
 *
 * A field that the user gives takes the place of ours. Towards a server that a redirect names, Host would be
 * wrong, and what proves who we are is none of its business.
 *
 * SPDX-License-Identifier: MIT */
#include "bench/load_request.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "bench/load_config.h"

int load_text_put(struct load_text *text, const char *data, size_t len)
{
	if (len > text->size - text->len) {
		size_t size = (text->len + len) * 2;
		char *larger = realloc(text->data, size);
		if (!larger)
			return -ENOMEM;
		text->data = larger;
		text->size = size;
	}
	memcpy(text->data + text->len, data, len);
	text->len += len;
	return 0;
}

void load_text_free(struct load_text *text)
{
	free(text->data);
	*text = (struct load_text){ 0 };
}

static int put(struct load_text *out, const char *text)
{
	return load_text_put(out, text, strlen(text));
}

static bool is_named(const char *header, const char *name)
{
	size_t len = strlen(name);
	return strncasecmp(header, name, len) == 0 && header[len] == ':';
}

static const char *find_header(const struct load_config *config, const char *name)
{
	for (int i = 0; i < config->n_headers; i++)
		if (is_named(config->headers[i], name))
			return config->headers[i];
	return NULL;
}

static bool is_for_the_first(const char *header)
{
	return is_named(header, "Host") || is_named(header, "Authorization") || is_named(header, "Cookie");
}

static int put_line(struct load_text *out, const struct load_config *config, const struct load_request *r)
{
	int error = put(out, config->method) | put(out, config->proxy ? " http://" : " ");
	if (config->proxy)
		error |= load_text_put(out, r->authority, r->authority_len);
	return error | load_text_put(out, r->path, r->path_len) | put(out, " HTTP/1.1\r\n");
}

int load_request_put(struct load_text *out, const struct load_config *config, const struct load_request *r)
{
	int error = put_line(out, config, r);
	if (r->elsewhere || !find_header(config, "Host"))
		error |= put(out, "Host: ") | load_text_put(out, r->authority, r->authority_len) |
			 put(out, "\r\n");
	if (config->churn && !find_header(config, "Connection"))
		error |= put(out, "Connection: close\r\n");
	for (int i = 0; i < config->n_headers; i++)
		if (!r->elsewhere || !is_for_the_first(config->headers[i]))
			error |= put(out, config->headers[i]) | put(out, "\r\n");
	return (error | put(out, "\r\n")) ? -ENOMEM : 0;
}

bool load_request_closes(const struct load_config *config)
{
	const char *header = find_header(config, "Connection");
	return config->churn || (header && strcasestr(header, "close"));
}
