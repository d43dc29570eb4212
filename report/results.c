/* results.c - what a comparison left in its folder, and the figures that a run stands for.
 *
 * Latencies, rates and CPU time come from the load generator, for the measured interval only. Counts of system
 * calls come from the server, for its whole life (warm-up and connecting included), and are divided by all its
 * answers.
 *
 * SPDX-License-Identifier: MIT */
#include "results.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

char *results_path(const struct results *r, const char *name, char *out)
{
	snprintf(out, PATH_MAX, "%s/%s", r->dir, name);
	return out;
}

bool run_ok(const struct results *r, size_t run)
{
	return strcmp(csv_cell(&r->runs, run, "status"), "ok") == 0;
}

const char *workload_fact(const struct results *r, const char *what, const char *workload)
{
	char key[128];
	snprintf(key, sizeof key, "%s %s", what, workload);
	return facts_get(&r->run, key);
}

const char *series_family(const struct results *r, const char *series)
{
	char key[128];
	snprintf(key, sizeof key, "family %.*s", (int)strcspn(series, "/"), series);
	return facts_get(&r->run, key);
}

bool in_list(const char *list, char separator, const char *name, size_t len)
{
	const char between[] = { separator, '\0' };
	for (; *list; list += strcspn(list, between), list += *list == separator)
		if (strcspn(list, between) == len && memcmp(list, name, len) == 0)
			return true;
	return false;
}

/* ---- backends in order ---- */

static bool has_backend(const struct results *r, const char *name, size_t len)
{
	for (int i = 0; i < r->n_backends; i++)
		if (strlen(r->backends[i]) == len && memcmp(r->backends[i], name, len) == 0)
			return true;
	return false;
}

/* The cell that spells the name lives as long as the results do. */
static const char *find_row_of(const struct results *r, const char *name, size_t len)
{
	for (size_t row = 0; row < r->runs.rows; row++) {
		const char *cell = csv_cell(&r->runs, row, "backend");
		if (strlen(cell) == len && memcmp(cell, name, len) == 0)
			return cell;
	}
	return NULL;
}

static int add_backend(struct results *r, const char *name, size_t len)
{
	const char *cell = find_row_of(r, name, len);
	if (!cell || len == 0 || has_backend(r, name, len))
		return 0;
	if (r->n_backends == MAX_SERIES)
		return -E2BIG;
	r->backends[r->n_backends++] = cell;
	return 0;
}

static int list_backends(struct results *r)
{
	int error = 0;
	const char *asked = facts_get(&r->run, "series");
	if (!*asked)
		asked = facts_get(&r->run, "backends");
	while (*asked && !error) {
		size_t len = strcspn(asked, ",");
		error = add_backend(r, asked, len);
		asked += len + (asked[len] == ',');
	}
	for (size_t row = 0; row < r->runs.rows && !error; row++) {
		const char *name = csv_cell(&r->runs, row, "backend");
		error = add_backend(r, name, strlen(name));
	}
	return error;
}

static int optional(int error)
{
	return error == -ENOENT || error == -EINVAL ? 0 : error;
}

int results_open(struct results *r, const char *dir)
{
	char path[PATH_MAX];
	*r = (struct results){ .dir = dir };
	int error = csv_read(&r->runs, results_path(r, "results.csv", path));
	if (!error)
		error = optional(csv_read(&r->notes, results_path(r, "notes.csv", path)));
	if (!error)
		error = optional(facts_read(&r->run, results_path(r, "run.txt", path)));
	if (!error)
		error = optional(facts_read(&r->machine, results_path(r, "machine.txt", path)));
	if (!error)
		error = list_backends(r);
	if (error)
		results_close(r);
	return error;
}

void results_close(struct results *r)
{
	csv_free(&r->runs);
	csv_free(&r->notes);
	facts_free(&r->run);
	facts_free(&r->machine);
}

/* ---- metrics ---- */

/* All calls per answer but those of the kinds `without`. Every column n_KIND is a kind of call. */
static double sum_of_calls(const struct csv *runs, size_t run, const char *const *without)
{
	double sum = 0, answers = csv_number(runs, run, "answers");
	for (size_t i = 0; i < runs->columns; i++) {
		const char *const *skip = without;
		while (*skip && strcmp(*skip, runs->cells[i]) != 0)
			skip++;
		if (*skip || strncmp(runs->cells[i], "n_", 2) != 0)
			continue;
		double n = csv_number(runs, run, runs->cells[i]);
		sum += isnan(n) ? 0 : n; /* a server that does not count this kind of call */
	}
	return answers > 0 ? sum / answers : NAN;
}

static double of_calls(const struct csv *runs, size_t run)
{
	static const char *const nothing[] = { NULL };
	return sum_of_calls(runs, run, nothing);
}

static double of_other(const struct csv *runs, size_t run)
{
	static const char *const named[] = { "n_wait",	"n_recv",  "n_send",  "n_accept",
					     "n_ctl",	"n_spawn", "n_futex", "n_sigmask",
					     "n_enter", "n_aio",   "n_close", NULL };
	return sum_of_calls(runs, run, named);
}

static double of_switches(const struct csv *runs, size_t run)
{
	double answers = csv_number(runs, run, "answers");
	double switches =
		csv_number(runs, run, "voluntary_switches") + csv_number(runs, run, "involuntary_switches");
	return answers > 0 ? switches / answers : NAN;
}

/* Only where all answers have bodies of one size. */
static double of_cpu_mib(const struct csv *runs, size_t run)
{
	double size = csv_number(runs, run, "body_bytes");
	return size > 0 ? csv_number(runs, run, "server_cpu_us") * (1 << 20) / size : NAN;
}

/* Wake-ups that found no client, for each that was found. */
static double of_vain(const struct csv *runs, size_t run)
{
	double sessions = csv_number(runs, run, "sessions");
	return sessions > 0 ? csv_number(runs, run, "count_vain") / sessions : NAN;
}

static int compare_down(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x < y) - (x > y);
}

/* The cell is "12;13;9". */
int run_shares(const struct csv *runs, size_t run, double shares[MAX_SHARES])
{
	double sum = 0;
	int n = 0;
	for (const char *at = csv_cell(runs, run, "worker_sessions"); *at && n < MAX_SHARES; at += *at == ';') {
		char *end;
		double sessions = strtod(at, &end);
		if (end == at || sessions < 0)
			return 0;
		sum += shares[n++] = sessions;
		at = end;
	}
	if (!(sum > 0))
		return 0;
	for (int i = 0; i < n; i++)
		shares[i] /= sum;
	qsort(shares, (size_t)n, sizeof *shares, compare_down);
	return n;
}

/* In multiples of what each of n workers would have if all had the same: from 1 to n. */
static double of_busiest(const struct csv *runs, size_t run)
{
	double shares[MAX_SHARES];
	int n = run_shares(runs, run, shares);
	return n > 1 ? shares[0] * n : NAN;
}

const struct metric metrics[METRICS] = {
	[METRIC_RPS] = { "rps", "requests/s", true, .column = "rps", .unit = 1 },
	[METRIC_P50] = { "p50_ms", "p50, ms", false, .column = "p50_us", .unit = 1000 },
	[METRIC_P99] = { "p99_ms", "p99, ms", false, .column = "p99_us", .unit = 1000 },
	[METRIC_CPU] = { "cpu_us", "server CPU, µs/request", false, .column = "server_cpu_us", .unit = 1 },
	[METRIC_CALLS] = { "calls", "system calls/request", false, .of = of_calls },
	[METRIC_SWITCHES] = { "switches", "context switches/request", false, .of = of_switches },
	[METRIC_CLIENT] = { "client_pct", "generator busy, %", false, .column = "client_cpu_pct", .unit = 1 },
	[METRIC_CPU_MIB] = { "cpu_us_mib", "server CPU, µs/MiB", false, .of = of_cpu_mib },
	[METRIC_HIT] = { "hit_pct", "hit rate, %", true, .column = "cache_hit_pct", .unit = 1 },
	[METRIC_HANDED] = { "handed", "hand-overs/request", false, .column = "count_handed", .per_answer = true,
			    .some_only = true },
	[METRIC_STACKS] = { "stacks", "coroutine switches/request", false, .column = "count_switches",
			    .per_answer = true, .some_only = true },
	[METRIC_VAIN] = { "vain", "vain wake-ups/connection", false, .of = of_vain, .some_only = true },
	[METRIC_BUSIEST] = { "busiest", "busiest worker, times its share", false, .of = of_busiest },
	[METRIC_MEMORY] = { "memory", "memory, bytes/silent connection", false, .column = "memory_bytes",
			    .unit = 1 },
	[METRIC_WAIT] = { "wait", "waits/request", false, .column = "n_wait", .per_answer = true },
	[METRIC_RECV] = { "recv", "receives/request", false, .column = "n_recv", .per_answer = true },
	[METRIC_SEND] = { "send", "sends/request", false, .column = "n_send", .per_answer = true },
	[METRIC_ACCEPT] = { "accept", "accepts/request", false, .column = "n_accept", .per_answer = true },
	[METRIC_CTL] = { "ctl", "ctl calls/request", false, .column = "n_ctl", .per_answer = true },
	[METRIC_SPAWN] = { "spawn", "spawns/request", false, .column = "n_spawn", .per_answer = true,
			   .some_only = true },
	[METRIC_FUTEX] = { "futex", "futex calls/request", false, .column = "n_futex", .per_answer = true,
			   .some_only = true },
	[METRIC_SIGMASK] = { "sigmask", "sigprocmask calls/request", false, .column = "n_sigmask",
			     .per_answer = true, .some_only = true },
	[METRIC_ENTER] = { "enter", "io_uring_enter calls/request", false, .column = "n_enter",
			   .per_answer = true, .some_only = true },
	[METRIC_AIO] = { "aio", "aio calls/request", false, .column = "n_aio", .per_answer = true,
			 .some_only = true },
	[METRIC_CLOSE] = { "close", "closes/request", false, .column = "n_close", .per_answer = true },
	[METRIC_OTHER] = { "other", "other calls/request", false, .of = of_other },
};

double run_metric(const struct results *r, size_t run, enum metric_id id)
{
	const struct metric *metric = &metrics[id];
	if (metric->of)
		return metric->of(&r->runs, run);
	double divisor = metric->per_answer ? csv_number(&r->runs, run, "answers") : metric->unit;
	return divisor > 0 ? csv_number(&r->runs, run, metric->column) / divisor : NAN;
}
