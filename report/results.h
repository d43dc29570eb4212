/* results.h - what a comparison left in its folder, and the figures that a run stands for.
 *
 *     results.csv     a row per run; columns by name, see bench/compare.sh
 *     notes.csv       workload,backend,text: what was left out, capped or went wrong
 *     run.txt         facts of the comparison: mode, seed, repetitions, workloads ...
 *     machine.txt     facts of the machine */
#ifndef REPORT_RESULTS_H
#define REPORT_RESULTS_H

#include <stdbool.h>
#include <stdio.h>

#include "csv.h"
#include "facts.h"

enum { MAX_SERIES = 128, MAX_POINTS = 32, CLIENT_BOUND_PCT = 90 };

struct results {
	const char  *dir;
	struct csv   runs, notes;
	struct facts run, machine;
	/* The lines of the charts that have rows, in the order in which they were asked for: a backend, a backend
	 * and a variant of the workload ("epoll_lt/read"), or a variant of the one backend ("read"). */
	const char  *backends[MAX_SERIES];
	int          n_backends;
};

/* 0 or -errno; -E2BIG: more than MAX_SERIES backends. Everything but results.csv may be missing. */
int  results_open(struct results *, const char *dir);
void results_close(struct results *);

/* DIR/NAME into out (of PATH_MAX bytes); returns out. */
char *results_path(const struct results *, const char *name, char *out);

bool run_ok(const struct results *, size_t run);

/* What is known of a workload: "axis", "unit", "figures" ...; "" where it is not. */
const char *workload_fact(const struct results *, const char *what, const char *workload);

/* "readiness": of a series, by its backend; "" where it is not known (a plug-in's, an old folder's). */
const char *series_family(const struct results *, const char *series);

/* Whether the name is in a list with `separator` between. */
bool in_list(const char *list, char separator, const char *name, size_t len);

/* ---- metrics ---- */

enum metric_id {
	METRIC_RPS,
	METRIC_P50,
	METRIC_P99,
	METRIC_CPU,
	METRIC_CALLS,
	METRIC_SWITCHES,
	METRIC_CLIENT,
	METRIC_CPU_MIB,
	METRIC_HIT,
	/* what models differ by: hand-overs, woken for nothing, unequal workers, memory of the silent */
	METRIC_HANDED,
	METRIC_STACKS,
	METRIC_VAIN,
	METRIC_BUSIEST,
	METRIC_MEMORY,
	/* kinds of calls, as the bars stack them */
	METRIC_WAIT,
	METRIC_RECV,
	METRIC_SEND,
	METRIC_ACCEPT,
	METRIC_CTL,
	METRIC_SPAWN,
	METRIC_FUTEX,
	METRIC_SIGMASK,
	METRIC_ENTER,
	METRIC_AIO,
	METRIC_CLOSE,
	METRIC_OTHER,
	METRICS
};

struct metric {
	const char *name;       /* column in the chart's data */
	const char *heading;    /* of the table, with the unit */
	bool        more_is_better;
	const char *column;     /* of results.csv, divided by `unit` or by the answers */
	double      unit;
	bool        per_answer;
	double    (*of)(const struct csv *, size_t run); /* instead of all that */
	bool some_only; /* most backends have none: a table where all have 0 leaves it out */
};

extern const struct metric metrics[METRICS];

/* NAN: not known. */
double run_metric(const struct results *, size_t run, enum metric_id);

/* The sessions of each worker, the busiest first, as shares of 1 that add up to 1. Returns how many workers; 0:
 * not known, or nobody had a session. */
enum { MAX_SHARES = 64 };
int run_shares(const struct csv *runs, size_t run, double shares[MAX_SHARES]);

#endif
