/* plot_lines.c - the data of a figure of lines: a row per point, and for each line why it ends early.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>

#include "plot_parts.h"

/* at[i] of of[i]: where the i-th series stands among those that share its plot. */
static int write_points(const struct figure *figure, const struct chart *chart, const struct axis *x,
			const int *at, const int *of, const struct results *r)
{
	struct draft draft;
	int error = plot_file(&draft, r, figure->name, ".csv");
	if (error)
		return error;
	fputs("backend,x,place,median,lo,hi,n,failed,client_bound\n", draft.out);
	for (int i = 0; i < chart->n; i++)
		for (int j = 0; j < chart->series[i].n; j++) {
			const struct point *p = &chart->series[i].points[j];
			if (p->y.n == 0)
				continue;
			fprintf(draft.out, "%s,%g,%.9g,%.6g,%.6g,%.6g,%d,%d,%d\n", chart->series[i].backend,
				p->x, axis_dodge(x, p->x, at[i], of[i]), p->y.median, p->y.lo, p->y.hi, p->y.n,
				p->failed, p->client_bound);
		}
	return draft_close(&draft);
}

/* The short reason why a line ends early: the note's, or that the runs beyond failed; NULL: none. */
static const char *end_of(const struct results *r, const char *workload, const struct series *series)
{
	const struct point *last = series_last(series);
	if (!last)
		return NULL;
	if (last != &series->points[series->n - 1])
		return "fails beyond";
	for (size_t i = 0; i < r->notes.rows; i++)
		if (strcmp(csv_cell(&r->notes, i, "workload"), workload) == 0 &&
		    strcmp(csv_cell(&r->notes, i, "backend"), series->backend) == 0 &&
		    *csv_cell(&r->notes, i, "label"))
			return csv_cell(&r->notes, i, "label");
	return NULL;
}

static void scale(struct chart *chart, double unit)
{
	for (int i = 0; i < chart->n; i++)
		for (int j = 0; j < chart->series[i].n; j++) {
			struct summary *y = &chart->series[i].points[j].y;
			y->median /= unit;
			y->lo /= unit;
			y->hi /= unit;
		}
}

int plot_lines(const struct figure *figure, struct chart *chart, const struct results *r)
{
	static struct layout layout;
	const char *ends[MAX_SERIES];
	int at[MAX_SERIES], of[MAX_SERIES];
	struct draft draft;
	int bound, all;
	int error = plot_file(&draft, r, figure->name, ".gp");
	if (error)
		return error;
	plot_head(draft.out, figure, chart, r);
	chart_client_bound(chart, &bound, &all);
	fprintf(draft.out, "SOME_BOUND = %d\n", bound > 0 && bound < all);
	scale(chart, figure->unit);
	for (int i = 0; i < chart->n; i++) {
		ends[i] = end_of(r, figure->workload, &chart->series[i]);
		at[i] = i;
		of[i] = chart->n;
	}
	if (figure->panels) {
		plot_panels(draft.out, figure, chart, r, ends, at, of, &layout);
	} else {
		layout_lines(&layout, chart, figure->log_y, ends);
		plot_layout(draft.out, &layout, true);
	}
	error = draft_close(&draft);
	return error ? error : write_points(figure, chart, &layout.x, at, of, r);
}
