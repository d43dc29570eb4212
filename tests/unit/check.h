/* check.h - what every unit test needs: checks that print both values, TAP, and a page that must not be read.
 *
 *     static void splits_host(void) { CHECK_INT(net_split(...), 0); }
 *     int main(void) { static const struct test tests[] = { TEST(splits_host), { 0 } }; return run_tests(tests); }
 *
 * A failing check prints where and what, fails its test, and the test goes on. Independent of NDEBUG. */
#ifndef TESTS_CHECK_H
#define TESTS_CHECK_H

#include <stddef.h>

struct test {
	const char *name;
	void      (*run)(void);
};
#define TEST(function) { #function, function }

/* Runs all (those whose name contains argv-like `MUXLAB_TEST` of the environment, if set); prints TAP; 0 or 1. */
int run_tests(const struct test *);

#define CHECK(condition)                ((void)((condition) || check_failed(__FILE__, __LINE__, #condition)))
#define CHECK_INT(got, want)            check_int(__FILE__, __LINE__, #got, (long long)(got), (long long)(want))
#define CHECK_STR(got, want)            check_str(__FILE__, __LINE__, #got, got, want)
#define CHECK_MEM(got, n, want, n_want) check_mem(__FILE__, __LINE__, #got, got, n, want, n_want)

int  check_failed(const char *file, int line, const char *what); /* returns 0 */
void check_int(const char *file, int line, const char *what, long long got, long long want);
void check_str(const char *file, int line, const char *what, const char *got, const char *want);
void check_mem(const char *file, int line, const char *what, const char *got, size_t n, const char *want,
	       size_t n_want);

/* A line in front of the next failures: which case of a table is running. printf-like; "" clears. */
void check_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A copy of the bytes that ends right before an unreadable page: reading one byte too many crashes. Copies are
 * reused in turn; at most 1 MiB each. */
char *guarded(const void *data, size_t len);

#endif
