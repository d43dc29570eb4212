/* hist.h - a histogram of latencies: three significant digits from 1 ns to 137 s, merged by adding.
 *
 * Values are nanoseconds. Every value below 2048 has a bucket of its own; above, each octave (from 2^k to
 * 2^(k+1)) has 1024 buckets of equal width, so a bucket is never wider than 1/1024 of its values:
 *
 *     value      0 ... 2047 | 2048 ... 4095 | 4096 ... 8191 | ...   2^36 ... 2^37 - 1
 *     width           1     |       2       |       4       | ...          2^26
 *
 * (This is the idea of HdrHistogram by Gil Tene.) Two histograms are merged by adding their counts, which
 * loses nothing; percentiles of a merged histogram are those of all samples together, which no mean of
 * percentiles is.
 *
 * A percentile is the nearest-rank one: of n samples the ceil(p * n)-th smallest, given as the upper edge of
 * its bucket, and never above the largest sample, which is kept exactly. */
#ifndef BENCH_HIST_H
#define BENCH_HIST_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum {
	HIST_BITS = 11,                   /* 2^11 buckets before the first octave of double width */
	HIST_OCTAVES = 26,                /* behind them */
	HIST_HALF = 1 << (HIST_BITS - 1), /* buckets of an octave */
	HIST_BUCKETS = (HIST_OCTAVES + 2) * HIST_HALF,
};
#define HIST_LARGEST ((INT64_C(1) << (HIST_BITS + HIST_OCTAVES)) - 1) /* larger ones go to the last bucket */

struct hist {
	uint64_t count, sum_ns; /* the sum is exact */
	int64_t  min_ns, max_ns; /* exact; meaningless while count is 0 */
	uint64_t bucket[HIST_BUCKETS];
};

static inline unsigned hist_index(int64_t value)
{
	if (value < 1 << HIST_BITS)
		return value < 0 ? 0 : (unsigned)value;
	if (value > HIST_LARGEST)
		return HIST_BUCKETS - 1;
	unsigned octave = 64 - HIST_BITS - (unsigned)__builtin_clzll((unsigned long long)value);
	return octave * HIST_HALF + (unsigned)(value >> octave);
}

static inline void hist_record(struct hist *h, int64_t value)
{
	if (value < 0)
		value = 0;
	if (h->count == 0 || value < h->min_ns)
		h->min_ns = value;
	if (h->count == 0 || value > h->max_ns)
		h->max_ns = value;
	h->count++;
	h->sum_ns += (uint64_t)value;
	h->bucket[hist_index(value)]++;
}

/* NULL without memory. Freed by free(3). */
struct hist *hist_new(void);

/* The smallest and the largest value that fall into the bucket. */
int64_t hist_lower(unsigned index);
int64_t hist_upper(unsigned index);

/* into += from. */
void hist_merge(struct hist *into, const struct hist *from);

/* fraction from 0 (the smallest sample) to 1 (the largest, exactly). -1 while the histogram is empty. */
int64_t hist_percentile(const struct hist *, double fraction);

/* In ns; -1 while empty. The deviation takes every sample for the middle of its bucket. */
double hist_mean(const struct hist *);
double hist_deviation(const struct hist *);

/* So many samples are needed before this percentile says anything: ten beyond it. */
uint64_t hist_samples_needed(double fraction);

/* The percentile spectrum in the format of HdrHistogram (.hgrm), in ms; on one fixed grid of percentiles, so
 * that the rows of several files stand for the same percentiles. */
void hist_write_hgrm(const struct hist *, FILE *);

/* `lower_us,upper_us,count` of every bucket that is not empty: nothing is lost, and merging is adding. */
void hist_write_sparse(const struct hist *, FILE *);

#endif
