/* figure.c - the figures of a comparison: a pattern for each kind, filled in for each workload that asks.
 *
 *     bench/workloads/static.txt     figures: cpu cpu_mib    x: File size
 *     here                           "Server CPU time in µs per request by %s."
 *     the chart                      "Workload static: server CPU time in µs per request by file size."
 *
 * To add a kind of figure, add a pattern (figure_patterns.c).
 *
 * SPDX-License-Identifier: MIT */
#include "figure.h"

#include <ctype.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "timeline.h"
#include "words.h"

/* What a workload gets that does not say. */
static const char *default_figures(const struct results *r, const char *workload)
{
	if (strcmp(workload, "connections") == 0)
		return "throughput p99 cpu latency syscalls";
	if (strcmp(workload, "idle") == 0)
		return "idle";
	return strcmp(workload_fact(r, "axis", workload), "idle") == 0 ? "idle throughput" : "throughput cpu";
}

/* ---- the x axis in words ---- */

static void name_axis(struct figure *figure, char *x_label, char *per, const struct chart *chart)
{
	enum { SIZE = sizeof((struct figure_list *)0)->texts[0].per };
	if (chart->x_name) {
		snprintf(x_label, SIZE, "%s", chart->x_name);
		snprintf(per, SIZE, "%s", chart->x_name);
		*x_label = (char)toupper((unsigned char)*x_label);
		*per = (char)tolower((unsigned char)*per);
	} else {
		const char *idle = chart->x_unit == X_IDLE	? "idle connections"
				   : chart->x_unit == X_WORKERS ? "workers"
								: "connections";
		snprintf(x_label, SIZE, "%s", idle);
		snprintf(per, SIZE, "number of %s", idle);
		*x_label = (char)toupper((unsigned char)*x_label);
	}
	if (!figure->x_label)
		figure->x_label = x_label;
	if (!figure->per)
		figure->per = per;
}

/* Values that are further apart than this need a log scale to be told apart. */
static const double FAR_APART = 25;

static bool far_apart(const struct chart *chart)
{
	double least = 0, most = 0;
	for (int i = 0; i < chart->n; i++)
		for (int j = 0; j < chart->series[i].n; j++) {
			double y = chart->series[i].points[j].y.median;
			least = y > 0 && (least <= 0 || y < least) ? y : least;
			most = y > most ? y : most;
		}
	return least > 0 && most / least > FAR_APART;
}

/* ---- the list ---- */

static const struct figure *find_pattern(const char *name, size_t len)
{
	for (const struct figure *p = figure_patterns; p->name; p++)
		if (strlen(p->name) == len && memcmp(p->name, name, len) == 0)
			return p;
	return NULL;
}

/* The main workload's figures, and one that is named as its workload, need no longer name. */
static bool is_plain(const char *workload, const char *name)
{
	return strcmp(workload, "connections") == 0 || strcmp(workload, name) == 0;
}

static void write_subtitle(char *out, size_t size, const struct figure *figure, const char *lines)
{
	char text[192];
	bool main_one = strcmp(figure->workload, "connections") == 0 || strcmp(figure->workload, "idle") == 0;
	snprintf(text, sizeof text, figure->subtitle, figure->log_y ? " (log scale)" : "", figure->per);
	if (*lines && strstr(text, ". ")) /* there is no room for both, and "lower is better" is known by now */
		strstr(text, ". ")[1] = '\0';
	if (main_one || (figure->kind != FIGURE_LINES && figure->kind != FIGURE_COLUMNS))
		snprintf(out, size, "%s", text);
	else
		snprintf(out, size, "Workload %s: %c%s%s%s", figure->workload,
			 !isupper((unsigned char)text[1]) ? tolower((unsigned char)*text) : *text, text + 1,
			 *lines ? " " : "", lines);
}

static void add_figure(struct figure_list *list, const struct figure *pattern, const struct results *r,
		       const char *workload)
{
	static struct chart chart;
	if (list->n == MAX_FIGURES || chart_collect(&chart, r, workload, pattern->metric))
		return;
	int n = list->n++;
	struct figure *figure = &list->figures[n];
	*figure = *pattern;
	figure->workload = workload;
	figure->panels =
		(pattern->kind == FIGURE_LINES || pattern->kind == FIGURE_SPECTRUM) && chart.n > MOST_LINES;
	figure->log_y |= pattern->kind == FIGURE_LINES && pattern->metric != METRIC_HIT && far_apart(&chart) &&
			 pattern->metric != METRIC_RPS;
	name_axis(figure, list->texts[n].x_label, list->texts[n].per, &chart);
	bool plain = is_plain(workload, pattern->name);
	snprintf(list->texts[n].name, sizeof list->texts[n].name, "%s%s%s", pattern->name, plain ? "" : "-",
		 plain ? "" : workload);
	write_subtitle(list->texts[n].subtitle, sizeof list->texts[n].subtitle, figure,
		       workload_fact(r, "lines", workload));
	figure->name = list->texts[n].name;
	figure->subtitle = list->texts[n].subtitle;
}

static bool has_workload(const struct figure_list *list, const char *workload)
{
	for (int i = 0; i < list->n; i++)
		if (strcmp(list->figures[i].workload, workload) == 0)
			return true;
	return false;
}

static void add_workload(struct figure_list *list, const struct results *r, const char *workload)
{
	const char *names = workload_fact(r, "figures", workload);
	if (!*workload || has_workload(list, workload))
		return;
	if (!*names)
		names = default_figures(r, workload);
	for (size_t len; *names; names += len + strspn(names + len, " ")) {
		len = strcspn(names, " ");
		const struct figure *pattern = find_pattern(names, len);
		if (pattern)
			add_figure(list, pattern, r, workload);
	}
}

void figure_list(struct figure_list *list, const struct results *r)
{
	list->n = 0;
	for (size_t i = 0; i < r->run.n; i++) /* in the order in which they were asked for */
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
	if (figure->kind == FIGURE_TIMELINE)
		return timeline_of(results, figure->workload) != NULL;
	int measured = 0;
	for (int i = 0; i < chart->n; i++)
		measured += series_last(&chart->series[i]) != NULL;
	return measured;
}

void figure_title(FILE *out, const struct figure *figure, const struct chart *chart, const struct results *r)
{
	if (figure->kind == FIGURE_TIMELINE)
		timeline_title(out, r, figure->workload);
	else
		figure->title(out, chart);
}

void figure_sentence(FILE *out, const struct figure *figure, const struct chart *chart, const struct results *r)
{
	if (figure->kind == FIGURE_TIMELINE)
		timeline_sentence(out, r, figure->workload);
	else
		figure->sentence(out, chart);
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
