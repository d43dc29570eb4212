/* load_expect.h - what bodies must be: of a length, or byte by byte as a file has it. */
#ifndef BENCH_LOAD_EXPECT_H
#define BENCH_LOAD_EXPECT_H

#include <stddef.h>

struct load_config;

struct load_body {
	char  *data; /* NULL: only the length is known */
	size_t len;
};

struct load_expect {
	size_t            n; /* 1: the same for all URLs; else one for each */
	struct load_body *bodies;
};

/* A file that every body must be equal to; or a folder in which the path of each URL names a file (index.html
 * where it ends in '/'; without the query). 0, or -1 with `why` filled in; both want load_expect_close(). */
int  load_expect_open(struct load_expect *, const struct load_config *, const char *name, char *why, size_t size);
int  load_expect_length(struct load_expect *, size_t len); /* 0 or -ENOMEM */
void load_expect_close(struct load_expect *);

static inline const struct load_body *load_expect_of(const struct load_expect *expect, unsigned url)
{
	return &expect->bodies[expect->n > 1 ? url : 0];
}

#endif
