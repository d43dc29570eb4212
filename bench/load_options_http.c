/* load_options_http.c - what can be said of HTTP requests, of the answers to them, and of pages; see
 * load_options_http.h.
 *
 * SPDX-License-Identifier: MIT */
#include "bench/load_options_http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/load_config.h"
#include "bench/load_expect.h"
#include "bench/load_protocol.h"
#include "bench/load_request.h"
#include "bench/load_urls.h"
#include "core/net.h"

#define FIELD(name) .offset = offsetof(struct load_config, name)

enum { EXPONENT_MAX = 20 };

/* A header goes into the request as it is, so it must not be able to end it. */
static int set_header(void *target, const struct option_def *def, const char *value)
{
	struct load_config *config = target;
	size_t name = strcspn(value, ": \t");
	for (const char *c = value; *c; c++)
		if (((unsigned char)*c < ' ' && *c != '\t') || *c == 127)
			return option_complain(def, "a line's end or another control character in it");
	if (name == 0 || value[name] != ':')
		return option_complain(def, "'%s' is not of the form 'Name: value'", value);
	if (config->n_headers == LOAD_HEADERS_MAX)
		return option_complain(def, "at most %d of them", LOAD_HEADERS_MAX);
	config->headers[config->n_headers++] = value;
	return 0;
}

static int set_exponent(void *target, const struct option_def *def, const char *value)
{
	struct load_config *config = target;
	char *end;
	config->zipf = strtod(value, &end);
	if (!*value || *end || value[strspn(value, "0123456789.")] || config->zipf > EXPONENT_MAX)
		return option_complain(def, "'%s' is not a number from 0 to %d, such as 0.8", value,
				       EXPONENT_MAX);
	return 0;
}

const struct option_def load_http_options[] = {
	{ .name = "urls", .arg = "FILE", .help = "a path or URL in each line: ask for these, the most popular first",
	  .set = set_string, FIELD(url_list) },
	{ .name = "zipf", .arg = "S", .help = "ask for line n by 1 / n^S as often as for the first (0: all alike)",
	  .set = set_exponent },
	{ .name = "follow", .help = "follow up to five redirects; latency is that of the whole way",
	  .set = set_flag, FIELD(follow) },
	{ .name = "proxy", .letter = 'x', .arg = "HOST:PORT",
	  .help = "connect there, ask for the whole URL, count X-Cache: HIT and MISS", .set = set_string,
	  FIELD(proxy) },
	{ .name = "header", .letter = 'H', .arg = "LINE", .help = "add 'Name: value' to each request; repeatable",
	  .set = set_header },
	{ .name = "method", .arg = "NAME", .help = "GET, HEAD, ... (GET)", .set = set_string, FIELD(method) },
	{ .name = "expect-status", .arg = "N", .help = "only this status is right (any 2xx or 3xx)", .set = set_int,
	  FIELD(expect_status), .min = 200, .max = 599 },
	{ .name = "expect-length", .arg = "BYTES", .help = "only bodies of this length are right", .set = set_count,
	  FIELD(expect_length), .min = 0, .max = INT64_MAX / 4 },
	{ .name = "expect-body", .arg = "PATH",
	  .help = "only this file's bytes are right; a folder: those of the file that each URL names there",
	  .set = set_string, FIELD(expect_body) },
	{ 0 },
};

void load_http_defaults(struct load_config *config)
{
	config->method = "GET";
	config->expect_length = -1;
	config->zipf = -1;
}

/* ---- what fits together ---- */

static const char *used_without_http(const struct load_config *config)
{
	if (config->proxy)
		return "--proxy is for http";
	if (config->url_list || config->zipf >= 0)
		return "--urls and --zipf are for http";
	if (config->follow)
		return "--follow is for http";
	if (config->expect_body || config->expect_length >= 0)
		return "--expect-body and --expect-length are for http";
	return NULL;
}

static const char *contradiction(const struct load_config *config)
{
	bool bodies = config->expect_body || config->expect_length >= 0;
	if (config->protocol != &load_http)
		return used_without_http(config);
	if (!*config->method || strpbrk(config->method, " \t\r\n"))
		return "--method is not a word";
	if (config->zipf >= 0 && !config->url_list)
		return "--zipf chooses among --urls: give a list";
	if (config->pipeline > 1 && (config->url_list || config->follow))
		return "--urls and --follow ask for one page at a time: leave --pipeline out";
	if (config->expect_body && config->expect_length >= 0)
		return "--expect-body has a length, too: leave --expect-length out";
	if (bodies && strcmp(config->method, "HEAD") == 0)
		return "an answer to HEAD has no body that could be expected";
	return NULL;
}

/* ---- files ---- */

static int open_urls(struct load_config *config, char *why, size_t size)
{
	if (!config->url_list)
		return 0;
	config->urls = calloc(1, sizeof *config->urls);
	if (!config->urls) {
		snprintf(why, size, "not enough memory");
		return -1;
	}
	return load_urls_open(config->urls, config, config->url_list, config->zipf < 0 ? 0 : config->zipf, why,
			      size);
}

static int open_expect(struct load_config *config, char *why, size_t size)
{
	if (!config->expect_body && config->expect_length < 0)
		return 0;
	config->expect = calloc(1, sizeof *config->expect);
	if (config->expect && config->expect_body)
		return load_expect_open(config->expect, config, config->expect_body, why, size);
	if (config->expect && load_expect_length(config->expect, (size_t)config->expect_length) == 0)
		return 0;
	snprintf(why, size, "not enough memory");
	return -1;
}

int load_http_complete(struct load_config *config, char *why, size_t size)
{
	const char *wrong = contradiction(config);
	if (wrong) {
		snprintf(why, size, "%s", wrong);
		return -1;
	}
	if (config->proxy && net_split(config->proxy, config->host, sizeof config->host, &config->port) < 0) {
		snprintf(why, size, "--proxy: '%s' is not HOST:PORT", config->proxy);
		return -1;
	}
	config->closes = load_request_closes(config);
	return open_urls(config, why, size) < 0 || open_expect(config, why, size) < 0 ? -1 : 0;
}

void load_config_close(struct load_config *config)
{
	if (config->urls)
		load_urls_close(config->urls);
	if (config->expect)
		load_expect_close(config->expect);
	free(config->urls);
	free(config->expect);
	config->urls = NULL;
	config->expect = NULL;
}
