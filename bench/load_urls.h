/* load_urls.h - many pages instead of one: a file with a path or a URL in each line, by popularity, and how
 * they are chosen. The requests for them are laid out once, and lent to the scripts of all threads. */
#ifndef BENCH_LOAD_URLS_H
#define BENCH_LOAD_URLS_H

#include <stddef.h>
#include <stdint.h>

#include "bench/load_request.h"
#include "bench/load_zipf.h"

struct load_config;

enum { LOAD_URLS_MAX = 1000000 };

struct load_url { /* offsets into `texts` */
	size_t address; /* "http://authority/path?query", ended by '\0' */
	size_t path;    /* "/path?query", the end of it */
};

struct load_urls {
	size_t           n;
	struct load_url *list;
	struct load_text texts, requests;
	size_t          *request_at; /* n + 1 offsets into requests */
	struct load_zipf zipf;
};

/* Reads the file. A path is one of the target's; a URL must lead to the target, too, unless a proxy is asked.
 * Empty lines, and those that begin with '#', do not count. 0, or -1 with `why` filled in; both want
 * load_urls_close(). */
int  load_urls_open(struct load_urls *, const struct load_config *, const char *file, double exponent, char *why,
		    size_t size);
void load_urls_close(struct load_urls *);

/* Which is asked for next. */
unsigned load_urls_draw(const struct load_urls *, uint64_t *random);

/* Of the URL of this number; also where there is no list. */
const char *load_url_address(const struct load_config *, unsigned number);
const char *load_url_path(const struct load_config *, unsigned number);

#endif
