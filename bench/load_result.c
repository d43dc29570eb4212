/* load_result.c - derived figures, and the conditions under which they must not be trusted.
 *
 * SPDX-License-Identifier: MIT */
#include "bench/load_result.h"

#include <stdarg.h>
#include <stdio.h>

#include "bench/load_protocol.h"

static void __attribute__((format(printf, 3, 4)))
warn(struct load_result *r, const char *code, const char *format, ...)
{
	va_list args;
	if (r->n_warnings == LOAD_WARNINGS_MAX)
		return;
	struct load_warning *warning = &r->warnings[r->n_warnings++];
	warning->code = code;
	va_start(args, format);
	vsnprintf(warning->text, sizeof warning->text, format, args);
	va_end(args);
}

double load_result_rps(const struct load_result *r)
{
	return r->window_s > 0 ? (double)r->stats.latency->count / r->window_s : -1;
}

double load_result_percentile_us(const struct hist *h, double fraction)
{
	return h && h->count ? (double)hist_percentile(h, fraction) / 1e3 : -1;
}

double load_result_mean_us(const struct hist *h)
{
	return h && h->count ? hist_mean(h) / 1e3 : -1;
}

double load_result_per_request_us(const struct load_result *r, bool known, double ns)
{
	return known && r->stats.latency->count ? ns / 1e3 / (double)r->stats.latency->count : -1;
}

double load_result_client_share(const struct load_result *r)
{
	return r->client_wall_ns > 0 ? r->client_cpu_ns / r->client_wall_ns / r->config->threads : -1;
}

double load_result_hops(const struct load_result *r)
{
	uint64_t n = r->stats.latency->count;
	return r->config->follow && n ? (double)r->stats.hops / (double)n : -1;
}

double load_result_hit_rate(const struct load_result *r)
{
	uint64_t hits = r->stats.cache[LOAD_CACHE_HIT], all = hits + r->stats.cache[LOAD_CACHE_MISS];
	return all ? (double)hits / (double)all : -1;
}

static void judge_client(struct load_result *r)
{
	double share = load_result_client_share(r);
	if (share > 0.9)
		warn(r, "client_bound",
		     "the generator used %.0f %% of its %d thread%s: it, not the server, was the bottleneck; "
		     "use more -t threads on free cores, or compare CPU time per request",
		     100 * share, r->config->threads, r->config->threads > 1 ? "s" : "");
}

static void judge_rate(struct load_result *r)
{
	double offered = (double)r->config->rate, achieved = load_result_rps(r);
	if (r->config->rate && achieved >= 0 && achieved < 0.99 * offered)
		warn(r, "rate_missed",
		     "%.0f of %.0f requests/s were achieved: requests queue up, so latency grows with the "
		     "duration; offer less, or give more connections", achieved, offered);
}

static void judge_lateness(struct load_result *r)
{
	double share = (double)r->stats.late / (double)r->stats.latency->count;
	if (r->stats.latency->count && share > 0.01)
		warn(r, "generator_late",
		     "%.1f %% of the requests went out more than 1 ms late, though their connection was free: "
		     "the generator did not get its CPU in time, and latency contains that; give it a core of "
		     "its own (--cpu)",
		     100 * share);
}

static void judge_samples(struct load_result *r)
{
	static const struct { double fraction; const char *name; } quoted[] = {
		{ 0.5, "p50" }, { 0.9, "p90" }, { 0.99, "p99" }, { 0.999, "p99.9" } };
	uint64_t n = r->stats.latency->count;
	for (int i = 0; n && i < 4; i++)
		if (n < hist_samples_needed(quoted[i].fraction)) {
			warn(r, "few_samples",
			     "%llu answers are too few for %s%s, which needs %llu: measure longer",
			     (unsigned long long)n, quoted[i].name, i < 3 ? " and above" : "",
			     (unsigned long long)hist_samples_needed(quoted[i].fraction));
			return;
		}
}

void load_result_judge(struct load_result *r)
{
	if (r->interrupted)
		warn(r, "interrupted", "interrupted: these are partial results");
	if (r->gave_up)
		warn(r, "gave_up", "no answer for a long time: gave up before all requests were asked");
	if (r->stats.latency->count == 0)
		warn(r, "nothing_measured", "not one request was answered within the measured time");
	judge_client(r);
	judge_rate(r);
	judge_lateness(r);
	judge_samples(r);
	if (r->stats.errors[LOAD_E_TIMEOUT])
		warn(r, "timeouts",
		     "requests that timed out are missing from the percentiles, which flatters them");
	if (r->record_lost)
		warn(r, "timeline_lost",
		     "there was not enough memory to count by server: use a longer --timeline-step");
	if (r->config->proxy && r->stats.latency->count && load_result_hit_rate(r) < 0)
		warn(r, "no_x_cache",
		     "no answer says in X-Cache whether it is a HIT or a MISS: is that a caching proxy?");
	if (r->config->server_pid && !r->server.known)
		warn(r, "server_cpu_unknown",
		     "cannot read the CPU time of process %d: is it the server, and alive?",
		     r->config->server_pid);
}

int load_result_status(const struct load_result *r)
{
	if (r->interrupted)
		return 130;
	return load_stats_errors(&r->stats) || r->stats.latency->count == 0 || r->gave_up || r->failed_asserts;
}
