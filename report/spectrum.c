/* spectrum.c - histograms of response times, added up, and written as a percentile spectrum (.hgrm).
 *
 * Percentiles of several runs cannot be averaged; their histograms can be added. The generator's buckets lie on
 * one fixed grid, so adding is adding counts of equal buckets.
 *
 * The format is HdrHistogram's "percentile distribution": value, fraction, count up to here, 1 / (1 -
 * fraction). The fourth column is the axis: each factor of ten is one more nine.
 *
 * SPDX-License-Identifier: MIT */
#include "spectrum.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "csv.h"

static int compare_buckets(const void *a, const void *b)
{
	const struct bucket *x = a, *y = b;
	return (x->upper_us > y->upper_us) - (x->upper_us < y->upper_us);
}

/* Sorts, and makes one of equal buckets. */
static void merge_equal(struct spectrum *s)
{
	size_t n = 0;
	qsort(s->buckets, s->n, sizeof *s->buckets, compare_buckets);
	for (size_t i = 0; i < s->n; i++) {
		if (n > 0 && s->buckets[n - 1].upper_us == s->buckets[i].upper_us)
			s->buckets[n - 1].count += s->buckets[i].count;
		else
			s->buckets[n++] = s->buckets[i];
	}
	s->n = n;
}

int spectrum_add(struct spectrum *s, const char *path)
{
	struct csv csv;
	int error = csv_read(&csv, path);
	if (error)
		return error;
	struct bucket *buckets = realloc(s->buckets, (s->n + csv.rows + 1) * sizeof *buckets);
	if (!buckets) {
		csv_free(&csv);
		return -ENOMEM;
	}
	s->buckets = buckets;
	for (size_t row = 0; row < csv.rows; row++) {
		struct bucket bucket = { csv_number(&csv, row, "lower_us"), csv_number(&csv, row, "upper_us"),
					 0 };
		double count = csv_number(&csv, row, "count");
		if (isnan(bucket.upper_us) || !(count > 0 && count < 0x1p53))
			continue;
		bucket.count = (int64_t)count;
		s->buckets[s->n++] = bucket;
		s->total += bucket.count;
	}
	csv_free(&csv);
	merge_equal(s);
	return 0;
}

void spectrum_free(struct spectrum *s)
{
	free(s->buckets);
	*s = (struct spectrum){ 0 };
}

/* The bucket in which the fraction lies, and in *upto how many values there are to its end. */
static const struct bucket *find(const struct spectrum *s, double fraction, int64_t *upto)
{
	const struct bucket *bucket = NULL;
	*upto = 0;
	for (size_t i = 0; i < s->n; i++) {
		bucket = &s->buckets[i];
		*upto += bucket->count;
		if ((double)*upto >= fraction * (double)s->total - 1e-6) /* 0.07 * 100 is more than 7 */
			break;
	}
	return bucket;
}

double spectrum_at(const struct spectrum *s, double fraction)
{
	int64_t upto;
	const struct bucket *bucket = find(s, fraction, &upto);
	return bucket ? bucket->upper_us : NAN;
}

static double middle(const struct bucket *bucket)
{
	return (bucket->lower_us + bucket->upper_us) / 2;
}

static double mean(const struct spectrum *s)
{
	double sum = 0;
	for (size_t i = 0; i < s->n; i++)
		sum += middle(&s->buckets[i]) * (double)s->buckets[i].count;
	return s->total ? sum / (double)s->total : NAN;
}

static double deviation(const struct spectrum *s)
{
	double sum = 0, centre = mean(s);
	for (size_t i = 0; i < s->n; i++)
		sum += pow(middle(&s->buckets[i]) - centre, 2) * (double)s->buckets[i].count;
	return s->total ? sqrt(sum / (double)s->total) : NAN;
}

double spectrum_reach(const struct spectrum *s)
{
	double beyond = 0.5; /* the share of values that lie beyond */
	for (double next = 0.1; next > 1e-7 && (double)s->total * next >= 10; next /= 10)
		beyond = next;
	return 1 - beyond;
}

static double next_fraction(double fraction)
{
	double halvings = floor(log2(1 / (1 - fraction)) + 1e-9) + 1;
	return fraction + 1 / (5 * exp2(halvings));
}

void spectrum_write(FILE *out, const struct spectrum *s, double reach)
{
	int64_t upto;
	fprintf(out, "%12s %14s %10s %14s\n\n", "Value", "Percentile", "TotalCount", "1/(1-Percentile)");
	for (double p = 0, before = 0; s->total && before < reach; before = p, p = next_fraction(p)) {
		const struct bucket *bucket = find(s, p, &upto);
		fprintf(out, "%12.3f %2.12f %10" PRId64 " %14.2f\n", bucket->upper_us / 1e3, p, upto,
			1 / (1 - p));
	}
	fprintf(out, "#[Mean    = %12.3f, StdDeviation   = %12.3f]\n", mean(s) / 1e3, deviation(s) / 1e3);
	fprintf(out, "#[Max     = %12.3f, Total count    = %12" PRId64 "]\n", spectrum_at(s, 1) / 1e3,
		s->total);
}
