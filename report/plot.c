/* plot.c - what the gnuplot scripts read: for each figure DIR/data/NAME.csv and DIR/data/NAME.gp.
 *
 *     NAME.csv    the points, with a header; anyone may read it
 *     NAME.gp     TITLE, SUBTITLE, NOTE, NAMES, ranges and ticks as variables, and the labels of the lines
 *
 * The scripts know how things look and nothing of what they mean; here it is the other way round.
 *
 * SPDX-License-Identifier: MIT */
#include "plot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "format.h"
#include "plot_parts.h"

enum { LABEL_BASE = 100 }; /* labels below are the head's */

const char *plot_script(const struct figure *figure)
{
	static const char *const scripts[] = {
		[FIGURE_LINES] = "lines.gp",	 [FIGURE_SPECTRUM] = "spectrum.gp", [FIGURE_BARS] = "bars.gp",
		[FIGURE_COLUMNS] = "columns.gp", [FIGURE_TIMELINE] = "timeline.gp",
	};
	return figure->panels ? "panels.gp" : scripts[figure->kind];
}

int plot_file(struct draft *draft, const struct results *r, const char *name, const char *suffix)
{
	char file[PATH_MAX], path[PATH_MAX];
	snprintf(file, sizeof file, "data/%s%s", name, suffix);
	return draft_open(draft, results_path(r, file, path));
}

/* ---- what all charts say ---- */

static void variable(FILE *out, const char *name, const char *value)
{
	fprintf(out, "%s = ", name);
	gnuplot_text(out, value);
	fputc('\n', out);
}

static void title_variable(FILE *out, const struct figure *figure, const struct chart *chart,
			   const struct results *r)
{
	char text[512] = "";
	FILE *title = fmemopen(text, sizeof text, "w");
	if (title) {
		figure_title(title, figure, chart, r);
		fclose(title);
	}
	variable(out, "TITLE", text);
}

static void join(FILE *out, const char *text)
{
	if (*text)
		fprintf(out, "%s · ", text);
}

/* The small line at the bottom: how it was measured. */
static void write_note(FILE *out, const struct figure *figure, const struct chart *chart,
		       const struct results *r)
{
	int bound, all;
	join(out, facts_get(&r->run, "label"));
	join(out, workload_fact(r, "placement", figure->workload));
	chart_client_bound(chart, &bound, &all);
	if (bound > 0 && figure->kind == FIGURE_LINES)
		join(out,
		     bound < all ? "open marks: generator at its limit" : "generator at its limit everywhere");
	if (figure->kind == FIGURE_LINES || figure->kind == FIGURE_COLUMNS)
		figure_spread(out, chart);
	else if (figure->kind == FIGURE_TIMELINE)
		fputs("one run", out);
	else
		fputs(figure->kind == FIGURE_BARS ? "medians" : "all runs added up", out);
	const char *kernel = facts_get(&r->machine, "kernel");
	if (*kernel)
		fprintf(out, " · %s", kernel);
}

/* The part of a note that goes above, where it is too long for one line: up to the " · " next to its middle. */
static char *break_note(char *text)
{
	static const char between[] = " · ";
	enum { LONGEST = 130 };
	size_t len = strlen(text);
	char *best = NULL;
	if (len <= LONGEST)
		return text;
	for (char *at = text; (at = strstr(at, between)); at++)
		if (!best || labs(at - text - (long)len / 2) < labs(best - text - (long)len / 2))
			best = at;
	if (!best)
		return text;
	*best = '\0';
	return best + sizeof between - 1;
}

static void note_variable(FILE *out, const struct figure *figure, const struct chart *chart,
			  const struct results *r)
{
	char text[512] = "";
	FILE *note = fmemopen(text, sizeof text, "w");
	if (note) {
		write_note(note, figure, chart, r);
		fclose(note);
	}
	char *last = break_note(text);
	variable(out, "NOTE_ABOVE", last == text ? "" : text);
	variable(out, "NOTE", last);
}

void plot_names(FILE *out, const struct chart *chart)
{
	bool first = true;
	fputs("NAMES = \"", out);
	for (int i = 0; i < chart->n; i++)
		if (series_last(&chart->series[i])) {
			fprintf(out, "%s%s", first ? "" : " ", chart->series[i].backend);
			first = false;
		}
	fputs("\"\n", out);
}

/* Whether the lines are variants of one backend: their colours must not be read as backends. */
static bool of_variants(const struct chart *chart, const struct results *r)
{
	const char *backends = facts_get(&r->run, "backends"), *name = chart->n ? chart->series[0].backend : "";
	return *backends && !strchr(name, '/') && !in_list(backends, ',', name, strlen(name));
}

void plot_head(FILE *out, const struct figure *figure, const struct chart *chart, const struct results *r)
{
	title_variable(out, figure, chart, r);
	variable(out, "SUBTITLE", figure->subtitle);
	note_variable(out, figure, chart, r);
	variable(out, "XLABEL", figure->x_label);
	fprintf(out, "VARIANTS = %d\n", of_variants(chart, r));
	plot_names(out, chart);
}

/* ---- where things go ---- */

static void axis_variables(FILE *out, char name, const struct axis *axis)
{
	char number[NUMBER_TEXT];
	fprintf(out, "%cMIN = %.9g\n%cMAX = %.9g\n%cLOG = %d\n%cZERO = %.9g\n", name, axis->lo, name, axis->hi,
		name, axis->log, name, axis->zero);
	fprintf(out, "%cTICS = '(", name);
	for (int i = 0; i < axis->n_ticks; i++) {
		double at = axis->ticks[i] == 0 && axis->zero > 0 ? axis->zero : axis->ticks[i];
		fprintf(out, "%s\"%s\" %.9g", i ? ", " : "",
			axis->bytes ? format_bytes(number, axis->ticks[i]) : format_short(number, axis->ticks[i]),
			at);
	}
	fputs(")'\n", out);
}

/* Beside the plot, a name follows the mark of its line: it may have been pushed away from the line's end. */
static void write_label(FILE *out, const struct label *label, double right, bool marks)
{
	gnuplot_text(out, label->text);
	if (label->outside)
		fprintf(out, " at screen %.4f, graph %.4f left", right + 0.02, label->y);
	else
		fprintf(out, " at graph %.4f, graph %.4f %s", label->x, label->y,
			label->align == 'r'   ? "right"
			: label->align == 'c' ? "center"
					      : "left");
	if (label->outside && marks)
		fprintf(out, " point ls style_of(\"%s\") offset 0.9,-0.2", label->backend);
	fprintf(out, " front textcolor rgb ink_of(\"%s\")\n", label->backend);
}

void plot_axes(FILE *out, const struct layout *l)
{
	axis_variables(out, 'X', &l->x);
	axis_variables(out, 'Y', &l->y);
}

void plot_labels(FILE *out, const struct layout *l, bool marks)
{
	for (int i = 0; i < l->n_labels; i++) {
		fprintf(out, "set label %d ", LABEL_BASE + i);
		write_label(out, &l->labels[i], l->frame.right, marks);
	}
}

void plot_layout(FILE *out, const struct layout *l, bool marks)
{
	plot_axes(out, l);
	fprintf(out, "RIGHT = %.4f\n", l->frame.right);
	plot_labels(out, l, marks);
}

/* ---- all ---- */

int plot_write(const struct figure *figure, const struct results *r)
{
	static struct chart chart;
	int answer = figure_collect(figure, r, &chart);
	if (answer <= 0)
		return answer;
	switch (figure->kind) {
	case FIGURE_LINES: answer = plot_lines(figure, &chart, r); break;
	case FIGURE_SPECTRUM: answer = plot_spectrum(figure, &chart, r); break;
	case FIGURE_BARS: answer = plot_bars(figure, &chart, r); break;
	case FIGURE_COLUMNS:
		answer = plot_columns(figure, &chart, r);
		break;
	case FIGURE_TIMELINE: answer = plot_timeline(figure, &chart, r); break;
	}
	return answer == -ENODATA ? 0 : answer ? answer : 1;
}
