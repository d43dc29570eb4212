/* plot_spectrum.c - the data of a figure of percentiles: an .hgrm file per backend, histograms added up.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <string.h>

#include "plot_parts.h"
#include "spectrum.h"

/* The histograms of all runs of a backend at x that count; files that cannot be read are left out. */
static void add_histograms(struct spectrum *sum, const struct figure *figure, const char *backend, double x,
			   const struct results *r)
{
	char path[PATH_MAX];
	for (size_t row = 0; row < r->runs.rows; row++) {
		const char *file = csv_cell(&r->runs, row, "hist");
		if (run_ok(r, row) && *file && csv_number(&r->runs, row, "x") == x &&
		    strcmp(csv_cell(&r->runs, row, "workload"), figure->workload) == 0 &&
		    strcmp(csv_cell(&r->runs, row, "backend"), backend) == 0)
			spectrum_add(sum, results_path(r, file, path));
	}
}

static int write_spectrum_file(const struct figure *figure, const char *backend,
			       const struct spectrum *spectrum, double reach, const struct results *r)
{
	char name[256];
	struct draft draft;
	snprintf(name, sizeof name, "%s-%s", figure->name, backend);
	int error = plot_file(&draft, r, name, ".hgrm");
	if (error)
		return error;
	spectrum_write(draft.out, spectrum, reach);
	return draft_close(&draft);
}

/* For the layout a spectrum is a line of two points: its ends. */
static void spectrum_ends(struct series *series, const struct spectrum *spectrum, double reach)
{
	double low = spectrum_at(spectrum, 0) / 1e3, high = spectrum_at(spectrum, reach) / 1e3;
	series->n = 2;
	series->points[0] = (struct point){ .x = 1, .y = { 1, low, low, low, false } };
	series->points[1] = (struct point){ .x = 1 / (1 - reach), .y = { 1, high, high, high, false } };
}

static int write_spectra(const struct figure *figure, struct chart *chart, const struct spectrum *spectra,
			 const struct results *r)
{
	static struct layout layout;
	struct draft draft;
	double reach = 1;
	int error = 0;
	for (int i = 0; i < chart->n; i++)
		if (spectra[i].total > 0)
			reach = fmin(reach, spectrum_reach(&spectra[i]));
	for (int i = 0; i < chart->n && !error; i++)
		if (spectra[i].total > 0)
			error = write_spectrum_file(figure, chart->series[i].backend, &spectra[i], reach, r);
	if (error || (error = plot_file(&draft, r, figure->name, ".gp")))
		return error;
	plot_head(draft.out, figure, chart, r);
	for (int i = 0; i < chart->n; i++) {
		chart->series[i].n = 0;
		if (spectra[i].total > 0)
			spectrum_ends(&chart->series[i], &spectra[i], reach);
	}
	chart->xs[0] = 1;
	chart->xs[1] = 1 / (1 - reach);
	chart->n_xs = 2;
	plot_names(draft.out, chart);
	if (figure->panels) {
		int at[MAX_SERIES], of[MAX_SERIES];
		plot_panels(draft.out, figure, chart, r, NULL, at, of, &layout);
	} else {
		layout_lines(&layout, chart, true, NULL);
		plot_layout(draft.out, &layout, false);
	}
	fprintf(draft.out, "REACH = %.9g\n", 1 / (1 - reach));
	return draft_close(&draft);
}

int plot_spectrum(const struct figure *figure, struct chart *chart, const struct results *r)
{
	struct spectrum spectra[MAX_SERIES] = { 0 };
	double x = chart_common_x(chart, FIGURE_CONNECTIONS);
	int64_t total = 0;
	for (int i = 0; i < chart->n; i++) {
		add_histograms(&spectra[i], figure, chart->series[i].backend, x, r);
		total += spectra[i].total;
	}
	int error = total ? write_spectra(figure, chart, spectra, r) : 0;
	for (int i = 0; i < chart->n; i++)
		spectrum_free(&spectra[i]);
	return total ? error : -ENODATA;
}
