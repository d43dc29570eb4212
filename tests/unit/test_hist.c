/* test_hist.c - the histogram against buckets worked out by hand and against sorted arrays.
 *
 * SPDX-License-Identifier: MIT */
#include "bench/hist.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/check.h"

/* Worked out by hand: width 1 below 2048, 2 below 4096, 2^k below 2^(11 + k). */
static void buckets_by_hand(void)
{
	static const struct { int64_t value, lower, upper; unsigned index; } cases[] = {
		{ 0, 0, 0, 0 },
		{ 1, 1, 1, 1 },
		{ 2047, 2047, 2047, 2047 },
		{ 2048, 2048, 2049, 2048 },
		{ 2049, 2048, 2049, 2048 },
		{ 4095, 4094, 4095, 3071 },
		{ 4096, 4096, 4099, 3072 },
		{ 1000000, 999936, 1000447, 11169 }, /* 1 ms: width 512, 1953 * 512; 9 * 1024 + 1953 */
		{ 1000000000, 999817216, 1000341503, 21363 },  /* 1 s: width 2^19, 1907 * 2^19 */
		{ INT64_C(60000000000), 59995324416, 60028878847, 27388 }, /* 60 s: width 2^25, 1788 * 2^25 */
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		check_note("value %lld", (long long)cases[i].value);
		CHECK_INT(hist_index(cases[i].value), cases[i].index);
		CHECK_INT(hist_lower(cases[i].index), cases[i].lower);
		CHECK_INT(hist_upper(cases[i].index), cases[i].upper);
	}
	check_note("%s", "");
}

static void buckets_have_no_gaps(void)
{
	for (unsigned i = 0; i + 1 < HIST_BUCKETS; i++)
		if (hist_upper(i) + 1 != hist_lower(i + 1) || hist_index(hist_lower(i)) != i ||
		    hist_index(hist_upper(i)) != i) {
			check_note("bucket %u", i);
			CHECK(!"touches the next one, and holds its own edges");
			break;
		}
	CHECK_INT(hist_upper(HIST_BUCKETS - 1), HIST_LARGEST);
	check_note("%s", "");
}

static void error_is_below_a_thousandth(void)
{
	for (unsigned i = 2048; i < HIST_BUCKETS; i++)
		if (hist_upper(i) - hist_lower(i) >= hist_lower(i) / 1000) {
			CHECK_INT(i, -1);
			break;
		}
}

static void empty(void)
{
	struct hist *h = hist_new();
	CHECK_INT(hist_percentile(h, 0.5), -1);
	CHECK_INT(hist_percentile(h, 1), -1);
	CHECK(hist_mean(h) < 0);
	CHECK(hist_deviation(h) < 0);
	free(h);
}

static void extremes(void)
{
	struct hist *h = hist_new();
	hist_record(h, -5); /* a clock never runs backwards, but if it did */
	CHECK_INT(h->max_ns, 0);
	CHECK_INT(hist_percentile(h, 0.5), 0);
	hist_record(h, INT64_MAX / 4);
	CHECK_INT(h->count, 2);
	CHECK_INT(h->min_ns, 0);
	CHECK_INT(hist_percentile(h, 1), INT64_MAX / 4);
	CHECK_INT(hist_percentile(h, 0.99), INT64_MAX / 4); /* beyond the last bucket: the largest, exactly */
	CHECK_INT(h->bucket[HIST_BUCKETS - 1], 1);
	free(h);
}

/* Nearest rank, by hand: of 1 ... 100 the p-th percentile is p. */
static void percentiles_by_hand(void)
{
	struct hist *h = hist_new();
	for (int i = 100; i >= 1; i--)
		hist_record(h, i);
	for (int p = 1; p <= 100; p++)
		CHECK_INT(hist_percentile(h, p / 100.0), p);
	CHECK_INT(hist_percentile(h, 0), 1);
	CHECK_INT(hist_percentile(h, 0.001), 1);
	CHECK_INT(hist_percentile(h, 0.991), 100);
	CHECK(fabs(hist_mean(h) - 50.5) < 1e-9);
	CHECK(fabs(hist_deviation(h) - 28.866070) < 1e-6);
	free(h);
}

static void one_sample_is_every_percentile(void)
{
	struct hist *h = hist_new();
	hist_record(h, 123456789);
	CHECK_INT(hist_percentile(h, 0), 123456789);
	CHECK_INT(hist_percentile(h, 0.5), 123456789); /* its bucket reaches higher, we do not */
	CHECK_INT(hist_percentile(h, 1), 123456789);
	free(h);
}

static void upper_edge_of_the_bucket(void)
{
	struct hist *h = hist_new();
	hist_record(h, 1000000);
	hist_record(h, 2000000000);
	CHECK_INT(hist_percentile(h, 0.5), 1000447);
	free(h);
}

static int ascending(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

/* Values over seven orders of magnitude, each with an equal share. */
static int64_t some_latency(unsigned *seed)
{
	double exponent = 2 + 7.0 * rand_r(seed) / RAND_MAX;
	return (int64_t)pow(10, exponent);
}

static void percentiles_against_a_sorted_array(void)
{
	enum { N = 20000 };
	static int64_t sorted[N];
	unsigned seed = 7;
	struct hist *h = hist_new();
	for (int i = 0; i < N; i++)
		hist_record(h, sorted[i] = some_latency(&seed));
	qsort(sorted, N, sizeof *sorted, ascending);
	for (int rank = 1; rank <= N; rank += 13) {
		int64_t exact = sorted[rank - 1], got = hist_percentile(h, (double)rank / N);
		if (got < exact || got - exact > exact / 1000) {
			check_note("rank %d of %d", rank, N);
			CHECK_INT(got, exact);
		}
	}
	check_note("%s", "");
	CHECK_INT(hist_percentile(h, 1), sorted[N - 1]);
	CHECK_INT(hist_percentile(h, 0), sorted[0]);
	free(h);
}

/* Samples dealt to three histograms and merged are the same as all in one, to the last byte. */
static void merging_is_adding(void)
{
	struct hist *parts[3] = { hist_new(), hist_new(), hist_new() }, *all = hist_new(), *merged = hist_new();
	unsigned seed = 11;
	for (int i = 0; i < 3000; i++) {
		int64_t value = some_latency(&seed);
		hist_record(parts[i % 3], value);
		hist_record(all, value);
	}
	for (int i = 0; i < 3; i++)
		hist_merge(merged, parts[i]);
	CHECK_INT(memcmp(all, merged, sizeof *all), 0);
	free(parts[0]);
	parts[0] = hist_new();
	hist_merge(merged, parts[0]);
	CHECK_INT(memcmp(all, merged, sizeof *all), 0); /* an empty one changes nothing, not even the minimum */
	for (int i = 0; i < 3; i++)
		free(parts[i]);
	free(all);
	free(merged);
}

static void samples_needed(void)
{
	CHECK_INT(hist_samples_needed(0.5), 20);
	CHECK_INT(hist_samples_needed(0.9), 100);
	CHECK_INT(hist_samples_needed(0.99), 1000);
	CHECK_INT(hist_samples_needed(0.999), 10000);
}

/* ---- files ---- */

static char *written(const struct hist *h, void (*write)(const struct hist *, FILE *))
{
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	write(h, out);
	fclose(out);
	return text;
}

static void sparse_file(void)
{
	struct hist *h = hist_new();
	hist_record(h, 1500);
	hist_record(h, 1500);
	hist_record(h, 1000000);
	char *text = written(h, hist_write_sparse);
	CHECK_STR(text, "lower_us,upper_us,count\n1.500,1.500,2\n999.936,1000.447,1\n");
	free(text);
	free(h);
}

static int count_lines(const char *text)
{
	int n = 0;
	for (; *text; text++)
		n += *text == '\n';
	return n;
}

/* The rows of HdrHistogram's Java version, on a grid that is the same for every file. */
static void hgrm_file(void)
{
	struct hist *h = hist_new();
	for (int i = 1; i <= 1000; i++)
		hist_record(h, i * 1000);
	char *text = written(h, hist_write_hgrm);
	CHECK(strncmp(text, "       Value     Percentile TotalCount 1/(1-Percentile)\n\n", 57) == 0);
	CHECK(strstr(text, "\n       0.001 0.000000000000          1           1.00\n") != NULL);
	CHECK(strstr(text, "\n       0.500 0.500000000000        500           2.00\n") != NULL);
	CHECK(strstr(text, "\n       0.991 0.990625000000        991         106.67\n") != NULL);
	CHECK(strstr(text, "\n       1.000 1.000000000000       1000\n#[Mean    =        0.50") != NULL);
	CHECK(strstr(text, "\n#[Max     =        1.000, Total count    =         1000]\n") != NULL);
	CHECK(strstr(text, "\n#[Buckets =           27, SubBuckets     =         2048]\n") != NULL);
	CHECK_INT(count_lines(text), 2 + 20 * 5 + 1 + 3);
	CHECK(strchr(text, '\t') == NULL);
	free(text);
	free(h);
}

static void hgrm_of_nothing(void)
{
	struct hist *h = hist_new();
	char *text = written(h, hist_write_hgrm);
	CHECK_INT(count_lines(text), 2 + 3);
	CHECK(strstr(text, "Total count    =            0]") != NULL);
	free(text);
	free(h);
}

int main(void)
{
	static const struct test tests[] = {
		TEST(buckets_by_hand),
		TEST(buckets_have_no_gaps),
		TEST(error_is_below_a_thousandth),
		TEST(empty),
		TEST(extremes),
		TEST(percentiles_by_hand),
		TEST(one_sample_is_every_percentile),
		TEST(upper_edge_of_the_bucket),
		TEST(percentiles_against_a_sorted_array),
		TEST(merging_is_adding),
		TEST(samples_needed),
		TEST(sparse_file),
		TEST(hgrm_file),
		TEST(hgrm_of_nothing),
		{ 0 },
	};
	return run_tests(tests);
}
