/* http.h - answers of an HTTP server, read as strictly as a proxy would: written anew, not with proto/. */
#ifndef CONFORM_HTTP_H
#define CONFORM_HTTP_H

#include "tests/conform/talk.h"

struct heard {
	int    status;
	bool   closing;    /* it says "Connection: close" */
	char   head[8192]; /* whole, with the empty line, ended by '\0' */
	char   body[8192];
	size_t body_len;
};

/* The next answer: head and the Content-Length bytes of its body (none for an answer to HEAD). */
void hear_http(struct client *, struct heard *, bool to_head);

/* The same for content of any size, compared as it comes, with such a Content-Length. */
void hear_http_content(struct client *, int status, const char *want, size_t len);

/* The end, and nothing between it and the last answer. */
void hear_http_end(struct client *);

/* The value of the one field of that name, copied; "" when there is none. Two of them fail the case. */
const char *heard_field(struct client *, const struct heard *, const char *name, char *out, size_t size);

#endif
