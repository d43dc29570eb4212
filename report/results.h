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

enum { MAX_SERIES = 64, MAX_POINTS = 32, CLIENT_BOUND_PCT = 90 };

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

/* Whether the name is in a list with `separator` between. */
bool in_list(const char *list, char separator, const char *name, size_t len);

/* ---- metrics ---- */

enum metric_id {
	METRIC_RPS, METRIC_P50, METRIC_P99, METRIC_CPU, METRIC_CALLS, METRIC_SWITCHES, METRIC_CLIENT,
	METRIC_CPU_MIB, METRIC_HIT,
	/* kinds of calls, as the bars stack them */
	METRIC_WAIT, METRIC_RECV, METRIC_SEND, METRIC_ACCEPT, METRIC_CTL, METRIC_OTHER,
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
};

extern const struct metric metrics[METRICS];

/* NAN: not known. */
double run_metric(const struct results *, size_t run, enum metric_id);

#endif
