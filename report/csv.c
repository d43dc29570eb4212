/* csv.c - a CSV file (RFC 4180) in memory: cells by row number and column name.
 *
 * The text is cut in place: commas and line ends become zero bytes, quoted cells lose their quotes and doubled
 * quotes inside become one. A row that is too short is filled up with "", cells beyond the header's are
 * dropped.
 *
 * SPDX-License-Identifier: MIT */
#include "csv.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static char *read_open(FILE *file)
{
	struct stat st;
	if (fstat(fileno(file), &st))
		return NULL;
	if (!S_ISREG(st.st_mode)) {
		errno = EINVAL;
		return NULL;
	}
	char *text = malloc((size_t)st.st_size + 1);
	if (!text)
		return NULL;
	text[fread(text, 1, (size_t)st.st_size, file)] = '\0';
	if (ferror(file)) {
		free(text);
		return NULL;
	}
	return text;
}

char *read_file(const char *path)
{
	FILE *file = fopen(path, "re");
	if (!file)
		return NULL;
	char *text = read_open(file);
	int error = errno;
	fclose(file);
	errno = error;
	return text;
}

/* Cuts the cell that begins at *at; afterwards *at is behind its separator. Returns the separator. */
static char cut_cell(char **at, const char **cell)
{
	char *in = *at, *out = in;
	*cell = out;
	if (*in == '"') {
		for (in++; *in && !(*in == '"' && in[1] != '"'); *out++ = *in++)
			in += *in == '"';
		in += *in == '"';
	}
	while (*in && *in != ',' && *in != '\n')
		*out++ = *in++;
	char separator = *in;
	*at = in + (separator != '\0');
	if (separator == '\n' && out > *cell && out[-1] == '\r')
		out--;
	*out = '\0';
	return separator;
}

/* How many rows there may be: one that is cut short is read before it is dropped. */
static size_t most_rows(const char *text)
{
	size_t n = 1;
	for (; (text = strchr(text, '\n')); text++)
		n++;
	return n;
}

static size_t count_columns(const char *text)
{
	size_t n = 1;
	for (; *text && *text != '\n'; text++)
		n += *text == ',';
	return n;
}

/* One row into cells[0..columns). Returns false when the text ends before the line does. */
static int cut_row(char **at, const char **cells, size_t columns)
{
	char separator = ',';
	for (size_t i = 0; separator == ','; i++) {
		const char *cell;
		separator = cut_cell(at, &cell);
		if (i < columns)
			cells[i] = cell;
	}
	return separator == '\n';
}

int csv_parse(struct csv *csv, char *text)
{
	char *at = text;
	size_t row = 0, n_cells;
	*csv = (struct csv){ .text = text, .columns = count_columns(text) };
	n_cells = most_rows(text) * csv->columns;
	csv->cells = malloc(n_cells * sizeof *csv->cells);
	if (!csv->cells) {
		csv_free(csv);
		return -ENOMEM;
	}
	for (size_t i = 0; i < n_cells; i++)
		csv->cells[i] = "";
	while (*at && cut_row(&at, csv->cells + row * csv->columns, csv->columns))
		row++;
	if (row == 0) {
		csv_free(csv);
		return -EINVAL;
	}
	csv->rows = row - 1;
	return 0;
}

int csv_read(struct csv *csv, const char *path)
{
	*csv = (struct csv){ 0 };
	char *text = read_file(path);
	if (!text)
		return errno ? -errno : -EIO;
	return csv_parse(csv, text);
}

void csv_free(struct csv *csv)
{
	free(csv->cells);
	free(csv->text);
	*csv = (struct csv){ 0 };
}

const char *csv_cell(const struct csv *csv, size_t row, const char *column)
{
	for (size_t i = 0; i < csv->columns; i++)
		if (strcmp(csv->cells[i], column) == 0)
			return csv->cells[(row + 1) * csv->columns + i];
	return "";
}

double csv_number(const struct csv *csv, size_t row, const char *column)
{
	const char *cell = csv_cell(csv, row, column);
	char *end;
	double number = strtod(cell, &end);
	return end == cell || *end ? NAN : number;
}
