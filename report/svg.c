/* svg.c - one of several SVG pictures inside an HTML page.
 *
 * gnuplot gives its marks and clips the same ids in every picture (gpPt0, gnuplot_canvas, textbox), so the
 * second picture on a page would use the marks of the first. Ids stand in three places: id="X", href="#X",
 * url(#X), with either kind of quotes.
 *
 * SPDX-License-Identifier: MIT */
#include "svg.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

static bool begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* If the text begins with what precedes an id, the length of that; or 0. */
static size_t before_id(const char *text)
{
	static const char *const marks[] = { " id='", " id=\"", "href='#", "href=\"#",
					     "url(#", "url('#", "url(\"#" };
	for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
		if (begins(text, marks[i]))
			return strlen(marks[i]);
	return 0;
}

/* If an element that is left out begins here, its length; or 0. A tooltip "Gnuplot" helps nobody. */
static size_t left_out(const char *text)
{
	static const char *const elements[][2] = { { "<title>", "</title>" },
						   { "<desc>", "</desc>" },
						   { "<!--", "-->" } };
	for (size_t i = 0; i < sizeof elements / sizeof *elements; i++) {
		const char *end = begins(text, elements[i][0]) ? strstr(text, elements[i][1]) : NULL;
		if (end)
			return (size_t)(end - text) + strlen(elements[i][1]);
	}
	return 0;
}

int svg_inline(FILE *out, const char *text, const char *prefix, const char *labelled_by)
{
	text = strstr(text, "<svg");
	if (!text)
		return -EINVAL;
	fprintf(out, "<svg role=\"img\" aria-labelledby=\"%s\"", labelled_by);
	text += strlen("<svg");
	while (*text) {
		size_t n = left_out(text);
		if (n) {
			text += n;
			continue;
		}
		n = before_id(text);
		if (n) {
			fwrite(text, 1, n, out);
			fprintf(out, "%s-", prefix);
			text += n;
		} else {
			fputc(*text++, out);
		}
	}
	return 0;
}
