/* summarize.c - the results of a comparison in numbers, chart data and one page.
 *
 *     summarize data DIR     writes DIR/data/; prints "NAME SCRIPT" for each chart to draw
 *     summarize page DIR     writes DIR/index.html from all that and DIR/charts/
 *     summarize table DIR    prints a short table
 *
 * bench/compare.sh measures, report/render.sh draws. DIR is what compare.sh wrote; nothing else is read.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "core/options.h"
#include "figure.h"
#include "page.h"
#include "plot.h"
#include "results.h"
#include "table.h"

static int write_data(const struct results *results)
{
	static struct figure_list list;
	char path[PATH_MAX];
	if (mkdir(results_path(results, "data", path), 0777) && errno != EEXIST)
		return -errno;
	figure_list(&list, results);
	for (int i = 0; i < list.n; i++) {
		int answer = plot_write(&list.figures[i], results);
		if (answer < 0)
			return answer;
		if (answer > 0)
			printf("%s %s\n", list.figures[i].name, plot_script(&list.figures[i]));
	}
	return 0;
}

static int print_table(const struct results *results)
{
	table_print(stdout, results);
	return ferror(stdout) ? -EIO : 0;
}

static const struct command {
	const char *name;
	int (*run)(const struct results *);
} commands[] = {
	{ "data", write_data },
	{ "page", page_write },
	{ "table", print_table },
};

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

int main(int argc, char **argv)
{
	static const struct program program = {
		.name = "summarize",
		.summary = "Turns the results of bench/compare.sh into chart data, a page or a table.",
		.usage = "data|page|table DIR",
	};
	static const struct option_set sets[] = { { 0 } };
	struct results results;
	int first = options_parse(&program, sets, argc, argv);
	if (first < 0)
		return options_status(first);
	const struct command *command = first < argc ? find_command(argv[first]) : NULL;
	if (!command || argc - first != 2) {
		fprintf(stderr,
			"summarize: give data, page or table, and the folder of the results (--help)\n");
		return 2;
	}
	const char *dir = argv[first + 1];
	int error = results_open(&results, dir);
	if (error) {
		fprintf(stderr, "summarize: %s/results.csv: %s\n", dir, strerror(-error));
		return 1;
	}
	error = command->run(&results);
	if (error)
		fprintf(stderr, "summarize: %s: %s\n", dir, strerror(-error));
	results_close(&results);
	return error ? 1 : 0;
}
