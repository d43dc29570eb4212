/* timers.c - the heap and the wheel behind core/timer.h, side by side: which one do the loops use, and why?
 *
 *     bench/timers/timers [--csv] [-n MOST] [-r REPEATS]
 *
 * For 10, 100, ... 1,000,000 timers. Each repetition measures both kinds, in turns which one is first; what is
 * printed are medians. What is measured: measure.c. How it is judged: table.c. It takes some 20 seconds; on a
 * busy machine it makes fewer repetitions and takes less than a minute.
 *
 * SPDX-License-Identifier: MIT */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/clock.h"
#include "measure.h"
#include "table.h"

enum { ENOUGH_MS = 7000 }; /* no more repetitions of one size after that */

struct settings {
	bool     csv;
	uint32_t most;
	int      repeats;
};

static const char usage[] = "usage: bench/timers/timers [--csv] [-n MOST] [-r REPEATS]\n";

/* A number from least to most, or exit 2. */
static long number(const char *text, long least, long most)
{
	char *end;
	long n = strtol(text, &end, 10);
	if (end == text || *end || n < least || n > most) {
		fprintf(stderr, "timers: '%s' is not a number from %ld to %ld\n", text, least, most);
		exit(2);
	}
	return n;
}

static struct settings parse(int argc, char **argv)
{
	static const struct option options[] = { { "csv", 0, NULL, 'c' }, { "help", 0, NULL, 'h' }, { 0 } };
	struct settings s = { .most = 1000000, .repeats = 5 };
	for (int c; (c = getopt_long(argc, argv, "n:r:", options, NULL)) != -1;)
		switch (c) {
		case 'c':
			s.csv = true;
			break;
		case 'n':
			s.most = (uint32_t)number(optarg, 10, 1000000);
			break;
		case 'r':
			s.repeats = (int)number(optarg, 1, MAX_REPEATS);
			break;
		case 'h':
			fputs(usage, stdout);
			exit(0);
		default:
			fputs(usage, stderr);
			exit(2);
		}
	if (optind < argc) {
		fprintf(stderr, "timers: '%s' is one word too many\n%s", argv[optind], usage);
		exit(2);
	}
	return s;
}

/* One of each kind. */
static int measure_pair(struct results *r, int size, struct field *field)
{
	int repeat = r->repeats[size]++, error = 0;
	for (int i = 0; i < N_KINDS && !error; i++) {
		int kind = (i + repeat) % N_KINDS;
		double ns[N_WORKS];
		error = measure(field, r->kinds[kind], ns);
		for (int work = 0; work < N_WORKS && !error; work++)
			r->ns[size][kind][work][repeat] = ns[work];
	}
	return error;
}

static int measure_size(struct results *r, int size, int repeats)
{
	int64_t end_ms = clock_ms() + ENOUGH_MS;
	struct field field;
	int error = field_open(&field, r->sizes[size]);
	for (int kind = 0; kind < N_KINDS && !error; kind++)
		r->memory[size][kind] = measure_memory(&field, r->kinds[kind]);
	while (!error && r->repeats[size] < repeats && (!r->repeats[size] || clock_ms() < end_ms))
		error = measure_pair(r, size, &field);
	field_close(&field);
	return error;
}

static int measure_all(struct results *r, const struct settings *s)
{
	bool watched = isatty(STDERR_FILENO);
	int error = 0;
	for (int i = 0; i < MAX_REPEATS; i++)
		r->request_ns[i] = measure_request();
	for (uint32_t n = 10; n <= s->most && !error; n *= 10) {
		if (watched)
			fprintf(stderr, "\r%u timers ... ", n);
		r->sizes[r->n_sizes] = n;
		error = measure_size(r, r->n_sizes++, s->repeats);
	}
	if (watched)
		fprintf(stderr, "\r%20s\r", "");
	return error;
}

int main(int argc, char **argv)
{
	static struct results r = { .kinds = { &timer_heap, &timer_wheel } };
	struct settings s = parse(argc, argv);
	if (measure_all(&r, &s)) {
		fprintf(stderr, "timers: out of memory; try -n %u\n", s.most / 10);
		return 1;
	}
	if (s.csv) {
		print_csv(&r);
		return 0;
	}
	printf("ns for each operation, and (right) for each request of a loop; medians of up to %d.\n"
	       "Deadlines within %d s. Timers lie in slots of %d bytes. KiB: memory beside the slots.\n\n",
	       s.repeats, HORIZON_MS / 1000, SLOT_BYTES);
	print_table(&r);
	putchar('\n');
	print_verdict(&r);
	return 0;
}
