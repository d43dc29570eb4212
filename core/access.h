/* access.h - the access log: one line per answer, in a file of its own; the service writes the line (io_env.access).
 *
 * A line is one write(2) to a file opened with O_APPEND, so lines of several threads and processes never mix and none
 * is kept back. A pipe whose reader is slow must not stop a server: then lines are dropped, counted, and it is said. */
#ifndef CORE_ACCESS_H
#define CORE_ACCESS_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

struct counters;

struct access_log {
	const char          *file;    /* as in the options; NULL: there is none */
	int                  fd;      /* stays the same number when the file is opened anew */
	const atomic_uint   *asked;   /* how often all processes were asked to open it anew; NULL: there is just one */
	atomic_uint          reopened; /* how often this one has: it looks before it writes a line */
	_Atomic uint64_t     dropped;
	_Atomic int64_t      said_ms; /* when it was last said that lines are dropped; 0: never */
};

int  access_open(struct access_log *, const char *file); /* 0 or -errno */
void access_reopen(struct access_log *); /* after logrotate(8) moved it away; keeps the old one when that fails */
void access_write(struct access_log *, struct counters *, const char *line, size_t len);
void access_close(struct access_log *);

#endif
