/* words_parts.h - the parts that titles and sentences are made of. */
#ifndef REPORT_WORDS_PARTS_H
#define REPORT_WORDS_PARTS_H

#include "chart.h"

static const double MOST_COMMON_X = 1e9; /* chart_common_x: the last of them */

/* A title: written if it fits; returns whether it did. */
bool say(FILE *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A place on the x axis: "1,000 connections", "4 workers", "10 MiB", "depth 3". Returns out. */
const char *place(char *out, size_t size, const struct chart *, double x);

/* A list in the making: "a, b and c" needs to know which is the last, so items are kept first. */
struct list {
	char items[MAX_SERIES][96];
	int n;
};
void add_item(struct list *, const char *format, ...) __attribute__((format(printf, 2, 3)));
void write_list(FILE *out, const struct list *, const char *before, const char *after);

/* The least and the greatest median at the common x nearest to `wanted`. */
struct pair {
	double x;
	const struct series *less, *more; /* by median; the same when there is but one; NULL: none */
	bool clear;
	double factor;
	bool less_bound, more_bound; /* by the generator */
};
struct pair extremes(const struct chart *, double wanted);

/* "At 100 connections thread takes 2.0 times the CPU time of poll"; each: "request", "MiB". */
void cpu_title(FILE *out, const struct chart *, const char *each);

/* Which backends differ clearly from the best one at the last common x, and which do not. */
void compare_sentence(FILE *out, const struct chart *, bool most, const char *unit);

#endif
