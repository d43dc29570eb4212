/* layout.h - where things go on a chart of lines: ranges, ticks, and names beside the lines they belong to. */
#ifndef REPORT_LAYOUT_H
#define REPORT_LAYOUT_H

#include "chart.h"

enum { MAX_TICKS = 40, LABEL_TEXT = 64 };

struct axis {
	double lo, hi;
	bool   log;
	bool   bytes;         /* ticks are sizes */
	double zero;          /* log only: the place where 0 is drawn, left of a break; 0: there is none */
	double ticks[MAX_TICKS]; /* values, 0 included */
	int    n_ticks;
};

/* A label: fractions of the plot (0, 0 is bottom left), and which end of the text is there. */
struct label {
	char   text[LABEL_TEXT];
	const char *backend;
	double x, y;
	char   align;         /* 'l', 'c', 'r' */
	bool   outside;       /* right of the plot */
};

/* Where the plot is: its edges as fractions of a picture of that height, measured from the left and the bottom.
 */
struct frame {
	double left, right, bottom, top;
	int height; /* pixels */
};

struct layout {
	struct axis  x, y;
	struct frame frame;
	struct label labels[MAX_SERIES];
	int          n_labels;
};

/* The picture, in pixels at 96 dpi; style.gp has the same. */
enum { PICTURE_WIDTH = 900, PICTURE_HEIGHT = 540 };

/* Lays the chart out; `log_y` is a wish, kept when all values are above 0. `ends` has a text for each series
 * that ends before the others ("FD_SETSIZE"), or NULL. */
void layout_lines(struct layout *, const struct chart *, bool log_y, const char *const *ends);

/* The same in steps, for panels that share their axes: the axes of a chart, then names in a frame for the first
 * `named` series of (a part of) it; the others are only kept clear of. Names beside the plot stand right of the
 * frame. */
void layout_axes(struct layout *, const struct chart *, bool log_y);
void layout_labels(struct layout *, const struct chart *, const char *const *ends, int named);

/* A range from 0 with ticks at equal steps; a range of 1, 2, 5, 10 ... that holds both; the x of a chart. */
void axis_linear(struct axis *, double most);
void axis_log(struct axis *, double least, double most);
void axis_x(struct axis *, const struct chart *);

/* 0 at the lower end, 1 at the upper. */
double axis_place(const struct axis *, double value);

/* The value that is drawn for x of the i-th of n series: a 0 stands left of its break, and the series stand
 * side by side, a little apart, so that their bars can be told apart. */
double axis_dodge(const struct axis *, double x, int i, int n);

#endif
