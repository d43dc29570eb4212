/* check.c - TAP, checks and guard pages for the unit tests; see check.h.
 *
 * SPDX-License-Identifier: MIT */
#include "check.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "core/log.h"

static bool failed;
static char note[256];

int check_failed(const char *file, int line, const char *what)
{
	failed = true;
	printf("# %s:%d: %s%s%s\n", file, line, note, *note ? ": " : "", what);
	return 0;
}

void check_int(const char *file, int line, const char *what, long long got, long long want)
{
	if (got == want)
		return;
	check_failed(file, line, what);
	printf("#   got %lld, want %lld\n", got, want);
}

void check_mem(const char *file, int line, const char *what, const char *got, size_t n, const char *want, size_t n_want)
{
	char text[600];
	if (n == n_want && memcmp(got, want, n) == 0)
		return;
	check_failed(file, line, what);
	printf("#   got  %zu bytes %s\n", n, log_bytes(text, sizeof text, got, n));
	printf("#   want %zu bytes %s\n", n_want, log_bytes(text, sizeof text, want, n_want));
}

void check_str(const char *file, int line, const char *what, const char *got, const char *want)
{
	check_mem(file, line, what, got, strlen(got), want, strlen(want));
}

void check_note(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(note, sizeof note, format, args);
	va_end(args);
}

int run_tests(const struct test *tests)
{
	const char *only = getenv("MUXLAB_TEST");
	int n = 0, n_failed = 0;
	setvbuf(stdout, NULL, _IOLBF, 0); /* a crash must not eat the lines before it */
	for (; tests->name; tests++) {
		if (only && !strstr(tests->name, only))
			continue;
		failed = false;
		note[0] = '\0';
		tests->run();
		n_failed += failed;
		printf("%s %d - %s\n", failed ? "not ok" : "ok", ++n, tests->name);
	}
	printf("1..%d\n", n);
	return n_failed ? 1 : 0;
}

char *guarded(const void *data, size_t len)
{
	enum { AREA = 1 << 20, PAGE = 4096, AREAS = 4 };
	static char *areas[AREAS];
	static unsigned turn;
	char **area = &areas[turn++ % AREAS];
	if (!*area) {
		*area = mmap(NULL, AREA + PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (*area == MAP_FAILED || mprotect(*area + AREA, PAGE, PROT_NONE))
			abort();
	}
	if (len > AREA)
		abort();
	return memcpy(*area + AREA - len, data, len);
}
