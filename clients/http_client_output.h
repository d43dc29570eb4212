/* http_client_output.h - where a body goes: standard output, or a file that is there whole or not at all. */
#ifndef CLIENTS_HTTP_CLIENT_OUTPUT_H
#define CLIENTS_HTTP_CLIENT_OUTPUT_H

#include <limits.h>
#include <stdio.h>

struct output { /* zeroed: nowhere yet */
	FILE       *out;
	const char *name;                   /* as the user gave it; NULL: standard output */
	char        place[PATH_MAX];        /* what it really is: no symbolic link */
	char        temporary[PATH_MAX];    /* beside it; "": written in place */
};

/* name NULL: standard output. 0 or -errno. */
int output_open(struct output *, const char *name);
int output_write(struct output *, const char *data, size_t len); /* 0 or -errno */

/* The body is complete: it gets its name. 0 or -errno; closed in any case. */
int output_finish(struct output *);

/* It is not: as if nothing had been. Also good for one that is not open. */
void output_discard(struct output *);

#endif
