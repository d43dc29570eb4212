/* files.h - the files below the root: opened, described, and the hot ones kept at hand.
 *
 * Opening a small file is five calls: openat2, fstat, pread, fstat, close. A file that is asked for again within a
 * second is served from here instead, without any; after that second the next one who asks looks again whether the
 * path still leads to the same file (device, inode, size, mtime, ctime). The cache belongs to the server, so that a
 * thread per connection has use of it too, and it is bounded in bytes and in descriptors.
 *
 *     path --> hash --> entry: description, and body (small files) or descriptor --- pins: sessions that hold it
 *
 * An entry never changes: another file at the same path is another entry. The old one lives on until the last session
 * lets go of it. Any thread may call any of these at any time. openat2(2), fstat(2), pread(2), getdents64(2). */
#ifndef CORE_FILES_H
#define CORE_FILES_H

#include "counters.h"
#include "io.h"

struct files;      /* of a server: the root, and the cache */
struct file_entry; /* a file or folder that was opened, pinned by whoever holds it */

enum {
	FILES_BODY_MAX = 128 << 10, /* a larger file is sent with sendfile */
	FILES_FRESH_MS = 1000,      /* so long after a look at it, a file is the same */
	FILES_OPEN_MAX = 256,       /* descriptors that a server keeps at most */
};

/* Keeps at most max_bytes of bodies, descriptions included, pinned ones too, and max_open descriptors of larger files.
 * What has no room is opened for its session alone. 0: nothing is kept. NULL: no memory. root_fd stays the caller's. */
struct files *files_open(int root_fd, size_t max_bytes, unsigned max_open);

/* No entry may be pinned any more. NULL is fine. */
void files_close(struct files *);

/* Pins what is at path, if that is known, without a system call: a small file, or a folder. NULL: it is not at hand, or
 * it must be looked at again. now_ms: monotonic, may be some milliseconds old. */
struct file_entry *files_hot(struct files *, const char *path, int64_t now_ms);

/* Opens what is at path, or looks whether what we have is still that, and pins it: 0, or -errno of openat2(2), -EACCES
 * for what is neither file nor folder, -ENOMEM. list: of a folder, read the names, always anew. Counts its calls with
 * c. */
int files_get(struct files *, struct counters *c, const char *path, bool list, int64_t now_ms, struct file_entry **);

void files_unpin(struct files *, struct counters *c, struct file_entry *);

const struct io_file *file_of(const struct file_entry *);
int                   file_fd_of(const struct file_entry *); /* -1: it has a body, or is a folder */

#endif
