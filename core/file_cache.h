/* file_cache.h - the lists behind files.c: entries by path, pins, room, and who is thrown out. No system call but
 * close(2) for what is thrown out, and that not under the lock.
 *
 * An entry stands on a shelf while it is listed and no one has it pinned, in the order of last use. A body costs bytes,
 * an open file costs one descriptor. What is unlisted while it is pinned keeps its share until the last pin is gone. */
#ifndef CORE_FILE_CACHE_H
#define CORE_FILE_CACHE_H

#include <pthread.h>

#include "counters.h"
#include "io.h"

/* A limit, and those that may be given up for it: least recently used first. */
struct shelf {
	size_t             max, used, idle; /* bytes, or descriptors; idle: of those that no one has pinned */
	struct file_entry *oldest, *newest;
};

struct file_entry {
	/* Its maker's until it is listed; then they change no more. */
	struct io_file     about;
	dev_t              device;
	int64_t            ctime_ns;
	bool               young;    /* the body was read shortly after the file had changed: read it again */
	int                fd;       /* -1: none */
	char              *body;     /* about.body; allocated */
	struct shelf      *shelf;    /* who pays for it; NULL: no one, it cannot be listed */
	size_t             cost;
	/* Guarded by the lock: */
	int64_t            checked_ms; /* when it was last seen to be what its path leads to */
	unsigned           pins;
	bool               listed;
	struct file_entry *next;     /* in its bucket, or among the doomed */
	struct file_entry *older, *newer; /* on its shelf */
	uint32_t           hash;
	char               path[];
};

struct file_cache {
	pthread_mutex_t     lock;
	struct shelf        bodies, open;
	uint32_t            mask; /* number of buckets, a power of two, - 1 */
	struct file_entry **buckets;
};

/* 0 or -ENOMEM. */
int  file_cache_open(struct file_cache *, size_t max_bytes, size_t max_open);
void file_cache_close(struct file_cache *); /* nothing may be pinned */

/* Pinned once, not listed, zeroed but for its path; NULL: no memory. */
struct file_entry *file_cache_new(const char *path);

/* Pins what is listed. fresh: was it checked so lately that it need not be again? */
struct file_entry *file_cache_find(struct file_cache *, const char *path, int64_t now_ms, bool *fresh);
/* Only if it is fresh, and has no descriptor: then all that is known of it is here. */
struct file_entry *file_cache_hot(struct file_cache *, const char *path, int64_t now_ms);

/* Room for the entry on a shelf, if need be in place of others. False: there is none, even without all of those that
 * no one has pinned. Takes it back: unreserve. */
bool file_cache_reserve(struct file_cache *, struct counters *, struct file_entry *, struct shelf *, size_t cost);
void file_cache_unreserve(struct file_cache *, struct file_entry *);

void file_cache_list(struct file_cache *, struct counters *, struct file_entry *); /* instead of another, if need be */
void file_cache_confirm(struct file_cache *, struct file_entry *, int64_t now_ms); /* it was checked again */

void file_cache_unpin(struct file_cache *, struct counters *, struct file_entry *);
/* The same for one that is no longer what its path leads to. */
void file_cache_give_up(struct file_cache *, struct counters *, struct file_entry *);

#endif
