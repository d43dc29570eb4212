/* plot_timeline.c - the data of a figure of a cluster over time: a row per slice, a column per server.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "plot_parts.h"
#include "timeline.h"

static double rate(const struct timeline *t, int slice, int server)
{
	return t->answers[slice * t->n_servers + server] / t->step_s;
}

/* The last slice may be cut short by the end of the load. */
static int drawn(const struct timeline *t)
{
	return t->n_slices - 1;
}

static int write_slices(const struct figure *figure, const struct timeline *t, const struct results *r)
{
	struct draft draft;
	int error = plot_file(&draft, r, figure->name, ".csv");
	if (error)
		return error;
	fputs("time_s", draft.out);
	for (int i = 0; i < t->n_servers; i++)
		fprintf(draft.out, ",%s", t->names[i]);
	for (int slice = 0; slice < drawn(t); slice++) {
		fprintf(draft.out, "\n%.6g", (slice + 0.5) * t->step_s);
		for (int i = 0; i < t->n_servers; i++)
			fprintf(draft.out, ",%.6g", rate(t, slice, i));
	}
	fputc('\n', draft.out);
	return draft_close(&draft);
}

/* Where all servers are on one host, the port tells them apart. */
static const char *short_name(const struct timeline *t, int server)
{
	const char *colon = strrchr(t->names[server], ':');
	for (int i = 0; i < t->n_servers && colon; i++) {
		const char *other = strrchr(t->names[i], ':');
		size_t len = (size_t)(colon - t->names[server]);
		if (!other || (size_t)(other - t->names[i]) != len ||
		    memcmp(t->names[i], t->names[server], len) != 0)
			colon = NULL;
	}
	return colon ? colon : t->names[server];
}

/* Where the line of all servers but one ends, or that one's: the mean of the last slices. */
static double end_of(const struct timeline *t, int server)
{
	enum { LAST = 5 };
	double sum = 0;
	int n = drawn(t) < LAST ? drawn(t) : LAST;
	for (int slice = drawn(t) - n; slice < drawn(t); slice++)
		sum += rate(t, slice, server);
	return sum / n;
}

static double most_of(const struct timeline *t)
{
	double most = 0;
	for (int slice = 0; slice < drawn(t); slice++)
		for (int i = 0; i < t->n_servers; i++)
			most = fmax(most, rate(t, slice, i));
	return most;
}

static void add_name(struct chart *chart, const char *name, double most, double end)
{
	struct series *s = &chart->series[chart->n++];
	*s = (struct series){.backend = name, .n = 2};
	s->points[0] = (struct point){.y = {1, most, 0, most, false}};
	s->points[1] = (struct point){.x = chart->xs[1], .y = {1, end, end, end, false}};
}

/* For the layout a name is a line of two points: the range of all, and where it ends. Those who live are alike,
 * and one name is enough for them. */
static void to_series(struct chart *chart, const struct timeline *t, char (*names)[LABEL_TEXT])
{
	memset(chart, 0, sizeof *chart);
	chart->n_xs = 2;
	chart->xs[1] = drawn(t) * t->step_s;
	if (t->victim >= 0) {
		int other = t->victim == 0 ? t->n_servers - 1 : 0;
		snprintf(names[0], LABEL_TEXT, "%s (killed)", short_name(t, t->victim));
		snprintf(names[1], LABEL_TEXT, "the %d other%s", t->n_servers - 1,
			 t->n_servers == 2 ? "" : "s");
		add_name(chart, names[0], most_of(t), end_of(t, t->victim));
		if (t->n_servers > 1)
			add_name(chart, names[1], most_of(t), end_of(t, other));
		return;
	}
	for (int i = 0; i < t->n_servers; i++) {
		snprintf(names[i], LABEL_TEXT, "%s", short_name(t, i));
		add_name(chart, names[i], most_of(t), end_of(t, i));
	}
}

static int write_script(const struct figure *figure, struct chart *chart, const struct timeline *t,
			const struct results *r)
{
	static struct layout layout;
	static char names[TIMELINE_SERVERS][LABEL_TEXT];
	struct draft draft;
	int error = plot_file(&draft, r, figure->name, ".gp");
	if (error)
		return error;
	plot_head(draft.out, figure, chart, r);
	to_series(chart, t, names);
	layout_lines(&layout, chart, false, NULL);
	axis_linear(&layout.x, chart->xs[1]);
	layout.x.hi = chart->xs[1];
	while (layout.x.n_ticks > 1 && layout.x.ticks[layout.x.n_ticks - 1] > layout.x.hi * (1 + 1e-9))
		layout.x.n_ticks--;
	fprintf(draft.out, "N = %d\nVICTIM = %d\nKILLED = %.6g\nBACK = %.6g\n", t->n_servers, t->victim + 1,
		t->killed_s, t->back_s);
	fputs("style_of(name) = strstrt(name, \"(killed)\") ? 61 : 62\nink_of(name) = strstrt(name, "
	      "\"(killed)\") ? "
	      "\"#B84A28\" : \"#0A6EB4\"\n",
	      draft.out);
	plot_layout(draft.out, &layout, false);
	return draft_close(&draft);
}

int plot_timeline(const struct figure *figure, struct chart *chart, const struct results *r)
{
	struct timeline t;
	char path[PATH_MAX];
	const char *file = timeline_of(r, figure->workload);
	int error = file ? timeline_read(&t, results_path(r, file, path)) : -ENODATA;
	if (error)
		return error;
	error = write_slices(figure, &t, r);
	if (!error)
		error = write_script(figure, chart, &t, r);
	timeline_close(&t);
	return error;
}
