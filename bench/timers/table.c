/* table.c - medians, and the choice that follows from them.
 *
 * What a loop pays for a request is the lazy work. The largest difference there between the kinds is set
 * against a send and a receive. Where it is less than one per cent with any number of timers, time does not
 * decide, and the kind that takes less memory is chosen.
 *
 * SPDX-License-Identifier: MIT */
#include "table.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

static const double NOTICED = 0.01; /* of a request */

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

struct summary {
	double median, least, most;
};

static struct summary summary_of(const double *values, int n)
{
	double sorted[MAX_REPEATS];
	memcpy(sorted, values, (size_t)n * sizeof *values);
	qsort(sorted, (size_t)n, sizeof *sorted, compare);
	return (struct summary){ (sorted[(n - 1) / 2] + sorted[n / 2]) / 2, sorted[0], sorted[n - 1] };
}

static double median_of(const struct results *r, int size, int kind, int work)
{
	return summary_of(r->ns[size][kind][work], r->repeats[size]).median;
}

void print_table(const struct results *r)
{
	printf("%9s  %-6s", "timers", "kind");
	for (int work = 0; work < N_WORKS; work++)
		printf("%s%8s", work == NOTED ? "  |" : "", work_names[work]);
	printf("  |%9s\n", "KiB");
	for (int size = 0; size < r->n_sizes; size++)
		for (int kind = 0; kind < N_KINDS; kind++) {
			printf("%9u  %-6s", r->sizes[size], r->kinds[kind]->name);
			for (int work = 0; work < N_WORKS; work++)
				printf("%s%8.1f", work == NOTED ? "  |" : "", median_of(r, size, kind, work));
			printf("  |%9.0f\n", r->memory[size][kind] / 1024);
		}
}

static void print_line(uint32_t n, const char *kind, const char *what, const char *unit, struct summary s)
{
	printf("%u,%s,%s,%s,%.2f,%.2f,%.2f\n", n, kind, what, unit, s.median, s.least, s.most);
}

void print_csv(const struct results *r)
{
	printf("timers,kind,quantity,unit,median,min,max\n");
	for (int size = 0; size < r->n_sizes; size++)
		for (int kind = 0; kind < N_KINDS; kind++) {
			const char *name = r->kinds[kind]->name;
			double bytes = r->memory[size][kind];
			struct summary memory = { bytes, bytes, bytes };
			for (int work = 0; work < N_WORKS; work++)
				print_line(r->sizes[size], name, work_names[work], "ns",
					   summary_of(r->ns[size][kind][work], r->repeats[size]));
			print_line(r->sizes[size], name, "memory", "bytes", memory);
		}
	print_line(1, "none", "request", "ns", summary_of(r->request_ns, MAX_REPEATS));
}

/* ---- the choice ---- */

/* How much slower the first kind is than the second; from pairs, so that what disturbs both counts for none. */
static double difference(const struct results *r, int size, int work)
{
	double pairs[MAX_REPEATS];
	for (int i = 0; i < r->repeats[size]; i++)
		pairs[i] = r->ns[size][0][work][i] - r->ns[size][1][work][i];
	return summary_of(pairs, r->repeats[size]).median;
}

static uint32_t descriptors(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_max > UINT32_MAX)
		return UINT32_MAX;
	return (uint32_t)limit.rlim_max;
}

struct gap { /* where the kinds differ most */
	int    size;
	double ns, share; /* of a request; > 0: the first kind is slower */
};

/* Of the sizes up to the limit. */
static struct gap widest_gap(const struct results *r, uint32_t limit)
{
	struct gap widest = { .ns = difference(r, 0, LAZY) };
	for (int size = 1; size < r->n_sizes && r->sizes[size] <= limit; size++) {
		double ns = difference(r, size, LAZY);
		if (fabs(ns) > fabs(widest.ns))
			widest = (struct gap){ .size = size, .ns = ns };
	}
	widest.share = widest.ns / summary_of(r->request_ns, MAX_REPEATS).median;
	return widest;
}

static double bytes_each(const struct results *r, int kind)
{
	int last = r->n_sizes - 1;
	return (double)sizeof(struct timer) + r->memory[last][kind] / r->sizes[last];
}

static void print_gap(const struct results *r, const char *where, struct gap gap)
{
	printf("  %-38s %s by %.1f ns, at %u timers: %.2f %%\n", where, r->kinds[gap.ns > 0]->name,
	       fabs(gap.ns), r->sizes[gap.size], 100 * fabs(gap.share));
}

void print_verdict(const struct results *r)
{
	struct gap all = widest_gap(r, UINT32_MAX);
	bool time_decides = fabs(all.share) >= NOTICED;
	double first = bytes_each(r, 0), second = bytes_each(r, 1);
	int choice = time_decides ? all.ns > 0 : first > second;
	uint32_t limit = descriptors();
	struct timers loops;
	char here[64];
	snprintf(here, sizeof here, "up to %u, the limit of descriptors:", limit);
	printf("A loop is lazy: it only notes deadlines. The faster kind there, where they differ most, and\n"
	       "what share of a request that is at most, of a send and a receive on local sockets (%.0f ns):\n",
	       summary_of(r->request_ns, MAX_REPEATS).median);
	print_gap(r, "of all:", all);
	print_gap(r, here, widest_gap(r, limit));
	printf("Memory for each of %u timers: %s %.1f bytes, %s %.1f.\n", r->sizes[r->n_sizes - 1],
	       r->kinds[0]->name, first, r->kinds[1]->name, second);
	printf(time_decides ? "A difference of one per cent or more counts: time decides for the %s.\n" :
			      "Less than one per cent does not count: memory decides for the %s.\n",
	       r->kinds[choice]->name);
	if (timers_open(&loops, 1) == 0)
		printf("The loops use the %s.\n", loops.kind->name);
	timers_close(&loops);
}
