/* plot_bars.c - the data of a figure of stacked bars: per backend the median of each kind of call.
 *
 * SPDX-License-Identifier: MIT */
#include "plot_parts.h"

enum { KINDS = METRIC_OTHER - METRIC_WAIT + 1 };

static void write_names(FILE *out, const char *separator)
{
	for (int i = 0; i < KINDS; i++)
		fprintf(out, "%s%s", i ? separator : "", metrics[METRIC_WAIT + i].name);
}

static int write_rows(const struct figure *figure, const struct chart *totals, const struct chart *kinds,
		      double x, const struct results *r)
{
	struct draft draft;
	int error = plot_file(&draft, r, figure->name, ".csv");
	if (error)
		return error;
	fputs("backend,", draft.out);
	write_names(draft.out, ",");
	fputs(",total\n", draft.out);
	for (int i = 0; i < totals->n; i++) {
		const struct point *total = series_at(&totals->series[i], x);
		if (!total)
			continue;
		fputs(totals->series[i].backend, draft.out);
		for (int k = 0; k < KINDS; k++) {
			const struct point *p = series_at(&kinds[k].series[i], x);
			fprintf(draft.out, ",%.5g", p ? p->y.median : 0);
		}
		fprintf(draft.out, ",%.5g\n", total->y.median);
	}
	return draft_close(&draft);
}

int plot_bars(const struct figure *figure, struct chart *chart, const struct results *r)
{
	static struct chart kinds[KINDS];
	struct draft draft;
	struct axis axis;
	double x = chart_common_x(chart, FIGURE_CONNECTIONS);
	int error = 0;
	for (int k = 0; k < KINDS && !error; k++)
		error = chart_collect(&kinds[k], r, figure->workload, (enum metric_id)(METRIC_WAIT + k));
	if (error || (error = write_rows(figure, chart, kinds, x, r)) ||
	    (error = plot_file(&draft, r, figure->name, ".gp")))
		return error;
	plot_head(draft.out, figure, chart, r);
	fputs("KINDS = \"", draft.out);
	write_names(draft.out, " ");
	axis_linear(&axis, series_at(chart_extreme(chart, x, true), x)->y.median * 1.06);
	fprintf(draft.out, "\"\nXMAX = %.9g\n", axis.hi);
	return draft_close(&draft);
}
