/* load_urls.c - reads a list of pages and lays out the requests for them; see load_urls.h. getline(3).
 *
 * SPDX-License-Identifier: MIT */
#include "bench/load_urls.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/load_config.h"
#include "proto/http.h"

/* ---- one line ---- */

static bool is_clean(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text <= ' ' || *text == 127)
			return false;
	return true;
}

/* A path as it stands there (dot segments may be what is to be tested), or a URL. NULL, or what is wrong. */
static const char *split_line(const struct load_config *config, const char *line, struct load_request *r)
{
	struct http_url url;
	if (strlen(line) >= HTTP_LINE_MAX - sizeof config->authority)
		return "it is too long";
	if (!is_clean(line))
		return "it holds a space or a control character: write %20 and the like";
	*r = (struct load_request){ .authority = config->authority, .authority_len = strlen(config->authority),
				    .path = line, .path_len = strcspn(line, "#") };
	if (*line == '/')
		return NULL;
	const char *why = http_split_url((struct http_text){ line, strlen(line) }, &url);
	if (why)
		return why;
	if (!config->proxy && (url.authority.len != r->authority_len ||
			       memcmp(url.authority.text, r->authority, r->authority_len) != 0))
		return "it leads to another server than the target: ask a --proxy";
	r->authority = url.authority.text;
	r->authority_len = url.authority.len;
	r->path = url.rest.text;
	r->path_len = url.rest.len;
	return NULL;
}

/* http://a and http://a?q have no path, but a request for them has one. */
static int put_texts(struct load_urls *urls, const struct load_config *config, const struct load_request *r)
{
	struct load_url *url = &urls->list[urls->n];
	char path[HTTP_LINE_MAX];
	int n = snprintf(path, sizeof path, "%s%.*s", r->path_len && *r->path == '/' ? "" : "/",
			 (int)r->path_len, r->path);
	url->address = urls->texts.len;
	int error = load_text_put(&urls->texts, "http://", 7) |
		    load_text_put(&urls->texts, r->authority, r->authority_len);
	url->path = urls->texts.len;
	error |= load_text_put(&urls->texts, path, (size_t)n + 1);
	const struct load_request whole = { r->authority, r->authority_len, path, (size_t)n, false };
	error |= load_request_put(&urls->requests, config, &whole);
	urls->request_at[++urls->n] = urls->requests.len;
	return error ? -ENOMEM : 0;
}

/* ---- the file ---- */

/* Room for one more in list and request_at, which grow together. */
static int make_room(struct load_urls *urls)
{
	size_t n = urls->n;
	if (n && (n < 64 || (n & (n - 1)) != 0))
		return 0; /* there is: they grow at powers of two */
	size_t room = n < 64 ? 64 : 2 * n;
	void *list = realloc(urls->list, room * sizeof *urls->list);
	if (!list)
		return -ENOMEM;
	urls->list = list;
	size_t *at = realloc(urls->request_at, (room + 1) * sizeof *at);
	if (!at)
		return -ENOMEM;
	urls->request_at = at;
	at[n] = urls->requests.len;
	return 0;
}

static const char *take_line(struct load_urls *urls, const struct load_config *config, char *line)
{
	struct load_request request;
	size_t end = strlen(line);
	while (end && strchr(" \t\r\n", line[end - 1]))
		line[--end] = '\0';
	line += strspn(line, " \t");
	if (!*line || *line == '#')
		return NULL;
	if (urls->n == LOAD_URLS_MAX)
		return "there are more than a million";
	const char *why = split_line(config, line, &request);
	if (!why && (make_room(urls) < 0 || put_texts(urls, config, &request) < 0))
		why = "not enough memory";
	return why;
}

static int read_all(struct load_urls *urls, const struct load_config *config, FILE *in, const char *name,
		    char *why, size_t size)
{
	char *line = NULL;
	size_t room = 0;
	const char *wrong = NULL;
	int number = 0, error;
	while (!wrong && (errno = 0, getline(&line, &room, in) >= 0)) {
		wrong = take_line(urls, config, line);
		number++;
	}
	error = wrong ? 0 : errno; /* at the end of the file it is 0 */
	if (wrong)
		snprintf(why, size, "--urls: %s, line %d: %s", name, number, wrong);
	else if (error)
		snprintf(why, size, "--urls: cannot read %s: %s", name, strerror(error));
	else if (urls->n == 0)
		snprintf(why, size, "--urls: %s has no line with a path", name);
	bool good = !wrong && !error && urls->n > 0;
	free(line);
	return good ? 0 : -1;
}

int load_urls_open(struct load_urls *urls, const struct load_config *config, const char *file, double exponent,
		   char *why, size_t size)
{
	*urls = (struct load_urls){ 0 };
	FILE *in = fopen(file, "re");
	if (!in) {
		snprintf(why, size, "--urls: cannot open %s: %s", file, strerror(errno));
		return -1;
	}
	int error = read_all(urls, config, in, file, why, size);
	fclose(in);
	if (!error && load_zipf_open(&urls->zipf, urls->n, exponent) < 0) {
		snprintf(why, size, "--urls: not enough memory");
		error = -1;
	}
	return error;
}

void load_urls_close(struct load_urls *urls)
{
	load_text_free(&urls->texts);
	load_text_free(&urls->requests);
	load_zipf_close(&urls->zipf);
	free(urls->list);
	free(urls->request_at);
	*urls = (struct load_urls){ 0 };
}

/* ---- asking ---- */

unsigned load_urls_draw(const struct load_urls *urls, uint64_t *random)
{
	return (unsigned)load_zipf_draw(&urls->zipf, random);
}

const char *load_url_address(const struct load_config *config, unsigned number)
{
	const struct load_urls *urls = config->urls;
	return urls ? urls->texts.data + urls->list[number].address : config->address;
}

const char *load_url_path(const struct load_config *config, unsigned number)
{
	const struct load_urls *urls = config->urls;
	return urls ? urls->texts.data + urls->list[number].path : config->path;
}
