/* figure.h - the figures of a comparison: what each workload asks for, and what each says in words. */
#ifndef REPORT_FIGURE_H
#define REPORT_FIGURE_H

#include <stdio.h>

#include "chart.h"

enum figure_kind { FIGURE_LINES, FIGURE_SPECTRUM, FIGURE_BARS, FIGURE_COLUMNS, FIGURE_TIMELINE };

struct figure {
	const char      *name;      /* of its files and its place on the page: "throughput" */
	enum figure_kind kind;	    /* the script that draws it: lines.gp, spectrum.gp, bars.gp, ... */
	const char      *workload;
	enum metric_id   metric;
	double           unit;      /* values are divided by it */
	bool             log_y;
	const char      *subtitle;  /* what is plotted, in which unit */
	const char      *x_label;
	const char      *per;       /* the same in a sentence: "number of connections" */
	/* What the data bears out, in at most TITLE_LENGTH characters; and one or two sentences under the
	 * figure. NULL in a timeline, which has no chart. */
	void           (*title)(FILE *, const struct chart *);
	void           (*sentence)(FILE *, const struct chart *);
	const enum metric_id
		*columns; /* FIGURE_COLUMNS: side by side, up to METRICS; the metric is one of them */
	bool panels;	  /* lines and spectra: one panel for each family, since there are many */
};

extern const struct figure figure_patterns[]; /* what there is; ends with a NULL name */

enum { TITLE_LENGTH = 75, MAX_FIGURES = 100 };

/* More lines than that in one chart cannot be followed: then each family gets a panel. */
enum { MOST_LINES = 8 };

/* The figures for what was run: those that each workload asks for (run.txt, "figures NAME"), or those that all
 * with its axis get. The first one of a workload decides by what its tables compare. */
struct figure_list {
	struct figure figures[MAX_FIGURES];
	int           n;
	struct {
		char name[64], subtitle[256], x_label[48], per[48];
	} texts[MAX_FIGURES];
};
void figure_list(struct figure_list *, const struct results *);

/* Collects the figure's data. 0: nothing was measured for it; > 0: there is something to draw; or -errno. */
int figure_collect(const struct figure *, const struct results *, struct chart *);

void figure_title(FILE *, const struct figure *, const struct chart *, const struct results *);
void figure_sentence(FILE *, const struct figure *, const struct chart *, const struct results *);

/* Spectrum, bars and columns show one number of connections: that which most backends share nearest to this. */
enum { FIGURE_CONNECTIONS = 100 };

/* How the bars around the points are to be read: "whiskers: smallest and largest of 3 runs". */
void figure_spread(FILE *, const struct chart *);

#endif
