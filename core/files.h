/* files.h - the files below the root: opened, described, and the hot ones kept at hand.
 *
 * Opening a file is four calls: openat2, fstat, read, close. A file that is asked for again within a second is served
 * from here instead; after that second the next one who asks looks again whether it is still the same (inode, size,
 * mtime). The cache belongs to the server, so that a thread per connection has use of it too, and it is bounded in
 * descriptors and in bytes.
 *
 *     path --> hash --> entry: io_file, descriptor, body (small files) --- pins: sessions that hold it
 *
 * An entry that is replaced or evicted lives on until the last session lets go of it. openat2(2), fstat(2), pread(2). */
#ifndef CORE_FILES_H
#define CORE_FILES_H

#include "counters.h"
#include "io.h"

struct files;      /* of a server: the root, and the cache */
struct file_entry; /* an open file, pinned */

enum {
	FILES_BODY_MAX = 128 << 10, /* a larger file is sent with sendfile */
	FILES_LIST_MAX = 256 << 10, /* names of a folder, in bytes */
};

/* max_bytes of bodies and max_open descriptors are kept for unpinned files; 0: none are kept.
 * NULL: no memory. root_fd stays the caller's. */
struct files *files_open(int root_fd, size_t max_bytes, unsigned max_open);
void          files_close(struct files *);

/* Pins the file at path, which is fresh enough, without a system call. NULL: it is not at hand. */
struct file_entry *files_hot(struct files *, const char *path, int64_t now_ms);

/* Opens (or finds, or checks) the file at path and pins it: 0 or -errno. Counts its calls with c. */
int files_get(struct files *, struct counters *c, const char *path, bool list, int64_t now_ms, struct file_entry **);

const struct io_file *file_of(const struct file_entry *);
int                   file_fd_of(const struct file_entry *); /* -1: only a body is there */

void files_unpin(struct files *, struct counters *c, struct file_entry *);

#endif
