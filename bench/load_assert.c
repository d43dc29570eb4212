/* load_assert.c - rules that a result must keep; see load_assert.h.
 *
 * SPDX-License-Identifier: MIT */
#include "bench/load_assert.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bench/load_result.h"

static double p50(const struct load_result *r)
{
	return load_result_percentile_us(r->stats.latency, 0.5);
}

static double p90(const struct load_result *r)
{
	return load_result_percentile_us(r->stats.latency, 0.9);
}

static double p99(const struct load_result *r)
{
	return load_result_percentile_us(r->stats.latency, 0.99);
}

static double p999(const struct load_result *r)
{
	return load_result_percentile_us(r->stats.latency, 0.999);
}

static double max(const struct load_result *r)
{
	return load_result_percentile_us(r->stats.latency, 1);
}

static double mean(const struct load_result *r)
{
	return load_result_mean_us(r->stats.latency);
}

static double errors(const struct load_result *r)
{
	return (double)load_stats_errors(&r->stats);
}

static double requests(const struct load_result *r)
{
	return (double)r->stats.latency->count;
}

static double server_cpu(const struct load_result *r)
{
	return load_result_per_request_us(r, r->server.known, r->server.total_ns);
}

static const struct figure {
	const char *name;
	double    (*get)(const struct load_result *);
	bool        is_time;
} figures[] = {
	{ "p50", p50, true },	   { "p90", p90, true },   { "p99", p99, true },
	{ "p99.9", p999, true },   { "p999", p999, true }, { "max", max, true },
	{ "mean", mean, true },	   { "rps", load_result_rps, false },
	{ "errors", errors, false }, { "requests", requests, false }, { "server_cpu", server_cpu, true },
};

/* Of a time in us, or of a count; 0: there is no such unit. */
static double unit(const char *suffix, bool is_time)
{
	static const struct { const char *suffix; double factor; bool is_time; } units[] = {
		{ "us", 1, true }, { "ms", 1e3, true }, { "s", 1e6, true },
		{ "", 1, false }, { "k", 1e3, false }, { "M", 1e6, false },
	};
	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if (units[i].is_time == is_time && strcmp(units[i].suffix, suffix) == 0)
			return units[i].factor;
	return 0;
}

int load_assert_parse(struct load_assert *assert, const char *rule)
{
	size_t n = strcspn(rule, "<>=");
	const struct figure *figure = NULL;
	for (size_t i = 0; i < sizeof figures / sizeof *figures; i++)
		if (strlen(figures[i].name) == n && strncmp(rule, figures[i].name, n) == 0)
			figure = &figures[i];
	if (!figure || !rule[n])
		return -EINVAL;
	const char *bound = rule + n + 1;
	assert->figure = figure->get;
	assert->relation = rule[n];
	assert->or_equal = *bound == '=';
	bound += assert->or_equal;
	char *suffix;
	assert->bound = strtod(bound, &suffix);
	double factor = unit(suffix, figure->is_time);
	assert->bound *= factor;
	return suffix == bound || factor == 0 ? -EINVAL : 0;
}

bool load_assert_holds(const struct load_assert *assert, const struct load_result *result)
{
	double value = assert->figure(result);
	if (value < 0)
		return false;
	if (value > assert->bound)
		return assert->relation == '>';
	if (value < assert->bound)
		return assert->relation == '<';
	return assert->relation == '=' || assert->or_equal;
}
