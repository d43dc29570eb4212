/* hist.c - percentiles, merging and the two file formats of a histogram; see hist.h.
 *
 * SPDX-License-Identifier: MIT */
#include "bench/hist.h"

#include <math.h>
#include <stdlib.h>

enum { TICKS_PER_HALF = 5 }; /* rows of the spectrum between one percentile and half the way from it to 100 % */

struct hist *hist_new(void)
{
	return calloc(1, sizeof(struct hist));
}

/* The first two halves have buckets of width 1; each further one is an octave, twice as wide as the last. */
static unsigned shift_of(unsigned index)
{
	return index < 2 * HIST_HALF ? 0 : index / HIST_HALF - 1;
}

int64_t hist_lower(unsigned index)
{
	unsigned shift = shift_of(index);
	return (int64_t)(index - shift * HIST_HALF) << shift;
}

int64_t hist_upper(unsigned index)
{
	return hist_lower(index) + (INT64_C(1) << shift_of(index)) - 1;
}

void hist_merge(struct hist *into, const struct hist *from)
{
	if (from->count == 0)
		return;
	if (into->count == 0 || from->min_ns < into->min_ns)
		into->min_ns = from->min_ns;
	if (into->count == 0 || from->max_ns > into->max_ns)
		into->max_ns = from->max_ns;
	into->count += from->count;
	into->sum_ns += from->sum_ns;
	for (unsigned i = 0; i < HIST_BUCKETS; i++)
		into->bucket[i] += from->bucket[i];
}

/* ceil(fraction * count), but 0.07 * 100 = 7.000000000000001 is still the seventh. */
static uint64_t rank_of(const struct hist *h, double fraction)
{
	double rank = ceil(fraction * (double)h->count - 1e-6);
	if (rank < 1)
		return 1;
	return rank > (double)h->count ? h->count : (uint64_t)rank;
}

/* The value at a rank; *through: how many samples are not above it. */
static int64_t value_at(const struct hist *h, uint64_t rank, uint64_t *through)
{
	uint64_t seen = 0;
	unsigned i = 0;
	for (; i < HIST_BUCKETS - 1; i++) {
		seen += h->bucket[i];
		if (seen >= rank)
			break;
	}
	if (seen < rank)
		seen = h->count;
	*through = seen;
	int64_t upper = hist_upper(i);
	return upper > h->max_ns || i == HIST_BUCKETS - 1 ? h->max_ns : upper;
}

int64_t hist_percentile(const struct hist *h, double fraction)
{
	uint64_t through;
	if (h->count == 0)
		return -1;
	if (fraction <= 0)
		return h->min_ns;
	return fraction >= 1 ? h->max_ns : value_at(h, rank_of(h, fraction), &through);
}

double hist_mean(const struct hist *h)
{
	return h->count ? (double)h->sum_ns / (double)h->count : -1;
}

double hist_deviation(const struct hist *h)
{
	if (h->count == 0)
		return -1;
	double mean = hist_mean(h), squares = 0;
	for (unsigned i = 0; i < HIST_BUCKETS; i++) {
		if (h->bucket[i] == 0)
			continue;
		double off = (double)(hist_lower(i) + hist_upper(i)) / 2 - mean;
		squares += off * off * (double)h->bucket[i];
	}
	return sqrt(squares / (double)h->count);
}

uint64_t hist_samples_needed(double fraction)
{
	return (uint64_t)llround(10 / (1 - fraction));
}

/* ---- files ---- */

static double in_ms(double ns)
{
	return ns / 1e6;
}

/* The grid: five steps from 0 to 50 %, five to 75 %, five to 87.5 %, and so on, up to one in a million. It
 * does not depend on the data, because the usual viewer joins several files row by row. The formats are those
 * of HdrHistogram's AbstractHistogram.outputPercentileDistribution. */
void hist_write_hgrm(const struct hist *h, FILE *out)
{
	uint64_t through = 0;
	fprintf(out, "%12s %14s %10s %14s\n\n", "Value", "Percentile", "TotalCount", "1/(1-Percentile)");
	for (int half = 0; h->count && half < 20; half++)
		for (int tick = 0; tick < TICKS_PER_HALF; tick++) {
			double rest = ldexp(1 - 0.5 * tick / TICKS_PER_HALF, -half), fraction = 1 - rest;
			int64_t value = value_at(h, rank_of(h, fraction), &through);
			fprintf(out, "%12.3f %2.12f %10llu %14.2f\n", in_ms((double)value), fraction,
				(unsigned long long)through, 1 / rest);
		}
	if (h->count)
		fprintf(out, "%12.3f %2.12f %10llu\n", in_ms((double)h->max_ns), 1.0,
			(unsigned long long)h->count);
	double scale = h->count ? 1 : 0; /* an empty histogram has no mean: zeros, as HdrHistogram has it */
	fprintf(out, "#[Mean    = %12.3f, StdDeviation   = %12.3f]\n", scale * in_ms(hist_mean(h)),
		scale * in_ms(hist_deviation(h)));
	fprintf(out, "#[Max     = %12.3f, Total count    = %12llu]\n", scale * in_ms((double)h->max_ns),
		(unsigned long long)h->count);
	fprintf(out, "#[Buckets = %12d, SubBuckets     = %12d]\n", HIST_OCTAVES + 1, 2 * HIST_HALF);
}

void hist_write_sparse(const struct hist *h, FILE *out)
{
	fprintf(out, "lower_us,upper_us,count\n");
	for (unsigned i = 0; i < HIST_BUCKETS; i++)
		if (h->bucket[i])
			fprintf(out, "%.3f,%.3f,%llu\n", (double)hist_lower(i) / 1e3,
				(double)hist_upper(i) / 1e3, (unsigned long long)h->bucket[i]);
}
