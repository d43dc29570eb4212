/* plot_columns.c - the data of a figure of bars in columns: a row per backend, a column per metric, one x.
 *
 *                  server CPU         futex calls        context switches
 *                  us/request         per request        per request
 *     epoll_lt     ######  6.2        0                  #  0.01
 *     half_sync    ############ 11.8  #######  1.9       ######  0.8
 *
 * How long a bar is stands here, as a fraction of its column: so each column has its own scale, and the script
 * need not know any. Families stand a little apart. Where the sessions of each worker are known, the first
 * column has one bar of full length per backend, cut into the workers' shares.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "format.h"
#include "plot_parts.h"

enum { MAX_COLUMNS = 6, ROW = 24, HEAD = 150, FOOT = 46 }; /* ROW and the others: pixels */
static const double LONGEST = 0.68, FAMILY_GAP = 1.0, SHARES_WIDTH = 1.6;

struct columns {
	struct chart charts[MAX_COLUMNS];
	const struct metric *metric[MAX_COLUMNS];
	int n;
	double most[MAX_COLUMNS], least[MAX_COLUMNS]; /* of all whiskers; least: above 0, for a log scale */
	bool log;
	double x;
	int n_shares;
	double shares[MAX_SERIES][MAX_SHARES];
};

/* ---- collecting ---- */

static void find_range(struct columns *c, int k)
{
	c->most[k] = 0;
	c->least[k] = INFINITY;
	for (int i = 0; i < c->charts[k].n; i++) {
		const struct point *p = series_at(&c->charts[k].series[i], c->x);
		if (!p)
			continue;
		c->most[k] = fmax(c->most[k], p->y.hi);
		c->least[k] = p->y.lo > 0 ? fmin(c->least[k], p->y.lo) : c->least[k];
	}
}

/* A column in which nobody has a value, or all have a 0 that means "does not apply", is left out. */
static int collect_column(struct columns *c, const struct figure *figure, enum metric_id id,
			  const struct results *r)
{
	int error = chart_collect(&c->charts[c->n], r, figure->workload, id);
	if (error)
		return error;
	c->metric[c->n] = &metrics[id];
	find_range(c, c->n);
	if (chart_count_at(&c->charts[c->n], c->x) > 0 && (c->most[c->n] > 0 || !metrics[id].some_only))
		c->n++;
	return 0;
}

/* The shares of a backend's runs, averaged by rank: the busiest of each run, the next ... */
static void collect_shares(struct columns *c, const struct figure *figure, const char *backend, double *sum,
			   const struct results *r)
{
	int runs = 0;
	for (size_t row = 0; row < r->runs.rows; row++) {
		double shares[MAX_SHARES];
		if (!run_ok(r, row) || csv_number(&r->runs, row, "x") != c->x ||
		    strcmp(csv_cell(&r->runs, row, "workload"), figure->workload) != 0 ||
		    strcmp(csv_cell(&r->runs, row, "backend"), backend) != 0)
			continue;
		int n = run_shares(&r->runs, row, shares);
		c->n_shares = n > c->n_shares ? n : c->n_shares;
		runs += n > 0;
		for (int i = 0; i < n; i++)
			sum[i] += shares[i];
	}
	for (int i = 0; i < MAX_SHARES && runs > 0; i++)
		sum[i] /= runs;
}

static int collect(struct columns *c, const struct figure *figure, const struct chart *chart,
		   const struct results *r)
{
	memset(c, 0, sizeof *c);
	c->x = chart_common_x(chart, FIGURE_CONNECTIONS);
	c->log = figure->log_y;
	for (const enum metric_id *id = figure->columns; *id != METRICS && c->n < MAX_COLUMNS; id++) {
		int error = collect_column(c, figure, *id, r);
		if (error)
			return error;
	}
	for (int i = 0; i < chart->n; i++)
		collect_shares(c, figure, chart->series[i].backend, c->shares[i], r);
	return 0;
}

/* ---- writing ---- */

/* The length of a value's bar as a fraction of the column. A log scale begins at a power of ten below the
 * least. */
static double length(const struct columns *c, int k, double value)
{
	if (!(value > 0) || !(c->most[k] > 0))
		return 0;
	if (!c->log)
		return LONGEST * value / c->most[k];
	double begin = pow(10, floor(log10(c->least[k]) - 0.3));
	return LONGEST * log(fmax(value, begin) / begin) / log(c->most[k] / begin);
}

static void write_cells(FILE *out, const struct columns *c, int k, int backend)
{
	const struct point *p = series_at(&c->charts[k].series[backend], c->x);
	if (p)
		fprintf(out, ",%.6g,%.4f,%.4f,%.4f", p->y.median, length(c, k, p->y.median),
			length(c, k, p->y.lo), length(c, k, p->y.hi));
	else
		fputs(",NaN,NaN,NaN,NaN", out);
}

static bool has_row(const struct columns *c, int backend)
{
	for (int k = 0; k < c->n; k++)
		if (series_at(&c->charts[k].series[backend], c->x))
			return true;
	return false;
}

static void write_header(FILE *out, const struct columns *c)
{
	fputs("backend,row", out);
	for (int k = 1; k <= c->n; k++)
		fprintf(out, ",value%d,bar%d,lo%d,hi%d", k, k, k, k);
	for (int s = 1; s <= c->n_shares; s++)
		fprintf(out, ",share%d", s);
	fputc('\n', out);
}

/* Returns how many rows high all that is. */
static double write_rows(FILE *out, const struct columns *c, const struct chart *chart, const struct results *r)
{
	const char *family = NULL;
	double row = -1;
	write_header(out, c);
	for (int i = 0; i < chart->n; i++) {
		const char *own = series_family(r, chart->series[i].backend);
		if (!has_row(c, i))
			continue;
		row += family && strcmp(family, own) != 0 ? 1 + FAMILY_GAP : 1;
		family = own;
		fprintf(out, "%s,%g", chart->series[i].backend, row);
		for (int k = 0; k < c->n; k++)
			write_cells(out, c, k, i);
		for (int s = 0; s < c->n_shares; s++)
			fprintf(out, ",%.5f", c->shares[i][s]);
		fputc('\n', out);
	}
	return row + 1;
}

/* The values as people write them, column by column: they may have commas. */
static void write_texts(FILE *out, const struct columns *c, const struct chart *chart)
{
	char text[NUMBER_TEXT];
	int n = 0;
	for (int k = 0; k < c->n; k++)
		for (int i = 0; i < chart->n; i++)
			n += has_row(c, i);
	fprintf(out, "PER_COLUMN = %d\narray TEXT[%d]\n", n / c->n, n);
	n = 0;
	for (int k = 0; k < c->n; k++)
		for (int i = 0; i < chart->n; i++) {
			const struct point *p = series_at(&c->charts[k].series[i], c->x);
			if (has_row(c, i))
				fprintf(out, "TEXT[%d] = \"%s\"\n", ++n,
					p ? format_number(text, p->y.median) : "–");
		}
}

/* "server CPU, µs/request" in two lines: what, and of what. */
static void write_heading(FILE *out, const char *heading)
{
	char text[96];
	const char *comma = strstr(heading, ", "), *slash = strchr(heading, '/');
	if (comma)
		snprintf(text, sizeof text, "%.*s\n%s", (int)(comma - heading), heading, comma + 2);
	else if (slash)
		snprintf(text, sizeof text, "%.*s\nper %s", (int)(slash - heading), heading, slash + 1);
	else
		snprintf(text, sizeof text, "%s\n ", heading);
	char *end = strchr(text, '\n');
	*end = '\0';
	gnuplot_text(out, text);
	fputs(".\"\\n\".", out);
	gnuplot_text(out, end + 1);
}

/* Columns share what is right of the names; that of the shares is wider. */
static void write_places(FILE *out, const struct columns *c, size_t longest)
{
	double left = 0.035 + 0.0088 * (double)longest, first = c->n_shares ? SHARES_WIDTH : 0;
	double width = (0.985 - left) / (c->n + first);
	fprintf(out, "SHARES = %d\nSHARES_LEFT = %.4f\nSHARES_RIGHT = %.4f\n", c->n_shares, left,
		left + width * first - 0.02);
	fprintf(out, "COLUMNS = %d\narray LEFT[%d]\narray RIGHT[%d]\narray HEADING[%d]\n", c->n, c->n, c->n,
		c->n);
	for (int k = 0; k < c->n; k++) {
		double at = left + width * (first + k);
		fprintf(out, "LEFT[%d] = %.4f; RIGHT[%d] = %.4f; HEADING[%d] = ", k + 1, at, k + 1,
			at + width - 0.01, k + 1);
		write_heading(out, c->metric[k]->heading);
		fputc('\n', out);
	}
}

static size_t longest_name(const struct chart *chart)
{
	size_t longest = 8;
	for (int i = 0; i < chart->n; i++) {
		size_t len = strlen(chart->series[i].backend);
		longest = len > longest ? len : longest;
	}
	return longest;
}

int plot_columns(const struct figure *figure, struct chart *chart, const struct results *r)
{
	static struct columns columns;
	struct draft draft;
	int error = collect(&columns, figure, chart, r);
	if (!error && columns.n == 0)
		error = -ENODATA;
	if (error || (error = plot_file(&draft, r, figure->name, ".csv")))
		return error;
	double rows = write_rows(draft.out, &columns, chart, r);
	error = draft_close(&draft);
	if (error || (error = plot_file(&draft, r, figure->name, ".gp")))
		return error;
	plot_head(draft.out, figure, chart, r);
	write_places(draft.out, &columns, longest_name(chart));
	write_texts(draft.out, &columns, chart);
	fprintf(draft.out, "ROWS = %g\nHEAD = %d\nFOOT = %d\nH = %.0f\n", rows, HEAD, FOOT,
		HEAD + FOOT + ROW * rows);
	return draft_close(&draft);
}
