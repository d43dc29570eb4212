/* stats.h - the counters of all threads and processes, for people (SIGUSR1) and for programs (--stats FILE). */
#ifndef CORE_STATS_H
#define CORE_STATS_H

#include "server.h"

/* The sum over workers that live and that have ended. */
void stats_sum(struct server *, struct counters *sum);

/* A table on standard error. */
void stats_print(struct server *);

/* JSON, written beside the file and renamed, so that no half of it is ever seen. 0 or -errno. */
int stats_write(struct server *, const char *file);

#endif
