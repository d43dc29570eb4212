/* files_place.c - a folder of a test's own, and a cache of files over it; see files_place.h.
 *
 * SPDX-License-Identifier: MIT */
#include "tests/unit/files_place.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/check.h"

void place_open(struct place *p, size_t max_bytes, unsigned max_open)
{
	memset(p, 0, sizeof *p);
	snprintf(p->dir, sizeof p->dir, "%s", "/tmp/muxlab-files-XXXXXX");
	CHECK(mkdtemp(p->dir));
	p->root_fd = open(p->dir, O_PATH | O_DIRECTORY);
	p->files = files_open(p->root_fd, max_bytes, max_open);
	CHECK(p->files);
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *where)
{
	(void)st, (void)kind, (void)where;
	return remove(path);
}

void place_close(struct place *p)
{
	files_close(p->files);
	close(p->root_fd);
	CHECK_INT(nftw(p->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

void write_file(int dir_fd, const char *path, const char *bytes, size_t len)
{
	int fd = openat(dir_fd, path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	CHECK_INT(write(fd, bytes, len), len);
	close(fd);
}

void place_write(const struct place *p, const char *path, const char *text)
{
	write_file(p->root_fd, path, text, strlen(text));
}

void place_fill(const struct place *p, const char *path, char byte, size_t len)
{
	char *bytes = malloc(len + 1);
	memset(bytes, byte, len);
	write_file(p->root_fd, path, bytes, len);
	free(bytes);
}

struct file_entry *place_get(struct place *p, const char *path, int64_t now_ms)
{
	struct file_entry *e = NULL;
	CHECK_INT(files_get(p->files, &p->c, path, false, now_ms, &e), 0);
	return e;
}

int place_error(struct place *p, const char *path)
{
	struct file_entry *e = NULL;
	int error = files_get(p->files, &p->c, path, false, NOW, &e);
	if (!error)
		files_unpin(p->files, &p->c, e);
	return error;
}

void place_unpin(struct place *p, struct file_entry *e)
{
	if (e)
		files_unpin(p->files, &p->c, e);
}

void place_touch(struct place *p, const char *path, int64_t now_ms)
{
	place_unpin(p, place_get(p, path, now_ms));
}

bool place_is_hot(struct place *p, const char *path, int64_t now_ms)
{
	struct file_entry *e = files_hot(p->files, path, now_ms);
	place_unpin(p, e);
	return e;
}

void place_check(const struct file_entry *e, const char *text)
{
	const struct io_file *about = file_of(e);
	CHECK_INT(file_fd_of(e), -1);
	CHECK_INT(about->size, strlen(text));
	CHECK_MEM(about->body, about->body_len, text, strlen(text));
}

uint64_t place_calls(const struct place *p)
{
	uint64_t n = 0;
	for (int kind = 0; kind < COUNT_CALLS; kind++)
		n += count_get(&p->c, (enum count)kind);
	return n;
}

int n_descriptors(void)
{
	int n = 0;
	for (int fd = 0; fd < 1024; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}
