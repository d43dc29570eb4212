/* table.c - the results as tables: a short one for the terminal, a full one for the page.
 *
 * Every number is a median. "~" is no clear difference to the best median of the same point (stats.h says when
 * a difference is clear); a factor is a clear one.
 *
 * SPDX-License-Identifier: MIT */
#include "table.h"

#include <string.h>

#include "figure.h"
#include "format.h"

/* The first figure of each workload decides by what its backends are compared; a timeline compares nothing. */
static bool decides(const struct figure_list *list, int at)
{
	for (int i = 0; i < at; i++)
		if (strcmp(list->figures[i].workload, list->figures[at].workload) == 0)
			return false;
	return list->figures[at].kind != FIGURE_TIMELINE;
}

/* "best", "~", "1.4 times", or "" where there is nothing to compare with. */
static void compare_to_best(char *out, const struct chart *chart, const struct point *point,
			    bool more_is_better)
{
	const struct series *best = chart_extreme(chart, point->x, more_is_better);
	const struct summary *top = &series_at(best, point->x)->y;
	*out = '\0';
	if (chart_count_at(chart, point->x) < 2)
		return;
	if (top == &point->y)
		strcpy(out, "best");
	else if (more_is_better ? stats_clearly_less(&point->y, top) : stats_clearly_less(top, &point->y))
		format_times(out,
			     more_is_better ? top->median / point->y.median : point->y.median / top->median);
	else
		strcpy(out, "~");
}

static char *format_x(char *out, const struct chart *chart, double x)
{
	return chart->x_unit == X_BYTES ? format_bytes(out, x) : format_count(out, x);
}

/* ---- the terminal ---- */

static int longest_name(const struct chart *chart)
{
	int longest = 8;
	for (int i = 0; i < chart->n; i++)
		if ((int)strlen(chart->series[i].backend) > longest)
			longest = (int)strlen(chart->series[i].backend);
	return longest;
}

static void print_chart(FILE *out, const struct figure *figure, const struct chart *chart)
{
	char text[NUMBER_TEXT];
	int width = longest_name(chart);
	fprintf(out, "%s: %s by %s (", figure->workload, metrics[figure->metric].heading, figure->per);
	figure_spread(out, chart);
	fprintf(out, ")\n%-*s", width, "");
	for (int i = 0; i < chart->n_xs; i++)
		if (chart_count_at(chart, chart->xs[i]))
			fprintf(out, " %10s", format_x(text, chart, chart->xs[i]));
	fputc('\n', out);
	for (int i = 0; i < chart->n; i++) {
		fprintf(out, "%-*s", width, chart->series[i].backend);
		for (int j = 0; j < chart->n_xs; j++) {
			const struct point *point = series_at(&chart->series[i], chart->xs[j]);
			if (chart_count_at(chart, chart->xs[j]))
				fprintf(out, " %10s", point ? format_number(text, point->y.median) : "-");
		}
		fputc('\n', out);
	}
}

void table_print(FILE *out, const struct results *r)
{
	static struct chart chart;
	static struct figure_list list;
	figure_list(&list, r);
	for (int i = 0; i < list.n; i++) {
		if (!decides(&list, i) || figure_collect(&list.figures[i], r, &chart) <= 0)
			continue;
		print_chart(out, &list.figures[i], &chart);
		fputc('\n', out);
	}
}

/* ---- the page ---- */

static const enum metric_id columns[] = {
	METRIC_RPS,	 METRIC_CPU,   METRIC_CPU_MIB, METRIC_HIT,    METRIC_MEMORY, METRIC_BUSIEST,
	METRIC_VAIN,	 METRIC_CALLS, METRIC_SPAWN,   METRIC_FUTEX,  METRIC_HANDED, METRIC_STACKS,
	METRIC_SWITCHES, METRIC_P50,   METRIC_P99,     METRIC_CLIENT,
};
enum { COLUMNS = sizeof columns / sizeof *columns };

/* A hit rate is known of a cache only; a column without a value, or without any but 0, is left out. */
static bool has_values(const struct chart *chart, enum metric_id id)
{
	for (int i = 0; i < chart->n; i++)
		for (int j = 0; j < chart->series[i].n; j++) {
			const struct summary *y = &chart->series[i].points[j].y;
			if (y->n > 0 && (y->hi > 0 || !metrics[id].some_only))
				return true;
		}
	return false;
}

static void html_head(FILE *out, const struct figure *figure, const struct chart *charts)
{
	fprintf(out,
		"<div class=\"wide\"><table>\n<caption>Workload %s. “To the best” compares %s.</caption>\n",
		figure->workload, metrics[figure->metric].heading);
	fprintf(out, "<thead><tr><th>backend<th class=\"n\">%s<th class=\"n\">to the best", figure->x_label);
	for (int i = 0; i < COLUMNS; i++)
		if (has_values(&charts[i], columns[i]))
			fprintf(out, "<th class=\"n\">%s", metrics[columns[i]].heading);
	fputs("<th class=\"n\">runs</tr></thead>\n<tbody>\n", out);
}

static void html_cell(FILE *out, const struct summary *y)
{
	char median[NUMBER_TEXT], lo[NUMBER_TEXT], hi[NUMBER_TEXT];
	if (y->n == 0) {
		fputs("<td class=\"n\">–", out);
		return;
	}
	fprintf(out, "<td class=\"n\">%s", format_number(median, y->median));
	if (y->n > 1)
		fprintf(out, "<small>%s to %s</small>", format_number(lo, y->lo), format_number(hi, y->hi));
}

static void html_row(FILE *out, const struct figure *figure, const struct chart *charts,
		     const struct chart *main_chart, int backend, int at)
{
	char text[NUMBER_TEXT];
	const struct point *point = &main_chart->series[backend].points[at];
	fputs("<tr><td>", out);
	html_text(out, main_chart->series[backend].backend);
	fprintf(out, "<td class=\"n\">%s", format_x(text, main_chart, point->x));
	if (point->y.n > 0)
		compare_to_best(text, main_chart, point, metrics[figure->metric].more_is_better);
	fprintf(out, "<td class=\"n\">%s", point->y.n > 0 ? text : "failed");
	for (int i = 0; i < COLUMNS; i++)
		if (has_values(&charts[i], columns[i]))
			html_cell(out, &charts[i].series[backend].points[at].y);
	fprintf(out, "<td class=\"n\">%d", point->y.n);
	if (point->failed)
		fprintf(out, " <strong>(%d failed)</strong>", point->failed);
	fputs("</tr>\n", out);
}

static int html_workload(FILE *out, const struct figure *figure, const struct results *r)
{
	static struct chart main_chart, charts[COLUMNS];
	int answer = figure_collect(figure, r, &main_chart);
	for (int i = 0; i < COLUMNS && answer >= 0; i++) {
		int error = chart_collect(&charts[i], r, figure->workload, columns[i]);
		answer = error ? error : answer;
	}
	if (answer < 0 || main_chart.n == 0)
		return answer;
	html_head(out, figure, charts);
	for (int b = 0; b < main_chart.n; b++)
		for (int i = 0; i < main_chart.series[b].n; i++)
			html_row(out, figure, charts, &main_chart, b, i);
	fputs("</tbody></table></div>\n", out);
	return answer;
}

int table_html(FILE *out, const struct results *r)
{
	static struct figure_list list;
	figure_list(&list, r);
	for (int i = 0; i < list.n; i++) {
		int answer = decides(&list, i) ? html_workload(out, &list.figures[i], r) : 0;
		if (answer < 0)
			return answer;
	}
	return 0;
}

/* ---- what handing over costs ---- */

static const enum metric_id causes[] = { METRIC_CPU, METRIC_HANDED, METRIC_FUTEX, METRIC_SWITCHES,
					 METRIC_STACKS };
enum { CAUSES = sizeof causes / sizeof *causes };

static void causes_row(FILE *out, const struct chart *charts, int backend, double x)
{
	fputs("<tr><td>", out);
	html_text(out, charts[0].series[backend].backend);
	for (int i = 0; i < CAUSES; i++) {
		const struct point *point = series_at(&charts[i].series[backend], x);
		html_cell(out, point ? &point->y : &(struct summary){ 0 });
	}
	fputs("</tr>\n", out);
}

/* At that number of connections which is nearest to FIGURE_CONNECTIONS: as many rows as hand anything over, and
 * the reference beside them. */
static void causes_table(FILE *out, const char *workload, const struct chart *charts)
{
	double x = chart_common_x(&charts[0], FIGURE_CONNECTIONS);
	char text[NUMBER_TEXT];
	fprintf(out,
		"<div class=\"wide\"><table id=\"handing-over\">\n<caption>What handing over costs. Workload "
		"%s, %s "
		"connections.</caption>\n<thead><tr><th>backend",
		workload, format_count(text, x));
	for (int i = 0; i < CAUSES; i++)
		fprintf(out, "<th class=\"n\">%s", metrics[causes[i]].heading);
	fputs("</tr></thead>\n<tbody>\n", out);
	for (int b = 0; b < charts[0].n; b++)
		if (series_at(&charts[0].series[b], x))
			causes_row(out, charts, b, x);
	fputs("</tbody></table></div>\n", out);
}

int table_causes(FILE *out, const struct results *r)
{
	static const char *const workloads[] = { "handover", "connections" };
	static struct chart charts[CAUSES];
	for (size_t w = 0; w < sizeof workloads / sizeof *workloads; w++) {
		for (int i = 0; i < CAUSES; i++) {
			int error = chart_collect(&charts[i], r, workloads[w], causes[i]);
			if (error)
				return error;
		}
		if (!has_values(&charts[1], METRIC_HANDED) && !has_values(&charts[2], METRIC_FUTEX))
			continue;
		causes_table(out, workloads[w], charts);
		return 0;
	}
	return 0;
}
