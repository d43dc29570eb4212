/* plot_parts.h - the parts of plot.c: what all kinds of figures write, and one function per kind. */
#ifndef REPORT_PLOT_PARTS_H
#define REPORT_PLOT_PARTS_H

#include "draft.h"
#include "figure.h"
#include "layout.h"

/* Begins DIR/data/NAME and suffix. 0 or -errno. */
int plot_file(struct draft *, const struct results *, const char *name, const char *suffix);

/* TITLE, SUBTITLE, NOTE, XLABEL and NAMES as gnuplot variables. */
void plot_head(FILE *, const struct figure *, const struct chart *, const struct results *);

/* NAMES alone: the backends that have points in the chart. */
void plot_names(FILE *, const struct chart *);

/* Ranges, ticks, margin and the labels of the lines, with the lines' marks before them if there are any. */
void plot_layout(FILE *, const struct layout *, bool marks);
void plot_axes(FILE *, const struct layout *);
void plot_labels(FILE *, const struct layout *, bool marks);

/* A panel for each family, all with the axes of the whole chart; the series keep their order within. Writes the
 * panels' part of a figure's variables; at[i] and of[i] become the i-th series' place among those of its panel,
 * and how many these are. `ends` as in layout_lines(). */
void plot_panels(FILE *, const struct figure *, const struct chart *, const struct results *,
		 const char *const *ends, int *at, int *of, struct layout *);

/* Each writes all files of its kind of figure, and may change the chart. 0 or -errno; -ENODATA: nothing to
 * draw. */
int plot_lines(const struct figure *, struct chart *, const struct results *);
int plot_spectrum(const struct figure *, struct chart *, const struct results *);
int plot_bars(const struct figure *, struct chart *, const struct results *);
int plot_columns(const struct figure *, struct chart *, const struct results *);
int plot_timeline(const struct figure *, struct chart *, const struct results *);

#endif
