/* access.c - the access log's file; see access.h. open(2) O_APPEND, write(2), dup3(2).
 *
 * SPDX-License-Identifier: MIT */
#include "access.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"
#include "sys.h"

enum { SAY_AGAIN_MS = 60000 };

/* O_NONBLOCK does nothing to a file; on a pipe it turns waiting into EAGAIN. */
static int open_file(const char *file)
{
	int fd = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0644);
	return fd < 0 ? -errno : fd;
}

int access_open(struct access_log *log, const char *file)
{
	log->file = file;
	log->fd = open_file(file);
	return log->fd < 0 ? log->fd : 0;
}

void access_reopen(struct access_log *log)
{
	if (!log->file)
		return;
	if (log->asked)
		atomic_store(&log->reopened, atomic_load(log->asked));
	int fd = open_file(log->file);
	if (fd < 0) {
		errno = -fd;
		log_warn("cannot reopen the access log %s", log->file);
		return;
	}
	dup3(fd, log->fd, O_CLOEXEC);
	close(fd);
}

static void say_dropped(struct access_log *log, ssize_t error)
{
	int64_t now = clock_ms(), said = atomic_load(&log->said_ms);
	uint64_t dropped = atomic_fetch_add(&log->dropped, 1) + 1;
	if ((said && now - said < SAY_AGAIN_MS) || !atomic_compare_exchange_strong(&log->said_ms, &said, now))
		return;
	errno = error < 0 ? (int)-error : ENOSPC;
	log_warn("the access log %s loses lines, %" PRIu64 " so far", log->file, dropped);
}

void access_write(struct access_log *log, struct counters *counters, const char *line, size_t len)
{
	if (log->asked && atomic_load_explicit(log->asked, memory_order_relaxed) != atomic_load(&log->reopened))
		access_reopen(log);
	ssize_t n = sys_write(counters, log->fd, line, len);
	if (n != (ssize_t)len)
		say_dropped(log, n);
}

void access_close(struct access_log *log)
{
	if (log->file)
		close(log->fd);
	log->file = NULL;
}
