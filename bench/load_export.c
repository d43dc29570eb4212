/* load_export.c - a result as JSON, as a row of CSV, and as HdrHistogram's percentile table.
 *
 * SPDX-License-Identifier: MIT */
#include "bench/load_protocol.h"
#include "bench/load_report.h"
#include "bench/load_result.h"
#include "core/version.h"

/* ---- JSON ---- */

static void json_string(FILE *out, const char *text)
{
	fputc('"', out);
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		if (c == '"' || c == '\\')
			fprintf(out, "\\%c", c);
		else if (c < ' ' || c > '~') /* bytes of an answer are in no known encoding: as Latin-1 */
			fprintf(out, "\\u%04x", c);
		else
			fputc(c, out);
	}
	fputc('"', out);
}

/* name, value, and a comma: the caller ends each object with something that has none. */
static void json_number(FILE *out, const char *name, double value)
{
	if (value < 0)
		fprintf(out, "\"%s\": null, ", name);
	else
		fprintf(out, "\"%s\": %.3f, ", name, value);
}

static void json_latency(FILE *out, const char *name, const struct hist *h)
{
	fprintf(out, "  \"%s\": ", name);
	if (!h) {
		fprintf(out, "null,\n");
		return;
	}
	fprintf(out, "{ ");
	json_number(out, "p50", load_result_percentile_us(h, 0.5));
	json_number(out, "p75", load_result_percentile_us(h, 0.75));
	json_number(out, "p90", load_result_percentile_us(h, 0.9));
	json_number(out, "p99", load_result_percentile_us(h, 0.99));
	json_number(out, "p999", load_result_percentile_us(h, 0.999));
	json_number(out, "p9999", load_result_percentile_us(h, 0.9999));
	json_number(out, "min", load_result_percentile_us(h, 0));
	json_number(out, "max", load_result_percentile_us(h, 1));
	json_number(out, "mean", load_result_mean_us(h));
	fprintf(out, "\"count\": %llu },\n", (unsigned long long)h->count);
}

static void json_config(const struct load_config *c, FILE *out)
{
	fprintf(out, "  \"muxlab\": \"%s\",\n  \"target\": ", MUXLAB_VERSION);
	json_string(out, c->target);
	fprintf(out, ",\n  \"protocol\": \"%s\",\n  \"loop\": \"%s\",\n", c->protocol->name,
		c->rate ? "open" : "closed");
	fprintf(out, "  \"connections\": %d, \"threads\": %d, \"idle\": %d, \"pipeline\": %d, \"churn\": %s,\n",
		c->connections, c->threads, c->idle, c->pipeline, c->churn ? "true" : "false");
	fprintf(out, "  \"payload\": %zu, \"seed\": %lld, \"warmup_s\": %.3f, \"timeout_s\": %.3f,\n",
		c->payload, (long long)c->seed, c->warmup_ms / 1e3, c->timeout_ms / 1e3);
}

static void json_errors(const struct load_stats *s, FILE *out)
{
	fprintf(out, "  \"errors\": { ");
	for (int i = 0; i < LOAD_ERRORS; i++)
		fprintf(out, "\"%s\": %llu, ", load_error_names[i], (unsigned long long)s->errors[i]);
	fprintf(out, "\"all\": %llu },\n  \"first_errors\": {", (unsigned long long)load_stats_errors(s));
	const char *comma = " ";
	for (int i = 0; i < LOAD_ERRORS; i++)
		if (s->errors[i]) {
			fprintf(out, "%s\"%s\": ", comma, load_error_names[i]);
			json_string(out, s->first[i]);
			comma = ", ";
		}
	fprintf(out, " },\n");
}

static void json_counts(const struct load_result *r, FILE *out)
{
	const struct load_stats *s = &r->stats;
	fprintf(out, "  ");
	json_number(out, "offered_rps", r->config->rate ? (double)r->config->rate : -1);
	json_number(out, "duration_s", r->window_s);
	json_number(out, "rps", load_result_rps(r));
	fprintf(out, "\"requests\": %llu, \"unanswered\": %llu, \"late\": %llu,\n",
		(unsigned long long)s->latency->count, (unsigned long long)s->unanswered,
		(unsigned long long)s->late);
	fprintf(out,
		"  \"idle_open\": %d, \"dribble_open\": %d, \"slow_readers_open\": %d, \"thrown_out\": %d,\n",
		r->n_idle, r->n_dribble, r->n_slow, r->n_thrown_out);
	fprintf(out, "  \"bytes_in\": %llu, \"bytes_out\": %llu, \"connects\": %llu,\n",
		(unsigned long long)s->bytes_in, (unsigned long long)s->bytes_out,
		(unsigned long long)s->connects);
	fprintf(out, "  ");
	json_number(out, "hops", load_result_hops(r));
	json_number(out, "cache_hit_pct", 100 * load_result_hit_rate(r));
	fprintf(out, "\"cache_hits\": %llu, \"cache_misses\": %llu,\n",
		(unsigned long long)s->cache[LOAD_CACHE_HIT], (unsigned long long)s->cache[LOAD_CACHE_MISS]);
	json_errors(s, out);
}

/* By server, where that is counted: since the begin of the warm-up. */
static void json_servers(const struct load_record *record, FILE *out)
{
	fprintf(out, "  \"servers\": [");
	for (unsigned i = 0; i < record->n_servers; i++) {
		const struct load_tally *t = &record->sums[i];
		fprintf(out, "%s\n    { \"server\": ", i ? "," : "");
		json_string(out, record->names[i]);
		fprintf(out, ", \"answers\": %llu, \"errors\": %llu, \"redirects\": %llu }",
			(unsigned long long)t->answers, (unsigned long long)t->errors,
			(unsigned long long)t->redirects);
	}
	fprintf(out, "%s],\n", record->n_servers ? "\n  " : "");
}

static void json_cpu(const struct load_result *r, FILE *out)
{
	const struct load_cpu_used *s = &r->server;
	double share = load_result_client_share(r);
	fprintf(out, "  ");
	json_number(out, "server_cpu_us", load_result_per_request_us(r, s->known, s->total_ns));
	json_number(out, "server_user_us", load_result_per_request_us(r, s->split_known, s->user_ns));
	json_number(out, "server_sys_us", load_result_per_request_us(r, s->split_known, s->sys_ns));
	json_number(out, "client_cpu_us", load_result_per_request_us(r, share >= 0, r->client_cpu_ns));
	json_number(out, "client_cpu_pct", share < 0 ? -1 : 100 * share);
	fprintf(out, "\"interrupted\": %s,\n", r->interrupted ? "true" : "false");
}

void load_report_json(const struct load_result *r, FILE *out)
{
	fprintf(out, "{\n");
	json_config(r->config, out);
	json_counts(r, out);
	json_servers(&r->record, out);
	json_latency(out, "latency_us", r->stats.latency);
	json_latency(out, "uncorrected_us", r->stats.uncorrected);
	json_cpu(r, out);
	fprintf(out, "  \"warnings\": [");
	for (int i = 0; i < r->n_warnings; i++) {
		fprintf(out, "%s\n    { \"code\": \"%s\", \"text\": ", i ? "," : "", r->warnings[i].code);
		json_string(out, r->warnings[i].text);
		fprintf(out, " }");
	}
	fprintf(out, "%s]\n}\n", r->n_warnings ? "\n  " : "");
}

/* ---- CSV ---- */

static void csv_number(FILE *out, double value)
{
	if (value >= 0)
		fprintf(out, ",%.3f", value);
	else
		fputc(',', out);
}

/* The columns behind the warnings. */
static void csv_http(const struct load_result *r, FILE *out)
{
	const uint64_t *cache = r->stats.cache;
	double rate = load_result_hit_rate(r);
	csv_number(out, load_result_hops(r));
	if (rate >= 0)
		fprintf(out, ",%llu,%llu", (unsigned long long)cache[LOAD_CACHE_HIT],
			(unsigned long long)cache[LOAD_CACHE_MISS]);
	else
		fprintf(out, ",,");
	csv_number(out, rate < 0 ? -1 : 100 * rate);
	fprintf(out, ",%llu\n", (unsigned long long)r->stats.bytes_in);
}

void load_report_csv(const struct load_result *r, FILE *out)
{
	static const double fractions[] = { 0.5, 0.9, 0.99, 0.999, 1 };
	const struct load_config *c = r->config;
	const struct load_cpu_used *s = &r->server;
	double share = load_result_client_share(r);
	if (c->csv_header)
		fprintf(out, "protocol,connections,idle,pipeline,churn,threads,offered_rps,duration_s,"
			     "requests,rps,errors,p50_us,p90_us,p99_us,p999_us,max_us,mean_us,"
			     "server_cpu_us,server_user_us,server_sys_us,"
			     "client_cpu_us,client_cpu_pct,warnings,"
			     "hops,cache_hits,cache_misses,cache_hit_pct,bytes_in\n");
	fprintf(out, "%s,%d,%d,%d,%d,%d", c->protocol->name, c->connections, c->idle, c->pipeline, c->churn,
		c->threads);
	csv_number(out, c->rate ? (double)c->rate : -1);
	csv_number(out, r->window_s);
	fprintf(out, ",%llu", (unsigned long long)r->stats.latency->count);
	csv_number(out, load_result_rps(r));
	fprintf(out, ",%llu", (unsigned long long)load_stats_errors(&r->stats));
	for (int i = 0; i < 5; i++)
		csv_number(out, load_result_percentile_us(r->stats.latency, fractions[i]));
	csv_number(out, load_result_mean_us(r->stats.latency));
	csv_number(out, load_result_per_request_us(r, s->known, s->total_ns));
	csv_number(out, load_result_per_request_us(r, s->split_known, s->user_ns));
	csv_number(out, load_result_per_request_us(r, s->split_known, s->sys_ns));
	csv_number(out, load_result_per_request_us(r, share >= 0, r->client_cpu_ns));
	csv_number(out, share < 0 ? -1 : 100 * share);
	for (int i = 0; i < r->n_warnings; i++)
		fprintf(out, "%c%s", i ? ';' : ',', r->warnings[i].code);
	fprintf(out, "%s", r->n_warnings ? "" : ",");
	csv_http(r, out);
}

void load_report_hgrm(const struct load_result *r, FILE *out)
{
	hist_write_hgrm(r->stats.latency, out);
}
