/* test_report_models.c - what models differ by: workers' shares, hand-overs, memory; and a panel for each
 * family.
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report/figure.h"
#include "report/plot.h"
#include "report/table.h"
#include "report/words.h"
#include "tests/unit/check.h"

static const char head[] =
	"workload,backend,rep,x,status,rps,server_cpu_us,answers,sessions,n_recv,n_futex,count_vain,"
	"count_handed,count_switches,voluntary_switches,involuntary_switches,worker_sessions,"
	"memory_bytes\n";

static struct results read_runs(const char *rows, const char *facts)
{
	struct results r = { .dir = "/nonexistent" };
	char *text = malloc(strlen(head) + strlen(rows) + 1);
	if (!text)
		abort();
	strcpy(text, head);
	strcat(text, rows);
	if (csv_parse(&r.runs, text) || facts_parse(&r.run, strdup(facts)))
		abort();
	for (size_t row = 0; row < r.runs.rows; row++) {
		const char *name = csv_cell(&r.runs, row, "backend");
		int known = 0;
		for (int i = 0; i < r.n_backends; i++)
			known |= strcmp(r.backends[i], name) == 0;
		if (!known)
			r.backends[r.n_backends++] = name;
	}
	return r;
}

static const char *written(void (*write)(FILE *, const struct chart *), const struct chart *chart)
{
	static char text[2048];
	FILE *out = fmemopen(text, sizeof text, "w");
	write(out, chart);
	fclose(out);
	return text;
}

static void shares_of_workers_add_up(void)
{
	static const struct {
		const char *cell;
		int n;
		double busiest, last;
	} cases[] = {
		{ "10;30;20;20", 4, 0.375, 0.125 },
		{ "7", 1, 1, 1 },
		{ "0;0;5", 3, 1, 0 },
		{ "", 0, 0, 0 },
		{ "0;0", 0, 0, 0 },
		{ "1;x", 0, 0, 0 },
		{ "1;;2", 0, 0, 0 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char row[256];
		double shares[MAX_SHARES], sum = 0;
		snprintf(row, sizeof row, "f,poll,1,64,ok,1,1,1,10,1,,5,,,,,%s,\n", cases[i].cell);
		struct results r = read_runs(row, "");
		check_note("%s", cases[i].cell);
		int n = run_shares(&r.runs, 0, shares);
		CHECK_INT(n, cases[i].n);
		for (int k = 0; k < n; k++)
			sum += shares[k];
		if (n > 0)
			CHECK(fabs(sum - 1) < 1e-9 && fabs(shares[0] - cases[i].busiest) < 1e-9 &&
			      fabs(shares[n - 1] - cases[i].last) < 1e-9);
		double busiest = run_metric(&r, 0, METRIC_BUSIEST);
		CHECK(n > 1 ? fabs(busiest - n * cases[i].busiest) < 1e-9 : isnan(busiest));
		CHECK(fabs(run_metric(&r, 0, METRIC_VAIN) - 0.5) < 1e-9);
		results_close(&r);
	}
	check_note("%s", "");
}

static const char hybrids[] = "handover,epoll_lt,1,100,ok,9,5,10,1,10,0,0,0,0,1,0,,\n"
			      "handover,half_sync,1,100,ok,9,9,10,1,10,12,0,10,0,5,0,,\n";

static void hand_overs_have_a_table(void)
{
	static char text[4096];
	struct results r = read_runs(hybrids, "axis handover: connections\n");
	FILE *out = fmemopen(text, sizeof text, "w");
	CHECK_INT(table_causes(out, &r), 0);
	fclose(out);
	CHECK(strstr(text, "Workload handover, 100 connections."));
	CHECK(strstr(text, "<td>half_sync<td class=\"n\">9.00<td class=\"n\">1.00<td class=\"n\">1.20"));
	results_close(&r);
	r = read_runs("handover,epoll_lt,1,100,ok,9,5,10,1,10,0,0,0,0,1,0,,\n", "");
	out = fmemopen(text, sizeof text, "w");
	CHECK_INT(table_causes(out, &r), 0);
	CHECK_INT(ftell(out), 0); /* nobody hands anything over */
	fclose(out);
	results_close(&r);
}

static void a_family_is_its_backends(void)
{
	struct results r = read_runs(hybrids, "family epoll_lt: readiness\n");
	CHECK_STR(series_family(&r, "epoll_lt"), "readiness");
	CHECK_STR(series_family(&r, "epoll_lt/shared"), "readiness");
	CHECK_STR(series_family(&r, "mine"), "");
	results_close(&r);
}

/* ---- files for gnuplot, in a folder of their own ---- */

static char folder[] = "/tmp/muxlab-report-XXXXXX";

static const char *read_back(const char *name)
{
	static char text[1 << 16];
	char path[sizeof folder + 64];
	snprintf(path, sizeof path, "%s/data/%s", folder, name);
	FILE *file = fopen(path, "r");
	text[file ? fread(text, 1, sizeof text - 1, file) : 0] = '\0';
	if (file)
		fclose(file);
	unlink(path);
	return text;
}

static const struct figure *find_figure(struct figure_list *list, const struct results *r, const char *name)
{
	figure_list(list, r);
	for (int i = 0; i < list->n; i++)
		if (strcmp(list->figures[i].name, name) == 0)
			return &list->figures[i];
	return NULL;
}

static void many_lines_get_a_panel_for_each_family(void)
{
	static struct figure_list list;
	char rows[2048] = "", row[128];
	for (int i = 0; i < 10; i++)
		for (int x = 1; x <= 10; x *= 10) {
			snprintf(row, sizeof row, "connections,%s%d,1,%d,ok,%d,5,10,1,10,,,,,,,,\n",
				 i < 5 ? "a" : "b", i, x, i + x);
			strcat(rows, row);
		}
	strcat(rows, "connections,epoll_lt,1,1,ok,5,5,10,1,10,,,,,,,,\n");
	struct results r =
		read_runs(rows, "axis connections: connections\nfamily a0: blocking\nfamily a1: blocking\n"
				"family a2: blocking\nfamily a3: blocking\nfamily a4: blocking\n"
				"family epoll_lt: readiness\n");
	r.dir = folder;
	const struct figure *figure = find_figure(&list, &r, "throughput");
	CHECK(figure && figure->panels);
	if (figure) {
		CHECK_STR(plot_script(figure), "panels.gp");
		CHECK_INT(plot_write(figure, &r), 1);
		const char *text = read_back("throughput.gp");
		CHECK(strstr(text, "PANELS = 3\n")); /* blocking, unknown, readiness */
		CHECK(strstr(text, "FAMILY = 'Blocking'\n  LINES = \"a0 a1 a2 a3 a4\""));
		CHECK(strstr(text, "FAMILY = 'Readiness'\n  LINES = \"epoll_lt\""));
		CHECK(strstr(text, "REFERENCE = \"epoll_lt\""));
		CHECK(strstr(read_back("throughput.csv"), "\na4,1,"));
	}
	results_close(&r);
}

static void few_lines_stay_together(void)
{
	static struct figure_list list;
	struct results r =
		read_runs("connections,poll,1,1,ok,1,5,10,1,10,,,,,,,,\n", "axis connections: connections\n");
	const struct figure *figure = find_figure(&list, &r, "throughput");
	CHECK(figure && !figure->panels && strcmp(plot_script(figure), "lines.gp") == 0);
	results_close(&r);
}

static void columns_have_scales_of_their_own(void)
{
	static struct figure_list list;
	struct results r = read_runs(hybrids, "axis handover: connections\nfigures handover: handover\n"
					      "family epoll_lt: readiness\nfamily half_sync: hybrid\n");
	r.dir = folder;
	const struct figure *figure = find_figure(&list, &r, "handover");
	CHECK(figure != NULL);
	if (figure) {
		CHECK_INT(plot_write(figure, &r), 1);
		const char *text = read_back("handover.gp");
		CHECK(strstr(text, "COLUMNS = 4\n"));
		CHECK(strstr(text, "HEADING[2] = 'hand-overs'.\"\\n\".'per request'"));
		CHECK(strstr(text, "TEXT[1] = \"5.00\""));
		text = read_back("handover.csv");
		CHECK(strstr(text, "backend,row,value1,bar1,lo1,hi1,"));
		CHECK(strstr(text, "\nhalf_sync,2,9,0.6800,")); /* a gap between the families */
	}
	results_close(&r);
}

/* ---- words ---- */

static void who_starves_is_counted(void)
{
	static struct chart chart;
	struct results r = read_runs("s,prethread,1,0,ok,10,,,,,,,,,,,,\ns,prethread,1,16,ok,0,,,,,,,,,,,,\n"
				     "s,poll,1,0,ok,10,,,,,,,,,,,,\ns,poll,1,16,ok,9,,,,,,,,,,,,\n",
				     "axis s: idle\n");
	CHECK_INT(chart_collect(&chart, &r, "s", METRIC_RPS), 0);
	CHECK_STR(written(words_starve_title, &chart),
		  "With 16 idle connections 1 of 2 backends answer nobody any more");
	CHECK(strstr(written(words_starve_sentence, &chart), "nobody is answered by prethread:"));
	CHECK(strstr(written(words_starve_sentence, &chart), "Still answering: poll."));
	results_close(&r);
}

static void workers_are_a_place_on_the_axis(void)
{
	static struct chart chart;
	struct results r = read_runs("t,poll,1,1,ok,10,,,,,,,,,,,,\nt,poll,1,8,ok,80,,,,,,,,,,,,\n"
				     "t,thread,1,1,ok,10,,,,,,,,,,,,\nt,thread,1,8,ok,10,,,,,,,,,,,,\n",
				     "axis t: workers\n");
	CHECK_INT(chart_collect(&chart, &r, "t", METRIC_RPS), 0);
	CHECK(chart.x_unit == X_WORKERS);
	CHECK_STR(written(words_throughput_title, &chart), "No clear difference in throughput at 8 workers");
	results_close(&r);
}

static void titles_of_models_fit(void)
{
	static struct chart chart;
	static void (*const titles[])(FILE *,
				      const struct chart *) = { words_memory_title, words_creation_title,
								words_busiest_title, words_starve_title };
	static const char *const names[] = { "a_plug_in_with_a_long_name/exclusive",
					     "another_long_name/reuseport" };
	chart = (struct chart){ .n = 2, .xs = { 64 }, .n_xs = 1 };
	for (int i = 0; i < 2; i++) {
		double y = i ? 130 : 123456;
		chart.series[i] = (struct series){ .backend = names[i], .n = 1 };
		chart.series[i].points[0] = (struct point){ .x = 64, .y = { 3, y, y, y, false } };
	}
	for (size_t i = 0; i < sizeof titles / sizeof *titles; i++) {
		const char *title = written(titles[i], &chart);
		check_note("%s", title);
		CHECK(strlen(title) > 0 && strlen(title) <= TITLE_LENGTH);
	}
	check_note("%s", "");
}

int main(void)
{
	static const struct test tests[] = {
		TEST(shares_of_workers_add_up), TEST(hand_overs_have_a_table),
		TEST(a_family_is_its_backends), TEST(many_lines_get_a_panel_for_each_family),
		TEST(few_lines_stay_together),	TEST(columns_have_scales_of_their_own),
		TEST(who_starves_is_counted),	TEST(workers_are_a_place_on_the_axis),
		TEST(titles_of_models_fit),	{ 0 },
	};
	char path[sizeof folder + 8];
	if (!mkdtemp(folder))
		return 1;
	snprintf(path, sizeof path, "%s/data", folder);
	if (mkdir(path, 0700))
		return 1;
	int status = run_tests(tests);
	rmdir(path);
	rmdir(folder);
	return status;
}
