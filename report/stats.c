/* stats.c - medians, intervals that assume no distribution, and when two results differ clearly.
 *
 * Each of n independent values lies below the true median with chance 1/2, so the number that do is binomial,
 * and the interval between the k-th smallest and the k-th largest misses the median only when fewer than k
 * values lie on one side of it:
 *
 *     coverage = 1 - 2 * P(Binomial(n, 1/2) <= k - 1)          n = 9, k = 2: 1 - 2 * (1 + 9) / 512 = 0.961
 *
 * No normal distribution is assumed; times of programs have none. Below six values no k reaches 95 %: then the
 * smallest and the largest value are shown, and called a range.
 *
 * "Clearly less" means that the intervals do not touch. Ranges of three values part by chance once in ten
 * pairs, so there the medians must differ by a quarter as well.
 *
 * SPDX-License-Identifier: MIT */
#include "stats.h"

#include <math.h>
#include <stdlib.h>

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

double stats_coverage(int n, int k)
{
	double ways = 1, sum = 0; /* n over i, and the sum of those for i < k */
	for (int i = 0; i < k; i++) {
		sum += ways;
		ways = ways * (n - i) / (i + 1);
	}
	return 1 - 2 * ldexp(sum, -n);
}

int stats_rank(int n)
{
	int k = 0;
	while (2 * (k + 1) <= n && stats_coverage(n, k + 1) >= 0.95)
		k++;
	return k;
}

struct summary stats_summarize(double *values, int n)
{
	struct summary s = { .n = n };
	if (n == 0)
		return s;
	qsort(values, (size_t)n, sizeof *values, compare_doubles);
	s.median = n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
	int k = stats_rank(n);
	s.interval = k > 0;
	s.lo = values[k ? k - 1 : 0];
	s.hi = values[k ? n - k : n - 1];
	return s;
}

bool stats_clearly_less(const struct summary *a, const struct summary *b)
{
	if (a->n < 3 || b->n < 3 || !(a->hi < b->lo))
		return false;
	return (a->interval && b->interval) || b->median >= STATS_LEAST_RATIO * a->median;
}
