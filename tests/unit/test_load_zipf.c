/* test_load_zipf.c - the skewed choice: the table is the law, the search is its inverse, draws follow it.
 *
 * Draws are those of fixed seeds, so the checks of them hold always or never.
 *
 * SPDX-License-Identifier: MIT */
#include "bench/load_zipf.h"

#include <math.h>

#include "tests/unit/check.h"

enum { MANY = 1000 };

/* P(number) by the law, added up the plain way. */
static double law(size_t number, size_t n, double exponent)
{
	double all = 0;
	for (size_t rank = 1; rank <= n; rank++)
		all += 1 / pow((double)rank, exponent);
	return 1 / pow((double)(number + 1), exponent) / all;
}

static double share(const struct load_zipf *zipf, size_t number)
{
	return zipf->up_to[number] - (number ? zipf->up_to[number - 1] : 0);
}

static void the_table_is_the_law(void)
{
	static const double exponents[] = { 0, 0.5, 0.8, 1, 1.5, 3, 20 };
	static const size_t sizes[] = { 1, 2, 3, 10, MANY };
	for (size_t e = 0; e < sizeof exponents / sizeof *exponents; e++)
		for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
			struct load_zipf zipf;
			double worst = 0;
			check_note("exponent %g, %zu numbers", exponents[e], sizes[s]);
			CHECK_INT(load_zipf_open(&zipf, sizes[s], exponents[e]), 0);
			for (size_t i = 0; i < sizes[s]; i++)
				worst = fmax(worst, fabs(share(&zipf, i) - law(i, sizes[s], exponents[e])));
			CHECK(worst < 1e-14);
			CHECK(zipf.up_to[sizes[s] - 1] == 1);
			load_zipf_close(&zipf);
		}
	check_note("%s", "");
}

/* u just below a bound is still of the number, the bound itself of the next one. */
static void the_search_is_its_inverse(void)
{
	struct load_zipf zipf;
	CHECK_INT(load_zipf_open(&zipf, MANY, 0.9), 0);
	CHECK_INT(load_zipf_at(&zipf, 0), 0);
	CHECK_INT(load_zipf_at(&zipf, nextafter(1, 0)), MANY - 1);
	size_t wrong = 0;
	for (size_t i = 0; i + 1 < MANY; i++) {
		wrong += load_zipf_at(&zipf, nextafter(zipf.up_to[i], 0)) != i;
		wrong += load_zipf_at(&zipf, zipf.up_to[i]) != i + 1;
	}
	CHECK_INT(wrong, 0);
	load_zipf_close(&zipf);
}

/* Pearson's chi-squared of draws against the law. With n - 1 degrees of freedom it is about n, give or take
 * sqrt(2 n): 5 of these are more than chance does. */
static double chi_squared(size_t n, double exponent, uint64_t seed)
{
	enum { DRAWS = 200000 };
	static uint32_t counts[MANY];
	struct load_zipf zipf;
	double sum = 0;
	CHECK_INT(load_zipf_open(&zipf, n, exponent), 0);
	for (size_t i = 0; i < n; i++)
		counts[i] = 0;
	for (int i = 0; i < DRAWS; i++)
		counts[load_zipf_draw(&zipf, &seed)]++;
	for (size_t i = 0; i < n; i++) {
		double expected = DRAWS * law(i, n, exponent), off = counts[i] - expected;
		sum += off * off / expected;
	}
	load_zipf_close(&zipf);
	return sum;
}

static void draws_follow_it(void)
{
	static const double exponents[] = { 0, 0.6, 1, 1.2 };
	enum { N = 200 };
	for (size_t e = 0; e < sizeof exponents / sizeof *exponents; e++)
		for (uint64_t seed = 1; seed <= 3; seed++) {
			check_note("exponent %g, seed %d", exponents[e], (int)seed);
			CHECK(fabs(chi_squared(N, exponents[e], seed) - N) < 5 * sqrt(2 * N));
		}
	check_note("%s", "");
	CHECK(chi_squared(N, 1, 1) != chi_squared(N, 1, 2));
	CHECK(chi_squared(N, 1, 1) == chi_squared(N, 1, 1));
}

/* The half of all asks for one of ten thousand pages, if the exponent is 1, goes to 75 of them. */
static void a_few_get_most(void)
{
	struct load_zipf zipf;
	CHECK_INT(load_zipf_open(&zipf, 10000, 1), 0);
	CHECK_INT(load_zipf_at(&zipf, 0.5), 75 - 1);
	load_zipf_close(&zipf);
}

static void a_single_number(void)
{
	struct load_zipf zipf;
	uint64_t seed = 1;
	CHECK_INT(load_zipf_open(&zipf, 1, 1), 0);
	CHECK_INT(load_zipf_draw(&zipf, &seed), 0);
	CHECK_INT(load_zipf_at(&zipf, nextafter(1, 0)), 0);
	load_zipf_close(&zipf);
}

int main(void)
{
	static const struct test tests[] = {
		TEST(the_table_is_the_law), TEST(the_search_is_its_inverse), TEST(draws_follow_it),
		TEST(a_few_get_most), TEST(a_single_number), { 0 },
	};
	return run_tests(tests);
}
