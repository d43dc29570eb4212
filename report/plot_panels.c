/* plot_panels.c - many lines in small multiples: a panel for each family, all with the same axes.
 *
 *     +-- Blocking -------+  +-- Readiness ------+     in each panel its own lines in their colours, with
 * names, |  thread           |  |  poll             |     and the reference in grey, so that panels can be
 * compared |  prefork   - - -  |  |  epoll_lt         |     without looking back and forth
 *     +-------------------+  +-------------------+
 *
 * SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <stddef.h>
#include <string.h>

#include "format.h"
#include "plot_parts.h"

enum { MAX_PANELS = 8, ROW_HEIGHT = 270, HEAD_HEIGHT = 92, FOOT_HEIGHT = 84, GAP = 52 }; /* pixels */
static const char REFERENCE[] = "epoll_lt"; /* the default backend: what most programs do today */

struct panels {
	const char *families[MAX_PANELS];
	int n;
	int of_series[MAX_SERIES];
};

/* The family's panel, by first appearance; what is one family too many shares the last panel. */
static int panel_of(struct panels *p, const char *family)
{
	int k = 0;
	while (k < p->n && strcmp(p->families[k], family) != 0)
		k++;
	if (k == MAX_PANELS)
		return MAX_PANELS - 1;
	if (k == p->n)
		p->families[p->n++] = family;
	return k;
}

static void find_panels(struct panels *p, const struct chart *chart, const struct results *r)
{
	p->n = 0;
	for (int i = 0; i < chart->n; i++)
		p->of_series[i] = series_last(&chart->series[i])
					  ? panel_of(p, series_family(r, chart->series[i].backend))
					  : -1;
}

static const struct series *find_reference(const struct chart *chart)
{
	for (int i = 0; i < chart->n; i++)
		if (strcmp(chart->series[i].backend, REFERENCE) == 0 && series_last(&chart->series[i]))
			return &chart->series[i];
	return NULL;
}

/* Why a line ends early, without the explanation in parentheses, for which a panel has no room. */
static const char *shorten(char *out, size_t size, const char *end)
{
	if (!end)
		return NULL;
	const char *why = strstr(end, " (");
	snprintf(out, size, "%.*s", (int)(why ? why - end : (ptrdiff_t)strlen(end)), end);
	return out;
}

/* A panel's own part of the chart, and behind it the reference. Returns how many are its own. */
static int choose_series(struct chart *part, char part_ends[][LABEL_TEXT], const char **ends_of,
			 const struct panels *p, int k, const struct chart *chart, const char *const *ends)
{
	const struct series *reference = find_reference(chart);
	part->n = 0;
	part->n_xs = chart->n_xs;
	memcpy(part->xs, chart->xs, sizeof part->xs);
	for (int i = 0; i < chart->n; i++)
		if (p->of_series[i] == k) {
			ends_of[part->n] = shorten(part_ends[part->n], LABEL_TEXT, ends ? ends[i] : NULL);
			part->series[part->n++] = chart->series[i];
		}
	int own = part->n;
	if (reference && part->n < MAX_SERIES)
		part->series[part->n++] = *reference;
	return own;
}

/* Two panels in a row; names stand right of each. */
static struct frame place_panel(const struct panels *p, int k)
{
	int columns = p->n > 1 ? 2 : 1, rows = (p->n + columns - 1) / columns;
	int height = HEAD_HEIGHT + rows * ROW_HEIGHT + (rows - 1) * GAP + FOOT_HEIGHT;
	int row = k / columns;
	double top = 1 - (double)(HEAD_HEIGHT + row * (ROW_HEIGHT + GAP)) / height;
	double left = 0.055 + (k % columns) * 0.5;
	return (struct frame){ .left = left,
			       .right = left + (columns == 1 ? 0.72 : 0.265),
			       .top = top - 24.0 / height,
			       .bottom = top - (double)ROW_HEIGHT / height,
			       .height = height };
}

static void write_names(FILE *out, const struct chart *part, int own)
{
	fputs("  LINES = \"", out);
	for (int i = 0; i < own; i++)
		fprintf(out, "%s%s", i ? " " : "", part->series[i].backend);
	fputs("\"\n", out);
}

static void write_title(FILE *out, const char *family)
{
	char text[64];
	snprintf(text, sizeof text, "%s", *family ? family : "other");
	*text = (char)toupper((unsigned char)*text);
	fputs("  FAMILY = ", out);
	gnuplot_text(out, text);
	fputc('\n', out);
}

static void number_series(const struct panels *p, const struct chart *chart, int *at, int *of)
{
	int count[MAX_PANELS] = { 0 };
	for (int i = 0; i < chart->n; i++)
		at[i] = p->of_series[i] < 0 ? 0 : count[p->of_series[i]]++;
	for (int i = 0; i < chart->n; i++)
		of[i] = p->of_series[i] < 0 ? 1 : count[p->of_series[i]];
}

void plot_panels(FILE *out, const struct figure *figure, const struct chart *chart, const struct results *r,
		 const char *const *ends, int *at, int *of, struct layout *layout)
{
	static struct chart part;
	static char texts[MAX_SERIES][LABEL_TEXT];
	const char *part_ends[MAX_SERIES];
	struct panels p;
	find_panels(&p, chart, r);
	number_series(&p, chart, at, of);
	layout_axes(layout, chart, figure->log_y);
	plot_axes(out, layout);
	fprintf(out, "PANELS = %d\nSPECTRA = %d\nH = %d\n", p.n, figure->kind == FIGURE_SPECTRUM,
		place_panel(&p, 0).height);
	fprintf(out, "REFERENCE = \"%s\"\n", find_reference(chart) ? REFERENCE : "");
	for (int k = 0; k < p.n; k++) {
		int own = choose_series(&part, texts, part_ends, &p, k, chart, ends);
		layout->frame = place_panel(&p, k);
		layout_labels(layout, &part, part_ends, own);
		fprintf(out, "if (PANEL == %d) {\n", k + 1);
		write_title(out, p.families[k]);
		write_names(out, &part, own);
		fprintf(out, "  LEFT = %.4f; RIGHT = %.4f; TOP = %.4f; BOTTOM = %.4f; LABELS = %d\n",
			layout->frame.left, layout->frame.right, layout->frame.top, layout->frame.bottom,
			layout->n_labels);
		plot_labels(out, layout, figure->kind == FIGURE_LINES);
		fputs("}\n", out);
	}
}
