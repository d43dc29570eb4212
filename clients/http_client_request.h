/* http_client_request.h - what is asked: method, conditions, a range, the user's own fields, a proxy. */
#ifndef CLIENTS_HTTP_CLIENT_REQUEST_H
#define CLIENTS_HTTP_CLIENT_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "core/options.h"
#include "proto/http.h"

enum { REQUEST_FIELDS_MAX = 64, REQUEST_MAX = HTTP_HEAD_MAX };

struct request_config { /* zeroed: a plain GET */
	bool            head;          /* HEAD: the body is not asked for */
	const char     *range;         /* "0-99", "100-", "-50" */
	const char     *if_none_match; /* `*`, or tags in quotes; a single one may lack them */
	bool            has_date;
	int64_t         date_s;        /* If-Modified-Since */
	const char     *proxy;         /* as it was given; NULL: none */
	struct http_url proxy_at;
	const char     *fields[REQUEST_FIELDS_MAX];
	int             n_fields;
};

extern const struct option_def request_options[];

/* A whole request. elsewhere: a redirect has led to another server than the one that was named, so it gets
 * neither Host nor what proves who we are from the user's fields. out->full: it is too long for any server. */
void request_write(struct http_out *, const struct request_config *, const struct http_url *, bool elsewhere);

#endif
