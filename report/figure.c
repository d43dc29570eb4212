/* figure.c - the figures of a comparison: one entry each in a table, and two for each workload without one.
 *
 * To add a figure, add an entry: which workload it draws, which metric (results.h), which script (the kind),
 * and two functions of words.h. A workload that was added to bench/compare/workloads alone has its figures from
 * here, too.
 *
 * SPDX-License-Identifier: MIT */
#include "figure.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "words.h"

static void spectrum_sentence(FILE *out, const struct chart *chart)
{
	(void)chart;
	fputs("All repetitions together. The loop is closed: a connection asks again only after its "
	      "answer, so these are times in a queue at full load, not the times that a given rate of "
	      "requests would see.",
	      out);
}

static const struct figure table[] = {
	{ "throughput", FIGURE_LINES, "connections", METRIC_RPS, 1000, false,
	  "Thousand requests per second by number of connections. Higher is better.", "Connections",
	  "number of connections", words_throughput_title, words_most_sentence },
	{ "p99", FIGURE_LINES, "connections", METRIC_P99, 1, true,
	  "99th percentile of the response time in ms (log scale) by number of connections.", "Connections",
	  "number of connections", words_tail_title, words_tail_sentence },
	{ "cpu", FIGURE_LINES, "connections", METRIC_CPU, 1, false,
	  "Server CPU time in µs per request by number of connections. Lower is better.", "Connections",
	  "number of connections", words_cpu_title, words_least_sentence },
	{ "idle", FIGURE_LINES, "idle", METRIC_CPU, 1, true,
	  "Server CPU time in µs per request (log scale) by number of idle connections held open.",
	  "Idle connections", "number of idle connections", words_growth_title, words_growth_sentence },
	{ "latency", FIGURE_SPECTRUM, "connections", METRIC_P99, 1, true,
	  "Response time in ms (log scale) by percentile; each step to the right is one more nine.",
	  "Percentile", "percentile", words_spectrum_title, spectrum_sentence },
	{ "syscalls", FIGURE_BARS, "connections", METRIC_CALLS, 1, false,
	  "Counted by the server, from its first client to its last. Shorter is better.",
	  "System calls per request", "backend", words_calls_title, words_calls_sentence },
	{ 0 },
};

static void neutral_title(FILE *out, const struct chart *chart)
{
	(void)chart;
	fputs("Throughput by number of idle connections", out);
}

/* What a workload without an entry gets; %s is its name. */
static const struct figure by_connections[] = {
	{ "throughput-%s", FIGURE_LINES, NULL, METRIC_RPS, 1000, false,
	  "Workload %s: thousand requests per second by number of connections. Higher is better.",
	  "Connections", "number of connections", words_throughput_title, words_most_sentence },
	{ "cpu-%s", FIGURE_LINES, NULL, METRIC_CPU, 1, false,
	  "Workload %s: server CPU time in µs per request by number of connections. Lower is better.",
	  "Connections", "number of connections", words_cpu_title, words_least_sentence },
};

static const struct figure by_idle[] = {
	{ "cpu-%s", FIGURE_LINES, NULL, METRIC_CPU, 1, true,
	  "Workload %s: server CPU time in µs per request (log scale) by number of idle connections.",
	  "Idle connections", "number of idle connections", words_growth_title, words_growth_sentence },
	{ "throughput-%s", FIGURE_LINES, NULL, METRIC_RPS, 1000, false,
	  "Workload %s: thousand requests per second by number of idle connections. Higher is better.",
	  "Idle connections", "number of idle connections", neutral_title, words_most_sentence },
};

static bool has_figure(const struct figure_list *list, const char *workload)
{
	for (int i = 0; i < list->n; i++)
		if (strcmp(list->figures[i].workload, workload) == 0)
			return true;
	return false;
}

static void add_from(struct figure_list *list, const struct figure *pattern, const char *workload)
{
	if (list->n == MAX_FIGURES)
		return;
	char *name = list->names[list->n], *subtitle = list->subtitles[list->n];
	snprintf(name, sizeof list->names[0], pattern->name, workload);
	snprintf(subtitle, sizeof list->subtitles[0], pattern->subtitle, workload);
	list->figures[list->n] = *pattern;
	list->figures[list->n].name = name;
	list->figures[list->n].subtitle = subtitle;
	list->figures[list->n++].workload = workload;
}

static void add_workload(struct figure_list *list, const struct results *r, const char *workload)
{
	char key[128];
	if (!*workload || has_figure(list, workload))
		return;
	snprintf(key, sizeof key, "axis %s", workload);
	const struct figure *patterns = strcmp(facts_get(&r->run, key), "idle") == 0 ? by_idle : by_connections;
	add_from(list, &patterns[0], workload);
	add_from(list, &patterns[1], workload);
}

void figure_list(struct figure_list *list, const struct results *r)
{
	list->n = 0;
	for (const struct figure *figure = table; figure->name; figure++)
		list->figures[list->n++] = *figure;
	for (size_t i = 0; i < r->run.n; i++) /* in the order of the table that was used */
		if (strncmp(r->run.list[i].name, "axis ", 5) == 0)
			add_workload(list, r, r->run.list[i].name + 5);
	for (size_t row = 0; row < r->runs.rows; row++)
		add_workload(list, r, csv_cell(&r->runs, row, "workload"));
}

int figure_collect(const struct figure *figure, const struct results *results, struct chart *chart)
{
	int error = chart_collect(chart, results, figure->workload, figure->metric);
	if (error)
		return error;
	int measured = 0;
	for (int i = 0; i < chart->n; i++)
		measured += series_last(&chart->series[i]) != NULL;
	return measured;
}

void figure_spread(FILE *out, const struct chart *chart)
{
	int fewest = 0, most = 0;
	for (int i = 0; i < chart->n; i++)
		for (int j = 0; j < chart->series[i].n; j++) {
			int n = chart->series[i].points[j].y.n;
			if (n == 0)
				continue;
			fewest = fewest && fewest < n ? fewest : n;
			most = n > most ? n : most;
		}
	if (most <= 1)
		fputs("one run per point", out);
	else if (stats_rank(fewest) > 0)
		fprintf(out, "median of %d runs, bars: %.0f %% interval", most,
			100 * stats_coverage(fewest, stats_rank(fewest)));
	else
		fprintf(out, "median of %d runs, bars: smallest to largest", most);
}
