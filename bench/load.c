/* load.c - the load generator: asks as fast as it is answered, or at a steady rate, and checks every answer.
 *
 *     bench/load -c 100 -d 10s zen://127.0.0.1:1060             closed loop
 *     bench/load -c 100 -d 10s -R 20k http://127.0.0.1:8080/a   open loop: 20,000 requests a second
 *     bench/load --urls LIST --zipf 0.9 http://127.0.0.1:9000   pages of a list, some more often than others
 *     bench/load --follow --timeline FILE http://127.0.0.1:8080 through a redirect master to its slaves
 *     bench/load -x 127.0.0.1:8888 http://127.0.0.1:9000/a      through a proxy: hits and misses of its cache
 *
 * A closed loop asks again when it is answered: it finds out what a server can do at most, and hides its
 * stalls, since a server that stalls is asked less. An open loop asks by the clock: it finds out what users
 * see at a given rate. See load_worker.h for both, load_protocol.h for what is asked, hist.h for how latency
 * is kept.
 *
 * The result goes to standard output and nothing else does; progress and warnings go to standard error.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench/load_assert.h"
#include "bench/load_output.h"
#include "bench/load_run.h"
#include "core/options.h"
#include "core/standard.h"

static int pin(int cpu)
{
	cpu_set_t set;
	if (cpu < 0)
		return 0;
	CPU_ZERO(&set);
	CPU_SET((unsigned)cpu, &set);
	if (sched_setaffinity(0, sizeof set, &set) == 0)
		return 0;
	fprintf(stderr, "load: cannot run on CPU %d: %s\n", cpu, strerror(errno));
	return -1;
}

static void check_asserts(struct load_result *result)
{
	const struct load_config *config = result->config;
	for (int i = 0; i < config->n_asserts; i++) {
		struct load_assert assert;
		load_assert_parse(&assert, config->asserts[i]);
		if (load_assert_holds(&assert, result))
			continue;
		result->failed_asserts = true;
		fprintf(stderr, "load: assertion failed: %s\n", config->asserts[i]);
	}
}

static void show_warnings(const struct load_result *result)
{
	for (int i = 0; i < result->n_warnings && !result->config->quiet; i++)
		fprintf(stderr, "load: WARNING: %s\n", result->warnings[i].text);
}

/* The run, and all that is said of it. The exit status. */
static int run_and_report(const struct load_config *config, struct load_output *outputs)
{
	struct load_result result;
	char why[512];
	if (load_run(config, &result, why, sizeof why) < 0) {
		fprintf(stderr, "load: %s\n", why);
		load_outputs_discard(outputs);
		load_result_close(&result);
		return result.interrupted ? 130 : 1;
	}
	check_asserts(&result);
	show_warnings(&result);
	int status = load_result_status(&result), error = load_outputs_write(outputs, &result);
	load_result_close(&result);
	return error && status == 0 ? 1 : status;
}

int main(int argc, char **argv)
{
	struct load_config config;
	struct load_output outputs[LOAD_OUTPUTS];
	fill_standard_descriptors();
	int answer = load_options(&config, argc, argv), status = 1;
	if (answer < 0)
		status = options_status(answer);
	else if (pin(config.cpu) == 0 && load_outputs_open(outputs, &config) == 0)
		status = run_and_report(&config, outputs);
	load_config_close(&config);
	return status;
}
