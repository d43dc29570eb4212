/* stats.h - medians, intervals that assume no distribution, and when two results differ clearly. */
#ifndef REPORT_STATS_H
#define REPORT_STATS_H

#include <stdbool.h>

struct summary {
	int    n;        /* 0: nothing was measured, the rest is 0 */
	double median;
	double lo, hi;
	bool   interval; /* lo..hi holds the true median with 95 % or more; false: smallest and largest value */
};

/* Sorts the values. */
struct summary stats_summarize(double *values, int n);

/* The chance that the interval from the k-th smallest to the k-th largest of n values holds the median. */
double stats_coverage(int n, int k);

/* The largest k with 95 % coverage or more: 2 for nine values. 0: too few values for any (n < 6). */
int stats_rank(int n);

/* a is less than b beyond what the spread explains. Never true for fewer than three values each. */
bool stats_clearly_less(const struct summary *a, const struct summary *b);

/* The factor by which medians must differ, too, where there are ranges and no intervals. */
#define STATS_LEAST_RATIO 1.25

#endif
