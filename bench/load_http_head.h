/* load_http_head.h - the head of an HTTP response, as strictly as a checker must read it (RFC 9112). */
#ifndef BENCH_LOAD_HTTP_HEAD_H
#define BENCH_LOAD_HTTP_HEAD_H

#include <stdbool.h>
#include <stddef.h>

#include "bench/load_protocol.h"

enum http_framing { HTTP_NO_BODY, HTTP_LENGTH, HTTP_CHUNKED, HTTP_UNTIL_END };

struct http_head {
	int               status;
	enum http_framing framing;
	size_t            length;       /* HTTP_LENGTH */
	bool              closing;      /* the server will close behind this answer */
	const char       *location;     /* NULL: there is none; points into the head */
	size_t            location_len;
	enum load_cache   cache;        /* X-Cache: HIT or MISS, whatever follows */
};

/* `text` is the whole head with its empty line; no_body: the request was HEAD. 0 or -EINVAL. */
int http_head_parse(struct http_head *, const char *text, size_t len, bool no_body);

#endif
