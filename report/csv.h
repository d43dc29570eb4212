/* csv.h - a CSV file (RFC 4180) in memory: cells by row number and column name. */
#ifndef REPORT_CSV_H
#define REPORT_CSV_H

#include <stddef.h>

struct csv {
	char        *text;    /* the file; cells point into it */
	const char **cells;   /* rows x columns, the header first; missing ones are "" */
	size_t       rows;    /* without the header */
	size_t       columns;
};

/* 0 or -errno; -EINVAL: no header line. A last line without its newline is dropped: its writer was stopped. */
int  csv_read(struct csv *, const char *path);
int  csv_parse(struct csv *, char *text); /* takes the text, which came from malloc, in every case */
void csv_free(struct csv *);

/* The cell, or "" where there is no such column. */
const char *csv_cell(const struct csv *, size_t row, const char *column);

/* The cell as a number; NAN where there is none. */
double csv_number(const struct csv *, size_t row, const char *column);

/* The whole file, ended by a zero byte, for free(3); NULL and errno. */
char *read_file(const char *path);

#endif
