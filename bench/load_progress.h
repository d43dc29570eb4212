/* load_progress.h - one line on standard error that shows how far a run is; on a terminal only. */
#ifndef BENCH_LOAD_PROGRESS_H
#define BENCH_LOAD_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct load_config;

struct load_progress {
	const struct load_config *config;
	bool     live;
	int64_t  begin_ns, last_ns;
	uint64_t last_answers;
};

/* Whether it is to be shown at all. */
bool load_progress_open(struct load_progress *, const struct load_config *, int64_t begin_ns);
void load_progress_show(struct load_progress *, uint64_t answers, int64_t now_ns);
void load_progress_close(struct load_progress *); /* wipes the line */

#endif
