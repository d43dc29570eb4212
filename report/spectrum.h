/* spectrum.h - histograms of response times, added up, and written as a percentile spectrum (.hgrm). */
#ifndef REPORT_SPECTRUM_H
#define REPORT_SPECTRUM_H

#include <stdint.h>
#include <stdio.h>

struct bucket {
	double  lower_us, upper_us;
	int64_t count;
};

struct spectrum {
	struct bucket *buckets; /* by upper_us, no two alike */
	size_t         n;
	int64_t        total;
};

/* Adds a file of lines `lower_us,upper_us,count` under such a header. 0 or -errno. */
int  spectrum_add(struct spectrum *, const char *path);
void spectrum_free(struct spectrum *);

/* The least upper bound of a bucket that holds the fraction (0..1) of all values; NAN without values. */
double spectrum_at(const struct spectrum *, double fraction);

/* The largest of 0.9, 0.99, 0.999 ... with ten values or more beyond it; 0.5 if even 0.9 has fewer. */
double spectrum_reach(const struct spectrum *);

/* Milliseconds by fraction, in HdrHistogram's format, to `reach` or just beyond. Every file has the same
 * fractions in the same rows (5 for each halving of the distance to 1), because readers of several files join
 * them by row number. */
void spectrum_write(FILE *, const struct spectrum *, double reach);

#endif
