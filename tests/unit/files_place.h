/* files_place.h - a folder of a test's own, and a cache of files over it (core/files.h). */
#ifndef TESTS_FILES_PLACE_H
#define TESTS_FILES_PLACE_H

#include "core/files.h"

enum { NOW = 1000000 /* ms; any time will do */, LARGE = FILES_BODY_MAX + 1 };

struct place {
	char            dir[64];
	int             root_fd;
	struct files   *files;
	struct counters c;
};

void place_open(struct place *, size_t max_bytes, unsigned max_open);
void place_close(struct place *); /* removes the folder, whatever is in it */

/* Files in it; one that is there is rewritten in place. */
void write_file(int dir_fd, const char *path, const char *bytes, size_t len);
void place_write(const struct place *, const char *path, const char *text);
void place_fill(const struct place *, const char *path, char byte, size_t len);

/* files_get(), which must succeed; the entry is pinned. */
struct file_entry *place_get(struct place *, const char *path, int64_t now_ms);
void               place_unpin(struct place *, struct file_entry *); /* NULL is fine */
/* The same, and nothing stays pinned. */
void place_touch(struct place *, const char *path, int64_t now_ms);
int  place_error(struct place *, const char *path); /* 0 or -errno of files_get() */
bool place_is_hot(struct place *, const char *path, int64_t now_ms);

/* It has a body, and that is the text. */
void place_check(const struct file_entry *, const char *text);

uint64_t place_calls(const struct place *); /* system calls so far */
int      n_descriptors(void);               /* of this process */

#endif
