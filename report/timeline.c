/* timeline.c - what each server of a cluster answered in each slice of time, and when one of them fell silent.
 *
 *     answers   680  690  151   0   0   0  94  700
 *                         |<------------>|
 *                      killed           back
 *
 * The slices say when that was to a tenth or so; how much of the slice before is missing says it better.
 *
 * SPDX-License-Identifier: MIT */
#include "timeline.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "figure.h"
#include "format.h"

enum { LEAST_SILENCE = 2 }; /* slices: one without an answer may be an accident */

/* ---- reading ---- */

static int server_number(struct timeline *t, const char *name)
{
	for (int i = 0; i < t->n_servers; i++)
		if (strcmp(t->names[i], name) == 0)
			return i;
	return -1;
}

static void list_servers(struct timeline *t)
{
	for (size_t row = 0; row < t->csv.rows; row++) {
		const char *name = csv_cell(&t->csv, row, "server");
		if (csv_number(&t->csv, row, "answers") > 0 && server_number(t, name) < 0 &&
		    t->n_servers < TIMELINE_SERVERS)
			t->names[t->n_servers++] = name;
	}
}

static int count_slices(const struct timeline *t)
{
	int n = 0;
	double before = NAN;
	for (size_t row = 0; row < t->csv.rows; row++) {
		double time = csv_number(&t->csv, row, "time_s");
		n += !(time == before);
		before = time;
	}
	return n;
}

static void fill(struct timeline *t)
{
	int slice = -1;
	double before = NAN;
	for (size_t row = 0; row < t->csv.rows; row++) {
		double time = csv_number(&t->csv, row, "time_s");
		slice += !(time == before);
		if (slice == 1)
			t->step_s = time;
		before = time;
		t->all_errors += csv_number(&t->csv, row, "errors");
		int server = server_number(t, csv_cell(&t->csv, row, "server"));
		if (server < 0)
			continue;
		t->answers[slice * t->n_servers + server] = csv_number(&t->csv, row, "answers");
		t->all_answers += csv_number(&t->csv, row, "answers");
	}
}

static double at(const struct timeline *t, int slice, int server)
{
	return t->answers[slice * t->n_servers + server];
}

/* How much of a slice's time the server was there, judged by the slice `beside`, where it was for all of it. */
static double share(const struct timeline *t, int slice, int beside, int server)
{
	if (slice < 0 || slice >= t->n_slices || beside < 0 || beside >= t->n_slices ||
	    at(t, beside, server) <= 0)
		return 1;
	return fmin(1, at(t, slice, server) / at(t, beside, server));
}

static void note_silence(struct timeline *t, int server, int from, int to)
{
	t->victim = server;
	t->killed_s = (from - 1 + share(t, from - 1, from - 2, server)) * t->step_s;
	t->back_s = (to + 1 - share(t, to, to + 1, server)) * t->step_s;
}

static void find_victim(struct timeline *t)
{
	int longest = LEAST_SILENCE - 1;
	t->victim = -1;
	for (int server = 0; server < t->n_servers; server++) {
		int last = -1; /* the slice with its last answer */
		for (int slice = 0; slice < t->n_slices; slice++) {
			if (at(t, slice, server) <= 0)
				continue;
			if (last >= 0 && slice - last - 1 > longest) {
				longest = slice - last - 1;
				note_silence(t, server, last + 1, slice);
			}
			last = slice;
		}
	}
	for (size_t row = 0; t->victim >= 0 && row < t->csv.rows; row++)
		if (strcmp(csv_cell(&t->csv, row, "server"), t->names[t->victim]) == 0)
			t->victims_errors += csv_number(&t->csv, row, "errors");
}

int timeline_read(struct timeline *t, const char *path)
{
	*t = (struct timeline){.victim = -1};
	int error = csv_read(&t->csv, path);
	if (error)
		return error;
	list_servers(t);
	t->n_slices = count_slices(t);
	if (t->n_slices < 2 || t->n_servers == 0) {
		timeline_close(t);
		return -ENODATA;
	}
	t->answers = calloc((size_t)t->n_slices * (size_t)t->n_servers, sizeof *t->answers);
	if (!t->answers) {
		timeline_close(t);
		return -ENOMEM;
	}
	fill(t);
	find_victim(t);
	return 0;
}

void timeline_close(struct timeline *t)
{
	free(t->answers);
	csv_free(&t->csv);
	*t = (struct timeline){.victim = -1};
}

const char *timeline_of(const struct results *r, const char *workload)
{
	for (size_t row = 0; row < r->runs.rows; row++)
		if (run_ok(r, row) && strcmp(csv_cell(&r->runs, row, "workload"), workload) == 0 &&
		    *csv_cell(&r->runs, row, "timeline"))
			return csv_cell(&r->runs, row, "timeline");
	return NULL;
}

/* ---- words ---- */

static int open_of(struct timeline *t, const struct results *r, const char *workload)
{
	char path[PATH_MAX];
	const char *file = timeline_of(r, workload);
	return file ? timeline_read(t, results_path(r, file, path)) : -ENODATA;
}

void timeline_title(FILE *out, const struct results *r, const char *workload)
{
	struct timeline t;
	char failed[NUMBER_TEXT], all[NUMBER_TEXT], text[256];
	bool readable = open_of(&t, r, workload) == 0;
	if (!readable || t.victim < 0) {
		fputs("Answers of each server over time", out);
	} else {
		snprintf(text, sizeof text, "A slave dies and is back after %.1f s: %s of %s requests fail",
			 t.back_s - t.killed_s, format_count(failed, t.all_errors),
			 format_count(all, t.all_answers + t.all_errors));
		fputs(strlen(text) <= TITLE_LENGTH ? text : "A slave dies and comes back", out);
	}
	if (readable)
		timeline_close(&t);
}

void timeline_sentence(FILE *out, const struct results *r, const char *workload)
{
	struct timeline t;
	char failed[NUMBER_TEXT];
	if (open_of(&t, r, workload))
		return;
	if (t.victim < 0) {
		fputs("No server fell silent.", out);
	} else {
		fprintf(out, "%s answered nothing from %.1f s to %.1f s, and the others had its share. ",
			t.names[t.victim], t.killed_s, t.back_s);
		if (t.all_errors > 0 && t.all_errors == t.victims_errors)
			fprintf(out, "All %s requests that failed had been sent on to it. ",
				format_count(failed, t.all_errors));
		fputs("A request fails that was under way to the slave when it died. One run, which shows what "
		      "happens; nothing is compared.",
		      out);
	}
	timeline_close(&t);
}
