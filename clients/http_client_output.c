/* http_client_output.c - writes a body under another name and renames it when it is complete.
 *
 * Whoever looks finds the old file or the new one, and never a half: rename(2) is one step. It must be on the
 * same file system, so the other name stands in the same folder. What is no regular file (a pipe, /dev/null) is
 * written in place; through a symbolic link we write to what it means, as the shell's > does. The user's
 * permissions are kept.
 *
 * open(2), fchmod(2), rename(2), realpath(3).
 *
 * SPDX-License-Identifier: MIT */
#include "clients/http_client_output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int to_stream(struct output *o, int fd)
{
	o->out = fdopen(fd, "w");
	if (o->out)
		return 0;
	int error = -errno;
	close(fd);
	return error;
}

static int open_beside(struct output *o, const struct stat *old)
{
	int n = snprintf(o->temporary, sizeof o->temporary, "%s.%d.tmp", o->place, (int)getpid());
	int fd = n < (int)sizeof o->temporary
			 ? open(o->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, (mode_t)0666)
			 : -1;
	if (fd < 0) {
		int error = n < (int)sizeof o->temporary ? -errno : -ENAMETOOLONG;
		o->temporary[0] = '\0';
		return error;
	}
	if (old)
		fchmod(fd, old->st_mode & 0777);
	return to_stream(o, fd);
}

int output_open(struct output *o, const char *name)
{
	struct stat st;
	*o = (struct output){ .name = name, .out = name ? NULL : stdout };
	if (!name)
		return 0;
	if (stat(name, &st) < 0) {
		if (strlen(name) >= sizeof o->place)
			return -ENAMETOOLONG;
		strcpy(o->place, name);
		return errno == ENOENT ? open_beside(o, NULL) : -errno;
	}
	if (S_ISREG(st.st_mode))
		return realpath(name, o->place) ? open_beside(o, &st) : -errno;
	int fd = open(name, O_WRONLY | O_CLOEXEC);
	return fd < 0 ? -errno : to_stream(o, fd);
}

int output_write(struct output *o, const char *data, size_t len)
{
	errno = EIO; /* when stdio says no more */
	return fwrite(data, 1, len, o->out) == len ? 0 : -errno;
}

static int close_stream(struct output *o)
{
	bool failed = ferror(o->out);
	int error = 0;
	if (o->out != stdout && fclose(o->out) != 0)
		error = -errno;
	o->out = NULL;
	return error ? error : failed ? -EIO : 0; /* standard output is flushed by whoever used it last */
}

int output_finish(struct output *o)
{
	int error = close_stream(o);
	if (!error && *o->temporary && rename(o->temporary, o->place) < 0)
		error = -errno;
	if (error && *o->temporary)
		unlink(o->temporary);
	o->temporary[0] = '\0';
	return error;
}

void output_discard(struct output *o)
{
	if (o->out)
		close_stream(o);
	if (*o->temporary)
		unlink(o->temporary);
	o->temporary[0] = '\0';
}
