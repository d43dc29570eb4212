/* load_request.h - HTTP requests as text, with what the options say of them. */
#ifndef BENCH_LOAD_REQUEST_H
#define BENCH_LOAD_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

struct load_config;

struct load_text { /* bytes that grow; zeroed: empty */
	char  *data;
	size_t len, size;
};

int  load_text_put(struct load_text *, const char *data, size_t len); /* 0 or -ENOMEM */
void load_text_free(struct load_text *);

struct load_request {
	const char *authority; /* "127.0.0.1:8080" */
	size_t      authority_len;
	const char *path;      /* "/a?b" */
	size_t      path_len;
	bool        elsewhere; /* a redirect has led there: fields that are meant for the first server stay away */
};

/* Appends one. 0 or -ENOMEM. */
int load_request_put(struct load_text *, const struct load_config *, const struct load_request *);

/* Do all requests say "Connection: close"? */
bool load_request_closes(const struct load_config *);

#endif
