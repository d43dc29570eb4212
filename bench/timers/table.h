/* table.h - what was measured, as a table for people or for machines, and what follows from it. */
#ifndef BENCH_TIMERS_TABLE_H
#define BENCH_TIMERS_TABLE_H

#include "measure.h"

enum { N_KINDS = 2, MAX_SIZES = 6, MAX_REPEATS = 15 };

struct results {
	const struct timer_kind *kinds[N_KINDS];
	int      n_sizes;
	uint32_t sizes[MAX_SIZES];
	int      repeats[MAX_SIZES];
	double   ns[MAX_SIZES][N_KINDS][N_WORKS][MAX_REPEATS]; /* repetitions of both kinds are pairs */
	double   memory[MAX_SIZES][N_KINDS];                   /* bytes beside the slots */
	double   request_ns[MAX_REPEATS];
};

void print_table(const struct results *);
void print_csv(const struct results *);

/* What the loops should use, and what they do use. */
void print_verdict(const struct results *);

#endif
