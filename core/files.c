/* files.c - opens what is at a path, looks whether what we have is still that, reads small files; see files.h.
 *
 *     files_hot: known, fresh ------------------------------------------------------------------> pin   no call
 *     files_get: known ---> look: the same -----------------------------------------------------> pin   3 calls
 *                       '-> another, or none known ---> open, describe --+-- small: read -------> keep  5
 *                                                                        +-- large -------------> keep  2
 *                                                                        '-- no room: for one session   2
 *
 * How we know that a body is that of its description: it was read between two fstat(2) that tell the same. That is not
 * quite enough. Timestamps move in ticks, of milliseconds or, on old file systems, of seconds; and one write(2) may be
 * half done when it has moved them. So a body that was read while its file was young is read again at the next look,
 * until it is not. (Stores through a mapping, mmap(2), move timestamps much later: no server sees those at once.)
 *
 * A large file is kept open and not read, so it may be rewritten in place under its description: there each one who
 * asks looks, with one fstat.
 *
 * Paths are compared as they are written: "a" and "b/../a" are two entries. openat2(2), fstat(2), pread(2), inode(7).
 *
 * SPDX-License-Identifier: MIT */
#include "files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "error.h"
#include "file_cache.h"
#include "listing.h"
#include "sys.h"

enum { OPEN_ATTEMPTS = 8 };

static const int64_t YOUNG_NS = 2000000000; /* FAT counts two seconds */

struct files {
	int               root_fd;
	struct file_cache cache;
};

/* ---- looking at files ---- */

static int64_t in_ns(struct timespec t)
{
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Changed a moment ago; or in the future, when a clock was set back. */
static bool is_young(const struct file_entry *e)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME_COARSE, &now); /* the one that file systems stamp with */
	return e->ctime_ns > in_ns(now) - YOUNG_NS;
}

static void describe(struct file_entry *e, const struct stat *st)
{
	e->about = (struct io_file){ .size = st->st_size, .mtime_ns = in_ns(st->st_mtim), .inode = st->st_ino,
				     .directory = S_ISDIR(st->st_mode) };
	e->device = st->st_dev;
	e->ctime_ns = in_ns(st->st_ctim);
}

static bool is_same(const struct file_entry *e, const struct stat *st)
{
	return e->device == st->st_dev && e->about.inode == st->st_ino && e->about.size == st->st_size &&
	       e->about.mtime_ns == in_ns(st->st_mtim) && e->ctime_ns == in_ns(st->st_ctim);
}

/* openat2(2) says EAGAIN when a rename elsewhere raced with a "..", and means: try again. Nothing would wake us. */
static int open_below(struct counters *c, int root_fd, const char *path)
{
	int fd = -EAGAIN;
	for (int i = 0; i < OPEN_ATTEMPTS && (fd == -EAGAIN || fd == -EINTR); i++)
		fd = sys_open_below(c, root_fd, path);
	return fd == -EAGAIN || fd == -EINTR ? -EBUSY : fd;
}

/* A descriptor, and what it is; or -errno. Only files and folders: a device or a FIFO could block, or have no size. */
static int open_and_look(struct counters *c, int root_fd, const char *path, struct stat *st)
{
	int fd = open_below(c, root_fd, path);
	if (fd < 0)
		return fd;
	int error = sys_fstat(c, fd, st);
	if (!error && !S_ISREG(st->st_mode) && !S_ISDIR(st->st_mode))
		error = -EACCES;
	if (!error)
		return fd;
	sys_close(c, fd);
	return error;
}

/* ---- what is opened anew ---- */

static void close_entry(struct counters *c, struct file_entry *e)
{
	sys_close(c, e->fd);
	e->fd = -1;
}

static bool read_whole(struct counters *c, int fd, char *to, size_t len)
{
	for (size_t done = 0; done < len;) {
		ssize_t n = sys_pread(c, fd, to + done, len - done, (off_t)done);
		if (n == -EINTR)
			continue;
		if (n <= 0)
			return false;
		done += (size_t)n;
	}
	return true;
}

/* Once the body is there, a file needs no descriptor. False: it changes while we read. */
static bool take_body(struct counters *c, struct file_entry *e)
{
	struct stat st;
	size_t len = (size_t)e->about.size;
	char *body = malloc(len + 1);
	e->young = is_young(e);
	if (!body || !read_whole(c, e->fd, body, len) || sys_fstat(c, e->fd, &st) || !is_same(e, &st)) {
		free(body);
		return false;
	}
	e->about.body = e->body = body;
	e->about.body_len = len;
	close_entry(c, e);
	return true;
}

/* What an entry without body or descriptor costs. */
static size_t least_cost(const struct file_entry *e)
{
	return sizeof *e + strlen(e->path) + 1;
}

/* True: keep it. If not, it is sent from its descriptor, as large ones are. */
static bool fill_small(struct files *files, struct counters *c, struct file_entry *e)
{
	struct stat st;
	size_t cost = least_cost(e) + (size_t)e->about.size;
	if (!file_cache_reserve(&files->cache, c, e, &files->cache.bodies, cost))
		return false;
	if (take_body(c, e))
		return true;
	file_cache_unreserve(&files->cache, e);
	if (sys_fstat(c, e->fd, &st) == 0)
		describe(e, &st); /* what it is by now */
	return false;
}

static int fill_names(struct counters *c, struct file_entry *e)
{
	struct listing listing;
	int error = listing_read(c, e->fd, &listing);
	e->about.body = e->body = listing.names;
	e->about.body_len = listing.len;
	e->about.cut_short = listing.cut_short;
	return error;
}

/* *keep: others may have it too. 0 or -errno. */
static int fill(struct files *files, struct counters *c, struct file_entry *e, bool names, bool *keep)
{
	struct file_cache *cache = &files->cache;
	int error = 0;
	if (e->about.directory) {
		error = names ? fill_names(c, e) : 0;
		close_entry(c, e);
		*keep = !names && file_cache_reserve(cache, c, e, &cache->bodies, least_cost(e));
	} else if (e->about.size <= FILES_BODY_MAX) {
		*keep = fill_small(files, c, e);
	} else {
		*keep = file_cache_reserve(cache, c, e, &cache->open, 1);
	}
	return error;
}

/* What was described becomes what can be sent. */
static int make_entry(struct files *files, struct counters *c, struct file_entry *e, bool names,
		      struct file_entry **made)
{
	bool keep = false;
	int error = fill(files, c, e, names, &keep);
	if (keep)
		file_cache_list(&files->cache, c, e);
	if (error)
		file_cache_unpin(&files->cache, c, e);
	else
		*made = e;
	return error;
}

/* ---- asking for files ---- */

static struct file_entry *new_entry(const char *path, int fd, const struct stat *st, int64_t now_ms)
{
	struct file_entry *e = file_cache_new(path);
	if (!e)
		return NULL;
	describe(e, st);
	e->fd = fd;
	e->checked_ms = now_ms;
	return e;
}

static int open_anew(struct files *files, struct counters *c, const char *path, bool names, int64_t now_ms,
		     struct file_entry *old, struct file_entry **found)
{
	struct stat st;
	int fd = open_and_look(c, files->root_fd, path, &st);
	if (old && fd >= 0 && !old->young && is_same(old, &st)) {
		sys_close(c, fd);
		file_cache_confirm(&files->cache, old, now_ms);
		*found = old;
		return 0;
	}
	if (old && error_kind(fd) == ERROR_TIRED) /* we cannot look: it may still be right, later */
		file_cache_unpin(&files->cache, c, old);
	else if (old)
		file_cache_give_up(&files->cache, c, old);
	if (fd < 0)
		return fd;
	struct file_entry *e = new_entry(path, fd, &st, now_ms);
	if (e)
		return make_entry(files, c, e, names, found);
	sys_close(c, fd);
	return -ENOMEM;
}

/* Is it right without asking for its path again? */
static bool is_good(struct counters *c, const struct file_entry *e, bool fresh)
{
	struct stat st;
	return fresh && (e->fd < 0 || (sys_fstat(c, e->fd, &st) == 0 && is_same(e, &st)));
}

int files_get(struct files *files, struct counters *c, const char *path, bool list, int64_t now_ms,
	      struct file_entry **found)
{
	bool fresh = false;
	struct file_entry *e = file_cache_find(&files->cache, path, now_ms, &fresh);
	if (e && list && e->about.directory) {
		file_cache_unpin(&files->cache, c, e);
		e = NULL;
	}
	if (!e || !is_good(c, e, fresh))
		return open_anew(files, c, path, list, now_ms, e, found);
	*found = e;
	return 0;
}

struct file_entry *files_hot(struct files *files, const char *path, int64_t now_ms)
{
	return file_cache_hot(&files->cache, path, now_ms);
}

void files_unpin(struct files *files, struct counters *c, struct file_entry *e)
{
	file_cache_unpin(&files->cache, c, e);
}

const struct io_file *file_of(const struct file_entry *e)
{
	return &e->about;
}

int file_fd_of(const struct file_entry *e)
{
	return e->fd;
}

/* ---- the first and the last ---- */

struct files *files_open(int root_fd, size_t max_bytes, unsigned max_open)
{
	struct files *files = calloc(1, sizeof *files);
	if (files && file_cache_open(&files->cache, max_bytes, max_open)) {
		free(files);
		return NULL;
	}
	if (files)
		files->root_fd = root_fd;
	return files;
}

void files_close(struct files *files)
{
	if (!files)
		return;
	file_cache_close(&files->cache);
	free(files);
}
