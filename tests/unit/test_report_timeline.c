/* test_report_timeline.c - a cluster over time: which server fell silent, when, and what it cost.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report/figure.h"
#include "report/timeline.h"
#include "tests/unit/check.h"

static char path[64];

static void write_lines(const char *lines)
{
	strcpy(path, "/tmp/muxlab-test-XXXXXX");
	int fd = mkstemp(path);
	FILE *file = fdopen(fd, "w");
	fprintf(file, "time_s,server,answers,errors,redirects\n%s", lines);
	fclose(file);
}

/* A master and two slaves; the second answers half of the third slice, nothing in two, half of the sixth. */
static const char death[] = "0.000,m:80,0,0,200\n0.000,m:1,100,0,0\n0.000,m:2,100,0,0\n"
			    "0.100,m:80,0,0,200\n0.100,m:1,100,0,0\n0.100,m:2,100,0,0\n"
			    "0.200,m:80,0,0,200\n0.200,m:1,150,0,0\n0.200,m:2,50,3,0\n"
			    "0.300,m:80,0,0,200\n0.300,m:1,200,0,0\n0.300,m:2,0,0,0\n"
			    "0.400,m:80,0,0,200\n0.400,m:1,200,0,0\n0.400,m:2,0,0,0\n"
			    "0.500,m:80,0,0,200\n0.500,m:1,150,0,0\n0.500,m:2,50,0,0\n"
			    "0.600,m:80,0,0,200\n0.600,m:1,100,0,0\n0.600,m:2,100,0,0\n";

static void who_fell_silent_and_when(void)
{
	struct timeline t;
	write_lines(death);
	CHECK_INT(timeline_read(&t, path), 0);
	unlink(path);
	CHECK_INT(t.n_slices, 7);
	CHECK_INT(t.n_servers, 2); /* the master answers nothing: it sends on */
	CHECK(fabs(t.step_s - 0.1) < 1e-9);
	CHECK_INT(t.victim, 1);
	CHECK(fabs(t.killed_s - 0.25) < 1e-9);
	CHECK(fabs(t.back_s - 0.55) < 1e-9);
	CHECK(t.all_errors == 3 && t.victims_errors == 3 && t.all_answers == 1400);
	timeline_close(&t);
}

static void one_empty_slice_is_no_death(void)
{
	struct timeline t;
	write_lines("0.0,a,5,0,0\n0.1,a,0,0,0\n0.2,a,5,0,0\n0.3,a,0,0,0\n0.4,a,0,0,0\n");
	CHECK_INT(timeline_read(&t, path), 0); /* and who does not come back may just be done */
	unlink(path);
	CHECK_INT(t.victim, -1);
	timeline_close(&t);
}

static void nothing_is_nothing(void)
{
	struct timeline t;
	write_lines("");
	CHECK_INT(timeline_read(&t, path), -ENODATA);
	unlink(path);
	write_lines("0.0,a,0,0,9\n0.1,a,0,0,9\n");
	CHECK_INT(timeline_read(&t, path), -ENODATA);
	unlink(path);
	CHECK_INT(timeline_read(&t, "/nonexistent"), -ENOENT);
}

static void words_of_a_death(void)
{
	static char text[1024];
	char runs[256];
	struct results r = { .dir = "/" };
	write_lines(death);
	snprintf(runs, sizeof runs,
		 "workload,backend,x,status,timeline\ncluster,poll,20,bad,x\ncluster,poll,20,ok,%s\n", path);
	CHECK_INT(csv_parse(&r.runs, strdup(runs)), 0);
	FILE *out = fmemopen(text, sizeof text, "w");
	timeline_title(out, &r, "cluster");
	fclose(out);
	CHECK_STR(text, "A slave dies and is back after 0.3 s: 3 of 1,403 requests fail");
	out = fmemopen(text, sizeof text, "w");
	timeline_sentence(out, &r, "cluster");
	fclose(out);
	CHECK(strstr(text, "m:2 answered nothing from 0."));
	CHECK(strstr(text, "All 3 requests that failed had been sent on to it."));
	CHECK(timeline_of(&r, "other") == NULL);
	unlink(path);
	results_close(&r);
}

int main(void)
{
	static const struct test tests[] = {
		TEST(who_fell_silent_and_when),
		TEST(one_empty_slice_is_no_death),
		TEST(nothing_is_nothing),
		TEST(words_of_a_death),
		{ 0 },
	};
	return run_tests(tests);
}
