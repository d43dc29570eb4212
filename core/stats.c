/* stats.c - what this server did, and what it cost; see stats.h. getrusage(2).
 *
 * SPDX-License-Identifier: MIT */
#include "stats.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "worker.h"

void stats_sum(struct server *server, struct counters *sum)
{
	*sum = (struct counters){ 0 };
	pthread_mutex_lock(&server->lock);
	counters_merge(sum, &server->gone);
	for (const struct worker *w = server->workers; w; w = w->next)
		counters_merge(sum, w->counters);
	pthread_mutex_unlock(&server->lock);
}

static int64_t microseconds(struct timeval t)
{
	return (int64_t)t.tv_sec * 1000000 + t.tv_usec;
}

void stats_print(struct server *server)
{
	struct counters sum;
	struct rusage usage;
	stats_sum(server, &sum);
	getrusage(RUSAGE_SELF, &usage);
	flockfile(stderr);
	fprintf(stderr, "%s, backend %s:\n", server->program, server->backend->name);
	counters_print(stderr, &sum);
	fprintf(stderr, "CPU time: user %.3f s, system %.3f s; switches: %ld voluntary, %ld not; most memory %ld KiB\n",
		(double)microseconds(usage.ru_utime) / 1e6, (double)microseconds(usage.ru_stime) / 1e6,
		usage.ru_nvcsw, usage.ru_nivcsw, usage.ru_maxrss);
	funlockfile(stderr);
}

static void write_json(FILE *out, const struct server *server, const struct counters *sum)
{
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	fprintf(out, "{\"program\":\"%s\",\"backend\":\"%s\",\"workers\":%d,", server->program, server->backend->name,
		server->options.workers);
	fprintf(out, "\"sessions\":%" PRIu64 ",\"answers\":%" PRIu64 ",\"counts\":{", count_get(sum, COUNT_SESSIONS),
		count_get(sum, COUNT_ANSWERS));
	for (int i = 0; i < COUNT_KINDS; i++)
		fprintf(out, "%s\"%s\":%" PRIu64, i ? "," : "", count_names[i], count_get(sum, (enum count)i));
	fprintf(out, "},\"bytes_in\":%" PRIu64 ",\"bytes_out\":%" PRIu64 ",", count_get(sum, COUNT_BYTES_IN),
		count_get(sum, COUNT_BYTES_OUT));
	fprintf(out, "\"user_us\":%" PRId64 ",\"sys_us\":%" PRId64 ",", microseconds(usage.ru_utime),
		microseconds(usage.ru_stime));
	fprintf(out, "\"voluntary_switches\":%ld,\"involuntary_switches\":%ld,", usage.ru_nvcsw, usage.ru_nivcsw);
	fprintf(out, "\"minor_faults\":%ld,\"major_faults\":%ld,\"max_rss_kb\":%ld}\n", usage.ru_minflt,
		usage.ru_majflt, usage.ru_maxrss);
}

int stats_write(struct server *server, const char *file)
{
	char beside[4096];
	struct counters sum;
	snprintf(beside, sizeof beside, "%s.%d", file, (int)getpid());
	FILE *out = fopen(beside, "we");
	if (!out)
		return -errno;
	stats_sum(server, &sum);
	write_json(out, server, &sum);
	if (fclose(out) || rename(beside, file)) {
		int error = -errno;
		unlink(beside);
		return error;
	}
	return 0;
}
