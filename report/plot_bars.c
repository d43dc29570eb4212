/* plot_bars.c - the data of a figure of stacked bars: per backend the median of each kind of call.
 *
 * Kinds that hardly occur with anybody are added to the last one, "other": a legend of twelve colours, of which
 * five are nowhere to be seen, helps nobody.
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>

#include "plot_parts.h"

enum { KINDS = METRIC_OTHER - METRIC_WAIT + 1 };
static const double LEAST_SHARE = 0.01; /* of the longest bar */

struct kinds {
	struct chart charts[KINDS];
	bool shown[KINDS];
};

static double kind_at(const struct chart *kind, int backend, double x)
{
	const struct point *p = series_at(&kind->series[backend], x);
	return p ? p->y.median : 0;
}

static int collect_kinds(struct kinds *kinds, const struct figure *figure, double x, double longest,
			 const struct results *r)
{
	for (int k = 0; k < KINDS; k++) {
		struct chart *kind = &kinds->charts[k];
		int error = chart_collect(kind, r, figure->workload, (enum metric_id)(METRIC_WAIT + k));
		if (error)
			return error;
		kinds->shown[k] = k == KINDS - 1;
		for (int i = 0; i < kind->n; i++)
			kinds->shown[k] |= kind_at(kind, i, x) >= LEAST_SHARE * longest;
	}
	return 0;
}

static void write_names(FILE *out, const struct kinds *kinds, const char *separator)
{
	for (int k = 0; k < KINDS; k++)
		if (kinds->shown[k])
			fprintf(out, "%s%s", metrics[METRIC_WAIT + k].name, k < KINDS - 1 ? separator : "");
}

static void write_row(FILE *out, const struct chart *totals, const struct kinds *kinds, int i, double x)
{
	double rest = 0;
	fputs(totals->series[i].backend, out);
	for (int k = 0; k < KINDS; k++) {
		double n = kind_at(&kinds->charts[k], i, x);
		rest += n;
		if (kinds->shown[k]) {
			fprintf(out, ",%.5g", k < KINDS - 1 ? n : rest);
			rest -= n;
		}
	}
	fprintf(out, ",%.5g\n", series_at(&totals->series[i], x)->y.median);
}

static int write_rows(const struct figure *figure, const struct chart *totals, const struct kinds *kinds,
		      double x, const struct results *r)
{
	struct draft draft;
	int error = plot_file(&draft, r, figure->name, ".csv");
	if (error)
		return error;
	fputs("backend,", draft.out);
	write_names(draft.out, kinds, ",");
	fputs(",total\n", draft.out);
	for (int i = 0; i < totals->n; i++)
		if (series_at(&totals->series[i], x))
			write_row(draft.out, totals, kinds, i, x);
	return draft_close(&draft);
}

int plot_bars(const struct figure *figure, struct chart *chart, const struct results *r)
{
	static struct kinds kinds;
	struct draft draft;
	struct axis axis;
	double x = chart_common_x(chart, FIGURE_CONNECTIONS);
	double longest = series_at(chart_extreme(chart, x, true), x)->y.median;
	int error = collect_kinds(&kinds, figure, x, longest, r);
	if (error || (error = write_rows(figure, chart, &kinds, x, r)) ||
	    (error = plot_file(&draft, r, figure->name, ".gp")))
		return error;
	plot_head(draft.out, figure, chart, r);
	fputs("KINDS = \"", draft.out);
	write_names(draft.out, &kinds, " ");
	axis_linear(&axis, longest * 1.06);
	fprintf(draft.out, "\"\nXMAX = %.9g\n", axis.hi);
	return draft_close(&draft);
}
