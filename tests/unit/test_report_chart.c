/* test_report_chart.c - from rows to points, from points to words, and where things go on a chart.
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/figure.h"
#include "report/format.h"
#include "report/layout.h"
#include "report/words.h"
#include "tests/unit/check.h"

static const char rows[] = "workload,backend,rep,x,status,rps,p99_us,server_cpu_us,client_cpu_pct,answers,n_"
			   "wait,n_recv,n_send,n_close\n"
			   "connections,poll,1,1,ok,100,1000,9,50,10,10,10,10,1\n"
			   "connections,poll,2,1,ok,110,1000,9,50,10,10,10,10,1\n"
			   "connections,poll,3,1,ok,120,1000,9,50,10,10,10,10,1\n"
			   "connections,poll,1,10,ok,300,9000,6,95,10,5,10,10,1\n"
			   "connections,poll,2,10,ok,310,9000,6,95,10,5,10,10,1\n"
			   "connections,poll,3,10,errors,1,1,1,1,1,1,1,1,1\n"
			   "connections,select,1,1,ok,50,2000,20,50,10,10,10,10,1\n"
			   "connections,select,2,1,ok,51,2000,20,50,10,10,10,10,1\n"
			   "connections,select,3,1,ok,52,2000,20,50,10,10,10,10,1\n"
			   "connections,select,1,10,server_died,,,,,,,,,\n"
			   "idle,poll,1,0,ok,1,1,5,1,10,1,1,1,1\n";

static struct results read_rows(void)
{
	struct results r = { .dir = "/nonexistent" };
	if (csv_parse(&r.runs, strdup(rows)))
		abort();
	r.backends[0] = "select";
	r.backends[1] = "poll";
	r.n_backends = 2;
	return r;
}

static void rows_become_points(void)
{
	static struct chart chart;
	struct results r = read_rows();
	CHECK_INT(chart_collect(&chart, &r, "connections", METRIC_RPS), 0);
	CHECK_INT(chart.n, 2);
	CHECK_INT(chart.n_xs, 2);
	CHECK_STR(chart.series[0].backend, "select");
	const struct point *select = chart.series[0].points, *poll = chart.series[1].points;
	CHECK(select[0].y.median == 51 && select[0].y.n == 3 && select[0].failed == 0);
	CHECK(select[1].y.n == 0 && select[1].failed == 1);
	CHECK(poll[0].y.median == 110 && poll[0].y.lo == 100 && poll[0].y.hi == 120);
	CHECK(poll[1].y.n == 2 && poll[1].failed == 1 && poll[1].client_bound && !poll[0].client_bound);
	CHECK(chart_common_x(&chart, 1e9) == 1); /* at 10 there is only poll */
	CHECK(series_last(&chart.series[0])->x == 1);
	CHECK(series_at(&chart.series[0], 10) == NULL);
	results_close(&r);
}

static void calls_are_per_answer(void)
{
	static struct chart chart;
	struct results r = read_rows();
	CHECK_INT(chart_collect(&chart, &r, "connections", METRIC_CALLS), 0);
	CHECK(fabs(chart.series[1].points[0].y.median - 3.1) < 1e-9);
	CHECK_INT(chart_collect(&chart, &r, "connections", METRIC_CLOSE), 0);
	CHECK(fabs(chart.series[1].points[0].y.median - 0.1) < 1e-9);
	CHECK_INT(chart_collect(&chart, &r, "connections", METRIC_OTHER), 0);
	CHECK(fabs(chart.series[1].points[0].y.median) < 1e-9); /* kinds that have a name are not in it */
	results_close(&r);
}

static void a_workload_that_asks_for_none_has_figures(void)
{
	static struct figure_list list;
	static char more[] = "workload,backend,rep,x,status\nconnections,poll,1,1,ok\nchurn,poll,1,1,ok\n";
	struct results r = { .dir = "/nonexistent" };
	CHECK_INT(csv_parse(&r.runs, strdup(more)), 0);
	figure_list(&list, &r);
	CHECK_STR(list.figures[0].name, "throughput");
	CHECK_STR(list.figures[list.n - 2].name, "throughput-churn");
	CHECK_STR(list.figures[list.n - 1].name, "cpu-churn");
	CHECK_STR(list.figures[list.n - 1].workload, "churn");
	CHECK_STR(list.figures[list.n - 1].subtitle, "Workload churn: server CPU time in µs per request by "
						     "number of connections. Lower is better.");
	results_close(&r);
}

/* Files by size: two backends and a variant of one. */
static struct results read_sizes(void)
{
	static const char runs[] = "workload,backend,rep,x,status,server_cpu_us,body_bytes,cache_hit_pct\n"
				   "static,poll,1,1024,ok,10,1024,12.5\n"
				   "static,poll/read,1,1024,ok,20,1024,\n"
				   "static,poll,1,10485760,ok,1000,10485760,99\n"
				   "static,poll/read,1,10485760,ok,3000,10485760,\n";
	static const char facts[] = "backends: poll\nseries: poll/read,poll\naxis static: size\n"
				    "x static: File size\nunit static: bytes\nlines static: Read.\n"
				    "figures static: cpu_mib hit_rate nonsense\n";
	struct results r = { .dir = "/nonexistent" };
	if (csv_parse(&r.runs, strdup(runs)) || facts_parse(&r.run, strdup(facts)))
		abort();
	r.backends[0] = "poll/read";
	r.backends[1] = "poll";
	r.n_backends = 2;
	return r;
}

static void a_workload_says_its_figures_and_axis(void)
{
	static struct figure_list list;
	struct results r = read_sizes();
	figure_list(&list, &r);
	CHECK_INT(list.n, 2);
	CHECK_STR(list.figures[0].name, "cpu_mib-static");
	CHECK_STR(list.figures[0].x_label, "File size");
	CHECK_STR(list.figures[0].per, "file size");
	CHECK(list.figures[0].log_y);
	CHECK_STR(list.figures[0].subtitle, "Workload static: server CPU time in µs per MiB of content (log scale) "
					    "by file size. Read.");
	CHECK_STR(list.figures[1].name, "hit_rate-static");
	CHECK_STR(list.figures[1].subtitle, "Workload static: answers from the cache in % by file size. Read.");
	results_close(&r);
}

static void cpu_time_per_mib_is_of_content(void)
{
	static struct chart chart;
	struct results r = read_sizes();
	CHECK_INT(chart_collect(&chart, &r, "static", METRIC_CPU_MIB), 0);
	CHECK(chart.x_unit == X_BYTES);
	CHECK_STR(chart.x_name, "File size");
	CHECK(series_at(&chart.series[1], 1024)->y.median == 10240);
	CHECK(series_at(&chart.series[1], 10485760)->y.median == 100);
	CHECK_INT(chart_collect(&chart, &r, "static", METRIC_HIT), 0);
	CHECK(series_at(&chart.series[0], 1024) == NULL); /* no cell, no rate */
	CHECK(series_at(&chart.series[1], 1024)->y.median == 12.5);
	results_close(&r);
}

/* ---- words ---- */

static const char *said(void (*say)(FILE *, const struct chart *), const struct chart *chart)
{
	static char text[1024];
	FILE *out = fmemopen(text, sizeof text, "w");
	say(out, chart);
	fclose(out);
	return text;
}

/* Two backends at two points, three values each. */
static void two_backends(struct chart *chart, double a, double b, double spread)
{
	static const char *const names[] = { "poll", "epoll_lt" };
	*chart = (struct chart){ .n = 2, .xs = { 1, 1000 }, .n_xs = 2 };
	for (int i = 0; i < 2; i++) {
		double last = i ? b : a;
		struct series *s = &chart->series[i];
		s->backend = names[i];
		s->n = 2;
		s->points[0] = (struct point){ .x = 1, .y = { 3, 10, 9.9, 10.1, false } };
		s->points[1] =
			(struct point){ .x = 1000, .y = { 3, last, last - spread, last + spread, false } };
	}
}

static void titles_claim_what_is_clear(void)
{
	static struct chart chart;
	two_backends(&chart, 100, 250, 10);
	CHECK_STR(said(words_throughput_title, &chart),
		  "At 1,000 connections epoll_lt answers 2.5 times as many requests as poll");
	CHECK_STR(said(words_cpu_title, &chart),
		  "At 1,000 connections epoll_lt takes 2.5 times the CPU time of poll");
	CHECK(strstr(said(words_most_sentence, &chart), "Clearly less: poll (by a factor of 2.5)."));
	two_backends(&chart, 100, 110, 10);
	CHECK_STR(said(words_throughput_title, &chart),
		  "No clear difference in throughput at 1,000 connections");
	CHECK_STR(said(words_cpu_title, &chart),
		  "No clear difference in CPU time per request at 1,000 connections");
	CHECK(strstr(said(words_most_sentence, &chart), "No clear difference to it: poll."));
}

static void titles_know_the_generators_limit(void)
{
	static struct chart chart;
	two_backends(&chart, 100, 250, 10);
	chart.series[1].points[1].client_bound = true;
	CHECK_STR(said(words_throughput_title, &chart),
		  "At 1,000 connections epoll_lt answers at least 2.5 times what poll does");
	chart.series[0].points[1].client_bound = true;
	CHECK_STR(said(words_throughput_title, &chart),
		  "Throughput at 1,000 connections: the generator was at its limit");
}

static void titles_know_sizes(void)
{
	static struct chart chart;
	two_backends(&chart, 100, 250, 10);
	chart.x_unit = X_BYTES;
	chart.x_name = "File size";
	for (int i = 0; i < 2; i++) {
		chart.xs[i] *= 1024;
		chart.series[0].points[i].x = chart.series[1].points[i].x = chart.xs[i];
	}
	CHECK_STR(said(words_cpu_mib_title, &chart), "At 1000 KiB epoll_lt takes 2.5 times the CPU time of poll");
	CHECK_STR(said(words_hit_title, &chart), "Hit rate: 10 % at 1 KiB, 100 to 250 % at 1000 KiB");
	two_backends(&chart, 100, 110, 10);
	chart.x_unit = X_COUNT;
	chart.x_name = "Depth";
	CHECK_STR(said(words_cpu_mib_title, &chart), "No clear difference in CPU time per MiB at depth 1,000");
}

static void growth_is_from_the_first_point_to_the_last(void)
{
	static struct chart chart;
	two_backends(&chart, 110, 10.5, 1);
	chart.x_unit = X_IDLE;
	chart.xs[0] = chart.series[0].points[0].x = chart.series[1].points[0].x = 0;
	CHECK_STR(said(words_growth_title, &chart),
		  "1,000 idle connections cost poll 11 times the CPU time per request");
	CHECK_STR(said(words_growth_sentence, &chart), "From no idle connections to the most: poll 10.0 to 110 "
						       "µs (11 times, at 1,000 idle). No clear change: "
						       "epoll_lt.");
	two_backends(&chart, 10, 10.5, 1);
	CHECK_STR(said(words_growth_title, &chart),
		  "No clear change in CPU time per request with idle connections");
}

static void titles_fit(void)
{
	static struct chart chart;
	static void (*const titles[])(FILE *, const struct chart *) = {
		words_throughput_title, words_cpu_title,   words_growth_title,
		words_tail_title,	words_calls_title, words_spectrum_title,
		words_cpu_mib_title,	words_hit_title,
	};
	two_backends(&chart, 1.5, 123456, 0.1);
	chart.series[0].backend = "a_plug_in_with_a_long_name_of_its_own";
	chart.series[1].backend = "another_plug_in_with_a_long_name_too";
	for (size_t i = 0; i < sizeof titles / sizeof *titles; i++) {
		const char *title = said(titles[i], &chart);
		check_note("%s", title);
		CHECK(strlen(title) > 0 && strlen(title) <= TITLE_LENGTH);
	}
	check_note("%s", "");
}

static void numbers_for_people(void)
{
	static const struct {
		double number;
		const char *full, *rough;
	} cases[] = {
		{ 0, "0", "0" },
		{ 0.1234, "0.123", "0.12" },
		{ 1.234, "1.23", "1.2" },
		{ 9.996, "10.0", "10" },
		{ 12.34, "12.3", "12" },
		{ 99.96, "100", "100" },
		{ 999.6, "1,000", "1,000" },
		{ 12345, "12,345", "12,345" },
		{ 1234567, "1,234,567", "1,234,567" },
	};
	char out[NUMBER_TEXT];
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		CHECK_STR(format_number(out, cases[i].number), cases[i].full);
		CHECK_STR(format_rough(out, cases[i].number), cases[i].rough);
	}
	CHECK_STR(format_short(out, 10000), "10k");
	CHECK_STR(format_count(out, 1), "1");
	CHECK_STR(format_bytes(out, 0), "0 B");
	CHECK_STR(format_bytes(out, 1023), "1023 B");
	CHECK_STR(format_bytes(out, 1024), "1 KiB");
	CHECK_STR(format_bytes(out, 10 << 20), "10 MiB");
	CHECK_STR(format_bytes(out, 1.5 * (1 << 30)), "1.5 GiB");
	CHECK_STR(format_times(out, 45.2), "45 times");
}

/* ---- layout ---- */

static void axes_end_on_ticks(void)
{
	struct axis axis;
	axis_linear(&axis, 67);
	CHECK(axis.lo == 0 && fabs(axis.hi - 70) < 1e-9 && axis.n_ticks == 8);
	axis_linear(&axis, 0);
	CHECK(axis.hi > 0);
	axis_log(&axis, 0.13, 23);
	CHECK(fabs(axis.lo - 0.1) < 1e-9 && fabs(axis.hi - 50) < 1e-6);
	CHECK_INT(axis.n_ticks, 9); /* 0.1 0.2 0.5 1 2 5 10 20 50 */
	axis_log(&axis, 5, 5);
	CHECK(axis.hi > axis.lo && axis_place(&axis, axis.lo) == 0 &&
	      fabs(axis_place(&axis, axis.hi) - 1) < 1e-9);
}

static void names_do_not_touch(void)
{
	static struct chart chart;
	static struct layout layout;
	static char names[12][16];
	chart = (struct chart){ .n = 12, .xs = { 1, 100 }, .n_xs = 2 };
	for (int i = 0; i < chart.n; i++) {
		double y = 50 + i * 0.01;
		snprintf(names[i], sizeof names[i], "b%d", i);
		chart.series[i] = (struct series){ .backend = names[i], .n = 2 };
		chart.series[i].points[0] = (struct point){ .x = 1, .y = { 3, 10, 9, 11, false } };
		chart.series[i].points[1] = (struct point){ .x = 100, .y = { 3, y, y, y, false } };
	}
	layout_lines(&layout, &chart, false, NULL);
	CHECK_INT(layout.n_labels, 12);
	for (int i = 0; i < 12; i++) {
		CHECK(layout.labels[i].outside && layout.labels[i].y >= -1e-9 &&
		      layout.labels[i].y <= 1 + 1e-9);
		for (int j = 0; j < i; j++)
			CHECK(fabs(layout.labels[i].y - layout.labels[j].y) > 0.05);
	}
}

static void a_zero_has_its_place_on_a_log_axis(void)
{
	static struct chart chart;
	static struct layout layout;
	two_backends(&chart, 100, 10, 1);
	chart.series[0].n = chart.series[1].n = 2;
	chart.xs[0] = chart.series[0].points[0].x = chart.series[1].points[0].x = 0;
	chart.xs[2] = 10;
	chart.n_xs = 2;
	for (int i = 0; i < 2; i++) {
		chart.series[i].points[2] = chart.series[i].points[1];
		chart.series[i].points[1].x = 10;
		chart.series[i].n = 3;
	}
	chart.xs[1] = 10;
	chart.xs[2] = 1000;
	chart.n_xs = 3;
	layout_lines(&layout, &chart, true, NULL);
	CHECK(layout.x.log && layout.x.zero > 0 && layout.x.zero < 10);
	CHECK(axis_place(&layout.x, 0) > 0 && axis_place(&layout.x, 0) < axis_place(&layout.x, 10));
}

int main(void)
{
	static const struct test tests[] = {
		TEST(rows_become_points),
		TEST(calls_are_per_answer),
		TEST(a_workload_that_asks_for_none_has_figures),
		TEST(a_workload_says_its_figures_and_axis),
		TEST(cpu_time_per_mib_is_of_content),
		TEST(titles_claim_what_is_clear),
		TEST(titles_know_the_generators_limit),
		TEST(titles_know_sizes),
		TEST(growth_is_from_the_first_point_to_the_last),
		TEST(titles_fit),
		TEST(numbers_for_people),
		TEST(axes_end_on_ticks),
		TEST(names_do_not_touch),
		TEST(a_zero_has_its_place_on_a_log_axis),
		{ 0 },
	};
	return run_tests(tests);
}
