/* load_progress.c - "  3.2 of 10.5 s    81234 requests/s", written over itself.
 *
 * SPDX-License-Identifier: MIT */
#include "bench/load_progress.h"

#include <stdio.h>
#include <unistd.h>

#include "bench/load_config.h"

bool load_progress_open(struct load_progress *p, const struct load_config *config, int64_t begin_ns)
{
	*p = (struct load_progress){ .config = config, .begin_ns = begin_ns, .last_ns = begin_ns };
	p->live = !config->quiet && !config->no_progress && isatty(STDERR_FILENO);
	return p->live;
}

void load_progress_show(struct load_progress *p, uint64_t answers, int64_t now_ns)
{
	const struct load_config *config = p->config;
	double passed = (double)(now_ns - p->begin_ns) / 1e9, step = (double)(now_ns - p->last_ns) / 1e9;
	double rps = step > 0 ? (double)(answers - p->last_answers) / step : 0;
	p->last_ns = now_ns;
	p->last_answers = answers;
	if (config->requests)
		fprintf(stderr, "\r  %llu of %lld requests  %9.0f requests/s ", (unsigned long long)answers,
			(long long)config->requests, rps);
	else
		fprintf(stderr, "\r  %.1f of %.1f s  %9.0f requests/s ", passed,
			(config->warmup_ms + config->duration_ms) / 1e3, rps);
	if (passed * 1e3 < config->warmup_ms)
		fprintf(stderr, "(warm-up) ");
	fprintf(stderr, "\033[K");
}

void load_progress_close(struct load_progress *p)
{
	if (p->live)
		fprintf(stderr, "\r\033[K");
}
