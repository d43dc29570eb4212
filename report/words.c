/* words.c - titles and sentences that the data bears out.
 *
 * A title names a difference only between the least and the greatest median, and only when they differ clearly
 * (stats.h); anything else is "no clear difference". The tail of a closed loop is described and never ranked:
 * on a small machine it says more about the scheduler's moods than about the backend.
 *
 * SPDX-License-Identifier: MIT */
#include "words.h"

#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "figure.h"
#include "format.h"
#include "words_parts.h"

bool say(FILE *out, const char *format, ...)
{
	char text[256];
	va_list args;
	va_start(args, format);
	int n = vsnprintf(text, sizeof text, format, args);
	va_end(args);
	if (n > TITLE_LENGTH)
		return false;
	fputs(text, out);
	return true;
}

const char *place(char *out, size_t size, const struct chart *chart, double x)
{
	char number[NUMBER_TEXT];
	switch (chart->x_unit) {
	case X_BYTES: snprintf(out, size, "%s", format_bytes(number, x)); break;
	case X_WORKERS:
		snprintf(out, size, "%s worker%s", format_count(number, x), x == 1 ? "" : "s");
		break;
	case X_COUNT:
		snprintf(out, size, "%s %s", chart->x_name, format_count(number, x));
		*out = (char)tolower((unsigned char)*out);
		break;
	default:
		snprintf(out, size, "%s %sconnection%s", x == 0 ? "no" : format_count(number, x),
			 chart->x_unit == X_IDLE ? "idle " : "", x == 1 ? "" : "s");
	}
	return out;
}

void add_item(struct list *list, const char *format, ...)
{
	va_list args;
	if (list->n == MAX_SERIES)
		return;
	va_start(args, format);
	vsnprintf(list->items[list->n++], sizeof list->items[0], format, args);
	va_end(args);
}

void write_list(FILE *out, const struct list *list, const char *before, const char *after)
{
	if (list->n == 0)
		return;
	fputs(before, out);
	for (int i = 0; i < list->n; i++)
		fprintf(out, "%s%s", i == 0 ? "" : i == list->n - 1 ? " and " : ", ", list->items[i]);
	fputs(after, out);
}

/* ---- at one x ---- */

struct pair extremes(const struct chart *chart, double wanted)
{
	struct pair p = { .x = chart_common_x(chart, wanted) };
	p.less = chart_extreme(chart, p.x, false);
	p.more = chart_extreme(chart, p.x, true);
	if (!p.less || !p.more)
		return p;
	const struct point *less = series_at(p.less, p.x), *more = series_at(p.more, p.x);
	p.clear = stats_clearly_less(&less->y, &more->y);
	p.factor = more->y.median / less->y.median;
	p.less_bound = less->client_bound;
	p.more_bound = more->client_bound;
	return p;
}

void words_throughput_title(FILE *out, const struct chart *chart)
{
	char at[64], times[NUMBER_TEXT];
	struct pair p = extremes(chart, MOST_COMMON_X);
	place(at, sizeof at, chart, p.x);
	if (p.less == p.more || chart->n < 2) {
		fputs(chart->x_unit == X_IDLE	       ? "Throughput by number of idle connections"
		      : chart->x_unit == X_CONNECTIONS ? "Throughput by number of connections"
		      : chart->x_unit == X_WORKERS     ? "Throughput by number of workers"
						       : "Throughput",
		      out);
		return;
	}
	if (!p.clear) {
		say(out, "No clear difference in throughput at %s", at);
		return;
	}
	const char *least = p.more_bound ? "at least " : "";
	format_times(times, p.factor);
	if (p.less_bound)
		say(out, "Throughput at %s: the generator was at its limit", at);
	else if (!say(out, "At %s %s answers %s%s as many requests as %s", at, p.more->backend, least, times,
		      p.less->backend) &&
		 !say(out, "At %s %s answers %s%s what %s does", at, p.more->backend, least, times, p.less->backend))
		say(out, "Throughput at %s differs by %s%s", at, least, times);
}

void cpu_title(FILE *out, const struct chart *chart, const char *each)
{
	char at[64], times[NUMBER_TEXT];
	struct pair p = extremes(chart, MOST_COMMON_X);
	place(at, sizeof at, chart, p.x);
	format_times(times, p.factor);
	if (p.less == p.more || chart->n < 2)
		fprintf(out, "Server CPU time per %s", each);
	else if (!p.clear)
		say(out, "No clear difference in CPU time per %s at %s", each, at);
	else if (!say(out, "At %s %s takes %s the CPU time of %s", at, p.more->backend, times,
		      p.less->backend))
		say(out, "At %s CPU time per %s differs by a factor of %.1f", at, each, p.factor);
}

void words_cpu_title(FILE *out, const struct chart *chart)
{
	cpu_title(out, chart, "request");
}

void words_cpu_mib_title(FILE *out, const struct chart *chart)
{
	cpu_title(out, chart, "MiB");
}

void words_calls_title(FILE *out, const struct chart *chart)
{
	struct pair p = extremes(chart, FIGURE_CONNECTIONS);
	if (p.less == p.more || !p.less)
		fputs("System calls per request", out);
	else if (p.factor < 1.15)
		say(out, "%.2f to %.2f system calls per request, whatever the backend",
		    series_at(p.less, p.x)->y.median, series_at(p.more, p.x)->y.median);
	else if (!p.clear || !say(out, "System calls per request: %.1f with %s, %.1f with %s",
				  series_at(p.less, p.x)->y.median, p.less->backend,
				  series_at(p.more, p.x)->y.median, p.more->backend))
		fputs("System calls per request, by kind", out);
}

void words_calls_sentence(FILE *out, const struct chart *chart)
{
	struct pair p = extremes(chart, FIGURE_CONNECTIONS);
	char at[64];
	fprintf(out,
		"Counted by the server itself at %s over its whole life, and divided by its answers. "
		"wait is select, poll or epoll_wait, ctl is epoll_ctl, enter is io_uring_enter, aio is what "
		"the "
		"POSIX AIO functions are called for, spawn makes a thread or a process. Kinds that hardly "
		"occur are "
		"under other. Fewer waits per request mean that "
		"more requests were found ready at once, also because the server was slower.",
		place(at, sizeof at, chart, p.x));
}

void compare_sentence(FILE *out, const struct chart *chart, bool most, const char *unit)
{
	char at[64], median[NUMBER_TEXT], lo[NUMBER_TEXT], hi[NUMBER_TEXT];
	struct list like = { .n = 0 }, unlike = { .n = 0 };
	struct pair p = extremes(chart, MOST_COMMON_X);
	const struct series *best = most ? p.more : p.less;
	if (!best)
		return;
	const struct summary *top = &series_at(best, p.x)->y;
	for (int i = 0; i < chart->n; i++) {
		const struct point *point = series_at(&chart->series[i], p.x);
		if (!point || &chart->series[i] == best)
			continue;
		bool clear = most ? stats_clearly_less(&point->y, top) : stats_clearly_less(top, &point->y);
		double factor = most ? top->median / point->y.median : point->y.median / top->median;
		if (clear)
			add_item(&unlike, "%s (by a factor of %.1f)", chart->series[i].backend, factor);
		else
			add_item(&like, "%s", chart->series[i].backend);
	}
	place(at, sizeof at, chart, p.x);
	fprintf(out, "At %s the %s median is that of %s: %s %s", at, most ? "highest" : "lowest", best->backend,
		format_number(median, top->median), unit);
	if (top->n > 1)
		fprintf(out, " (%s to %s)", format_number(lo, top->lo), format_number(hi, top->hi));
	fputs(".", out);
	write_list(out, &like, " No clear difference to it: ", ".");
	write_list(out, &unlike, most ? " Clearly less: " : " Clearly more: ", ".");
}

void words_most_sentence(FILE *out, const struct chart *chart)
{
	int bound, all;
	chart_client_bound(chart, &bound, &all);
	compare_sentence(out, chart, true, "requests/s");
	if (bound > 0)
		fprintf(out,
			" At %d of %d points the load generator was busy for %d %% of the time or more: "
			"there the figure says as much about it as about the server.",
			bound, all, CLIENT_BOUND_PCT);
}

void words_least_sentence(FILE *out, const struct chart *chart)
{
	compare_sentence(out, chart, false, "µs per request");
}

void words_least_mib_sentence(FILE *out, const struct chart *chart)
{
	compare_sentence(out, chart, false, "µs per MiB of content");
}

/* ---- from the first x to the last ---- */

struct growth {
	const struct series *series;
	const struct point *first, *last;
	double factor;
	bool clear;
};

static struct growth growth_of(const struct series *series)
{
	struct growth g = { .series = series,
			    .first = series_at(series, series->points[0].x),
			    .last = series_last(series) };
	if (!g.first || g.first == g.last)
		return g;
	g.factor = g.last->y.median / g.first->y.median;
	g.clear = stats_clearly_less(&g.first->y, &g.last->y) && g.factor >= STATS_LEAST_RATIO;
	return g;
}

/* All series that have two points or more, those with the largest factor first. Returns how many. */
static int growths(const struct chart *chart, struct growth *list)
{
	int n = 0;
	for (int i = 0; i < chart->n; i++) {
		struct growth g = growth_of(&chart->series[i]);
		int at = n;
		if (!g.first || g.first == g.last)
			continue;
		for (; at > 0 && list[at - 1].factor < g.factor; at--)
			list[at] = list[at - 1];
		list[at] = g;
		n++;
	}
	return n;
}

void words_growth_title(FILE *out, const struct chart *chart)
{
	struct growth list[MAX_SERIES];
	char times[NUMBER_TEXT], times2[NUMBER_TEXT], at[NUMBER_TEXT], at2[NUMBER_TEXT];
	int n = growths(chart, list), n_clear = 0;
	for (int i = 0; i < n; i++)
		n_clear += list[i].clear;
	if (n == 0) {
		fputs("Server CPU time per request with idle connections", out);
		return;
	}
	if (n_clear == 0) {
		fputs("No clear change in CPU time per request with idle connections", out);
		return;
	}
	const struct growth *g = list, *h = list + 1;
	format_times(times, g->factor);
	format_count(at, g->last->x);
	if (n_clear > 1 &&
	    say(out, "Idle connections cost CPU: %s %s at %s, %s %s at %s", g->series->backend, times, at,
		h->series->backend, format_times(times2, h->factor), format_count(at2, h->last->x)))
		return;
	if (!say(out, "%s idle connections cost %s %s the CPU time per request", at, g->series->backend, times))
		say(out, "%s idle connections cost %s the CPU time per request", at, times);
}

void words_growth_sentence(FILE *out, const struct chart *chart)
{
	struct growth found[MAX_SERIES];
	struct list grow = { .n = 0 }, still = { .n = 0 };
	char from[NUMBER_TEXT], to[NUMBER_TEXT], times[NUMBER_TEXT], x[NUMBER_TEXT];
	int n = growths(chart, found);
	for (int i = 0; i < n; i++) {
		const struct growth *g = &found[i];
		if (g->clear)
			add_item(&grow, "%s %s to %s µs (%s, at %s idle)", g->series->backend,
				 format_number(from, g->first->y.median), format_number(to, g->last->y.median),
				 format_times(times, g->factor), format_count(x, g->last->x));
		else
			add_item(&still, "%s", g->series->backend);
	}
	write_list(out, &grow, "From no idle connections to the most: ", ".");
	write_list(out, &still, grow.n ? " No clear change: " : "No clear change: ", ".");
}

/* ---- the tail ---- */

static void range_at(FILE *out, const struct chart *chart, double x, const char *unit)
{
	char least[NUMBER_TEXT], most[NUMBER_TEXT];
	const struct series *a = chart_extreme(chart, x, false), *b = chart_extreme(chart, x, true);
	if (!a || !b)
		return;
	format_rough(least, series_at(a, x)->y.median);
	format_rough(most, series_at(b, x)->y.median);
	if (strcmp(least, most) == 0)
		fprintf(out, "%s %s", least, unit);
	else
		fprintf(out, "%s to %s %s", least, most, unit);
}

static void range_title(FILE *out, const struct chart *chart, const char *what, const char *unit)
{
	char at[96];
	double first = chart_common_x(chart, 0), last = chart_common_x(chart, MOST_COMMON_X);
	fprintf(out, "%s: ", what);
	range_at(out, chart, first, unit);
	fprintf(out, " at %s", place(at, sizeof at, chart, first));
	if (first == last)
		return;
	fputs(", ", out);
	range_at(out, chart, last, unit);
	if (chart->x_unit == X_BYTES)
		fprintf(out, " at %s", format_bytes(at, last));
	else
		fprintf(out, " at %s", format_count(at, last));
}

void words_tail_title(FILE *out, const struct chart *chart)
{
	range_title(out, chart, "p99", "ms");
}

void words_hit_title(FILE *out, const struct chart *chart)
{
	range_title(out, chart, "Hit rate", "%");
}

void words_hit_sentence(FILE *out, const struct chart *chart)
{
	(void)chart;
	fputs("So many of the answers in the measured time came from the cache. What nobody had asked for "
	      "before is a miss, whatever the cache's size; the more the clients like the same things, the "
	      "smaller the cache may be.",
	      out);
}

void words_tail_sentence(FILE *out, const struct chart *chart)
{
	(void)chart;
	fputs("One answer in a hundred took longer than this. In a closed loop more connections mean "
	      "longer queues, so the lines rise for every backend; the tail also shows every pause of "
	      "the machine, so do not rank by it.",
	      out);
}

void words_spectrum_title(FILE *out, const struct chart *chart)
{
	char at[64];
	double x = chart_common_x(chart, FIGURE_CONNECTIONS);
	fprintf(out, "At %s 99 %% of the answers came within ", place(at, sizeof at, chart, x));
	range_at(out, chart, x, "ms");
}
