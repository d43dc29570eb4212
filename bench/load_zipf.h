/* load_zipf.h - numbers drawn by Zipf's law: the n-th most popular one 1 / n^S as often as the first.
 *
 * With S near 1 that is how pages of a site are asked for: few of them most of the time, most of them hardly
 * ever. S = 0 makes all alike. */
#ifndef BENCH_LOAD_ZIPF_H
#define BENCH_LOAD_ZIPF_H

#include <stddef.h>
#include <stdint.h>

struct load_zipf {
	size_t  n;
	double *up_to; /* up_to[i]: the probability of one of 0 ... i; the last is 1 */
};

int  load_zipf_open(struct load_zipf *, size_t n, double exponent); /* n > 0, exponent >= 0. 0 or -ENOMEM */
void load_zipf_close(struct load_zipf *);

/* The number at `u` of the unit interval, 0 <= u < 1: the inverse of the distribution function. */
size_t load_zipf_at(const struct load_zipf *, double u);

/* The next one of the sequence of load_random(). */
size_t load_zipf_draw(const struct load_zipf *, uint64_t *random);

#endif
