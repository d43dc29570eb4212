/* stats.c - what this server did, and what it cost; see stats.h. getrusage(2).
 *
 * SPDX-License-Identifier: MIT */
#include "stats.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include "worker.h"

void stats_sum(struct server *server, struct counters *sum)
{
	pthread_mutex_lock(&server->lock);
	board_sum(server->board, sum);
	pthread_mutex_unlock(&server->lock);
}

static int64_t microseconds(struct timeval t)
{
	return (int64_t)t.tv_sec * 1000000 + t.tv_usec;
}

/* ---- workers of a crew, one by one ---- */

/* What shows whether they share the work. */
static const enum count shown[] = {
	COUNT_SESSIONS, COUNT_ANSWERS, COUNT_ACCEPT, COUNT_RECV, COUNT_SEND, COUNT_WAIT, COUNT_VAIN, COUNT_HANDED,
	COUNT_FUTEX,
};

enum { N_SHOWN = sizeof shown / sizeof *shown };

/* With the lock held, since workers come and go. Crews are small: at most --workers, and what hands them work. */
static unsigned crew_size(const struct board *board)
{
	unsigned n = 0;
	for (uint32_t i = 0; i < board->touched; i++)
		n += board->berths[i].use == BERTH_CREW;
	return n;
}

static void print_worker(FILE *out, const struct berth *berth)
{
	fprintf(out, "%-6u", berth->number);
	for (int i = 0; i < N_SHOWN; i++)
		fprintf(out, " %10" PRIu64, count_get(&berth->counters, shown[i]));
	fputc('\n', out);
}

static void print_crew(FILE *out, struct server *server)
{
	const struct board *board = server->board;
	pthread_mutex_lock(&server->lock);
	if (crew_size(board) > 1) {
		fprintf(out, "worker");
		for (int i = 0; i < N_SHOWN; i++)
			fprintf(out, " %10s", count_names[shown[i]]);
		fputc('\n', out);
		for (uint32_t i = 0; i < board->touched; i++)
			if (board->berths[i].use == BERTH_CREW)
				print_worker(out, &board->berths[i]);
	}
	pthread_mutex_unlock(&server->lock);
}

static void write_worker(FILE *out, const struct berth *berth, bool first)
{
	fprintf(out, "%s\n{\"worker\":%u", first ? "" : ",", berth->number);
	for (int i = 0; i < N_SHOWN; i++)
		fprintf(out, ",\"%s\":%" PRIu64, count_names[shown[i]], count_get(&berth->counters, shown[i]));
	fprintf(out, ",\"user_us\":%" PRId64 ",\"sys_us\":%" PRId64 "}", atomic_load(&berth->user_us),
		atomic_load(&berth->sys_us));
}

/* Left out when there is only one, or one for each connection: the sum says it all. */
static void write_crew(FILE *out, struct server *server)
{
	const struct board *board = server->board;
	bool first = true;
	pthread_mutex_lock(&server->lock);
	if (crew_size(board) > 1) {
		fprintf(out, ",\"per_worker\":[");
		for (uint32_t i = 0; i < board->touched; i++) {
			if (board->berths[i].use != BERTH_CREW)
				continue;
			write_worker(out, &board->berths[i], first);
			first = false;
		}
		fprintf(out, "]");
	}
	pthread_mutex_unlock(&server->lock);
}

/* ---- the whole ---- */

/* Of this process and of those it forked that have ended (getrusage(2), RUSAGE_CHILDREN): at the end, all. */
static void get_usage(struct rusage *usage)
{
	struct rusage children;
	getrusage(RUSAGE_SELF, usage);
	getrusage(RUSAGE_CHILDREN, &children);
	timeradd(&usage->ru_utime, &children.ru_utime, &usage->ru_utime);
	timeradd(&usage->ru_stime, &children.ru_stime, &usage->ru_stime);
	usage->ru_nvcsw += children.ru_nvcsw;
	usage->ru_nivcsw += children.ru_nivcsw;
	usage->ru_minflt += children.ru_minflt;
	usage->ru_majflt += children.ru_majflt;
	if (children.ru_maxrss > usage->ru_maxrss)
		usage->ru_maxrss = children.ru_maxrss;
}

/* Processes that have not ended: what they used so far, the kernel adds to ours when they have. */
static unsigned n_processes(struct server *server)
{
	const struct board *board = server->board;
	pid_t ours = getpid();
	unsigned n = 0;
	pthread_mutex_lock(&server->lock);
	for (uint32_t i = 0; i < board->touched; i++)
		n += board->berths[i].pid != ours && atomic_load(&board->berths[i].tid);
	pthread_mutex_unlock(&server->lock);
	return n;
}

void stats_print(struct server *server)
{
	unsigned running = n_processes(server);
	struct counters sum;
	struct rusage usage;
	stats_sum(server, &sum);
	get_usage(&usage);
	flockfile(stderr);
	fprintf(stderr, "%s, backend %s:\n", server->program, server->backend->name);
	counters_print(stderr, &sum);
	print_crew(stderr, server);
	fprintf(stderr, "CPU time: user %.3f s, system %.3f s; switches: %ld voluntary, %ld not; most memory %ld KiB\n",
		(double)microseconds(usage.ru_utime) / 1e6, (double)microseconds(usage.ru_stime) / 1e6,
		usage.ru_nvcsw, usage.ru_nivcsw, usage.ru_maxrss);
	if (running)
		fprintf(stderr, "not in it: what %u processes that still run have used\n", running);
	funlockfile(stderr);
}

static void write_json(FILE *out, struct server *server, const struct counters *sum)
{
	struct rusage usage;
	get_usage(&usage);
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
	fprintf(out, "\"minor_faults\":%ld,\"major_faults\":%ld,\"max_rss_kb\":%ld", usage.ru_minflt, usage.ru_majflt,
		usage.ru_maxrss);
	write_crew(out, server);
	fprintf(out, "}\n");
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
