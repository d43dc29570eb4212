/* load_output.h - the result on standard output or in files. */
#ifndef BENCH_LOAD_OUTPUT_H
#define BENCH_LOAD_OUTPUT_H

#include <stdio.h>

struct load_config;
struct load_result;

enum { LOAD_OUTPUTS = 6 };

/* Files are written beside their place and renamed at the end, so that nobody ever reads half of one. They are
 * opened before the run: a wrong name is better found then. */
struct load_output {
	const char *name;      /* NULL: not wanted */
	char       *temporary; /* NULL: written in place (standard output, a pipe, /dev/null) */
	FILE       *out;
	void      (*write)(const struct load_result *, FILE *);
};

/* 0, or -1 after a line on standard error. Writing closes them. */
int  load_outputs_open(struct load_output *, const struct load_config *);
int  load_outputs_write(struct load_output *, const struct load_result *);
void load_outputs_discard(struct load_output *);

#endif
