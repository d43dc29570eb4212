/* chart.c - a figure's data: for each backend its points, each summed up over the repetitions.
 *
 *     results.csv rows --(workload, backend, x)--> values of one metric --stats.c--> median, lo, hi, n
 *
 * Only runs with status "ok" count; the others are counted as failed, so that a figure can say so.
 *
 * SPDX-License-Identifier: MIT */
#include "chart.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* The workload's rows, so that each point need look at these only: a comparison has thousands. */
struct rows {
	size_t *at, n;
	double *values; /* room for each of them, twice */
};

static int find_rows(struct rows *rows, const struct results *r, const char *workload)
{
	rows->n = 0;
	rows->at = malloc((r->runs.rows + 1) * sizeof *rows->at);
	rows->values = malloc((2 * r->runs.rows + 2) * sizeof *rows->values);
	if (!rows->at || !rows->values)
		return -ENOMEM;
	for (size_t row = 0; row < r->runs.rows; row++)
		if (strcmp(csv_cell(&r->runs, row, "workload"), workload) == 0)
			rows->at[rows->n++] = row;
	return 0;
}

static int list_xs(struct chart *chart, const struct results *r, const struct rows *rows)
{
	for (size_t k = 0; k < rows->n; k++) {
		double x = csv_number(&r->runs, rows->at[k], "x");
		int i = 0;
		if (isnan(x))
			continue;
		while (i < chart->n_xs && chart->xs[i] != x)
			i++;
		if (i == MAX_POINTS)
			return -E2BIG;
		if (i == chart->n_xs)
			chart->xs[chart->n_xs++] = x;
	}
	qsort(chart->xs, (size_t)chart->n_xs, sizeof *chart->xs, compare_doubles);
	return 0;
}

/* Returns whether there was a run at all. */
static bool collect_point(struct point *point, const struct results *r, const struct rows *rows,
			  const char *backend, enum metric_id metric)
{
	double *values = rows->values, *client = values + rows->n;
	int n = 0, n_client = 0;
	for (size_t k = 0; k < rows->n; k++) {
		size_t row = rows->at[k];
		if (strcmp(csv_cell(&r->runs, row, "backend"), backend) != 0 ||
		    csv_number(&r->runs, row, "x") != point->x)
			continue;
		double value = run_metric(r, row, metric);
		if (!run_ok(r, row) || isnan(value)) {
			point->failed++;
			continue;
		}
		values[n++] = value;
		client[n_client] = run_metric(r, row, METRIC_CLIENT);
		n_client += !isnan(client[n_client]);
	}
	point->y = stats_summarize(values, n);
	point->client_bound = stats_summarize(client, n_client).median >= CLIENT_BOUND_PCT;
	return n > 0 || point->failed > 0;
}

static void name_x(struct chart *chart, const struct results *r, const char *workload)
{
	const char *axis = workload_fact(r, "axis", workload), *name = workload_fact(r, "x", workload);
	chart->x_unit = !*axis || strcmp(axis, "connections") == 0		   ? X_CONNECTIONS
			: strcmp(axis, "idle") == 0				   ? X_IDLE
			: strcmp(axis, "workers") == 0				   ? X_WORKERS
			: strcmp(workload_fact(r, "unit", workload), "bytes") == 0 ? X_BYTES
										   : X_COUNT;
	if (chart->x_unit == X_COUNT || chart->x_unit == X_BYTES)
		chart->x_name = *name ? name : axis;
}

int chart_collect(struct chart *chart, const struct results *r, const char *workload, enum metric_id metric)
{
	memset(chart, 0, sizeof *chart);
	name_x(chart, r, workload);
	struct rows rows = { 0 };
	int error = find_rows(&rows, r, workload);
	if (!error)
		error = list_xs(chart, r, &rows);
	for (int b = 0; b < r->n_backends && !error; b++) {
		struct series *series = &chart->series[chart->n];
		series->backend = r->backends[b];
		for (int i = 0; i < chart->n_xs; i++) {
			struct point *point = &series->points[series->n];
			*point = (struct point){ .x = chart->xs[i] };
			series->n += collect_point(point, r, &rows, series->backend, metric);
		}
		chart->n += series->n > 0;
	}
	free(rows.at);
	free(rows.values);
	return error;
}

const struct point *series_at(const struct series *series, double x)
{
	for (int i = 0; i < series->n; i++)
		if (series->points[i].x == x && series->points[i].y.n > 0)
			return &series->points[i];
	return NULL;
}

const struct point *series_last(const struct series *series)
{
	for (int i = series->n; i-- > 0;)
		if (series->points[i].y.n > 0)
			return &series->points[i];
	return NULL;
}

int chart_count_at(const struct chart *chart, double x)
{
	int n = 0;
	for (int i = 0; i < chart->n; i++)
		n += series_at(&chart->series[i], x) != NULL;
	return n;
}

double chart_common_x(const struct chart *chart, double wanted)
{
	double best = NAN, least = INFINITY;
	int most = 0;
	for (int i = 0; i < chart->n_xs; i++) {
		int n = chart_count_at(chart, chart->xs[i]);
		most = n > most ? n : most;
	}
	for (int i = 0; i < chart->n_xs; i++) {
		int n = chart_count_at(chart, chart->xs[i]);
		double distance = fabs(log((chart->xs[i] + 1) / (wanted + 1)));
		if (n == 0 || 3 * n < 2 * most || distance >= least)
			continue;
		least = distance;
		best = chart->xs[i];
	}
	return best;
}

const struct series *chart_extreme(const struct chart *chart, double x, bool greatest)
{
	const struct series *best = NULL;
	double extreme = 0;
	for (int i = 0; i < chart->n; i++) {
		const struct point *point = series_at(&chart->series[i], x);
		if (!point || (best && (greatest ? point->y.median <= extreme : point->y.median >= extreme)))
			continue;
		best = &chart->series[i];
		extreme = point->y.median;
	}
	return best;
}

void chart_client_bound(const struct chart *chart, int *bound, int *all)
{
	*bound = *all = 0;
	for (int i = 0; i < chart->n; i++)
		for (int j = 0; j < chart->series[i].n; j++) {
			const struct point *point = &chart->series[i].points[j];
			*all += point->y.n > 0;
			*bound += point->y.n > 0 && point->client_bound;
		}
}
