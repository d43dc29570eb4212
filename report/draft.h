/* draft.h - a file that appears whole or not at all: written beside its place and renamed when it is done. */
#ifndef REPORT_DRAFT_H
#define REPORT_DRAFT_H

#include <limits.h>
#include <stdio.h>

struct draft {
	FILE *out;
	char  path[PATH_MAX], beside[PATH_MAX + 4];
};

/* 0 or -errno. */
int draft_open(struct draft *, const char *path);

/* 0, or -errno if any write since draft_open() failed: then the file is as it was. */
int draft_close(struct draft *);

#endif
