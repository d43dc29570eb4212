/* test_report_csv.c - how the report reads its files: CSV with quotes and cut lines, and "name: value" lines.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/csv.h"
#include "report/facts.h"
#include "tests/unit/check.h"

static struct csv parse(const char *text)
{
	struct csv csv;
	if (csv_parse(&csv, strdup(text)))
		abort();
	return csv;
}

static void cells_by_name(void)
{
	struct csv csv = parse("backend,rps\npoll,12.5\nselect,7\n");
	CHECK_INT(csv.rows, 2);
	CHECK_STR(csv_cell(&csv, 0, "backend"), "poll");
	CHECK_STR(csv_cell(&csv, 1, "backend"), "select");
	CHECK(csv_number(&csv, 0, "rps") == 12.5);
	CHECK_STR(csv_cell(&csv, 1, "p99"), "");
	CHECK(isnan(csv_number(&csv, 1, "p99")));
	CHECK(isnan(csv_number(&csv, 1, "backend")));
	csv_free(&csv);
}

static void quoted_cells(void)
{
	struct csv csv = parse("a,b,c\n\"x, y\",\"said \"\"no\"\"\",\"\"\n\"two\nlines\",2,3\r\n");
	CHECK_INT(csv.rows, 2);
	CHECK_STR(csv_cell(&csv, 0, "a"), "x, y");
	CHECK_STR(csv_cell(&csv, 0, "b"), "said \"no\"");
	CHECK_STR(csv_cell(&csv, 0, "c"), "");
	CHECK_STR(csv_cell(&csv, 1, "a"), "two\nlines");
	CHECK_STR(csv_cell(&csv, 1, "c"), "3");
	csv_free(&csv);
}

static void short_and_long_rows(void)
{
	struct csv csv = parse("a,b\n1\n1,2,3,4\n");
	CHECK_INT(csv.rows, 2);
	CHECK_STR(csv_cell(&csv, 0, "b"), "");
	CHECK_STR(csv_cell(&csv, 1, "b"), "2");
	csv_free(&csv);
}

/* Whoever wrote it was stopped in the middle of a line. */
static void cut_lines_are_dropped(void)
{
	static const char whole[] = "a,b\n1,\"2\"\n3,4\n";
	for (size_t len = 0; len < sizeof whole; len++) {
		struct csv csv;
		int want = len < 4 ? -EINVAL : 0;
		check_note("%zu bytes", len);
		CHECK_INT(csv_parse(&csv, strndup(whole, len)), want);
		if (want == 0) {
			CHECK_INT(csv.rows, len < 10 ? 0 : len < 14 ? 1 : 2);
			csv_free(&csv);
		}
	}
	check_note("%s", "");
}

static void facts_have_names_and_values(void)
{
	struct facts facts;
	CHECK_INT(facts_parse(&facts, strdup("CPU:  some : thing \nno fact\n  seed: 42\nempty:\n")), 0);
	CHECK_INT(facts.n, 3);
	CHECK_STR(facts_get(&facts, "CPU"), "some : thing");
	CHECK_STR(facts_get(&facts, "seed"), "42");
	CHECK_STR(facts_get(&facts, "empty"), "");
	CHECK_STR(facts_get(&facts, "none"), "");
	facts_free(&facts);
}

static void missing_files(void)
{
	struct csv csv;
	struct facts facts;
	CHECK_INT(csv_read(&csv, "/nonexistent/results.csv"), -ENOENT);
	CHECK_INT(facts_read(&facts, "/nonexistent/run.txt"), -ENOENT);
	CHECK_INT(csv_read(&csv, "/"), -EINVAL);
}

int main(void)
{
	static const struct test tests[] = {
		TEST(cells_by_name),
		TEST(quoted_cells),
		TEST(short_and_long_rows),
		TEST(cut_lines_are_dropped),
		TEST(facts_have_names_and_values),
		TEST(missing_files),
		{ 0 },
	};
	return run_tests(tests);
}
