/* texts.h - small helpers for tests whose inputs are texts with control characters in them. */
#ifndef TESTS_TEXTS_H
#define TESTS_TEXTS_H

#include <stddef.h>
#include <string.h>

/* A struct http_text against a string; NULL counts as empty. */
#define CHECK_TEXT(got, want) \
	check_mem(__FILE__, __LINE__, #got, (got).text ? (got).text : "", (got).len, want, strlen(want))

/* In front of the next failures: the input at hand, on one line. "" clears. */
void note_text(const char *in);

/* before, then n times 'x', then after; ended by '\0', which the returned length does not count. */
size_t fill_text(char *out, const char *before, size_t n, const char *after);

#endif
