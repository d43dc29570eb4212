/* figure.h - the figures of a comparison: one entry each in a table, and what each says in words. */
#ifndef REPORT_FIGURE_H
#define REPORT_FIGURE_H

#include <stdio.h>

#include "chart.h"

enum figure_kind { FIGURE_LINES, FIGURE_SPECTRUM, FIGURE_BARS };

struct figure {
	const char      *name;      /* of its files and its place on the page: "throughput" */
	enum figure_kind kind;      /* the script that draws it: lines.gp, spectrum.gp, bars.gp */
	const char      *workload;
	enum metric_id   metric;
	double           unit;      /* values are divided by it */
	bool             log_y;
	const char      *subtitle;  /* what is plotted, in which unit */
	const char      *x_label;
	const char      *per;       /* the same in a sentence: "number of connections" */
	/* What the data bears out, in at most TITLE_LENGTH characters; and one or two sentences under the
	 * figure. */
	void           (*title)(FILE *, const struct chart *);
	void           (*sentence)(FILE *, const struct chart *);
};

enum { TITLE_LENGTH = 75, MAX_FIGURES = 40 };

/* The figures for what was run: those of the table in figure.c, and for each workload that has none there one of
 * its throughput and one of its CPU time. */
struct figure_list {
	struct figure figures[MAX_FIGURES];
	int           n;
	char          names[MAX_FIGURES][64], subtitles[MAX_FIGURES][160]; /* of those that are not in the table */
};
void figure_list(struct figure_list *, const struct results *);

/* Collects the figure's data. 0: nothing was measured for it; > 0: there is something to draw; or -errno. */
int figure_collect(const struct figure *, const struct results *, struct chart *);

/* Spectrum and bars show one number of connections: that which most backends share nearest to this. */
enum { FIGURE_CONNECTIONS = 100 };

/* How the bars around the points are to be read: "whiskers: smallest and largest of 3 runs". */
void figure_spread(FILE *, const struct chart *);

#endif
