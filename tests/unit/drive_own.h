/* drive_own.h - what the files of the drive know of each other, and tests need not. */
#ifndef TESTS_DRIVE_OWN_H
#define TESTS_DRIVE_OWN_H

#include "tests/unit/drive.h"

/* ---- drive_text.c ---- */

void drive_note(struct drive *, const char *format, ...) __attribute__((format(printf, 2, 3)));
void drive_violated(struct drive *, const char *rule);
void drive_gather(struct drive_bytes *, const void *data, size_t len);

/* ---- drive_rules.c ---- */

/* NULL, or what the contract has against the outstanding request. */
const char *drive_wrong_request(const struct drive *);

/* The next steps must find the memory that the service may write to with this behind it. */
enum { DRIVE_BEHIND = 64 };
void        drive_mark_behind(char *area, size_t len);
const char *drive_wrong_writes(const struct drive *);

/* ---- drive_ends.c ---- */

struct drive_lent_file {
	struct drive_lent_file *older;
	struct io_file          file;
	size_t                  len;
	char                    body[];
};

int  drive_take_file(struct drive *, const char *path, bool list, bool hot); /* 0 or -errno */
void drive_drop_file(struct drive *);
void drive_free_files(struct drive *);
size_t drive_origin_len(const struct drive_origin *);
void drive_take_log(const struct io_env *, const char *line, size_t len);

/* Offered bytes get a place of their own in turn, right before a page that must not be read. */
void drive_lend(struct drive *);
void drive_free_areas(struct drive *);

#endif
