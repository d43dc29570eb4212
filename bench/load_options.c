/* load_options.c - the command line of bench/load: the letters of wrk where they fit, and a target as a URL.
 *
 * SPDX-License-Identifier: MIT */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "bench/load_assert.h"
#include "bench/load_config.h"
#include "bench/load_options_http.h"
#include "bench/load_protocol.h"
#include "bench/load_timeline.h"
#include "core/options.h"

enum { DAY_MS = 24 * 3600 * 1000, DURATION_MS = 10000, WARMUP_MS = 500, BATCH_BYTES_MAX = 256 << 20 };

#define FIELD(name) .offset = offsetof(struct load_config, name)

static const char *const format_names[] = { "text", "json", "csv", "hgrm", NULL };
static const char *const question_names[] = { "mixed", "one", NULL };

static int set_assert(void *target, const struct option_def *def, const char *value)
{
	struct load_config *config = target;
	struct load_assert parsed;
	if (load_assert_parse(&parsed, value) < 0)
		return option_complain(def, "'%s' is not like 'p99<5ms', 'rps>1000' or 'errors=0'", value);
	if (config->n_asserts == LOAD_ASSERTS_MAX)
		return option_complain(def, "at most %d of them", LOAD_ASSERTS_MAX);
	config->asserts[config->n_asserts++] = value;
	return 0;
}

static const struct option_def load_defs[] = {
	{ .name = "connections", .letter = 'c', .arg = "N", .help = "connections that ask (10)", .set = set_int,
	  FIELD(connections), .min = 1, .max = 1000000 },
	{ .name = "duration", .letter = 'd', .arg = "TIME", .help = "measure so long (10s)", .set = set_seconds_ms,
	  FIELD(duration_ms), .min = 1, .max = DAY_MS },
	{ .name = "requests", .letter = 'n', .arg = "N", .help = "stop after N answers instead", .set = set_count,
	  FIELD(requests), .min = 1, .max = LLONG_MAX / 4 },
	{ .name = "warmup", .arg = "TIME", .help = "before that, ask and do not count (500ms; 0 with -n)",
	  .set = set_seconds_ms, FIELD(warmup_ms), .max = DAY_MS },
	{ .name = "threads", .letter = 't', .arg = "N", .help = "threads, each with its share of the connections (1)",
	  .set = set_int, FIELD(threads), .min = 1, .max = 256 },
	{ .name = "rate", .letter = 'R', .arg = "RATE", .help = "open loop: so many requests a second, on a schedule",
	  .set = set_count, FIELD(rate), .min = 1, .max = 100000000 },
	{ .name = "pipeline", .arg = "N", .help = "N requests in flight on a connection, sent in one piece (1)",
	  .set = set_int, FIELD(pipeline), .min = 1, .max = 100000 },
	{ .name = "churn", .help = "a new connection for each request (or for each pipeline)", .set = set_flag,
	  FIELD(churn) },
	{ .name = "reset", .help = "close connections by a reset: leaves no TIME_WAIT, but no user does so",
	  .set = set_flag, FIELD(reset) },
	{ .name = "sources", .arg = "N", .help = "come from N addresses 127.0.0.1, 127.0.0.2, ... (as many as needed)",
	  .set = set_int, FIELD(sources), .min = 1, .max = 60000 },
	{ .name = "timeout", .arg = "TIME", .help = "an answer, or a connection, that takes longer is an error (2s)",
	  .set = set_seconds_ms, FIELD(timeout_ms), .min = 10, .max = DAY_MS },
	{ .name = "seed", .arg = "N", .help = "of what is random (1)", .set = set_count, FIELD(seed),
	  .max = LLONG_MAX / 4 },
	{ .name = "cpu", .arg = "N", .help = "run on this CPU only", .set = set_int, FIELD(cpu), .max = 1023 },
	{ .name = "server-pid", .arg = "PID", .help = "show this process's (and its children's) CPU time per request",
	  .set = set_int, FIELD(server_pid), .min = 1, .max = INT_MAX },
	{ 0 },
};

static const struct option_def company_defs[] = {
	{ .name = "idle", .arg = "N", .help = "N more connections, opened first, that stay silent", .set = set_int,
	  FIELD(idle), .max = 1000000 },
	{ .name = "dribble", .arg = "N", .help = "N more that ask a byte at a time, ten bytes a second",
	  .set = set_int, FIELD(dribble), .max = 100000 },
	{ .name = "slow-readers", .arg = "N", .help = "N more that ask without end and hardly read", .set = set_int,
	  FIELD(slow_readers), .max = 100000 },
	{ 0 },
};

static const struct option_def protocol_defs[] = {
	{ .name = "questions", .arg = "KIND", .help = "zen: mixed (one of the seven at random) or one (the first)",
	  .set = set_choice, FIELD(one_question), .choices = question_names },
	{ .name = "payload", .arg = "BYTES", .help = "echo: the size of a message (64)", .set = set_size,
	  FIELD(payload), .min = 1, .max = 64 << 20 },
	{ 0 },
};

static const struct option_def output_defs[] = {
	{ .name = "latency", .help = "print the whole percentile spectrum", .set = set_flag, FIELD(latency) },
	{ .name = "format", .arg = "NAME", .help = "text, json, csv or hgrm (HdrHistogram's; in ms)",
	  .set = set_choice, FIELD(format), .choices = format_names },
	{ .name = "csv-header", .help = "csv: print the names of the columns first", .set = set_flag,
	  FIELD(csv_header) },
	{ .name = "output", .letter = 'o', .arg = "FILE", .help = "write the result there, not to standard output",
	  .set = set_string, FIELD(output) },
	{ .name = "hist", .arg = "FILE", .help = "write all latencies there, as lower_us,upper_us,count",
	  .set = set_string, FIELD(hist) },
	{ .name = "hgrm", .arg = "FILE", .help = "write the percentile spectrum there, beside the result",
	  .set = set_string, FIELD(hgrm) },
	{ .name = "hist-sent", .arg = "FILE", .help = "open loop: --hist of latencies from when requests were sent",
	  .set = set_string, FIELD(hist_sent) },
	{ .name = "hgrm-sent", .arg = "FILE", .help = "open loop: --hgrm of these", .set = set_string,
	  FIELD(hgrm_sent) },
	{ .name = "timeline", .arg = "FILE", .help = "write there what each server did in each slice of time, as CSV",
	  .set = set_string, FIELD(timeline) },
	{ .name = "timeline-step", .arg = "TIME", .help = "how long a slice is (100ms)", .set = set_seconds_ms,
	  FIELD(timeline_step_ms), .min = 1, .max = DAY_MS },
	{ .name = "assert", .arg = "RULE", .help = "fail unless 'p99<5ms', 'rps>1000', 'errors=0' holds; repeatable",
	  .set = set_assert },
	{ .name = "no-progress", .help = "no live line on a terminal", .set = set_flag, FIELD(no_progress) },
	{ .name = "quiet", .letter = 'q', .help = "nor warnings", .set = set_flag, FIELD(quiet) },
	{ 0 },
};

static const struct program program = {
	.name = "load",
	.summary = "Asks a server as much as it can, or at a steady rate; checks every answer; measures latency.",
	.usage = "[OPTION...] zen://HOST:PORT | echo://HOST:PORT | http://HOST:PORT/PATH",
	.notes = "Counts take k, M; sizes k, m; times us, ms, s, m, h (a bare number is seconds).\n"
		 "Errors count from the start, answers and latency after the warm-up.\n"
		 "Exit status: 0 fine; 1 errors, or nothing measured; 2 wrong usage; 130 interrupted.",
};

/* ---- what fits together ---- */

static const char *contradiction(const struct load_config *config)
{
	if (config->threads > config->connections)
		return "more --threads than --connections: give each thread at least one";
	if (config->requests && config->requests < config->threads)
		return "fewer --requests than --threads";
	if (config->payload * (size_t)config->pipeline > BATCH_BYTES_MAX)
		return "--payload times --pipeline is more than 256 MiB";
	if ((config->hist_sent || config->hgrm_sent) && !config->rate)
		return "--hist-sent and --hgrm-sent need an open loop: give a --rate";
	if (config->timeline &&
	    (config->duration_ms + config->warmup_ms) / config->timeline_step_ms >= LOAD_BINS_MAX)
		return "that is a --timeline of more than 100,000 slices: give a longer --timeline-step";
	return NULL;
}

static void set_defaults(struct load_config *config)
{
	*config = (struct load_config){
		.connections = 10, .threads = 1, .pipeline = 1, .cpu = -1, .duration_ms = -1, .warmup_ms = -1,
		.timeout_ms = 2000, .seed = 1, .payload = 64, .timeline_step_ms = 100,
	};
	load_http_defaults(config);
}

/* The operand, and what depends on several options. 0, or -1 with `why` filled in. */
static int complete(struct load_config *config, const char *target, char *why, size_t size)
{
	if (load_target_parse(config, target, why, size) < 0)
		return -1;
	if (config->duration_ms < 0 && !config->requests)
		config->duration_ms = DURATION_MS;
	if (config->warmup_ms < 0)
		config->warmup_ms = config->requests ? 0 : WARMUP_MS;
	const char *wrong = contradiction(config);
	if (wrong)
		snprintf(why, size, "%s", wrong);
	return wrong ? -1 : load_http_complete(config, why, size);
}

int load_options(struct load_config *config, int argc, char **argv)
{
	struct option_set sets[] = { { "Load", load_defs, config },
				     { "Company, neither measured nor checked", company_defs, config },
				     { "Protocols", protocol_defs, config },
				     { "HTTP", load_http_options, config },
				     { "Output", output_defs, config },
				     { 0 } };
	char why[512];
	set_defaults(config);
	int first = options_parse(&program, sets, argc, argv);
	if (first < 0)
		return first;
	if (first == argc - 1 && complete(config, argv[first], why, sizeof why) == 0)
		return 0;
	if (first != argc - 1)
		snprintf(why, sizeof why, "give %s %s (--help lists all)",
			 first == argc ? "a target:" : "one target only:", LOAD_TARGETS);
	fprintf(stderr, "%s: %s\n", program.name, why);
	return OPTIONS_WRONG;
}
