/* format.h - numbers for people, and text for gnuplot and HTML. */
#ifndef REPORT_FORMAT_H
#define REPORT_FORMAT_H

#include <stdio.h>

enum { NUMBER_TEXT = 40 };

/* Three digits that matter: 12,345 (whole ones above 1,000 keep all), 123, 12.3, 1.23, 0.123. Returns out. */
char *format_number(char *out, double number);

/* Two digits that matter, for a title: 12 (whole ones above 100 keep all), 1.2, 0.12. Returns out. */
char *format_rough(char *out, double number);

/* A whole number: 1, 1,000. Returns out. */
char *format_count(char *out, double number);

/* For ticks and names: 0, 100, 1k, 10k. Returns out. */
char *format_short(char *out, double number);

/* A size: 512 B, 4 KiB, 1.5 MiB. Returns out. */
char *format_bytes(char *out, double bytes);

/* "2.3 times", "45 times". Returns out. */
char *format_times(char *out, double factor);

/* In single quotes, with gnuplot's enhanced-text marks (_ ^ { } @ & ~ \) made plain. */
void gnuplot_text(FILE *, const char *text);

/* With & < > " escaped. */
void html_text(FILE *, const char *text);
void html_char(FILE *, char);

#endif
