/* proxy_forward.h - heads on their way through a proxy, as pure functions: what a request wants, what the
 * origin is asked, what is passed back, and what may be kept. */
#ifndef SERVERS_PROXY_FORWARD_H
#define SERVERS_PROXY_FORWARD_H

#include "proto/http.h"

enum {
	PROXY_HOST_MAX = 255,
	PROXY_VIA_MAX = 32,     /* proxies before us; with more it is taken for a loop */
	PROXY_OPTIONS_MAX = 32, /* in Connection; nobody has that many, and each is compared with each field */
	PROXY_EXTRA = 1024,     /* bytes that a head may gain here */
};

/* ---- requests ---- */

struct proxy_wish { /* what a request says to a proxy */
	struct http_url url;     /* authority, host, and port, 80 if none is given; not the path */
	bool no_store, fresh;    /* Cache-Control: no-store; or no-cache, max-age=0, as a browser's reload */
	bool only_cached;        /* only-if-cached: no origin is to be asked */
	bool authorized;         /* the answer is for this user alone */
	bool seen_before;        /* it has passed through `name` already (Via) */
	bool too_far;            /* or through so many that it must be going in circles */
};

/* All of it but the url: the fields alone. */
void proxy_read_fields(struct proxy_wish *, const struct http_request *, const char *name);

/* NULL, or why this cannot be asked of an origin: 400. The request has an absolute target. */
const char *proxy_read_wish(struct proxy_wish *, const struct http_request *, const char *name);

/* The key in the cache, "host:port/path?query" with the host in lower case. */
void proxy_put_key(struct http_out *, const struct proxy_wish *, const struct http_request *);

/* "host:port" to connect to, ended by '\0'. */
void proxy_put_where(struct http_out *, const struct proxy_wish *);

/* The head for the origin. NULL, or what is wrong with the request: 400. */
const char *proxy_put_request(struct http_out *, const struct proxy_wish *, const struct http_request *,
			      const char *name);

/* ---- responses ---- */

/* Status line and fields as they are passed on and kept: without those that belong to this connection, and
 * without Content-Length, Age and X-Cache, which the caller adds; with Via, and Date if there is none. NULL,
 * or what is wrong. */
const char *proxy_put_response(struct http_out *, const struct http_response *, const char *name,
			       int64_t wall_s);

struct proxy_life { /* seconds, so few that milliseconds fit too */
	int64_t age_s;  /* it is as old as that already */
	int64_t left_s; /* so long it may be kept; 0: not at all */
	bool    no_end; /* nothing is said of an end, left_s has no meaning */
};

/* RFC 9111 sections 3, 4.2, 5.2. */
struct proxy_life proxy_life_of(const struct http_response *, int64_t wall_s);

#endif
