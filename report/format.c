/* format.c - numbers for people, and text for gnuplot and HTML.
 *
 * SPDX-License-Identifier: MIT */
#include "format.h"

#include <math.h>
#include <string.h>

static char *group_thousands(char *out, double number)
{
	char digits[NUMBER_TEXT];
	int n = snprintf(digits, sizeof digits, "%.0f", number);
	char *to = out;
	for (int i = 0; i < n && to < out + NUMBER_TEXT - 2; i++) {
		*to++ = digits[i];
		if (n - i > 1 && (n - i) % 3 == 1 && digits[i] != '-')
			*to++ = ',';
	}
	*to = '\0';
	return out;
}

char *format_count(char *out, double number)
{
	return group_thousands(out, floor(number));
}

char *format_rough(char *out, double number)
{
	double size = fabs(number);
	if (size >= 999.5)
		return group_thousands(out, number);
	int digits = size == 0 || size >= 9.95 ? 0 : size >= 0.995 ? 1 : size >= 0.0995 ? 2 : 3;
	snprintf(out, NUMBER_TEXT, "%.*f", digits, number);
	return out;
}

char *format_number(char *out, double number)
{
	double size = fabs(number);
	if (size >= 999.5 && size < 1e15)
		return group_thousands(out, number);
	int digits = size == 0 || size >= 99.95 ? 0 : size >= 9.995 ? 1 : size >= 0.9995 ? 2 : 3;
	snprintf(out, NUMBER_TEXT, "%.*f", digits, number);
	return out;
}

char *format_short(char *out, double number)
{
	if (number >= 1e6)
		snprintf(out, NUMBER_TEXT, "%gM", number / 1e6);
	else if (number >= 1000)
		snprintf(out, NUMBER_TEXT, "%gk", number / 1000);
	else
		snprintf(out, NUMBER_TEXT, "%g", number);
	return out;
}

char *format_bytes(char *out, double bytes)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB" };
	int unit = 0;
	for (; unit < 3 && bytes >= 1024; unit++)
		bytes /= 1024;
	snprintf(out, NUMBER_TEXT, "%.4g %s", bytes, units[unit]);
	return out;
}

char *format_times(char *out, double factor)
{
	snprintf(out, NUMBER_TEXT, factor >= 9.95 ? "%.0f times" : "%.1f times", factor);
	return out;
}

void gnuplot_text(FILE *out, const char *text)
{
	fputc('\'', out);
	for (; *text; text++) {
		if (strchr("_^{}@&~\\", *text))
			fputc('\\', out);
		if (*text == '\'')
			fputc('\'', out);
		fputc((unsigned char)*text < ' ' ? ' ' : *text, out);
	}
	fputc('\'', out);
}

void html_char(FILE *out, char c)
{
	switch (c) {
	case '&': fputs("&amp;", out); break;
	case '<': fputs("&lt;", out); break;
	case '>': fputs("&gt;", out); break;
	case '"': fputs("&quot;", out); break;
	default: fputc(c, out);
	}
}

void html_text(FILE *out, const char *text)
{
	for (; *text; text++)
		html_char(out, *text);
}
