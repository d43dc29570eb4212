/* load_stats.c - counts of one thread and of all; see load_stats.h.
 *
 * SPDX-License-Identifier: MIT */
#include "bench/load_stats.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const load_error_names[LOAD_ERRORS] = {
	[LOAD_E_CONNECT] = "connect", [LOAD_E_PORTS] = "no_port", [LOAD_E_RESET] = "reset",
	[LOAD_E_CLOSED] = "closed", [LOAD_E_TIMEOUT] = "timeout", [LOAD_E_WRONG] = "wrong",
	[LOAD_E_STATUS] = "status", [LOAD_E_UNASKED] = "unasked", [LOAD_E_IDLE] = "idle_lost",
	[LOAD_E_BODY] = "body", [LOAD_E_REDIRECT] = "redirect",
};

const char *const load_error_texts[LOAD_ERRORS] = {
	[LOAD_E_CONNECT] = "could not connect",
	[LOAD_E_PORTS] = "no free port (raise --sources)",
	[LOAD_E_RESET] = "connection reset",
	[LOAD_E_CLOSED] = "closed before the answer was complete",
	[LOAD_E_TIMEOUT] = "timed out",
	[LOAD_E_WRONG] = "wrong answer",
	[LOAD_E_STATUS] = "unexpected status",
	[LOAD_E_UNASKED] = "answer that nobody asked for",
	[LOAD_E_IDLE] = "idle connection lost",
	[LOAD_E_BODY] = "unexpected body",
	[LOAD_E_REDIRECT] = "redirect that cannot be followed",
};

int load_stats_open(struct load_stats *stats, int open_loop)
{
	*stats = (struct load_stats){ .latency = hist_new(), .uncorrected = open_loop ? hist_new() : NULL };
	return stats->latency && (!open_loop || stats->uncorrected) ? 0 : -ENOMEM;
}

void load_stats_close(struct load_stats *stats)
{
	free(stats->latency);
	free(stats->uncorrected);
	stats->latency = stats->uncorrected = NULL;
}

void load_stats_error(struct load_stats *stats, enum load_error kind, uint64_t n, const char *text)
{
	if (stats->errors[kind] == 0 && n)
		snprintf(stats->first[kind], sizeof stats->first[kind], "%s", text);
	stats->errors[kind] += n;
}

void load_stats_merge(struct load_stats *into, const struct load_stats *from)
{
	hist_merge(into->latency, from->latency);
	if (from->uncorrected)
		hist_merge(into->uncorrected, from->uncorrected);
	for (int i = 0; i < LOAD_ERRORS; i++)
		load_stats_error(into, i, from->errors[i], from->first[i]);
	into->unanswered += from->unanswered;
	into->late += from->late;
	into->bytes_in += from->bytes_in;
	into->bytes_out += from->bytes_out;
	into->connects += from->connects;
	into->hops += from->hops;
	for (int i = 0; i < 3; i++)
		into->cache[i] += from->cache[i];
}

uint64_t load_stats_errors(const struct load_stats *stats)
{
	uint64_t sum = 0;
	for (int i = 0; i < LOAD_ERRORS; i++)
		sum += stats->errors[i];
	return sum;
}
