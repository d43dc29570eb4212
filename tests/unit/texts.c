/* texts.c - see texts.h.
 *
 * SPDX-License-Identifier: MIT */
#include "tests/unit/texts.h"

#include "core/log.h"
#include "tests/unit/check.h"

void note_text(const char *in)
{
	char text[120];
	check_note("%s", *in ? log_bytes(text, sizeof text, in, strlen(in)) : "");
}

size_t fill_text(char *out, const char *before, size_t n, const char *after)
{
	size_t len = strlen(before);
	strcpy(out, before);
	memset(out + len, 'x', n);
	strcpy(out + len + n, after);
	return len + n + strlen(after);
}
