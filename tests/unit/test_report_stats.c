/* test_report_stats.c - the report's statistics against cases computed by hand.
 *
 * Coverages are sums of binomial coefficients over powers of two, written out beside each case.
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>

#include "report/stats.h"
#include "tests/unit/check.h"

#define CHECK_NEAR(got, want) CHECK(fabs((got) - (want)) < 1e-9)

static void medians(void)
{
	double none[1] = { 0 }, one[] = { 7 }, odd[] = { 9, 1, 5 }, even[] = { 4, 1, 10, 2 };
	CHECK_INT(stats_summarize(none, 0).n, 0);
	CHECK_NEAR(stats_summarize(one, 1).median, 7);
	CHECK_NEAR(stats_summarize(odd, 3).median, 5);
	CHECK_NEAR(stats_summarize(even, 4).median, 3); /* (2 + 4) / 2 */
}

static void few_values_have_a_range(void)
{
	double values[] = { 3, 1, 2, 5, 4 };
	struct summary s = stats_summarize(values, 5);
	CHECK(!s.interval);
	CHECK_NEAR(s.lo, 1);
	CHECK_NEAR(s.hi, 5);
}

static void coverage_by_hand(void)
{
	CHECK_NEAR(stats_coverage(6, 1), 1 - 2 * 1 / 64.0);
	CHECK_NEAR(stats_coverage(9, 2), 1 - 2 * (1 + 9) / 512.0);
	CHECK_NEAR(stats_coverage(9, 3), 1 - 2 * (1 + 9 + 36) / 512.0);
	CHECK_NEAR(stats_coverage(12, 3), 1 - 2 * (1 + 12 + 66) / 4096.0);
}

static void ranks_reach_95_percent(void)
{
	static const struct {
		int n, k;
	} cases[] = {
		{ 0, 0 }, { 1, 0 },  { 3, 0 },	{ 5, 0 },  { 6, 1 },  { 7, 1 },	  { 8, 1 },
		{ 9, 2 }, { 10, 2 }, { 12, 3 }, { 15, 4 }, { 20, 6 }, { 30, 10 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		check_note("n = %d", cases[i].n);
		CHECK_INT(stats_rank(cases[i].n), cases[i].k);
	}
	check_note("%s", "");
}

static void nine_values_have_an_interval(void)
{
	double values[] = { 90, 10, 50, 30, 70, 20, 80, 40, 60 };
	struct summary s = stats_summarize(values, 9);
	CHECK(s.interval);
	CHECK_NEAR(s.median, 50);
	CHECK_NEAR(s.lo, 20); /* the second smallest */
	CHECK_NEAR(s.hi, 80); /* the second largest */
}

static void clear_differences(void)
{
	static const struct {
		const char *what;
		struct summary a, b;
		bool clear;
	} cases[] = {
		{ "intervals apart", { 9, 10, 9, 11, true }, { 9, 12, 11.5, 13, true }, true },
		{ "intervals touch", { 9, 10, 9, 11, true }, { 9, 12, 11, 13, true }, false },
		{ "intervals overlap", { 9, 10, 9, 12, true }, { 9, 20, 11, 30, true }, false },
		{ "the other way round", { 9, 12, 11.5, 13, true }, { 9, 10, 9, 11, true }, false },
		{ "ranges apart, a fifth", { 3, 10, 9, 11, false }, { 3, 12, 11.5, 13, false }, false },
		{ "ranges apart, a quarter", { 3, 10, 9, 11, false }, { 3, 12.5, 12, 13, false }, true },
		{ "ranges overlap", { 3, 10, 9, 14, false }, { 3, 20, 13, 21, false }, false },
		{ "two values each", { 2, 1, 1, 1, false }, { 2, 9, 9, 9, false }, false },
		{ "nothing measured", { 0, 0, 0, 0, false }, { 9, 9, 8, 10, true }, false },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		check_note("%s", cases[i].what);
		CHECK_INT(stats_clearly_less(&cases[i].a, &cases[i].b), cases[i].clear);
	}
	check_note("%s", "");
}

int main(void)
{
	static const struct test tests[] = {
		TEST(medians),
		TEST(few_values_have_a_range),
		TEST(coverage_by_hand),
		TEST(ranks_reach_95_percent),
		TEST(nine_values_have_an_interval),
		TEST(clear_differences),
		{ 0 },
	};
	return run_tests(tests);
}
