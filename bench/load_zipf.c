/* load_zipf.c - a table of the distribution function, and a search in it; see load_zipf.h.
 *
 *     up_to   0.48   0.72   0.88   1        n = 4, S = 1:  1, 1/2, 1/3, 1/4  of  25/12
 *     number    0      1      2    3
 *                   ^ u = 0.6 lies here: 1
 *
 * Exact to the last bits of a double, for every exponent, and twenty steps of search for a million numbers.
 * Methods without a table (rejection) save memory that we have, and are hard to check.
 *
 * SPDX-License-Identifier: MIT */
#include "bench/load_zipf.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "bench/load_protocol.h"

/* The small ones are added first, so that they are not lost beside the large ones. */
static double sum_from_the_end(size_t n, double exponent)
{
	double sum = 0;
	for (size_t rank = n; rank >= 1; rank--)
		sum += pow((double)rank, -exponent);
	return sum;
}

int load_zipf_open(struct load_zipf *zipf, size_t n, double exponent)
{
	*zipf = (struct load_zipf){ .n = n, .up_to = calloc(n, sizeof *zipf->up_to) };
	if (!zipf->up_to)
		return -ENOMEM;
	double all = sum_from_the_end(n, exponent), above = 0;
	for (size_t i = n - 1; i > 0; i--) {
		above += pow((double)(i + 1), -exponent);
		zipf->up_to[i - 1] = 1 - above / all;
	}
	zipf->up_to[n - 1] = 1;
	return 0;
}

void load_zipf_close(struct load_zipf *zipf)
{
	free(zipf->up_to);
	*zipf = (struct load_zipf){ 0 };
}

size_t load_zipf_at(const struct load_zipf *zipf, double u)
{
	size_t low = 0, high = zipf->n - 1; /* the first one above u is in low ... high */
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (zipf->up_to[middle] > u)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

size_t load_zipf_draw(const struct load_zipf *zipf, uint64_t *random)
{
	return load_zipf_at(zipf, (double)(load_random(random) >> 11) * 0x1p-53);
}
