/* load_result.h - what came out of a run: the merged counts, CPU times, and what to be warned of. */
#ifndef BENCH_LOAD_RESULT_H
#define BENCH_LOAD_RESULT_H

#include <stdbool.h>

#include "bench/load_config.h"
#include "bench/load_cpu.h"
#include "bench/load_stats.h"
#include "bench/load_timeline.h"

enum { LOAD_WARNINGS_MAX = 12 };

struct load_warning {
	const char *code;      /* "client_bound": for programs */
	char        text[240]; /* with a remedy: for people */
};

struct load_result {
	const struct load_config *config;
	struct load_stats    stats;
	double               window_s;      /* from the end of the warm-up to the end, or the last answer */
	struct load_cpu_used server;        /* within the window */
	double               client_cpu_ns, client_wall_ns; /* of all threads; in that time */
	int                  n_idle, n_dribble, n_slow, n_thrown_out; /* the company: as many were open */
	struct load_record   record;        /* by server; of http where redirects are followed, or of a timeline */
	bool                 interrupted, gave_up, failed_asserts, record_lost;
	int                  n_warnings;
	struct load_warning  warnings[LOAD_WARNINGS_MAX];
};

/* Looks at a finished run, and writes down the warnings. */
void load_result_judge(struct load_result *);

/* Derived figures; negative when they are not defined. */
double load_result_rps(const struct load_result *);
double load_result_percentile_us(const struct hist *, double fraction);
double load_result_mean_us(const struct hist *);
double load_result_per_request_us(const struct load_result *, bool known, double ns);
double load_result_client_share(const struct load_result *); /* of its threads, 0 to 1 */

double load_result_hops(const struct load_result *);         /* redirects for each request */
double load_result_hit_rate(const struct load_result *);     /* of a proxy's cache, 0 to 1 */

/* 0; 1: ran, but with errors, nothing measured or an assertion failed; 130: interrupted. */
int load_result_status(const struct load_result *);

#endif
