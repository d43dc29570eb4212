/* redirect_config.c - the options of the redirect master, and what is made of them before the first client.
 *
 * Whose turn it is, is a table: check() plays one whole round of smooth weighted round robin and writes it
 * down. Then the next slave is one atomic increment for all threads and processes, whatever the weights.
 *
 *     weights A=5 B=1 C=1:    A A B A C A A     and not A A A A A B C
 *
 * Each step every slave gains its weight; the one with the most is next, and pays the sum of all weights.
 *
 * SPDX-License-Identifier: MIT */
#include "redirect_config.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- options ---- */

static int set_slave(void *target, const struct option_def *def, const char *value)
{
	struct redirect_config *config = target;
	struct http_url url;
	long long weight = 1;
	size_t len = strcspn(value, "=");
	if (config->n_slaves == REDIRECT_SLAVES_MAX)
		return option_complain(def, "more than %d slaves", REDIRECT_SLAVES_MAX);
	if (!http_split_authority((struct http_text){ value, len }, &url) || url.port < 1 ||
	    url.authority.len > REDIRECT_HOST_MAX)
		return option_complain(def, "'%s' is not HOST:PORT (127.0.0.1:9000, [::1]:9000=2)", value);
	if (value[len] &&
	    (parse_number(value + len + 1, &weight) || weight < 1 || weight > REDIRECT_WEIGHT_MAX))
		return option_complain(def, "'%s': the weight is a number from 1 to %d", value,
				       REDIRECT_WEIGHT_MAX);
	config->slaves[config->n_slaves].where = url.authority;
	config->slaves[config->n_slaves].weight = (int)weight;
	config->n_slaves++;
	return 0;
}

static const char *const code_names[] = { "301", "302", "303", "307", "308", NULL };

const struct option_def redirect_options[] = {
	{ .name = "slave", .arg = "HOST:PORT[=N]",
	  .help = "send clients there, in N of all turns; repeat it for more slaves", .set = set_slave },
	{ .name = "code", .arg = "N", .help = "301, 302, 303, or 307, 308 which keep the method (301)",
	  .set = set_choice, .offset = offsetof(struct redirect_config, code), .choices = code_names },
	{ .name = "cacheable", .help = "let browsers remember the slave: without Cache-Control: no-store",
	  .set = set_flag, .offset = offsetof(struct redirect_config, cacheable) },
	{ 0 },
};

/* ---- what is made of them ---- */

static void write_lines(struct redirect_config *config)
{
	config->status_code = atoi(code_names[config->code]);
	config->status_len = (size_t)snprintf(config->status, sizeof config->status, "HTTP/1.1 %s %s\r\nDate: ",
					      code_names[config->code], http_reason(config->status_code).text);
	for (int i = 0; i < config->n_slaves; i++) {
		struct redirect_slave *slave = &config->slaves[i];
		int n = snprintf(
			slave->lines, sizeof slave->lines,
			"\r\nContent-Type: text/plain\r\nContent-Length: %zu\r\n%sLocation: http://%.*s",
			sizeof REDIRECT_TEXT - 1, config->cacheable ? "" : "Cache-Control: no-store\r\n",
			(int)slave->where.len, slave->where.text);
		slave->lines_len = (size_t)n;
		size_t all = config->status_len + HTTP_DATE_LEN + slave->lines_len + sizeof REDIRECT_KEEP +
			     sizeof REDIRECT_TEXT;
		if (all > config->longest)
			config->longest = all;
	}
}

static int common_divisor(int a, int b)
{
	return b ? common_divisor(b, a % b) : a;
}

static void deal_turns(struct redirect_config *config)
{
	int all = 0, divisor = 0, credit[REDIRECT_SLAVES_MAX] = { 0 };
	for (int i = 0; i < config->n_slaves; i++) {
		all += config->slaves[i].weight;
		divisor = common_divisor(config->slaves[i].weight, divisor);
	}
	config->n_turns = divisor > 1 ? all / divisor : all;
	for (int turn = 0; turn < config->n_turns; turn++) {
		int richest = 0;
		for (int i = 0; i < config->n_slaves; i++) {
			credit[i] += config->slaves[i].weight;
			if (credit[i] > credit[richest])
				richest = i;
		}
		credit[richest] -= all;
		config->turns[turn] = (uint8_t)richest;
	}
}

int redirect_check(void *target, char *why, size_t size)
{
	struct redirect_config *config = target;
	if (config->n_slaves == 0) {
		snprintf(why, size, "there is no slave to send clients to; give --slave HOST:PORT");
		return -1;
	}
	write_lines(config);
	deal_turns(config);
	return 0;
}
