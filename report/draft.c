/* draft.c - a file that appears whole or not at all: written beside its place and renamed when it is done.
 *
 * rename(2) replaces its target in one step, so who reads the file sees the old one or the new one.
 *
 * SPDX-License-Identifier: MIT */
#include "draft.h"

#include <errno.h>
#include <unistd.h>

int draft_open(struct draft *draft, const char *path)
{
	snprintf(draft->path, sizeof draft->path, "%s", path);
	snprintf(draft->beside, sizeof draft->beside, "%s.new", draft->path);
	draft->out = fopen(draft->beside, "we");
	return draft->out ? 0 : -errno;
}

int draft_close(struct draft *draft)
{
	int error = ferror(draft->out) ? -EIO : 0;
	if (fclose(draft->out) && !error)
		error = -errno;
	if (!error && rename(draft->beside, draft->path))
		error = -errno;
	if (error)
		unlink(draft->beside);
	return error;
}
