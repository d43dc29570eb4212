/* chart.h - a figure's data: for each backend its points, each summed up over the repetitions. */
#ifndef REPORT_CHART_H
#define REPORT_CHART_H

#include "results.h"
#include "stats.h"

enum x_unit { X_CONNECTIONS, X_IDLE, X_WORKERS, X_COUNT, X_BYTES };

struct point {
	double         x;      /* in the unit of the chart */
	struct summary y;
	int            failed; /* runs that did not count */
	bool           client_bound; /* the generator was busy for CLIENT_BOUND_PCT or more, in the median */
};

struct series {
	const char  *backend;
	struct point points[MAX_POINTS]; /* by x */
	int          n;
};

struct chart {
	struct series series[MAX_SERIES];
	int           n;
	double        xs[MAX_POINTS]; /* every x that some backend has, in order */
	int           n_xs;
	enum x_unit   x_unit;
	const char   *x_name;         /* "File size"; NULL for connections */
};

/* Points without a run that counts are there, with y.n = 0; backends without a point are not. 0 or -ENOMEM,
 * -E2BIG (more than MAX_POINTS). */
int chart_collect(struct chart *, const struct results *, const char *workload, enum metric_id);

const struct point *series_at(const struct series *, double x);  /* measured, or NULL */
const struct point *series_last(const struct series *);          /* the last one measured, or NULL */

/* The x that is nearest to `wanted` on a log scale, of those where two thirds of the backends were measured (of
 * as many as were anywhere at the same x); NAN: none. */
double chart_common_x(const struct chart *, double wanted);
int    chart_count_at(const struct chart *, double x); /* how many backends were measured there */

/* The backend with the least (or greatest) median at x, or NULL. */
const struct series *chart_extreme(const struct chart *, double x, bool greatest);

/* Of the measured points, how many were bound by the generator, and how many there are. */
void chart_client_bound(const struct chart *, int *bound, int *all);

#endif
