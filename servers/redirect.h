/* redirect.h - the redirect master: every request is sent on to a slave; the protocol is proto/http.h. */
#ifndef SERVERS_REDIRECT_H
#define SERVERS_REDIRECT_H

#include "core/io.h"
#include "proto/http.h"

enum {
	REDIRECT_SLAVES_MAX = 64,
	REDIRECT_WEIGHT_MAX = 100,
	REDIRECT_HOST_MAX = 255,
};

struct redirect_slave {
	struct http_text where;     /* "127.0.0.1:9000", as it will stand in Location */
	int              weight;
	size_t           lines_len; /* check() writes the lines that are the same for each of its answers */
	char             lines[160 + REDIRECT_HOST_MAX];
};

struct redirect_config {
	int  code;      /* index: 301, 302, 303, 307, 308 */
	bool cacheable; /* without Cache-Control: no-store */
	int  n_slaves;
	struct redirect_slave slaves[REDIRECT_SLAVES_MAX];
	/* Made by check(): */
	int     status_code;
	size_t  status_len, longest; /* of an answer but for the target */
	char    status[64];
	int     n_turns;
	uint8_t turns[REDIRECT_SLAVES_MAX * REDIRECT_WEIGHT_MAX]; /* slaves in the order of their turns */
};

extern const struct service redirect_service;

#endif
