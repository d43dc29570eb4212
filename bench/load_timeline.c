/* load_timeline.c - bins of time, filled by threads and added up at the end; see load_timeline.h.
 *
 * SPDX-License-Identifier: MIT */
#include "bench/load_timeline.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- one thread ---- */

void load_timeline_begin(struct load_timeline *timeline, int64_t begin_ns, int64_t step_ns)
{
	timeline->begin_ns = begin_ns;
	timeline->step_ns = step_ns;
	timeline->end_ns = begin_ns + step_ns;
}

void load_timeline_close(struct load_timeline *timeline)
{
	free(timeline->bins);
	*timeline = (struct load_timeline){ .end_ns = INT64_MAX };
}

static void append(struct load_timeline *timeline, const struct load_bin *bin)
{
	if (timeline->n == timeline->room) {
		size_t room = timeline->room ? 2 * timeline->room : 256;
		struct load_bin *bins = realloc(timeline->bins, room * sizeof *bins);
		if (!bins) {
			timeline->lost = true;
			return;
		}
		timeline->bins = bins;
		timeline->room = room;
	}
	timeline->bins[timeline->n++] = *bin;
}

static void add(struct load_tally *to, const struct load_tally *what)
{
	to->answers += what->answers;
	to->errors += what->errors;
	to->redirects += what->redirects;
}

void load_timeline_turn(struct load_timeline *timeline, struct load_places *places, int64_t now)
{
	for (unsigned i = 0; i < places->n; i++) {
		struct load_tally *a = &places->list[i].before, *b = &places->list[i].tally;
		struct load_bin bin = { timeline->number, i,
					{ b->answers - a->answers, b->errors - a->errors,
					  b->redirects - a->redirects } };
		if (bin.tally.answers || bin.tally.errors || bin.tally.redirects)
			append(timeline, &bin);
		*a = *b;
	}
	int64_t number = (now - timeline->begin_ns) / timeline->step_ns;
	bool last = number >= LOAD_BINS_MAX - 1;
	timeline->number = last ? LOAD_BINS_MAX - 1 : (uint32_t)number;
	timeline->end_ns = last ? INT64_MAX : timeline->begin_ns + (number + 1) * timeline->step_ns;
}

void load_timeline_end(struct load_timeline *timeline, struct load_places *places, int64_t now)
{
	if (timeline->ended || !timeline->step_ns)
		return;
	load_timeline_turn(timeline, places, now);
	timeline->end_ns = INT64_MAX;
	timeline->ended = true;
}

/* ---- all of them ---- */

/* The columns of a table move apart, when there is a server more. */
static int widen(struct load_record *record, uint32_t n_bins, unsigned n_servers)
{
	struct load_tally *wide = calloc((size_t)n_bins * n_servers + 1, sizeof *wide);
	if (!wide)
		return -ENOMEM;
	for (uint32_t i = 0; i < record->n_bins; i++)
		for (unsigned k = 0; k < record->n_servers; k++)
			wide[(size_t)i * n_servers + k] = record->tallies[(size_t)i * record->n_servers + k];
	free(record->tallies);
	record->tallies = wide;
	record->n_bins = n_bins;
	return 0;
}

static unsigned find(const struct load_record *record, const char *name)
{
	unsigned i = 0;
	while (i < record->n_servers && strcmp(record->names[i], name) != 0)
		i++;
	return i;
}

/* Where the record has each of these places; n: how many servers there are then. */
static unsigned number_them(const struct load_record *record, const struct load_places *places,
			    unsigned *numbers)
{
	unsigned n = record->n_servers;
	for (unsigned i = 0; i < places->n; i++) {
		numbers[i] = find(record, places->list[i].name);
		if (numbers[i] == record->n_servers)
			numbers[i] = n++;
	}
	return n;
}

static int make_room(struct load_record *record, unsigned n_servers, uint32_t n_bins)
{
	void *names = realloc(record->names, n_servers * sizeof *record->names);
	if (names)
		record->names = names;
	struct load_tally *sums = realloc(record->sums, n_servers * sizeof *sums);
	if (sums)
		record->sums = sums;
	if (!names || !sums || widen(record, n_bins > record->n_bins ? n_bins : record->n_bins, n_servers) < 0)
		return -ENOMEM;
	memset(sums + record->n_servers, 0, (n_servers - record->n_servers) * sizeof *sums);
	record->n_servers = n_servers;
	return 0;
}

int load_record_add(struct load_record *record, const struct load_places *places,
		    const struct load_timeline *timeline)
{
	unsigned numbers[LOAD_PLACES_MAX];
	uint32_t n_bins = timeline->n ? timeline->bins[timeline->n - 1].number + 1 : 0;
	if (make_room(record, number_them(record, places, numbers), n_bins) < 0)
		return -ENOMEM;
	for (unsigned i = 0; i < places->n; i++) {
		memcpy(record->names[numbers[i]], places->list[i].name, sizeof *record->names);
		add(&record->sums[numbers[i]], &places->list[i].tally);
	}
	for (size_t i = 0; i < timeline->n; i++) {
		const struct load_bin *bin = &timeline->bins[i];
		add(&record->tallies[(size_t)bin->number * record->n_servers + numbers[bin->place]],
		    &bin->tally);
	}
	return timeline->lost ? -ENOMEM : 0;
}

/* A name may hold a comma, and no quotation marks. RFC 4180. */
static void write_name(const char *name, FILE *out)
{
	const char *quote = strchr(name, ',') ? "\"" : "";
	fprintf(out, "%s%s%s", quote, name, quote);
}

void load_record_write(const struct load_record *record, FILE *out)
{
	fprintf(out, "time_s,server,answers,errors,redirects\n");
	for (uint32_t i = 0; i < record->n_bins; i++)
		for (unsigned k = 0; k < record->n_servers; k++) {
			const struct load_tally *t = &record->tallies[(size_t)i * record->n_servers + k];
			fprintf(out, "%.3f,", i * record->step_s);
			write_name(record->names[k], out);
			fprintf(out, ",%llu,%llu,%llu\n", (unsigned long long)t->answers,
				(unsigned long long)t->errors, (unsigned long long)t->redirects);
		}
}

void load_record_close(struct load_record *record)
{
	free(record->names);
	free(record->sums);
	free(record->tallies);
	*record = (struct load_record){ 0 };
}
