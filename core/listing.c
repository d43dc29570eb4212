/* listing.c - the names in a folder; see listing.h. getdents64(2).
 *
 * A folder may hold a million names and is read while a loop stands still, so both are bounded: what is kept, and what
 * is looked at. Past a bound the listing is cut short; which names it then has is the file system's choice.
 *
 * SPDX-License-Identifier: MIT */
#include "listing.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sys.h"

enum { READ_SIZE = 8 << 10, READS_MAX = 1024, FIRST_SIZE = 4 << 10 };

struct names { /* as they come */
	char  *bytes;
	size_t len, cap, n;
};

static int grow(struct names *names, size_t size)
{
	size_t cap = names->cap ? names->cap : FIRST_SIZE;
	while (cap < size)
		cap *= 2;
	if (cap == names->cap)
		return 0;
	char *bytes = realloc(names->bytes, cap);
	if (!bytes)
		return -ENOMEM;
	names->bytes = bytes;
	names->cap = cap;
	return 0;
}

/* 0; -ENOSPC: it does not fit any more; -ENOMEM. */
static int add(struct names *names, const char *name, bool folder)
{
	size_t len = strlen(name), size = names->len + len + folder + 1;
	if (size > LISTING_MAX)
		return -ENOSPC;
	int error = grow(names, size);
	if (error)
		return error;
	memcpy(names->bytes + names->len, name, len);
	memcpy(names->bytes + names->len + len, folder ? "/" : "", folder + 1U);
	names->len = size;
	names->n++;
	return 0;
}

/* Not every file system tells the kind of a thing with its name (readdir(3)). */
static unsigned char kind_of(struct counters *c, int dir_fd, const struct dirent64 *entry)
{
	struct stat st;
	if (entry->d_type != DT_UNKNOWN)
		return entry->d_type;
	return sys_fstat_at(c, dir_fd, entry->d_name, &st) ? DT_UNKNOWN : (unsigned char)IFTODT(st.st_mode);
}

static int add_entry(struct counters *c, int dir_fd, struct names *names, const struct dirent64 *entry)
{
	if (entry->d_name[0] == '.')
		return 0;
	unsigned char kind = kind_of(c, dir_fd, entry);
	if (kind != DT_REG && kind != DT_DIR && kind != DT_LNK)
		return 0;
	return add(names, entry->d_name, kind == DT_DIR);
}

/* 0, -ENOSPC: there are more, or -errno. */
static int read_names(struct counters *c, int dir_fd, struct names *names)
{
	_Alignas(struct dirent64) char entries[READ_SIZE];
	for (int i = 0; i < READS_MAX; i++) {
		ssize_t n = sys_getdents(c, dir_fd, entries, sizeof entries);
		if (n == -EINTR)
			continue;
		if (n <= 0)
			return (int)n;
		for (char *at = entries; at < entries + n;) {
			const struct dirent64 *entry = (const struct dirent64 *)(const void *)at;
			int error = add_entry(c, dir_fd, names, entry);
			if (error)
				return error;
			at += entry->d_reclen;
		}
	}
	return -ENOSPC;
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* A copy of the names, in order; NULL: no memory. */
static char *sorted(const struct names *names)
{
	const char **order = malloc((names->n + 1) * sizeof *order), *name = names->bytes;
	char *bytes = malloc(names->len + 1), *to = bytes;
	if (order && bytes) {
		for (size_t i = 0; i < names->n; i++, name += strlen(name) + 1)
			order[i] = name;
		qsort(order, names->n, sizeof *order, by_bytes);
		for (size_t i = 0; i < names->n; i++)
			to = stpcpy(to, order[i]) + 1;
	} else {
		free(bytes);
		bytes = NULL;
	}
	free(order);
	return bytes;
}

int listing_read(struct counters *c, int dir_fd, struct listing *listing)
{
	struct names names = { 0 };
	*listing = (struct listing){ 0 };
	int error = read_names(c, dir_fd, &names);
	listing->cut_short = error == -ENOSPC;
	if (!error || listing->cut_short) {
		listing->names = sorted(&names);
		listing->len = listing->names ? names.len : 0;
		error = listing->names ? 0 : -ENOMEM;
	}
	free(names.bytes);
	return error;
}
