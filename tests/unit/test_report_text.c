/* test_report_text.c - what the report writes for others to read: HTML, gnuplot text, inline SVG, percentile
 * files.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report/format.h"
#include "report/spectrum.h"
#include "report/svg.h"
#include "tests/unit/check.h"

static char text[8192];

static FILE *begin(void)
{
	memset(text, 0, sizeof text);
	return fmemopen(text, sizeof text, "w");
}

static void html_is_escaped(void)
{
	FILE *out = begin();
	html_text(out, "<b>\"R&D\"</b>");
	fclose(out);
	CHECK_STR(text, "&lt;b&gt;&quot;R&amp;D&quot;&lt;/b&gt;");
}

static void gnuplot_marks_are_plain(void)
{
	FILE *out = begin();
	gnuplot_text(out, "io_uring's {x}^2\n@&~\\");
	fclose(out);
	CHECK_STR(text, "'io\\_uring''s \\{x\\}\\^2 \\@\\&\\~\\\\'");
}

static void svg_ids_get_a_prefix(void)
{
	FILE *out = begin();
	CHECK_INT(svg_inline(out,
			     "<?xml version=\"1.0\"?>\n<!DOCTYPE svg>\n<svg width=\"9\"><title>Gnuplot</title>"
			     "<g id=\"gpPt0\"/><use xlink:href='#gpPt0' clip-path='url(#c)'/><!-- a --><g "
			     "grid='1'/></svg>",
			     "p99", "p99-caption"),
		  0);
	fclose(out);
	CHECK_STR(text, "<svg role=\"img\" aria-labelledby=\"p99-caption\" width=\"9\"><g id=\"p99-gpPt0\"/>"
			"<use xlink:href='#p99-gpPt0' clip-path='url(#p99-c)'/><g grid='1'/></svg>");
	out = begin();
	CHECK_INT(svg_inline(out, "no picture", "a", "b"), -EINVAL);
	fclose(out);
	CHECK_STR(text, "");
}

static void add(struct spectrum *s, const char *lines)
{
	char path[] = "/tmp/muxlab-test-XXXXXX";
	int fd = mkstemp(path);
	FILE *file = fdopen(fd, "w");
	fprintf(file, "lower_us,upper_us,count\n%s", lines);
	fclose(file);
	CHECK_INT(spectrum_add(s, path), 0);
	unlink(path);
}

static void histograms_add_up(void)
{
	struct spectrum s = { 0 };
	add(&s, "0,100,60\n200,300,30\n");
	add(&s, "200,300,9\n900,1000,1\n-,x,5\n5,6,-3\n");
	CHECK_INT(s.total, 100);
	CHECK_INT(s.n, 3);
	CHECK(spectrum_at(&s, 0) == 100);
	CHECK(spectrum_at(&s, 0.6) == 100);
	CHECK(spectrum_at(&s, 0.61) == 300);
	CHECK(spectrum_at(&s, 0.99) == 300);
	CHECK(spectrum_at(&s, 1) == 1000);
	CHECK(fabs(spectrum_reach(&s) - 0.9) < 1e-12); /* ten of a hundred lie beyond 90 % */
	spectrum_free(&s);
	CHECK(isnan(spectrum_at(&s, 0.5)));
}

/* Readers join files by row number: the fractions must not depend on the data. */
static void hgrm_rows_are_fixed(void)
{
	struct spectrum s = { 0 };
	double value, fraction, distance, before = -1;
	long count;
	int n = 0;
	add(&s, "0,1000,900\n1000,2000,100\n");
	FILE *out = begin();
	spectrum_write(out, &s, 0.9);
	fclose(out);
	const char *line = strstr(text, "\n\n") + 2;
	CHECK_MEM(text, (size_t)(line - text), "       Value     Percentile TotalCount 1/(1-Percentile)\n\n",
		  57);
	for (; *line != '#'; line = strchr(line, '\n') + 1, n++) {
		CHECK_INT(sscanf(line, "%lf %lf %ld %lf", &value, &fraction, &count, &distance), 4);
		CHECK(fraction > before && fabs(distance - 1 / (1 - fraction)) < 0.01);
		CHECK(value == (fraction > 0.9001 ? 2 : 1));
		before = fraction;
	}
	CHECK_INT(n, 18); /* 0 to 0.5 by 0.1, to 0.75 by 0.05, to 0.875 by 0.025, then 0.8875, 0.9 */
	CHECK(fabs(before - 0.9) < 1e-9);
	spectrum_free(&s);
}

int main(void)
{
	static const struct test tests[] = {
		TEST(html_is_escaped),	 TEST(gnuplot_marks_are_plain), TEST(svg_ids_get_a_prefix),
		TEST(histograms_add_up), TEST(hgrm_rows_are_fixed),	{ 0 },
	};
	return run_tests(tests);
}
