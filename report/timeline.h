/* timeline.h - what each server of a cluster answered in each slice of time, and when one fell silent. */
#ifndef REPORT_TIMELINE_H
#define REPORT_TIMELINE_H

#include "results.h"

enum { TIMELINE_SERVERS = 16 };

struct timeline {
	struct csv  csv;                     /* bench/load --timeline */
	double      step_s;
	int         n_slices, n_servers;     /* those that answered anything: the master only sends on */
	const char *names[TIMELINE_SERVERS];
	double     *answers;                 /* n_slices x n_servers, in a slice */
	double      all_answers, all_errors, victims_errors;
	/* Who had answered, answered nothing for the longest time, and answered again: -1, nobody did. */
	int         victim;
	double      killed_s, back_s;
};

/* 0 or -errno; -ENODATA: there is nothing in it. */
int  timeline_read(struct timeline *, const char *path);
void timeline_close(struct timeline *);

/* The file of the workload's first run that counts, as results.csv spells it; NULL: there is none. */
const char *timeline_of(const struct results *, const char *workload);

/* A title of at most TITLE_LENGTH characters; a sentence or two for under the figure. */
void timeline_title(FILE *, const struct results *, const char *workload);
void timeline_sentence(FILE *, const struct results *, const char *workload);

#endif
