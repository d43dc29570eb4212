/* load_report.c - a result as text for people.
 *
 * SPDX-License-Identifier: MIT */
#include "bench/load_report.h"

#include "bench/load_protocol.h"
#include "bench/load_result.h"

/* Three significant digits and a unit: "812 us", "1.21 ms", "-". */
static const char *show_time(char *out, size_t size, double us)
{
	static const char *const units[] = { "us", "ms", "s" };
	int unit = 0;
	if (us < 0)
		return "-";
	for (; unit < 2 && us >= 999.5; unit++)
		us /= 1000;
	snprintf(out, size, "%.*f %s", us < 9.995 ? 2 : us < 99.95 ? 1 : 0, us, units[unit]);
	return out;
}

static const char *plural(long long n)
{
	return n == 1 ? "" : "s";
}

static void show_setting(const struct load_result *r, FILE *out)
{
	const struct load_config *c = r->config;
	fprintf(out, "%s\n  %d connection%s", c->target, c->connections, plural(c->connections));
	if (c->churn)
		fprintf(out, ", a new one for each %s", c->pipeline > 1 ? "pipeline" : "request");
	if (c->pipeline > 1)
		fprintf(out, ", pipelines of %d", c->pipeline);
	if (c->idle)
		fprintf(out, ", %d silent", r->n_idle);
	if (c->dribble)
		fprintf(out, ", %d dribbling", r->n_dribble);
	if (c->slow_readers)
		fprintf(out, ", %d hardly reading", r->n_slow);
	if (r->n_thrown_out)
		fprintf(out, " (%d thrown out)", r->n_thrown_out);
	fprintf(out, "; %d thread%s; %s loop; %.3g s after %.3g s of warm-up\n\n", c->threads,
		plural(c->threads), c->rate ? "open" : "closed", r->window_s < 0 ? 0 : r->window_s,
		c->warmup_ms / 1e3);
}

static void show_errors(const struct load_result *r, FILE *out)
{
	fprintf(out, "  errors       %llu\n", (unsigned long long)load_stats_errors(&r->stats));
	for (int i = 0; i < LOAD_ERRORS; i++)
		if (r->stats.errors[i])
			fprintf(out, "    %10llu %s%s%s\n", (unsigned long long)r->stats.errors[i],
				load_error_texts[i], *r->stats.first[i] ? "; the first: " : "",
				r->stats.first[i]);
}

static void show_rate(const struct load_result *r, FILE *out)
{
	double rps = load_result_rps(r);
	char text[32] = "-";
	if (rps >= 0)
		snprintf(text, sizeof text, "%.1f", rps);
	if (r->config->rate)
		fprintf(out, "  offered      %lld requests/s\n", (long long)r->config->rate);
	fprintf(out, "  %s     %s requests/s, %llu in all\n", r->config->rate ? "achieved" : "answered", text,
		(unsigned long long)r->stats.latency->count);
	if (r->stats.unanswered)
		fprintf(out, "  unanswered   %llu that were due\n", (unsigned long long)r->stats.unanswered);
}

/* By server: all there was, warm-up included. */
static void show_servers(const struct load_record *record, FILE *out)
{
	for (unsigned i = 0; i < record->n_servers; i++) {
		const struct load_tally *t = &record->sums[i];
		fprintf(out, "    %-24s %llu answers", record->names[i], (unsigned long long)t->answers);
		if (t->redirects)
			fprintf(out, ", %llu redirects", (unsigned long long)t->redirects);
		if (t->errors)
			fprintf(out, ", %llu errors", (unsigned long long)t->errors);
		fprintf(out, "\n");
	}
}

static void show_http(const struct load_result *r, FILE *out)
{
	const uint64_t *cache = r->stats.cache;
	double rate = load_result_hit_rate(r);
	if (load_result_hops(r) >= 0)
		fprintf(out, "  redirects    %.2f followed for each request\n", load_result_hops(r));
	if (r->record.n_servers) {
		fprintf(out, "  by server, warm-up included\n");
		show_servers(&r->record, out);
	}
	if (rate >= 0)
		fprintf(out, "  cache        %.2f %% hits: %llu hits, %llu misses\n", 100 * rate,
			(unsigned long long)cache[LOAD_CACHE_HIT], (unsigned long long)cache[LOAD_CACHE_MISS]);
}

static void show_latency(const char *name, const struct hist *h, FILE *out)
{
	static const double fractions[] = { 0.5, 0.9, 0.99, 0.999, 1 };
	char text[32];
	fprintf(out, "  %-11s", name);
	for (int i = 0; i < 5; i++)
		fprintf(out, "%10s", show_time(text, sizeof text, load_result_percentile_us(h, fractions[i])));
	fprintf(out, "%10s\n", show_time(text, sizeof text, load_result_mean_us(h)));
}

static void show_latencies(const struct load_result *r, FILE *out)
{
	fprintf(out, "  %-11s%10s%10s%10s%10s%10s%10s\n", "", "p50", "p90", "p99", "p99.9", "max", "mean");
	show_latency("latency", r->stats.latency, out);
	if (!r->stats.uncorrected)
		return;
	show_latency("uncorrected", r->stats.uncorrected, out);
	fprintf(out,
		"  (latency counts from when a request was due; uncorrected, from when it was sent at last)\n");
}

static void show_cpu(const struct load_result *r, FILE *out)
{
	char total[32], user[32], sys[32];
	const struct load_cpu_used *s = &r->server;
	double share = load_result_client_share(r);
	if (r->config->server_pid)
		fprintf(out, "  server CPU   %s per request (user %s, system %s)\n",
			show_time(total, sizeof total, load_result_per_request_us(r, s->known, s->total_ns)),
			show_time(user, sizeof user, load_result_per_request_us(r, s->split_known, s->user_ns)),
			show_time(sys, sizeof sys, load_result_per_request_us(r, s->split_known, s->sys_ns)));
	fprintf(out, "  generator    %s per request",
		show_time(total, sizeof total, load_result_per_request_us(r, share >= 0, r->client_cpu_ns)));
	if (share >= 0)
		fprintf(out, ", %.0f %% of its %sthread%s", 100 * share, r->config->threads > 1 ? "" : "one ",
			plural(r->config->threads));
	fprintf(out, "\n");
}

static void show_spectrum(const struct load_result *r, FILE *out)
{
	static const double fractions[] = { 0.5, 0.75, 0.9, 0.99, 0.999, 0.9999, 0.99999, 1 };
	char text[32];
	fprintf(out, "\n  Latency distribution\n");
	for (int i = 0; i < 8; i++)
		fprintf(out, "  %8.3f%%  %s\n", 100 * fractions[i],
			show_time(text, sizeof text,
				  load_result_percentile_us(r->stats.latency, fractions[i])));
	fprintf(out, "\n  Detailed percentile spectrum (ms)\n");
	hist_write_hgrm(r->stats.latency, out);
	if (!r->stats.uncorrected)
		return;
	fprintf(out, "\n  Detailed percentile spectrum, uncorrected (ms)\n");
	hist_write_hgrm(r->stats.uncorrected, out);
}

void load_report_text(const struct load_result *r, FILE *out)
{
	show_setting(r, out);
	show_rate(r, out);
	show_errors(r, out);
	show_http(r, out);
	show_latencies(r, out);
	show_cpu(r, out);
	if (r->config->latency)
		show_spectrum(r, out);
}
