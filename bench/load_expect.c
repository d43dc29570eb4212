/* load_expect.c - reads the bodies that are expected; see load_expect.h. Read once and kept: a file that
 * changes during a run, or a page cache that is cold, must not count against the server. stat(2), fread(3).
 *
 * SPDX-License-Identifier: MIT */
#include "bench/load_expect.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "bench/load_config.h"
#include "bench/load_urls.h"

enum { MOST_MIB = 2048 };

static int complain(char *why, size_t size, const char *name, const char *what)
{
	snprintf(why, size, "--expect-body: %s: %s", name, what);
	return -1;
}

/* 0 or -errno. */
static int read_stream(struct load_body *body, FILE *in, size_t len)
{
	char *data = malloc(len + 1);
	if (!data)
		return -ENOMEM;
	body->len = fread(data, 1, len + 1, in);
	body->data = data;
	return body->len == len ? 0 : ferror(in) ? -EIO : -EBUSY; /* it grew or shrank meanwhile */
}

static int read_file(struct load_body *body, const char *name, size_t *room)
{
	struct stat st;
	FILE *in = fopen(name, "re");
	if (!in)
		return -errno;
	int error = fstat(fileno(in), &st) < 0 ? -errno : S_ISREG(st.st_mode) ? 0 : -EISDIR;
	if (!error && (uintmax_t)st.st_size > *room)
		error = -EFBIG;
	if (!error)
		error = read_stream(body, in, (size_t)st.st_size);
	if (!error)
		*room -= body->len;
	fclose(in);
	return error;
}

static int read_each(struct load_expect *expect, const struct load_config *config, const char *folder,
		     size_t *room, char *why, size_t size)
{
	char name[PATH_MAX];
	for (unsigned i = 0; i < expect->n; i++) {
		const char *path = load_url_path(config, i);
		int len = (int)strcspn(path, "?");
		int n = snprintf(name, sizeof name, "%s%.*s%s", folder, len, path,
				 path[len - 1] == '/' ? "index.html" : "");
		int error = n < (int)sizeof name ? read_file(&expect->bodies[i], name, room) : -ENAMETOOLONG;
		if (error)
			return complain(why, size, name, strerror(-error));
	}
	return 0;
}

int load_expect_open(struct load_expect *expect, const struct load_config *config, const char *name, char *why,
		     size_t size)
{
	struct stat st;
	size_t room = (size_t)MOST_MIB << 20;
	*expect = (struct load_expect){ 0 };
	if (stat(name, &st) < 0)
		return complain(why, size, name, strerror(errno));
	expect->n = S_ISDIR(st.st_mode) && config->urls ? config->urls->n : 1;
	expect->bodies = calloc(expect->n, sizeof *expect->bodies);
	if (!expect->bodies)
		return complain(why, size, name, strerror(ENOMEM));
	if (S_ISDIR(st.st_mode))
		return read_each(expect, config, name, &room, why, size);
	int error = read_file(&expect->bodies[0], name, &room);
	return error ? complain(why, size, name, strerror(-error)) : 0;
}

int load_expect_length(struct load_expect *expect, size_t len)
{
	*expect = (struct load_expect){ .n = 1, .bodies = calloc(1, sizeof *expect->bodies) };
	if (!expect->bodies)
		return -ENOMEM;
	expect->bodies[0].len = len;
	return 0;
}

void load_expect_close(struct load_expect *expect)
{
	for (size_t i = 0; expect->bodies && i < expect->n; i++)
		free(expect->bodies[i].data);
	free(expect->bodies);
	*expect = (struct load_expect){ 0 };
}
